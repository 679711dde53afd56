"""What became of a write."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Optional, Union, overload

import numpy as np
import numpy.typing as npt

from .errors import Code, PointsRefused
from .result import Result, TextColumn


@dataclass(frozen=True)
class Refusal:
    """A point that is not stored, and why."""

    index: int
    """Its position in what was written."""
    metric: str
    code: int
    """A `Code`; a plain int if the library is newer than this package."""
    message: str


class Refusals(Sequence[Refusal]):
    """Refused points, by their positions. They are made one by one as they are looked at."""

    def __init__(self, tables: Sequence[tuple[int, Result]] = (), rows: Optional[npt.NDArray[np.int64]] = None) -> None:
        """Tables of the library, each with the position at which what it is about begins. `rows`: where positions are
        not those of the caller, which of his they are."""
        self._tables = list(tables)
        self._rows = rows

    def __len__(self) -> int:
        return sum(len(table) for _, table in self._tables)

    def __iter__(self) -> Iterator[Refusal]:
        for first, table in self._tables:
            for row in range(len(table)):
                yield self._refusal(first, table, row)

    @overload
    def __getitem__(self, index: int) -> Refusal: ...
    @overload
    def __getitem__(self, index: slice) -> list[Refusal]: ...
    def __getitem__(self, index: Union[int, slice]) -> Union[Refusal, list[Refusal]]:
        if isinstance(index, slice):
            return [self[i] for i in range(*index.indices(len(self)))]
        row = index + len(self) if index < 0 else index
        for first, table in self._tables:
            if 0 <= row < len(table):
                return self._refusal(first, table, row)
            row -= len(table)
        raise IndexError(f"there are {len(self)} refused points, and none at {index}")

    def _refusal(self, first: int, table: Result, row: int) -> Refusal:
        index, code = first + _integer(table, "index", row), _integer(table, "code", row)
        return Refusal(
            index if self._rows is None else int(self._rows[index]),
            _text(table, "metric", row),
            Code(code) if code in Code._value2member_map_ else code,
            _text(table, "message", row),
        )

    def __repr__(self) -> str:
        shown = ", ".join(f"{refusal.index}: {refusal.message}" for refusal in self[:3])
        return (
            f"<luminate.Refusals of {len(self)} points{': ' if shown else ''}{shown}{' ...' if len(self) > 3 else ''}>"
        )


def _integer(table: Result, name: str, row: int) -> int:
    column = table[name]
    assert not isinstance(column, TextColumn)
    return int(column[row])


def _text(table: Result, name: str, row: int) -> str:
    column = table[name]
    assert isinstance(column, TextColumn)
    return column[row] or ""


class WriteReport:
    """What became of a write: how many points are stored, durably, and which were refused. True if none was.

    if not (report := store.write(points)):
        for refusal in report.refused:
            print(refusal.index, refusal.message)

    store.write(points).raise_for_refused()        # for those to whom a refused point is an error
    """

    def __init__(self, accepted: int, refused: Refusals) -> None:
        self.accepted = accepted
        """The number of points that are stored."""
        self.refused = refused
        """The others."""

    def __bool__(self) -> bool:
        return len(self.refused) == 0

    def raise_for_refused(self) -> WriteReport:
        """Raises PointsRefused, which carries this report, if any point was refused. The others are stored all the
        same. Returns the report itself otherwise."""
        if self:
            return self
        first, count = self.refused[0], len(self.refused)
        error = PointsRefused(
            f"{count} of {count + self.accepted} points {'was' if count == 1 else 'were'} refused; "
            f"the first, at {first.index}: {first.message}",
            first.code,
            index=first.index,
        )
        error.report = self
        raise error

    def __repr__(self) -> str:
        return f"<luminate.WriteReport {self.accepted} accepted, {len(self.refused)} refused>"
