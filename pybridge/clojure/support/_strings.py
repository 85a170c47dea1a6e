"""Text that any library may have made, as it crosses."""

from __future__ import annotations

LONGEST = 100_000  # characters that are shown of a text


def plain_str(x: object) -> str:
    """`str(x)` as Java can hold it: no subclass's object, and a character in two surrogates as the one that it is."""
    words = str.__str__(str(x))
    try:
        words.encode()
    except UnicodeEncodeError:
        return words.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")
    return words


def shortened(text: str, longest: int = LONGEST) -> str:
    """A text of any length as one that can be shown: its beginning, and its end, where a trace has the error.

    >>> shortened("longer", 4)
    'lo … 2 characters … er'
    """
    half = longest // 2
    return text if len(text) <= longest else f"{text[:half]} … {len(text) - 2 * half:,} characters … {text[-half:]}"
