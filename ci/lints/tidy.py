#!/usr/bin/env python3
"""clang-tidy finds nothing in the runtime, as its tests instantiate it, or in the
files named.

Exit status: 0 nothing found; 1 something; 2 bad usage, or no clang-tidy-19.

Example: ci/lints/tidy.py --build build/dev
"""

import argparse
import concurrent.futures
import os
import subprocess
import sys

from sources import ROOT, tracked

# Each takes many seconds; these see every header of the runtime.
PATTERNS = ["runtime/*.cpp", "properties/channel_test.cpp", "stress/native_seeded_test.cpp"]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", default="build/dev", help="a build with compile_commands.json")
    parser.add_argument("files", nargs="*", help="only these")
    options = parser.parse_args()
    paths = options.files or tracked(*PATTERNS)

    def tidy(path):
        done = subprocess.run(["clang-tidy-19", "-p", options.build, "--quiet", path], cwd=ROOT,
                              capture_output=True, text=True)
        return path, done

    found = 0
    try:
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
            for path, done in pool.map(tidy, paths):
                if done.returncode:
                    found += 1
                    print(f"{path}:\n{done.stdout}{done.stderr}")
    except FileNotFoundError:
        print("tidy.py: cannot run clang-tidy-19", file=sys.stderr)
        return 2
    print(f"tidy.py: {len(paths)} files, {found} with something found")
    return 1 if found or not paths else 0


if __name__ == "__main__":
    sys.exit(main())
