"""Notebooks as the book reads and checks them: what holds, and that each kind of mistake is found."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest

from pybridge import plot
from pybridge._places import notebook_files, place
from pybridge.book.check import check_notebook
from pybridge.book.fixtures import read_cases
from pybridge.book.org import read_notebook
from pybridge.book.pictures import different_pictures
from pybridge.errors import DataError
from pybridge.session import Evaluation, Evaluator
from pybridge.session.display import images_of

PYBRIDGE = Path(sys.executable).with_name("pybridge")
NOTEBOOKS = notebook_files()

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
    first, second = read_notebook(written(tmp_path, PAIR)).blocks
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
    (block,) = read_notebook(written(tmp_path, f"#+begin_src python\n1\n#+end_src\n{below}")).blocks
    assert block.results == results


def test_code_is_taken_as_org_writes_it(tmp_path):
    (block,) = read_notebook(
        written(tmp_path, "#+BEGIN_SRC python\n,* not a headline\n,#+name: x\nx = 1,\n#+END_SRC\n")
    ).blocks
    assert block.code == "* not a headline\n#+name: x\nx = 1,"


def test_other_languages_and_blocks_that_are_not_run_are_left_out(tmp_path):
    openings = ("sh", "python :eval no", "clojure :eval never", "python :session :eval no")
    text = "".join(f"#+begin_src {opening}\n1\n#+end_src\n" for opening in openings)
    assert read_notebook(written(tmp_path, text)).blocks == []


def test_a_name_that_stands_over_something_else_is_not_the_blocks(tmp_path):
    (block,) = read_notebook(written(tmp_path, "#+name: table\n| 1 |\n\n#+begin_src python\n1\n#+end_src\n")).blocks
    assert block.name == ""


@pytest.mark.parametrize(
    "text, says",
    [
        ("#+begin_src python\n1\n", r"chapter.org:1: a block begins and does not end; add #\+end_src"),
        (
            "#+begin_src clojure\n(+ 1\n* 2)\n#+end_src\n",
            r"chapter.org:3: a line of a block begins as a heading does; write ,\* in place of \*",
        ),
        ("#+name: a.clj\n#+begin_src python\n1\n#+end_src\n", "a.clj names a block of python; its ending is .py"),
    ],
)
def test_a_malformed_notebook(tmp_path, text, says):
    with pytest.raises(DataError, match=says):
        read_notebook(written(tmp_path, text))


# ---- checking --------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def session() -> Evaluator:
    return Evaluator()


def mistakes(session: Evaluator, notebook: Path) -> str:
    """What is wrong with the blocks of a notebook."""
    return "\n".join(
        sentence for _, wrong in check_notebook(read_notebook(notebook), session, lambda: "") for sentence in wrong
    )


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
    ((": [1.0, 2.9, 5.61]", ": [1.0, 2.9, 5.62]"), "the file says\n[1.0, 2.9, 5.62]\nand the block gives"),
    (("ema.clj", "other.clj"), "an example has one block in each language; road/ema is in python"),
    (("ema.", "no-such."), "no fixture is called road/no-such"),
    (("[1.0, 2.9, 5.61]\n#+end", "1 / 0\n#+end"), "ZeroDivisionError: division by zero"),
    (("[1.0 2.9 5.61]\n#+end", "(nonsense)\n#+end"), "Unable to resolve symbol: nonsense"),
]


@pytest.mark.parametrize("change, says", MISTAKES, ids=[says for _, says in MISTAKES])
def test_a_mistake_is_found(tmp_path, session, change, says):
    assert change[0] in PAIR
    assert says in mistakes(session, written(tmp_path, PAIR.replace(*change)))


def test_mistakes_are_told_with_their_place(tmp_path):
    ended = checked(written(tmp_path, PAIR.replace(": [1.0 2.9 5.61]", ": [2.9]")))
    assert (ended.returncode, ended.stdout) == (
        1,
        "chapter.org:13: ema.clj\n    the file says\n    [2.9]\n    and the block gives\n    [1.0 2.9 5.61]\n"
        "chapter.org: 2 blocks, 1 hold, 1 do not\n",
    )


def test_a_block_that_ends_the_process_is_found(tmp_path):
    ended = checked(written(tmp_path, PAIR.replace("[1.0 2.9 5.61]\n#+end", "(System/exit 0)\n#+end")))
    assert ended.returncode == 1
    assert "did not reach its end" in ended.stdout


def test_an_error_that_the_fixture_expects_holds(tmp_path, session):
    text = PAIR.replace("ema.", "solve-singular.").replace("#+RESULTS: ", "#+RESULTS-OF: ")
    text = text.replace("[1.0, 2.9, 5.61]\n#+end", "linalg.solve([[1, 1], [1, 1]], [1, 2])\n#+end")
    text = text.replace("[1.0 2.9 5.61]\n#+end", "(linalg/solve [[1 1] [1 1]] [1 2])\n#+end")
    opening = (
        "#+begin_src python\nfrom pybridge import linalg\n#+end_src\n"
        "#+begin_src clojure\n(require '[pybridge.linalg :as linalg])\n#+end_src\n\n"
    )
    assert mistakes(session, written(tmp_path, "#+chapter: road\n" + opening + text)) == ""


def test_what_a_block_prints_is_held_to_the_file(tmp_path):
    block = "#+begin_src python :results output\nprint('a')\nprint('b')\n#+end_src\n\n#+RESULTS:\n: a\n: {}\n\n"
    ended = checked(written(tmp_path, block.format("b") + block.format("c")))
    assert ended.returncode == 1
    assert "the file says\n    a\n    c\n    and the block gives\n    a\n    b\n" in ended.stdout
    assert ended.stdout.endswith("chapter.org: 2 blocks, 1 hold, 1 do not\n")


# ---- pictures --------------------------------------------------------------------------------------------------------

DRAWN = """\
#+begin_src python :results silent
from pybridge import plot
#+end_src

#+begin_src clojure :results silent
(require '[pybridge.plot :as plot])
#+end_src

#+name: drawn.py
#+begin_src python :results file :file figures/drawn.svg
plot.heatmap([[1, 2], [3, 4]], rows=["one", "two"], columns=["a", "b"])
#+end_src

#+RESULTS: drawn.py
[[file:figures/drawn.svg]]

#+name: drawn.clj
#+begin_src clojure :results file :file figures/drawn.svg
(plot/heatmap [[1 2] [3 4]] :rows ["one" "two"] :columns ["a" "b"])
#+end_src

#+RESULTS: drawn.clj
[[file:figures/drawn.svg]]
"""


@pytest.fixture
def figures(tmp_path) -> Path:
    folder = tmp_path / "figures"
    folder.mkdir()
    matrix = plot.heatmap([[1, 2], [3, 4]], rows=["one", "two"], columns=["a", "b"])
    for kind in ("svg", "png"):
        plot.save(matrix, f"{folder}/drawn.{kind}")
    return folder


@pytest.mark.parametrize("kind", ["svg", "png"])
def test_a_pair_that_draws_the_same_needs_no_fixture(tmp_path, session, figures, kind):
    assert mistakes(session, written(tmp_path, DRAWN.replace(".svg", f".{kind}"))) == ""


WRONGLY_DRAWN = [
    (("[[1 2] [3 4]]", "[[1 2] [3 5]]"), r"both languages draw the same picture, and in these \d+ pixels differ"),
    (
        ('4]] :rows ["one"', '4] [5 6]] :rows ["one" "three"'),
        r"both languages draw the same picture, and these have \d+ by \d+ and \d+ by \d+ pixels",
    ),
    (("drawn.svg]]\n\n#", "other.svg]]\n\n#"), r"show the same picture; python shows figures/other.svg and clojure"),
    (("[[file:figures/drawn.svg]]\n\n#", ": 1\n\n#"), r"python shows none and clojure shows figures/drawn.svg"),
    ((".svg", ".gif"), r"a picture is .svg, .png or .pdf; drawn.gif is neither"),
    (("drawn.svg", "gone.svg"), r"there is no file gone.svg; run the block in Emacs, which writes it"),
    (
        ("drawn.svg", "picture.svg"),
        r"picture.svg is another kind of picture than its name says; run the block in Emacs",
    ),
    (
        ('"one"', '"uno"'),
        r"drawn.svg lacks 'uno', .* run it in Emacs\ndrawn.svg has 'one', which the block does not draw",
    ),
    (("(plot/heatmap [[1 2] [3 4]]", "(vector 1"), r"the file has a picture there, and the block gives \[1 "),
]


@pytest.mark.parametrize("change, says", WRONGLY_DRAWN, ids=[says for _, says in WRONGLY_DRAWN])
def test_a_mistake_with_pictures_is_found(tmp_path, session, figures, change, says):
    (figures / "picture.svg").write_bytes((figures / "drawn.png").read_bytes())
    assert change[0] in DRAWN
    assert re.search(says, mistakes(session, written(tmp_path, DRAWN.replace(*change))))


def test_a_difference_that_no_eye_sees_is_none():
    def drawn(last: float) -> Evaluation:
        figure = plot.history({"loss": [1.0, 0.5, last]})
        return Evaluation(figure, "", images_of(figure, "svg"))

    assert drawn(0.25).images != drawn(0.250001).images
    assert different_pictures(drawn(0.25), drawn(0.250001)) == []
    assert len(different_pictures(drawn(0.25), drawn(0.26))) == 1


# ---- the book --------------------------------------------------------------------------------------------------------


def test_a_file_that_is_not_there_is_wrong_use():
    ended = checked(Path("nowhere.org"))
    assert ended.returncode == 2
    assert "there is no notebook nowhere.org" in ended.stderr


@pytest.fixture(scope="module")
def checks() -> Iterator[dict[str, Future]]:
    """The check of each notebook, two at a time, those that take longest first."""
    with ThreadPoolExecutor(2) as pool:
        yield {
            path.name: pool.submit(checked, path) for path in sorted(NOTEBOOKS, key=lambda path: -path.stat().st_size)
        }


@pytest.mark.timeout(900)
@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.name)
def test_the_book_holds(checks, notebook):
    ended = checks[notebook.name].result()
    assert ended.returncode == 0, ended.stdout + ended.stderr


BLOCKS = {notebook.name: read_notebook(notebook).blocks for notebook in NOTEBOOKS}


@pytest.mark.parametrize("notebook", BLOCKS)
def test_every_named_block_has_results_in_the_file(notebook):
    without = [block.name for block in BLOCKS[notebook] if block.id and block.results is None]
    assert without == []


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.name)
def test_orgs_own_clojure_support_can_run_a_chapter(notebook):
    for block in (block for block in read_notebook(notebook).blocks if block.language == "clojure"):
        without_texts = re.sub(r'"(?:[^"\\]|\\.)*"|\\.', "_", block.code, flags=re.DOTALL)
        # It closes a form of its own behind the last line, and reads the whole block in the namespace before.
        assert not re.search(r"^ *[^\s;].*;", without_texts, re.MULTILINE), f"line {block.line}: a comment behind code"
        forms = re.findall(r"^\(", without_texts, re.MULTILINE)
        assert not without_texts.startswith("(ns ") or len(forms) == 1, f"line {block.line}: more than ns"


def test_every_example_has_its_fixture_and_every_fixture_without_a_call_its_example():
    cases = read_cases(place("fixtures"))
    shown = {block.id for blocks in BLOCKS.values() for block in blocks if block.id}
    pictures = {block.id for blocks in BLOCKS.values() for block in blocks if block.id and block.picture}
    assert shown - pictures - {case.id for case in cases} == set()
    assert {case.id for case in cases if case.call is None} - shown == set()


def test_every_figure_is_in_a_chapter():
    shown = {block.picture for blocks in BLOCKS.values() for block in blocks if block.picture}
    assert {f"figures/{path.name}" for path in (place("notebooks") / "figures").iterdir()} == shown
