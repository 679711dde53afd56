"""The type hints are complete, and what they promise to callers is so."""

import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

from support import PACKAGE

MYPY = shutil.which("mypy", path="/usr/bin")

GOOD = """
import datetime
import luminate
import numpy as np
from luminate import Query, aio

def use() -> list[float]:
    with luminate.open("memory:", {"batch_write.max_age": "30d"}, query_limits={"max_result_points": 5}) as store:
        batch = luminate.Batch()
        batch.append(batch.series("m", {"a": "b"}, c=5), np.arange(3), [1.0, 2.0, 3.0])
        report: luminate.WriteReport = store.write(batch).raise_for_refused()
        first: luminate.Refusal = report.refused[0]
        store.write([("m", datetime.datetime.now(datetime.timezone.utc), 1.5, {"k": "v"}), {"name": "m", "value": 1}])
        names: list[str] = store.metrics(prefix="m", between=(None, 5), timeout=datetime.timedelta(seconds=1))
        for row in store.query(Query.aggregate("m", "p95", by=["k"], every="1h").last("1d"), call=luminate.Call(timeout=1)):
            print(row["p95"], names, first.code)
        for piece in store.stream(Query.range("m", last=np.timedelta64(1, "h"))):
            print(piece.columns, piece.to_dict())
    return [1.0]

async def awaited() -> int:
    async with await aio.open("memory:") as store:
        async for piece in store.stream(Query.range("m", last="1h")):
            print(len(piece))
        return (await store.write([])).accepted
"""

BAD = """
import luminate
from luminate import Query

store = luminate.open("memory:")
store.query("select")            # error
store.query(Query.range("m", last=5))       # error
store.metrics("m")               # error
number: int = store.metrics()    # error
store.write_frame(5, value="v")  # error
"""


@unittest.skipUnless(MYPY or os.environ.get("CI") == "true", "mypy is not installed")
class Types(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def mypy(self, *arguments):
        return subprocess.run(
            [MYPY, "--strict", "--no-error-summary", f"--cache-dir={self.folder}/cache", *map(str, arguments)],
            cwd=PACKAGE,
            capture_output=True,
            text=True,
            env={**os.environ, "MYPYPATH": str(PACKAGE / "src")},
            timeout=300,
        )

    def test_are_complete_and_as_callers_expect(self):
        run = self.mypy("--config-file", PACKAGE / "pyproject.toml", "-p", "luminate")
        self.assertEqual((run.returncode, run.stdout, run.stderr), (0, "", ""))
        good, bad = self.folder / "good.py", self.folder / "bad.py"
        good.write_text(GOOD)
        bad.write_text(BAD)
        run = self.mypy(good)
        self.assertEqual((run.returncode, run.stdout), (0, ""))
        run = self.mypy(bad)
        found = {int(line.split(":")[1]) for line in run.stdout.splitlines() if ": error:" in line}
        self.assertEqual(
            found, {number for number, line in enumerate(BAD.splitlines(), 1) if "# error" in line}, run.stdout
        )


if __name__ == "__main__":
    unittest.main()
