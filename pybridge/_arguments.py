"""Checks of plain arguments, for every subject alike: whole numbers, numbers, switches, seeds, choices.

A NumPy scalar, and an array or tensor without axes, counts as the Python value that it holds. TensorFlow is not loaded.
"""

from __future__ import annotations

import difflib
import math
import operator
import reprlib
from collections.abc import Iterable
from decimal import Decimal
from numbers import Real
from typing import Any

import numpy as np

from pybridge.errors import OptionError

LONGEST = 120
LAST = 2**63 - 1  # what a tensor, a length or Clojure's long counts to
MOST = 50  # names that a message lists
DIGITS = 100  # of a whole number that a message writes out


class _Short(reprlib.Repr):
    """What writes a value short: a whole number of many digits, which Python may refuse to write, by their number."""

    def repr_int(self, x: int, level: int) -> str:
        if x.bit_length() <= DIGITS * math.log2(10):
            return repr(x)
        return f"{'-' * (x < 0)}10^{round(x.bit_length() * math.log10(2))} or so"


_repr = _Short()
_repr.maxstring = _repr.maxother = LONGEST


def whole_number(name: str, value: object, least: int = 0, most: int = LAST) -> int:
    """Read an option that is a whole number.

    Raises:
        OptionError: it is something else, a float such as 3.0 among it, less than `least`, or more than `most`.

    >>> whole_number("epochs", np.int64(3))
    3
    >>> whole_number("epochs", 3.0)
    Traceback (most recent call last):
    pybridge.errors.OptionError: epochs must be a whole number of at least 0; got 3.0: write 3
    """
    number = whole(value)
    if number is None or number < least:
        raise OptionError(f"{name} must be a whole number of at least {least}; got {_not_whole(value, least)}")
    if number > most:
        raise OptionError(f"{name} must be a whole number from {least} to {most}; got {shown(value)}")
    return number


def seed(value: object, name: str = "seed") -> int | None:
    """Read a seed: a whole number from 0 to 2^63 - 1, or None.

    Raises:
        OptionError: it is something else.

    >>> seed(np.uint8(7))
    7
    """
    if value is None:
        return None
    number = whole(value)
    if number is None or number < 0:
        raise OptionError(f"{name} must be a whole number of at least 0, or None; got {_not_whole(value, 0)}")
    return whole_number(name, number)


def number(
    name: str,
    value: object,
    *,
    least: float | None = None,
    most: float | None = None,
    above: float | None = None,
    below: float | None = None,
    otherwise: str = "",
) -> float:
    """Read an option that is a finite number.

    Args:
        name: the option.
        value: what was given.
        least: the smallest number allowed; `above` instead leaves the bound itself out.
        most: the largest number allowed; `below` instead leaves the bound itself out.
        otherwise: what else the caller takes, in words, for the message.

    Raises:
        OptionError: it is no number, not finite, or out of bounds.

    >>> number("beta", np.float16(0.5), least=0, most=1)
    0.5
    >>> number("share", 1, least=0, below=1)
    Traceback (most recent call last):
    pybridge.errors.OptionError: share must be a number of at least 0 and below 1; got 1
    """
    read = _real(value)
    inside = (
        math.isfinite(read)
        and (least is None or read >= least)
        and (most is None or read <= most)
        and (above is None or read > above)
        and (below is None or read < below)
    )
    if not inside:
        bounded = most is not None or below is not None
        kind = "a finite number" if math.isinf(read) and not bounded else "a number"
        wanted = f"{kind}{_bounds(least, most, above, below)}" + (f", or {otherwise}" if otherwise else "")
        raise OptionError(f"{name} must be {wanted}; got {shown(value)}")
    return read


def flag(name: str, value: object) -> bool:
    """Read an option that is a switch.

    Raises:
        OptionError: it is neither True nor False, of Python or of NumPy.

    >>> flag("jit", np.True_)
    True
    """
    if not isinstance(value, bool | np.bool_):
        raise OptionError(f"{name} must be true or false; got {shown(value)}")
    return bool(value)


def choice(name: str, value: object, allowed: Iterable[Any], *, otherwise: str = "") -> Any:
    """Read an option that is one of a few.

    Args:
        name: the option.
        value: what was given.
        allowed: the values to choose from, or a dict of which they are the keys.
        otherwise: what else the caller takes, in words, for the message.

    Returns:
        The value from `allowed`. The number 1 does not stand for True, nor for 1.0.

    Raises:
        OptionError: it is none of them.

    >>> choice("form", "rude", ["ruder", "average"])
    Traceback (most recent call last):
    pybridge.errors.OptionError: form must be "ruder" or "average"; got 'rude': did you mean "ruder"?
    """
    allowed, held = list(allowed), plain(value)
    for option in allowed:
        if _same(option, held):
            return option
    close = _close(held, [option for option in allowed if isinstance(option, str)], most=1)
    hint = f': did you mean "{close[0]}"?' if close else ""
    names = [f'"{option}"' if isinstance(option, str) else repr(option) for option in allowed]
    *rest, last = [*names, otherwise] if otherwise else names
    listed = f"{', '.join(rest)} or {last}" if rest else last
    raise OptionError(f"{name} must be {listed}; got {shown(value)}{hint}")


def suggestion(name: str, known: Iterable[str]) -> str:
    """The end of a message about an unknown name: what comes close to it, or else everything there is.

    >>> suggestion("denes", ["dense", "dropout", "flatten"])
    'did you mean dense?'
    >>> suggestion("x", ["dense", "dropout"])
    'there are dense, dropout'
    """
    known = sorted(set(known))
    close = _close(name, known, most=3)
    if close:
        return f"did you mean {' or '.join(close)}?"
    more = f" and {len(known) - MOST} more" if len(known) > MOST else ""
    return f"there are {', '.join(known[:MOST])}{more}"


def whole(value: object) -> int | None:
    """A whole number as Python's int; None for anything else, booleans and floats among it.

    >>> whole(np.array(3)), whole(True), whole(3.0)
    (3, None, None)
    """
    held = plain(value)
    if isinstance(held, bool):
        return None
    try:
        return operator.index(held)
    except (AttributeError, TypeError):
        return None


def plain(value: Any) -> Any:
    """What a NumPy scalar, or an array or tensor without axes, holds, as Python's own; anything else as it is.

    >>> plain(np.float32(0.5)), plain(np.array(3)), plain([1])
    (0.5, 3, [1])
    """
    if isinstance(value, int | float) and not isinstance(value, np.generic):
        return value
    try:
        if tuple(value.shape):
            return value
        array = np.asarray(value.numpy() if hasattr(value, "numpy") else value)
    except Exception:  # a tensor of a function that is being traced holds nothing yet
        return value
    # The others are times, whose number depends on their unit, and objects.
    return array.item() if array.dtype.kind in "biufcSUV" else value


def shown(value: object) -> str:
    """A value as it is written in a message: on one line, not too long, and never like a number unless it is Python's.

    >>> shown(3.0), shown(list(range(100)))
    ('3.0', '[0, 1, 2, 3, 4, 5, ...]')
    """
    text = " ".join(_repr.repr(value).split())
    if type(value) not in (int, float) and _reads_as_number(text):
        text = f"{text} of type {type(value).__name__}"
    return _cut(text, LONGEST)


def brief(name: str) -> str:
    """A name that somebody has given, for a message: of a long one the beginning.

    >>> brief("x"), brief("")
    ('x', "''")
    """
    return _cut(name, LONGEST) or "''"


def listed(names: Iterable[str], between: str = ", ") -> str:
    """Names that somebody has given, for a message: of long ones the beginnings, of many the first; `none` of none.

    >>> listed(["x", "y"]), listed([])
    ('x, y', 'none')
    """
    return _cut(between.join(map(brief, names)), 3 * LONGEST) or "none"


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[:most]}..."


def said(error: Exception) -> str:
    """What an exception of a library says, for a message: on one line, not too long; its class where it says nothing.

    >>> said(KeyError()), said(ValueError("two\\nlines"))
    ('KeyError', 'two lines')
    """
    return _cut(" ".join(str(error).split()), 3 * LONGEST) or type(error).__name__


def _not_whole(value: object, least: int) -> str:
    held = plain(value)
    fix = f": write {int(held)}" if isinstance(held, float) and held.is_integer() and held >= least else ""
    return f"{shown(value)}{fix}"


def _real(value: object) -> float:
    held = plain(value)
    if isinstance(held, bool | np.timedelta64) or not isinstance(held, Real | Decimal):
        return math.nan
    try:
        return float(held)
    except (TypeError, ValueError):
        return math.nan
    except OverflowError:
        return math.inf


def _bounds(least: float | None, most: float | None, above: float | None, below: float | None) -> str:
    if least is not None and most is not None:
        return f" from {least} to {most}"
    bounds = {"at least": least, "above": above, "at most": most, "below": below}
    text = " and ".join(f"{word} {bound}" for word, bound in bounds.items() if bound is not None)
    return f" of {text}" if text.startswith("at") else f" {text}".rstrip()


def _same(option: object, held: object) -> bool:
    of_one_type = isinstance(held, type(option)) and isinstance(held, bool) == isinstance(option, bool)
    return of_one_type and bool(held == option)


def _close(name: object, known: list[str], *, most: int) -> list[str]:
    return difflib.get_close_matches(name.lower(), known, n=most, cutoff=0.6) if isinstance(name, str) else []


def _reads_as_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
