#!/usr/bin/env python3
"""exported_symbols.py <source folder> <libluminate.a> <libluminate.so>: the shared library exports what the public
headers declare, and nothing else.

What they declare and the library defines is found in the static library, whose symbols are all there: functions
luminate::f, and members luminate::C::f of a class C that a header defines, as far as a header names f as a function.
"""
import pathlib
import re
import subprocess
import sys


def symbols(library, *options):
    """(kind, demangled name) of each symbol that a library defines."""
    lines = subprocess.run(["nm", "-C", "--defined-only", *options, library], check=True, capture_output=True,
                           text=True).stdout.splitlines()
    for line in lines:
        match = re.fullmatch(r"[0-9a-f]+ ([A-Za-z]) (.*)", line)
        if match:
            yield match[1], re.sub(r"@@?LUMINATE_[0-9.]+$", "", match[2])


def path_of(name):
    """["Store", "open"] for luminate::Store::open(...), None for what is not in luminate::."""
    match = re.match(r"luminate::((?:~?\w+::)*)(~?\w+|operator\S+?)(?:\[abi:\w+\])?\(", name)
    return [*match[1].split("::")[:-1], match[2]] if match else None


def declared(headers, path):
    *classes, function = path
    if len(classes) > 1 or (classes and not re.search(rf"\b(class|struct) {classes[0]} [^;]*{{", headers)):
        return False
    return re.search(rf"(?<!\w){re.escape(function)}\(", headers) is not None


def main():
    source, static, shared = sys.argv[1:]
    headers = "\n".join(re.sub(r"//.*", "", file.read_text())
                        for file in sorted(pathlib.Path(source, "include/luminate").glob("*.hpp")))
    public = {name for kind, name in symbols(static) if kind == "T" and (path := path_of(name)) and declared(headers, path)}
    exported = set()
    wrong = []
    for kind, name in symbols(shared, "-D"):
        if kind == "T":
            exported.add(name)
        elif kind == "A":
            continue  # The name of the version.
        elif not re.match(r"(typeinfo for |typeinfo name for |vtable for )?luminate::Error\b", name):
            wrong.append(f"exported, and neither a public function nor of luminate::Error: {name}")
    wrong += [f"declared in a header, but not exported; name it in lib/luminate.map.in: {name}" for name in sorted(public - exported)]
    wrong += [f"exported, but in no public header: {name}" for name in sorted(exported - public)]
    if len(public) < 80:
        wrong.append(f"only {len(public)} public functions were found in {static}")
    print("\n".join(wrong) or f"{len(exported)} functions are public and exported")
    return 1 if wrong else 0


sys.exit(main())
