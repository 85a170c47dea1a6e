"""The README's two programs do what it says: the same net, the same numbers."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

README = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")
PYBRIDGE = Path(sys.executable).with_name("pybridge")


@pytest.fixture(scope="module")
def results():
    """The last line that each program prints: the value of its last expression."""
    options = {"python": [], "clojure": ["--clojure"]}
    return {language: run("eval", *options[language], program(language)) for language in options}


def program(language: str) -> str:
    (code,) = re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL)
    return code


def run(*arguments: str) -> str:
    return subprocess.run([PYBRIDGE, *arguments], capture_output=True, text=True, check=True).stdout.splitlines()[-1]


def numbers(text: str) -> list[float]:
    return [float(number) for number in re.findall(r"\d\.\d+", text)]


def test_both_programs_give_the_same_bits(results):
    assert numbers(results["python"]) == numbers(results["clojure"])


def test_they_give_what_stands_under_them(results):
    stands = re.findall(r"^`(\{.*\})`$", README, re.MULTILINE)
    for shown, result in zip(stands, results.values(), strict=True):
        assert numbers(result) == pytest.approx(numbers(shown), abs=0.01)
        assert re.sub(r"\d\.\d+", "", result) == re.sub(r"\d\.\d+", "", shown)
    assert numbers(stands[0]) == numbers(stands[1])


def test_the_programs_are_of_the_same_length():
    assert [len(program(language).splitlines()) for language in ("python", "clojure")] == [10, 10]


def test_what_it_links_to_is_there():
    links = re.findall(r"\]\(([^)#:]+)\)|src=\"([^\"]+)\"", README)
    assert links
    assert [name for pair in links for name in pair if name and not (Path(__file__).parents[1] / name).exists()] == []
