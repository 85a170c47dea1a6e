"""The examples of a chapter: blocks of both languages that stand together, and the result that both share."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from pybridge.book.comparator import differences
from pybridge.book.fixtures import Case

__all__ = ["Cell", "Example", "group", "same"]

LANGUAGES = {"python": ".py", "clojure": ".clj"}
_TOKEN = re.compile(r'"[^"]*":?|\'[^\']*\':?|[\[\]{}]|[^\s,\[\]{}()]+|[()]')


@dataclass
class Cell:
    """A block of code with its result.

    Attributes:
        name: "momentum.py", or "".
        language: "python", "clojure" or another's name.
        code: its text.
        result: Pandoc's blocks that stand as its result.
    """

    name: str
    language: str
    code: str
    result: list[dict] = field(default_factory=list)

    @property
    def stem(self) -> str:
        """The name without its ending."""
        return self.name.removesuffix(LANGUAGES.get(self.language, ""))

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
        return self.cells[0].stem.replace("-", " ")

    def agrees(self, cases: dict[str, Case], chapter: str) -> bool:
        """Whether both results stand in the file and are equal as the pair's fixture compares numbers."""
        if len(self.cells) < 2 or not all(cell.result for cell in self.cells):
            return False
        first, second = self.cells
        if first.printed is None or second.printed is None:
            return first.result == second.result or (_is_picture(first) and _is_picture(second))
        return same(first.printed, second.printed, cases.get(f"{chapter}/{first.stem}"))


def group(blocks: list[dict]) -> list[dict | Example]:
    """Put code blocks, their results and their counterparts in the other language together.

    Args:
        blocks: Pandoc's blocks, results as Divs of the class "result".

    Returns:
        The blocks, with an Example in place of code blocks.
    """
    grouped: list[dict | Example] = []
    for block in blocks:
        last = grouped[-1] if grouped else None
        match block:
            case {"t": "CodeBlock", "c": [[name, classes, values], code]} if classes:
                language = dict(values).get("org-language", classes[0])
                cell = Cell(name, language, code.rstrip("\n"))
                if isinstance(last, Example) and _counterparts(last.cells, cell):
                    last.cells.append(cell)
                else:
                    grouped.append(Example([cell]))
            case {"t": "Div", "c": [[_, ["result", *_], _], result]} if isinstance(last, Example):
                last.cells[-1].result = result
            case _:
                grouped.append(block)
    return grouped


def _is_picture(cell: Cell) -> bool:
    match cell.result:
        case [{"t": "Para", "c": [{"t": "Image"}]}]:
            return True
    return False


def _counterparts(cells: list[Cell], cell: Cell) -> bool:
    languages = {*(other.language for other in cells), cell.language}
    return len(cells) == 1 and languages == set(LANGUAGES) and cells[0].stem == cell.stem


def same(python: str, clojure: str, case: Case | None) -> bool:
    """Whether two printed values are one value, each in its own language's notation.

    Args:
        python: as Python prints it.
        clojure: as Clojure prints it.
        case: the fixture, for how far numbers may be apart; None when they must be equal.

    >>> same("{'loss': [1.0, None], 'done': True}", "{:loss [1.0 nil], :done true}", None)
    True
    """
    rtol, atol = (case.rtol, case.atol) if case else (0, 0)
    return not differences(_tokens(python), _tokens(clojure), rtol=rtol, atol=atol, plain=True)


def _tokens(text: str) -> list[float | str]:
    return [_token(token) for token in _TOKEN.findall(text)]


def _token(token: str) -> float | str:
    brackets = {"(": "[", ")": "]"}
    words = {"None": "nil", "True": "true", "False": "false"}
    try:
        return float(token)
    except ValueError:
        word = token.strip(":").strip("\"'").replace("-", "_")
        return brackets.get(word) or words.get(word, word)
