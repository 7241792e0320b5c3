#!/usr/bin/env python3
"""Measures the channel next to its peers, and reports medians with their spread.

Each round runs the in-process contest (handfast-bench: ours, a plain mutex ring,
oneTBB, Boost.Fiber, moodycamel) and then alternates processes (ours, the mutex
ring, Go, crossbeam), so that a change in the machine's load meets all alike.
Writes bench.jsonl, bench.txt and bench.svg into --out.

Exit status: 0 measured, and every sum was right; 1 a peer failed or a sum was
wrong; 2 bad usage; 3 interrupted (what was measured is reported).

Examples:
  bench/run.py --build build/release --quick
  bench/run.py --build build/release --reps 5 --only 'thr/spsc/64'
"""

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import chart
from records import BASELINE, OURS, Records

HERE = Path(__file__).resolve().parent
DEBIAN_CRATES = Path("/usr/share/cargo/registry")
QUICK = {"reps": 3, "divisor": 20}
FULL = {"reps": 5, "divisor": 1}
RUN_LIMIT_SECONDS = 600
FOREIGN = {"go": ("thr", "task"), "crossbeam": ("thr",)}
# Boost's fibers stand for tasks beside Go's goroutines; threads have ours.
IN_ALTERNATION = {"thr": (OURS, BASELINE), "task": ("boost_fiber",)}


class Failed(Exception):
    """A peer crashed, hung, or received what was not sent."""


class Parser(argparse.ArgumentParser):
    def error(self, message):
        self.exit(2, f"{self.prog}: {message} (try --help)\n")


def positive(text):
    number = int(text)
    if number < 1:
        raise ValueError
    return number


positive.__name__ = "whole number from 1"


def options():
    parser = Parser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=Path, default=HERE.parent / "build" / "release",
                        metavar="DIR", help="where handfast was built (default: build/release)")
    parser.add_argument("--out", type=Path, metavar="DIR",
                        help="where reports go (default: BUILD/bench)")
    parser.add_argument("--quick", action="store_true",
                        help=f"{QUICK['reps']} rounds of a {QUICK['divisor']}th of the items")
    parser.add_argument("--reps", type=positive, metavar="N",
                        help=f"rounds (default: {FULL['reps']})")
    parser.add_argument("--divisor", type=positive, metavar="N",
                        help="divide the number of items (default: 1)")
    parser.add_argument("--only", default="", metavar="REGEX",
                        help="only contests whose crew/workload/capacity has a match")
    parser.add_argument("--no-foreign", action="store_true", help="leave out Go and crossbeam")
    parser.add_argument("--lossy", action="store_true",
                        help="add a contender that loses an item: shows that sums are checked")
    parser.add_argument("--json", action="store_true", help="print JSON lines, no table")
    chosen = parser.parse_args()
    defaults = QUICK if chosen.quick else FULL
    chosen.reps = chosen.reps or defaults["reps"]
    chosen.divisor = chosen.divisor or defaults["divisor"]
    chosen.out = chosen.out or chosen.build / "bench"
    chosen.programs = chosen.build / "bench"
    try:
        re.compile(chosen.only)
    except re.error as error:
        parser.error(f"--only: {error}")
    for program in ("handfast-bench", "handfast-bench-process"):
        if not (chosen.programs / program).is_file():
            parser.error(f"--build: no {program} in {chosen.programs}: build it first")
    try:
        chosen.out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        parser.error(f"--out: {error.strerror}: {chosen.out}")
    return chosen


def say(text):
    print(text, file=sys.stderr, flush=True)


def progress(text):
    if sys.stderr.isatty():
        print(f"\r\033[K{text}", end="", file=sys.stderr, flush=True)


# Peers in other languages -----------------------------------------------------


def build_go(into):
    go = shutil.which("go")
    if go is None:
        return "no go (Debian: golang-go)"
    program = into / "go"
    environment = dict(os.environ, GOPROXY="off", GOFLAGS="-mod=readonly")
    return _built([go, "build", "-o", program, "."], HERE / "peers" / "go", environment, program)


def build_crossbeam(into):
    cargo = shutil.which("cargo")
    if cargo is None:
        return "no cargo (Debian: cargo)"
    if not any(DEBIAN_CRATES.glob("crossbeam-channel-*")):
        return f"no crossbeam-channel in {DEBIAN_CRATES} (Debian: librust-crossbeam-channel-dev)"
    # A copy: cargo writes a lock file next to its manifest.
    source = into / "crossbeam-source"
    shutil.copytree(HERE / "peers" / "crossbeam", source, dirs_exist_ok=True)
    target = into / "crossbeam-target"
    command = [cargo, "build", "--release", "--offline", "--target-dir", target]
    return _built(command, source, None, target / "release" / "handfast-bench-crossbeam")


def _built(command, where, environment, program):
    done = subprocess.run(command, cwd=where, env=environment, capture_output=True, text=True)
    if done.returncode == 0:
        return program
    lines = done.stderr.strip().splitlines()
    return f"does not build: {lines[-1] if lines else 'no message'}"


def foreign_peers(chosen):
    """Programs by peer; those that cannot be had are named and left out."""
    into = chosen.programs.resolve() / "peers"
    into.mkdir(parents=True, exist_ok=True)
    programs = {}
    for peer, build in (("go", build_go), ("crossbeam", build_crossbeam)):
        progress(f"building the {peer} peer")
        built = build(into)
        progress("")
        if isinstance(built, Path):
            programs[peer] = built
        else:
            say(f"{peer}: left out: {built}")
    return programs


# Measuring --------------------------------------------------------------------


def call(command, what):
    try:
        done = subprocess.run([str(word) for word in command], capture_output=True, text=True,
                              timeout=RUN_LIMIT_SECONDS)
    except subprocess.TimeoutExpired as error:
        raise Failed(f"{what}: not done after {RUN_LIMIT_SECONDS} seconds") from error
    return done


def run_in_process(chosen, records):
    """One pass over the contest inside one process."""
    command = [chosen.programs / "handfast-bench", f"--items-divisor={chosen.divisor}"]
    if chosen.only:
        command.append(f"--benchmark_filter={_filter(chosen.contests)}")
    with tempfile.NamedTemporaryFile(suffix=".json") as out:
        done = call([*command, f"--benchmark_out={out.name}", "--benchmark_out_format=json"],
                    "handfast-bench")
        if done.returncode not in (0, 1):
            raise Failed(f"handfast-bench: exit {done.returncode}: {_last(done.stderr)}")
        measured = json.load(out)["benchmarks"]
    for row in measured:
        crew, workload, capacity, peer = row["name"].split("/")[:4]
        if row.get("error_occurred"):
            raise Failed(f"{crew}/{workload}/{capacity}/{peer}: {row['error_message']}")
        records.add("in_process", f"{crew}/{workload}", int(capacity), peer, row)


def _filter(contests):
    return "^(" + "|".join(f"{workload}/{capacity}" for workload, capacity in contests) + ")/"


def run_alternating(chosen, foreign, records):
    """Every contest once, a process each, peers of one contest side by side."""
    process = chosen.programs / "handfast-bench-process"
    for (workload, capacity), n in chosen.contests.items():
        crew = workload.split("/")[0]
        commands = [[process, "--peer", peer] for peer in IN_ALTERNATION[crew]]
        commands += [[program] for peer, program in foreign.items() if crew in FOREIGN[peer]]
        if chosen.lossy and crew == "thr":
            commands.append([process, "--peer", "lossy"])
        for command in commands:
            words = [workload, capacity, max(n // chosen.divisor, 100)]
            what = " ".join(str(word) for word in [*command, *words])
            progress(what)
            done = call([*command, *words], what)
            if done.returncode not in (0, 1) or not done.stdout:
                raise Failed(f"{what}: exit {done.returncode}: {_last(done.stderr)}")
            line = json.loads(done.stdout)
            if not line["sum_ok"]:
                raise Failed(f"{what}: what was received is not what was sent")
            records.versions[line["peer"]] = line["version"]
            records.add("process", workload, capacity, line["peer"], {
                "wall_ns_per_item": line["wall_ns"] / line["n"],
                "cpu_ns_per_item": line["cpu_ns"] / line["n"],
                "switches_per_item": line["switches"] / line["n"],
            })
    progress("")


def _last(text):
    return next(reversed(text.strip().splitlines()), "no message")


def contests(chosen):
    """{(workload, capacity): items of a full run}, in the order to run them."""
    listed = call([chosen.programs / "handfast-bench-process", "--list"], "the list of contests")
    found = {}
    for line in map(json.loads, listed.stdout.splitlines()):
        if re.search(chosen.only, f"{line['workload']}/{line['capacity']}"):
            found[line["workload"], line["capacity"]] = line["n"]
    return found


# Reporting --------------------------------------------------------------------


def machine(chosen):
    model = re.search(r"model name\s*:\s*(.*)", Path("/proc/cpuinfo").read_text())
    size = f"1/{chosen.divisor} of the items, " if chosen.divisor > 1 else ""
    return (f"{os.cpu_count()} x {model.group(1) if model else os.uname().machine}, "
            f"Linux {os.uname().release.split('-')[0]}, {size}{chosen.reps} rounds")


def report(chosen, records):
    if not records:
        return
    head = machine(chosen)
    table = f"{head}\n\n{records.table()}\n"
    lines = "".join(json.dumps(row) + "\n" for row in records.rows())
    (chosen.out / "bench.jsonl").write_text(lines)
    (chosen.out / "bench.txt").write_text(table)
    (chosen.out / "bench.svg").write_text(chart.svg(records, f"ns per item, wall. {head}"))
    print(lines if chosen.json else table, end="", flush=True)
    say(f"written: bench.jsonl, bench.txt and bench.svg in {chosen.out}")


def main():
    chosen = options()
    records = Records()
    status = 0
    try:
        chosen.contests = contests(chosen)
        if not chosen.contests:
            say(f"run.py: --only: no contest matches '{chosen.only}'")
            return 2
        load = os.getloadavg()[0]
        if load > 0.5:
            say(f"the machine is busy (load {load:.1f}): figures will be off")
        foreign = {} if chosen.no_foreign else foreign_peers(chosen)
        for round_number in range(1, chosen.reps + 1):
            progress(f"round {round_number} of {chosen.reps}: in one process")
            run_in_process(chosen, records)
            run_alternating(chosen, foreign, records)
    except KeyboardInterrupt:
        progress("")
        say("interrupted: this is what there is")
        status = 3
    except Failed as failure:
        progress("")
        say(f"run.py: {failure}")
        status = 1
    report(chosen, records)
    return status


if __name__ == "__main__":
    sys.exit(main())
