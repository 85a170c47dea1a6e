"""The book's Jupyter notebooks: what their cells hold, that they run, and that Pandoc reads them as one document."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pypandoc
import pytest
from test_book_build import PAIR, chapter

from pybridge.book.org import read_notebook
from pybridge.book.site.document import read_document
from pybridge.book.site.jupyter import jupyter

ROOT = Path(__file__).parents[2]


def test_a_jupyter_notebook_holds_the_code_of_both_languages_and_its_results(tmp_path):
    chapter(tmp_path, PAIR.format(name="pair", python=": 2.0", clojure=": 2.0"))
    notebook = json.loads((tmp_path / "site" / "chapter.ipynb").read_text(encoding="utf-8"))
    assert (notebook["nbformat"], notebook["metadata"]["kernelspec"]["name"]) == (4, "python3")
    assert "".join(notebook["cells"][0]["source"]) == "# A chapter"
    cells = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    assert ["".join(cell["source"]) for cell in cells] == [
        *("%load_ext pybridge.session\n%alike", "f(1)", "%%clojure\n(f 1)"),
    ]
    assert [output["data"]["text/plain"] for cell in cells for output in cell["outputs"]] == [["2.0"], ["2.0"]]


def cells_of(folder: Path, org: str) -> list[dict]:
    path = folder / "chapter.org"
    path.write_text(org, encoding="utf-8")
    return json.loads(jupyter(read_document(read_notebook(path))))["cells"]


def test_in_jupyter_a_solution_is_folded_and_what_the_reader_fills_in_is_a_comment(tmp_path):
    asked = "".join(
        f"#+begin_src {language} :eval no\n{code}\n#+end_src\n\n"
        for language, code in (("python", "check(...)\n"), ("clojure", "(check …)"), ("sh", "ls"))
    )
    solution = "** Solution\n:PROPERTIES:\n:VISIBILITY: folded\n:END:\nFour.\n"
    cells = [
        (cell["cell_type"], "".join(cell["source"]), cell["metadata"])
        for cell in cells_of(tmp_path, f"* Exercise\nHow many?\n\n{asked}{solution}* Next\nText.\n")
    ]
    assert cells[2:] == [
        ("markdown", "## Exercise\n\nHow many?", {}),
        ("code", "# check(...)", {}),
        ("code", "%%clojure\n;; (check …)", {}),
        ("markdown", "``` sh\nls\n```", {}),
        ("markdown", "### Solution", {"jp-MarkdownHeadingCollapsed": True}),
        ("markdown", "Four.\n\n## Next\n\nText.", {}),
    ]


def test_in_jupyter_what_a_block_prints_is_a_stream(tmp_path):
    printing = "#+begin_src python :results output\nprint(1)\n#+end_src\n\n#+RESULTS:\n: 1\n"
    (output,) = cells_of(tmp_path, printing)[-1]["outputs"]
    assert (output["output_type"], output["name"], "".join(output["text"])) == ("stream", "stdout", "1\n")


@pytest.mark.timeout(900)
def test_a_notebook_runs_top_to_bottom_in_a_kernel_of_its_own_and_shows_what_stands_in_it():
    """`make book-jupyter` runs all of them, and three that are short are in tests/session/test_session_magics.py."""
    command = [sys.executable, "-m", "tools.jupyter", "00-setup"]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert ended.returncode == 0, ended.stdout + ended.stderr


CELLS = [  # a block, the result under it in Org, and the cell with what Jupyter shows
    ("python\nname", ": uint8", ("name", "'uint8'")),
    ("python\nf(1)", ": f(1)", ("f(1)", "f(1)")),
    ("python\nx", ": -1.5e-05", ("x", "-1.5e-05")),
    ("python\nx", ": None", ("x", "None")),
    ("python\nx", ": 2 digits", ("x", "'2 digits'")),
    ("python :results silent\nfit('é')  # (3)", "", ("fit('é');  # (3)",)),
    ("python :results silent\nx = 1", "", ("x = 1",)),
    ("python\nf(1)", "", ("f(1)",)),
    ("clojure :results silent\n(def x 1)\n(fit x)", "", ("%%clojure\n(def x 1)\n(fit x);",)),
    ("clojure :results silent\n(fit 1)\n(defn f [x]\n  x)", "", ("%%clojure\n(fit 1)\n(defn f [x]\n  x)",)),
    ("clojure\nx", "| 1 | |\n| true | one |", ("%%clojure\nx", '[[1 nil] [true "one"]]')),
    ("python\nx", "| 1 | |\n| true | one |", ("x", "[[1, None], [True, 'one']]")),
]


def test_a_cell_has_the_result_as_jupyter_shows_it(tmp_path):
    org = "\n".join(
        f"#+begin_src {block}\n#+end_src\n" + (f"\n#+RESULTS:\n{shown}\n" if shown else "") + "\nText.\n"
        for block, shown, _ in CELLS
    )
    _, *cells = [cell for cell in cells_of(tmp_path, org) if cell["cell_type"] == "code"]
    shown = [["".join(output["data"]["text/plain"]) for output in cell["outputs"]] for cell in cells]
    assert [("".join(cell["source"]), *said) for cell, said in zip(cells, shown, strict=True)] == [
        cell for *_, cell in CELLS
    ]
    counts = [[cell["execution_count"], *(output["execution_count"] for output in cell["outputs"])] for cell in cells]
    assert [set(count) for count in counts] == [{number} for number in range(2, len(CELLS) + 2)]


def test_a_string_in_both_languages_has_its_quotes_in_both(tmp_path):
    cells = cells_of(tmp_path, PAIR.format(name="pair", python=": one word", clojure=": one word"))
    shown = [output["data"]["text/plain"] for cell in cells for output in cell.get("outputs", [])]
    assert shown == [["'one word'"], ['"one word"']]


def test_a_jupyter_notebook_holds_pictures_tables_and_boxes(tmp_path):
    svg = '<svg xmlns="http://www.w3.org/2000/svg"/>'
    (tmp_path / "one.svg").write_text(svg)
    captioned = "#+caption: Words \\(x\\)\n#+attr_html: :alt what is seen\n#+RESULTS:"
    example = PAIR.format(name="picture", python="[[file:one.svg]]", clojure="| 1 | 2 |")
    example = example.replace("#+RESULTS:", captioned, 1)
    org = f"{example}\n#+begin_quote\n*Erratum.* See [[file:chapter.org][Keras]].\n#+end_quote\n"
    *_, picture, caption, table, box = cells_of(tmp_path, org)
    assert picture["outputs"][0]["data"] == {"image/svg+xml": svg, "text/plain": ["what is seen"]}
    assert "".join(caption["source"]) == "*Words $x$*"
    assert table["outputs"][0]["data"] == {
        "text/html": ["<table><tr><td>1</td><td>2</td></tr></table>"],
        "text/plain": ["[[1 2]]"],
    }
    assert "".join(box["source"]) == "> **Erratum.** See [Keras](chapter.ipynb)."


def test_the_notebooks_are_one_document_for_pandoc(tmp_path):
    """What `make book-epub` and `make book-pdf` are made of."""
    (tmp_path / "one.svg").write_text('<svg xmlns="http://www.w3.org/2000/svg"/>')
    drawn = PAIR.format(name="a", python="[[file:one.svg]]", clojure="[[file:one.svg]]")
    drawn = drawn.replace("#+RESULTS: a.py", "#+caption: Words\n#+attr_html: :alt what is seen\n#+RESULTS: a.py")
    ends = "* Solution\nFour.\n\nSee [[file:other.org][another]].\n\n* Solution\nFive.\n"
    for name, org in (("chapter", drawn + ends), ("other", "#+title: Another\n\nWords.\n")):
        (tmp_path / f"{name}.org").write_text(org, encoding="utf-8")
        notebook = jupyter(read_document(read_notebook(tmp_path / f"{name}.org")))
        (tmp_path / f"{name}.ipynb").write_text(notebook, encoding="utf-8")
    command = [pypandoc.get_pandoc_path(), "chapter.ipynb", "other.ipynb", "--file-scope", "--to=html", "--mathml"]
    filtered = [*command, f"--lua-filter={ROOT / 'tools' / 'chapters.lua'}"]
    html = subprocess.run(filtered, cwd=tmp_path, capture_output=True, text=True, check=True).stdout
    ids = re.findall(r' id="([^"]+)"', html)
    assert len(ids) == len(set(ids))
    (linked,) = re.findall(r'href="#(.+?)">another</a>', html)
    assert re.search(rf'<h1 id="{linked}">Another</h1>', html)
    assert html.count("<img") == html.count('alt="what is seen"') == 1
    assert 'class="sourceCode clojure"' in html and "%" not in re.sub(r"<[^>]+>", "", html)
