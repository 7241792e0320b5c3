#!/usr/bin/env python3
"""Finds synchronisation of the standard library's, and of the system's, in code that takes
it from a policy or a parameter: a check does not see it.

  raw_sync.py FILE_OR_FOLDER...

`std::atomic` as the default of a template parameter is no use of it. A line that ends in
`// raw: reason` is let pass.

Exit status: 0 clean; 1 a violation, one a line; 2 bad usage.

Example: raw_sync.py include/my_queue.hpp
"""

import argparse
import re
import sys
from pathlib import Path

sys.dont_write_bytecode = True
from sources import code_lines  # noqa: E402

SUFFIXES = {".h", ".hh", ".hpp", ".hxx", ".ipp", ".inl", ".cc", ".cpp", ".cxx"}
NAMES = [
    (re.compile(r"(?<!=)(?<!= )\bstd::(atomic_(?:thread|signal)_fence|atomic\w*)\b"),
     "take the atomic from the policy"),
    (re.compile(r"\bstd::(?:recursive_|shared_|timed_|recursive_timed_|shared_timed_)?mutex\b"),
     "take the mutex from the policy"),
    (re.compile(r"\bstd::condition_variable\w*"), "take the condition variable from the policy"),
    (re.compile(r"\bstd::(?:j?thread\b|this_thread\b|async\b)"), "take threads from the policy"),
    (re.compile(r"\bstd::(?:latch|barrier|counting_semaphore|binary_semaphore|once_flag|call_once|"
                r"stop_token|stop_source|stop_callback)\b"), "take it from the policy"),
    (re.compile(r"\bstd::(?:future|shared_future|promise|packaged_task)\b"),
     "waits where no check sees it"),
    (re.compile(r"\bthread_local\b"), "the threads of a check share it"),
    (re.compile(r"\b(?:pthread_\w+|sem_(?:wait|post)|sched_yield|nanosleep|usleep|syscall)\s*\("),
     "goes past the policy"),
    (re.compile(r"\b__(?:atomic|sync)_\w+\s*\("), "goes past the policy"),
]


def lint(_, text):
    originals = text.splitlines()
    for number, line in enumerate(code_lines(text), start=1):
        if line.lstrip().startswith("#") or re.search(r"//\s*raw: \S", originals[number - 1]):
            continue
        for pattern, why in NAMES:
            if named := pattern.search(line):
                yield number, f"{named.group().strip('( ')}: {why}"


def files(paths):
    for path in map(Path, paths):
        if path.is_dir():
            yield from sorted(each for each in path.rglob("*") if each.suffix in SUFFIXES)
        else:
            yield path


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0],
                                     epilog="Example: raw_sync.py include/my_queue.hpp")
    parser.add_argument("paths", nargs="+", metavar="FILE_OR_FOLDER")
    count = found = 0
    for path in files(parser.parse_args().paths):
        try:
            text = path.read_text()
        except (OSError, UnicodeDecodeError) as error:
            print(f"raw_sync.py: {path}: {error}", file=sys.stderr)
            return 2
        count += 1
        for line, message in lint(path, text):
            print(f"{path}:{line}: {message}")
            found += 1
    print(f"raw_sync.py: {count} files, {found} violations")
    # A lint that saw no file proved nothing.
    return 1 if found or not count else 0


if __name__ == "__main__":
    sys.exit(main())
