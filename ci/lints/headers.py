#!/usr/bin/env python3
"""Every header compiles on its own, under each compiler, without a warning.

Exit status: 0 all do; 1 one does not; 2 bad usage, or no such compiler.

Example: ci/lints/headers.py --compiler clang++-19 --compiler g++-12
"""

import argparse
import concurrent.futures
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from sources import ROOT, tracked

WARNINGS = ["-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Werror"]
# A program's own headers come with its sources; these are what others include.
PATTERNS = ["runtime/*.hpp", "runtime/*.h", "models/*.hpp", "properties/*.hpp", "stress/*.hpp",
            "fuzz/*.hpp", ":!*_test.h"]


def compiles(compiler, header, include):
    name = header.removeprefix("runtime/")
    line = f"#include <handfast/{name}>\n" if name != header else f'#include "{header}"\n'
    c_header = header.endswith(".h")
    language = ["-x", "c", "-std=c11"] if c_header else ["-x", "c++", "-std=c++23"]
    if c_header:
        compiler = compiler.replace("clang++", "clang").replace("g++", "gcc")
    done = subprocess.run(
        [compiler, *language, *WARNINGS, "-fsyntax-only", "-I", str(ROOT), "-I", include, "-"],
        input=line, capture_output=True, text=True)
    return done.returncode == 0, done.stderr


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    # One tells what a header lacks: all compilers here have the same standard library.
    parser.add_argument("--compiler", action="append", help="default: clang++-19")
    compilers = parser.parse_args().compiler or ["clang++-19"]
    headers = tracked(*PATTERNS)
    failed = 0
    with tempfile.TemporaryDirectory() as include:
        Path(include, "handfast").symlink_to(ROOT / "runtime")
        jobs = [(compiler, header) for compiler in compilers for header in headers]
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
            try:
                results = list(pool.map(lambda job: compiles(*job, include), jobs))
            except FileNotFoundError as error:
                print(f"headers.py: cannot run {error.filename}", file=sys.stderr)
                return 2
        for (compiler, header), (ok, errors) in zip(jobs, results):
            if not ok:
                failed += 1
                print(f"{header}: does not compile on its own ({compiler})\n{errors}")
    print(f"headers.py: {len(headers)} headers, {len(compilers)} compilers, {failed} failures")
    return 1 if failed or not headers else 0


if __name__ == "__main__":
    sys.exit(main())
