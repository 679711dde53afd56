"""Stores for asyncio: what a Store does, awaited.

    async with await luminate.aio.open("sqlite:metrics.db") as store:
        await store.write(points)
        result = await store.query(query, timeout=2)
        async for piece in store.stream(Query.range("api_latency", last="7d")):
            ...

The library works in threads of its own here, and the event loop goes on. Cancelling a task, as asyncio.timeout() and
task groups do, cancels what it waits for: a query ends within 50 ms, and a write whose commit is under way is finished.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import functools
import os
from collections.abc import AsyncIterator, Iterable, Mapping
from types import TracebackType
from typing import Any, Callable, Optional, TypeVar, Union

from . import store as _store
from ._call import Call
from ._times import Duration, Timeout
from .batch import Batch, Point
from .query import Between, Query
from .report import WriteReport
from .result import Result
from .store import Store
from .stream import Stream

T = TypeVar("T")


async def open(
    url: Union[str, os.PathLike[str]], options: Optional[Mapping[str, Any]] = None, /, *, threads: int = 8, **more: Any
) -> AsyncStore:
    """Opens a store as luminate.open() does.

    Args:
        threads: how many calls may be under way at once; further ones wait for their turn.
    """
    executor = concurrent.futures.ThreadPoolExecutor(threads, thread_name_prefix="luminate")
    loop = asyncio.get_running_loop()
    try:
        opened = await loop.run_in_executor(executor, functools.partial(_store.open, url, options, **more))
    except BaseException:
        executor.shutdown(wait=False)
        raise
    return AsyncStore(opened, executor)


class AsyncStore:
    """A luminate.Store for asyncio. Every function is that of the Store, where it is described, awaited."""

    def __init__(self, store: Store, executor: Optional[concurrent.futures.Executor] = None) -> None:
        """A store that is open already may be given; then it is asked by the threads of the executor (None: those of
        the event loop)."""
        self.store = store
        """The store itself: open, and free for threads to use."""
        self._executor = executor

    def tenant(self, tenant: str) -> AsyncStore:
        return AsyncStore(self.store.tenant(tenant), self._executor)

    async def close(self) -> None:
        await asyncio.get_running_loop().run_in_executor(self._executor, self.store.close)

    async def __aenter__(self) -> AsyncStore:
        return self

    async def __aexit__(
        self,
        kind: Optional[type[BaseException]],
        error: Optional[BaseException],
        traceback: Optional[TracebackType],
    ) -> None:
        await self.close()

    async def write(self, points: Union[Batch, Iterable[Point]], *, timeout: Optional[Timeout] = None) -> WriteReport:
        return await self._ask(self.store.write, points, timeout=timeout)

    async def write_json(self, body: Union[str, bytes], *, timeout: Optional[Timeout] = None) -> WriteReport:
        return await self._ask(self.store.write_json, body, timeout=timeout)

    async def write_frame(
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
    ) -> WriteReport:
        write = functools.partial(
            self.store.write_frame,
            metric=metric,
            value=value,
            time=time,
            dimensions=dimensions,
            skip_missing=skip_missing,
            batch_size=batch_size,
        )
        return await self._ask(write, frame, timeout=timeout)

    async def query(self, query: Union[Query, Mapping[str, Any]], *, timeout: Optional[Timeout] = None) -> Result:
        return await self._ask(self.store.query, query, timeout=timeout)

    async def stream(
        self, query: Union[Query, Mapping[str, Any]], *, timeout: Optional[Timeout] = None
    ) -> AsyncIterator[Result]:
        call = Call(timeout)
        stream: Stream = await self._await(functools.partial(self.store.stream, query, call=call), call)
        try:
            while (piece := await self._await(stream._next_or_none, call)) is not None:
                yield piece
        finally:
            call.cancel()
            stream.close()

    async def metrics(
        self,
        *,
        prefix: str = "",
        limit: int = 1000,
        between: Optional[Between] = None,
        timeout: Optional[Timeout] = None,
    ) -> list[str]:
        ask = functools.partial(self.store.metrics, prefix=prefix, limit=limit, between=between)
        return await self._ask(ask, timeout=timeout)

    async def dimension_keys(
        self,
        metric: str,
        *,
        prefix: str = "",
        limit: int = 1000,
        between: Optional[Between] = None,
        timeout: Optional[Timeout] = None,
    ) -> list[str]:
        ask = functools.partial(self.store.dimension_keys, prefix=prefix, limit=limit, between=between)
        return await self._ask(ask, metric, timeout=timeout)

    async def dimension_values(
        self,
        metric: str,
        key: str,
        *,
        prefix: str = "",
        limit: int = 1000,
        between: Optional[Between] = None,
        timeout: Optional[Timeout] = None,
    ) -> list[str]:
        ask = functools.partial(self.store.dimension_values, prefix=prefix, limit=limit, between=between)
        return await self._ask(ask, metric, key, timeout=timeout)

    async def series_count(self, metric: Optional[str] = None, *, timeout: Optional[Timeout] = None) -> int:
        return await self._ask(self.store.series_count, metric, timeout=timeout)

    async def cardinality(
        self, metric: Optional[str] = None, *, limit: int = 10, timeout: Optional[Timeout] = None
    ) -> Result:
        return await self._ask(functools.partial(self.store.cardinality, limit=limit), metric, timeout=timeout)

    async def tenants(self, *, limit: int = 1000, timeout: Optional[Timeout] = None) -> Result:
        return await self._ask(functools.partial(self.store.tenants, limit=limit), timeout=timeout)

    async def statistics(self, *, timeout: Optional[Timeout] = None) -> dict[str, int]:
        return await self._ask(self.store.statistics, timeout=timeout)

    async def health(self, *, timeout: Optional[Timeout] = None) -> dict[str, Any]:
        return await self._ask(self.store.health, timeout=timeout)

    async def remove(self, what: Union[Query, str], *, dry_run: bool = False, timeout: Optional[Timeout] = None) -> int:
        return await self._ask(functools.partial(self.store.remove, dry_run=dry_run), what, timeout=timeout)

    async def set_retention(self, pattern: str, keep: Optional[Duration], *, timeout: Optional[Timeout] = None) -> None:
        await self._ask(self.store.set_retention, pattern, keep, timeout=timeout)

    async def remove_retention(self, pattern: str, *, timeout: Optional[Timeout] = None) -> bool:
        return await self._ask(self.store.remove_retention, pattern, timeout=timeout)

    async def retention(self, *, timeout: Optional[Timeout] = None) -> dict[str, Any]:
        return await self._ask(self.store.retention, timeout=timeout)

    async def enforce_retention(self, *, timeout: Optional[Timeout] = None) -> int:
        return await self._ask(self.store.enforce_retention, timeout=timeout)

    async def compact(self, *, timeout: Optional[Timeout] = None) -> None:
        await self._ask(self.store.compact, timeout=timeout)

    async def backup(
        self, path: Union[str, os.PathLike[str]], *, overwrite: bool = False, timeout: Optional[Timeout] = None
    ) -> None:
        await self._ask(functools.partial(self.store.backup, overwrite=overwrite), path, timeout=timeout)

    def __repr__(self) -> str:
        return f"<luminate.aio.AsyncStore of {self.store!r}>"

    async def _ask(self, function: Callable[..., T], *arguments: Any, timeout: Optional[Timeout]) -> T:
        call = Call(timeout)
        return await self._await(functools.partial(function, *arguments, call=call), call)

    async def _await(self, work: Callable[[], T], call: Call) -> T:
        """Has a thread do it; if the task is cancelled meanwhile, so is the call."""
        future = asyncio.get_running_loop().run_in_executor(self._executor, work)
        try:
            return await asyncio.shield(future)  # A thread that works cannot be stopped but by its call.
        except asyncio.CancelledError:
            call.cancel()
            future.add_done_callback(_seen)
            raise


def _seen(future: asyncio.Future[Any]) -> None:
    """Looks at what became of it, as nobody else will: asyncio would complain."""
    if not future.cancelled():
        future.exception()
