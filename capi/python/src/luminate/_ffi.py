"""luminate.h for ctypes: the library, one table of its functions, and the way errors become exceptions.

Nothing else of the package speaks to the library. A test holds the table against the header.
"""

from __future__ import annotations

import ctypes
import os
import threading
from ctypes import (
    CFUNCTYPE,
    byref,
    c_char_p,
    c_double,
    c_int32,
    c_int64,
    c_size_t,
    c_uint32,
    c_uint64,
    c_void_p,
)
from typing import Any, Callable, Optional

from . import errors

NAME = "libluminate-c.so.0"

# Aliases that keep the table readable. A handle, an array and a place for something handed out are all pointers.
_PTR, _TXT, _SIZE, _I32, _I64, _U32, _U64, _F64 = (
    c_void_p,
    c_char_p,
    c_size_t,
    c_int32,
    c_int64,
    c_uint32,
    c_uint64,
    c_double,
)
_TEXT = (_TXT, _SIZE)

LOGGER = CFUNCTYPE(None, c_void_p, c_int32, c_void_p, c_size_t)

# name: (result, argument, ...). Where the last argument is the place for an error, the result is a status.
SIGNATURES: dict[str, tuple[Any, ...]] = {
    "luminate_version": (_TXT,),
    "luminate_status_name": (_TXT, _I32),
    # errors
    "luminate_error_code": (_I32, _PTR),
    "luminate_error_message": (_TXT, _PTR),
    "luminate_error_field": (_TXT, _PTR),
    "luminate_error_retryable": (_I32, _PTR),
    "luminate_error_in_doubt": (_I32, _PTR),
    "luminate_error_index": (_I64, _PTR),
    "luminate_error_destroy": (None, _PTR),
    # options
    "luminate_options_create": (_I32, _PTR, _PTR),
    "luminate_options_set": (_I32, _PTR, *_TEXT, *_TEXT, _PTR),
    "luminate_options_get": (_I32, _PTR, *_TEXT, _PTR, _PTR),
    "luminate_options_set_logger": (_I32, _PTR, LOGGER, _PTR, _PTR, _PTR),
    "luminate_options_destroy": (None, _PTR),
    "luminate_options_key_count": (_SIZE,),
    "luminate_options_key": (_TXT, _SIZE),
    "luminate_options_key_default": (_TXT, _SIZE),
    "luminate_options_key_meaning": (_TXT, _SIZE),
    # calls
    "luminate_call_create": (_I32, _PTR, _PTR),
    "luminate_call_set_timeout": (_I32, _PTR, _I64, _PTR),
    "luminate_call_cancel": (None, _PTR),
    "luminate_call_destroy": (None, _PTR),
    # stores
    "luminate_store_open": (_I32, *_TEXT, _PTR, _PTR, _PTR),
    "luminate_store_tenant": (_I32, _PTR, *_TEXT, _PTR, _PTR),
    "luminate_store_close": (_I32, _PTR, _PTR),
    "luminate_store_destroy": (None, _PTR),
    # batches
    "luminate_batch_create": (_I32, _PTR, _PTR),
    "luminate_batch_clear": (None, _PTR),
    "luminate_batch_size": (_SIZE, _PTR),
    "luminate_batch_series": (_I32, _PTR, *_TEXT, _PTR, _PTR, _PTR, _PTR, _SIZE, _PTR, _PTR),
    "luminate_batch_add": (_I32, _PTR, _U32, _I64, _F64, _PTR),
    "luminate_batch_append": (_I32, _PTR, _U32, _PTR, _PTR, _SIZE, _PTR),
    "luminate_batch_append_columns": (_I32, _PTR, _TXT, _PTR, _SIZE, _PTR, _SIZE, _PTR, _PTR, _PTR, _SIZE, _PTR),
    "luminate_batch_destroy": (None, _PTR),
    # writing
    "luminate_store_write": (_I32, _PTR, _PTR, _PTR, _PTR, _PTR, _PTR),
    "luminate_store_write_bytes": (_I32, _PTR, _I32, _PTR, _SIZE, _PTR, _PTR, _PTR, _PTR),
    "luminate_validator_create": (_I32, _PTR, _PTR, _PTR),
    "luminate_validator_check": (_I32, _PTR, _PTR, _I64, _PTR, _PTR),
    "luminate_validator_destroy": (None, _PTR),
    # queries
    "luminate_query_create": (_I32, _I32, *_TEXT, _PTR, _PTR),
    "luminate_query_create_json": (_I32, *_TEXT, _PTR, _PTR),
    "luminate_query_between": (_I32, _PTR, _I64, _I64, _PTR),
    "luminate_query_last": (_I32, _PTR, _I64, _PTR),
    "luminate_query_aggregation": (_I32, _PTR, *_TEXT, _PTR),
    "luminate_query_filter": (_I32, _PTR, *_TEXT, _I32, _PTR, _PTR, _SIZE, _PTR),
    "luminate_query_group_by": (_I32, _PTR, *_TEXT, _PTR),
    "luminate_query_interval": (_I32, _PTR, _I64, _PTR),
    "luminate_query_limit": (_I32, _PTR, _SIZE, _PTR),
    "luminate_query_ascending": (_I32, _PTR, _I32, _PTR),
    "luminate_query_timeout": (_I32, _PTR, _I64, _PTR),
    "luminate_query_destroy": (None, _PTR),
    "luminate_store_query": (_I32, _PTR, _PTR, _PTR, _PTR, _PTR),
    # streams
    "luminate_store_stream": (_I32, _PTR, _PTR, _PTR, _PTR, _PTR),
    "luminate_stream_next": (_I32, _PTR, _PTR, _PTR),
    "luminate_stream_truncated": (_I32, _PTR),
    "luminate_stream_points_scanned": (_U64, _PTR),
    "luminate_stream_destroy": (None, _PTR),
    # results
    "luminate_result_row_count": (_SIZE, _PTR),
    "luminate_result_column_count": (_SIZE, _PTR),
    "luminate_result_column_name": (_TXT, _PTR, _SIZE),
    "luminate_result_column_type": (_I32, _PTR, _SIZE),
    "luminate_result_integers": (_PTR, _PTR, _SIZE),
    "luminate_result_numbers": (_PTR, _PTR, _SIZE),
    "luminate_result_codes": (_PTR, _PTR, _SIZE),
    "luminate_result_text_count": (_SIZE, _PTR, _SIZE),
    "luminate_result_text": (_TXT, _PTR, _SIZE, _I32, _PTR),
    "luminate_result_texts": (_SIZE, _PTR, _SIZE, _PTR, _PTR),
    "luminate_result_truncated": (_I32, _PTR),
    "luminate_result_points_scanned": (_U64, _PTR),
    "luminate_result_execution_time_us": (_I64, _PTR),
    "luminate_result_json": (_I32, _PTR, _PTR, _PTR, _PTR),
    "luminate_result_arrow": (_I32, _PTR, _PTR, _PTR),
    "luminate_result_destroy": (None, _PTR),
    # what is there
    "luminate_store_metrics": (_I32, _PTR, *_TEXT, _SIZE, _I64, _I64, _PTR, _PTR, _PTR),
    "luminate_store_dimension_keys": (_I32, _PTR, *_TEXT, *_TEXT, _SIZE, _I64, _I64, _PTR, _PTR, _PTR),
    "luminate_store_dimension_values": (_I32, _PTR, *_TEXT, *_TEXT, *_TEXT, _SIZE, _I64, _I64, _PTR, _PTR, _PTR),
    "luminate_store_series_count": (_I32, _PTR, *_TEXT, _PTR, _PTR, _PTR),
    "luminate_store_cardinality": (_I32, _PTR, *_TEXT, _SIZE, _PTR, _PTR, _PTR),
    "luminate_store_tenants": (_I32, _PTR, _SIZE, _PTR, _PTR, _PTR),
    "luminate_store_statistics": (_I32, _PTR, _PTR, _PTR, _PTR),
    "luminate_store_health": (_I32, _PTR, _PTR, _PTR, _PTR),
    # deleting and keeping
    "luminate_store_remove": (_I32, _PTR, _PTR, _I32, _PTR, _PTR, _PTR),
    "luminate_store_set_retention": (_I32, _PTR, *_TEXT, _I64, _PTR, _PTR),
    "luminate_store_remove_retention": (_I32, _PTR, *_TEXT, _PTR, _PTR, _PTR),
    "luminate_store_retention": (_I32, _PTR, _PTR, _PTR, _PTR),
    "luminate_store_enforce_retention": (_I32, _PTR, _PTR, _PTR, _PTR),
    "luminate_store_compact": (_I32, _PTR, _PTR, _PTR),
    "luminate_store_backup": (_I32, _PTR, *_TEXT, _I32, _PTR, _PTR),
}


def _load() -> ctypes.CDLL:
    """Finds the library. CDLL releases the GIL while a function of it runs."""
    chosen = os.environ.get("LUMINATE_LIBRARY", "")
    try:
        library = ctypes.CDLL(chosen or NAME)
    except OSError as error:
        where = f"LUMINATE_LIBRARY is {chosen!r}" if chosen else "the system has no such library"
        raise ImportError(
            f"luminate needs {NAME}, and {where} ({error}). Install the Debian package libluminate-c0, or build Luminate "
            f"and set LUMINATE_LIBRARY to the path of its {NAME}",
            name="luminate",
        ) from None
    for name, (result, *arguments) in SIGNATURES.items():
        try:
            function = getattr(library, name)
        except AttributeError:
            raise ImportError(
                f"{chosen or NAME} has no function {name}: it is older than this package, or another library. "
                "Install the libluminate-c0 of the same version",
                name="luminate",
            ) from None
        function.restype, function.argtypes = result, arguments
    return library


lib = _load()


def check(function: Callable[..., int], *arguments: Any) -> None:
    """Calls a function that can fail with these arguments and a place for its error; raises what comes back."""
    error = c_void_p()
    try:
        status = function(*arguments, byref(error))
    except ctypes.ArgumentError as wrong:  # Which is no TypeError itself.
        raise TypeError(str(wrong)) from None
    if status != 0:
        raise _taken(status, error)


def _taken(status: int, error: c_void_p) -> errors.LuminateError:
    """The exception for an error of the library, which is destroyed."""
    kind = errors.kind_of(status)
    name = lib.luminate_status_name(status).decode()
    if not error.value:
        return kind(name, status, name=name)
    try:
        index = lib.luminate_error_index(error)
        return kind(
            lib.luminate_error_message(error).decode("utf-8", "replace"),
            status,
            name=name,
            field=lib.luminate_error_field(error).decode("utf-8", "replace"),
            retryable=bool(lib.luminate_error_retryable(error)),
            in_doubt=bool(lib.luminate_error_in_doubt(error)),
            index=index if index >= 0 else None,
        )
    finally:
        lib.luminate_error_destroy(error)


class Handle:
    """Owns a handle of the library, and destroys it when nothing refers to it any more.

    It is given to functions of the library as it is: while a call runs, its arguments keep the handle alive. It refers
    to all it needs at the end, so that it may go at any time, the end of the interpreter included.
    """

    __slots__ = ("_as_parameter_", "_destroy", "__weakref__")

    def __init__(self, pointer: c_void_p, destroy: Callable[[int], None]) -> None:
        self._as_parameter_ = pointer.value
        self._destroy = destroy

    def __reduce__(self) -> tuple[Any, ...]:
        raise TypeError("what is the library's cannot be pickled or copied: another process has to make its own")

    def __del__(self) -> None:
        if self._as_parameter_ is not None:
            self._destroy(self._as_parameter_)


lent_threads: set[int] = set()
"""Threads that the library lent to Python for a line of its log."""


def _store_destroyed(
    pointer: int, destroy: Callable[[int], None] = lib.luminate_store_destroy, lent: set[int] = lent_threads
) -> None:
    """Python's collector runs in any thread that comes along, and one of the store itself cannot wait for its end."""
    if threading.get_ident() in lent:
        threading.Thread(target=destroy, args=(pointer,), name="luminate-end").start()
    else:
        destroy(pointer)


def _destroyer(kind: str) -> Callable[[int], None]:
    if kind == "store":
        return _store_destroyed
    destroy: Callable[[int], None] = getattr(lib, f"luminate_{kind}_destroy")
    return destroy


def created(kind: str, *arguments: Any, by: str = "create") -> Handle:
    """What luminate_<kind>_<by>() makes of the arguments."""
    pointer = c_void_p()
    check(getattr(lib, f"luminate_{kind}_{by}"), *arguments, byref(pointer))
    return Handle(pointer, _destroyer(kind))


def owned(kind: str, pointer: c_void_p) -> Optional[Handle]:
    """A handle that a function handed out; None for NULL."""
    return Handle(pointer, _destroyer(kind)) if pointer.value else None


def text(value: str) -> tuple[bytes, int]:
    """A text as functions take it. What is no Unicode text is left to the library to refuse."""
    if not isinstance(value, str):
        raise TypeError(f"{value!r} ({type(value).__name__}) is no text")
    encoded = value.encode("utf-8", "surrogatepass")
    return encoded, len(encoded)
