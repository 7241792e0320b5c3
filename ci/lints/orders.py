#!/usr/bin/env python3
"""Every memory order of the runtime says why it is what it is.

An order stronger than relaxed carries a tag, on its line or in the comment just
above, with its partner: `// [queue.slot] release: pairs with pop's acquire load`.
A tag stands on both sides; one order may have several. A relaxed order says why nothing more is needed:
`// relaxed: …`, or `Relaxed throughout: …` where the atomic is declared.

Exit status: 0 clean; 1 a violation, one a line; 2 bad usage.

Example: ci/lints/orders.py
"""

import re
import sys
from collections import defaultdict

from sources import code_lines, run

ORDER = re.compile(r"\border::(relaxed|consume|acquire|release|acq_rel|seq_cst)\b")
ATOMIC = re.compile(r"(\w+)\s*(?:\.|->)\s*(?:load|store|exchange|compare_exchange_\w+|fetch_\w+)\(")
TAG = re.compile(r"\[([a-z_]+(?:\.[a-z_]+)+)\]\s*(acquire|release|acq_rel|seq_cst)\b[^\n]*?"
                 r"pairs with")
OPPOSITE = {"acquire": {"release", "acq_rel", "seq_cst"}, "release": {"acquire", "acq_rel", "seq_cst"},
            "acq_rel": {"acquire", "release", "acq_rel", "seq_cst"},
            "seq_cst": {"acquire", "release", "acq_rel", "seq_cst"}}

# The concept spells calls that a policy must have, and makes none.
EXEMPT = {"runtime/sync/policy.hpp"}


def comment_at(lines, code, index):
    """The comment of the statement on line `index`: at its end, or just above the
    statement, which may begin some lines earlier."""
    own = lines[index][len(code[index].rstrip()):]
    start = index
    while start > 0 and code[start - 1].strip() and not code[start - 1].rstrip().endswith(
            (";", "{", "}", ":")):
        start -= 1
        own = lines[start][len(code[start].rstrip()):] + own
    above = []
    while start > 0 and not code[start - 1].strip() and lines[start - 1].strip().startswith("//"):
        start -= 1
        above.insert(0, lines[start].strip().removeprefix("//").strip())
    return " ".join(above) + " " + own


def relaxed_throughout(lines, code, name):
    declaration = re.compile(rf"\batomic<.*>\s+{name}\b")
    for index, line in enumerate(code):
        if declaration.search(line) and "Relaxed throughout:" in comment_at(lines, code, index):
            return True
    return False


class Tags:
    """The sides of each tag, over all files."""

    def __init__(self):
        self.sides = defaultdict(list)

    def add(self, tag, side, path, line):
        self.sides[tag].append((side, path, line))

    def one_sided(self):
        for tag, sides in self.sides.items():
            # A read-modify-write that many threads come by pairs with itself.
            if not any(other in OPPOSITE[side] for side, *_ in sides for other, *_ in sides
                       if len(sides) > 1 or side == "acq_rel"):
                _, path, line = sides[0]
                yield path, line, f"[{tag}] has one side only: no order here pairs with it"


def lint_with(tags):
    def lint(path, text):
        if path in EXEMPT:
            return
        lines = text.splitlines()
        code = code_lines(text)
        for index, line in enumerate(code):
            for use in ORDER.finditer(line):
                order = use.group(1)
                comment = comment_at(lines, code, index)
                if order == "relaxed":
                    atomic = ATOMIC.search(line)
                    if not re.search(r"\brelaxed:", comment) and not (
                            atomic and relaxed_throughout(lines, code, atomic.group(1))):
                        yield index + 1, "a relaxed order without its reason (// relaxed: …)"
                elif found := TAG.findall(comment):
                    for tag, _ in found:
                        tags.add(tag, order, path, index + 1)
                else:
                    yield index + 1, (f"order::{order} without a tag and its partner "
                                      f"(// [concept.name] {order}: pairs with …)")
    return lint


def main():
    tags = Tags()
    status = run(__doc__.splitlines()[0], lint_with(tags), ["runtime/*.hpp", "runtime/*.cpp"])
    for path, line, message in tags.one_sided():
        print(f"{path}:{line}: {message}")
        status = 1
    return status


if __name__ == "__main__":
    sys.exit(main())
