"""Answers piece by piece."""

from __future__ import annotations

import ctypes
import threading
from collections.abc import Iterator
from types import TracebackType
from typing import Optional

from . import _ffi
from ._call import Call, interruptible
from ._ffi import check, lib
from .result import Result


class Stream(Iterator[Result]):
    """The answer to a range query piece by piece: an iterator of tables as those of Store.query(), each with the
    dimensions that occur in it. Store.stream() makes them. Used as a context manager, or closed, it gives the storage
    back early. Several threads may take pieces from one."""

    def __init__(self, handle: _ffi.Handle, call: Call) -> None:
        self._handle: Optional[_ffi.Handle] = handle
        self._call = call
        self._lock = threading.Lock()
        self._truncated, self._scanned = False, 0

    def __iter__(self) -> Stream:
        return self

    def __next__(self) -> Result:
        piece = self._next_or_none()
        if piece is None:
            raise StopIteration
        return piece

    def close(self) -> None:
        """Ends it; no piece will come any more. Again is harmless."""
        with self._lock:
            self._end()

    def __enter__(self) -> Stream:
        return self

    def __exit__(
        self,
        kind: Optional[type[BaseException]],
        error: Optional[BaseException],
        traceback: Optional[TracebackType],
    ) -> None:
        self.close()

    @property
    def truncated(self) -> bool:
        """Known after the last piece, False until then: whether more samples matched than the limit let through."""
        return self._truncated

    @property
    def points_scanned(self) -> int:
        """Known after the last piece, 0 until then: how many samples were looked at."""
        return self._scanned

    def __repr__(self) -> str:
        return f"<luminate.Stream{' ended' if self._handle is None else ''}>"

    def _next_or_none(self) -> Optional[Result]:
        with self._lock:
            piece = None if self._handle is None else interruptible(self._next, self._call)
            if piece is None:
                self._end()
            return piece

    def _next(self) -> Optional[Result]:
        piece = ctypes.c_void_p()
        check(lib.luminate_stream_next, self._handle, ctypes.byref(piece))
        handle = _ffi.owned("result", piece)
        if handle is None:
            self._truncated = bool(lib.luminate_stream_truncated(self._handle))
            self._scanned = int(lib.luminate_stream_points_scanned(self._handle))
            return None
        return Result(handle)

    def _end(self) -> None:
        self._handle = None
