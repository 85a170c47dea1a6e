"""Text that any library may have made, as it crosses."""

from __future__ import annotations


def plain_str(x: object) -> str:
    """`str(x)` as Java can hold it: no subclass's object, and a character in two surrogates as the one that it is."""
    words = str.__str__(str(x))
    try:
        words.encode()
    except UnicodeEncodeError:
        return words.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")
    return words
