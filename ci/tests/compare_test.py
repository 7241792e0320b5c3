#!/usr/bin/env python3
"""`handfast compare` as a user meets it: every workload with everyone who can do it, for a
moment; what is lost in one is told; reports are whole; Ctrl-C shows what there is.

Run by CTest: HANDFAST=build/dev/handfast ci/tests/compare_test.py
"""

import csv
import functools
import json
import os
import signal
import stat
import subprocess
import tempfile
import unittest
import xml.etree.ElementTree as ElementTree
from pathlib import Path

HANDFAST = Path(os.environ.get("HANDFAST", "build/dev/handfast")).resolve()
HAS_MUTANTS = os.environ.get("HANDFAST_MUTANTS", "ON") == "ON"
BENCH = HANDFAST.parent / "bench" / "handfast-bench"
MOMENT = ("--milliseconds", "1", "--reps", "1")
WORKLOADS = ["throughput", "pair", "pingpong", "select", "once", "latency_paced", "latency_saturated",
             "fairness", "memory", "blocked"]
# Of tasks, without a channel to be chosen.
OF_TASKS = ["sched/spawn1M", "sched/spawn1M-handles", "sched/spawn-join-1", "sched/fib30",
            "sched/yield2", "sched/yield1000", "timer/create-cancel", "timer/batch100k-cancel",
            "timer/fire100k", "mem/blocked-own-chan"]
BETWEEN_TASKS = {"task/spsc": (1, 1), "task/mpsc2": (2, 1), "task/mpmc22": (2, 2),
                 "task/select2": (1, 1), "task/pingpong": (1, 1)}
OF_CPP = "mutex_ring,tbb,boost_fiber,moodycamel,libcds"
FIELDS = {"variant", "peer", "workload", "capacity", "item_bytes", "producers", "consumers",
          "workers", "metric", "value", "unit", "ratio_to_best_peer"}


def compare(*arguments, program=HANDFAST):
    return subprocess.run([program, "compare", *arguments], capture_output=True, text=True,
                          timeout=120)


def objects(done):
    return [json.loads(line) for line in done.stdout.splitlines()]


class Measurements(unittest.TestCase):
    @classmethod
    @functools.cache
    def everyone(cls):
        """All that are built at everything that they can do but the checks, as JSON."""
        done = compare(*MOMENT, "--workload", ",".join(WORKLOADS) + ",*/*", "--capacity",
                       "0,1,64,unbounded", "--json")
        assert done.returncode == 0, done.stderr
        return objects(done)

    def test_have_the_fields_that_scripts_rely_on(self):
        for row in self.everyone():
            self.assertLessEqual(FIELDS, row.keys())
            self.assertEqual((row["variant"] == "") + (row["peer"] == ""), 1)
            self.assertGreaterEqual(row["value"], 0)

    def test_are_of_everyone_who_can(self):
        def size(capacity):
            return float("inf") if capacity == "unbounded" else capacity

        programs = [path for path in BENCH.parent.glob("handfast-bench*") if path.is_file()]
        listed = [json.loads(line) for program in programs for line in subprocess.run(
            [program, "--list"], capture_output=True, text=True, check=True).stdout.splitlines()]
        def can_crowd(known, workload):
            most = [known.get(side, 2) for side in ("producers", "consumers")]
            asked = BETWEEN_TASKS.get(workload, (1, 1))
            return max(most) > 1 if workload == "fairness" else most[0] >= asked[0] and most[1] >= asked[1]

        def workers(known, workload):
            return range(1, 1 + min(known.get("workers", 2), 2)) if "/" in workload else (None,)

        can = {(known["name"], workload, capacity, number)
               for known in listed if not known.get("wrong")
               for workload, _ in known["contests"] if can_crowd(known, workload)
               for capacity in ((None,) if workload in OF_TASKS else (0, 1, 64, "unbounded"))
               if workload in OF_TASKS
               or size(known["capacity"][0]) <= size(capacity) <= size(known["capacity"][1])
               for number in workers(known, workload)}
        self.assertLess({("handfast", workload, None, 2) for workload in OF_TASKS}, can)
        self.assertEqual({(row["variant"] or row["peer"], row["workload"], row["capacity"],
                           row["workers"]) for row in self.everyone()}, can)

    def test_of_tasks_are_on_as_many_workers_as_asked(self):
        done = compare(*MOMENT, "--peer", "none", "--workload", "sched/yield*", "--workers", "3",
                       "--json")
        self.assertEqual({(row["variant"], row["workload"], row["workers"]) for row in objects(done)},
                         {("handfast", workload, 3) for workload in ("sched/yield2", "sched/yield1000")})

    def test_of_tasks_are_for_those_who_ask(self):
        done = compare(*MOMENT, "--peer", "none", "--workload", "pingpong,memory", "--json")
        self.assertEqual({row["workload"] for row in objects(done)}, {"pingpong", "memory"})
        self.assertEqual({row["workers"] for row in objects(done)}, {None})

    def test_of_shares_are_shares(self):
        fair = [row for row in self.everyone() if row["workload"] == "fairness"]
        self.assertEqual({row["metric"] for row in fair},
                         {"sender_share", "sender_jain", "receiver_share", "receiver_jain"})
        for row in fair:
            self.assertLessEqual(row["value"], 1)

    def test_of_percentiles_are_in_their_order(self):
        found = {}
        for row in self.everyone():
            if row["workload"].startswith("latency"):
                key = (row["workload"], row["capacity"], row["variant"], row["peer"])
                found.setdefault(key, []).append(row["value"])
        self.assertTrue(found)
        for values in found.values():
            self.assertEqual(len(values), 3)
            self.assertEqual(values, sorted(values))

    def test_of_memory_count_what_an_item_takes(self):
        done = compare(*MOMENT, "--peer", "none", "--workload", "memory", "--capacity", "1024",
                       "--item-bytes", "8,64", "--json")
        found = {(row["variant"], row["item_bytes"]): row["value"] for row in objects(done)
                 if row["metric"] == "bytes_per_item"}
        for (variant, size), value in found.items():
            self.assertGreaterEqual(value, size, variant)
            self.assertLess(value, 3 * size, variant)

    def test_are_compared_with_the_best_peer_that_sleeps(self):
        rows = [row for row in self.everyone() if row["metric"] == "wall_ns_per_item"
                and row["capacity"] == 64 and (row["producers"], row["consumers"]) == (1, 1)]
        for workload, workers in (("throughput", None), ("task/spsc", 1), ("task/spsc", 2)):
            alike = [row for row in rows if (row["workload"], row["workers"]) == (workload, workers)]
            best = min(row["value"] for row in alike if row["peer"] and row["sleeps"])
            for row in alike:
                self.assertAlmostEqual(row["ratio_to_best_peer"] / (row["value"] / best), 1, 2)

    def test_of_crowds_are_as_asked(self):
        done = compare(*MOMENT, "--peer", "none", "--workload", "throughput,fairness",
                       "--producers", "1,3", "--consumers", "2", "--capacity", "1", "--json")
        self.assertEqual({(row["workload"], row["producers"], row["consumers"])
                          for row in objects(done)},
                         {(workload, producers, 2) for workload in ("throughput", "fairness")
                          for producers in (1, 3)})

    def test_that_lose_an_item_are_told_in_every_workload(self):
        for workload in WORKLOADS:
            done = compare(*MOMENT, "--variant", "none", "--peer", "lossy", "--workload", workload,
                           "--capacity", "64")
            self.assertEqual(done.returncode, 1, workload)
            self.assertIn(f"lossy {workload} 64", done.stderr)
            self.assertIn("what was received is not what was sent", done.stderr)

    def test_that_lose_a_task_are_told(self):
        done = compare(*MOMENT, "--variant", "none", "--peer", "lossy", "--workload", "sched/spawn1M",
                       "--workers", "1")
        self.assertEqual(done.returncode, 1)
        self.assertIn("lossy sched/spawn1M", done.stderr)
        self.assertIn("what was done is not what was to be done", done.stderr)

    def test_that_fail_are_told(self):
        with tempfile.TemporaryDirectory() as folder:
            script = Path(folder, "handfast-bench")
            script.write_text(f'#!/bin/sh\n[ "$1" = --list ] && exec "{BENCH}" --list\nkill -9 $$\n')
            script.chmod(stat.S_IRWXU)
            done = compare(*MOMENT, "--peer", "none", "--workload", "pair", "--bench", folder)
            self.assertEqual(done.returncode, 1)
            self.assertIn("lock_ring pair 64", done.stderr)


class Reports(unittest.TestCase):
    def test_are_whole(self):
        with tempfile.TemporaryDirectory() as folder:
            table, one, each = (folder + name for name in ("/a.csv", "/all.svg", "/plots"))
            asked = (*MOMENT, "--peer", OF_CPP, "--workload", "pair,throughput,latency_saturated",
                     "--capacity", "64", "--json", "--csv", table)
            done = compare(*asked, "--svg", one)
            self.assertEqual(done.returncode, 0, done.stderr)
            rows = objects(done)
            with open(table, newline="") as file:
                read = list(csv.DictReader(file))
            self.assertEqual(len(read), len(rows))
            for ours, theirs in zip(read, rows):
                self.assertEqual(ours.keys(), theirs.keys())
                self.assertEqual(ours["metric"], theirs["metric"])
                self.assertAlmostEqual(float(ours["value"]), theirs["value"])

            svg = "{http://www.w3.org/2000/svg}"
            picture = ElementTree.parse(one).getroot()
            bars = [row for row in rows if row["metric"] == "wall_ns_per_item"]
            squares = picture.findall(f".//{svg}rect[@height='10']")
            drawn = len(picture.findall(f".//{svg}rect")) - len(squares) - 1
            self.assertEqual(drawn, len(bars), "a bar for each wall time, on a ground")
            dots = [row for row in rows if row["metric"] == "latency_p50"]
            legend = 1
            self.assertEqual(len(picture.findall(f".//{svg}circle")), len(dots) + legend)

            self.assertEqual(compare(*asked, "--svg", each).returncode, 0)
            self.assertEqual({path.name for path in Path(each).iterdir()},
                             {"pair.svg", "throughput.svg", "latency_saturated.svg"})
            for path in Path(each).iterdir():
                self.assertIn("lock_free_ring", path.read_text())

    def test_say_who_cannot_and_who_is_not_there(self):
        with tempfile.TemporaryDirectory() as folder:
            Path(folder, "handfast-bench").symlink_to(BENCH)
            done = compare(*MOMENT, "--bench", folder, "--workload", "pingpong", "--capacity", "0,1")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertRegex(done.stdout, r"cannot do this: .*libcds\n")
        for peer, package in (("go", "golang-go"), ("crossbeam", "librust-crossbeam-channel-dev"),
                              ("tokio", "librust-tokio-dev"), ("rayon", "librust-rayon-dev")):
            line = next(line for line in done.stderr.splitlines() if f" {peer} is left out" in line)
            self.assertIn(package, line)
        row = next(line for line in done.stdout.splitlines() if line.startswith("  lock_ring"))
        self.assertEqual(row.split()[1], "-", "a ring is no rendezvous")

    def test_end_with_the_mean_of_all_settings(self):
        done = compare(*MOMENT, "--variant", "handfast", "--peer", "tbb", "--workload",
                       "sched/spawn1M,sched/spawn-join-1")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertRegex(done.stdout, r"\n  sched +[\d.]+x +4 +[0-4]\n*$")

    def test_show_the_spread_of_rounds(self):
        done = compare("--milliseconds", "1", "--reps", "3", "--peer", "none", "--workload", "pair")
        self.assertRegex(done.stdout, r"lock_ring +[\d.]+ ns ±\d+[%x]")
        self.assertIn("3 rounds of 1 ms", done.stdout)


class Checks(unittest.TestCase):
    def test_count_executions_of_every_scenario(self):
        done = compare("--workload", "check", "--variant", "lock_ring", "--check-time", "1s",
                       "--json")
        self.assertEqual(done.returncode, 0, done.stderr)
        found = {row["metric"]: row["value"] for row in objects(done)}
        self.assertGreater(found["scenarios"], 0)
        self.assertEqual(found["verified"] + found["bounded"], found["scenarios"])
        self.assertGreater(found["executions"], found["scenarios"])

    @unittest.skipUnless(HAS_MUTANTS, "this build has no seeded bugs")
    def test_that_find_something_fail_the_comparison(self):
        engines = HANDFAST.parent / "engines"
        with tempfile.TemporaryDirectory() as folder:
            script = Path(folder, "handfast-checker")
            script.write_text(f'#!/bin/sh\n[ "$1" = list ] && exec "{engines}/handfast-checker" list\n'
                              f'exec "{engines}/handfast-checker-mutants" "$@" '
                              "--mutant close_signals_one_receiver\n")
            script.chmod(stat.S_IRWXU)
            done = compare("--workload", "check", "--variant", "lock_ring", "--check-time", "1s",
                           "--engines", folder)
            self.assertEqual(done.returncode, 1, done.stderr)
            self.assertIn("lost wake-up in channel.two_blocked_receivers_against_close", done.stderr)
            self.assertRegex(done.stdout, r"lock_ring +\d+ +\d+ +\d+ +[1-9]")


class Interrupts(unittest.TestCase):
    def test_show_what_there_is_with_status_3(self):
        with subprocess.Popen([HANDFAST, "compare", "--workload", "blocked", "--peer", "none",
                               "--milliseconds", "1", "--reps", "1000", "--json"],
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as running:
            # One says what there is, the others measure: one of these is over.
            children = Path(f"/proc/{running.pid}/task/{running.pid}/children")
            seen = set()
            while len(seen) < 4 and running.poll() is None:
                seen.update(children.read_text().split())
            running.send_signal(signal.SIGINT)
            out, errors = running.communicate(timeout=30)
        self.assertEqual(running.returncode, 3, (out, errors))
        self.assertIn("interrupted: this is what there is", errors)
        self.assertTrue([json.loads(line) for line in out.splitlines()])


class BadInput(unittest.TestCase):
    def refused(self, *arguments, says):
        done = compare(*arguments)
        self.assertEqual(done.returncode, 2, (arguments, done.stdout, done.stderr))
        self.assertEqual(done.stdout, "")
        self.assertEqual(done.stderr.count("\n"), 1, done.stderr)
        self.assertTrue(done.stderr.startswith("handfast: "), done.stderr)
        self.assertIn(says, done.stderr)

    def test_gets_one_line_and_status_2(self):
        self.refused("--variant", "nobody", says="there are lock_ring, lock_free_ring")
        self.refused("--peer", "nobody", says="mutex_ring")
        self.refused("--workload", "nothing", says="throughput")
        self.refused("--capacity", "many", says="0 to 1073741824, or unbounded")
        self.refused("--capacity", "-1", says="-1")
        self.refused("--producers", "0", says="from 1 to 64")
        self.refused("--consumers", "x", says="from 1 to 64")
        self.refused("--workers", "0", says="from 1 to 64")
        self.refused("--item-bytes", "9", says="9")
        self.refused("--reps", "0", says="from 1 to 1000")
        self.refused("--milliseconds", "x", says="from 1 to 600000")
        self.refused("--check-time", "soon", says="90s, 10m or 2h")
        self.refused("--bench", "/no/such/folder", says="/no/such/folder")
        self.refused("--csv", "/no/such/folder/a.csv", says="/no/such/folder/a.csv")
        self.refused("--svg", "/no/such/folder/a.svg", says="/no/such/folder/a.svg")
        self.refused("--svg", "/dev/null/plots", says="/dev/null/plots")
        self.refused("--variant", "none", "--peer", "none", says="nothing to compare")
        self.refused("--variant", "handfast", "--peer", "none", says="nothing to compare")
        self.refused("--variant", "none", "--peer", "libcds", "--workload", "pingpong", "--capacity",
                     "1", says="nothing to compare")


if __name__ == "__main__":
    unittest.main()
