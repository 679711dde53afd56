"""How a store is opened: by the keys of docs/configuration.md.

luminate.open("sqlite:m.db", {"query_limits.max_result_points": 100_000})
luminate.open("sqlite:m.db", query_limits={"max_result_points": 100_000}, batch_write={"max_age": "365d"})
print(luminate.options()["batch_write.max_age"])
"""

from __future__ import annotations

import ctypes
import datetime
import logging
import sys
import threading
from collections.abc import Mapping
from typing import Any, NamedTuple, Optional

import numpy as np

from . import _ffi
from ._times import duration_ms

_log = logging.getLogger("luminate")
_log.addHandler(logging.NullHandler())  # What nobody asked for is not printed.


class Option(NamedTuple):
    """One of the options there are."""

    default: str
    meaning: str


def options() -> dict[str, Option]:
    """All options there are, each with its default and its meaning."""
    lib = _ffi.lib
    return {
        lib.luminate_options_key(index).decode(): Option(
            lib.luminate_options_key_default(index).decode(), lib.luminate_options_key_meaning(index).decode()
        )
        for index in range(lib.luminate_options_key_count())
    }


def options_handle(given: Mapping[str, Any]) -> _ffi.Handle:
    """Options of the library, with these set and log lines on their way to logging.getLogger("luminate")."""
    handle = _ffi.created("options")
    for key, value in _flat(given):
        _ffi.check(_ffi.lib.luminate_options_set, handle, *_ffi.text(key), *_ffi.text(_value(key, value)))
    _ffi.check(_ffi.lib.luminate_options_set_logger, handle, _logger, None, None)
    return handle


def option_value(handle: _ffi.Handle, key: str) -> str:
    """What an option is, as text."""
    value = ctypes.c_char_p()
    _ffi.check(_ffi.lib.luminate_options_get, handle, *_ffi.text(key), ctypes.byref(value))
    return (value.value or b"").decode()


def _flat(given: Mapping[str, Any], section: str = "") -> list[tuple[str, Any]]:
    found: list[tuple[str, Any]] = []
    for key, value in given.items():
        if isinstance(value, Mapping):
            found += _flat(value, f"{section}{key}.")
        else:
            found.append((f"{section}{key}", value))
    return found


def _value(key: str, value: Any) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, (datetime.timedelta, np.timedelta64)):
        return f"{duration_ms(value)}ms"
    if isinstance(value, (str, int, float, np.integer, np.floating)):
        return str(value)
    raise TypeError(f"option {key} is {value!r} ({type(value).__name__}): it has to be a text, a number or a timedelta")


_LEVELS = {1: logging.DEBUG, 2: logging.INFO, 3: logging.WARNING, 4: logging.ERROR}


def _log_line(user: Optional[int], level: int, message: int, size: int) -> None:
    """Called by the library, from any of its threads."""
    if sys.is_finalizing():
        return
    _ffi.lent_threads.add(threading.get_ident())
    try:
        _log.log(_LEVELS.get(level, logging.ERROR), "%s", ctypes.string_at(message, size).decode("utf-8", "replace"))
    finally:
        _ffi.lent_threads.discard(threading.get_ident())


_logger = _ffi.LOGGER(_log_line)  # Lives as long as the interpreter.
