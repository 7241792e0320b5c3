#!/usr/bin/env python3
"""Runs every benchmark for a moment, so that the code cannot rot, and shows that
a lost item, bad arguments and an interruption do not pass unseen.

Run by CTest: HANDFAST_BUILD=build/dev bench/smoke/smoke.py
"""

import contextlib
import io
import json
import os
import subprocess
import sys
import tempfile
import unittest
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from unittest import mock

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
import run  # noqa: E402

BUILD = Path(os.environ.get("HANDFAST_BUILD", "build/dev")).resolve()
BENCH = BUILD / "bench" / "handfast-bench"
PROCESS = BUILD / "bench" / "handfast-bench-process"
RUN = HERE.parent / "run.py"
TINY = 2000
SCHEMA = {"variant", "peer", "workload", "capacity", "item_bytes", "producers", "consumers",
          "metric", "value", "unit", "ratio_to_best_peer"}


def call(*words):
    return subprocess.run([str(word) for word in words], capture_output=True, text=True, timeout=60)


class Programs(unittest.TestCase):
    def test_every_contest_runs_and_its_sum_is_right(self):
        done = call(BENCH, f"--items-divisor={TINY}", "--benchmark_format=json")
        self.assertEqual(done.returncode, 0, done.stderr)
        rows = json.loads(done.stdout)["benchmarks"]
        listed = call(PROCESS, "--list").stdout.splitlines()
        self.assertEqual(len(rows), len(listed))
        for row in rows:
            self.assertNotIn("error_occurred", row, row["name"])
            self.assertGreater(row["wall_ns_per_item"], 0, row["name"])

    def test_a_lost_item_fails_the_in_process_benchmark(self):
        for workload in ("seqpair", "spsc", "mpsc2", "mpmc22", "pingpong"):
            done = call(BENCH, "--lossy", f"--items-divisor={TINY}", "--benchmark_format=json",
                        f"--benchmark_filter=thr/{workload}/64/")
            self.assertEqual(done.returncode, 1, f"{workload}: {done.stderr}")
            self.assertIn("not what was sent", done.stdout + done.stderr)

    def test_a_lost_item_fails_a_process(self):
        done = call(PROCESS, "--peer", "lossy", "thr/spsc", 64, 1000)
        self.assertEqual(done.returncode, 1)
        self.assertFalse(json.loads(done.stdout)["sum_ok"])

    def test_bad_arguments_are_one_line_and_exit_2(self):
        for words in ([PROCESS], [PROCESS, "thr/spsc", "0", "1"], [PROCESS, "thr/spsc", "1", "x"],
                      [PROCESS, "thr/none", "1", "1"], [PROCESS, "--peer", "none", "thr/spsc", 1, 1],
                      [BENCH, "--items-divisor=0"], [BENCH, "--benchmark_filter=none"]):
            done = call(*words)
            self.assertEqual(done.returncode, 2, words)
            said = [line for line in done.stderr.splitlines() if line.startswith("handfast-bench")]
            self.assertEqual(len(said), 1, done.stderr)


class Run(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.out = Path(folder.name)

    def words(self, *more):
        return [str(word) for word in (
            sys.executable, RUN, "--build", BUILD, "--out", self.out, "--no-foreign",
            "--reps", 1, "--divisor", TINY, *more)]

    def test_reports_are_complete(self):
        done = call(*self.words("--only", "spsc/64|pingpong/1$"))
        self.assertEqual(done.returncode, 0, done.stderr)
        rows = [json.loads(line) for line in (self.out / "bench.jsonl").read_text().splitlines()]
        for row in rows:
            self.assertLessEqual(SCHEMA, row.keys())
        seen = {(row["mode"], row["peer"]) for row in rows if row["workload"] == "thr/spsc"}
        self.assertLessEqual({("in_process", "handfast"), ("in_process", "moodycamel"),
                              ("process", "handfast"), ("process", "mutex_ring")}, seen)
        ours = [row for row in rows if row["peer"] == "handfast"]
        self.assertTrue(all(row["ratio_to_handfast"] in (1, None) for row in ours))
        picture = ElementTree.fromstring((self.out / "bench.svg").read_text())
        bars = picture.findall(".//{http://www.w3.org/2000/svg}rect")
        walls = [row for row in rows if row["metric"] == "wall_ns_per_item"]
        self.assertEqual(len(bars), len(walls) + 1, "a bar for each wall time, on a ground")
        self.assertIn("thr/spsc capacity 64", done.stdout)

    def test_a_lost_item_fails_the_run_and_names_it(self):
        done = call(*self.words("--only", "thr/spsc/64", "--lossy"))
        self.assertEqual(done.returncode, 1)
        self.assertIn("lossy thr/spsc 64", done.stderr)
        self.assertIn("not what was sent", done.stderr)

    def test_an_interruption_reports_what_there_is(self):
        words = self.words("--only", "thr/spsc/64")[1:]
        table, said = io.StringIO(), io.StringIO()
        with (mock.patch.object(sys, "argv", words),
              mock.patch.object(run, "run_alternating", side_effect=KeyboardInterrupt),
              contextlib.redirect_stdout(table), contextlib.redirect_stderr(said)):
            status = run.main()
        self.assertEqual(status, 3)
        self.assertIn("interrupted", said.getvalue())
        self.assertIn("thr/spsc capacity 64, one process", table.getvalue())

    def test_bad_arguments_are_one_line_and_exit_2(self):
        for more in (["--reps", "0"], ["--reps", "x"], ["--only", "("], ["--only", "none"],
                     ["--build", "/nowhere"], ["--bogus"], ["--out", "/dev/null/x"]):
            done = call(*self.words(*more))
            self.assertEqual(done.returncode, 2, f"{more}: {done.stderr}")
            self.assertEqual(len([line for line in done.stderr.splitlines()
                                  if line.startswith("run.py")]), 1, done.stderr)


if __name__ == "__main__":
    unittest.main()
