"""Points on their way in: one by one, by columns, as JSON; what is refused."""

import datetime
import pickle
import unittest

import numpy as np

import luminate
from luminate import Batch, Code, Query, Validator
from luminate._columns import timestamps_of, values_of
from support import HOUR, NOW, StoreTest

UTC = datetime.timezone.utc


class Points(StoreTest):
    def test_are_tuples_or_mappings(self):
        moment = datetime.datetime(2027, 1, 15, 9, 0, 0, 1500, tzinfo=datetime.timezone(datetime.timedelta(hours=1)))
        report = self.write(
            ("m", NOW, 1.5, {"k": "a", "n": 7}),
            ("m", NOW + 1, 2),
            {"name": "m", "timestamp": moment, "value": np.float32(3.5), "dimensions": {"k": "\u00e4"}},
            {"name": "m", "timestamp": np.datetime64("2027-01-15T08:00:00.002"), "value": True},
        )
        self.assertEqual((report.accepted, len(report.refused), bool(report)), (4, 0, True))
        self.assertEqual(
            [
                (row["timestamp"].timestamp() * 1000 - NOW, row["value"], row["k"], row["n"])
                for row in self.everything("m")
            ],
            [(0, 1.5, "a", "7"), (1, 3.5, "\u00e4", None), (1, 2.0, None, None), (2, 1.0, None, None)][0:1]
            + sorted([(1, 3.5, "\u00e4", None), (1, 2.0, None, None)], key=lambda row: row[2] is not None)
            + [(2, 1.0, None, None)],
        )

    def test_without_a_timestamp_are_of_now(self):
        self.write(("m", None, 1.0), {"name": "m2", "value": 1})
        for metric in ("m", "m2"):
            self.assertEqual(len(self.store.query(Query.range(metric, last="1m"))), 1)

    def test_of_a_series_replace_one_another(self):
        self.write(("m", NOW, 1.0, {"a": "1", "b": "2"}), ("m", NOW, 2.0, {"b": "2", "a": "1"}))
        self.assertEqual(self.everything("m")["value"].tolist(), [2.0])

    def test_that_are_none_are_told_with_their_position(self):
        good = ("m", NOW, 1.0)
        for bad, what in [
            (("m", NOW), r"points\[1\] is \('m'"),
            ("m", r"points\[1\]"),
            (("m", NOW, "1.0"), r"points\[1\]: value has to be a number"),
            (("m", NOW, None), r"points\[1\]"),
            (("m", 1.5e9, 1.0), r"points\[1\]: timestamp has to be Unix milliseconds"),
            (("m", "2026", 1.0), r"points\[1\]: timestamp is '2026'"),
            (("m", 2**63, 1.0), r"points\[1\]: timestamp is 9223372036854775808"),
            (("m", datetime.datetime(2026, 1, 1), 1.0), r"points\[1\]: timestamp is .* no time zone"),
            (("m", NOW, 1.0, {"k": 1.5}), r"points\[1\]: dimension 'k' is 1.5 \(float\)"),
            (("m", NOW, 1.0, {"k": True}), r"points\[1\]: dimension 'k' is True"),
            (("m", NOW, 1.0, {"k": ["a"]}), r"points\[1\]"),
            (("m", NOW, 1.0, "k"), r"points\[1\]: the dimensions are 'k'"),
            ((7, NOW, 1.0), r"points\[1\]: the name is 7"),
            ({"name": "m"}, r"points\[1\] has no value"),
            ({"metric": "m", "value": 1}, r"points\[1\] has the field 'metric': there are name, timestamp"),
        ]:
            with self.subTest(bad), self.assertRaisesRegex((TypeError, ValueError), what):
                self.store.write([good, bad])
        self.assertEqual(self.store.metrics(), [])

    def test_none_at_all_are_fine(self):
        self.assertEqual(self.store.write([]).accepted, 0)


class Refused(StoreTest):
    def setUp(self):
        super().setUp()
        self.report = self.store.write(
            [
                ("m", NOW, 1.0),
                ("bad name", NOW, 1.0),
                ("m", NOW, float("nan")),
                ("m", NOW, 2.0, {"k": "\ud800"}),
                ("m", NOW + 1, 2.0),
            ]
        )

    def test_points_are_told_and_the_others_stored(self):
        report = self.report
        self.assertEqual((report.accepted, bool(report), len(report.refused)), (2, False, 3))
        self.assertEqual(
            [(refusal.index, refusal.code) for refusal in report.refused],
            [(1, Code.INVALID_METRIC_NAME), (2, Code.INVALID_VALUE), (3, Code.INVALID_DIMENSION_VALUE)],
        )
        self.assertEqual(report.refused[0].metric, "bad name")
        self.assertEqual(report.refused[-1], report.refused[2])
        self.assertEqual(report.refused[1:], list(report.refused)[1:])
        self.assertIn("bad name", report.refused[0].message)
        with self.assertRaises(IndexError):
            report.refused[3]
        self.assertEqual(len(self.everything("m")), 2)
        self.assertIn("2 accepted, 3 refused", repr(report))
        self.assertIn("1: ", repr(report.refused))

    def test_points_can_be_an_error(self):
        with self.assertRaises(luminate.PointsRefused) as raised:
            self.report.raise_for_refused()
        error = raised.exception
        self.assertEqual((error.code, error.index, error.report), (Code.INVALID_METRIC_NAME, 1, self.report))
        self.assertIn("3 of 5 points were refused; the first, at 1: ", str(error))

    def test_batch_is_too_large(self):
        with self.assertRaises(luminate.BatchTooLarge) as raised:
            self.store.write([("m", NOW + i, 1.0) for i in range(10_001)])
        self.assertFalse(raised.exception.retryable or raised.exception.in_doubt)
        self.assertEqual(self.store.write([("m", NOW + i, 1.0) for i in range(10_000)]).accepted, 10_000)


class Columns(StoreTest):
    def test_go_in_without_a_copy_where_they_can(self):
        times, values = NOW + np.arange(5), np.arange(5.0)
        for given in (times, times.view("datetime64[ms]")):
            self.assertTrue(np.shares_memory(timestamps_of(given), given))
        self.assertTrue(np.shares_memory(values_of(values), values))
        batch = Batch()
        series = batch.series("m", k="a")
        batch.append(series, times, values)
        values[:] = 99  # It was copied into the batch.
        fixed = NOW + 5 + np.arange(2), np.ones(2)
        for column in fixed:
            column.flags.writeable = False
        batch.append(series, *fixed)
        batch.append(series, np.empty(0, np.int64), np.empty(0))
        self.store.write(batch)
        self.assertEqual(self.everything("m")["value"].tolist(), [0.0, 1.0, 2.0, 3.0, 4.0, 1.0, 1.0])

    def test_are_converted_from_what_means_the_same(self):
        expected = [NOW, NOW + 1000]
        start = datetime.datetime.fromtimestamp(NOW / 1000, UTC)
        for times in [
            expected,
            tuple(expected),
            np.array(expected),
            np.array(expected)[::-1][::-1],
            np.array(expected, dtype=">i8"),
            np.array(expected, dtype=np.uint64),
            np.array([NOW, 0, NOW + 1000, 0])[::2],
            [start, start + datetime.timedelta(seconds=1)],
            np.array([start, start + datetime.timedelta(seconds=1)], dtype=object),
            np.array(expected, dtype="datetime64[ms]").astype("datetime64[ns]") + np.timedelta64(999_999, "ns"),
            np.array(expected, dtype="datetime64[ms]").astype("datetime64[s]"),
            [np.datetime64(NOW, "ms"), np.datetime64(NOW + 1000, "ms")],
        ]:
            self.assertEqual(timestamps_of(times).tolist(), expected, times)
        self.assertEqual(timestamps_of([]).tolist(), [])
        for values in [
            [1, 2.5],
            np.array([1, 2.5], dtype=np.float32),
            np.array([1, 2.5], dtype=">f8"),
            np.array([1, 2.5], dtype=object),
            np.array([[1, 0], [2.5, 0]])[:, 0],
        ]:
            self.assertEqual(values_of(values).tolist(), [1.0, 2.5], values)
        self.assertEqual(values_of(np.array([1, 2], dtype=np.int8)).tolist(), [1.0, 2.0])

    def test_are_refused_clearly_otherwise(self):
        for times in [
            ["2026-01-01"],
            np.array(["a"]),
            np.array([1.5e9]),
            [1.5e9],
            np.array([[1]]),
            5,
            "12",
            [None],
            np.ma.masked_array([1], [True]),
            np.array([2**63], dtype=np.uint64),
            [datetime.datetime(2026, 1, 1)],
            [datetime.date(2026, 1, 1)],
        ]:
            with self.subTest(times), self.assertRaisesRegex((TypeError, ValueError), "timestamps"):
                timestamps_of(times)
        for values in [
            ["1.5"],
            np.array(["1.5"]),
            np.array([1j]),
            [1j],
            [None],
            np.array([[1.0]]),
            5.0,
            np.array([NOW], dtype="datetime64[ms]"),
            np.ma.masked_array([1.0], [True]),
            b"12345678",
        ]:
            with self.subTest(values), self.assertRaisesRegex((TypeError, ValueError), "values"):
                values_of(values)
        batch = Batch()
        with self.assertRaisesRegex(ValueError, "values has 1 entries, and timestamps 2"):
            batch.append(batch.series("m"), [1, 2], [1.0])
        with self.assertRaises(luminate.InvalidRequest):
            batch.append(7, [1], [1.0])
        self.assertEqual(len(batch), 0)

    def test_with_dimensions_are_told_apart(self):
        batch = Batch()
        batch.append_columns(
            "m",
            [NOW, NOW, NOW, NOW],
            [1, 2, 3, 4],
            {"host": ["a", "b", None, "a"], "shard": np.array([1, 2, 1, 1]), "zone": np.array(["x", "x", "y", "y"])},
        )
        self.store.write(batch).raise_for_refused()
        found = {(row["host"], row["shard"], row["zone"]): row["value"] for row in self.everything("m")}
        self.assertEqual(found, {("a", "1", "x"): 1, ("b", "2", "x"): 2, (None, "1", "y"): 3, ("a", "1", "y"): 4})
        self.assertEqual(self.store.series_count("m"), 4)
        for column in ([1.5, 2.5, 1.0, 1.0], [True] * 4, [["a"]] * 4, ["a"]):
            with self.subTest(column), self.assertRaises((TypeError, ValueError)):
                batch.append_columns("m", [NOW] * 4, [1.0] * 4, {"host": column})
        batch.append_columns("m", [], [])

    def test_of_very_many_combinations(self):
        count = 3000
        batch = Batch()
        columns = {f"k{i}": [f"v{(row * 7919 + i) % count}" for row in range(count)] for i in range(6)}
        batch.append_columns("m", NOW + np.arange(count), np.arange(count), columns)
        self.store.write(batch).raise_for_refused()
        self.assertEqual(self.store.series_count("m"), count)
        row = self.everything("m").row(17)
        self.assertEqual([row[f"k{i}"] for i in range(6)], [columns[f"k{i}"][17] for i in range(6)])


class Batches(StoreTest):
    def test_know_series_by_numbers(self):
        batch = Batch()
        first = batch.series("m", {"a b": "1"}, k="v")
        self.assertEqual(batch.series("m", {"k": "v", "a b": 1}), first)
        self.assertNotEqual(batch.series("m"), first)
        batch.add(first, NOW, 1)
        batch.add(first, datetime.datetime.now(UTC), 2.5)
        self.assertEqual((len(batch), repr(batch)), (2, "<luminate.Batch of 2 points>"))
        for _ in range(2):  # Known integers are not taken for what is equal to them.
            self.assertEqual(batch.series("m", k=1), batch.series("m", k="1"))
            for wrong in (True, 1.0, [1]):
                with self.assertRaises(TypeError):
                    batch.series("m", k=wrong)
        batch.clear()
        self.assertEqual(len(batch), 0)
        with self.assertRaises(luminate.InvalidRequest):
            batch.add(first, NOW, 1)

    def test_refuse_numbers_that_are_no_series(self):
        # ctypes would leave off what is beyond 32 bits, and add the point to series 0.
        batch = Batch()
        series = batch.series("m")
        for wrong in (-1, 2**32 + series, 2**64, 1):
            with self.subTest(wrong), self.assertRaises(ValueError):
                batch.add(wrong, NOW, 1.0)
            with self.subTest(wrong), self.assertRaises(ValueError):
                batch.append(wrong, [NOW], [1.0])
        for wrong in (0.0, "0", None):
            with self.subTest(wrong), self.assertRaises(TypeError):
                batch.add(wrong, NOW, 1.0)
        with self.assertRaises(TypeError):
            batch.add(series, NOW, "1.0")
        for use in (lambda: batch.append(series, [NOW], [10**400]), lambda: batch.extend([("m", NOW, 10**400)])):
            with self.assertRaises(ValueError):
                use()
        self.assertEqual(len(batch), 0)

    def test_name_series_anew_when_they_were_cleared(self):
        batch = Batch()
        for number in range(5000):  # More than it remembers how to ask for.
            self.assertEqual(batch.series("m", k=str(number)), number)
        batch.clear()
        for number in (4999, 3, 3000, 4999):
            batch.append(batch.series("m", k=str(number)), [NOW], [number])
        batch.append(batch.series("m", k="3"), [NOW + 1], [3])
        self.store.write(batch).raise_for_refused()
        self.assertEqual(
            sorted((row["k"], row["value"]) for row in self.everything("m")),
            [("3", 3.0), ("3", 3.0), ("3000", 3000.0), ("4999", 4999.0)],
        )

    def test_may_be_written_twice_and_go_on(self):
        batch = Batch([("m", NOW, 1.0)])
        batch.extend([("m", NOW + 1, 2.0)])
        self.assertEqual(self.store.write(batch).accepted, 2)
        batch.extend([("m", NOW + 2, 3.0)])
        self.assertEqual(self.store.write(batch).accepted, 3)
        self.assertEqual(len(self.everything("m")), 3)


class Json(StoreTest):
    def test_is_that_of_the_server(self):
        body = '{"metrics": [{"name": "m", "timestamp": %d, "value": 1.5, "dimensions": {"k": "\u00e4"}}]}' % NOW
        self.assertEqual(self.store.write_json(body).accepted, 1)
        self.assertEqual(self.store.write_json(body.encode()).accepted, 1)
        self.assertEqual(self.everything("m").row(0)["k"], "\u00e4")

    def test_is_refused_with_field_and_index(self):
        with self.assertRaises(luminate.InvalidRequest) as raised:
            self.store.write_json('{"metrics": [{"name": "m", "value": 1}, {"name": "m", "value": "x"}]}')
        self.assertEqual((raised.exception.field, raised.exception.index), ("metrics[1].value", 1))
        with self.assertRaises(luminate.InvalidRequest):
            self.store.write_json("no")


class Validators(unittest.TestCase):
    def test_judge_without_a_store(self):
        report = Validator(batch_write={"max_age": "1h"}).check([("m", NOW - 2 * HOUR, 1.0), ("m", NOW, 1.0)], now=NOW)
        self.assertEqual((report.accepted, [refusal.index for refusal in report.refused]), (1, [0]))
        self.assertTrue(Validator().check(Batch([("m", None, 1.0)])))


class Errors(unittest.TestCase):
    def test_survive_a_pickle(self):
        for kind in (luminate.InvalidQuery, luminate.QueryTimeout, luminate.OutOfMemory):
            error = kind("no", 21, field="limit", retryable=True, index=3)
            again = pickle.loads(pickle.dumps(error))
            self.assertEqual(
                (type(again), str(again), again.code, again.field, again.retryable, again.index),
                (kind, "no", 21, "limit", True, 3),
            )

    def test_are_what_python_calls_them(self):
        self.assertTrue(issubclass(luminate.QueryTimeout, TimeoutError))
        self.assertTrue(issubclass(luminate.InvalidQuery, ValueError))
        self.assertTrue(issubclass(luminate.OutOfMemory, MemoryError))
        unknown = luminate.errors.kind_of(1234)("from the future", 1234, name="UNKNOWN")
        self.assertEqual((type(unknown), unknown.code, unknown.name), (luminate.LuminateError, 1234, "UNKNOWN"))


if __name__ == "__main__":
    unittest.main()
