"""Luminate itself: luminate-server for what goes over HTTP, store_client for the library."""
import json
import os
import subprocess

import questions
from processes import Server, folder_bytes, free_port, run_json

SETTINGS = {
    "LUMINATE_BATCH_WRITE_MAX_AGE": "3650d",  # The data are of a fixed day.
    "LUMINATE_QUERY_LIMITS_MAX_GROUP_BY_CARDINALITY": "10000000",
    "LUMINATE_QUERY_LIMITS_MAX_RESULT_ROWS": "10000000",
    "LUMINATE_QUERY_LIMITS_DEFAULT_QUERY_TIMEOUT": "5m",
    "LUMINATE_QUERY_LIMITS_MAX_QUERY_TIMEOUT": "5m",
    "LUMINATE_LOGGING_LEVEL": "warning",
}


class Luminate:
    name = "luminate"
    title = "Luminate"
    how = "JSON over HTTP, durability full"
    load_path = "/api/v1/write"
    load_format = "json"
    ask_path = "/api/v1/query"
    ask_type = "application/json"
    embedded = True

    def __init__(self, tools):
        self.tools = tools
        self.server = None

    def missing(self):
        return None

    def version(self):
        return run_version(self.tools.server)

    def start(self, folder):
        self.folder = folder
        self.database = folder / "metrics.db"
        port = free_port()
        self.server = Server([self.tools.server, "--port", port, "--storage-url", f"sqlite:{self.database}"], port,
                             folder.parent / "luminate.log", {**os.environ, **SETTINGS})
        return self.server

    def settle(self):
        self.server.wait_until_idle()

    def stop(self):
        if self.server:
            self.server.stop()

    def disk_bytes(self):
        return None  # Known once the server has ended: after_stop().

    def after_stop(self):
        """Merges what is left to merge, as the library does when asked to."""
        settled_alone = folder_bytes(self.folder)
        compaction = run_json([self.tools.store_client, "compact", self.database])
        return {"disk_bytes": folder_bytes(self.folder), "disk_bytes_before_compact": settled_alone,
                "compact_seconds": compaction["seconds"], "compact_cpu_seconds": compaction["cpu_seconds"],
                "compact_peak_memory_bytes": compaction["peak_memory_bytes"]}

    def question(self, name, start_ms, end_ms):
        return self.ask_path, json.dumps(questions.luminate_query(name, start_ms, end_ms))

    def parse(self, text):
        answer = json.loads(text)
        rows = []
        for row in answer["results"]:
            group = list(row["groupKey"].values())
            if "timestamp" in row:
                group.append(row["timestamp"])
            rows.append([*group, row["value"]])
        return questions.rows_to_answer(rows)

    def load_embedded(self, folder, workload, scale):
        """The same bodies through the library, from two threads, into a file of their own."""
        database = folder / "library.db"
        measured = run_json([self.tools.store_client, "load", database, "--workload", workload, "--scale", scale])
        for file in folder.glob("library.db*"):
            file.unlink()
        return measured

    def ask_embedded(self, name, start_ms, end_ms, repeat, scratch):
        question_file = scratch / "question"
        question_file.write_text(self.question(name, start_ms, end_ms)[1])
        measured = run_json([self.tools.store_client, "ask", self.database, question_file, "--repeat", repeat,
                             "--answer", scratch / "answer"])
        return measured, self.parse((scratch / "answer").read_text())


def run_version(program):
    return subprocess.run([str(program), "--version"], capture_output=True, text=True, check=True).stdout.split()[-1]
