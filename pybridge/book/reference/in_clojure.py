"""What Clojure's docstrings say of a name."""

from __future__ import annotations

import re

from pybridge.book.clojure_source import Definition, read_docstring
from pybridge.book.reference.model import Half, alias


def clojure_half(subject: str, definition: Definition, example: str = "") -> Half:
    told = read_docstring(definition)
    short = alias(subject)
    options = {option for arglist in definition.arglists for option in _options(arglist)}
    return Half(
        f"{subject}/{definition.name}",
        [_called(f"{short}/{definition.name}", arglist) for arglist in definition.arglists],
        told.text,
        tuple((f":{name}" if name in options else name, text) for name, text in told.arguments),
        told.result,
        tuple(told.errors),
        example or "\n\n".join(_named(each, definition.name, short) for each in told.examples),
    )


def _named(example: str, name: str, alias: str) -> str:
    """An example in which a function is called by the alias of its namespace."""
    return f"({alias}/{example[1:]}" if example.startswith(f"({name} ") else example


def _options(arglist: str) -> list[str]:
    keys = re.search(r"& \{:keys \[(.*?)\]\}", arglist)
    return keys[1].split() if keys else re.findall(r":([\w-]+)", arglist.partition("{")[0])


def _called(name: str, arglist: str) -> str:
    """A call as it is typed: `x & {:keys [axis keepdims]}` is x :axis … :keepdims …"""
    typed = re.sub(
        r"& \{:keys \[(.*?)\]\}", lambda found: " ".join(f":{option} …" for option in found[1].split()), arglist
    )
    return f"({name} {typed}".rstrip() + ")"
