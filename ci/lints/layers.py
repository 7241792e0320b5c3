#!/usr/bin/env python3
"""Includes go one way, and only runtime/sync names the standard library's
synchronisation, clocks, random sources and allocation.

Exit status: 0 clean; 1 a violation, one a line; 2 bad usage.

Example: ci/lints/layers.py
"""

import re
import sys

from sources import code_lines, run

# A layer includes itself and what stands before it.
RUNTIME_LAYERS = ["sync", "memory", "park", "queue", "channel", "task", "sched", "lang", "capi"]

# What a folder may include besides itself and the runtime.
FOLDERS = {
    "runtime": [],
    "models": [],
    "properties": [],
    "stress": ["properties/variants.hpp"],
    "fuzz": ["properties", "models"],
    "bench": [],
    # The engines of ci/ drive all of them; its program runs engines and knows none.
    "ci/handfast": ["ci/engines/engine.hpp", "ci/engines/hex.hpp", "ci/engines/work_file.hpp",
                    "models/token"],
    "ci/engines": ["models", "properties", "stress", "fuzz"],
    "ci/tests": ["ci", "models", "properties", "stress", "fuzz"],
    "examples": [],
}
# The checker is a library of its own: of the runtime it knows the concept only.
CHECKER_MAY_INCLUDE = {"handfast/sync/policy.hpp", "handfast/sync/order.hpp"}

POLICY_ONLY_HEADERS = set(
    "atomic barrier chrono condition_variable ctime future latch mutex random semaphore "
    "shared_mutex stop_token thread pthread.h threads.h time.h unistd.h".split())
POLICY_ONLY_NAMES = [
    (re.compile(r"\bstd::(atomic\w*|barrier|chrono|condition_variable\w*|counting_semaphore|"
                r"binary_semaphore|future|promise|async|jthread|latch|\w*mutex|lock_guard|"
                r"unique_lock|scoped_lock|once_flag|call_once|random_device|mt19937\w*|rand|"
                r"stop_token|stop_source|this_thread|thread|memory_order\w*|time|clock)\b"),
     "is the policy's to name"),
    (re.compile(r"\bpthread_\w+|\bclock_gettime\b|\bnanosleep\b|\busleep\b|\bsched_yield\b"),
     "is the policy's to name"),
    (re.compile(r"\b(malloc|calloc|realloc|free|aligned_alloc)\s*\("),
     "takes memory past the policy"),
    (re.compile(r"(?<!operator )\bnew\b(?!\s*>)"), "takes memory past the policy"),
    (re.compile(r"(?<!= )(?<!operator )\bdelete\b(?!\s*;)"), "gives memory back past the policy"),
]
CONDITIONAL = re.compile(r"^\s*#\s*(if|ifdef|ifndef|elif)\b(?!\s+__cplusplus\b)")
INCLUDE_GUARD = re.compile(r"^#ifndef HANDFAST_\w+_H$")
SLEEP = re.compile(r"\b(sleep_for|sleep_until|usleep|nanosleep)\b")
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')


def folder_of(path):
    return next((name for name in FOLDERS if path.startswith(name + "/")), None)


def include_violation(path, kind, name):
    """Why `path` may not include `name`, or None."""
    folder = folder_of(path)
    if name.startswith("handfast/"):
        if path.startswith("models/checker/") and name not in CHECKER_MAY_INCLUDE:
            return f"models/checker includes {name}: of the runtime it may know the Sync concept only"
        if folder != "runtime":
            return None
        mine, theirs = path.split("/")[1], name.split("/")[1]
        if mine not in RUNTIME_LAYERS or theirs not in RUNTIME_LAYERS:
            return f"includes {name}: not a layer of the runtime ({' < '.join(RUNTIME_LAYERS)})"
        if RUNTIME_LAYERS.index(theirs) > RUNTIME_LAYERS.index(mine):
            return f"{mine} includes {name}: {theirs} is a layer above it"
        return None
    if kind == '"' and folder != "examples":  # projects of their own
        allowed = [folder, *FOLDERS.get(folder, [])]
        if not any(name == each or name.startswith(each + "/") for each in allowed if each):
            return f"includes {name}: {folder} may include only {', '.join(allowed)} and the runtime"
    if folder == "runtime" and not path.startswith("runtime/sync/") and name in POLICY_ONLY_HEADERS:
        return f"includes <{name}>: only runtime/sync may"
    return None


def lint(path, text):
    above_sync = path.startswith("runtime/") and not path.startswith("runtime/sync/")
    timeless = path.split("/")[0] in ("models", "properties", "fuzz")
    for number, line in enumerate(code_lines(text), start=1):
        if include := INCLUDE.match(line):
            if wrong := include_violation(path, *include.groups()):
                yield number, wrong
            continue
        if above_sync:
            for pattern, why in POLICY_ONLY_NAMES:
                if named := pattern.search(line):
                    yield number, f"{named.group().strip()} {why}"
            if CONDITIONAL.match(line) and not INCLUDE_GUARD.match(line):
                yield number, "one source for every engine: no #if in the runtime"
        if timeless and SLEEP.search(line):
            yield number, "sleeps: time is virtual in tests"


if __name__ == "__main__":
    # The C ABI's own test is a C program like a user's.
    sys.exit(run(__doc__.splitlines()[0], lint,
                 ["*.hpp", "*.cpp", "*.h", "*.c", ":!*_test.[ch]", ":!ci/lints/*"]))
