"""What was measured, and how it is reported: JSON lines and a table."""

import statistics
from collections import defaultdict

OURS = "handfast"
BASELINE = "mutex_ring"
VARIANT = "lock_ring"
ITEM_BYTES = 8
METRICS = {
    "wall_ns_per_item": "ns",
    "cpu_ns_per_item": "ns",
    "switches_per_item": "switches",
}
PARTIES = {"spsc": (1, 1), "mpsc2": (2, 1), "mpmc22": (2, 2), "pingpong": (1, 1), "seqpair": (1, 1)}


class Records:
    """Samples by contest: how it was run, workload, capacity, and by peer."""

    def __init__(self):
        self._samples = defaultdict(lambda: defaultdict(list))
        self.versions = {}

    def add(self, mode, workload, capacity, peer, sample):
        """`sample`: a number for each of METRICS."""
        self._samples[mode, workload, capacity][peer].append(sample)

    def __bool__(self):
        return bool(self._samples)

    def contests(self):
        """(mode, workload, capacity), {peer: {metric: summary}} for each contest."""
        for contest, peers in self._samples.items():
            yield contest, {
                peer: {metric: _summary([sample[metric] for sample in samples])
                       for metric in METRICS}
                for peer, samples in peers.items()
            }

    def rows(self):
        """The objects of `compare --json`, with more fields."""
        for (mode, workload, capacity), peers in self.contests():
            producers, consumers = PARTIES[workload.split("/")[1]]
            for metric, unit in METRICS.items():
                medians = {peer: figures[metric]["median"] for peer, figures in peers.items()}
                others = [value for peer, value in medians.items() if peer != OURS]
                for peer, figures in peers.items():
                    summary = figures[metric]
                    value = summary["median"]
                    yield {
                        "variant": VARIANT if peer == OURS else "",
                        "peer": peer,
                        "workload": workload,
                        "capacity": capacity,
                        "item_bytes": ITEM_BYTES,
                        "producers": producers,
                        "consumers": consumers,
                        "metric": metric,
                        "value": round(value, 4),
                        "unit": unit,
                        "ratio_to_best_peer": ratio(value, min(others, default=None)),
                        "ratio_to_handfast": ratio(value, medians.get(OURS)),
                        "ratio_to_mutex_ring": ratio(value, medians.get(BASELINE)),
                        "min": round(summary["min"], 4),
                        "max": round(summary["max"], 4),
                        "samples": summary["samples"],
                        "mode": mode,
                        "version": self.versions.get(peer, ""),
                    }

    def table(self):
        """The wall time of every contest, best first, as text."""
        lines = []
        for (mode, workload, capacity), peers in self.contests():
            medians = {peer: figures["wall_ns_per_item"]["median"]
                       for peer, figures in peers.items()}
            lines += ["", f"{workload} capacity {capacity}, {MODES[mode]}",
                      f"  {'':<14}{'ns/item':>10}{'min':>10}{'max':>10}{'CPU ns':>10}"
                      f"{'switches':>10}{'to ours':>10}{'to mutex':>10}"]
            for peer in sorted(peers, key=medians.get):
                wall = peers[peer]["wall_ns_per_item"]
                lines.append(
                    f"  {peer:<14}" +
                    "".join(f"{_short(value):>10}" for value in (
                        wall["median"], wall["min"], wall["max"],
                        peers[peer]["cpu_ns_per_item"]["median"],
                        peers[peer]["switches_per_item"]["median"])) +
                    f"{_times(ratio(wall['median'], medians.get(OURS))):>10}"
                    f"{_times(ratio(wall['median'], medians.get(BASELINE))):>10}")
        return "\n".join(lines).lstrip("\n")


MODES = {"in_process": "one process", "process": "a process each"}


def ratio(value, reference):
    """How many times `reference`; None where that means nothing."""
    return round(value / reference, 3) if reference else None


def _summary(values):
    return {"median": statistics.median(values), "min": min(values), "max": max(values),
            "samples": len(values)}


def _short(value):
    return f"{value:.0f}" if value >= 100 else f"{value:.1f}" if value >= 1 else f"{value:.3f}"


def _times(value):
    return "-" if value is None else f"{value:.2f}x"
