#!/usr/bin/env python3
"""Tests of what turns figures into tables and charts. Starts no store."""
import sys
import unittest
import xml.etree.ElementTree as xml

import answers
import chart
import growth
import publish
import results
import table

INGEST = {"samples": 10_000_000, "server_cpu_seconds": 4.0, "client_cpu_seconds": 0.2, "peak_memory_bytes": 100e6}
ASKED = {"first_seconds": 0.5, "median_seconds": 0.2, "cpu_seconds": 0.1, "open_seconds": 0.01,
         "peak_memory_bytes": 50e6}


def round_of(peer, seconds, number=1, **more):
    return {"round": number, "workload": "w1", "peer": peer, "ingest": {**INGEST, "seconds": seconds},
            "disk_bytes": 20_000_000, "settle_cpu_seconds": 0.5, "peak_memory_bytes": 200e6, "http": {},
            "library": {}, **more}


def collected(rounds, found=None):
    peers = {one["peer"]: {"title": one["peer"].title(), "version": "v1.2+ds1", "how": ""} for one in rounds}
    return {"date": "2026-01-01", "machine": "a machine", "command": "a command", "runs": 1, "scale": 1, "skipped": {},
            "peers": peers, "rounds": rounds, "points": [], "answers": {"w1": found or {}}}


def row_of(summary, title):
    return next(row for row in summary.rows if row.title == title)


class Answers(unittest.TestCase):
    def test_deviation_is_relative_and_the_largest(self):
        self.assertAlmostEqual(answers.deviation({("a",): 101.0, ("b",): 2.0}, {("a",): 100.0, ("b",): 2.0}), 0.01)

    def test_other_groups_are_no_answer(self):
        self.assertIsNone(answers.deviation({("a",): 1.0}, {("b",): 1.0}))
        self.assertIsNone(answers.deviation({("a",): float("nan")}, {("a",): 1.0}))


class Results(unittest.TestCase):
    def test_rates_are_medians_over_rounds(self):
        rounds = [round_of("luminate", seconds, number) for number, seconds in enumerate([2.0, 10.0, 4.0])]
        self.assertAlmostEqual(row_of(results.summary(collected(rounds)), "W1 ingest").cells["luminate", "http"], 2.5)

    def test_more_than_one_means_that_luminate_is_better(self):
        summary = results.summary(collected([round_of("luminate", 2.0), round_of("clickhouse", 4.0)]))
        self.assertAlmostEqual(row_of(summary, "W1 ingest").ratio("clickhouse", "http"), 2.0)
        slow = round_of("clickhouse", 4.0, http={"avg_by_customer": {**ASKED, "median_seconds": 0.1}})
        fast = round_of("luminate", 2.0, http={"avg_by_customer": ASKED})
        summary = results.summary(collected([fast, slow]))
        self.assertAlmostEqual(row_of(summary, "W1 avg by customer, all data").ratio("clickhouse", "http"), 0.5)

    def test_a_library_is_compared_with_the_library(self):
        ours = round_of("luminate", 2.0, http={"avg_by_customer": ASKED}, library_peak_memory_bytes=1e6,
                        library={"avg_by_customer": {**ASKED, "median_seconds": 0.05}})
        theirs = round_of("duckdb", 4.0, library={"avg_by_customer": ASKED}, library_peak_memory_bytes=1e6)
        summary = results.summary(collected([ours, theirs]))
        self.assertAlmostEqual(row_of(summary, "W1 avg by customer, all data").ratio("duckdb", "library"), 4.0)

    def test_other_answers_are_marked(self):
        asked = {"avg_by_customer": ASKED}
        rounds = [round_of("luminate", 2.0, http=asked), round_of("clickhouse", 2.0, http=asked)]
        summary = results.summary(collected(rounds,
                                            {"avg_by_customer/clickhouse/http": {"groups": 3, "deviation": 0.02},
                                             "avg_by_customer/luminate/http": {"groups": 3, "deviation": 0.0}}))
        self.assertIn("off by up to 2 %", table.terminal(summary))
        self.assertEqual(1, len(row_of(summary, "W1 avg by customer, all data").notes))

    def test_a_failed_round_is_told_and_counts_for_nothing(self):
        failed = {"round": 1, "workload": "w1", "peer": "clickhouse", "http": {}, "library": {},
                  "failed": "out of luck"}
        summary = results.summary(collected([round_of("luminate", 2.0), failed]))
        self.assertIn("out of luck", table.markdown(summary))
        self.assertIsNone(row_of(summary, "W1 ingest").ratio("clickhouse", "http"))

    def test_goals_say_when_they_are_missed(self):
        rounds = [round_of("luminate", 2.0), round_of("victoria_metrics", 2.0)]
        missed = {what: met for what, _, _, _, met in results.summary(collected(rounds)).goals}
        self.assertFalse(missed["W1 ingest, against Victoria_Metrics"])
        self.assertTrue(missed["W1 on disk"])


class Pages(unittest.TestCase):
    def test_the_chart_is_well_formed_and_has_a_bar_for_each_ratio(self):
        summary = results.summary(collected([round_of("luminate", 2.0), round_of("clickhouse", 4.0)]))
        bars = [one for one in xml.fromstring(chart.draw(summary)).iter("{http://www.w3.org/2000/svg}rect")
                if one.get("rx") == "1.5"]
        self.assertEqual(sum(len(chart.bars_of(row)) for row in summary.rows if row.chart), len(bars))

    def test_only_what_is_between_the_marks_changes(self):
        page = "a\n<!-- x -->\nold\n<!-- /x -->\nb\n"
        self.assertEqual("a\n<!-- x -->\nn\\1ew\n<!-- /x -->\nb\n", publish.put(page, "x", "n\\1ew"))

    def test_growth_has_a_column_for_each_size(self):
        text = growth.markdown({"writers-1": {"write, p50, ms": 0.5}, "writers-64": {"write, p50, ms": 1234.5}})
        self.assertIn("| write, p50, ms | 0.5 |  | 1,234 |", text)


if __name__ == "__main__":
    sys.exit(unittest.main())
