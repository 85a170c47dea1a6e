"""The header arguments of a notebook that only Emacs heeds."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pybridge.book.notebook import Block, Heading, Notebook, Prose, is_off

__all__ = ["unheeded_arguments"]

_PROPERTY = re.compile(r"^\s*(?:#\+property:\s+|:)header-args(?::(?:python|clojure))?\+?:?\s(.*)$", re.IGNORECASE)
_REFERENCE = re.compile(r"<<[^<>\s][^<>]*>>")
_UNHEEDED = re.compile(
    r"(?<!\S):(var|prologue|epilogue|return|dir|noweb(?!\s+(?:no|tangle)(?!\S))|cmdline|python|preamble|ns|backend)(?!\S)"
)


def unheeded_arguments(notebook: Notebook) -> Iterator[tuple[int, str]]:
    """The header arguments that would have Org evaluate something else than the code of the blocks as it is.

    Args:
        notebook: the notebook.

    Yields:
        The line of each, and its name; also of one that whole sections have.
    """
    refers = any(_REFERENCE.search(block.code) for block in notebook.blocks)
    for line, options, above in _arguments(notebook):
        yield from ((line, name) for name in _unheeded(options, above) if name != "noweb" or refers)


def _arguments(notebook: Notebook) -> Iterator[tuple[int, str, bool]]:
    """Each line with header arguments: its number, the arguments, and whether it is above the blocks that have them."""
    for part in notebook.parts:
        if isinstance(part, Block) and part.runs:
            yield from ((line, options, True) for line, options in part.headers)
            yield part.line, part.options, False
        elif isinstance(part, Heading | Prose):
            found = ((number, _PROPERTY.match(line)) for number, line in enumerate(part.lines, part.line))
            yield from ((number, held[1], True) for number, held in found if held)


def _unheeded(options: str, above: bool) -> list[str]:
    """The arguments that are not heeded; `above` a block, :eval is none that is."""
    names = _UNHEEDED.findall(re.sub(r'"(?:[^"\\]|\\.)++(?:"|$)', '""', options))
    return names + ["eval"] * bool(above and is_off(options))
