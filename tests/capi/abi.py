"""Compares the binary interface of the library with the stored one: what a program was compiled against still holds.

    abi.py check SOURCE LIBRARY     fails unless all that changed is that something was added
    abi.py store SOURCE LIBRARY     stores what the library has now; look at the difference before it is committed
"""

import os
import platform
import shutil
import subprocess
import sys
from pathlib import Path

SKIPPED = 77  # What ctest is told to take for "not run".


def main() -> int:
    mode, source, library = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
    header = source / "capi" / "include"
    stored = source / "capi" / "abi" / f"luminate-c.{platform.machine()}.abi"
    for tool in ("abidw", "abidiff"):
        if shutil.which(tool) is None:
            print(f"{tool} is not installed (Debian: abigail-tools)")
            return 1 if os.environ.get("CI") else SKIPPED
    # What is not in the header is nobody's interface: there, handles are names and no more.
    interface = ["--exported-interfaces-only", "--drop-private-types"]
    if mode == "store":
        subprocess.run(["abidw", *interface, "--headers-dir", header, "--no-corpus-path", "--no-comp-dir-path",
                        "--no-show-locs", "--no-elf-needed", "--drop-undefined-syms", "--out-file", stored, library],
                       check=True)
        return 0
    if not stored.exists():
        print(f"nothing is stored for {platform.machine()}; make it with abi.py store")
        return SKIPPED
    # Functions that are added are no change to whoever was compiled before.
    result = subprocess.run(["abidiff", *interface, "--headers-dir2", header, "--no-added-syms", stored, library])
    return 0 if result.returncode == 0 else 1


if __name__ == "__main__":
    sys.exit(main())
