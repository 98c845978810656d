#!/usr/bin/env python3
"""Refuses `co_await` and `co_yield` behind "?", "&&" or "||" in one expression: GCC 12 may evaluate the operand that must not be."""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LITERAL = re.compile(r'//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'')
OPERATOR = re.compile(r"\?|&&|\|\|")
AWAIT = re.compile(r"\bco_(await|yield)\b")


def expression_behind(text: str, begin: int) -> str:
    """What belongs to the expression from `begin` on: up to the statement's end, or the parenthesis or argument that it stands in."""
    depth = 0
    for at in range(begin, len(text)):
        letter = text[at]
        if letter in "([":
            depth += 1
        elif letter in ")]":
            depth -= 1
        if depth < 0 or letter in ";{}" or (letter == "," and depth == 0):
            return text[begin:at]
    return text[begin:]


def traps(text: str) -> list[int]:
    """The lines of `text` with such an expression."""
    blank = LITERAL.sub(lambda found: " " * len(found[0]), text)
    if "co_" not in blank:
        return []
    return [blank.count("\n", 0, found.start()) + 1 for found in OPERATOR.finditer(blank) if AWAIT.search(expression_behind(blank, found.end()))]


def self_test() -> None:
    assert traps("x = a ? co_await b() : c;") == [1]
    assert traps("y;\nx = a ? c\n  : co_await b();") == [2]
    assert traps("for (; a && !(co_await b()).empty();) {}") == [1]
    assert traps("while (f(a || co_await b())) {}") == [1]
    assert traps("if (a && b) x = co_await b(); // ? co_await") == []
    assert traps("f(a && b, co_await c());") == []
    assert traps("if (co_await b() && a) c();") == []
    assert traps('x = a ? "?" : c; y = co_await b();') == []
    assert traps("switch (a ? b : c) { case d: co_await e(); }") == []


def main() -> int:
    self_test()
    listing = subprocess.run(["git", "-c", "safe.directory=*", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "*.cpp", "*.hpp"],
                             cwd=ROOT, check=True, capture_output=True, text=True).stdout
    names = sorted(name for name in listing.split("\0") if name and (ROOT / name).is_file())
    errors = 0
    for name in names:
        for line in traps((ROOT / name).read_text()):
            print(f"{name}:{line}: error: co_await behind ?, && or ||, which GCC 12 may evaluate where it must not: write if and else")
            errors += 1
    print(f"{len(names)} files, {errors} awaits in conditional operands")
    return 1 if errors else 0


if __name__ == "__main__":
    sys.exit(main())
