"""Tables on their way out: numpy, rows, pandas, Arrow."""

import ctypes
import datetime
import gc
import importlib.util
import pickle
import unittest

import numpy as np

from luminate import Query, TextColumn
from support import HOUR, NOW, SANITIZED, StoreTest, many, needs, run_python

UTC = datetime.timezone.utc


class Columns(StoreTest):
    def setUp(self):
        super().setUp()
        self.write(("m", NOW, 1.5, {"k": "\u00e4", "z": "x"}), ("m", NOW + 1, -2.0, {"k": "b"}), ("m", NOW + 2, 0.0))
        self.result = self.everything("m")

    def test_are_numpy_views_of_their_types(self):
        result = self.result
        self.assertEqual(result.columns, ("timestamp", "value", "k", "z"))
        self.assertEqual((len(result), "k" in result, "nothing" in result), (3, True, False))
        self.assertEqual(result["timestamp"].dtype, np.dtype("datetime64[ms]"))
        self.assertEqual(result["timestamp"].view(np.int64).tolist(), [NOW, NOW + 1, NOW + 2])
        self.assertEqual((result["value"].dtype, result["value"].tolist()), (np.float64, [1.5, -2.0, 0.0]))
        counts = self.store.query(Query.aggregate("m", "avg", between=(NOW, NOW + 10)))["count"]
        self.assertEqual((counts.dtype, counts.tolist()), (np.int64, [3]))
        with self.assertRaisesRegex(KeyError, "there are timestamp, value, k, z"):
            result["nothing"]

    def test_are_not_copies_and_cannot_be_written(self):
        first, second = self.result["value"], self.result["value"]
        self.assertTrue(np.shares_memory(first, second))
        self.assertFalse(first.flags.owndata or first.flags.writeable)
        from luminate._ffi import lib

        self.assertEqual(first.__array_interface__["data"][0], lib.luminate_result_numbers(self.result._handle, 1))

    def test_keep_the_memory_of_the_result_alive(self):
        many(self.store, 200_000, series=2, metric="big")
        views = [self.everything("big")["value"] for _ in range(3)]
        codes = self.everything("big")["host"].codes[5:10]
        gc.collect()
        trash = [np.full(200_000, np.nan) for _ in range(5)]
        self.assertFalse(any(np.isnan(view).any() for view in views))
        self.assertLess(codes.max(), 2)
        del trash

    def test_of_texts_tell_codes_and_categories(self):
        column = self.result["k"]
        self.assertIsInstance(column, TextColumn)
        self.assertEqual(column.codes.dtype, np.int32)
        self.assertEqual((list(column), column[0], column[-1], len(column)), (["\u00e4", "b", None], "\u00e4", None, 3))
        self.assertEqual(sorted(column.categories), ["b", "\u00e4"])
        self.assertEqual(column[1:].tolist(), ["b", None])
        self.assertEqual(np.asarray(column).tolist(), ["\u00e4", "b", None])
        self.assertEqual(repr(column), "TextColumn(['\u00e4', 'b', None])")

    def test_of_no_rows(self):
        result = self.everything("nobody")
        self.assertEqual(
            (len(result), list(result), result["value"].tolist(), result["timestamp"].dtype.kind), (0, [], [], "M")
        )
        self.assertEqual(result.to_dict(), {"timestamp": [], "value": []})
        repr(result), result._repr_html_()

    def test_an_overflowing_sum_is_infinite(self):
        self.write(("huge", NOW, 1.7e308, {"k": "a"}), ("huge", NOW, 1.7e308, {"k": "b"}))
        self.assertEqual(
            self.store.query(Query.aggregate("huge", "sum", between=(NOW, NOW + 1)))["sum"].tolist(), [np.inf]
        )


class Rows(Columns):
    def test_are_dicts(self):
        first = {"timestamp": datetime.datetime.fromtimestamp(NOW / 1000, UTC), "value": 1.5, "k": "\u00e4", "z": "x"}
        self.assertEqual(next(iter(self.result)), first)
        self.assertEqual(self.result.row(0), first)
        self.assertEqual(self.result.row(-1)["k"], None)
        with self.assertRaises(IndexError):
            self.result.row(3)
        self.assertEqual(self.result.to_dict()["z"], ["x", None, None])
        many(self.store, 10_000, series=1, metric="big")
        self.assertEqual([row["value"] for row in self.everything("big")], self.everything("big")["value"].tolist())

    def test_are_shown(self):
        self.assertEqual(
            repr(self.result).splitlines(),
            [
                "<luminate.Result of 3 rows x 4 columns>",
                "timestamp                 value  k  z",
                "2027-01-15T08:00:00.000Z  1.5    \u00e4  x",
                "2027-01-15T08:00:00.001Z  -2     b",
                "2027-01-15T08:00:00.002Z  0",
            ],
        )
        self.write(("page", NOW, 1.0, {"k": "<script>"}))
        page = self.everything("page", limit=1)
        self.assertIn("<td>&lt;script&gt;</td>", page._repr_html_())

    def test_cannot_be_pickled(self):
        with self.assertRaisesRegex(TypeError, "to_pandas"):
            pickle.dumps(self.result)


@needs("pandas")
class Pandas(StoreTest):
    def setUp(self):
        super().setUp()
        self.write(("m", NOW, 1.5, {"k": "\u00e4"}), ("m", NOW + 1, -2.0, {"k": "b"}), ("m", NOW + 2, 0.0))

    def test_has_the_types_of_pandas(self):
        import pandas

        frame = self.everything("m").to_pandas()
        self.assertRegex(" ".join(str(kind) for kind in frame.dtypes), r"^datetime64\[[mn]s, UTC\] float64 category$")
        self.assertEqual(frame["timestamp"][1], pandas.Timestamp(NOW + 1, unit="ms", tz="UTC"))
        self.assertEqual(frame["k"].isna().tolist(), [False, False, True])
        frame["value"] += 1  # It is the caller's own.
        self.assertEqual(frame["value"].tolist(), [2.5, -1.0, 1.0])
        self.assertEqual(self.everything("m")["value"].tolist(), [1.5, -2.0, 0.0])
        self.assertEqual(len(self.everything("nobody").to_pandas()), 0)

    def test_leaves_numbers_where_they_are_if_asked(self):
        result = self.everything("m")
        frame = result.to_pandas(copy=False)
        self.assertTrue(np.shares_memory(frame["value"].to_numpy(), result["value"]))

    def test_groups_by_bucket(self):
        result = self.store.query(
            Query.aggregate("m", ["avg", "max"], by="k", every="1h", between=(NOW - HOUR, NOW + HOUR))
        )
        frame = result.to_pandas().pivot(index="bucket", columns="k", values="max")
        self.assertEqual(frame["b"].tolist(), [-2.0])

    @unittest.skipIf(SANITIZED, "a sanitizer takes memory of its own")
    def test_takes_three_times_the_memory_of_a_million_rows_at_most(self):
        # In a process of its own: the peak of the resident set is what counts, of Python and of the library together.
        run = run_python("""
            import os, sys, threading
            import luminate, numpy, pandas
            from support import ANY_TIME, NOW, many
            store = luminate.open("memory:", {**ANY_TIME, "query_limits.max_result_points": 1_000_000})
            many(store, 1_000_000)
            warm = store.query(luminate.Query.range("load", between=(NOW, NOW + 10**12), limit=1000)).to_pandas()
            result = store.query(luminate.Query.range("load", between=(NOW, NOW + 10**12)))
            size = sum(result[name].nbytes for name in ("timestamp", "value")) + result["host"].codes.nbytes
            def resident(key):
                return next(int(line.split()[1]) * 1024 for line in open("/proc/self/status") if line.startswith(key))
            open("/proc/self/clear_refs", "w").write("5")  # The peak begins anew.
            before = resident("VmRSS")
            frame = result.to_pandas()
            peak = resident("VmHWM") - before
            assert len(frame) == 1_000_000 and frame["value"].notna().all()
            # The columns themselves are there before.
            print((size + peak) / size)
        """)
        if "clear_refs" in run.stderr:
            self.skipTest("the system does not forget peaks of memory")
        self.assertEqual(run.returncode, 0, run.stderr)
        self.assertLess(float(run.stdout), 3.0)


class ArrowSchema(ctypes.Structure):
    pass


class ArrowArray(ctypes.Structure):
    pass


class ArrowStream(ctypes.Structure):
    pass


ArrowSchema._fields_ = [
    ("format", ctypes.c_char_p),
    ("name", ctypes.c_char_p),
    ("metadata", ctypes.c_void_p),
    ("flags", ctypes.c_int64),
    ("n_children", ctypes.c_int64),
    ("children", ctypes.POINTER(ctypes.POINTER(ArrowSchema))),
    ("dictionary", ctypes.POINTER(ArrowSchema)),
    ("release", ctypes.CFUNCTYPE(None, ctypes.POINTER(ArrowSchema))),
    ("private_data", ctypes.c_void_p),
]
ArrowArray._fields_ = [
    ("length", ctypes.c_int64),
    ("null_count", ctypes.c_int64),
    ("offset", ctypes.c_int64),
    ("n_buffers", ctypes.c_int64),
    ("n_children", ctypes.c_int64),
    ("buffers", ctypes.POINTER(ctypes.c_void_p)),
    ("children", ctypes.POINTER(ctypes.POINTER(ArrowArray))),
    ("dictionary", ctypes.POINTER(ArrowArray)),
    ("release", ctypes.CFUNCTYPE(None, ctypes.POINTER(ArrowArray))),
    ("private_data", ctypes.c_void_p),
]
ArrowStream._fields_ = [
    ("get_schema", ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ArrowStream), ctypes.POINTER(ArrowSchema))),
    ("get_next", ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ArrowStream), ctypes.POINTER(ArrowArray))),
    ("get_last_error", ctypes.CFUNCTYPE(ctypes.c_char_p, ctypes.POINTER(ArrowStream))),
    ("release", ctypes.CFUNCTYPE(None, ctypes.POINTER(ArrowStream))),
    ("private_data", ctypes.c_void_p),
]


def stream_in(capsule):
    pointer = ctypes.pythonapi.PyCapsule_GetPointer
    pointer.restype, pointer.argtypes = ctypes.c_void_p, [ctypes.py_object, ctypes.c_char_p]
    return ArrowStream.from_address(pointer(capsule, b"arrow_array_stream"))


class Arrow(StoreTest):
    def setUp(self):
        super().setUp()
        self.write(("m", NOW, 1.5, {"k": "\u00e4"}), ("m", NOW + 1, -2.0, {"k": "b"}), ("m", NOW + 2, 0.0))

    def test_stream_can_be_taken_from_the_capsule(self):
        result = self.everything("m")
        capsule = result.__arrow_c_stream__()
        lent = stream_in(capsule)
        stream = ArrowStream.from_buffer_copy(lent)  # Moved, as the interface has it.
        ctypes.cast(ctypes.addressof(lent) + ArrowStream.release.offset, ctypes.POINTER(ctypes.c_void_p))[0] = None
        values_address = result["value"].__array_interface__["data"][0]
        del result, capsule
        gc.collect()

        schema, array, end = ArrowSchema(), ArrowArray(), ArrowArray()
        self.assertEqual(stream.get_schema(ctypes.byref(stream), ctypes.byref(schema)), 0)
        self.assertEqual(stream.get_next(ctypes.byref(stream), ctypes.byref(array)), 0)
        self.assertEqual(stream.get_next(ctypes.byref(stream), ctypes.byref(end)), 0)
        self.assertFalse(end.release)
        stream.release(ctypes.byref(stream))

        columns = [schema.children[i].contents for i in range(schema.n_children)]
        self.assertEqual(
            [(column.name, column.format) for column in columns],
            [(b"timestamp", b"tsm:UTC"), (b"value", b"g"), (b"k", b"i")],
        )
        self.assertEqual(columns[2].dictionary.contents.format, b"u")
        self.assertEqual((array.length, array.n_children), (3, 3))
        values = array.children[1].contents
        self.assertEqual(values.buffers[1], values_address)  # Not a copy.
        self.assertEqual(list((ctypes.c_double * 3).from_address(values.buffers[1])), [1.5, -2.0, 0.0])
        self.assertEqual(array.children[2].contents.null_count, 1)
        array.release(ctypes.byref(array))
        schema.release(ctypes.byref(schema))

    def test_stream_that_nobody_takes_is_released(self):
        result = self.everything("m")
        for _ in range(1000):
            result.__arrow_c_stream__()

    def test_capsule_may_end_with_the_interpreter(self):
        run = run_python("""
            import luminate, sys
            store = luminate.open("memory:")
            store.write([("m", None, 1.0)])
            kept = store.query(luminate.Query.range("m", last="1m")).__arrow_c_stream__()
            sys.kept = kept          # Ends after the modules.
            class Late:
                def __del__(self, kept=kept): pass
            late = Late(); late.self = late
        """)
        self.assertEqual((run.returncode, run.stderr), (0, ""))

    @unittest.skipUnless(
        importlib.util.find_spec("pyarrow"), "pyarrow is not installed, and Debian has no package of it"
    )
    def test_pyarrow_reads_it(self):
        import pyarrow

        table = pyarrow.table(self.everything("m"))
        self.assertEqual(table.column("value").to_pylist(), [1.5, -2.0, 0.0])
        self.assertEqual(table.column("k").to_pylist(), ["\u00e4", "b", None])
        self.assertEqual(str(table.schema.field("timestamp").type), "timestamp[ms, tz=UTC]")
        table.validate(full=True)


if __name__ == "__main__":
    unittest.main()
