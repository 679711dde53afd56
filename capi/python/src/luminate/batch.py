"""Points on their way in."""

from __future__ import annotations

import ctypes
import threading
import time
from collections.abc import Iterable, Mapping
from typing import Any, Optional, Union

import numpy as np

from . import _ffi
from ._columns import (
    Column,
    Rows,
    Texts,
    address,
    run_of,
    text_of,
    timestamps_of,
    values_of,
)
from ._ffi import check, lib
from ._times import Instant, instant_ms

Point = Union[Mapping[str, Any], "tuple[Any, ...]"]
"""A point by itself: {"name": "api_latency", "timestamp": ..., "value": 12.5, "dimensions": {"customer_id": "c1"}}, or
("api_latency", timestamp, 12.5, {"customer_id": "c1"}). Without a timestamp (or with None) it is of now; the dimensions
may be left out."""

_LAST_SERIES = 2**32 - 1  # ctypes would leave off what is above.
_FIELDS = ("name", "timestamp", "value", "dimensions")


class Batch:
    """Points to be written together: `store.write(batch)` stores all of its good ones, or none.

        batch = luminate.Batch()
        series = batch.series("api_latency", customer_id="c1", region="eu")
        batch.append(series, timestamps, values)          # two arrays, read where they are
        batch.add(series, datetime.now(timezone.utc), 12.5)
        store.write(batch)
        batch.clear()                                     # and use it again: it keeps its memory

    Anything may be added; what breaks a rule of the data model is refused point by point when the batch is written.
    What is added is copied into the batch in the library's own form: arrays may change afterwards. A batch may be used
    by several threads, one of which waits for the other.

    Args:
        points: points to begin with, as of extend().
    """

    def __init__(self, points: Iterable[Point] = ()) -> None:
        self._handle = _ffi.created("batch")
        self._lock = threading.Lock()  # The library lets one thread at a time use a batch.
        # A batch is used again and again, mostly for the same series. These spare it what took most of the time: what
        # the library is asked with for a series, and what it said since the last clear().
        self._asked: dict[Any, tuple[Any, ...]] = {}
        self._numbers: dict[Any, int] = {}
        self._number = ctypes.c_uint32()
        self.extend(points)

    def series(self, metric: str, dimensions: Optional[Mapping[str, Any]] = None, /, **more: Any) -> int:
        """The number by which this batch knows the series of `metric` with these dimensions, until it is cleared. The
        same series gets the same number. Dimensions are a mapping, keywords or both; values are texts, or integers,
        which become texts."""
        named = {**(dimensions or {}), **more} if more else dimensions or {}
        key = (metric, *named.items())
        try:
            known = self._numbers.get(key)
        except TypeError:  # A value that cannot be one, and is about to be refused.
            known = None
        return self._series(key, metric, named) if known is None else known

    def _series(self, key: Any, metric: str, named: Mapping[str, Any]) -> int:
        with self._lock:
            asked = self._asked.get(key) if self._asked else None
            if asked is None:
                values = [text_of(name, value) for name, value in named.items()]
                asked = (
                    *_ffi.text(metric),
                    *_texts(list(named)),
                    *_texts(values),
                    len(values),
                    ctypes.byref(self._number),
                )
                # Integers are not to be taken for True, or 1.0, which are equal to them.
                if any(type(value) is not str for value in named.values()):
                    check(lib.luminate_batch_series, self._handle, *asked)
                    return self._number.value
                if len(self._asked) >= _MOST_ASKED:
                    self._asked.clear()
                self._asked[key] = asked
            check(lib.luminate_batch_series, self._handle, *asked)
            number = self._numbers[key] = self._number.value
            return number

    def add(self, series: int, timestamp: Instant, value: float) -> None:
        """Adds a point of a series of this batch."""
        if not 0 <= series <= _LAST_SERIES:
            raise ValueError(f"series is {series}: it has to be a number that series() of this batch gave")
        with self._lock:
            check(lib.luminate_batch_add, self._handle, series, instant_ms(timestamp), value)

    def append(self, series: int, timestamps: Column, values: Column) -> None:
        """Adds a column of points of one series.

        The library reads contiguous arrays of int64 (Unix milliseconds) or datetime64[ms], and of float64, where they
        are. Others are converted first: other integers, datetime64 of other units (fractions of a millisecond are cut
        off, downwards), datetimes with a time zone, other numbers, arrays with gaps, lists, columns of data frames.
        What is no time or no number is a TypeError.
        """
        when, what = timestamps_of(timestamps), values_of(values)
        if len(when) != len(what):
            raise ValueError(f"values has {len(what)} entries, and timestamps {len(when)}")
        if not 0 <= series <= _LAST_SERIES:
            raise ValueError(f"series is {series}: it has to be a number that series() of this batch gave")
        with self._lock:
            check(lib.luminate_batch_append, self._handle, series, address(when), address(what), len(what))

    def append_columns(
        self,
        metric: str,
        timestamps: Column,
        values: Column,
        dimensions: Optional[Mapping[str, Column]] = None,
    ) -> None:
        """Adds points of many series of one metric: a column of times, one of values, and one for each dimension, in
        which None and NaN mean that the series lacks it. Of dimensions, a pandas.Categorical is the quickest, as it is
        told apart into distinct texts already.

            batch.append_columns("api_latency", times, latencies, {"customer_id": ["c1", "c2", ...], "region": regions})
        """
        rows = Rows(metric, timestamps, values, dimensions or {})
        for _, texts, series, when, what in rows.pieces(max(1, len(rows))):
            self._append(texts, series, when, what)

    def extend(self, points: Iterable[Point]) -> None:
        """Adds points one by one, from mappings or tuples (`Point`). For many of them columns are quicker."""
        numbers: dict[Any, int] = {}
        texts = Texts()
        series: list[int] = []
        timestamps: list[int] = []
        values: list[float] = []
        now_ms = time.time_ns() // 1_000_000
        for index, point in enumerate(points):
            metric, timestamp, value, dimensions = _fields(index, point)
            key = (metric, *dimensions.items())
            try:
                number = numbers.get(key)
                if number is None:
                    texts.add(run_of(metric, dimensions))
                    number = numbers[key] = len(texts) - 1
                if isinstance(value, (str, bytes)) or isinstance(timestamp, float):
                    raise TypeError("value has to be a number" if isinstance(value, (str, bytes)) else _WHEN)
                timestamps.append(now_ms if timestamp is None else instant_ms(timestamp, "timestamp"))
                values.append(float(value))
            except OverflowError as error:  # An int beyond any float.
                raise ValueError(f"points[{index}]: {error}") from None
            except (TypeError, ValueError, AttributeError) as error:
                raise type(error)(f"points[{index}]: {error}") from None
            series.append(number)
        if series:
            self._append(
                texts,
                np.array(series, dtype=np.uint32),
                np.array(timestamps, dtype=np.int64),
                np.array(values, dtype=np.float64),
            )

    def clear(self) -> None:
        """Empties the batch and keeps its memory. Series have to be named anew."""
        with self._lock:
            lib.luminate_batch_clear(self._handle)
            self._numbers.clear()

    def __len__(self) -> int:
        """The number of points."""
        with self._lock:
            return int(lib.luminate_batch_size(self._handle))

    def __repr__(self) -> str:
        return f"<luminate.Batch of {len(self)} points>"

    def _append(self, texts: Texts, series: Any, timestamps: Any, values: Any) -> None:
        with self._lock:
            check(
                lib.luminate_batch_append_columns,
                self._handle,
                *texts.arguments(),
                address(series),
                address(timestamps),
                address(values),
                len(values),
            )


_MOST_ASKED = 4096

_WHEN = "timestamp has to be Unix milliseconds as an int, or a datetime; time.time() are seconds as a float"


def _texts(given: list[str]) -> tuple[Any, Any]:
    """Texts as an array of pointers and one of sizes."""
    raw = [text.encode("utf-8", "surrogatepass") for text in given]
    return (ctypes.c_char_p * len(raw))(*raw), (ctypes.c_size_t * len(raw))(*map(len, raw))


def _fields(index: int, point: Point) -> tuple[str, Any, Any, Mapping[str, Any]]:
    if isinstance(point, Mapping):
        for field in point:
            if field not in _FIELDS:
                raise TypeError(f"points[{index}] has the field {field!r}: there are {', '.join(_FIELDS)}")
        if "name" not in point or "value" not in point:
            raise TypeError(f"points[{index}] has no {'value' if 'name' in point else 'name'}")
        found: tuple[Any, ...] = (
            point["name"],
            point.get("timestamp"),
            point["value"],
            point.get("dimensions"),
        )
    elif isinstance(point, tuple) and 3 <= len(point) <= 4:
        found = point if len(point) == 4 else (*point, None)
    else:
        raise TypeError(
            f"points[{index}] is {point!r}: it has to be (metric, timestamp, value, dimensions) or a mapping with "
            "name, timestamp, value and dimensions"
        )
    metric, timestamp, value, dimensions = found
    if not isinstance(metric, str):
        raise TypeError(f"points[{index}]: the name is {metric!r}: it has to be a text")
    if dimensions is not None and not isinstance(dimensions, Mapping):
        raise TypeError(f"points[{index}]: the dimensions are {dimensions!r}: they have to be a mapping")
    return metric, timestamp, value, dimensions or {}
