"""Columns on their way in: what arrays the library can read as they are, and what the others are made of."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple, Union

import numpy as np
import numpy.typing as npt

from ._times import instant_ms

Timestamps = npt.NDArray[np.int64]
Values = npt.NDArray[np.float64]
Codes = npt.NDArray[np.int64]


_INT64, _FLOAT64 = np.dtype(np.int64), np.dtype(np.float64)


def address(array: npt.NDArray[Any]) -> int:
    """Where an array begins. It has to live on while the library reads it."""
    buffer: Any = array
    try:
        return ctypes.addressof(ctypes.c_char.from_buffer(buffer))  # Four times as quick as what follows.
    except (TypeError, ValueError):  # It cannot be written, or is empty.
        begin: int = array.__array_interface__["data"][0]
        return begin


def timestamps_of(column: Any, what: str = "timestamps") -> Timestamps:
    """Unix milliseconds. Without a copy: a contiguous array of int64 or datetime64[ms]."""
    if type(column) is np.ndarray and column.dtype is _INT64 and column.strides == (8,):
        return column
    kind = getattr(column, "dtype", None)
    if getattr(kind, "tz", None) is not None:  # Of pandas; as an array it would be one of Python objects.
        column = column.to_numpy(dtype="datetime64[ns]")
    array = _array(column, what)
    if array.dtype.kind == "M":
        array = np.ascontiguousarray(array, dtype="datetime64[ms]").view(np.int64)
    elif array.dtype.kind in "iu" and (array.dtype != np.uint64 or array.size == 0 or array.max() < 2**63):
        array = np.ascontiguousarray(array, dtype=np.int64)
    elif array.dtype.kind == "O" or array.size == 0:
        array = np.array([instant_ms(entry, f"{what}[{i}]") for i, entry in enumerate(array)], dtype=np.int64)
    else:
        raise TypeError(
            f"{what} are {array.dtype}: they have to be integers (Unix milliseconds), datetime64, or datetimes with "
            "a time zone"
        )
    return array


def values_of(column: Any, what: str = "values") -> Values:
    """Numbers. Without a copy: a contiguous array of float64."""
    if type(column) is np.ndarray and column.dtype is _FLOAT64 and column.strides == (8,):
        return column
    kind = getattr(column, "dtype", None)
    if hasattr(kind, "na_value") and getattr(kind, "kind", "O") in "fiub":  # Nullable, of pandas.
        column = column.to_numpy(dtype=np.float64, na_value=np.nan)
    array = _array(column, what)
    if array.dtype.kind == "O":
        for i, entry in enumerate(array):
            if not isinstance(entry, (int, float, np.number)) or isinstance(entry, (complex, np.complexfloating)):
                raise TypeError(f"{what}[{i}] is {entry!r} ({type(entry).__name__}), not a number")
    elif array.dtype.kind not in "fiub" and array.size != 0:
        raise TypeError(f"{what} are {array.dtype}: they have to be numbers")
    try:
        return np.ascontiguousarray(array, dtype=np.float64)
    except OverflowError as error:  # An int beyond any float.
        raise ValueError(f"{what}: {error}") from None


def _array(column: Any, what: str) -> npt.NDArray[Any]:
    if isinstance(column, np.ma.MaskedArray):
        raise TypeError(f"{what} is a masked array: give it without what is masked, as in {what}.compressed()")
    if isinstance(column, (str, bytes)):
        raise TypeError(f"{what} is {column!r}: it has to be an array or a list")
    if isinstance(column, (list, tuple)) and any(isinstance(entry, str) for entry in column):
        raise TypeError(f"{what} has texts in it: it has to be numbers or times")
    if isinstance(column, (list, tuple)) and any(hasattr(entry, "tzinfo") for entry in column):
        array = np.empty(len(column), dtype=object)  # numpy would drop the time zone.
        array[:] = column
    else:
        array = np.asarray(column)
    if array.ndim != 1:
        raise ValueError(f"{what} has the shape {array.shape}: it has to have one dimension")
    return array


def text_of(key: str, value: Any) -> str:
    """A dimension value: a text, or an integer in decimal digits."""
    if isinstance(value, str):
        return value
    if isinstance(value, (int, np.integer)) and not isinstance(value, bool):
        return str(value)
    raise TypeError(f"dimension {key!r} is {value!r} ({type(value).__name__}): it has to be a text or an integer")


class Factors(NamedTuple):
    """A column as positions in a list of what is in it; -1 where it is missing."""

    codes: Codes
    texts: list[str]


def factors_of(key: str, column: Any) -> Factors:
    """A column of dimension values: texts or integers; None, NaN and NA are missing. A Categorical is so already."""
    held = getattr(column, "array", column)  # By a pandas.Series.
    if hasattr(held, "codes") and hasattr(held, "categories"):
        codes, found = np.asarray(held.codes, dtype=np.int64), list(held.categories)
    elif hasattr(column, "factorize"):  # Columns of pandas tell apart what is in them without sorting it.
        import pandas

        short_codes, uniques = pandas.factorize(column)
        codes, found = short_codes.astype(np.int64), list(uniques)
    elif isinstance(column, np.ndarray) and column.dtype.kind in "iu":
        uniques, codes = np.unique(column, return_inverse=True)
        found = list(uniques)
    else:
        codes, found = _told_apart(column if hasattr(column, "__len__") else list(column))
    for entry in found:
        if isinstance(entry, (float, np.floating)):
            raise TypeError(
                f"dimension {key!r} has the number {entry!r}: make it texts, or integers; a column of integers with "
                'gaps becomes one of floats in pandas, and .astype("Int64") gives them back'
            )
    return Factors(codes, [text_of(key, entry) for entry in found])


def _told_apart(column: Any) -> tuple[Codes, list[Any]]:
    known: dict[Any, int] = {}
    for how in ("tolist", "to_list", "to_pylist"):  # Of numpy, polars and pyarrow.
        if hasattr(column, how):
            column = getattr(column, how)()
            break
    entries = list(column)
    codes = np.fromiter((known.setdefault(entry, len(known)) for entry in entries), dtype=np.int64, count=len(entries))
    found = list(known)
    missing = [entry is None or entry != entry for entry in found]
    if any(missing):
        renumbered = np.cumsum(~np.array(missing)) - 1
        renumbered[missing] = -1
        codes = renumbered[codes]
        found = [entry for entry, gone in zip(found, missing) if not gone]
    return codes, found


class Texts:
    """The series of luminate_batch_append_columns(): runs of texts, one behind the other."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []
        self._series_ends: list[int] = []

    def add(self, run: list[bytes]) -> None:
        self._pieces += run
        self._series_ends.append(len(self._pieces))

    def __len__(self) -> int:
        return len(self._series_ends)

    def arguments(self) -> tuple[bytes, Any, int, Any, int]:
        ends = np.cumsum(np.fromiter(map(len, self._pieces), dtype=np.uintp, count=len(self._pieces)), dtype=np.uintp)
        series_ends = np.array(self._series_ends, dtype=np.uintp)
        return (
            b"".join(self._pieces),
            ends.ctypes.data_as(ctypes.c_void_p),  # Which keep their arrays alive.
            len(self._pieces),
            series_ends.ctypes.data_as(ctypes.c_void_p),
            len(self._series_ends),
        )


def encoded(text: str) -> bytes:
    if not isinstance(text, str):
        raise TypeError(f"{text!r} ({type(text).__name__}) is no text")
    return text.encode("utf-8", "surrogatepass")


def run_of(metric: str, dimensions: Mapping[str, Any]) -> list[bytes]:
    """A series as a run of texts."""
    run = [encoded(metric)]
    for key, value in dimensions.items():
        run += (encoded(key), encoded(text_of(key, value)))
    return run


class Rows:
    """Points of one metric by columns, told apart into series."""

    def __init__(self, metric: str, timestamps: Any, values: Any, dimensions: Mapping[str, Any]) -> None:
        self.timestamps = timestamps_of(timestamps)
        self.values = values_of(values)
        self._metric = encoded(metric)
        self._columns = [
            (encoded(key), factors.codes, [encoded(text) for text in factors.texts])
            for key, factors in ((key, factors_of(key, column)) for key, column in dimensions.items())
        ]
        for what, length in [("values", len(self.values))] + [
            (f"dimension {key.decode()!r}", len(codes)) for key, codes, _ in self._columns
        ]:
            if length != len(self.timestamps):
                raise ValueError(f"{what} has {length} entries, and timestamps {len(self.timestamps)}")
        self._series, self._examples = _combined(
            [(codes, len(texts)) for _, codes, texts in self._columns], len(self.values)
        )

    def without_nan(self) -> npt.NDArray[np.int64]:
        """Keeps the rows that have a value, and tells which they are."""
        rows = np.flatnonzero(~np.isnan(self.values))
        if len(rows) != len(self.values):
            self.timestamps, self.values = self.timestamps[rows], self.values[rows]
            series = self._series[rows]
            first, self._series = _numbered(series, len(self._examples))
            self._examples = self._examples[series[first]]
        return rows

    def __len__(self) -> int:
        return len(self.values)

    def pieces(self, size: int) -> Iterator[tuple[int, Texts, npt.NDArray[np.uint32], Timestamps, Values]]:
        """At most `size` rows a time: where they begin, the series among them, and three columns."""
        if 0 < len(self) <= size:
            yield 0, self._texts(self._examples), self._series.astype(np.uint32), self.timestamps, self.values
            return
        place = np.empty(len(self._examples), dtype=np.int64)
        for begin in range(0, len(self), size):
            series = self._series[begin : begin + size]
            order = np.arange(len(series))
            place[series] = order  # Of rows of one series the last one stays.
            present = series[place[series] == order]
            place[present] = np.arange(len(present))
            yield (
                begin,
                self._texts(self._examples[present]),
                place[series].astype(np.uint32),
                self.timestamps[begin : begin + size],
                self.values[begin : begin + size],
            )

    def _texts(self, rows: Codes) -> Texts:
        """The series of these rows."""
        texts = Texts()
        codes_by_column = [codes[rows].tolist() for _, codes, _ in self._columns]
        for codes in zip(*codes_by_column) if codes_by_column else [()] * len(rows):
            run = [self._metric]
            for code, (key, _, known) in zip(codes, self._columns):
                if code >= 0:
                    run += (key, known[code])
            texts.add(run)
        return texts


def _combined(columns: list[tuple[Codes, int]], rows: int) -> tuple[Codes, Codes]:
    """Rows by the combination of their codes: the number of each, and of every number a row that has it."""
    keys, bound = np.zeros(rows, dtype=np.int64), 1
    for codes, distinct in columns:
        if bound * (distinct + 1) > _table_size(rows):
            examples, keys = _numbered(keys, bound)
            bound = len(examples)
        keys = keys * (distinct + 1) if bound > 1 else keys
        keys += codes
        keys += 1
        bound *= distinct + 1
    examples, keys = _numbered(keys, bound)
    return keys, examples


def _table_size(rows: int) -> int:
    """How many entries a table may have that spares sorting so many rows."""
    return 4 * rows + 1_000_000


def _numbered(keys: Codes, bound: int) -> tuple[Codes, Codes]:
    """For keys below `bound`: a row of each that occurs, and each key's position among them."""
    if bound > _table_size(len(keys)):
        _, examples, numbers = np.unique(keys, return_index=True, return_inverse=True)
        return examples, numbers
    row = np.full(bound, -1, dtype=np.int64)
    row[keys] = np.arange(len(keys))
    present = np.flatnonzero(row >= 0)
    examples = row[present]
    row[present] = np.arange(len(present))
    return examples, row[keys]


Column = Union[npt.ArrayLike, Any]
"""What numpy makes an array of, or a column of a data frame."""
