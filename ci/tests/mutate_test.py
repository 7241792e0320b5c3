#!/usr/bin/env python3
"""`handfast mutate` as a user meets it: who notices what, what is left, how it goes on where it
was stopped, and bad input.

Run by CTest: HANDFAST=build/dev/handfast ci/tests/mutate_test.py
"""

import json
import os
import subprocess
import tempfile
import unittest
from pathlib import Path

HANDFAST = os.environ.get("HANDFAST", "build/dev/handfast")
TEXTBOOK = os.environ.get("HANDFAST_TEXTBOOK", "build/dev/tests/textbook-checks")
ROOT = Path(__file__).resolve().parent.parent.parent
FIELDS = {"site", "from", "to", "result", "scenario", "verdict", "token"}
# Of a handful of operations, and reached by a handful of scenarios.
SITES = "queue/one_slot"
FEW = ("--scenario", "one*")


def handfast(*arguments, **options):
    return subprocess.run([HANDFAST, *arguments], capture_output=True, text=True, timeout=120,
                          **options)


def objects(done):
    return [json.loads(line) for line in done.stdout.splitlines()]


class Mutate(unittest.TestCase):
    def test_says_who_notices_and_how_to_bring_it_back(self):
        done = handfast("mutate", SITES, *FEW, "--json")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        all_of_them = objects(done)
        self.assertGreater(len(all_of_them), 5)
        for each in all_of_them:
            self.assertLessEqual(FIELDS, each.keys())
            self.assertEqual(each["result"], "killed", each)
        token = all_of_them[0]["token"]
        again = handfast("replay", token)
        self.assertEqual(again.returncode, 1, again.stderr)
        self.assertIn(all_of_them[0]["verdict"], again.stdout)
        self.assertIn("one operation weaker", again.stdout)

    def test_is_the_same_every_time(self):
        first, second = (sorted(handfast("mutate", SITES, *FEW, "--json", "--jobs", jobs).stdout.splitlines())
                         for jobs in ("1", "2"))
        self.assertEqual(first, second)

    def test_what_nobody_notices_is_told_and_fails(self):
        # Nobody waits, so it does not matter who is seen to.
        done = handfast("mutate", "park/wait_list", "--scenario", "lock_free_ring.two_closes",
                        "--json")
        results = {each["result"] for each in objects(done)}
        self.assertEqual(done.returncode, 1, done.stdout)
        self.assertIn("survived", results)

    def test_what_is_explained_is_equivalent_and_what_is_wrongly_so_fails(self):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "equivalent.json"

            def run(text, way):
                path.write_text(json.dumps([{"file": "spsc_ring.hpp", "text": text, "way": way,
                                             "why": "because"}]))
                return handfast("mutate", "spsc_ring", "--program", TEXTBOOK, "--equivalent", path)
            wrong = run("tail_.store(tail + 1", "relaxed")
            self.assertEqual(wrong.returncode, 1, wrong.stdout)
            self.assertIn("it is written down that nothing can tell, but", wrong.stdout)
        done = handfast("mutate", "--program", TEXTBOOK, "--equivalent",
                        ROOT / "models/textbook/equivalent.json", "--json")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertTrue(all(each["why"] for each in objects(done) if each["result"] == "equivalent"))

    def test_goes_on_where_it_was_stopped(self):
        with tempfile.TemporaryDirectory() as folder:
            kept = Path(folder) / "kept.jsonl"
            whole = handfast("mutate", SITES, *FEW, "--json")
            first = handfast("mutate", SITES, *FEW, "--resume", kept, "--json")
            self.assertEqual(sorted(first.stdout.splitlines()), sorted(whole.stdout.splitlines()))
            # Cut short, in the middle of a line.
            lines = kept.read_text().splitlines()
            kept.write_text("\n".join(lines[:4]) + "\n" + lines[4][:20])
            again = handfast("mutate", SITES, *FEW, "--resume", kept, "--json")
            self.assertEqual(again.returncode, whole.returncode, again.stderr)
            self.assertEqual(sorted(again.stdout.splitlines()), sorted(whole.stdout.splitlines()))
            other = handfast("mutate", SITES, *FEW, "--resume", kept, "--max-executions", "7")
            self.assertEqual(other.returncode, 2)
            self.assertEqual(other.stderr.count("\n"), 1, other.stderr)

    def test_out_of_budget_is_status_3(self):
        done = handfast("mutate", "--budget", "0.1s")
        self.assertEqual(done.returncode, 3, done.stdout)
        self.assertIn("not tried", done.stdout)

    def test_the_page_has_source_and_results(self):
        with tempfile.TemporaryDirectory() as folder:
            page = Path(folder) / "page.html"
            done = handfast("mutate", SITES, *FEW, "--html", page)
            self.assertEqual(done.returncode, 0, done.stdout)
            text = page.read_text()
            self.assertIn("compare_exchange_strong(was, filled", text)
            self.assertIn("killed", text)
            self.assertNotIn("src=", text)

    def test_list_shows_what_there_is(self):
        done = handfast("mutate", SITES, *FEW, "--list")
        self.assertEqual(done.returncode, 0)
        self.assertIn("queue/one_slot.hpp:", done.stdout)
        self.assertIn("reached by", done.stdout)

    def test_since_nothing_changed_there_is_nothing_to_try(self):
        with tempfile.TemporaryDirectory() as folder:
            for command in (["init", "-q"], ["-c", "user.name=t", "-c", "user.email=t@t", "commit",
                                             "-q", "--allow-empty", "-m", "none"]):
                subprocess.run(["git", *command], cwd=folder, check=True)
            done = subprocess.run([Path(HANDFAST).resolve(), "mutate", "--since", "HEAD"],
                                  cwd=folder, capture_output=True, text=True, timeout=120)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertIn("0 mutants", done.stdout)

    def test_bad_input_gets_one_line_and_status_2(self):
        with tempfile.TemporaryDirectory() as folder:
            text = Path(folder) / "text"
            text.write_text('[{"file": "a", "text": "b"}]')
            for arguments, says in ((["nowhere"], "no scenario reaches"),
                                    (["--scenario", "nowhere"], "no scenario"),
                                    (["--since", "nowhere"], "no revision"),
                                    (["--program", "/bin/true", "--scenario", "x"], "no test"),
                                    (["--program", "/nowhere"], "cannot run"),
                                    (["--program", "/bin/false"], "lists no tests"),
                                    (["--equivalent", text], "lacks"),
                                    (["--equivalent", "/nowhere"], "cannot read"),
                                    (["--budget", "soon"], "not a time")):
                done = handfast("mutate", *arguments)
                self.assertEqual(done.returncode, 2, (arguments, done.stdout, done.stderr))
                self.assertEqual(done.stderr.count("\n"), 1, done.stderr)
                self.assertIn(says, done.stderr)


if __name__ == "__main__":
    unittest.main()
