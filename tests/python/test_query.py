"""Questions, listings, deletion, retention."""

import datetime
import pickle
import unittest

import luminate
import numpy as np
from luminate import Query
from luminate._times import duration_ms, duration_text, timeout_ms
from support import HOUR, NOW, StoreTest

HOUR_AGO = (NOW - HOUR, NOW + HOUR)


class Builder(unittest.TestCase):
    def test_says_the_same_by_names_and_by_functions(self):
        by_name = Query.aggregate(
            "m",
            ["avg", luminate.quantile(0.9)],
            last="24h",
            by=["a", "b"],
            every="1h",
            where={"r": ["x", "y"]},
            where_not={"s": "z"},
            where_matches={"t": "a.*"},
            where_not_matches={"u": "b"},
            limit=10,
            ascending=True,
            timeout=2,
        )
        by_function = (
            Query.aggregate("m", ["avg", "quantile(0.9)"])
            .last(datetime.timedelta(days=1))
            .where(r=["x", "y"])
            .where_not(s="z")
            .where_matches({"t": "a.*"})
            .where_not_matches(u="b")
            .by("a", "b")
            .every("1h")
            .limit(10)
            .ascending()
            .timeout("2s")
        )
        self.assertEqual(by_name, by_function)
        self.assertEqual(len({by_name, by_function}), 1)
        self.assertEqual(pickle.loads(pickle.dumps(by_name)), by_name)
        self.assertEqual(
            repr(by_name),
            "<luminate.Query aggregate m avg quantile(0.9), last 1d, where r = 'x' or 'y', where s is not 'z', where t matches 'a.*', "
            "where u does not match 'b', by a, by b, every 1h, limit 10, ascending 1, timeout 2s>",
        )

    def test_says_the_last_word_last(self):
        base = Query.range("m", last="1h", limit=5)
        self.assertEqual(base.limit(6).between(1, 2).limit(7).last("2h"), Query.range("m", limit=7, last="2h"))
        self.assertEqual(pickle.loads(pickle.dumps(base.between(1, 2))), Query.range("m", limit=5, between=(1, 2)))
        self.assertNotEqual(Query.rate("m", by=["a", "b"]), Query.rate("m", by=["b", "a"]))

    def test_never_changes_a_query(self):
        base = Query.range("m", last="1h")
        self.assertNotEqual(base.where(k="a"), base)
        self.assertEqual(base, Query.range("m", last="1h"))

    def test_refuses_what_it_cannot_mean(self):
        for wrong in [
            lambda: Query.range("m", last=3600),
            lambda: Query.range("m", last="an hour"),
            lambda: Query.range("m", last="1h", between=(1, 2)),
            lambda: Query.range("m", between=(datetime.datetime(2026, 1, 1), 5)),
            lambda: Query.range("m", between=(1.5, 5)),
            lambda: Query.range("m", where={"k": 1.5}),
            lambda: Query.range("m", limit=-1),
            lambda: Query.range("m", limit="5"),
            lambda: Query.range(5),
            lambda: Query.aggregate("m", [0.95]),
            lambda: Query.range("m", where_matches={"k": 5}),
            lambda: Query.rate("m", by=[5]),
            lambda: Query.range("m", timeout=-1),
        ]:
            with self.assertRaises((TypeError, ValueError)):
                wrong()

    def test_reads_durations(self):
        self.assertEqual(duration_ms("1h30m"), 5_400_000)
        self.assertEqual(duration_ms("2w"), 1_209_600_000)
        self.assertEqual(duration_ms("500ms"), 500)
        self.assertEqual(duration_ms(datetime.timedelta(milliseconds=1, microseconds=999)), 1)
        for wrong in ("", "1", "1.5h", "1m1h", "-1h", "1h 30m", "1h1h"):
            with self.assertRaises(ValueError):
                duration_ms(wrong)
        self.assertEqual(
            (
                timeout_ms(1.5),
                timeout_ms(0.0001),
                timeout_ms(0),
                timeout_ms("1s"),
                timeout_ms(datetime.timedelta(microseconds=1)),
            ),
            (1500, 1, 0, 1000, 1),
        )
        self.assertEqual((duration_text(5_400_500), duration_text(0)), ("1h30m500ms", "0ms"))


class Answers(StoreTest):
    def setUp(self):
        super().setUp()
        self.write(
            *[("lat", NOW + i * 60_000, float(i), {"c": "ab"[i % 2], "r": "eu" if i < 6 else "us"}) for i in range(12)]
        )

    def ask(self, query):
        return self.store.query(query.between(*HOUR_AGO))

    def test_range(self):
        result = self.ask(Query.range("lat", where={"c": "a"}, limit=3))
        self.assertEqual(result.columns, ("timestamp", "value", "c", "r"))
        self.assertEqual(result["value"].tolist(), [0.0, 2.0, 4.0])
        self.assertTrue(result.truncated)
        self.assertGreaterEqual(result.points_scanned, 3)
        self.assertGreater(result.execution_time, datetime.timedelta(0))

    def test_aggregate(self):
        result = self.ask(Query.aggregate("lat", ["max", "p50"], by="c"))
        self.assertEqual(
            list(result),
            [{"c": "b", "max": 11.0, "p50": 6.0, "count": 6}, {"c": "a", "max": 10.0, "p50": 5.0, "count": 6}],
        )
        result = self.ask(Query.aggregate("lat", "sum", by="c", every="5m", limit=1))
        self.assertEqual(result.columns, ("bucket", "c", "sum", "count"))
        self.assertEqual(self.ask(Query.aggregate("lat", "min", by="c", ascending=True))["c"][0], "a")
        self.assertEqual(self.ask(Query.aggregate("lat", luminate.quantile(0.25))).columns, ("quantile(0.25)", "count"))

    def test_rate(self):
        result = self.ask(Query.rate("lat", every="1h"))
        self.assertEqual(result.columns, ("bucket", "rate"))
        self.assertEqual(len(result), 1)

    def test_filters(self):
        def count(**filters):
            return self.ask(Query.aggregate("lat", "count", **filters))["count"].tolist()

        self.assertEqual(count(where={"c": "a"}), [6])
        self.assertEqual(count(where={"c": ["a", "b"], "r": "eu"}), [6])
        self.assertEqual(count(where_not={"r": "eu"}), [6])
        self.assertEqual(count(where_not={"r": ["eu", "us"]}), [])
        self.assertEqual(count(where_matches={"r": "e."}), [6])
        self.assertEqual(count(where_not_matches={"r": "e."}, where={"c": "a"}), [3])

    def test_json(self):
        query = {
            "queryType": "aggregate",
            "metricName": "lat",
            "timeRange": {"start": NOW, "end": NOW + HOUR},
            "aggregation": "max",
        }
        self.assertEqual(self.store.query(query)["max"].tolist(), [11.0])
        self.assertEqual(self.store.query(Query.from_json(query).where(c="a"))["max"].tolist(), [10.0])
        self.assertIn('"value":11', self.store.query(query).to_json().replace(" ", ""))
        with self.assertRaises(luminate.InvalidQuery) as raised:
            Query.from_json('{"queryType": "aggregate", "metricName": "lat", "groupby": []}')
        self.assertEqual(raised.exception.field, "groupby")

    def test_errors_name_the_field(self):
        for query, field in [
            (Query.range("lat"), "timeRange"),
            (Query.range("bad name", last="1h"), "metricName"),
            (Query.range("lat", between=(NOW, NOW)), "timeRange"),
            (Query.aggregate("lat", "median", last="1h"), "aggregation"),
            (Query.aggregate("lat", [], last="1h"), "aggregation"),
            (Query.rate("lat", last="1h", by=["a", "a"]), "groupBy[1]"),
            (Query.range("lat", last="1h", where={"c": []}), "filters.c"),
            (Query.range("lat", last="1h", where_matches={"c": "("}), "filters.c"),
        ]:
            with self.subTest(query), self.assertRaises(luminate.InvalidQuery) as raised:
                self.store.query(query)
            self.assertIn(field, raised.exception.field)
            self.assertTrue(str(raised.exception))
        with self.assertRaises(luminate.InvalidData) as raised:
            self.store.query(Query.range("lat", last="1h", where={"_tenant_id": "x"}))
        self.assertEqual(raised.exception.code, luminate.Code.RESERVED_DIMENSION)
        with self.assertRaises(TypeError):
            self.store.query("lat")

    def test_too_many_groups(self):
        self.write(*[("wide", NOW, 1.0, {"k": str(i)}) for i in range(1001)])
        with self.assertRaises(luminate.ResultLimitExceeded):
            self.ask(Query.aggregate("wide", "avg", by="k"))

    def test_stream_gives_the_same_piece_by_piece(self):
        self.write(*[("long", NOW + i, float(i), {"k": "a"}) for i in range(9000)])
        query = Query.range("long", between=HOUR_AGO)
        with self.store.stream(query) as stream:
            pieces = list(stream)
            self.assertEqual(list(stream), [])
        self.assertEqual(
            [value for piece in pieces for value in piece["value"].tolist()], self.store.query(query)["value"].tolist()
        )
        self.assertEqual((stream.truncated, stream.points_scanned), (False, 9000))
        for piece in (stream := self.store.stream(query.limit(5))):
            self.assertEqual(len(piece), 5)
        self.assertTrue(stream.truncated)
        stream = self.store.stream(query)
        stream.close()
        self.assertEqual((list(stream), repr(stream)), ([], "<luminate.Stream ended>"))
        with self.assertRaises(luminate.InvalidQuery):
            self.store.stream(Query.rate("long", last="1h"))


class Listings(StoreTest):
    def setUp(self):
        super().setUp()
        self.write(
            ("cpu", NOW, 1, {"host": "a", "zone": "z"}),
            ("cpu", NOW, 1, {"host": "b", "zone": "z"}),
            ("mem", NOW - 10 * HOUR, 1, {"host": "a"}),
        )

    def test_names(self):
        self.assertEqual(self.store.metrics(), ["cpu", "mem"])
        self.assertEqual(self.store.metrics(prefix="c"), ["cpu"])
        self.assertEqual(self.store.metrics(limit=1), ["cpu"])
        self.assertEqual(self.store.metrics(between=(NOW - HOUR, NOW + 1)), ["cpu"])
        self.assertEqual(self.store.metrics(between=(None, NOW)), ["mem"])
        self.assertEqual(self.store.dimension_keys("cpu"), ["host", "zone"])
        self.assertEqual(self.store.dimension_keys("nobody"), [])
        self.assertEqual(self.store.dimension_values("cpu", "host", prefix="b"), ["b"])

    def test_have_limits_that_are_numbers(self):
        for wrong in (-1, 2**64, 2**64 + 1, 1.0, "1", None, True):
            for ask in (self.store.metrics, self.store.tenants, self.store.cardinality):
                with self.subTest(wrong), self.assertRaises(ValueError):
                    ask(limit=wrong)
            if wrong is not None:
                with self.subTest(wrong), self.assertRaises(ValueError):
                    Query.range("m", last="1h", limit=wrong)

    def test_numbers(self):
        self.assertEqual(
            (self.store.series_count(), self.store.series_count("cpu"), self.store.series_count("nobody")), (3, 2, 0)
        )
        table = self.store.cardinality()
        self.assertEqual(table.columns, ("metric", "key", "value", "values", "series"))
        self.assertEqual((table["metric"][0], table["key"][0], int(table["series"][0])), ("cpu", None, 2))
        self.assertEqual(self.store.cardinality("mem").row(0)["metric"], "mem")
        self.assertEqual(self.store.statistics()["series"], 3)
        self.assertEqual(self.store.health(), {"healthy": True, "backend": "memory", "status": "ok"})

    def test_tenants_see_their_own_data_only(self):
        acme = self.store.tenant("acme")
        self.assertEqual(acme.metrics(), [])
        acme.write([("cpu", NOW, 5.0)]).raise_for_refused()
        self.assertEqual((acme.series_count(), self.store.series_count()), (1, 3))
        self.assertEqual(list(self.store.tenants())[0], {"tenant": "", "metrics": 2, "series": 3})
        self.assertEqual(acme.tenants().to_dict()["tenant"], ["acme"])
        with self.assertRaises(luminate.InvalidOption):
            self.store.tenant("a\nb")


class Keeping(StoreTest):
    def test_removal(self):
        self.write(*[("m", NOW + i, 1.0, {"k": "ab"[i % 2]}) for i in range(10)], ("other", NOW, 1.0))
        some = Query.range("m", between=(NOW, NOW + 4), where={"k": "a"})
        self.assertEqual(
            (self.store.remove(some, dry_run=True), self.store.remove(some), self.store.remove(some)), (2, 2, 0)
        )
        self.assertEqual(self.store.remove(Query.range("m", between=(None, NOW + 5))), 3)
        self.assertEqual(self.store.remove("m"), 5)
        self.assertEqual(self.store.metrics(), ["other"])
        with self.assertRaises(luminate.InvalidRequest):
            self.store.remove(Query.rate("other", between=(NOW, NOW + 1)))

    def test_retention(self):
        self.store.set_retention("debug_*", "7d")
        self.store.set_retention("audit_*", None)
        self.assertEqual(self.store.retention(), {"audit_*": None, "debug_*": datetime.timedelta(days=7)})
        self.assertTrue(self.store.remove_retention("audit_*"))
        self.assertFalse(self.store.remove_retention("audit_*"))
        self.write(("debug_a", 1000, 1.0))
        self.assertEqual(self.store.enforce_retention(), 1)
        with self.assertRaises(luminate.InvalidRequest):
            self.store.set_retention("no no", "1d")
        with self.assertRaises(ValueError):
            self.store.set_retention("m", "0s")

    def test_for_lengths_beyond_64_bits_is_refused(self):
        # ctypes would leave off what is above: 2^64 milliseconds would be for ever, and one more a millisecond.
        for wrong in (f"{2**64}ms", f"{2**64 + 1}ms", np.timedelta64("NaT")):
            with self.subTest(wrong), self.assertRaises(ValueError):
                self.store.set_retention("debug_*", wrong)
            with self.subTest(wrong), self.assertRaises(ValueError):
                self.store.metrics(timeout=wrong)
        self.assertEqual(self.store.retention(), {})
        self.store.metrics(timeout=datetime.timedelta.max)

    def test_backup_and_compaction(self):
        with self.assertRaises(luminate.InvalidRequest):
            self.store.backup(self.folder / "copy.db")
        with luminate.open(self.folder / "m.db") as store:
            store.write([("m", None, 1.0)])
            store.compact()
            store.backup(self.folder / "copy.db")
            with self.assertRaises(luminate.InvalidRequest):
                store.backup(str(self.folder / "copy.db"))
            store.backup(self.folder / "copy.db", overwrite=True)
        with luminate.open(self.folder / "copy.db") as copy:
            self.assertEqual(copy.metrics(), ["m"])


if __name__ == "__main__":
    unittest.main()
