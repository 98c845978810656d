#!/usr/bin/env python3
"""Refuses what GCC 12 gets wrong in coroutines, so that it reads or jumps to what is not there.

- `co_await` behind "?", "&&" or "||" in one expression: the operand is evaluated also where it must not be.
- `co_await` in the condition of if, while, for or switch, but to initialise a variable there: an exception out of it ends the process.
"""

import re
import sys

from sources import ROOT, files

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


CONDITION = re.compile(r"\b(if|while|switch)\s*(constexpr\s*)?\(|\bfor\s*\(")
DECLARATION = re.compile(r"\s*(const\s+)?(auto|[\w:<>]+)\s*[&*]*\s*\w+\s*=[^=]")


def awaits_in_condition(text: str, keyword: re.Match) -> bool:
    """Whether the condition behind `keyword` awaits otherwise than to initialise a variable."""
    depth, parts, begin = 1, [], keyword.end()
    for at in range(begin, len(text)):
        depth += {"(": 1, ")": -1}.get(text[at], 0)
        if depth == 0 or (text[at] == ";" and depth == 1):
            parts.append(text[begin:at])
            begin = at + 1
        if depth == 0:
            break
    is_for = keyword[0].startswith("for")
    if is_for and len(parts) != 3:
        return False  # over a range
    condition = parts[1] if is_for else parts[-1]
    if not is_for and DECLARATION.match(condition):
        return False
    return AWAIT.search(condition) is not None


def traps(text: str) -> list[int]:
    """The lines of `text` with such an expression."""
    blank = LITERAL.sub(lambda found: " " * len(found[0]), text)
    if "co_" not in blank:
        return []
    found = [one for one in OPERATOR.finditer(blank) if AWAIT.search(expression_behind(blank, one.end()))]
    found += [one for one in CONDITION.finditer(blank) if awaits_in_condition(blank, one)]
    return sorted({blank.count("\n", 0, one.start()) + 1 for one in found})


def self_test() -> None:
    assert traps("x = a ? co_await b() : c;") == [1]
    assert traps("y;\nx = a ? c\n  : co_await b();") == [2]
    assert traps("for (; a && !(co_await b()).empty();) {}") == [1]
    assert traps("while (f(a || co_await b())) {}") == [1]
    assert traps("if (a && b) x = co_await b(); // ? co_await") == []
    assert traps("f(a && b, co_await c());") == []
    assert traps("x = co_await b() && a;") == []
    assert traps("if (co_await b()) c();") == [1]
    assert traps("while (!(co_await b()).empty()) {}") == [1]
    assert traps("for (; co_await b();) {}") == [1]
    assert traps("for (auto a = co_await b(); !a.empty(); a = co_await b()) {}") == []
    assert traps("while (auto part = co_await form.next()) {}") == []
    assert traps("if (const auto a = co_await b(); a.empty()) c();") == []
    assert traps("if (a == f(b)) co_await c();") == []
    assert traps('x = a ? "?" : c; y = co_await b();') == []
    assert traps("switch (a ? b : c) { case d: co_await e(); }") == []


def main() -> int:
    self_test()
    names = files("*.cpp", "*.hpp")
    errors = 0
    for name in names:
        for line in traps((ROOT / name).read_text()):
            print(f"{name}:{line}: error: GCC 12 gets co_await wrong in a condition, and behind ?, && or ||: name its result first")
            errors += 1
    print(f"{len(names)} files, {errors} awaits where GCC 12 gets them wrong")
    return 1 if errors else 0


if __name__ == "__main__":
    sys.exit(main())
