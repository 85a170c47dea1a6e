"""The terms of the book with definition, synonyms and where the book uses them; `glossary.json` holds them."""

from __future__ import annotations

import difflib
import functools
import json
import re
from importlib import resources
from typing import Any

from pybridge._arguments import shown, whole
from pybridge._boundary import boundary
from pybridge.errors import OptionError

__all__ = ["terms", "define"]
__dir__ = __all__.copy  # completion offers these


@boundary
def terms(chapter: int | None = None) -> list[str]:
    """List the terms that the glossary defines, in alphabetical order.

    Args:
        chapter: only the terms that this chapter uses, 1 to 4; None for all of them.

    Returns:
        The terms, each as `define` takes it.

    Raises:
        OptionError: no such chapter.

    Source: the topics are those of Chollet, Deep Learning with Python, chapters 1 to 3, and Keydana's article, here
        chapter 4; the words are our own.

    >>> terms(1)[:3]
    ['activation function', 'adam', 'artificial intelligence']
    """
    chapters = sorted({each for entry in _entries() for each in entry["chapters"]})
    number = whole(chapter)
    if chapter is not None and number not in chapters:
        known = ", ".join(map(str, chapters))
        raise OptionError(f"terms: no chapter {shown(chapter)} in the glossary; take one of {known}, or None for all")
    return [entry["term"] for entry in _entries() if chapter is None or number in entry["chapters"]]


@boundary
def define(term: str) -> dict[str, Any]:
    """Look a term up, under its own name or a synonym; case, hyphens and underscores do not matter.

    Args:
        term: what to look up, such as "loss function" or its synonym "cost function".

    Returns:
        A dict of "term", "definition", "synonyms", "see_also" and "chapters": the term's own name, one to three
        sentences, the other names it goes by, terms to read next, and the chapters that use it.

    Raises:
        OptionError: the glossary has no such term; the message names those that look alike.

    >>> define("Outer Product")["term"]
    'tensor product'
    """
    if not isinstance(term, str):
        raise OptionError(f'define: a term is text, such as "loss function"; got {shown(term)}')
    names = _names()
    entry = names.get(_normal(term))
    if entry is None:
        close = difflib.get_close_matches(_normal(term), names, n=3)
        near = list(dict.fromkeys(names[name]["term"] for name in close))
        hint = "did you mean " + " or ".join(f'"{name}"' for name in near) + "?" if near else "terms() lists them all"
        raise OptionError(f'define: the glossary has no term "{term}"; {hint}')
    return {key: list(value) if isinstance(value, list) else value for key, value in entry.items()}


def _normal(name: str) -> str:
    return re.sub(r"[\s_-]+", " ", name).strip().casefold()


@functools.cache
def _entries() -> list[dict[str, Any]]:
    return json.loads(resources.files("pybridge").joinpath("glossary.json").read_text(encoding="utf-8"))


@functools.cache
def _names() -> dict[str, dict[str, Any]]:
    return {_normal(name): entry for entry in _entries() for name in (entry["term"], *entry["synonyms"])}
