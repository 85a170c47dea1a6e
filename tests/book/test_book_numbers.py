"""A number in the chapters' prose is one that a block near it shows or is given, or that its fixture holds."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

import pytest

from pybridge._places import notebook_files, place
from pybridge.book.notebook import Block, Heading, Notebook, Part, Prose
from pybridge.book.org import read_notebook
from pybridge.exercises._numbers import asked_for_numbers

CHAPTERS = {read_notebook(path).chapter: path for path in notebook_files() if re.match(r"0[1-4]-", path.name)}

# Numbers of other kinds, each with the reason why no block near it needs to show it.
GIVEN: dict[str, dict[str, str]] = {
    "ch01": {
        "2.7": "Euler's number",
        "1001": "layers, from the paper that is cited",
    },
    "ch02": {
        "255": "the largest number in a byte",
        "40,000": "200 times 200",
        "0.001": "the rate of =fit=, which is the section before's",
        "407,050": "weights of the net, which chapter 3 counts",
    },
    "ch03": {
        "469": "60000 images in batches of 128, which chapter 2 counts",
    },
    "road": {},
}

LINK_OR_CODE = re.compile(r"\[\[[^\]]*\](?:\[[^\]]*\])?\]|(?<!\w)([=~])\S(?:.*?\S)?\1(?!\w)")
NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:e[-+]?\d+)?")
# With a decimal point, or of three digits and more; no index, exponent, section, version or beginning of digits.
SAID = re.compile(
    r"(?<![\w.,^_{\\])(?<!section )(?<!Keras )(?<!TensorFlow )"
    r"(\d{1,3}(?:,\d{3})+|\d+\.\d+|\d{3,})(?![\w…]|[.,]\d)( ?%)?"
)
OTHER = re.compile(r"(?:19|20)\d\d|10[0,]+")  # a year, and a hundred, a thousand and so on
CHECKED = re.compile(r'exercises[./]check[ (]"([\w/-]+)"')


def sections(notebook: Notebook) -> Iterator[list[Part]]:
    """The parts below each heading of the first or second level; exercises and their solutions are below the second."""
    parts: list[Part] = []
    for part in notebook.parts:
        if isinstance(part, Heading) and part.level <= 2:
            yield parts
            parts = []
        parts.append(part)
    yield parts


def said(parts: list[Part]) -> Iterator[tuple[int, str]]:
    """The lines and the numbers of the prose, with the sign of percents."""
    for part in parts:
        if isinstance(part, Prose):
            for line, text in enumerate(part.lines, part.line):
                for number, percents in SAID.findall(LINK_OR_CODE.sub(" ", text)):
                    if not OTHER.fullmatch(number):
                        yield line, number + percents.strip()


def known(parts: list[Part], cases: dict[str, str]) -> set[float]:
    """The numbers of the blocks: their code, their results, and what decides for them or for an exercise."""
    texts = []
    for block in (part for part in parts if isinstance(part, Block)):
        held = (cases.get(id, "") for id in (block.id, *CHECKED.findall(block.code)))
        texts += [block.code, block.results or "", *held]
    return {abs(float(number)) for text in texts for number in NUMBER.findall(text)}


def holds(number: str, values: set[float]) -> bool:
    """Whether a number is one of the values, rounded to as many digits as are said."""
    said, scale = number.rstrip("%").replace(",", ""), 100 if number.endswith("%") else 1
    half = 0.5000001 * 10.0 ** -len(said.partition(".")[2])
    return any(abs(value * scale - float(said)) <= half for value in values)


def cases_of(chapter: str) -> dict[str, str]:
    """The fixtures of a chapter and all exercises, by id."""
    cases = json.loads((place("fixtures") / f"{chapter}.json").read_text())["cases"]
    return {case["id"]: json.dumps(case) for case in [*cases, *asked_for_numbers().values()]}


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_a_number_in_prose_is_shown_near_it(chapter):
    notebook, cases = read_notebook(CHAPTERS[chapter]), cases_of(chapter)
    unheld: set[tuple[int, str]] = set()
    for parts in sections(notebook):
        values = known(parts, cases)
        unheld |= {(line, number) for line, number in said(parts) if not holds(number, values)}
    assert {number for _, number in unheld} == GIVEN[chapter].keys(), sorted(unheld)


def test_it_finds_a_number_that_nothing_holds():
    assert not holds("0.9778", {0.9777, 97.0})
    assert holds("97.77%", {0.97766})
    found = SAID.findall("about 0.98 of 60,000 or 784; \\(x^{100}\\), section 3.5, 3.14…, 97.5 %")
    assert ["".join(number) for number in found] == ["0.98", "60,000", "784", "97.5 %"]
