#!/usr/bin/env python3
"""Documentation quotes files; this proves that it does, and --write brings the quotes up to date.

A quote is `<!-- quote: path -->` on a line of its own, followed by a fenced block that holds the file.
"""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
QUOTE = re.compile(r"(<!-- quote: (?P<path>[^ ]+) -->\n```[a-z]*\n)(?P<text>.*?)(```\n)", re.DOTALL)


def main() -> int:
    write = "--write" in sys.argv[1:]
    stale = 0
    pages = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
    for page in pages:
        text = page.read_text()

        def quoted(match: re.Match) -> str:
            source = ROOT / match["path"]
            if not source.is_file():
                raise SystemExit(f"{page.relative_to(ROOT)}: quotes {match['path']}, which does not exist")
            return match[1] + source.read_text() + match[4]

        fresh = QUOTE.sub(quoted, text)
        if text.count("<!-- quote: ") != len(QUOTE.findall(text)):
            raise SystemExit(f"{page.relative_to(ROOT)}: a quote is not followed by a fenced block")
        if fresh != text:
            if write:
                page.write_text(fresh)
            else:
                print(f"{page.relative_to(ROOT)}: a quoted file has changed; run .ci/check_quotes.py --write")
                stale += 1
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())
