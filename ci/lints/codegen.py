#!/usr/bin/env python3
"""Shows that the native policy costs nothing: hot paths written through it and
by hand on the standard library compile to the same instructions at -O2.

Exit status: 0 the same; 1 a difference, printed as a diff; 2 bad usage, or a
compiler that is missing or fails.

Example: ci/lints/codegen.py --compiler g++-12 --compiler clang++-19
"""

import argparse
import difflib
import re
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
SOURCES = HERE / "codegen"
ROOT = HERE.parent.parent
COMPILERS = ["g++-12", "clang++-19"]

FUNCTION = re.compile(r"^([A-Za-z_]\w*(?:\.cold)?):")
LABEL = re.compile(r"\.?L[A-Za-z_]*\d+(?:_\d+)?\b")


class Unusable(Exception):
    """A compiler that cannot be run or does not compile the sources."""


def assembly(compiler, source, include):
    command = [compiler, "-std=c++23", "-O2", "-g0", "-S", "-o", "-", "-fno-verbose-asm",
               "-fno-asynchronous-unwind-tables", "-I", str(include), str(source)]
    try:
        done = subprocess.run(command, capture_output=True, text=True)
    except OSError as error:
        raise Unusable(f"cannot run {compiler}: {error.strerror}") from error
    if done.returncode != 0:
        lines = done.stderr.splitlines()
        first = next((line for line in lines if "error" in line), "no message")
        raise Unusable(f"{compiler} does not compile {source.name}: {first}")
    return done.stdout


def functions(text):
    """The instructions of each function, by name. Directives are dropped, labels
    numbered in order of appearance, so that only instructions are compared."""
    found = {}
    body = names = None
    for line in text.splitlines():
        code = line.split("#", 1)[0].rstrip()
        if start := FUNCTION.match(code):
            body, names = [], {}
            found[start.group(1)] = body
        elif code.lstrip().startswith(".size") and body is not None:
            body = None
        elif body is not None and code:
            code = LABEL.sub(lambda at: names.setdefault(at.group(), f".L{len(names)}"),
                             " ".join(code.split()))
            if code.endswith(":") or not code.startswith("."):
                body.append(code)
    return {name: without_unused_labels(body) for name, body in found.items() if body}


def without_unused_labels(body):
    """Labels that nothing jumps to mark exception ranges, whose numbers say nothing."""
    used = {label for line in body if not line.endswith(":") for label in re.findall(r"\.L\d+", line)}
    kept = [line for line in body if not line.endswith(":") or line[:-1] in used]
    order = {}
    return [re.sub(r"\.L\d+", lambda at: order.setdefault(at.group(), f".L{len(order)}"), line)
            for line in kept]


def ours(found):
    """Our own functions: emitted copies of library templates have mangled names."""
    return {name: body for name, body in found.items() if not name.startswith("_")}


def difference(left, right, left_name, right_name):
    """A diff for every function that is not the same in both, missing ones too."""
    lines = []
    for name in sorted(left.keys() | right.keys()):
        lines += difflib.unified_diff(left.get(name, []), right.get(name, []),
                                      f"{left_name}: {name}", f"{right_name}: {name}", lineterm="")
    return lines


def compare(compiler, include):
    policy = ours(functions(assembly(compiler, SOURCES / "through_policy.cpp", include)))
    by_hand = ours(functions(assembly(compiler, SOURCES / "by_hand.cpp", include)))
    if not policy:
        raise Unusable(f"no function found in what {compiler} wrote")
    lines = difference(policy, by_hand, "through_policy.cpp", "by_hand.cpp")
    if lines:
        print(f"codegen: {compiler}: the native policy is not free")
        print("\n".join(lines))
        return False
    instructions = sum(not line.endswith(":") for body in policy.values() for line in body)
    print(f"codegen: {compiler}: {len(policy)} functions, {instructions} instructions, the same "
          "through the policy and by hand")
    return True


def self_test(compiler, include):
    """The comparison reports one extra store, and nothing where there is nothing."""
    by_hand = ours(functions(assembly(compiler, SOURCES / "by_hand.cpp", include)))
    wrong = ours(functions(assembly(compiler, SOURCES / "extra_store.cpp", include)))
    publish = {"publish": by_hand["publish"]}
    lines = difference(publish, wrong, "by_hand.cpp", "extra_store.cpp")
    missing = difference(publish, {}, "by_hand.cpp", "nothing")
    same = difference(publish, dict(publish), "by_hand.cpp", "by_hand.cpp")
    held = bool(lines) and bool(missing) and not same
    verdict = "are reported" if held else "ARE NOT REPORTED"
    print(f"codegen: {compiler}: an extra store and a missing function {verdict}")
    return held


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--compiler", action="append", metavar="NAME",
                        help=f"a compiler, may be repeated (default: {' '.join(COMPILERS)})")
    parser.add_argument("--self-test", action="store_true",
                        help="show that the comparison sees a function with one store too many")
    options = parser.parse_args()
    job = self_test if options.self_test else compare
    try:
        with tempfile.TemporaryDirectory() as include:
            (Path(include) / "handfast").symlink_to(ROOT / "runtime")
            held = [job(compiler, include) for compiler in options.compiler or COMPILERS]
    except Unusable as error:
        print(f"codegen: {error}", file=sys.stderr)
        return 2
    return 0 if all(held) else 1


if __name__ == "__main__":
    sys.exit(main())
