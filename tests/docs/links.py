#!/usr/bin/env python3
"""links.py <source folder>: every relative link in the README, the changelog and docs/ leads to something that is there,
and where it names a heading, to one that the page has."""
import pathlib
import re
import sys


def slug(heading):
    """The anchor that GitHub gives a heading."""
    text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading)
    return re.sub(r"[^\w\- ]", "", text.lower()).replace(" ", "-")


def anchors(page):
    text = re.sub(r"^```.*?^```", "", page.read_text(), flags=re.DOTALL | re.MULTILINE)
    found = re.findall(r'<a (?:id|name)="([^"]+)"', text)
    for heading in re.findall(r"^#+ (.*)$", text, re.MULTILINE):
        name, copies = slug(heading), 0
        while name in found:
            copies += 1
            name = f"{slug(heading)}-{copies}"
        found.append(name)
    return found


def main():
    root = pathlib.Path(sys.argv[1])
    links = broken = 0
    for page in [root / "README.md", root / "CHANGELOG.md", *sorted((root / "docs").glob("*.md"))]:
        text = re.sub(r"^```.*?^```", "", page.read_text(), flags=re.DOTALL | re.MULTILINE)
        text = re.sub(r"`[^`\n]*`", "", text)  # `f[T](x)` is code, and no link.
        for link in re.findall(r"\]\(([^)\s]*)\)", text):
            if re.match(r"[a-z]+:", link):
                continue
            links += 1
            name, _, anchor = link.partition("#")
            target = page.parent / name if name else page
            if not target.exists():
                problem = "which is not there"
            elif anchor and target.suffix == ".md" and anchor not in anchors(target):
                problem = "and there is no such heading"
            else:
                continue
            print(f"{page.relative_to(root)} links to {link}, {problem}")
            broken += 1
    if links == 0:
        print("found no link at all")
    return 1 if broken or not links else 0


if __name__ == "__main__":
    sys.exit(main())
