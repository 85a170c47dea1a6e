"""The pages of docs/ that show ways in: their code gives what stands beside it, their commands and links are there."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import pybridge
from pybridge.clojure.options import HOST
from pybridge.session import Evaluator

ROOT = Path(__file__).parents[1]
WAYS_IN = [
    *(
        "python",
        "prompt",
        "clojure",
        "leiningen",
        "cider",
        "org",
        "calva",
        "cursive",
        "jupyter",
        "scicloj",
        "docker",
        "offline",
    ),
    "troubleshooting",
    "cluster",
]
PAGES = [ROOT / "docs" / f"{name}.md" for name in ("README", *WAYS_IN)]
PYBRIDGE = Path(sys.executable).with_name("pybridge")
RESULT = re.compile(r"(?:#|;) => (.*)$")


def blocks(page: Path, *languages: str) -> list[tuple[str, str]]:
    """(language, code) of what a page shows in some languages, without what it says cannot be run everywhere."""
    fences = re.findall(r"^```(\w+)\n(.*?)^```", page.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
    return [(name, code) for name, code in fences if name in languages and not re.match(r"(#|;;) not run: \w", code)]


def pages_with(*languages: str) -> list:
    return [pytest.param(page, id=page.stem) for page in PAGES if blocks(page, *languages)]


def parts(code: str) -> Iterator[tuple[str, str | None]]:
    """Code in pieces that end where a result stands, with that result."""
    piece: list[str] = []
    for line in code.splitlines():
        found = RESULT.search(line)
        piece.append(RESULT.sub("", line).rstrip())
        if found:
            yield "\n".join(piece), found[1]
            piece = []
    yield "\n".join(piece), None


@pytest.mark.parametrize("page", pages_with("python", "clojure"))
def test_code_gives_what_stands_beside_it(page):
    """In one session, as the page has it; a notebook's own lines are tested in test_session_magics.py."""
    evaluator = Evaluator()
    for language, code in blocks(page, "python", "clojure"):
        code = re.sub(r"^%.*\n", "", code)
        for piece, expected in parts(code):
            text = evaluator.evaluate(language, piece).text
            assert expected is None or text == expected, piece


def test_the_results_are_looked_at():
    found = [result for page in PAGES for _, code in blocks(page, "python") for _, result in parts(code) if result]
    assert "6.0" in found
    assert list(parts("1\n2  # => 2\n3")) == [("1\n2", "2"), ("3", None)]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_links_lead_somewhere(page):
    text = page.read_text(encoding="utf-8")
    for link, anchor in re.findall(r"\]\((?!https?:)([^)#]*)(?:#([^)]*))?\)", text):
        target = (page.parent / link).resolve() if link else page
        assert target.exists(), link
        if anchor:
            headings = re.findall(r"^#+ (.*)$", target.read_text(encoding="utf-8"), re.MULTILINE)
            assert anchor in [re.sub(r"[^\w\- ]", "", heading).lower().replace(" ", "-") for heading in headings], (
                anchor
            )


def commands() -> list[list[str]]:
    """The lines that call `pybridge`, in blocks of a shell and in the text."""
    lines = []
    for page in PAGES:
        lines += [line for _, code in blocks(page, "sh") for line in code.splitlines()]
        lines += re.findall(r"`([^`]*)`", page.read_text(encoding="utf-8"))
    words = [shlex.split(line, comments=True) for line in lines if re.match(r"(\S*/bin/)?pybridge ", line)]
    return [line[1:] for line in words if line[1:]]


def test_a_command_that_a_page_names_is_there_with_its_options():
    shown: dict[str, str] = {}

    def usage(*names: str) -> str:
        words = [PYBRIDGE, *names, "--help"]
        return shown.setdefault(" ".join(names), subprocess.run(words, capture_output=True, text=True).stdout)

    listed = commands()
    assert len(listed) > 5
    for words in listed:
        names = [words[0]] if words[0] not in ("book", "data", "jupyter") else words[:2]
        names = [name for name in names if not name.startswith("-")]
        assert "Usage: pybridge" in usage(*names), words
        for option in (word for word in words if word.startswith("--")):
            assert option in usage(*names), words


@pytest.mark.parametrize("page", pages_with("json"))
def test_json_is_json(page):
    for _, code in blocks(page, "json"):
        assert json.loads(code)


@pytest.mark.parametrize("page", pages_with("elisp"))
def test_elisp_is_read(page):
    if not shutil.which("emacs"):
        pytest.skip("there is no emacs on PATH")
    for _, code in blocks(page, "elisp"):
        read = f"(with-temp-buffer (insert {json.dumps(code)}) (check-parens) (goto-char 1) (read (current-buffer)))"
        subprocess.run(["emacs", "-Q", "--batch", "--eval", read], check=True, capture_output=True)


def test_pip_installs_what_is_ours():
    for page in PAGES:
        for name in re.findall(
            r"pip (?:install|download) [^`\n]*?'?\b(pybridge[\w-]*)", page.read_text(encoding="utf-8")
        ):
            assert name == "pybridge-clj" or "somebody else's" in page.read_text(encoding="utf-8")


def test_the_version_to_depend_on_is_this_one():
    found = []
    for page in [ROOT / "README.md", *(ROOT / "docs").glob("*.md")]:
        text = page.read_text(encoding="utf-8")
        found += re.findall(r'io\.github\.pybridge/pybridge\S* (?:\{:mvn/version )?"([\d.]+)"', text)
    assert found
    assert set(found) == {pybridge.__version__}


def test_the_index_names_every_page():
    index = (ROOT / "docs" / "README.md").read_text(encoding="utf-8")
    assert {path.name for path in (ROOT / "docs").glob("*.md")} - {"README.md"} == set(
        re.findall(r"\((\w[\w-]*\.md)", index)
    )


JAVA_LINES = re.compile(r"\bjava((?: -[^\s`]+)*) -cp |:jvm-opts \\?\[([^\]]*)\]")


def test_options_to_copy_are_the_same_everywhere():
    found = [blocks(ROOT / "docs" / "cursive.md", "text")[0][1].split()]
    for pattern in (
        "README.md",
        "CONTRIBUTING.md",
        "docs/*.md",
        "notebooks/*.org",
        "pybridge/**/*.clj",
        "pybridge/cli/**/*",
        "deps.edn",
    ):
        for page in (path for path in ROOT.glob(pattern) if path.is_file() and path.suffix != ".pyc"):
            text = page.read_text(encoding="utf-8")
            found += [re.findall(r"-[^\s\"\\]+", "".join(groups)) for groups in JAVA_LINES.findall(text)]
    assert len(found) > 8
    assert [options for options in found if options[: len(HOST)] != HOST] == []
