"""What the lints share: the project's files, their comments told from their code."""

import argparse
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent

_TOKEN = re.compile(
    r'//[^\n]*|/\*.*?\*/|R"\((?:.*?)\)"|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])+\'', re.DOTALL)


def tracked(*patterns):
    """Paths of the files that git knows or would add, relative to the root."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "--", *patterns],
        cwd=ROOT, capture_output=True, text=True, check=True)
    return [path for path in listed.stdout.splitlines() if (ROOT / path).is_file()]


def code_lines(text):
    """The lines of `text` with comments and the insides of strings blanked out."""
    def blank(token):
        found = token.group()
        if found.startswith("/"):
            return re.sub(r"[^\n]", " ", found)
        return found[0] + re.sub(r"[^\n]", " ", found[1:-1]) + found[-1]
    kept = []
    for line in text.splitlines():
        # What is included is no ordinary string.
        kept.append(line if line.lstrip().startswith("#include") else None)
    blanked = _TOKEN.sub(blank, text).splitlines()
    return [blanked[i] if line is None else line for i, line in enumerate(kept)]


def run(description, lint, patterns):
    """`main` of a lint: `lint(path, text)` yields (line, message)."""
    parser = argparse.ArgumentParser(description=description)
    parser.parse_args()
    found = 0
    paths = tracked(*patterns)
    for path in paths:
        for line, message in lint(path, (ROOT / path).read_text()):
            print(f"{path}:{line}: {message}")
            found += 1
    print(f"{Path(sys.argv[0]).name}: {len(paths)} files, {found} violations")
    # A lint that saw no file proved nothing.
    return 1 if found or not paths else 0
