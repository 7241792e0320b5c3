#!/usr/bin/env python3
"""The handfast program as a user meets it: exit statuses, one line for bad input,
JSON fields, tokens that come back, Ctrl-C.

Run by CTest: HANDFAST=build/dev/handfast ci/tests/program_test.py
"""

import functools
import json
import os
import signal
import subprocess
import tempfile
import unittest
import xml.etree.ElementTree as ElementTree
from pathlib import Path

HANDFAST = os.environ.get("HANDFAST", "build/dev/handfast")
HAS_MUTANTS = os.environ.get("HANDFAST_MUTANTS", "ON") == "ON"
HAS_RELACY = os.environ.get("HANDFAST_RELACY", "ON") == "ON"
HAS_LIBFUZZER = os.environ.get("HANDFAST_LIBFUZZER", "ON") == "ON"
# A search that no test waits for.
LONG = "lock_free_ring.per_sender_order"
ENGINE = "relacy" if HAS_RELACY else "stress"
# Every operation under it is the same each time, so the finding is too.
BUG = ("failed_send_leaks_item", "properties", "channel.follows_its_specification")

CHECK_FIELDS = {"scenario", "engine", "mode", "verdict", "executions", "blocked", "cpu_seconds",
                "peak_rss_kib", "goals_met", "goals_missed", "token"}


def handfast(*arguments, **options):
    return subprocess.run([HANDFAST, *arguments], capture_output=True, text=True, timeout=120,
                          **options)


def objects(done):
    return [json.loads(line) for line in done.stdout.splitlines()]


class Help(unittest.TestCase):
    def test_every_verb_has_help_with_an_example(self):
        for verb in ([], ["list"], ["check"], ["replay"], ["mutants"], ["mutate"], ["gate"], ["litmus"],
                     ["compare"]):
            done = handfast(*verb, "--help")
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertIn("Example:\n  handfast ", done.stdout)


class BadInput(unittest.TestCase):
    def refused(self, *arguments, says=""):
        done = handfast(*arguments)
        self.assertEqual(done.returncode, 2, (arguments, done.stdout, done.stderr))
        self.assertEqual(done.stdout, "")
        self.assertEqual(done.stderr.count("\n"), 1, done.stderr)
        self.assertTrue(done.stderr.startswith("handfast: "), done.stderr)
        self.assertIn(says, done.stderr)

    def test_gets_one_line_and_status_2(self):
        self.refused(says="subcommand")
        self.refused("chekc", says="chekc")
        self.refused("check", "no_such_scenario", "--engine", ENGINE, says="no_such_scenario")
        self.refused("check", "--engine", "no_such_engine", says="no_such_engine")
        self.refused("check", "--engine", ENGINE, "--mode", "no_such_mode", says="no_such_mode")
        self.refused("check", "--engine", ENGINE, "--seed", "twelve", says="twelve")
        self.refused("check", "--engine", ENGINE, "--max-executions", "-1")
        self.refused("check", "--engine", ENGINE, "--max-time", "soon", says="90s, 10m or 2h")
        self.refused("check", "--engine", ENGINE, "--max-time", "0")
        self.refused("check", "--jobs", "many")
        self.refused("check", "--no-such-option")
        self.refused("gate", "--only", "no_such_concept", says="no_such_concept")
        self.refused("gate", "--budget", "-5m", says="-5m")
        self.refused("gate", "--since", "no-such-revision", says="no-such-revision")
        self.refused("gate", "--junit", "/no/such/folder/gate.xml", says="/no/such/folder/gate.xml")
        self.refused("list", "no_such_thing")
        self.refused("list", "--engines", "/no/such/folder", says="/no/such/folder")
        self.refused("litmus", "/no/such/file.litmus", says="/no/such/file.litmus: cannot be read")
        self.refused("litmus", __file__, says="line 1")
        self.refused("replay")
        self.refused("replay", "hello", says="hf1.")
        self.refused("replay", "hf1.channel.hand_off.relacy.AAAA", says="cut short")
        if HAS_MUTANTS:
            self.refused("mutants", "no_such_bug", says="no_such_bug")
            self.refused("mutants", "--table", "/no/such/folder/table.md")
            self.refused("check", "--engine", "properties", "--mutant", "no_such_bug",
                         says="no_such_bug")

    def test_no_executions_are_no_pass(self):
        done = handfast("check", "--engine", "stress", "storm", "--max-executions", "0")
        self.assertEqual(done.returncode, 1)
        self.assertIn("vacuous", done.stdout)


class Runs(unittest.TestCase):
    def test_list_names_what_check_runs(self):
        listed = objects(handfast("list", "--json"))
        self.assertTrue(listed)
        for each in listed:
            self.assertEqual(each.keys() & {"kind", "concept", "name", "engines"},
                             {"kind", "concept", "name", "engines"})
        name = next(each["name"] for each in listed if ENGINE in each["engines"])
        done = handfast("check", name, "--engine", ENGINE, "--max-executions", "50", "--json")
        self.assertEqual(done.returncode, 0, done.stderr)
        for each in objects(done):
            self.assertEqual(each["scenario"], name)
            self.assertLessEqual(CHECK_FIELDS, each.keys())
            self.assertEqual(each["verdict"], "searched")
            self.assertIsNone(each["token"])

    @unittest.skipUnless(HAS_LIBFUZZER, "this compiler has no libFuzzer")
    def test_the_fuzzer_is_guided_by_coverage(self):
        done = handfast("check", "--engine", "fuzz", "--mode", "fuzz", "--max-executions", "1000",
                        "--json")
        self.assertEqual(done.returncode, 0, done.stdout)
        self.assertEqual({each["unit"] for each in objects(done)}, {"inputs"})

    def test_nothing_is_ever_called_verified(self):
        done = handfast("check", "--engine", ENGINE, "--max-executions", "20")
        self.assertNotIn("verified", done.stdout)

    def test_the_same_seed_gives_the_same_run(self):
        once = ["check", "follows_its", "--engine", "properties", "--max-executions", "200",
                "--seed", "5", "--json"]
        runs = [[(each["executions"], each["verdict"]) for each in objects(handfast(*once))]
                for _ in range(2)]
        self.assertEqual(runs[0], runs[1])

    def test_gate_writes_reports_for_machines_and_reviewers(self):
        with tempfile.TemporaryDirectory() as folder:
            junit, markdown = Path(folder, "gate.xml"), Path(folder, "gate.md")
            done = handfast("gate", "--only", "sync", "--budget", "4s", "--junit", str(junit),
                            "--markdown", str(markdown))
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
            self.assertTrue(done.stdout.endswith("gate: pass (seed 1)\n"))
            suites = ElementTree.parse(junit).getroot()
            self.assertGreater(len(suites.findall("testsuite/testcase")), 10)
            self.assertEqual(suites.findall("testsuite/testcase/failure"), [])
            self.assertIn("# handfast gate: pass", markdown.read_text())
            self.assertIn("| stress | ok |", markdown.read_text())

    @unittest.skipUnless(HAS_MUTANTS, "this build has no seeded bugs")
    def test_gate_tries_the_seeded_bugs_of_the_concept(self):
        done = handfast("gate", "--only", "word_mutex", "--budget", "4s")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertRegex(done.stdout, r"seeded bugs +ok +4 of 4 caught, 4 brought back")


@unittest.skipUnless(HAS_RELACY, "fibers are not run under sanitizers")
class Litmus(unittest.TestCase):
    SB = """C SB
{ x=0; y=0; }
P0(atomic_int* x, atomic_int* y) {
  atomic_store_explicit(x, 1, memory_order_relaxed);
  int r0 = atomic_load_explicit(y, memory_order_relaxed);
}
P1(atomic_int* x, atomic_int* y) {
  atomic_store_explicit(y, 1, memory_order_relaxed);
  int r0 = atomic_load_explicit(x, memory_order_relaxed);
}
locations [0:r0; 1:r0;]
"""

    def test_a_wrong_expectation_is_reported(self):
        states = [{"0:r0": a, "1:r0": b} for a in (0, 1) for b in (0, 1)]
        right = {"name": "SB", "states": states, "executions": 4, "racy": False}
        wrong = [{**right, "executions": 5}, {**right, "states": states[1:]}, {**right, "racy": True},
                 {**right, "name": "another"}]
        with tempfile.TemporaryDirectory() as folder:
            test, expected = Path(folder, "SB.litmus"), Path(folder, "expected.jsonl")
            test.write_text(self.SB)
            for expectation, status in [(right, 0), *((each, 1) for each in wrong)]:
                expected.write_text(json.dumps(expectation) + "\n")
                done = handfast("litmus", str(test), "--expect", str(expected))
                self.assertEqual(done.returncode, status, (expectation, done.stdout))


@unittest.skipUnless(HAS_RELACY, "this build has no checker")
class LongSearches(unittest.TestCase):
    """Stopped, gone on with, shared, split: the same result each time."""

    SCENARIO = "channel.per_sender_order"

    @staticmethod
    def counted(*arguments):
        return objects(handfast("check", *arguments, "--json"))[0]

    @classmethod
    @functools.cache
    def whole(cls):
        return cls.counted(cls.SCENARIO, "--jobs", "1")

    def same(self, made, whole):
        for field in ("verdict", "executions", "blocked", "operations", "plain_accesses", "longest"):
            self.assertEqual(made[field], whole[field], field)

    def test_are_gone_on_with_and_shared(self):
        whole = self.whole()
        self.assertEqual(whole["verdict"], "verified")
        self.same(self.counted(self.SCENARIO, "--jobs", "3"), whole)
        with tempfile.TemporaryDirectory() as folder:
            left = folder + "/left.work"
            stopped = self.counted(self.SCENARIO, "--checkpoint", left, "--max-executions", "70000")
            self.assertEqual(stopped["verdict"], "bounded")
            self.assertEqual(stopped["checkpoint"], left)
            self.same(self.counted("--resume", left, "--jobs", "2"), whole)
            self.assertFalse(Path(left).exists(), "what is done is not left")

    def test_leave_what_others_left(self):
        with tempfile.TemporaryDirectory() as folder:
            left = Path(folder) / "left.work"
            self.counted(self.SCENARIO, "--checkpoint", str(left), "--max-executions", "1000")
            before = left.read_bytes()
            self.counted("channel.hand_off", "--checkpoint", str(left))
            self.assertEqual(left.read_bytes(), before, "a search that left nothing removes nothing")

    def test_are_gone_on_with_after_ctrl_c(self):
        with tempfile.TemporaryDirectory() as folder:
            left = folder + "/left.work"
            child = subprocess.Popen([HANDFAST, "check", self.SCENARIO, "--checkpoint", left],
                                     stdout=subprocess.PIPE, text=True)
            engines_of = Path(f"/proc/{child.pid}/task/{child.pid}/children")
            while not engines_of.read_text().split():
                pass
            child.send_signal(signal.SIGINT)
            said, _ = child.communicate(timeout=60)
            if child.returncode == 0:
                return  # it was faster
            self.assertEqual(child.returncode, 3)
            if "--resume" in said:
                self.same(self.counted("--resume", left), self.whole())

    def test_are_gone_on_with_after_a_kill(self):
        with tempfile.TemporaryDirectory() as folder:
            left = Path(folder) / "left.work"
            child = subprocess.Popen([HANDFAST, "check", self.SCENARIO, "--checkpoint", str(left),
                                      "--checkpoint-every", "0.5s"], start_new_session=True)
            while not left.exists() and child.poll() is None:
                pass
            os.killpg(child.pid, signal.SIGKILL)
            child.wait(timeout=60)
            self.assertTrue(left.exists())
            executions = json.loads(left.read_bytes().split(b"\n")[0])["executions"]
            self.assertGreater(executions, 0)
            self.same(self.counted("--resume", str(left)), self.whole())

    def test_are_split_and_merged(self):
        whole = self.whole()
        with tempfile.TemporaryDirectory() as folder:
            first, second = folder + "/first", folder + "/second"
            for name in (first, second):
                self.assertEqual(handfast("check", self.SCENARIO, "--split", "4", name).returncode, 0)
            pieces = sorted(Path(first).iterdir())
            self.assertEqual(len(pieces), 4)
            for piece in pieces:  # the same search, the same pieces
                self.assertEqual(piece.read_bytes(), (Path(second) / piece.name).read_bytes())
            merge = ("check", "--merge", first)
            self.assertIn("has not been run", handfast(*merge).stderr)
            for piece in pieces:
                self.assertEqual(handfast("check", "--run", str(piece)).returncode, 0)
            self.same(self.counted("--merge", first), whole)

            third = pieces[2].read_bytes()
            pieces[2].unlink()
            self.assertIn("piece 3 of 4 is missing", handfast(*merge).stderr)
            pieces[2].write_bytes(pieces[1].read_bytes())
            self.assertIn("are the same piece", handfast(*merge).stderr)
            pieces[2].write_bytes(third[:-1] + bytes([third[-1] ^ 1]))
            self.assertIn("is damaged", handfast(*merge).stderr)
            other = Path(folder) / "other"
            handfast("check", "channel.clone_against_drop", "--split", "4", str(other))
            pieces[2].write_bytes((other / pieces[2].name).read_bytes())
            self.assertIn("are of different searches", handfast(*merge).stderr)
            pieces[2].write_bytes(third)
            done = pieces[2].with_suffix(".done")
            kept = done.read_text()
            done.write_text(pieces[1].with_suffix(".done").read_text())
            self.assertIn("is not the result of", handfast(*merge).stderr)
            done.write_text(kept.replace('"build":"', '"build":"other '))
            self.assertIn("is of another build", handfast(*merge).stderr)
            self.assertEqual(handfast(*merge).returncode, 2)
            done.write_text(kept)
            self.same(self.counted("--merge", first), whole)
            self.assertIn("with --run", handfast("check", "--resume", str(pieces[0])).stderr)
            self.assertTrue(pieces[0].exists())

    @unittest.skipUnless(HAS_MUTANTS, "this build has no seeded bugs")
    def test_are_not_split_when_something_is_found(self):
        with tempfile.TemporaryDirectory() as folder:
            done = handfast("check", "channel.hand_off", "--mutant", "send_drops_notify", "--split",
                            "3", folder)
            self.assertEqual(done.returncode, 1, done.stderr)
            self.assertIn("hf1.channel.hand_off", done.stdout)
            self.assertEqual(list(Path(folder).iterdir()), [])


class Interrupts(unittest.TestCase):
    def test_ctrl_c_ends_it_soon_with_status_3_and_no_children_left(self):
        with subprocess.Popen([HANDFAST, "check", "storm", "--engine", "stress", "--max-time", "5m",
                               "--json"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                              start_new_session=True) as running:
            # The first child is there once it holds our pipe's other end busy.
            children = Path(f"/proc/{running.pid}/task/{running.pid}/children")
            while not children.read_text().split() and running.poll() is None:
                pass
            os.killpg(running.pid, signal.SIGINT)
            out, errors = running.communicate(timeout=30)
        self.assertEqual(running.returncode, 3, (out, errors))
        with self.assertRaises(ProcessLookupError):
            os.killpg(running.pid, 0)

    @unittest.skipUnless(HAS_RELACY, "this build has no checker")
    def test_ctrl_c_that_comes_twice_at_once_loses_nothing(self):
        with tempfile.TemporaryDirectory() as folder:
            left = Path(folder, "left.work")
            with subprocess.Popen([HANDFAST, "check", LONG, "--checkpoint", str(left),
                                   "--checkpoint-every", "1", "--json"], stdout=subprocess.PIPE,
                                  text=True, start_new_session=True) as running:
                while not left.exists() and running.poll() is None:
                    pass
                os.kill(running.pid, signal.SIGINT)
                status = Path(f"/proc/{running.pid}/status")
                while "ShdPnd:\t0000000000000000" not in status.read_text():
                    pass  # else the two would be one for the kernel
                os.killpg(running.pid, signal.SIGINT)
                out, _ = running.communicate(timeout=30)
        self.assertEqual(running.returncode, 3, out)
        self.assertGreater(json.loads(out)["executions"], 0)


@unittest.skipUnless(HAS_MUTANTS, "this build has no seeded bugs")
class Findings(unittest.TestCase):
    def test_a_finding_prints_a_token_that_brings_it_back(self):
        bug, engine, scenario = BUG
        done = handfast("check", scenario, "--engine", engine, "--mutant", bug)
        self.assertEqual(done.returncode, 1)
        token = next(word for word in done.stdout.split() if word.startswith("hf1."))
        again = handfast("replay", token)
        self.assertEqual(again.returncode, 1, again.stderr)
        self.assertIn("came back in", again.stdout)
        # A token is one failure's: change any part and it is refused.
        for mangled in (token[:-1], token[:-2] + "A" + token[-1], token.replace("hf1", "hf9")):
            refused = handfast("replay", mangled)
            self.assertEqual(refused.returncode, 2, mangled)
            self.assertEqual(refused.stderr.count("\n"), 1)

    def test_relacy_findings_come_back_step_by_step(self):
        if not HAS_RELACY:
            self.skipTest("no Relacy under sanitizers")
        done = handfast("check", "channel.hand_off", "--engine", "relacy", "--mode", "random", "--mutant",
                        "send_drops_notify", "--json")
        self.assertEqual(done.returncode, 1)
        found = objects(done)[0]
        again = objects(handfast("replay", found["token"], "--json"))[0]
        self.assertEqual(again["kind"], found["kind"])
        self.assertEqual(again["text"], found["text"])
        self.assertNotRegex(again["text"], "0x")

    # Of tasks and what runs them, some bugs that each engine sees at once.
    BUGS_OF_TASKS = {
        "relacy": ["call_overlooks_who_falls_asleep", "take_looks_before_it_says", "unlock_is_relaxed",
                   "wake_while_polled_is_lost", "resting_worker_tells_nobody",
                   "task_is_resumed_for_nothing", "end_does_not_wait_for_threads"],
        "stress": ["sleeper_looks_before_it_is_counted", "last_item_is_the_owners",
                   "notice_to_all_is_one", "posted_job_is_kept", "cancelled_queued_task_runs_on"],
        "stress-tsan": ["owner_asks_nobody", "unlock_is_relaxed", "last_item_is_the_owners"],
    }

    def test_every_engine_that_runs_tasks_catches_bugs_of_theirs(self):
        for engine, bugs in self.BUGS_OF_TASKS.items():
            if engine == "relacy" and not HAS_RELACY:
                continue
            for bug in bugs:
                done = handfast("mutants", bug, "--engine", engine)
                self.assertEqual(done.returncode, 0, (engine, bug, done.stdout))

    def test_a_storm_of_tasks_catches_bugs_of_its_scheduler(self):
        for mode, bugs in {
            "seeded": ["woken_sleeper_is_not_counted", "resting_worker_tells_nobody",
                       "empty_take_moves_the_bottom", "leaving_thread_forgets_its_job"],
            "native": ["posted_job_is_kept", "dropped_task_keeps_its_coroutine"],
        }.items():
            for bug in bugs:
                done = handfast("check", "scheduler.storm", "--engine", "stress", "--mode", mode,
                                "--mutant", bug, "--max-executions", "1000")
                self.assertEqual(done.returncode, 1, (mode, bug, done.stdout))

    def test_mutants_as_json(self):
        done = handfast("mutants", "close_says_twice", "--first", "--json")
        self.assertEqual(done.returncode, 0, done.stdout)
        for each in objects(done):
            self.assertLessEqual({"mutant", "engine", "result", "scenario", "token"}, each.keys())


if __name__ == "__main__":
    unittest.main()
