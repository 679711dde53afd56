"""Questions about one metric.

    Query.aggregate("api_latency", "p95", last="24h", by="customer_id", every="1h", where={"region": "eu"}, limit=10)

    Query.aggregate("api_latency", ["avg", "p95"]).last("24h").by("customer_id").every("1h").where(region="eu").limit(10)

Both say the same. docs/queries.md defines what is answered.
"""

from __future__ import annotations

import ctypes
import json
from collections.abc import Iterable, Mapping
from typing import Any, Optional, Union

from . import _ffi
from ._columns import text_of
from ._ffi import check, lib
from ._times import (
    MAX_MS,
    MIN_MS,
    Duration,
    Instant,
    Timeout,
    datetime_of,
    duration_ms,
    duration_text,
    instant_ms,
    timeout_ms,
)

Operand = Union[str, int]
Between = tuple[Optional[Instant], Optional[Instant]]

_TYPES = {"range": 1, "aggregate": 2, "rate": 3}
_KINDS = {"=": 1, "is not": 2, "matches": 3, "does not match": 4}


def quantile(q: float) -> str:
    """The name of an aggregation: quantile(0.9) is "quantile(0.9)". Exact, like all of them."""
    return f"quantile({float(q)!r})"


class Query:
    """A question about one metric. It never changes: each function gives another query, so that one can be the
    beginning of several. Any number of threads may share it.

    Begin with Query.range() for samples, Query.aggregate() for averages, percentiles and the like, or Query.rate() for
    the increase of counters. What all of them take by name is the same as the functions of these names; every query
    needs a range of time, by `last` or `between`. Most is checked when a store runs it: then InvalidQuery names the
    field.
    """

    __slots__ = ("_type", "_metric", "_steps", "_made", "__weakref__")

    def __init__(self, type: str, metric: str, _steps: tuple[tuple[str, tuple[Any, ...]], ...] = ()) -> None:
        """Use range(), aggregate() or rate()."""
        if type not in _TYPES and type != "json":
            raise ValueError(f"there is no query type {type!r}: it is range, aggregate or rate")
        if not isinstance(metric, str):
            raise TypeError(f"the metric is {metric!r}: it has to be a text")
        self._type, self._metric, self._steps = type, metric, _steps
        self._made: Optional[_ffi.Handle] = None

    @classmethod
    def range(
        cls,
        metric: str,
        *,
        last: Optional[Duration] = None,
        between: Optional[Between] = None,
        where: Optional[Mapping[str, Any]] = None,
        where_not: Optional[Mapping[str, Any]] = None,
        where_matches: Optional[Mapping[str, str]] = None,
        where_not_matches: Optional[Mapping[str, str]] = None,
        limit: Optional[int] = None,
        timeout: Optional[Timeout] = None,
    ) -> Query:
        """The samples themselves: `timestamp`, `value`, and a column for every dimension that occurs; ascending by
        time, then by dimensions."""
        return cls("range", metric)._with(
            last, between, where, where_not, where_matches, where_not_matches, limit=limit, timeout=timeout
        )

    @classmethod
    def aggregate(
        cls,
        metric: str,
        aggregations: Union[str, Iterable[str]],
        *,
        last: Optional[Duration] = None,
        between: Optional[Between] = None,
        where: Optional[Mapping[str, Any]] = None,
        where_not: Optional[Mapping[str, Any]] = None,
        where_matches: Optional[Mapping[str, str]] = None,
        where_not_matches: Optional[Mapping[str, str]] = None,
        by: Union[str, Iterable[str]] = (),
        every: Optional[Duration] = None,
        limit: Optional[int] = None,
        ascending: Optional[bool] = None,
        timeout: Optional[Timeout] = None,
    ) -> Query:
        """One row a group, or a group and bucket of time: `bucket` if there is an interval, a column for every
        dimension of the group, one for every aggregation, by its name, and `count`.

        Args:
            metric: what it is about.
            aggregations: one or several of "avg", "sum", "count", "min", "max", "first", "last", "stddev", "integral",
                "p50", "p95", "p99" and quantile(0.9). The first one orders the answer, largest first.
        """
        names = (aggregations,) if isinstance(aggregations, str) else tuple(aggregations)
        for name in names:
            if not isinstance(name, str):
                raise TypeError(f'aggregations are texts such as "p95" or luminate.quantile(0.9), not {name!r}')
        return cls("aggregate", metric, tuple(("aggregation", (name,)) for name in names))._with(
            last, between, where, where_not, where_matches, where_not_matches, by, every, limit, ascending, timeout
        )

    @classmethod
    def rate(
        cls,
        metric: str,
        *,
        last: Optional[Duration] = None,
        between: Optional[Between] = None,
        where: Optional[Mapping[str, Any]] = None,
        where_not: Optional[Mapping[str, Any]] = None,
        where_matches: Optional[Mapping[str, str]] = None,
        where_not_matches: Optional[Mapping[str, str]] = None,
        by: Union[str, Iterable[str]] = (),
        every: Optional[Duration] = None,
        limit: Optional[int] = None,
        ascending: Optional[bool] = None,
        timeout: Optional[Timeout] = None,
    ) -> Query:
        """The increase of counters per second: `bucket` (of a minute, unless `every` says otherwise), a column for
        every dimension of the group, and `rate`."""
        return cls("rate", metric)._with(
            last, between, where, where_not, where_matches, where_not_matches, by, every, limit, ascending, timeout
        )

    @classmethod
    def from_json(cls, query: Union[str, bytes, Mapping[str, Any]]) -> Query:
        """Reads the JSON form of docs/queries.md, as a text or as what json.loads() makes of it. InvalidQuery says what
        is wrong with it."""
        if isinstance(query, Mapping):
            query = json.dumps(query)
        made = cls("json", query.decode() if isinstance(query, (bytes, bytearray)) else query)
        made._handle()
        return made

    def between(self, start: Optional[Instant], end: Optional[Instant]) -> Query:
        """Of the time [start, end): a sample at `start` counts, one at `end` does not. None stands for as early, or as
        late, as there can be anything, which only remove() takes."""
        return self._and(
            "between",
            MIN_MS if start is None else instant_ms(start, "start"),
            MAX_MS if end is None else instant_ms(end, "end"),
        )

    def last(self, length: Duration) -> Query:
        """Of the last so long, seen from when the query runs."""
        return self._and("last", duration_ms(length, "last"))

    def where(self, dimensions: Optional[Mapping[str, Any]] = None, /, **more: Any) -> Query:
        """Of the series in which a dimension has this value, or one of a list: where(region="eu", host=["a", "b"]). All
        conditions of a query have to hold."""
        found = self
        for key, value in {**(dimensions or {}), **more}.items():
            found = found._and("filter", key, "=", _operands(key, value))
        return found

    def where_not(self, dimensions: Optional[Mapping[str, Any]] = None, /, **more: Any) -> Query:
        """Of the series in which a dimension differs from this value, or from all of a list, or is missing."""
        found = self
        for key, value in {**(dimensions or {}), **more}.items():
            for operand in _operands(key, value):
                found = found._and("filter", key, "is not", (operand,))
        return found

    def where_matches(self, dimensions: Optional[Mapping[str, str]] = None, /, **more: str) -> Query:
        """Of the series in which an RE2 expression matches the whole value of a dimension: where_matches(host="web-.*")."""
        found = self
        for key, value in {**(dimensions or {}), **more}.items():
            found = found._and("filter", key, "matches", (_expression(key, value),))
        return found

    def where_not_matches(self, dimensions: Optional[Mapping[str, str]] = None, /, **more: str) -> Query:
        """Of the series in which it does not."""
        found = self
        for key, value in {**(dimensions or {}), **more}.items():
            found = found._and("filter", key, "does not match", (_expression(key, value),))
        return found

    def by(self, *keys: str) -> Query:
        """In groups, by the values of these dimensions."""
        for key in keys:
            if not isinstance(key, str):
                raise TypeError(f"the query is grouped by {key!r}: it has to be a text, as in by('region', 'host')")
        found = self
        for key in keys:
            found = found._and("group_by", key)
        return found

    def every(self, interval: Duration) -> Query:
        """In buckets of time of this length, which begin at multiples of it since 1970."""
        return self._and("interval", duration_ms(interval, "every"))

    def limit(self, limit: int) -> Query:
        """At most so many samples of a range query, the first ones, or groups of the others, those with the largest
        values."""
        if not isinstance(limit, int) or isinstance(limit, bool) or not 0 <= limit <= MAX_MS:
            raise ValueError(f"limit is {limit!r}: it has to be an int from 1")
        return self._and("limit", limit)

    def ascending(self, ascending: bool = True) -> Query:
        """With the smallest values first. Not for range queries."""
        return self._and("ascending", int(ascending))

    def timeout(self, timeout: Timeout) -> Query:
        """May take so long: seconds, a timedelta, or a text such as "500ms"."""
        return self._and("timeout", timeout_ms(timeout))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Query) and self._key() == other._key()

    def __hash__(self) -> int:
        return hash(self._key())

    def __reduce__(self) -> tuple[Any, ...]:
        return (Query, (self._type, self._metric, self._steps))

    def __repr__(self) -> str:
        return f"<luminate.Query {self._type} {self._metric}{''.join(_told(*step) for step in self._steps)}>"

    def _key(self) -> tuple[Any, ...]:
        """What is the same for queries that say the same, whatever was said first."""
        return (self._type, self._metric, tuple(sorted(self._steps, key=lambda step: str(step[0]))))

    def _and(self, step: str, *arguments: Any) -> Query:
        replaced: tuple[str, ...] = (step,)
        if step in ("between", "last"):
            replaced = ("between", "last")
        elif step in ("aggregation", "filter", "group_by"):
            replaced = ()  # There may be several.
        kept = tuple(earlier for earlier in self._steps if earlier[0] not in replaced)
        return Query(self._type, self._metric, (*kept, (step, arguments)))

    def _with(
        self,
        last: Optional[Duration],
        between: Optional[Between],
        where: Optional[Mapping[str, Any]],
        where_not: Optional[Mapping[str, Any]],
        where_matches: Optional[Mapping[str, str]],
        where_not_matches: Optional[Mapping[str, str]],
        by: Union[str, Iterable[str]] = (),
        every: Optional[Duration] = None,
        limit: Optional[int] = None,
        ascending: Optional[bool] = None,
        timeout: Optional[Timeout] = None,
    ) -> Query:
        if last is not None and between is not None:
            raise ValueError("a query has one range of time: give either last or between")
        query = self if last is None else self.last(last)
        if between is not None:
            query = query.between(*between)
        query = (
            query.where(where).where_not(where_not).where_matches(where_matches).where_not_matches(where_not_matches)
        )
        query = query.by(*((by,) if isinstance(by, str) else by))
        if every is not None:
            query = query.every(every)
        if limit is not None:
            query = query.limit(limit)
        if ascending is not None:
            query = query.ascending(ascending)
        return query if timeout is None else query.timeout(timeout)

    def _handle(self) -> _ffi.Handle:
        """The query as the library has it; made when it is first needed, and changed by nobody."""
        if self._made is None:
            if self._type == "json":
                handle = _ffi.created("query", *_ffi.text(self._metric), by="create_json")
            else:
                handle = _ffi.created("query", _TYPES[self._type], *_ffi.text(self._metric))
            for step, arguments in self._steps:
                _apply(handle, step, arguments)
            self._made = handle
        return self._made


def query_of(query: Union[Query, Mapping[str, Any]]) -> Query:
    """What functions that take a query are given."""
    if isinstance(query, Query):
        return query
    if isinstance(query, Mapping):
        return Query.from_json(query)
    raise TypeError(
        f"the query is {query!r}: it has to be a luminate.Query, or a dict as docs/queries.md has it in JSON"
    )


def _operands(key: str, value: Any) -> tuple[str, ...]:
    several = value if isinstance(value, (list, tuple, set, frozenset)) else (value,)
    found = tuple(text_of(key, entry) for entry in several)
    return tuple(sorted(found)) if isinstance(value, (set, frozenset)) else found


def _expression(key: str, value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"dimension {key!r} is to match {value!r}: it has to be an RE2 expression in a str")
    return value


def _apply(handle: _ffi.Handle, step: str, arguments: tuple[Any, ...]) -> None:
    function = getattr(lib, f"luminate_query_{step}")
    if step == "filter":
        key, kind, operands = arguments
        raw = [operand.encode("utf-8", "surrogatepass") for operand in operands]
        texts, sizes = (ctypes.c_char_p * len(raw))(*raw), (ctypes.c_size_t * len(raw))(*map(len, raw))
        check(function, handle, *_ffi.text(key), _KINDS[kind], texts, sizes, len(raw))
    elif step in ("aggregation", "group_by"):
        check(function, handle, *_ffi.text(arguments[0]))
    else:
        check(function, handle, *arguments)


def _told(step: str, arguments: tuple[Any, ...]) -> str:
    if step == "aggregation":
        return f" {arguments[0]}"
    if step == "filter":
        key, kind, operands = arguments
        return f", where {key} {kind} {' or '.join(map(repr, operands))}"
    if step == "between":
        return f", between {_moment(arguments[0])} and {_moment(arguments[1])}"
    if step in ("last", "interval", "timeout"):
        name = "every" if step == "interval" else step
        return f", {name} {duration_text(arguments[0])}"
    name = {"group_by": "by"}.get(step, step)
    return f", {name} {arguments[0]}"


def _moment(timestamp_ms: int) -> str:
    try:
        return datetime_of(timestamp_ms).isoformat()
    except OverflowError:
        return "ever"
