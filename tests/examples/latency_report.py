#!/usr/bin/env python3
"""latency_report.py <example>: the example in Python runs, and the picture that it draws is one."""

import importlib.util
import os
import pathlib
import struct
import subprocess
import sys
import tempfile


def main():
    for module in ("pandas", "matplotlib"):
        if importlib.util.find_spec(module) is None and os.environ.get("CI") != "true":
            print(f"{module} is not installed")
            return 77
    with tempfile.TemporaryDirectory() as folder:
        picture = pathlib.Path(folder) / "latencies.png"
        run = subprocess.run(
            [sys.executable, "-B", sys.argv[1], str(picture)],
            capture_output=True,
            text=True,
            timeout=100,
            env={**os.environ, "MPLCONFIGDIR": folder},
        )
        print(run.stdout, run.stderr, sep="")
        if run.returncode != 0:
            return run.returncode
        image = picture.read_bytes()
        width, height = struct.unpack(">II", image[16:24])
        assert image.startswith(b"\x89PNG\r\n") and (width, height) == (1200, 600) and len(image) > 20_000, (
            width,
            height,
            len(image),
        )
        lines = run.stdout.splitlines()
        assert lines[0] == "<luminate.WriteReport 120000 accepted, 0 refused>", lines[0]
        assert lines[2].split() == ["bucket", "customer_id", "p95", "count"], lines[2]
    return 0


if __name__ == "__main__":
    sys.exit(main())
