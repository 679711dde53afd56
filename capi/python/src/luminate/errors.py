"""What can go wrong. Every error of the library is a `LuminateError`; the subclasses say what kind.

    try:
        result = store.query(query, timeout=2)
    except luminate.QueryTimeout:
        ...                                    # also a TimeoutError
    except luminate.InvalidQuery as error:
        print(error.field, error)              # also a ValueError: 'timeRange.start' ...

    LuminateError
    ├── InvalidData             a metric, dimension, timestamp or value breaks a rule   (ValueError)
    │   └── PointsRefused       by WriteReport.raise_for_refused()
    ├── InvalidRequest          a call is not well-formed                               (ValueError)
    │   ├── InvalidQuery
    │   ├── InvalidOption
    │   ├── BatchTooLarge
    │   └── RequestTooLarge
    ├── QueryTimeout            its time was up; of other calls than queries too        (TimeoutError)
    ├── ResultLimitExceeded     the answer would be larger than a limit allows
    ├── Cancelled
    ├── StorageError            the storage cannot do it
    │   ├── StorageUnavailable  disk full, I/O error, server away: may work later
    │   ├── StorageLocked       another process, or another store of this one, writes it
    │   ├── StorageCorrupt      what was read is not what was written
    │   ├── StorageVersion      written by a newer version, or not a store at all
    │   └── StoreClosed         it was closed, or this is a forked child
    ├── OutOfMemory                                                                     (MemoryError)
    └── InternalError           a bug in Luminate

What is wrong with an argument in the sense of Python (a str where a number is needed, a naive datetime, arrays of
unlike lengths) is a plain `TypeError` or `ValueError`, raised before the library is asked.
"""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING, Any, Optional

if TYPE_CHECKING:
    from .report import WriteReport


class Code(enum.IntEnum):
    """What became of a call, and why a point was refused. Numbers never change; a newer library may have more."""

    INVALID_METRIC_NAME = 1
    INVALID_DIMENSION_KEY = 2
    RESERVED_DIMENSION = 3
    INVALID_DIMENSION_VALUE = 4
    DIMENSION_LIMIT_EXCEEDED = 5
    INVALID_TIMESTAMP = 6
    INVALID_VALUE = 7
    CARDINALITY_EXCEEDED = 8
    INVALID_REQUEST = 20
    INVALID_QUERY = 21
    INVALID_OPTION = 22
    BATCH_TOO_LARGE = 23
    REQUEST_TOO_LARGE = 24
    QUERY_TIMEOUT = 30
    RESULT_LIMIT_EXCEEDED = 31
    CANCELLED = 32
    STORAGE_UNAVAILABLE = 40
    STORAGE_LOCKED = 41
    STORAGE_CORRUPT = 42
    STORAGE_VERSION = 43
    STORE_CLOSED = 44
    OUT_OF_MEMORY = 50
    INTERNAL = 99


class LuminateError(Exception):
    """An error of the library. Its text is one line that says what was wrong, where, and what would be right.

    Attributes:
        code: which error it is, a `Code`; a plain int if the library is newer than this package.
        name: the name of the code, such as "INVALID_QUERY".
        field: the part of the input that is wrong, such as "timeRange.start", or "".
        retryable: whether the same call may succeed later without any change.
        in_doubt: whether a write may have happened or not. Writing the same points again is always harmless.
        index: which element of a list is wrong, from 0, or None.
    """

    def __init__(
        self,
        message: str = "",
        code: int = Code.INTERNAL,
        *,
        name: str = "",
        field: str = "",
        retryable: bool = False,
        in_doubt: bool = False,
        index: Optional[int] = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        try:
            self.code: int = Code(code)
            self.name = name or Code(code).name
        except ValueError:
            self.code, self.name = code, name or "UNKNOWN"
        self.field = field
        self.retryable = retryable
        self.in_doubt = in_doubt
        self.index = index

    def __str__(self) -> str:
        return self.message

    def __reduce__(self) -> tuple[Any, ...]:  # So that it survives a pickle: workers of a pool send errors home.
        return (_restored, (type(self), self.message, dict(self.__dict__)))


def _restored(kind: type[LuminateError], message: str, attributes: dict[str, Any]) -> LuminateError:
    error = kind(message)
    error.__dict__.update(attributes)
    return error


class InvalidData(LuminateError, ValueError):
    """A metric, dimension, timestamp or value breaks a rule of the data model."""


class PointsRefused(InvalidData):
    """Points of a write were refused; the others are stored. Raised by `WriteReport.raise_for_refused()` only."""

    report: Optional[WriteReport] = None
    """What became of the write."""


class InvalidRequest(LuminateError, ValueError):
    """A call is not well-formed, or asks for more than a limit allows."""


class InvalidQuery(InvalidRequest):
    """A query is not what docs/queries.md says; `field` names the part of it."""


class InvalidOption(InvalidRequest):
    """There is no such option (the message names the nearest), or it has no such value; or no such kind of store."""


class BatchTooLarge(InvalidRequest):
    """More points in one write than the option batch_write.max_batch_size allows."""


class RequestTooLarge(InvalidRequest):
    """More bytes in one encoded write than the option batch_write.max_request_size_bytes allows."""


class QueryTimeout(LuminateError, TimeoutError):
    """The time of a call was up. Of any call: also of a write, a backup ..."""


class ResultLimitExceeded(LuminateError):
    """The answer would have more groups or rows than the limits allow. Never is an answer silently cut."""


class Cancelled(LuminateError):
    """Somebody cancelled the call."""


class StorageError(LuminateError):
    """The storage cannot do it."""


class StorageUnavailable(StorageError):
    """Disk full, I/O error, server away: may work later (`retryable`). A write may be `in_doubt`."""


class StorageLocked(StorageError):
    """Another process writes this store, or another open store of this process."""


class StorageCorrupt(StorageError):
    """What was read is not what was written."""


class StorageVersion(StorageError):
    """Written by a newer version of Luminate, or not a store at all."""


class StoreClosed(StorageError):
    """The store was closed, or this is a forked child of the process that opened it: open it again here."""


class OutOfMemory(LuminateError, MemoryError):
    """There was not enough memory. Nothing has changed."""


class InternalError(LuminateError):
    """A bug in Luminate."""


_KINDS: dict[int, type[LuminateError]] = {
    **{code: InvalidData for code in Code if code <= Code.CARDINALITY_EXCEEDED},
    Code.INVALID_REQUEST: InvalidRequest,
    Code.INVALID_QUERY: InvalidQuery,
    Code.INVALID_OPTION: InvalidOption,
    Code.BATCH_TOO_LARGE: BatchTooLarge,
    Code.REQUEST_TOO_LARGE: RequestTooLarge,
    Code.QUERY_TIMEOUT: QueryTimeout,
    Code.RESULT_LIMIT_EXCEEDED: ResultLimitExceeded,
    Code.CANCELLED: Cancelled,
    Code.STORAGE_UNAVAILABLE: StorageUnavailable,
    Code.STORAGE_LOCKED: StorageLocked,
    Code.STORAGE_CORRUPT: StorageCorrupt,
    Code.STORAGE_VERSION: StorageVersion,
    Code.STORE_CLOSED: StoreClosed,
    Code.OUT_OF_MEMORY: OutOfMemory,
    Code.INTERNAL: InternalError,
}


def kind_of(code: int) -> type[LuminateError]:
    """The class for a code; of one that this package does not know, `LuminateError`."""
    return _KINDS.get(code, LuminateError)
