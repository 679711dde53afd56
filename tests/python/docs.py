#!/usr/bin/env python3
"""docs.py <page>: runs the Python of a page from top to bottom, as one program, and compares what it prints with the blocks
of ```text that follow. `...` stands for anything."""

import contextlib
import importlib.util
import io
import os
import pathlib
import re
import sys
import tempfile


def main():
    page = pathlib.Path(sys.argv[1]).resolve()
    if importlib.util.find_spec("pandas") is None and os.environ.get("CI") != "true":
        print("pandas is not installed")
        return 77
    names, printed, ran = {"__name__": "__main__"}, "", 0
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        for block in re.finditer(r"^```(\w+)\n(.*?)^```$", page.read_text(), flags=re.DOTALL | re.MULTILINE):
            language, text = block.groups()
            line = page.read_text()[: block.start()].count("\n") + 2
            if language == "python":
                output = io.StringIO()
                with contextlib.redirect_stdout(output):
                    exec(compile("\n" * (line - 1) + text, str(page), "exec"), names)
                printed, ran = output.getvalue(), ran + 1
            elif language == "text":
                wanted = ".*?".join(re.escape(piece) for piece in text.strip().split("..."))
                if not re.fullmatch(wanted, printed.strip(), flags=re.DOTALL):
                    print(f"{page}:{line}: expected\n{text}\nbut it printed\n{printed}")
                    return 1
        os.chdir("/")
    print(f"{ran} blocks ran")
    return 0 if ran else 1


if __name__ == "__main__":
    sys.exit(main())
