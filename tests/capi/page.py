"""Compiles the C of docs/c.md, all of which is one program, and compares what it prints with what the page says.

    page.py PAGE COMPILER INCLUDE LIBRARY [FLAG...]
"""

import re
import subprocess
import sys
import tempfile
from pathlib import Path

page, compiler, include, library, *flags = sys.argv[1:]
text = Path(page).read_text()


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", text, flags=re.M | re.S)


(expected,) = blocks("text")
with tempfile.TemporaryDirectory() as folder:
    source, program = Path(folder) / "program.c", Path(folder) / "program"
    source.write_text("\n".join(blocks("c")))
    subprocess.run([compiler, "-std=c99", "-pedantic", "-Wall", "-Wextra", "-Werror", *flags, f"-I{include}", source,
                    "-o", program, library, f"-Wl,-rpath,{Path(library).parent}"], check=True)
    printed = subprocess.run([program], check=True, capture_output=True, text=True, timeout=100).stdout
if printed != expected:
    sys.exit(f"{page} says\n{expected}and the program prints\n{printed}")
print(printed, end="")
