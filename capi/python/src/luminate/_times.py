"""Instants and durations as Python has them, and as the library has them: milliseconds."""

from __future__ import annotations

import datetime
import math
import re
from typing import Union

import numpy as np

Instant = Union[int, datetime.datetime, "np.datetime64"]
"""A moment: Unix milliseconds, a datetime with a time zone, or a numpy.datetime64, which is UTC."""

Duration = Union[datetime.timedelta, "np.timedelta64", str]
"""A length of time: a timedelta, or a text such as "500ms", "30s", "5m", "1h30m", "7d", "2w"."""

Timeout = Union[float, Duration]
"""How long a call may take: seconds, or a Duration."""

_EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)
_MILLISECOND = datetime.timedelta(milliseconds=1)
_UNITS = {"w": 604_800_000, "d": 86_400_000, "h": 3_600_000, "m": 60_000, "s": 1_000, "ms": 1}
_DURATION = re.compile("".join(rf"(?:(?P<{unit}>[0-9]+){unit})?" for unit in _UNITS))

MIN_MS, MAX_MS = -(2**63), 2**63 - 1


def instant_ms(value: Instant, what: str = "a timestamp") -> int:
    """Unix milliseconds; fractions of one are cut off, downwards."""
    if isinstance(value, datetime.datetime):
        if value.tzinfo is None:
            raise ValueError(
                f"{what} is {value!r}, which has no time zone: give it one, as in datetime.now(timezone.utc) "
                "or value.replace(tzinfo=timezone.utc)"
            )
        return int((value - _EPOCH) // _MILLISECOND)
    if isinstance(value, np.datetime64):
        if np.isnat(value):
            raise ValueError(f"{what} is NaT, not a time")
        return int(value.astype("datetime64[ms]").astype(np.int64))
    if isinstance(value, (int, np.integer)) and not isinstance(value, bool):
        if not MIN_MS <= value <= MAX_MS:
            raise ValueError(f"{what} is {value}, which is beyond 64 bits of milliseconds")
        return int(value)
    raise TypeError(
        f"{what} is {value!r} ({type(value).__name__}): it has to be Unix milliseconds as an int, a datetime with "
        "a time zone, or a numpy.datetime64"
    )


def duration_ms(value: Duration, what: str = "a duration") -> int:
    """Milliseconds; fractions of one are cut off."""
    if isinstance(value, np.timedelta64):
        if np.isnat(value):
            raise ValueError(f"{what} is NaT, not a length of time")
        return int(value.astype("timedelta64[ms]").astype(np.int64))
    if isinstance(value, datetime.timedelta):
        return int(value // _MILLISECOND)
    if isinstance(value, str):
        found = _DURATION.fullmatch(value)
        if not value or found is None:
            raise ValueError(f'{what} is {value!r}: it has to read like "500ms", "30s", "5m", "1h30m", "7d" or "2w"')
        length = sum(int(count) * _UNITS[unit] for unit, count in found.groupdict().items() if count is not None)
        if length > MAX_MS:  # ctypes would leave off what is above.
            raise ValueError(f"{what} is {value!r}, which is beyond 64 bits of milliseconds")
        return length
    raise TypeError(
        f'{what} is {value!r} ({type(value).__name__}): it has to be a timedelta, or a text such as "1h30m"; a number '
        "would leave open of what"
    )


def timeout_ms(value: Timeout) -> int:
    """Milliseconds; of a fraction of one, a whole one."""
    if isinstance(value, (int, float, np.integer, np.floating)) and not isinstance(value, (bool, np.timedelta64)):
        if not 0 <= value <= MAX_MS / 1000:
            raise ValueError(f"timeout is {value!r}: it has to be seconds, from 0")
        return min(math.ceil(float(value) * 1000), MAX_MS)
    if isinstance(value, datetime.timedelta):
        whole, rest = divmod(value, _MILLISECOND)
        return int(whole) + bool(rest)
    return duration_ms(value, "timeout")


def datetime_of(timestamp_ms: int) -> datetime.datetime:
    """The moment, in UTC."""
    return _EPOCH + datetime.timedelta(milliseconds=timestamp_ms)


def duration_text(length_ms: int) -> str:
    """ "1h30m": how the library writes a duration."""
    if length_ms <= 0:
        return f"{length_ms}ms"
    parts = []
    for unit, size in _UNITS.items():
        if unit == "w":
            continue
        count, length_ms = divmod(length_ms, size)
        if count:
            parts.append(f"{count}{unit}")
    return "".join(parts)
