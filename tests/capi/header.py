"""What luminate.h declares."""

import re
from dataclasses import dataclass
from pathlib import Path


@dataclass
class Parameter:
    type: str  # such as "const char* const*"
    name: str


@dataclass
class Function:
    name: str
    returns: str
    parameters: list[Parameter]


def functions(header: Path) -> list[Function]:
    text = re.sub(r"/\*.*?\*/", "", header.read_text(), flags=re.S)
    found = []
    for returns, name, arguments in re.findall(r"LUMINATE_API\s+([^;]*?)\b(luminate_\w+)\((.*?)\);", text, flags=re.S):
        # The one argument that is a function itself reads as if its type had a name.
        arguments = re.sub(r"void \(\*(\w+)\)\(void\* user\)", r"release_function \1", " ".join(arguments.split()))
        parameters = []
        if arguments != "void":
            for argument in arguments.split(", "):
                type_, parameter = re.fullmatch(r"(.*?)\s*(\w+)", argument).groups()
                parameters.append(Parameter(type_, parameter))
        found.append(Function(name, " ".join(returns.split()), parameters))
    if not found:
        raise SystemExit(f"{header}: declares nothing that this script can read")
    return found
