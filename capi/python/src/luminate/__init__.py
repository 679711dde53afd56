"""Luminate, the metrics store for high-cardinality data.

    import luminate
    from luminate import Query

    with luminate.open("sqlite:metrics.db") as store:
        store.write([("api_latency", datetime.now(timezone.utc), 12.5, {"customer_id": "acme", "region": "eu"})])

        result = store.query(Query.aggregate("api_latency", "p95", last="24h", by="customer_id", every="1h"))
        for row in result:
            print(row["bucket"], row["customer_id"], row["p95"])
        result.to_pandas()

A write that was answered is on the disk. Percentiles are exact. Two tenants never see each other's data.

`open()` and `Store` are the way in; `Batch` and `Store.write_frame()` for columns of numpy and pandas; `Query` asks;
`Result` answers with numpy arrays that are not copies; `luminate.errors` says what can go wrong; `luminate.aio` is all
of this for asyncio. The package speaks with libluminate-c.so.0 by ctypes, and the GIL is free while that works.
"""

from . import aio, errors
from ._call import Call
from ._ffi import lib as _lib
from ._version import __version__
from .batch import Batch
from .errors import (
    BatchTooLarge,
    Cancelled,
    Code,
    InternalError,
    InvalidData,
    InvalidOption,
    InvalidQuery,
    InvalidRequest,
    LuminateError,
    OutOfMemory,
    PointsRefused,
    QueryTimeout,
    RequestTooLarge,
    ResultLimitExceeded,
    StorageCorrupt,
    StorageError,
    StorageLocked,
    StorageUnavailable,
    StorageVersion,
    StoreClosed,
)
from .options import Option, options
from .query import Query, quantile
from .report import Refusal, Refusals, WriteReport
from .result import Result, TextColumn
from .store import Store, open
from .stream import Stream
from .validator import Validator


def library_version() -> str:
    """The version of the library at hand, such as "0.1.0"; `__version__` is that of this package."""
    return str(_lib.luminate_version().decode())


__all__ = [
    "Batch",
    "BatchTooLarge",
    "Call",
    "Cancelled",
    "Code",
    "InternalError",
    "InvalidData",
    "InvalidOption",
    "InvalidQuery",
    "InvalidRequest",
    "LuminateError",
    "Option",
    "OutOfMemory",
    "PointsRefused",
    "Query",
    "QueryTimeout",
    "Refusal",
    "Refusals",
    "RequestTooLarge",
    "Result",
    "ResultLimitExceeded",
    "StorageCorrupt",
    "StorageError",
    "StorageLocked",
    "StorageUnavailable",
    "StorageVersion",
    "Store",
    "StoreClosed",
    "Stream",
    "TextColumn",
    "Validator",
    "WriteReport",
    "__version__",
    "aio",
    "errors",
    "library_version",
    "open",
    "options",
    "quantile",
]
