"""The examples of a chapter: blocks of both languages that stand together, and the result that both share."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from pybridge._names import snake
from pybridge.book.comparator import differences
from pybridge.book.fixtures import Case
from pybridge.book.notebook import LANGUAGES, Block, Notebook

__all__ = ["Cell", "Example", "group", "same"]

_TAGGED = re.compile(r"(?<!#)#\w")
_TOKEN = re.compile(r'"[^"]*":?|\'[^\']*\':?|[\[\]{}()]|[^\s,\[\]{}()]+')


@dataclass
class Cell:
    """A code block of a notebook with its result.

    Attributes:
        block: the code block.
        result: Pandoc's blocks that are its result.
    """

    block: Block
    result: list[dict[str, Any]] = field(default_factory=list)

    @property
    def printed(self) -> str | None:
        """A result that is text, None when it is anything else."""
        if len(self.result) == 1 and self.result[0]["t"] == "CodeBlock":
            return self.result[0]["c"][1].rstrip("\n")
        return None


@dataclass
class Example:
    """Cells that say the same in different languages, or a cell alone.

    Attributes:
        cells: one for each language.
    """

    cells: list[Cell]

    @property
    def title(self) -> str:
        """Its name in words, for a reader who hears the page."""
        return self.cells[0].block.stem.replace("-", " ")

    @property
    def longest(self) -> int:
        """How many characters its longest line has."""
        return max(len(line) for cell in self.cells for line in cell.block.code.splitlines() or [""])

    @property
    def shares_result(self) -> bool:
        """Whether both cells have the very same result, or the same picture, which then has one caption."""
        if len(self.cells) < 2 or not all(cell.result for cell in self.cells):
            return False
        first, second = self.cells
        return first.result == second.result or "" != first.block.picture == second.block.picture

    def agrees(self, cases: dict[str, Case]) -> bool:
        """Whether both results stand in the file and are equal as the pair's fixture compares numbers."""
        if self.shares_result:
            return True
        printed = [cell.printed for cell in self.cells if cell.printed is not None]
        return len(printed) == 2 and same(printed[0], printed[1], cases.get(self.cells[0].block.id))


def group(blocks: list[dict[str, Any]], notebook: Notebook) -> list[dict[str, Any] | Example]:
    """Put code blocks, their results and their counterparts in the other language together.

    Args:
        blocks: Pandoc's blocks of a Document, or some of them.
        notebook: the notebook that they are from.

    Returns:
        The blocks, with an Example in place of code blocks.
    """
    grouped: list[dict[str, Any] | Example] = []
    latest: Cell | None = None
    for block in blocks:
        match block:
            case {"t": "CodeBlock", "c": [[_, _, [["block", place]]], _]}:
                code = notebook.parts[int(place)]
                assert isinstance(code, Block)
                latest = Cell(code)
                if (example := _counterpart(grouped, latest)) is not None:
                    example.cells.append(latest)
                else:
                    grouped.append(Example([latest]))
            case {"t": "Div", "c": [[_, ["result", *_], _], result]} if latest is not None:
                latest.result = result
            case _:
                latest = None
                grouped.append(block)
    return grouped


def _counterpart(grouped: list[dict[str, Any] | Example], cell: Cell) -> Example | None:
    """The example that a cell belongs to: of its name, in the other language, with no prose between."""
    for example in reversed(grouped):
        if not isinstance(example, Example):
            return None
        first, *others = example.cells
        pair = {first.block.language, cell.block.language} == LANGUAGES.keys()
        if not others and first.block.stem == cell.block.stem and pair:
            return example
    return None


def same(python: str, clojure: str, case: Case | None) -> bool:
    """Whether two printed values are one value, each in its own language's notation.

    Args:
        python: as Python prints it.
        clojure: as Clojure prints it.
        case: the fixture, for how far numbers may be apart; None when they must be equal.

    >>> same("{'loss': [1.0, None], 'done': True}", "{:loss [1.0 nil], :done true}", None)
    True
    """
    first, second = _read(python), _read(clojure)
    if bool(_TAGGED.search(python)) != bool(_TAGGED.search(clojure)):
        first, second = _plain(first), _plain(second)
    rtol, atol = (case.rtol, case.atol) if case else (0, 0)
    return not differences(first, second, rtol=rtol, atol=atol, plain=True)


def _read(text: str) -> list[Any]:
    """The values in a text: numbers, words, and a list for everything in brackets."""
    levels: list[list[Any]] = [[]]
    for token in _TOKEN.findall(text):
        if token in "([{":
            levels.append([])
        elif token in ")]}" and len(levels) > 1:
            levels[-2].append(levels.pop())
        else:
            levels[-1].append(_token(token))
    return levels


def _token(token: str) -> float | str:
    try:
        return float(token.removeprefix("##"))
    except ValueError:
        word = snake(token.strip(":").strip("\"'"))
        return {"None": "nil", "True": "true", "False": "false", "#array": "#tensor"}.get(word, word)


def _plain(values: list[Any]) -> list[Any]:
    """The same with the numbers of a tensor in place of the tensor, `#tensor[dtype (shape) numbers]`."""
    kept: list[Any] = []
    for value in values:
        if isinstance(value, list):
            tensor = kept and isinstance(kept[-1], str) and kept[-1].startswith("#") and len(value) == 3
            kept[-1 if tensor else len(kept) :] = [value[2] if tensor else _plain(value)]
        else:
            kept.append(value)
    return kept
