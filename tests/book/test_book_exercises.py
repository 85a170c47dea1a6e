"""Each exercise is asked once in the book, in both languages, and solved once, where it is not seen at once."""

from __future__ import annotations

import pytest

from pybridge._places import notebook_files
from pybridge.book.notebook import Block, Heading, Notebook, Prose
from pybridge.book.org import read_notebook
from pybridge.exercises._functions import FUNCTIONS
from pybridge.exercises._numbers import asked_for_numbers

IDS = [*asked_for_numbers(), *FUNCTIONS]
NOTEBOOKS = {path.name: read_notebook(path) for path in notebook_files()}
CHECKS = {"python": 'exercises.check("{}"', "clojure": '(exercises/check "{}"'}
RIGHT = {"python": "{'right': True, 'says': 'Right.'}", "clojure": '{:right true, :says "Right."}'}


OPEN = "06-exercises.org", "07-solutions.org"


def sections(notebook: Notebook, id: str) -> list[list]:
    """The parts of each section of the second level that checks an exercise."""
    below = [notebook.below(heading) for heading in notebook.headings if heading.level == 2]
    return [parts for parts in below if any(isinstance(part, Block) and f'"{id}"' in part.code for part in parts)]


def blocks(parts: list, language: str, id: str) -> list[Block]:
    """The blocks of a language that check an exercise."""
    found = [part for part in parts if isinstance(part, Block) and part.language == language]
    return [block for block in found if CHECKS[language].format(id) in block.code]


@pytest.mark.parametrize("id", IDS)
@pytest.mark.parametrize("language", CHECKS)
def test_an_exercise_is_asked_once_and_its_solution_is_right(id, language):
    found = {name: parts for name, notebook in NOTEBOOKS.items() for parts in sections(notebook, id)}
    all_blocks = [block for parts in found.values() for block in blocks(parts, language, id)]
    assert [block.runs for block in all_blocks] == [False, True]
    assert all_blocks[1].results == RIGHT[language]


@pytest.mark.parametrize("id", IDS)
def test_a_solution_is_folded_or_in_a_file_of_its_own_with_links_there_and_back(id):
    found = {name: parts for name, notebook in NOTEBOOKS.items() for parts in sections(notebook, id)}
    if len(found) == 1:
        [parts] = found.values()
        [solution] = [part for part in parts if isinstance(part, Heading) and part.title == "Solution"]
        assert solution.properties["VISIBILITY"] == "folded"
    else:
        assert tuple(found) == OPEN
        for name, other in (OPEN, OPEN[::-1]):
            prose = "\n".join(line for part in found[name] if isinstance(part, Prose) for line in part.lines)
            assert f"[[file:{other}::#{id.partition('/')[2]}][" in prose
