#!/usr/bin/env python3
"""Writes a copy of runtime/ in which every seeded bug can be switched on.

Reads the bug tables (*.toml beside this file). Each edit names a file of
runtime/, a piece of its text that must occur there exactly once, and what
stands there when the bug is on. In the copy both stand, behind a switch:

    if (mutants::active == mutants::id::NAME) { wrong } else { right }

A table names the `concepts` whose scenarios run its files. One build has all the bugs
and the shipped text has none; #line directives
make traces and debuggers point into the shipped text. `find` is a run of
whole statements that declare nothing. Edits of several bugs may share one
`find`; otherwise they must not overlap. A `find` that no longer fits ends the
build: bugs cannot drift away from the code unnoticed.

usage: generate.py RUNTIME OUT TABLE.toml...
"""

import pathlib
import shutil
import sys
import tomllib


def fail(message: str) -> None:
    sys.exit(f"mutants: {message}")


def load(tables: list[pathlib.Path]) -> list[dict]:
    bugs = []
    for table in tables:
        read = tomllib.loads(table.read_text())
        bugs += [bug | {"concepts": read["concepts"]} for bug in read["mutant"]]
    names = [bug["name"] for bug in bugs]
    for name in names:
        if names.count(name) > 1:
            fail(f"two bugs are named {name}")
    return bugs


def switched(find: str, choices: list[tuple[str, str]], line: int, path: pathlib.Path) -> str:
    here = f'#line {line} "{path}"'
    text = ""
    for name, replace in choices:
        text += f"if (mutants::active == mutants::id::{name}) {{\n{here}\n{replace}\n}} else "
    # What follows is the end of the last line of `find`.
    return f"{text}{{\n{here}\n{find}\n}}\n#line {line + find.count(chr(10)) + 1}"


def mutate(text: str, edits: dict[str, list[tuple[str, str]]], file: str,
           path: pathlib.Path) -> str:
    # Edits are placed by position in the shipped text, last first, so that no
    # edit is looked for in another's result.
    places = []
    for find, choices in edits.items():
        if text.count(find) != 1:
            names = ", ".join(name for name, _ in choices)
            fail(f"{file}: `find` of {names} occurs {text.count(find)} times, not once:\n{find}")
        places.append((text.index(find), find, choices))
    places.sort(reverse=True)
    for (start, find, choices), (after, _, _) in zip(places, [(len(text), "", [])] + places):
        if start + len(find) > after:
            fail(f"{file}: the edits of {choices[0][0]} overlap with another bug's")
        line = text.count("\n", 0, start) + 1
        text = text[:start] + switched(find, choices, line, path) + text[start + len(find):]
    before, once, after = text.partition("#pragma once\n")
    line = before.count("\n") + 2
    return f'{before}{once}#include <handfast/mutants.hpp>\n#line {line} "{path}"\n{after}'


def registry(bugs: list[dict]) -> str:
    ids = "\n".join(f"  {bug['name']}," for bug in bugs)
    rows = "\n".join(f'    {{"{bug["name"]}", "{bug["wrong"]}", "{" ".join(bug["concepts"])}"}},'
                     for bug in bugs)
    return f"""// Made by models/mutants/generate.py.
#pragma once

#include <string_view>

namespace handfast::mutants {{

enum class id {{
  none,
{ids}
}};

/// A seeded bug's name, what is wrong, and the concepts whose scenarios have it; the
/// index is its id.
struct row {{
  std::string_view name;
  std::string_view wrong;
  std::string_view concepts;
}};

inline constexpr row table[] = {{
    {{"none", "nothing", ""}},
{rows}
}};

/// The bug that is on in this process.
inline id active = id::none;

}}  // namespace handfast::mutants
"""


def main() -> None:
    runtime, out = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
    bugs = load([pathlib.Path(path) for path in sys.argv[3:]])
    edits: dict[str, dict[str, list[tuple[str, str]]]] = {}
    for bug in bugs:
        for edit in bug["edit"]:
            by_find = edits.setdefault(edit["file"], {})
            by_find.setdefault(edit["find"].strip("\n"), []).append(
                (bug["name"], edit["replace"].strip("\n")))
    shutil.rmtree(out, ignore_errors=True)
    shutil.copytree(runtime, out)
    for file, by_find in edits.items():
        path = out / file
        path.write_text(mutate(path.read_text(), by_find, file, (runtime / file).absolute()))
    (out / "mutants.hpp").write_text(registry(bugs))


if __name__ == "__main__":
    main()
