#!/usr/bin/env python3
"""What the checker says of each seeded bug of models/suites/wrong.hpp, word by word.

  golden_test.py ENGINE FOLDER [--update]

FOLDER has a text for each bug: the verdict, the kind, the report with its trace. A bug
without a text, and a text without a bug, are failures. Each token must bring the same
report back.
"""

import json
import pathlib
import re
import subprocess
import sys

engine, folder = sys.argv[1], pathlib.Path(sys.argv[2])
update = "--update" in sys.argv
wrong = (folder.parent / "suites" / "wrong.hpp").read_text()
names = sorted(set(re.findall(r'"(wrong\.\w+)"', wrong)))


def result(*arguments):
    done = subprocess.run([engine, *arguments], capture_output=True, text=True, timeout=60)
    lines = [line for line in done.stdout.splitlines() if '"event":"result"' in line]
    if not lines:
        sys.exit(f"{' '.join(arguments)}: no result, exit status {done.returncode}: {done.stderr}")
    return json.loads(lines[-1])


def text_of(found):
    missed = "".join(f"never met: {goal}\n" for goal in found["goals_missed"])
    return f"{found['verdict']}: {found.get('kind', 'nothing')}\n{missed}{found.get('text', '')}"


failed = 0
for name in names:
    found = result("run", name, "--mode", "exhaustive")
    text = text_of(found)
    golden = folder / (name + ".txt")
    if update:
        golden.write_text(text)
    elif not golden.exists() or golden.read_text() != text:
        failed += 1
        print(f"{name}: not as in {golden.name}; now it is\n{text}")
    if found["verdict"] not in ("finding", "vacuous"):
        failed += 1
        print(f"{name}: not caught")
    if "replay" in found and name != "wrong.non_deterministic_body":
        again = result("replay", name, "--payload", found["replay"])
        if again["came_back"] != 1 or text_of(again) != text:
            failed += 1
            print(f"{name}: the token brings back something else:\n{text_of(again)}")
for left in {golden.stem for golden in folder.glob("*.txt")} - set(names):
    failed += 1
    print(f"{left}.txt: no such bug")
print(f"{len(names)} seeded bugs, {failed} failures")
sys.exit(1 if failed or not names else 0)
