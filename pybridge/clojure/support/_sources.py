"""The Python code that lives, and the texts of what is from no file: what a line of it says in an error."""

from __future__ import annotations

import weakref
from types import CodeType

_texts: dict[int, tuple[weakref.ref[CodeType], str]] = {}


def remember_source(code: CodeType, text: str) -> None:
    """Keep the text that compiled code and the functions in it are from, for as long as they live.

    It is empty of code whose file has it.
    """
    key = id(code)
    _texts[key] = weakref.ref(code, lambda _: _texts.pop(key, None)), text
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            remember_source(constant, text)


def living_files() -> set[str]:
    """What the code that lives calls its files."""
    codes = [reference() for reference, _ in list(_texts.values())]
    return {code.co_filename for code in codes if code is not None}


def source_line(code: CodeType, line: int) -> str:
    """A line, counted from 1, of the text that code is from; empty where that was not kept."""
    kept = _texts.get(id(code))
    lines = kept[1].splitlines() if kept else []
    return lines[line - 1].strip() if 0 < line <= len(lines) else ""
