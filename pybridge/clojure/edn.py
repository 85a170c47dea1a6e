"""Read deps.edn, project.clj and the `ns` form of a source: Clojure's data as plain Python.

>>> next(forms('{:paths ["src"] :deps {a/b #:mvn{:version "1.0"}}}'))
{':paths': ('src',), ':deps': {'a/b': {':mvn/version': '1.0'}}}
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

__all__ = ["UNREAD", "Symbol", "forms"]


class Symbol(str):
    """What is no string: a symbol, a keyword with its colon, a number or a character."""

    __slots__ = ()


UNREAD: Any = type("Unread", (), {"__repr__": lambda self: "UNREAD"})()
"""What stands for code and for data that is made by code: `~(version)`, `#"regex"`, `#(f)`, `#?(:clj 1)`, `#tag x`."""

# Possessive, as a long string would otherwise take many times its size to be matched.
TOKEN = re.compile(
    r"""
      (?P<space> [\s,]+ | ;[^\n]* | \#![^\n]*)
    | (?P<string> "[^"\\]*+(?:\\.[^"\\]*+)*+")
    | (?P<regex> \#"[^"\\]*+(?:\\.[^"\\]*+)*+")
    | (?P<character> \\(?:\w+|.))
    | (?P<code> \#\?@?(?=\() | \#(?=\() | ~@? | ` | @ | \#= | \#[A-Za-z][^\s,;"()\[\]{}]*)
    | (?P<skip> \#_)
    | (?P<meta> \#?\^)
    | (?P<quote> \#?')
    | (?P<map> \#:(?P<prefix>[^\s,;"()\[\]{}]+)\s*\{)
    | (?P<open> \#\{ | [(\[{])
    | (?P<close> [)\]}])
    | (?P<atom> (?:\#\#)?[^\s,;"()\[\]{}`~@^\\]+)
    """,
    re.VERBOSE | re.DOTALL,
)
CLOSES = {"(": ")", "[": "]", "{": "}", "#{": "}"}


def forms(text: str) -> Iterator[Any]:
    """Read the forms of a text, one by one.

    Args:
        text: Clojure code or data.

    Yields:
        A list, vector or set as a tuple, a map as a dict, a string as a str, anything else that is data as a Symbol.
        Metadata and quotes are left out.

    Raises:
        ValueError: a form is cut short, closed wrongly or nested too deeply; it names the line.
    """
    reader = _Reader(text)
    try:
        while (token := reader.next()) is not None:
            yield reader.form(token)
    except RecursionError:
        raise reader.fault("forms that are nested too deeply") from None


class _Reader:
    def __init__(self, text: str) -> None:
        self.text, self.at = text, 0

    def next(self) -> re.Match[str] | None:
        """The next token that is of a form; None at the end."""
        while self.at < len(self.text):
            token = TOKEN.match(self.text, self.at)
            if token is None:
                raise self.fault("a string that does not end")
            self.at = token.end()
            if token.lastgroup == "skip":
                self.following(token)
            elif token.lastgroup != "space":
                return token
        return None

    def following(self, token: re.Match[str]) -> Any:
        """The form after a token that cannot stand alone."""
        found = self.next()
        if found is None:
            raise self.fault(f"nothing after {token[0]}", token)
        return self.form(found)

    def form(self, token: re.Match[str]) -> Any:
        match token.lastgroup:
            case "string":
                return _text(token[0])
            case "atom" | "character":
                return Symbol(token[0])
            case "regex":
                return UNREAD
            case "code":
                self.following(token)
                return UNREAD
            case "meta":
                self.following(token)
                return self.following(token)
            case "quote":
                return self.following(token)
            case "map":
                return self.mapping(token, "}", token["prefix"])
            case "open" if token[0] == "{":
                return self.mapping(token, "}")
            case "open":
                return tuple(self.items(token, CLOSES[token[0]]))
        raise self.fault(f"{token[0]} without its beginning", token)

    def items(self, opening: re.Match[str], closing: str) -> Iterator[Any]:
        while (token := self.next()) is not None:
            if token.lastgroup != "close":
                yield self.form(token)
            elif token[0] == closing:
                return
            else:
                raise self.fault(f"{token[0]} where {closing} should be, for {opening[0]}", token)
        raise self.fault(f"{opening[0]} is not closed", opening)

    def mapping(self, opening: re.Match[str], closing: str, prefix: str = "") -> dict[Any, Any]:
        items = list(self.items(opening, closing))
        if len(items) % 2:
            raise self.fault("a map with a key that has no value", opening)
        pairs = zip(items[::2], items[1::2], strict=True)
        return {_qualified(key, prefix): value for key, value in pairs if isinstance(key, str)}

    def fault(self, what: str, token: re.Match[str] | None = None) -> ValueError:
        line = self.text.count("\n", 0, token.start() if token else self.at) + 1
        return ValueError(f"line {line}: {what}")


def _qualified(key: str, prefix: str) -> str:
    named = prefix and isinstance(key, Symbol) and key.startswith(":") and "/" not in key
    return Symbol(f":{prefix}/{key[1:]}") if named else key


def _text(string: str) -> str:
    try:
        return json.loads(string, strict=False)
    except ValueError:  # an escape that only Clojure knows, such as an octal one
        return string[1:-1]
