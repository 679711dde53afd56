"""What the tests of the Python package share."""

import faulthandler
import importlib.util
import os
import pathlib
import subprocess
import sys
import tempfile
import textwrap
import unittest

import luminate

faulthandler.dump_traceback_later(170, exit=True)  # Whatever hangs says where.
SANITIZED = "LUMINATE_SANITIZED" in os.environ  # Memory that was freed is kept, and takes more.
ROOT = pathlib.Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "capi/python"
HOUR = 3_600_000
NOW = 1_800_000_000_000  # For stores that take any time.
ANY_TIME = {
    "batch_write.max_age": "36500d",
    "batch_write.max_future": "36500d",
    "query_limits.max_query_time_range": "36500d",
}


def needs(*modules):
    """Skips a test where a module is missing; where everything has to be there, lets it fail."""
    for module in modules:
        if importlib.util.find_spec(module) is None and os.environ.get("CI") != "true":
            return unittest.skip(f"{module} is not installed")
    return lambda test: test


def run_python(code, *arguments, **environment):
    """Runs a program of its own, which finds what tests find; returns what became of it."""
    environment = {"PYTHONPATH": os.pathsep.join(sys.path), **environment}
    return subprocess.run(
        [sys.executable, "-B", "-c", textwrap.dedent(code), *map(str, arguments)],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=120,
    )


class StoreTest(unittest.TestCase):
    """A test with a store in memory, and a folder."""

    options = {}

    def setUp(self):
        self.store = luminate.open("memory:", {**ANY_TIME, "query_limits.max_result_points": 1_000_000, **self.options})
        self.addCleanup(self.store.close)
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def write(self, *points):
        return self.store.write(points).raise_for_refused()

    def everything(self, metric, **more):
        return self.store.query(luminate.Query.range(metric, between=(NOW - 1000 * HOUR, NOW + 1000 * HOUR), **more))


def many(store, rows, series=100, batch=10_000, metric="load"):
    """Writes that many samples, a second apart each."""
    import numpy as np

    per_series = rows // series
    into = luminate.Batch()
    times = NOW + 1000 * np.arange(per_series)
    for number in range(series):
        for begin in range(0, per_series, batch):
            into.append(
                into.series(metric, host=f"h{number}"),
                times[begin : begin + batch],
                np.random.default_rng(number).random(len(times[begin : begin + batch])),
            )
            if len(into) >= batch:
                store.write(into).raise_for_refused()
                into.clear()
    if len(into):
        store.write(into).raise_for_refused()
