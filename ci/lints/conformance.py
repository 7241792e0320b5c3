#!/usr/bin/env python3
"""Every test that docs/conformance.md names exists, and every row names one or says none.

Exit status: 0 clean; 1 a violation, one a line; 2 bad usage.

Example: ci/lints/conformance.py
"""

import re
import sys

from sources import ROOT, run, tracked

GTEST = re.compile(r"\b(?:TYPED_)?TEST(?:_F|_P)?\(\s*(\w+),\s*(\w+)\)")
# What engines run: "channel.programs" in one piece, "hand_off" or ".storm" of each variant,
# the lock-based channel and the ring of turns among them.
ENTRY = re.compile(r'"(\w+\.\w+)"')
ENTRY_OF_VARIANT = re.compile(r'"\.?(\w+)"')
NAMED = re.compile(r"`([^`]+)`")


def existing():
    """Names of tests, and of what engines run."""
    names = set()
    for path in tracked("properties/*_test.cpp", "fuzz/*_test.cpp", "stress/*_test.cpp"):
        names |= {".".join(test) for test in GTEST.findall((ROOT / path).read_text())}
    for path in tracked("models/scenarios/*.hpp", "properties/channel.cpp", "fuzz/*.cpp"):
        names |= set(ENTRY.findall((ROOT / path).read_text()))
    for variant, path in (("channel", "models/scenarios/channel.hpp"),
                          ("channel", "properties/channel.cpp"),
                          ("channel", "ci/engines/stress_runs.hpp"),
                          ("turn_ring", "models/scenarios/queue.hpp")):
        names |= {f"{variant}.{name}" for name in
                  ENTRY_OF_VARIANT.findall((ROOT / path).read_text())}
    return names


def lint(_path, text, names=None):
    names = names or existing()
    for number, line in enumerate(text.splitlines(), start=1):
        cells = [cell.strip() for cell in line.strip().strip("|").split(" | ")]
        if not line.startswith("|") or len(cells) != 4 or cells[0] in ("behaviour", "---"):
            continue
        shown = NAMED.findall(cells[3])
        if not shown and cells[3] != "none":
            yield number, "names no test, and does not say none"
        for name in shown:
            if name not in names:
                yield number, f"{name} is no test, scenario, property, stress run or fuzz target"


if __name__ == "__main__":
    sys.exit(run(__doc__.splitlines()[0], lint, ["docs/conformance.md"]))
