"""Holds the library to its header: it exports what that declares, under one version, and nothing else."""

import subprocess
import sys
from pathlib import Path

from header import functions

header, library = Path(sys.argv[1]), Path(sys.argv[2])
declared = {function.name for function in functions(header)}
listed = subprocess.run(["nm", "-D", "--defined-only", "--with-symbol-versions", library],
                        capture_output=True, text=True, check=True).stdout
exported = {}
for line in listed.splitlines():
    _, kind, symbol = line.split(maxsplit=2)
    name, _, version = symbol.replace("@@", "@").partition("@")
    if kind != "A":  # The version itself.
        exported[name] = version

wrong = [f"luminate.h declares {name}, and {library.name} does not export it" for name in declared - exported.keys()]
wrong += [f"{library.name} exports {name}, which luminate.h does not declare" for name in exported.keys() - declared]
wrong += [f"{name} has version '{version}'" for name, version in exported.items() if not version.startswith("LUMINATE_0.")]
lines = len(header.read_text().splitlines())
if lines > 700:
    wrong.append(f"luminate.h has {lines} lines; it is a manual that one reads, of at most 700")
name = subprocess.run(["objdump", "-p", library], capture_output=True, text=True, check=True).stdout
if "SONAME               libluminate-c.so.0\n" not in name:
    wrong.append("its name is not libluminate-c.so.0")
print("\n".join(sorted(wrong)) or f"{len(declared)} functions")
sys.exit(1 if wrong else 0)
