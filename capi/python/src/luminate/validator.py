"""Points judged without a store."""

from __future__ import annotations

import ctypes
import time
from collections.abc import Iterable, Mapping
from typing import Any, Optional, Union

from . import _ffi
from ._ffi import check, lib
from ._times import Instant, instant_ms
from .batch import Batch, Point
from .options import options_handle
from .report import Refusals, WriteReport
from .result import Result


class Validator:
    """Judges points as a store would that was opened with these options, without one. What a store holds already, and
    so cardinality, is not its concern.

        luminate.Validator(batch_write={"max_age": "30d"}).check(points).raise_for_refused()
    """

    def __init__(self, options: Optional[Mapping[str, Any]] = None, /, **more: Any) -> None:
        self._handle = _ffi.created("validator", options_handle({**(options or {}), **more}))

    def check(self, points: Union[Batch, Iterable[Point]], *, now: Optional[Instant] = None) -> WriteReport:
        """What a write would report, if every good point was stored; `now` is the time against which timestamps are
        judged."""
        now_ms = time.time_ns() // 1_000_000 if now is None else instant_ms(now, "now")
        batch = points if isinstance(points, Batch) else Batch(points)
        refused = ctypes.c_void_p()
        with batch._lock:
            size = int(lib.luminate_batch_size(batch._handle))
            check(lib.luminate_validator_check, self._handle, batch._handle, now_ms, ctypes.byref(refused))
        table = _ffi.owned("result", refused)
        refusals = Refusals([(0, Result(table))] if table else [])
        return WriteReport(size - len(refusals), refusals)
