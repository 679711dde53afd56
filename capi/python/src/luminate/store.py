"""Stores: the way in."""

from __future__ import annotations

import atexit
import ctypes
import datetime
import os
import re
import weakref
from collections.abc import Iterable, Mapping
from types import TracebackType
from typing import Any, Callable, Optional, Union

from . import _ffi
from ._call import Call, call_of, interruptible
from ._columns import Rows
from ._ffi import check, lib
from ._times import MAX_MS, MIN_MS, Duration, Timeout, duration_ms, instant_ms
from .batch import Batch, Point
from .errors import LuminateError
from .options import option_value, options_handle
from .query import Between, Query, query_of
from .report import Refusals, WriteReport
from .result import Result
from .stream import Stream

_FORMAT_JSON = 1  # LUMINATE_FORMAT_JSON of the header.
_open_stores: weakref.WeakSet[_ffi.Handle] = weakref.WeakSet()


@atexit.register
def _close_all() -> None:
    """Closes what is still open when the interpreter ends: afterwards the library calls no logger any more."""
    for handle in list(_open_stores):
        try:
            check(lib.luminate_store_close, handle)
        except LuminateError:  # Of a forked child, say. There is nobody to tell.
            pass


def open(url: Union[str, os.PathLike[str]], options: Optional[Mapping[str, Any]] = None, /, **more: Any) -> Store:
    """Opens a store, and creates it if need be.

        with luminate.open("sqlite:metrics.db") as store: ...
        luminate.open("sqlite:metrics.db?mode=ro")                     # another process may be writing
        luminate.open("postgresql://user@host/database")
        luminate.open("memory:")                                       # gone with the last handle
        luminate.open(pathlib.Path("metrics.db"))                      # as "sqlite:metrics.db"
        luminate.open("memory:", {"query_limits.max_result_points": 100_000})
        luminate.open("memory:", query_limits={"max_result_points": 100_000}, batch_write={"max_age": "365d"})

    What the library has to say goes to logging.getLogger("luminate").

    Args:
        url: which store.
        options: how, by the keys of luminate.options(), whole or in sections; values are texts, numbers, booleans or
            timedeltas.
        more: the same by name.

    Raises:
        InvalidOption: there is no such option, value or kind of store.
        StorageLocked: another process, or another open store, writes it.
        StorageVersion, StorageUnavailable, StorageCorrupt.
    """
    if isinstance(url, os.PathLike):
        url = f"sqlite:{os.fspath(url)}"
    if not isinstance(url, str):
        raise TypeError(f'the URL is {url!r}: it has to be a text such as "sqlite:metrics.db", or a path')
    settings = options_handle({**(options or {}), **more})
    handle = _ffi.created("store", *_ffi.text(url), settings, by="open")
    return Store(handle, _without_password(url), "", int(option_value(settings, "batch_write.max_batch_size")))


class Store:
    """An open metrics store. `luminate.open()` makes them.

    Any number of threads may use one at the same time; the GIL is free while the library works. A store closes at the
    end of its `with` block, by close(), or when nothing refers to it any more. After that every call raises
    StoreClosed, as it does in a forked child: open the store again there.

    What may take long can be given `timeout` (seconds, a timedelta or a text such as "500ms"; then it ends with
    QueryTimeout) or `call` (a luminate.Call, by which another thread can cancel it). Ctrl-C ends it too.
    """

    def __init__(self, handle: _ffi.Handle, url: str, tenant: str, max_batch_size: int) -> None:
        """Use luminate.open()."""
        self._handle, self._url, self._tenant, self._max_batch_size = handle, url, tenant, max_batch_size
        _open_stores.add(handle)

    def tenant(self, tenant: str) -> Store:
        """The store as a tenant sees it: writes, reads, counts and deletes touch that tenant's data only. A store
        without a tenant is a space of its own too. Both are one open store: closing either closes both."""
        handle = _ffi.created("store", self._handle, *_ffi.text(tenant), by="tenant")
        return Store(handle, self._url, tenant, self._max_batch_size)

    def close(self) -> None:
        """Finishes what is under way, but for streams, which end here, and releases the storage, for all handles of
        this open store. Again is harmless."""
        check(lib.luminate_store_close, self._handle)

    def __enter__(self) -> Store:
        return self

    def __exit__(
        self,
        kind: Optional[type[BaseException]],
        error: Optional[BaseException],
        traceback: Optional[TracebackType],
    ) -> None:
        self.close()

    # ---- Writing ----

    def write(
        self,
        points: Union[Batch, Iterable[Point]],
        *,
        timeout: Optional[Timeout] = None,
        call: Optional[Call] = None,
    ) -> WriteReport:
        """Stores the good points of a batch, all of them or none, durably before it returns. A point with the series
        and the timestamp of an earlier one replaces it.

            store.write([("api_latency", now, 12.5, {"customer_id": "c1"}),
                         {"name": "api_latency", "value": 13.5, "dimensions": {"customer_id": "c2"}}])
            store.write(batch)

        Bad points are no error: the report says which they are, and raise_for_refused() makes one of them.

        Raises:
            BatchTooLarge: more points than the option batch_write.max_batch_size allows.
            StorageUnavailable: which may be `in_doubt`; writing the same again is harmless.
        """
        batch = points if isinstance(points, Batch) else Batch(points)
        with batch._lock:
            return self._written(lib.luminate_store_write, batch._handle, timeout=timeout, call=call)

    def write_json(
        self, body: Union[str, bytes], *, timeout: Optional[Timeout] = None, call: Optional[Call] = None
    ) -> WriteReport:
        """Decodes and writes the JSON of docs/http-api.md, {"metrics": [{name, timestamp, value, dimensions}, ...]};
        else as write(). InvalidRequest, with the field and the index of the point, for what is not of this form."""
        raw = body.encode("utf-8", "surrogatepass") if isinstance(body, str) else bytes(body)
        return self._written(lib.luminate_store_write_bytes, _FORMAT_JSON, raw, len(raw), timeout=timeout, call=call)

    def write_frame(
        self,
        frame: Any,
        *,
        metric: str,
        value: str,
        time: Optional[str] = None,
        dimensions: Iterable[str] = (),
        skip_missing: bool = False,
        batch_size: Optional[int] = None,
        timeout: Optional[Timeout] = None,
        call: Optional[Call] = None,
    ) -> WriteReport:
        """Writes the rows of a data frame as points of one metric.

            store.write_frame(df, metric="api_latency", time="when", value="latency_ms", dimensions=["customer_id"])

        Columns go in as columns: no Python object is made of a cell, and a categorical column of dimensions is the
        quickest. Frames larger than a batch may be are written in several; if one fails, those before it are stored.
        The timeout is that of each.

        Args:
            frame: a pandas.DataFrame, a polars.DataFrame, or any mapping of columns.
            metric: the name of the metric.
            value: the column of values.
            time: the column of times (UTC, if they have no time zone); None: the index of the frame.
            dimensions: the columns of dimensions: texts or integers. Where one is missing the series lacks it.
            skip_missing: leave out rows without a value, which are refused otherwise.
            batch_size: rows of a batch; None: as many as the store takes.

        Returns:
            One report for all; refused points by the position of their rows.
        """
        if isinstance(dimensions, str):
            dimensions = [dimensions]
        if batch_size is not None and batch_size < 1:
            raise ValueError(f"batch_size is {batch_size}: it has to be an int from 1")
        times = frame.index if time is None else frame[time]
        rows = Rows(metric, times, frame[value], {str(key): frame[key] for key in dimensions})
        kept = rows.without_nan() if skip_missing else None
        accepted, tables = 0, []
        for begin, texts, series, when, what in rows.pieces(batch_size or self._max_batch_size):
            batch = Batch()
            batch._append(texts, series, when, what)
            report = self.write(batch, timeout=timeout, call=call)
            accepted += report.accepted
            tables += [(begin, table) for _, table in report.refused._tables]
        return WriteReport(accepted, Refusals(tables, kept))

    # ---- Queries ----

    def query(
        self,
        query: Union[Query, Mapping[str, Any]],
        *,
        timeout: Optional[Timeout] = None,
        call: Optional[Call] = None,
    ) -> Result:
        """Runs a query over one consistent snapshot. A dict is taken for the JSON form of docs/queries.md. The columns
        of the answer stand at Query.range(), Query.aggregate() and Query.rate(); a dimension of the same name as another
        column is called "dimension." and its name.

        Raises:
            InvalidQuery, QueryTimeout, ResultLimitExceeded, Cancelled.
        """
        return self._table(lib.luminate_store_query, query_of(query)._handle(), timeout=timeout, call=call)

    def stream(
        self,
        query: Union[Query, Mapping[str, Any]],
        *,
        timeout: Optional[Timeout] = None,
        call: Optional[Call] = None,
    ) -> Stream:
        """The answer to a range query piece by piece, for answers that are not to be held as a whole. All pieces
        together are one moment; `timeout` and `call` hold from here to the last piece.

            with store.stream(Query.range("api_latency", last="7d")) as pieces:
                for piece in pieces:
                    piece.to_pandas()
        """
        one = call_of(timeout, call)
        handle = query_of(query)._handle()

        def work() -> Stream:
            stream = ctypes.c_void_p()
            check(lib.luminate_store_stream, self._handle, handle, one._handle, ctypes.byref(stream))
            return Stream(_ffi.Handle(stream, lib.luminate_stream_destroy), one)

        return interruptible(work, one)

    # ---- What is there ----

    def metrics(
        self,
        *,
        prefix: str = "",
        limit: int = 1000,
        between: Optional[Between] = None,
        timeout: Optional[Timeout] = None,
        call: Optional[Call] = None,
    ) -> list[str]:
        """The names of metrics that start with `prefix`, sorted, at most `limit`; of what has samples in the range
        [start, end) `between`, or, without it, of whatever the store knows."""
        return self._names(lib.luminate_store_metrics, prefix, limit, between, timeout=timeout, call=call)

    def dimension_keys(
        self,
        metric: str,
        *,
        prefix: str = "",
        limit: int = 1000,
        between: Optional[Between] = None,
        timeout: Optional[Timeout] = None,
        call: Optional[Call] = None,
    ) -> list[str]:
        """The dimensions of a metric, likewise. A metric that nobody wrote has none."""
        return self._names(
            lib.luminate_store_dimension_keys, prefix, limit, between, *_ffi.text(metric), timeout=timeout, call=call
        )

    def dimension_values(
        self,
        metric: str,
        key: str,
        *,
        prefix: str = "",
        limit: int = 1000,
        between: Optional[Between] = None,
        timeout: Optional[Timeout] = None,
        call: Optional[Call] = None,
    ) -> list[str]:
        """The values of a dimension, likewise, but by the number of series that carry them, the most first."""
        named = (*_ffi.text(metric), *_ffi.text(key))
        return self._names(
            lib.luminate_store_dimension_values, prefix, limit, between, *named, timeout=timeout, call=call
        )

    def series_count(
        self, metric: Optional[str] = None, *, timeout: Optional[Timeout] = None, call: Optional[Call] = None
    ) -> int:
        """The number of series of a metric; without one, of all."""
        return self._number(
            ctypes.c_uint64, lib.luminate_store_series_count, *_optional(metric), timeout=timeout, call=call
        )

    def cardinality(
        self,
        metric: Optional[str] = None,
        *,
        limit: int = 10,
        timeout: Optional[Timeout] = None,
        call: Optional[Call] = None,
    ) -> Result:
        """Where the series are: `metric`, `key`, `value`, `values`, `series`. For each of the heaviest metrics (or the
        one given) a row without key and value; for each of the keys with most values a row without value; for each of
        the values that most series carry a row. At most `limit` of each kind."""
        return self._table(lib.luminate_store_cardinality, *_optional(metric), _limit(limit), timeout=timeout, call=call)

    def tenants(self, *, limit: int = 1000, timeout: Optional[Timeout] = None, call: Optional[Call] = None) -> Result:
        """The tenants that have data, by the number of their series: `tenant` ("" is the space without a tenant),
        `metrics`, `series`. Narrowed to a tenant: none but it."""
        return self._table(lib.luminate_store_tenants, _limit(limit), timeout=timeout, call=call)

    def statistics(self, *, timeout: Optional[Timeout] = None, call: Optional[Call] = None) -> dict[str, int]:
        """About the whole store, all tenants together: file_bytes, free_bytes, log_bytes, metrics, series, segments,
        and samples, as stored: overwritten ones count until they are merged."""
        return self._table(lib.luminate_store_statistics, timeout=timeout, call=call).row(0)

    def health(self, *, timeout: Optional[Timeout] = None, call: Optional[Call] = None) -> dict[str, Any]:
        """{"healthy": True, "backend": "sqlite", "status": "ok"}; the status says what is wrong. No error is raised
        where the store is not healthy."""
        found = self._table(lib.luminate_store_health, timeout=timeout, call=call).row(0)
        return {**found, "healthy": bool(found["healthy"])}

    # ---- Deleting and keeping ----

    def remove(
        self,
        what: Union[Query, str],
        *,
        dry_run: bool = False,
        timeout: Optional[Timeout] = None,
        call: Optional[Call] = None,
    ) -> int:
        """Deletes samples, durably, and returns how many; series without samples are forgotten.

            store.remove(Query.range("api_latency", between=(start, end), where={"customer_id": "c1"}))
            store.remove(Query.range("api_latency", between=(None, end)))
            store.remove("api_latency")                                    # all of them

        Args:
            what: a range query with `between` and filters and nothing else; or a metric: all of its samples.
            dry_run: count, and delete nothing.
        """
        query = Query.range(what, between=(None, None)) if isinstance(what, str) else query_of(what)
        return self._number(
            ctypes.c_uint64, lib.luminate_store_remove, query._handle(), int(dry_run), timeout=timeout, call=call
        )

    def set_retention(
        self,
        pattern: str,
        keep: Optional[Duration],
        *,
        timeout: Optional[Timeout] = None,
        call: Optional[Call] = None,
    ) -> None:
        """How long metrics are kept whose name is `pattern`, in which * stands for any text; None: for ever. Of the
        policies that fit a metric the one with the longest pattern holds."""
        keep_ms = 0 if keep is None else duration_ms(keep, "keep")
        if keep is not None and keep_ms == 0:
            raise ValueError("keep is no time at all; None keeps for ever")
        self._do(lib.luminate_store_set_retention, *_ffi.text(pattern), keep_ms, timeout=timeout, call=call)

    def remove_retention(self, pattern: str, *, timeout: Optional[Timeout] = None, call: Optional[Call] = None) -> bool:
        """Forgets a policy. Returns whether there was one."""
        found = self._number(
            ctypes.c_int32, lib.luminate_store_remove_retention, *_ffi.text(pattern), timeout=timeout, call=call
        )
        return bool(found)

    def retention(
        self, *, timeout: Optional[Timeout] = None, call: Optional[Call] = None
    ) -> dict[str, Optional[datetime.timedelta]]:
        """The policies of this store's tenant: how long metrics are kept, by the pattern; None is for ever."""
        table = self._table(lib.luminate_store_retention, timeout=timeout, call=call)
        return {
            row["pattern"]: datetime.timedelta(milliseconds=row["keep_ms"]) if row["keep_ms"] else None for row in table
        }

    def enforce_retention(self, *, timeout: Optional[Timeout] = None, call: Optional[Call] = None) -> int:
        """Drops now what the policies let go, instead of at the next clean-up. Returns the number of samples."""
        return self._number(ctypes.c_uint64, lib.luminate_store_enforce_retention, timeout=timeout, call=call)

    def compact(self, *, timeout: Optional[Timeout] = None, call: Optional[Call] = None) -> None:
        """Merges what was written into as few segments as there can be and gives free space back. It happens by itself
        in time."""
        self._do(lib.luminate_store_compact, timeout=timeout, call=call)

    def backup(
        self,
        path: Union[str, os.PathLike[str]],
        *,
        overwrite: bool = False,
        timeout: Optional[Timeout] = None,
        call: Optional[Call] = None,
    ) -> None:
        """Copies the store of one moment into a new file that can be opened as a store, while writes go on, and checks
        the copy. InvalidRequest for a store that has no file, and for a target that exists unless `overwrite`."""
        target = os.fsencode(path)
        self._do(lib.luminate_store_backup, target, len(target), int(overwrite), timeout=timeout, call=call)

    def __repr__(self) -> str:
        return f"<luminate.Store {self._url}{f' of tenant {self._tenant!r}' if self._tenant else ''}>"

    def __reduce__(self) -> tuple[Any, ...]:
        raise TypeError("a luminate.Store cannot be pickled: another process has to open the store itself")

    # ---- What all of these are made of ----

    def _do(
        self, function: Callable[..., int], *arguments: Any, timeout: Optional[Timeout], call: Optional[Call]
    ) -> None:
        one = call_of(timeout, call)
        interruptible(lambda: check(function, self._handle, *arguments, one._handle), one)

    def _table(
        self, function: Callable[..., int], *arguments: Any, timeout: Optional[Timeout], call: Optional[Call]
    ) -> Result:
        one = call_of(timeout, call)

        def work() -> Result:
            table = ctypes.c_void_p()
            check(function, self._handle, *arguments, one._handle, ctypes.byref(table))
            return Result(_ffi.Handle(table, lib.luminate_result_destroy))

        return interruptible(work, one)

    def _number(
        self, kind: Any, function: Callable[..., int], *arguments: Any, timeout: Optional[Timeout], call: Optional[Call]
    ) -> int:
        one = call_of(timeout, call)
        number = kind()
        interruptible(lambda: check(function, self._handle, *arguments, one._handle, ctypes.byref(number)), one)
        return int(number.value)

    def _names(
        self,
        function: Callable[..., int],
        prefix: str,
        limit: int,
        between: Optional[Between],
        *named: Any,
        timeout: Optional[Timeout],
        call: Optional[Call],
    ) -> list[str]:
        start, end = between or (None, None)
        table = self._table(
            function,
            *named,
            *_ffi.text(prefix),
            _limit(limit),
            MIN_MS if start is None else instant_ms(start, "start"),
            MAX_MS if end is None else instant_ms(end, "end"),
            timeout=timeout,
            call=call,
        )
        return [name or "" for name in table["name"]]

    def _written(
        self, function: Callable[..., int], *arguments: Any, timeout: Optional[Timeout], call: Optional[Call]
    ) -> WriteReport:
        one = call_of(timeout, call)

        def work() -> WriteReport:
            accepted, refused = ctypes.c_uint64(), ctypes.c_void_p()
            check(function, self._handle, *arguments, one._handle, ctypes.byref(accepted), ctypes.byref(refused))
            table = _ffi.owned("result", refused)
            return WriteReport(accepted.value, Refusals([(0, Result(table))] if table else []))

        # A write to a file takes milliseconds, of which the way through another thread would be a good part.
        return work() if self._url.startswith(("sqlite:", "memory:")) else interruptible(work, one)


def _limit(limit: int) -> int:
    """How many, as the library takes it: ctypes would leave off a sign, and what is beyond 64 bits."""
    if not isinstance(limit, int) or isinstance(limit, bool) or not 0 <= limit <= MAX_MS:
        raise ValueError(f"limit is {limit!r}: it has to be an int from 0")
    return limit


def _optional(text: Optional[str]) -> tuple[Optional[bytes], int]:
    return (None, 0) if text is None else _ffi.text(text)


def _without_password(url: str) -> str:
    """A URL as it may be shown."""
    url = re.sub(r"(://[^/?#@]*?):[^/?#]*@", r"\1:***@", url)
    return re.sub(r"((?:^|[?& ])(?:ssl)?password=)(?:'[^']*'|[^& ]*)", r"\1***", url)
