#!/usr/bin/env python3
"""Measures Luminate and its peers on the same data, in turns, in one run. `make bench-peers` calls it.

Every round gives each store a fresh folder and a fresh process, one after the other, and starts with another one than
the round before. docs/benchmarks.md says what is measured."""
import argparse
import datetime
import json
import os
import pathlib
import shutil
import signal
import sys
import tempfile
import types

import answers
import questions
import results
import table
from clickhouse import ClickHouse
from duckdb import DuckDb
from luminate import Luminate
from machine import busy, describe_machine
from processes import run_json
from victoria_metrics import VictoriaMetrics

PEERS = [Luminate, VictoriaMetrics, ClickHouse, DuckDb]
REFERENCES = [("duckdb", "library"), ("luminate", "library")]  # Whose answers the others are compared with.


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", type=pathlib.Path, default=pathlib.Path("build/release"))
    parser.add_argument("--peers", type=pathlib.Path, default=pathlib.Path("build/peers"), help="what fetch brought")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--scale", type=float, default=1.0, help="0.1: a tenth of the customers")
    parser.add_argument("--repeat", type=int, default=3, help="how often a question is asked in each round")
    parser.add_argument("--workloads", nargs="+", default=["w1", "w2"], choices=["w1", "w2"])
    names = [peer.name for peer in PEERS]
    parser.add_argument("--only", nargs="+", default=names, choices=names)
    parser.add_argument("--output", type=pathlib.Path, default=pathlib.Path("build/bench-peers.json"))
    return parser.parse_args()


def tools_of(options):
    build = options.build.resolve()
    return types.SimpleNamespace(
        server=build / "server/luminate-server", client=build / "bench/peer_client",
        store_client=build / "bench/store_client", workload_data=build / "bench/workload_data",
        durable_bench=build / "bench/durable_bench",
        peers=options.peers.resolve())


class Round:
    """One store, one workload, once."""

    def __init__(self, peer, workload, options, tools, scratch):
        self.peer = peer
        self.workload = workload
        self.options = options
        self.tools = tools
        self.scratch = scratch
        self.answers = {}  # (question, "http" or "library") -> answer
        self.record = {"workload": workload, "peer": peer.name, "http": {}, "library": {}}

    def run(self):
        folder = self.scratch / "data"
        folder.mkdir()
        try:
            if hasattr(self.peer, "start"):
                self._through_http(folder)
            else:
                self.record["ingest"] = self.peer.load(folder, self.workload, self.options.scale)
                self.record["disk_bytes"] = self.peer.disk_bytes()
            if self.peer.embedded:
                self._through_library()
        except (RuntimeError, OSError) as failure:  # The others are still worth measuring.
            print(f"{self.peer.title} failed: {failure}", file=sys.stderr, flush=True)
            self.record = {"workload": self.workload, "peer": self.peer.name, "http": {}, "library": {},
                           "failed": str(failure).splitlines()[0]}
            self.answers = {}
        finally:
            self.peer.stop()
            shutil.rmtree(folder)
        return self.record

    def _through_http(self, folder):
        record = self.record
        server = self.peer.start(folder)
        os.sync()
        record["ingest"] = run_json(
            [self.tools.client, "load", server.port, self.peer.load_path, "--workload", self.workload, "--scale",
             self.options.scale, "--format", self.peer.load_format, "--server", server.pid])
        record["ingest"]["peak_memory_bytes"] = server.peak_memory_bytes()
        before = server.cpu_seconds()
        self.peer.settle()
        record["settle_cpu_seconds"] = server.cpu_seconds() - before
        record["disk_bytes"] = self.peer.disk_bytes()
        for question in questions.QUESTIONS[self.workload]:
            record["http"][question] = self._ask(server, question, self.options.repeat)
        record["peak_memory_bytes"] = server.peak_memory_bytes()
        self.peer.stop()
        record.update(self.peer.after_stop())
        if cold := questions.COLD_QUESTION[self.workload]:
            server = self.peer.start(folder)
            server.wait_until_idle()
            record["http"]["cold"] = self._ask(server, cold, 1)
            self.peer.stop()

    def _range(self):
        return int(self.shape["start_ms"]), int(self.shape["end_ms"])

    @property
    def shape(self):
        if "start_ms" not in self.record["ingest"]:
            self.record["ingest"].update(run_json(
                [self.tools.client, "describe", "--workload", self.workload, "--scale", self.options.scale]))
        return self.record["ingest"]

    def _ask(self, server, question, repeat):
        path, text = self.peer.question(question, *self._range())
        (self.scratch / "question").write_text(text)
        measured = run_json([self.tools.client, "ask", server.port, path, self.scratch / "question", "--repeat", repeat,
                             "--server", server.pid, "--type", self.peer.ask_type, "--answer", self.scratch / "answer"])
        self.answers[question, "http"] = self.peer.parse((self.scratch / "answer").read_text())
        return measured

    def _through_library(self):
        record = self.record
        if hasattr(self.peer, "load_embedded"):
            os.sync()
            record["library_ingest"] = self.peer.load_embedded(self.scratch / "data", self.workload, self.options.scale)
        for question in questions.QUESTIONS[self.workload]:
            measured, answer = self.peer.ask_embedded(question, *self._range(), self.options.repeat, self.scratch)
            self.answers[question, "library"] = answer
            record["library"][question] = measured
        record["library_peak_memory_bytes"] = max(asked["peak_memory_bytes"] for asked in record["library"].values())


def compare(workload, rounds):
    """What each store answered, beside the first of REFERENCES that is there."""
    found = {}
    for question in questions.QUESTIONS[workload]:
        given = {(one.peer.name, how): one.answers[question, how] for one in rounds for how in ("library", "http")
                 if (question, how) in one.answers}
        if not given:
            continue
        reference = next((given[who] for who in REFERENCES if who in given), next(iter(given.values())))
        for (peer, how), answer in given.items():
            found[f"{question}/{peer}/{how}"] = {"groups": len(answer),
                                                 "deviation": answers.deviation(answer, reference)}
    return found


def durable_points(tools, peers, scratch):
    """Single points by one caller, beside one fsync each; DuckDB's beside them where it is there."""
    found = {"luminate": run_json([tools.durable_bench, "--points", 1000, "--record", 1])}
    duckdb = next((peer for peer in peers if peer.name == "duckdb"), None)
    if duckdb:
        found["duckdb"] = duckdb.durable_points(scratch, 300)
    return found


def main():
    # Ended from outside, it ends what it started.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    options = arguments()
    tools = tools_of(options)
    peers, skipped = [], {}
    for make in PEERS:
        peer = make(tools)
        reason = None if make.name in options.only else "not asked for"
        if reason := reason or peer.missing():
            skipped[make.name] = reason
            print(f"Without {make.title}: {reason}", flush=True)
        else:
            peers.append(peer)

    others = busy()
    if others:
        print(f"The machine is not quiet: {others}. Times will be those of a busy machine.", flush=True)
    collected = {
        "busy": others, "date": datetime.date.today().isoformat(), "machine": describe_machine(),
        "command": f"make bench-peers RUNS={options.runs} SCALE={options.scale:g}",
        "runs": options.runs, "scale": options.scale, "skipped": skipped,
        "peers": {peer.name: {"title": peer.title, "version": peer.version(), "how": peer.how} for peer in peers},
        "rounds": [], "points": [], "answers": {}}
    options.output.parent.mkdir(parents=True, exist_ok=True)
    tools.peers.mkdir(parents=True, exist_ok=True)
    # Beside the build: TMPDIR may be in memory, where nothing is ever synced.
    with tempfile.TemporaryDirectory(prefix="bench-", dir=tools.peers) as scratch:
        os.environ["TMPDIR"] = scratch
        for number in range(options.runs):
            for workload in options.workloads:
                turn = number % len(peers)
                rounds = []
                for peer in peers[turn:] + peers[:turn]:
                    print(f"Round {number + 1} of {options.runs}, {workload.upper()}: {peer.title}", flush=True)
                    one = Round(peer, workload, options, tools, pathlib.Path(scratch))
                    collected["rounds"].append({"round": number + 1, **one.run()})
                    rounds.append(one)
                collected["answers"][workload] = compare(workload, rounds)
            if any(peer.name == "luminate" for peer in peers):
                collected["points"].append(durable_points(tools, peers, pathlib.Path(scratch)))
    options.output.write_text(json.dumps(collected, indent=1) + "\n")
    print(table.terminal(results.summary(collected)))
    print(f"\nAll figures: {options.output}")
    return 1 if any("failed" in one for one in collected["rounds"]) else 0


if __name__ == "__main__":
    sys.exit(main())
