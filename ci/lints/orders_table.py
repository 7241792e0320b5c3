#!/usr/bin/env python3
"""The runtime's memory orders and wake-ups as a Markdown table: each with its partner and its
reason, from the tags, and with who notices where it is weaker, from a campaign.

Reads what `handfast mutate --json` printed from standard input. With --check FILE it says
whether that file is this table.

Exit status: 0 done, or the same; 1 FILE is another, or an order has no line in the campaign; 2 bad
usage.

Example: build/dev/handfast mutate --equivalent models/mutants/equivalent.json --json |
         ci/lints/orders_table.py > docs/orders.md
"""

import argparse
import difflib
import json
import re
import sys
from collections import defaultdict

from orders import EXEMPT, ORDER, comment_at
from sources import ROOT, code_lines, tracked

HEAD = """# Memory orders, and who defends them

Made by `ci/orders --write` from the tags in `runtime/` and from `handfast mutate`; CI sees that it is up to date. Every operation is made weaker
than it is written, one at a time, and the scenarios that reach it are run until one fails ([mutate.md](mutate.md)). Shown is the first that does, the cheapest first.
"""

STRONG = """
## Orders stronger than relaxed

| operation | tag | order, partner, reason | weaker | noticed by |
| --- | --- | --- | --- | --- |
"""

STEPS = """
## Wake-ups, re-checks, and stores

What is left out altogether; of a strong compare-exchange, that it does not fail for no reason.

| operation | weaker | noticed by |
| --- | --- | --- |
"""

RELAXED = """
## Relaxed orders

Nothing is weaker. Why nothing more is needed:

| operation | reason |
| --- | --- |
"""

TAG = re.compile(r"\[([a-z_]+(?:\.[a-z_]+)+)\]")
# What a campaign can leave out, where it is called.
STEP = re.compile(r"Sync::step\(\)|[.>]call\(|[.:]notify_(one|all)\(|\bwake<Sync>\(|looks_again\(\)")
THROUGHOUT = re.compile(r"Relaxed throughout:\s*(.*)")


def cell(text):
    return " ".join(text.split()).replace("|", "\\|")


def statement(lines, code, index):
    """The code of the statement on a line, from its beginning as far as that line."""
    start = index
    while start > 0 and code[start - 1].strip() and not code[start - 1].rstrip().endswith(
            (";", "{", "}", ":")):
        start -= 1
    return " ".join(code[i].strip() for i in range(start, index + 1))


def reason_throughout(lines, code, name):
    declaration = re.compile(rf"\batomic<.*>\s+{name}\b")
    for index, line in enumerate(code):
        if declaration.search(line):
            found = THROUGHOUT.search(comment_at(lines, code, index))
            if found:
                return found.group(1)
    return ""


def told(mutant):
    if mutant["result"] == "killed":
        return f"{mutant['verdict']} in `{mutant['scenario']}`"
    why = f": {mutant['why']}" if mutant.get("why") else ""
    return f"*{mutant['result']}*{why}"


def campaign(text):
    """By file and line, the mutants."""
    at = defaultdict(list)
    for line in text:
        mutant = json.loads(line)
        path, row, _ = mutant["site"].rsplit(":", 2)
        at[path, int(row)].append(mutant)
    for mutants in at.values():  # they come as they are settled
        mutants.sort(key=lambda each: (each["site"], each["to"]))
    return at


ORDERS = {"relaxed", "acquire", "release", "acq_rel", "failed_relaxed", "failed_acquire"}


def is_of_order(mutant):
    return mutant["to"] in ORDERS or mutant["does"] == "fence"


def rows(mutants):
    """Of all files: strong orders, steps, relaxed ones; and what the campaign lacks."""
    strong, steps, relaxed, lacking = [], [], [], []
    for path in sorted(tracked("runtime/*.hpp")):
        if path in EXEMPT:
            continue
        text = (ROOT / path).read_text()
        lines, code = text.splitlines(), code_lines(text)
        short = path.removeprefix("runtime/")
        for index, line in enumerate(code):
            here = mutants.get((short, index + 1), [])
            what = f"{short}: `{cell(statement(lines, code, index))}`"
            uses = {use.group(1) for use in ORDER.finditer(line)}
            comment = comment_at(lines, code, index)
            if uses - {"relaxed"}:
                tag = TAG.search(comment)
                reason = comment[tag.end():] if tag else comment
                of_order = [each for each in here if is_of_order(each)]
                for each in of_order:
                    strong.append((what, tag.group(1) if tag else "", cell(reason),
                                   f"{each['from']} → {each['to']}", told(each)))
                if not of_order:
                    lacking.append(f"{path}:{index + 1}: no scenario of the campaign reaches this "
                                   "order")
            elif uses:
                name = re.search(r"(\w+)\s*(?:\.|->)", line)
                found = re.search(r"\brelaxed:\s*(.*)", comment)
                reason = found.group(1) if found else ""
                if not reason and name:
                    reason = reason_throughout(lines, code, name.group(1))
                relaxed.append((what, cell(reason) or "as at its declaration"))
            if not here and not short.startswith("sync/") and STEP.search(line):
                lacking.append(f"{path}:{index + 1}: no scenario of the campaign reaches this step")
            for each in here:
                if not is_of_order(each):
                    steps.append((what, f"{each['from']} → {each['to']}", told(each)))
    return strong, steps, relaxed, lacking


def table(head, all_rows):
    seen = list(dict.fromkeys(all_rows))
    return head + "".join("| " + " | ".join(row) + " |\n" for row in seen)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", metavar="FILE", help="say whether FILE is this table")
    arguments = parser.parse_args()
    mutants = campaign(sys.stdin)
    if not mutants:
        parser.error("standard input has no campaign")
    strong, steps, relaxed, lacking = rows(mutants)
    made = HEAD + table(STRONG, strong) + table(STEPS, steps) + table(RELAXED, relaxed)
    for line in lacking:
        print(line, file=sys.stderr)
    if not arguments.check:
        sys.stdout.write(made)
        return 1 if lacking else 0
    with open(arguments.check, encoding="utf-8") as file:
        kept = file.read()
    for line in difflib.unified_diff(kept.splitlines(), made.splitlines(), arguments.check,
                                     "as it is now", n=0, lineterm=""):
        print(line)
    if kept == made and not lacking:
        print(f"{arguments.check}: {len(strong)} weaker orders, {len(steps)} steps, "
              f"{len(relaxed)} relaxed orders")
    return 0 if kept == made and not lacking else 1


if __name__ == "__main__":
    sys.exit(main())
