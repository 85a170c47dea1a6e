"""Notebooks as the book reads and checks them: what holds, and that each kind of mistake is found."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from pybridge._places import place
from pybridge.book.org import read_notebook

PYBRIDGE = Path(sys.executable).with_name("pybridge")
NOTEBOOKS = sorted(place("notebooks").glob("*.org"))

PAIR = """\
#+title: A chapter
#+chapter: road

#+name: ema.py
#+begin_src python :session
[1.0, 2.9, 5.61]
#+end_src

#+RESULTS: ema.py
: [1.0, 2.9, 5.61]

#+name: ema.clj
#+begin_src clojure :session
[1.0 2.9 5.61]
#+end_src

#+RESULTS: ema.clj
: [1.0 2.9 5.61]
"""


def written(folder: Path, text: str) -> Path:
    file = folder / "chapter.org"
    file.write_text(text, encoding="utf-8")
    return file


# ---- reading ---------------------------------------------------------------------------------------------------------


def test_blocks_come_in_order_with_their_names_and_results(tmp_path):
    first, second = read_notebook(written(tmp_path, PAIR))
    assert (first.language, first.code, first.line, first.name, first.id) == (
        *("python", "[1.0, 2.9, 5.61]", 5, "ema.py", "road/ema"),
    )
    assert first.options == ":session"
    assert first.results == "[1.0, 2.9, 5.61]"
    assert (second.language, second.id, second.results) == ("clojure", "road/ema", "[1.0 2.9 5.61]")


@pytest.mark.parametrize(
    "below, results",
    [
        ("#+RESULTS:\n: a\n: b\n", "a\nb"),
        ("\n\n#+RESULTS:\n: a\n", "a"),
        ("\n#+results: \n: a\n", "a"),
        ("#+RESULTS[abc123]:\n: a\n", "a"),
        ("#+RESULTS:\n: a\n:\n: b\n", "a\n\nb"),
        ("#+RESULTS:\n:   indented\n", "  indented"),
        ("#+RESULTS:\n| 1 | 2 |\n| 3 | 4 |\n\ntext", "| 1 | 2 |\n| 3 | 4 |"),
        ("#+RESULTS:\n#+begin_example\na\n  b\n#+end_example\ntext", "a\n  b"),
        ("#+RESULTS:\n[[file:figure.png]]\n", "[[file:figure.png]]"),
        ("#+RESULTS:\n\ntext", ""),
        ("#+RESULTS: other\n: a\n", None),
        ("\ntext\n\n#+RESULTS:\n: a\n", None),
        ("", None),
    ],
)
def test_results_stand_below_their_block(tmp_path, below, results):
    (block,) = read_notebook(written(tmp_path, f"#+begin_src python\n1\n#+end_src\n{below}"))
    assert block.results == results


def test_code_is_taken_as_org_writes_it(tmp_path):
    (block,) = read_notebook(
        written(tmp_path, "#+BEGIN_SRC python\n,* not a headline\n,#+name: x\nx = 1,\n#+END_SRC\n")
    )
    assert block.code == "* not a headline\n#+name: x\nx = 1,"


def test_other_languages_and_blocks_that_are_not_run_are_left_out(tmp_path):
    openings = ("sh", "python :eval no", "clojure :eval never", "python :session :eval no")
    text = "".join(f"#+begin_src {opening}\n1\n#+end_src\n" for opening in openings)
    assert read_notebook(written(tmp_path, text)) == []


def test_a_name_that_stands_over_something_else_is_not_the_blocks(tmp_path):
    (block,) = read_notebook(written(tmp_path, "#+name: table\n| 1 |\n\n#+begin_src python\n1\n#+end_src\n"))
    assert block.name == ""


@pytest.mark.parametrize(
    "text, says",
    [
        ("#+begin_src python\n1\n", r"chapter.org:1: a block begins and does not end; add #\+end_src"),
        ("#+name: a.clj\n#+begin_src python\n1\n#+end_src\n", "a.clj names a block of python; its ending is .py"),
    ],
)
def test_a_malformed_notebook(tmp_path, text, says):
    with pytest.raises(ValueError, match=says):
        read_notebook(written(tmp_path, text))


# ---- checking --------------------------------------------------------------------------------------------------------


def checked(*files: Path) -> subprocess.CompletedProcess:
    return subprocess.run([PYBRIDGE, "book", "check", *files], capture_output=True, text=True)


def test_a_notebook_that_holds(tmp_path):
    ended = checked(written(tmp_path, PAIR))
    assert (ended.returncode, ended.stdout) == (0, "chapter.org: 2 blocks, 2 hold, 0 do not\n")


MISTAKES = [
    (("[1.0, 2.9, 5.61]\n#+end", "[1.0, 2.9, 5.6]\n#+end"), "value[2]: expected 5.61, got 5.6 (off by"),
    (("[1.0 2.9 5.61]\n#+end", "[1.0 2.9]\n#+end"), "value: expected 3 elements, got 2"),
    (("[1.0 2.9 5.61]\n#+end", "[1.0 2.9 nil]\n#+end"), "value[2]: expected 5.61 (float), got None"),
    (("[1.0, 2.9, 5.61]\n#+end", "[1.0, 2.9, float('nan')]\n#+end"), "expected 5.61, got nan"),
    ((": [1.0, 2.9, 5.61]", ": [1.0, 2.9, 5.62]"), "the file says\n    [1.0, 2.9, 5.62]\n    and the block gives"),
    (("ema.clj", "other.clj"), "an example has one block in each language; road/ema is in python"),
    (("ema.", "no-such."), "no fixture is called road/no-such"),
    (("[1.0, 2.9, 5.61]\n#+end", "1 / 0\n#+end"), "ZeroDivisionError: division by zero"),
    (("[1.0 2.9 5.61]\n#+end", "(nonsense)\n#+end"), "Unable to resolve symbol: nonsense"),
    (("[1.0 2.9 5.61]\n#+end", "(System/exit 0)\n#+end"), "did not reach its end"),
]


@pytest.mark.parametrize("change, says", MISTAKES, ids=[says for _, says in MISTAKES])
def test_a_mistake_is_found(tmp_path, change, says):
    assert change[0] in PAIR
    ended = checked(written(tmp_path, PAIR.replace(*change)))
    assert ended.returncode == 1
    assert says in ended.stdout + ended.stderr


def test_an_error_that_the_fixture_expects_holds(tmp_path):
    text = PAIR.replace("ema.", "solve-singular.").replace("#+RESULTS: ", "#+RESULTS-OF: ")
    text = text.replace("[1.0, 2.9, 5.61]\n#+end", "linalg.solve([[1, 1], [1, 1]], [1, 2])\n#+end")
    text = text.replace("[1.0 2.9 5.61]\n#+end", "(linalg/solve [[1 1] [1 1]] [1 2])\n#+end")
    opening = (
        "#+begin_src python\nfrom pybridge import linalg\n#+end_src\n"
        "#+begin_src clojure\n(require '[pybridge.linalg :as linalg])\n#+end_src\n\n"
    )
    ended = checked(written(tmp_path, "#+chapter: road\n" + opening + text))
    assert (ended.returncode, ended.stdout) == (0, "chapter.org: 4 blocks, 4 hold, 0 do not\n")


def test_what_a_block_prints_is_held_to_the_file(tmp_path):
    block = "#+begin_src python :results output\nprint('a')\nprint('b')\n#+end_src\n\n#+RESULTS:\n: a\n: {}\n"
    assert checked(written(tmp_path, block.format("b"))).returncode == 0
    ended = checked(written(tmp_path, block.format("c")))
    assert ended.returncode == 1
    assert "and the block gives" in ended.stdout


def test_a_file_that_is_not_there_is_wrong_use():
    ended = checked(Path("nowhere.org"))
    assert ended.returncode == 2
    assert "there is no notebook nowhere.org" in ended.stderr


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.name)
def test_the_book_holds(notebook):
    ended = checked(notebook)
    assert ended.returncode == 0, ended.stdout + ended.stderr


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.name)
def test_every_named_block_has_results_in_the_file(notebook):
    without = [block.name for block in read_notebook(notebook) if block.id and block.results is None]
    assert without == []
