"""DuckDB, embedded, through its package for node. Data come as one CSV file, which is its fastest way in as text."""
import json
import os
import pathlib
import shutil
import subprocess

import questions
from processes import folder_bytes, run_json

DIALECT = {"p95": "quantile_cont(value, 0.95)", "bucket": f"ts // {questions.BUCKET_MS} * {questions.BUCKET_MS}"}
CLIENT = pathlib.Path(__file__).with_name("duckdb_client.mjs")


class DuckDb:
    name = "duckdb"
    title = "DuckDB"
    how = "embedded, one CSV file"
    embedded = True

    def __init__(self, tools):
        self.tools = tools
        self.folder = None
        self.server = None
        self.modules = tools.peers / "duckdb"

    def missing(self):
        if not shutil.which("node"):
            return "there is no node"
        if not (self.modules / "node_modules/@duckdb/node-api").is_dir():
            return "its npm package is not here; see bench/peers/fetch"
        return None

    def version(self):
        return run_json(self._client("version"))["version"]

    def _client(self, *words):
        return ["node", CLIENT, self.modules, *words]

    def load(self, folder, workload, scale):
        self.folder = folder
        self.database = folder / "metrics.duckdb"
        csv = folder.parent / f"{workload}.csv"
        with csv.open("wb") as out:
            subprocess.run([str(self.tools.workload_data), "--workload", workload, "--scale", str(scale), "--format",
                            "csv"], stdout=out, check=True)
        os.sync()
        try:
            return run_json(self._client("load", self.database, csv))
        finally:
            csv.unlink()

    def disk_bytes(self):
        return folder_bytes(self.folder)

    def ask_embedded(self, name, start_ms, end_ms, repeat, scratch):
        (scratch / "question").write_text(questions.sql(name, DIALECT))
        measured = run_json(self._client("ask", self.database, scratch / "question", repeat, scratch / "answer"))
        return measured, questions.rows_to_answer(json.loads((scratch / "answer").read_text()))

    def durable_points(self, scratch, count):
        seconds = sorted(run_json(self._client("points", scratch / "points.duckdb", count))["seconds"])
        (scratch / "points.duckdb").unlink()
        return {"point_p50_seconds": seconds[len(seconds) // 2], "point_p99_seconds": seconds[len(seconds) * 99 // 100]}

    def stop(self):
        pass
