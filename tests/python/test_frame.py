"""Data frames on their way in."""

import unittest

import numpy as np

from support import NOW, StoreTest, needs

try:
    import pandas as pd
except ImportError:
    pd = None


@needs("pandas")
class Frames(StoreTest):
    def frame(self, **columns):
        return pd.DataFrame(
            {
                "when": pd.to_datetime([NOW, NOW + 1, NOW + 2, NOW + 3], unit="ms"),
                "ms": [1.5, 2.5, 3.5, 4.5],
                "customer": ["a", "b", None, "a"],
                **columns,
            }
        )

    def found(self, *keys):
        return [tuple(row[key] for key in ("value", *keys)) for row in self.everything("lat")]

    def test_go_in_by_their_columns(self):
        report = self.store.write_frame(self.frame(), metric="lat", time="when", value="ms", dimensions=["customer"])
        self.assertEqual((report.accepted, bool(report)), (4, True))
        self.assertEqual(self.found("customer"), [(1.5, "a"), (2.5, "b"), (3.5, None), (4.5, "a")])
        self.assertEqual(self.everything("lat")["timestamp"].view(np.int64).tolist(), [NOW, NOW + 1, NOW + 2, NOW + 3])

    def test_may_have_their_times_as_index_with_any_time_zone(self):
        frame = self.frame().set_index("when")
        self.store.write_frame(frame, metric="lat", value="ms")
        self.store.write_frame(
            frame.tz_localize("UTC").tz_convert("Asia/Tokyo"), metric="zoned", value="ms", dimensions="customer"
        )
        self.assertEqual(self.everything("lat")["timestamp"].tolist(), self.everything("zoned")["timestamp"].tolist())
        local = self.frame(
            when=pd.to_datetime([NOW, NOW + 1, NOW + 2, NOW + 3], unit="ms", utc=True).tz_convert("Europe/Berlin")
        )
        self.store.write_frame(local, metric="local", time="when", value="ms")
        self.assertEqual(self.everything("lat")["timestamp"].tolist(), self.everything("local")["timestamp"].tolist())

    def test_take_dimensions_of_many_types(self):
        for number, column in enumerate(
            [
                pd.Categorical(["a", "b", None, "a"], categories=["unused", "b", "a"]),
                pd.array(["a", "b", None, "a"], dtype="string"),
                np.array(["a", "b", None, "a"], dtype=object),
                pd.Series(["a", "b", None, "a"]),
            ]
        ):
            self.store.remove("lat")
            self.store.write_frame(
                self.frame(customer=column), metric="lat", time="when", value="ms", dimensions=["customer"]
            )
            self.assertEqual(self.found("customer"), [(1.5, "a"), (2.5, "b"), (3.5, None), (4.5, "a")], number)
        for column in [
            [1, 2, 3, 1],
            pd.array([1, 2, 3, 1], dtype="Int64"),
            pd.Categorical([1, 2, 3, 1]),
            ["1", "2", "3", "1"],
        ]:
            self.store.remove("lat")
            self.store.write_frame(
                self.frame(customer=column), metric="lat", time="when", value="ms", dimensions=["customer"]
            )
            self.assertEqual(self.found("customer"), [(1.5, "1"), (2.5, "2"), (3.5, "3"), (4.5, "1")])

    def test_refuse_dimensions_that_are_floats(self):
        for column in ([1.0, 2.0, np.nan, 1.0], [True, False, True, True], pd.to_datetime([1, 2, 3, 4])):
            with self.assertRaisesRegex(TypeError, "dimension 'customer'"):
                self.store.write_frame(
                    self.frame(customer=column), metric="lat", time="when", value="ms", dimensions=["customer"]
                )

    def test_without_values_are_refused_or_left_out(self):
        for column in ([np.nan, 2.0, np.nan, -np.inf], pd.array([None, 2.0, None, -np.inf], dtype="Float64")):
            frame = self.frame(ms=column)
            report = self.store.write_frame(frame, metric="lat", time="when", value="ms", dimensions=["customer"])
            self.assertEqual((report.accepted, [refusal.index for refusal in report.refused]), (1, [0, 2, 3]))
            report = self.store.write_frame(
                frame, metric="lat", time="when", value="ms", dimensions=["customer"], skip_missing=True
            )
            self.assertEqual((report.accepted, [refusal.index for refusal in report.refused]), (1, [3]))
            report = self.store.write_frame(
                frame, metric="lat", time="when", value="ms", skip_missing=True, batch_size=1
            )
            self.assertEqual((report.accepted, [refusal.index for refusal in report.refused]), (1, [3]))

    def test_leave_out_series_of_which_nothing_is_left(self):
        frame = self.frame(ms=[np.nan, 2.0, np.nan, np.nan])
        self.store.write_frame(frame, metric="lat", time="when", value="ms", dimensions=["customer"], skip_missing=True)
        self.assertEqual((self.found("customer"), self.store.series_count("lat")), ([(2.0, "b")], 1))
        report = self.store.write_frame(
            frame.iloc[:1], metric="lat", time="when", value="ms", dimensions=["customer"], skip_missing=True
        )
        self.assertEqual((report.accepted, bool(report)), (0, True))

    def test_larger_than_a_batch_go_in_by_several(self):
        count = 25_000
        rng = np.random.default_rng(1)
        frame = pd.DataFrame(
            {
                "when": pd.to_datetime(NOW + np.arange(count), unit="ms"),
                "ms": rng.random(count),
                "customer": rng.integers(0, 300, count).astype(str),
                "region": pd.Categorical(rng.choice(["eu", "us"], count)),
            }
        )
        frame.loc[20_001, "ms"] = np.nan
        report = self.store.write_frame(frame, metric="lat", time="when", value="ms", dimensions=["customer", "region"])
        self.assertEqual((report.accepted, [refusal.index for refusal in report.refused]), (count - 1, [20_001]))
        frame = frame.drop(20_001).reset_index(drop=True)
        back = self.everything("lat").to_pandas()
        self.assertTrue((back["value"] == frame["ms"]).all())
        for key in ("customer", "region"):
            self.assertTrue((back[key].astype(str) == frame[key].astype(str)).all())

    def test_refuse_values_that_are_texts_or_times(self):
        when = pd.to_datetime([NOW], unit="ms", utc=True)
        for wrong in (pd.array(["1"], dtype="string"), pd.Series(["1"]), pd.Series(when)):
            frame = pd.DataFrame({"when": when, "value": wrong})
            with self.subTest(wrong), self.assertRaises(TypeError):
                self.store.write_frame(frame, metric="m", time="when", value="value")

    def test_go_in_by_batches_of_a_row_at_least(self):
        frame = {"time": [NOW], "value": [1.0]}
        for wrong in (0, -1):
            with self.subTest(wrong), self.assertRaises(ValueError):
                self.store.write_frame(frame, metric="m", time="time", value="value", batch_size=wrong)

    def test_round_trip(self):
        self.store.write_frame(self.frame(), metric="lat", time="when", value="ms", dimensions=["customer"])
        back = self.everything("lat").to_pandas()
        self.store.write_frame(back, metric="again", time="timestamp", value="value", dimensions=["customer"])
        self.assertEqual(self.everything("lat").to_dict(), self.everything("again").to_dict())

    def test_say_which_column_is_missing(self):
        with self.assertRaises(KeyError):
            self.store.write_frame(self.frame(), metric="lat", time="when", value="nothing")
        with self.assertRaises(TypeError):
            self.store.write_frame(self.frame(), metric="lat", value="ms", time="customer")


class Mappings(StoreTest):
    def test_of_columns_do_as_well(self):
        self.store.write_frame(
            {"t": [NOW, NOW + 1], "v": [1, 2], "k": ["a", "b"]}, metric="m", time="t", value="v", dimensions=["k"]
        )
        self.assertEqual(self.everything("m").to_dict()["k"], ["a", "b"])


if __name__ == "__main__":
    unittest.main()
