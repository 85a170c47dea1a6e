"""Values that have a counterpart in Java, as plain data and back: the other half of `pybridge.native.counterparts`."""

from __future__ import annotations

import datetime as dt
import decimal as decimals
import fractions
import pathlib
import uuid as uuids
import zoneinfo
from collections.abc import Callable

from pybridge.errors import ConversionError

WHOLE_SECOND = dt.timedelta(seconds=1)


def parts(x: object) -> object:
    """What Java makes its counterpart of `x` from, or None where that would lose something: `x` crosses as itself."""
    return _PARTS[type(x)](x)


def _date(x: dt.date) -> list[int]:
    return [x.year, x.month, x.day]


def _time_of_day(x: dt.time | dt.datetime) -> list[int]:
    return [x.hour, x.minute, x.second, x.microsecond]


def _time(x: dt.time) -> list[int] | None:
    return _time_of_day(x) if x.tzinfo is None and not x.fold else None


def _datetime(x: dt.datetime) -> dict | None:
    told = {"date": _date(x), "time": _time_of_day(x)}
    if x.tzinfo is None:
        return None if x.fold else told
    offset = x.utcoffset()
    if offset is None or offset % WHOLE_SECOND:
        return None
    told["offset"] = offset // WHOLE_SECOND
    if _is_plain_offset(x.tzinfo, offset):
        return None if x.fold else told
    if type(x.tzinfo) is zoneinfo.ZoneInfo and x.tzinfo.key:
        return told | {"zone": x.tzinfo.key, "fold": x.fold}
    return None


def _is_plain_offset(zone: dt.tzinfo, offset: dt.timedelta) -> bool:
    """Whether a time zone is an offset and no more: one with a name of its own would lose it."""
    return type(zone) is dt.timezone and repr(zone) in (repr(dt.timezone(offset)), repr(dt.UTC))


def _timedelta(x: dt.timedelta) -> list[int]:
    return [x.days, x.seconds, x.microseconds]


def _decimal(x: decimals.Decimal) -> str | None:
    """Java's decimals have no infinity, no NaN and no negative zero, and exponents of 31 bits."""
    if not x.is_finite() or (x.is_zero() and x.is_signed()):
        return None
    exponent = x.as_tuple().exponent
    return str(x) if abs(exponent) + len(x.as_tuple().digits) < 2**31 else None


_PARTS: dict[type, Callable] = {
    dt.date: _date,
    dt.time: _time,
    dt.datetime: _datetime,
    dt.timedelta: _timedelta,
    decimals.Decimal: _decimal,
    fractions.Fraction: lambda x: [x.numerator, x.denominator],
    uuids.UUID: str,
    type(pathlib.Path()): str,
}

date = dt.date
time = dt.time
datetime = dt.datetime
decimal = decimals.Decimal
uuid = uuids.UUID
path = pathlib.Path


def timedelta(days: int, seconds: int, micros: int) -> dt.timedelta:
    return dt.timedelta(days, seconds, micros)


def aware_datetime(local: list[int], offset: int) -> dt.datetime:
    """A datetime at a fixed offset from UTC, in seconds."""
    zone = dt.timezone(dt.timedelta(seconds=offset)) if offset else dt.UTC
    return dt.datetime(*local, tzinfo=zone)


def zoned_datetime(local: list[int], key: str, fold: int, offset: int) -> dt.datetime:
    """A datetime in a time zone of the IANA database, which must agree with Java's on the offset."""
    try:
        zone = zoneinfo.ZoneInfo(key)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError) as error:
        raise ConversionError(
            f"Python knows no time zone {key!r}: pass (.toOffsetDateTime x), or install the package tzdata"
        ) from error
    made = dt.datetime(*local, tzinfo=zone, fold=fold)
    if made.utcoffset() != dt.timedelta(seconds=offset):
        raise ConversionError(
            f"Java and Python disagree about {key} at {made:%Y-%m-%d %H:%M}: {offset} and "
            f"{made.utcoffset().total_seconds():g} seconds from UTC; pass (.toOffsetDateTime x)"
        )
    return made
