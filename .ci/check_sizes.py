#!/usr/bin/env python3
"""Enforces the sizes of files: small files, named by the one noun that they hold."""

import re
import sys

from sources import ROOT, files

SOURCE = re.compile(r"(.*\.(cpp|hpp|h|py|mjs|sh|cmake)|(.*/)?CMakeLists\.txt|setup|check|\.ci/[^.]+)")
OWN_LIMITS = {"CMakeLists.txt": 120, "README.md": 150}
LIMIT, WARNING = 600, 400


def judge(name: str, lines: int) -> str | None:
    """"error", "warning" or None for a file of so many lines."""
    limit = OWN_LIMITS.get(name, LIMIT if SOURCE.fullmatch(name) else None)
    if limit is not None and lines > limit:
        return "error"
    return "warning" if limit == LIMIT and lines > WARNING else None


def self_test() -> None:
    assert judge("core/src/http/range.cpp", 601) == "error"
    assert judge("core/src/http/range.cpp", 401) == "warning"
    assert judge("core/src/http/range.cpp", 400) is None
    assert judge("CMakeLists.txt", 121) == "error"
    assert judge("core/CMakeLists.txt", 121) is None
    assert judge("README.md", 151) == "error"
    assert judge("docs/configuration.md", 5000) is None


def main() -> int:
    self_test()
    names = files()
    errors = 0
    for name in names:
        lines = (ROOT / name).read_bytes().count(b"\n")
        verdict = judge(name, lines)
        if verdict:
            print(f"{name}: {verdict}: {lines} lines")
        errors += verdict == "error"
    print(f"{len(names)} files, {errors} too long")
    return 1 if errors or not names else 0


if __name__ == "__main__":
    sys.exit(main())
