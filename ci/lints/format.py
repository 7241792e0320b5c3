#!/usr/bin/env python3
"""Every source is as .clang-format has it.

Exit status: 0 all are; 1 one is not; 2 no clang-format-19.

Example: ci/lints/format.py --fix
"""

import argparse
import subprocess
import sys

from sources import ROOT, tracked


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--fix", action="store_true", help="format them instead")
    mode = ["-i"] if parser.parse_args().fix else ["--dry-run", "-Werror"]
    paths = tracked("*.hpp", "*.cpp", "*.h", "*.c")
    try:
        done = subprocess.run(["clang-format-19", *mode, *paths], cwd=ROOT)
    except FileNotFoundError:
        print("format.py: cannot run clang-format-19", file=sys.stderr)
        return 2
    print(f"format.py: {len(paths)} files{'' if done.returncode == 0 else ', some to be formatted'}")
    return 1 if done.returncode or not paths else 0


if __name__ == "__main__":
    sys.exit(main())
