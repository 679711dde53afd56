"""Tables of columns: answers to queries, listings."""

from __future__ import annotations

import ctypes
import datetime
import html
import itertools
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, Optional, Union, overload

import numpy as np
import numpy.typing as npt

from . import _arrow, _ffi
from ._ffi import lib
from ._times import datetime_of

if TYPE_CHECKING:
    import pandas

_INTEGER, _NUMBER, _TIME, _TEXT = 1, 2, 3, 4


class _Lent:
    """Memory of a result as numpy takes it. The array refers to this, and this to the result."""

    __slots__ = ("__array_interface__", "_handle")

    def __init__(self, handle: _ffi.Handle, pointer: Optional[int], kind: str, count: int) -> None:
        self._handle = handle
        self.__array_interface__ = {"version": 3, "shape": (count,), "typestr": kind, "data": (pointer, True)}


def _view(handle: _ffi.Handle, pointer: Optional[int], kind: str, count: int) -> npt.NDArray[Any]:
    return np.asarray(_Lent(handle, pointer, kind, count)) if pointer else np.empty(0, dtype=kind)


class TextColumn(Sequence[Optional[str]]):
    """A column of texts: what is in it once each, and where.

        column = result["customer_id"]
        column[0]                  # "acme", or None where it is missing
        column.categories          # ["acme", "zenith"]
        column.codes               # array([0, 0, 1, ...], dtype=int32); -1 where it is missing; not a copy
        numpy.asarray(column)      # an array of Python texts
    """

    __slots__ = ("codes", "categories")

    def __init__(self, codes: npt.NDArray[np.int32], categories: list[str]) -> None:
        self.codes = codes
        self.categories = categories

    def __len__(self) -> int:
        return len(self.codes)

    @overload
    def __getitem__(self, index: int) -> Optional[str]: ...
    @overload
    def __getitem__(self, index: slice) -> TextColumn: ...
    def __getitem__(self, index: Union[int, slice]) -> Union[Optional[str], TextColumn]:
        if isinstance(index, slice):
            return TextColumn(self.codes[index], self.categories)
        code = int(self.codes[index])
        return self.categories[code] if code >= 0 else None

    def __iter__(self) -> Iterator[Optional[str]]:
        texts = [*self.categories, None]  # -1 is the last one.
        return (texts[code] for code in self.codes.tolist())

    def __array__(self, dtype: Any = None, copy: Optional[bool] = None) -> npt.NDArray[Any]:
        texts = np.empty(len(self.categories) + 1, dtype=object)
        texts[:-1] = self.categories
        return texts[self.codes] if dtype is None else texts[self.codes].astype(dtype)

    def tolist(self) -> list[Optional[str]]:
        return list(self)

    def __repr__(self) -> str:
        shown = ", ".join(map(repr, itertools.islice(self, 6)))
        return f"TextColumn([{shown}{', ...' if len(self) > 6 else ''}])"


Column = Union[npt.NDArray[Any], TextColumn]


class Result:
    """A table of columns, which never changes. Its memory is the library's; nothing is copied until you ask for it.

        result.columns                 # ("bucket", "customer_id", "p95", "count")
        result["p95"]                  # a numpy array, read-only; it keeps the memory alive by itself
        for row in result: ...         # {"bucket": datetime, "customer_id": "acme", "p95": 12.5, "count": 100}
        result.to_pandas()
        pyarrow.table(result)          # or polars.DataFrame(result), or duckdb.sql("from result")

    Integers are arrays of int64, numbers of float64, times of datetime64[ms] (UTC), texts a TextColumn.
    """

    __slots__ = ("_handle", "_columns", "_types", "_kept", "__weakref__")

    def __init__(self, handle: _ffi.Handle) -> None:
        """Stores make them."""
        self._handle = handle
        names = [
            lib.luminate_result_column_name(handle, i).decode() for i in range(lib.luminate_result_column_count(handle))
        ]
        self._columns = {name: i for i, name in enumerate(names)}
        self._types = [int(lib.luminate_result_column_type(handle, i)) for i in range(len(names))]
        self._kept: dict[str, Column] = {}

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of the columns, in their order."""
        return tuple(self._columns)

    def __len__(self) -> int:
        """The number of rows."""
        return int(lib.luminate_result_row_count(self._handle))

    def __contains__(self, column: object) -> bool:
        return column in self._columns

    def __getitem__(self, column: str) -> Column:
        """A column, without a copy."""
        if column not in self._columns:
            raise KeyError(f"there is no column {column!r}: there are {', '.join(self._columns)}")
        if column not in self._kept:
            self._kept[column] = self._column(self._columns[column])
        return self._kept[column]

    def __iter__(self) -> Iterator[dict[str, Any]]:
        """The rows, each as a dict by the names of the columns: int, float, datetime (UTC), and str or None."""
        for first in range(0, len(self), 4096):  # So that not all rows are Python objects at once.
            names = self.columns
            for row in zip(*(self._objects(name, slice(first, first + 4096)) for name in names)):
                yield dict(zip(names, row))

    def row(self, index: int) -> dict[str, Any]:
        """A row as a dict; from the end if the index is negative."""
        number = index + len(self) if index < 0 else index
        if not 0 <= number < len(self):
            raise IndexError(f"there are {len(self)} rows, and none at {index}")
        return {name: self._objects(name, slice(number, number + 1))[0] for name in self.columns}

    @property
    def truncated(self) -> bool:
        """Of the answer to a range query: whether more samples matched than its limit let through."""
        return bool(lib.luminate_result_truncated(self._handle))

    @property
    def points_scanned(self) -> int:
        """Of the answer to a query: how many samples were looked at."""
        return int(lib.luminate_result_points_scanned(self._handle))

    @property
    def execution_time(self) -> datetime.timedelta:
        """Of the answer to a query: how long it took."""
        return datetime.timedelta(microseconds=lib.luminate_result_execution_time_us(self._handle))

    def to_dict(self) -> dict[str, list[Any]]:
        """The columns as lists of Python objects."""
        return {name: self._objects(name, slice(None)) for name in self.columns}

    def to_json(self) -> str:
        """The answer to a query as the JSON of docs/queries.md; InvalidRequest for other tables."""
        text, size = ctypes.c_void_p(), ctypes.c_size_t()
        _ffi.check(lib.luminate_result_json, self._handle, ctypes.byref(text), ctypes.byref(size))
        return ctypes.string_at(text.value or 0, size.value).decode() if text.value else ""

    def to_pandas(self, copy: bool = True) -> pandas.DataFrame:
        """A pandas.DataFrame: times are datetimes in UTC, texts categorical. No Python object is made for a cell.

        Args:
            copy: False leaves numbers and integers where they are, as columns that cannot be written to.
        """
        import pandas

        columns: dict[str, Any] = {}
        for name in self.columns:
            column = self[name]
            if isinstance(column, TextColumn):
                columns[name] = pandas.Categorical.from_codes(column.codes, categories=column.categories)
            elif column.dtype.kind == "M":
                columns[name] = pandas.DatetimeIndex(column).tz_localize("UTC")
            else:
                columns[name] = column
        return pandas.DataFrame(columns, index=pandas.RangeIndex(len(self)), copy=copy)

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        """The table by the Arrow PyCapsule interface, without a copy: for pyarrow, polars, duckdb, pandas and others."""
        return _arrow.stream_capsule(self._handle)

    def __repr__(self) -> str:
        notes = ", truncated" if self.truncated else ""
        shape = f"<luminate.Result of {len(self)} rows x {len(self.columns)} columns{notes}>"
        rows = [self.columns, *self._shown(5)]
        widths = [min(max(map(len, column)), 40) for column in zip(*rows)]
        lines = ["  ".join(cell[:40].ljust(width) for cell, width in zip(row, widths)).rstrip() for row in rows]
        return "\n".join([shape, *lines] + (["..."] if len(self) > 5 else []))

    def _repr_html_(self) -> str:
        def line(cells: Sequence[str], tag: str) -> str:
            return f"<tr>{''.join(f'<{tag}>{html.escape(cell)}</{tag}>' for cell in cells)}</tr>"

        notes = ", truncated" if self.truncated else ""
        body = "".join(line(row, "td") for row in self._shown(10))
        return (
            f"<table><thead>{line(self.columns, 'th')}</thead><tbody>{body}</tbody></table>"
            f"<p>{len(self)} rows x {len(self.columns)} columns{notes}</p>"
        )

    def __reduce__(self) -> tuple[Any, ...]:
        raise TypeError(
            "a luminate.Result cannot be pickled: its memory is the library's. Use to_pandas() or to_dict()"
        )

    def _shown(self, count: int) -> list[list[str]]:
        columns = []
        for name in self.columns:
            column = self[name][:count]
            if isinstance(column, TextColumn):
                columns.append(["" if text is None else text for text in column])
            elif column.dtype.kind == "M":
                columns.append([f"{moment}Z" for moment in column])
            else:
                columns.append([f"{number:g}" if column.dtype.kind == "f" else str(number) for number in column])
        return [list(row) for row in zip(*columns)]

    def _objects(self, name: str, rows: slice) -> list[Any]:
        column = self[name][rows]
        if isinstance(column, TextColumn):
            return column.tolist()
        if column.dtype.kind == "M":
            return [datetime_of(timestamp) for timestamp in column.view(np.int64).tolist()]
        found: list[Any] = column.tolist()
        return found

    def _column(self, index: int) -> Column:
        kind, count = self._types[index], len(self)
        if kind == _INTEGER:
            return _view(self._handle, lib.luminate_result_integers(self._handle, index), "<i8", count)
        if kind == _TIME:
            return _view(self._handle, lib.luminate_result_integers(self._handle, index), "<i8", count).view("<M8[ms]")
        if kind == _NUMBER:
            return _view(self._handle, lib.luminate_result_numbers(self._handle, index), "<f8", count)
        if kind == _TEXT:
            codes = _view(self._handle, lib.luminate_result_codes(self._handle, index), "<i4", count)
            return TextColumn(codes, self._texts(index))
        raise TypeError(f"column {self.columns[index]} is of type {kind}, which this package does not know: update it")

    def _texts(self, index: int) -> list[str]:
        texts, ends = ctypes.c_void_p(), ctypes.c_void_p()
        count = lib.luminate_result_texts(self._handle, index, ctypes.byref(texts), ctypes.byref(ends))
        if count == 0 or not ends.value:
            return []
        borders = [0, *_view(self._handle, ends.value, "<u8", count).tolist()]
        raw = ctypes.string_at(texts.value or 0, borders[-1]) if borders[-1] else b""
        return [raw[begin:end].decode() for begin, end in zip(borders, borders[1:])]
