"""From the figures of every round to one figure a store and row: medians, ratios, goals."""
import dataclasses
import statistics

import answers

ORDER = ["luminate", "victoria_metrics", "clickhouse", "duckdb"]
QUESTION_TITLES = {
    "avg_by_customer": "avg by customer, all data", "p95_by_customer": "p95 by customer, all data",
    "avg_by_region_1m": "avg by region in 1-minute buckets", "avg_by_region": "avg by region",
    "p95_one_customer": "p95 of one customer"}


@dataclasses.dataclass
class Row:
    title: str
    unit: str  # "M/s", "s", "bytes", "MB"
    cells: dict  # (peer, "http" or "library") -> figure
    notes: dict = dataclasses.field(default_factory=dict)  # (peer, how) -> why it is not quite the same work
    more_is_better: bool = False
    chart: bool = False
    compared: bool = True  # Has a ratio.

    def ratio(self, peer, how):
        """How many times better Luminate is than this peer, each in its own way in: the library beside a library, HTTP
        beside HTTP. None where either is missing."""
        if not self.compared:
            return None
        ours = self.cells.get(("luminate", how))
        if ours is None:
            ours = self.cells.get(("luminate", "http")) or self.cells.get(("luminate", "library"))
        theirs = self.cells.get((peer, how))
        if not ours or not theirs:
            return None
        return ours / theirs if self.more_is_better else theirs / ours


@dataclasses.dataclass
class Summary:
    collected: dict
    rows: list
    goals: list  # (what, measured, bar, aim, met), all text but the last
    remarks: list  # What the table has no column for.


def median_of(rounds, pick):
    """The median over the rounds in which there is such a figure."""
    figures = []
    for one in rounds:
        try:
            figure = pick(one)
        except KeyError:
            continue
        if figure is not None:
            figures.append(figure)
    return statistics.median(figures) if figures else None


def millions_per_second(ingest):
    return ingest["samples"] / ingest["seconds"] / 1e6


class Summarizer:
    def __init__(self, collected):
        self.collected = collected
        self.rows = []

    def row(self, workload, title, unit, picks, **more):
        """`picks`: how -> function of a round's record."""
        cells = {}
        for peer in ORDER:
            rounds = [one for one in self.collected["rounds"] if one["workload"] == workload and one["peer"] == peer]
            for how, pick in picks.items():
                if not rounds or (how == "library") != (peer == "duckdb") and peer != "luminate":
                    continue
                figure = median_of(rounds, pick)
                if figure is not None:
                    cells[peer, how] = figure
        row = Row(f"{workload.upper()} {title}", unit, cells, **more)
        if cells:
            self.rows.append(row)
        return row

    def workload(self, workload):
        def library_ingest(one):
            return one["ingest"] if one["peer"] == "duckdb" else one["library_ingest"]

        def rate_of_library(one):
            return one["ingest"]["samples"] / library_ingest(one)["seconds"] / 1e6

        def library_cpu(one):
            load = library_ingest(one)
            return load.get("cpu_seconds", load.get("server_cpu_seconds"))

        self.row(workload, "ingest", "M samples/s", {"http": lambda one: millions_per_second(one["ingest"]),
                                                     "library": rate_of_library}, more_is_better=True, chart=True)
        self.row(workload, "ingest, CPU of the store", "s",
                 {"http": lambda one: one["ingest"]["server_cpu_seconds"], "library": library_cpu})
        self.row(workload, "merging afterwards, CPU", "s",
                 {"http": lambda one: one["settle_cpu_seconds"] + one.get("compact_cpu_seconds", 0)}, compared=False)
        self.row(workload, "ingest, CPU of the client", "s",
                 {"http": lambda one: one["ingest"]["client_cpu_seconds"]}, compared=False)
        self.row(workload, "on disk", "bytes/sample", {
            "http": lambda one: one["disk_bytes"] / one["ingest"]["samples"] if one["peer"] != "duckdb" else None,
            "library": lambda one: one["disk_bytes"] / one["ingest"]["samples"]}, chart=True)
        for question in [key for key in QUESTION_TITLES if self._asked(workload, key)]:
            self.question(workload, question)
        self.row(workload, "peak memory, ingest", "MB", {
            "http": lambda one: one["ingest"]["peak_memory_bytes"] / 1e6,
            "library": lambda one: one["ingest"]["peak_memory_bytes"] / 1e6 if one["peer"] == "duckdb" else None})
        self.row(workload, "peak memory, ingest and queries", "MB", {
            "http": lambda one: one["peak_memory_bytes"] / 1e6,
            "library": lambda one: max(one["library_peak_memory_bytes"],
                                       one["ingest"]["peak_memory_bytes"] if one["peer"] == "duckdb" else 0) / 1e6},
                 chart=True)

    def _asked(self, workload, question):
        return any(question in one[how] for one in self.collected["rounds"] if one["workload"] == workload
                   for how in ("http", "library"))

    def question(self, workload, question):
        picks = {how: lambda one, how=how: one[how][question]["median_seconds"] for how in ("http", "library")}
        row = self.row(workload, QUESTION_TITLES[question], "s", picks, chart=True)
        for peer, how in row.cells:
            found = self.collected["answers"].get(workload, {}).get(f"{question}/{peer}/{how}")
            if found and found["deviation"] is None:
                row.notes[peer, how] = "other groups"
            elif found and found["deviation"] > answers.EXACT:
                row.notes[peer, how] = f"off by up to {100 * found['deviation']:.2g} %"
        cpu = {how: lambda one, how=how: one[how][question]["cpu_seconds"] for how in ("http", "library")}
        self.row(workload, QUESTION_TITLES[question] + ", CPU", "s", cpu)
        if question == "p95_one_customer":
            self.row(workload, QUESTION_TITLES[question] + ", just opened", "s", {
                "http": lambda one: one["http"]["cold"]["first_seconds"],
                "library": lambda one: one["library"][question]["first_seconds"]}, chart=True)
            self.row(workload, "opening the store", "s", {
                "library": lambda one: one["library"][question]["open_seconds"]})


def points_of(collected, peer):
    """Medians over the rounds of what single points cost."""
    rounds = [one[peer] for one in collected["points"] if peer in one]
    return {key: statistics.median(one[key] for one in rounds) for key in rounds[0]} if rounds else None


def points_row(collected, quantile):
    cells = {(peer, "library"): points[f"point_{quantile}_seconds"] for peer in ORDER
             if (points := points_of(collected, peer))}
    return Row(f"one point, durable, {quantile}", "s", cells)


def summary(collected):
    work = Summarizer(collected)
    for workload in ("w1", "w2"):
        if any(one["workload"] == workload for one in collected["rounds"]):
            work.workload(workload)
    if collected["points"]:
        work.rows += [points_row(collected, "p50"), points_row(collected, "p99")]
    return Summary(collected, work.rows, goals(collected, {row.title: row for row in work.rows}), remarks(collected))


def remarks(collected):
    found = [f"The machine was not quiet: {collected['busy']}."] if collected.get("busy") else []
    for one in collected["rounds"]:
        if "failed" in one:
            where = f"round {one['round']}, {one['workload'].upper()}"
            found.append(f"{peer_title(collected, one['peer'])} failed in {where}: {one['failed']}")
    if points := points_of(collected, "luminate"):
        def both(what):
            return " and ".join(f"{points[f'{what}_{q}_seconds'] * 1e6:.0f} us" for q in ("p50", "p99"))
        found.append(f"Beside single points: one fsync of a page takes {both('fsync')} (p50 and p99), "
                     f"a row in a SQLite table {both('sqlite_row')}.")
    return found


def goals(collected, rows):
    """What Luminate sets out to be, and whether it is."""
    found = []

    def goal(what, measured, bar, aim, unit, at_least):
        if measured is None:
            return
        met = measured >= bar if at_least else measured <= bar
        compared = "at least" if at_least else "at most"
        found.append((what, f"{measured:.3g} {unit}", f"{compared} {bar:g} {unit}", f"{aim:g} {unit}", met))

    def against(title, peer, how, bar, aim):
        row = rows.get(title)
        goal(f"{title}, against {peer_title(collected, peer)}", row and row.ratio(peer, how), bar, aim, "x", True)

    def figure(title, how, bar, aim, unit, factor=1.0):
        row = rows.get(title)
        cell = row and row.cells.get(("luminate", how))
        goal(title, cell and cell * factor, bar, aim, unit, False)

    against("W1 ingest", "victoria_metrics", "http", 1.5, 2.5)
    against("W2 ingest", "victoria_metrics", "http", 2, 4)
    figure("W1 on disk", "http", 2.3, 1.8, "bytes/sample")
    figure("W2 on disk", "http", 10, 6, "bytes/sample")
    against("W1 avg by customer, all data", "duckdb", "library", 1, 10)
    against("W1 p95 by customer, all data", "duckdb", "library", 1, 2)
    against("W1 avg by region in 1-minute buckets", "duckdb", "library", 1, 3)
    figure("W1 p95 of one customer, just opened", "library", 3, 1, "ms", 1000)
    against("W2 avg by customer, all data", "duckdb", "library", 1, 2)
    against("W2 avg by region", "duckdb", "library", 1, 2)
    figure("W2 peak memory, ingest and queries", "http", 600, 350, "MB")
    if points := points_of(collected, "luminate"):
        syncs = points["point_p99_seconds"] / points["fsync_p50_seconds"]
        goal("one point, durable, p99, in fsyncs", syncs, 5, 2, "x", False)
    return found


def peer_title(collected, peer):
    return collected["peers"].get(peer, {}).get("title", peer)
