"""What the site is built from: examples and their results, solutions, links, terms, figures, Jupyter notebooks."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import pypandoc
import pytest

from pybridge import glossary
from pybridge._places import notebook_files
from pybridge.book.fixtures import Case
from pybridge.book.org import read_notebook
from pybridge.book.reference import read_reference
from pybridge.book.site import build
from pybridge.book.site.document import read_document
from pybridge.book.site.examples import same
from pybridge.book.site.jupyter import jupyter
from pybridge.book.site.terms import link_terms
from pybridge.errors import DataError

ROOT = Path(__file__).parents[1]

PAIR = """#+title: A chapter
#+chapter: ch03

#+name: {name}.py
#+begin_src python
f(1)
#+end_src

#+RESULTS: {name}.py
{python}

#+name: {name}.clj
#+begin_src clojure
(f 1)
#+end_src

#+RESULTS: {name}.clj
{clojure}
"""


@pytest.fixture(scope="module")
def book(tmp_path_factory) -> Path:
    return build(tmp_path_factory.mktemp("book") / "site").parent


def chapter(folder: Path, org: str) -> str:
    path = folder / "chapter.org"
    path.write_text(org, encoding="utf-8")
    return (build(folder / "site", [path]).parent / "chapter.html").read_text(encoding="utf-8")


def results(html: str) -> list[tuple[str, str, str]]:
    """Under which settings of the switch a result is shown, what stands over it, and its text."""
    found = re.findall(r'<div class="result" data-when="(.*?)"><p class="label">(.*?)</p>(.*?)</div>', html, re.DOTALL)
    return [(when, label, re.sub(r"<[^>]+>", "", text).strip()) for when, label, text in found]


def test_an_equal_result_is_shown_once(tmp_path):
    html = chapter(tmp_path, PAIR.format(name="equal", python=": 2.0", clojure=": 2.0"))
    assert results(html) == [("python clojure both", "Result in both languages", "2.0")]


def test_an_equal_result_in_two_notations_is_shown_in_the_readers_own(tmp_path):
    html = chapter(tmp_path, PAIR.format(name="lists", python=": [1, None]", clojure=": [1 nil]"))
    assert results(html) == [
        ("python both", "Result in both languages", "[1, None]"),
        ("clojure", "Result in both languages", "[1 nil]"),
    ]


def test_different_results_are_both_shown(tmp_path):
    html = chapter(tmp_path, PAIR.format(name="unequal", python=": 2.0", clojure=": 2.5"))
    assert results(html) == [
        ("python both", "Result in Python", "2.0"),
        ("clojure both", "Result in Clojure", "2.5"),
    ]


def test_a_fixture_says_how_far_results_may_be_apart(tmp_path):
    html = chapter(tmp_path, PAIR.format(name="linear-classifier", python=": 0.9965", clojure=": 0.998"))
    assert [label for _, label, _ in results(html)] == ["Result in both languages"] * 2


def test_an_equal_table_is_shown_once(tmp_path):
    rows = "| 1 | 2 |\n| 3 | 4 |"
    html = chapter(tmp_path, PAIR.format(name="table", python=rows, clojure=rows))
    assert len(results(html)) == 1 and html.count("<table>") == 1
    html = chapter(tmp_path, PAIR.format(name="table", python=rows, clojure=rows.replace("4", "5")))
    assert len(results(html)) == 2 and html.count("<table>") == 2


def test_a_result_without_a_name_and_in_a_drawer_is_kept(tmp_path):
    org = "#+begin_src python\n1\n#+end_src\n\n#+RESULTS:\n:results:\n: one\n: two\n:end:\n\nAfter.\n"
    assert results(chapter(tmp_path, org)) == [("python clojure both", "Result", "one\ntwo")]


@pytest.mark.parametrize(
    "python, clojure",
    [
        ("(1, 2)", "[1 2]"),
        ("{'loss': [0.5], 'val_loss': [1.0]}", "{:loss [0.5], :val-loss [1.0]}"),
        ("'seven'", '"seven"'),
        ("[#tensor[int64 (2) [1 2]], True]", "[#tensor[int64 (2) [1 2]] true]"),
        ("1e-07", "1.0E-7"),
        ("#array[uint8 (2) [1 2]]", "#tensor[uint8 (2) [1 2]]"),
        ("9", "#tensor[uint8 () 9]"),
        ("[3.0, nan, -inf]", "[3.0 ##NaN ##-Inf]"),
        ("{'w': [1.0, 2.0]}", "{:w #tensor[float32 (2) [1.0 2.0]]}"),
    ],
)
def test_one_value_in_two_notations(python, clojure):
    assert same(python, clojure, None)


@pytest.mark.parametrize(
    "python, clojure",
    [
        ("[1, 2]", "[1 3]"),
        ("[1, 2]", "[1]"),
        ("[[1], 2]", "[1 [2]]"),
        ("#tensor[int64 () 1]", "#tensor[int32 () 1]"),
        ("9", "#tensor[uint8 () 8]"),
        ("None", "false"),
        ("{'a': 1}", "{:b 1}"),
        ("1.0", "##NaN"),
    ],
)
def test_two_values(python, clojure):
    assert not same(python, clojure, None)


def test_numbers_apart_by_more_than_the_fixture_allows_are_two_values():
    case = Case("ch02/x", "by hand", atol=0.01)
    assert same("0.97", "0.975", case)
    assert not same("0.97", "0.99", case)


def test_blocks_that_follow_one_another_find_their_counterparts(tmp_path):
    block = "#+name: {name}\n#+begin_src {language}\n{name}\n#+end_src\n\n"
    names = [("a.py", "python"), ("b.py", "python"), ("a.clj", "clojure"), ("b.clj", "clojure")]
    html = chapter(tmp_path, "".join(block.format(name=name, language=language) for name, language in names))
    assert html.count('class="example paired"') == 2
    assert [html.index(f"Copy {which}") for which in ("Python: a", "Clojure: a", "Python: b", "Clojure: b")] == sorted(
        html.index(f"Copy {which}") for which in ("Python: a", "Clojure: a", "Python: b", "Clojure: b")
    )
    parted = "Prose between them.\n\n".join(block.format(name=n, language=language) for n, language in names[::2])
    assert chapter(tmp_path, parted).count('class="example paired"') == 0


def test_an_erratum_is_a_box(tmp_path):
    html = chapter(tmp_path, "#+begin_quote\n*Erratum.* It is not.\n#+end_quote\n")
    assert re.search(r'<div class="box erratum" role="note">\s*<p><strong>Erratum.</strong> It is not.</p>', html)


def test_a_solution_is_folded_and_not_in_the_contents(tmp_path):
    html = chapter(tmp_path, "* Exercise\nHow many?\n** Solution\nFour.\n* Next\nText.\n")
    assert re.search(r'<details class="solution" id="solution">\s*<summary>Solution</summary>\s*<p>Four', html)
    assert html.index("</details>") < html.index('id="next"')
    assert 'href="#exercise"' in html and 'href="#solution"' not in html


def test_a_link_to_no_heading_is_refused(tmp_path):
    with pytest.raises(DataError, match=r"chapter.org: a link goes to the heading 'Nowhere', and there is none"):
        chapter(tmp_path, "See [[*Nowhere]].\n")


def test_a_figure_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(DataError, match=r"chapter.org shows figures/none.svg, which is not there; run its"):
        chapter(tmp_path, "[[file:figures/none.svg]]\n")


def test_a_figure_is_described(tmp_path):
    (tmp_path / "one.svg").write_text('<svg xmlns="http://www.w3.org/2000/svg"/>')
    html = chapter(tmp_path, "#+caption: The caption\n#+attr_html: :alt a curve\n[[file:one.svg]]\n")
    assert '<img src="figures/one.svg" alt="a curve"' in html
    assert re.search(r"<figcaption[^>]*>\s*The caption", html)
    assert (tmp_path / "site" / "figures" / "one.svg").is_file()


def test_a_formula_is_mathml(tmp_path):
    html = chapter(tmp_path, "Inline \\(x^2\\).\n\n\\begin{align} y &= 2x \\end{align}\n")
    assert html.count("<math ") == 2 and html.count('display="block"') == 1


def test_a_list_of_one_number_is_no_footnote(tmp_path):
    html = chapter(tmp_path, "Take [[1], [0]] or\n[1]], or =[2]=.\n")
    said = re.sub(r"<[^>]+>", "", re.search("<p>Take .*?</p>", html, re.DOTALL)[0])
    assert " ".join(said.split()) == "Take [[1], [0]] or [1]], or [2]."


def test_a_formula_keeps_to_what_touches_it(tmp_path):
    html = chapter(tmp_path, "For all \\(n\\) there is (\\(x\\)).\n")
    glued = re.findall(r'<span class="nowrap">(.*?)</span>', html)
    assert len(glued) == 1 and glued[0].startswith("(<math ") and glued[0].endswith("</math>).")


def test_a_formula_has_space_around_a_function_and_accents_above_letters(tmp_path):
    html = chapter(tmp_path, "\\(y \\log \\hat y - \\log(x)\\)\n")
    names = re.findall(r"(<mspace[^>]*></mspace>)?<mrow><mi[^>]*>log</mi><mo>\u2061</mo></mrow>(<mspace)?", html)
    assert [(bool(before), bool(after)) for before, after in names] == [(True, True), (False, False)]
    assert '<mo accent="true" stretchy="false">\u02c6</mo>' in html


def test_a_prime_is_no_exponent_and_a_bracket_with_an_exponent_has_its_size(tmp_path):
    html = chapter(tmp_path, "\\(f'(x) + \\bigl(x\\bigr)^2\\)\n")
    assert '<mrow><mi>f</mi><mo form="postfix" lspace="0em" rspace="0em">\u2032</mo></mrow>' in html
    assert '<msup><mrow><mi></mi><mo minsize="120%"' in html


def test_an_example_says_how_much_room_its_lines_need(tmp_path):
    assert 'class="blocks longest-5"' in chapter(tmp_path, PAIR.format(name="pair", python=": 1", clojure=": 1"))


def test_the_first_use_of_a_term_is_linked_and_no_other():
    html, used = link_terms("<p>The <b>cost\nfunction</b>, a loss function. <code>tensor</code></p>", glossary.terms())
    assert used == ["loss function"]
    assert html.count("<a ") == 1 and ">cost\nfunction</a>" in html


def test_the_glossary_says_where_a_term_is_used(tmp_path):
    chapter(tmp_path, "#+title: A chapter\n\nThe optimizer works.\n")
    html = (tmp_path / "site" / "glossary.html").read_text(encoding="utf-8")
    assert '<a href="chapter.html#term-optimizer">A chapter</a>' in html
    assert html.count('<div id="term-') == len(glossary.terms())


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


def test_the_same_notebooks_give_the_same_bytes(tmp_path):
    org = PAIR.format(name="pair", python=": 2.0", clojure=": 2.0")
    files = []
    for _ in range(2):
        chapter(tmp_path, org)
        files.append({path: path.read_bytes() for path in (tmp_path / "site").rglob("*") if path.is_file()})
    assert files[0] == files[1]


class _Links(HTMLParser):
    def __init__(self, html: str) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.links: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, pairs: list[tuple[str, str | None]]) -> None:
        found = dict(pairs)
        self.ids += filter(None, [found.get("id")])
        self.links += filter(None, [found.get("href"), found.get("src")])


@pytest.fixture(scope="module")
def pages(book) -> dict[str, _Links]:
    return {path.name: _Links(path.read_text(encoding="utf-8")) for path in book.glob("*.html")}


def test_the_command_says_how_to_install_what_it_needs(tmp_path):
    code = "import sys; sys.modules['jinja2'] = None; from pybridge.cli import main; main()"
    command = [sys.executable, "-c", code, "book", "build"]
    ended = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert ended.returncode == 1
    assert ended.stderr == "pybridge: the site needs jinja2; install it with: pip install 'pybridge-clj[book]'\n"


def test_every_notebook_of_the_book_is_a_page(book):
    names = {path.stem for path in notebook_files()}
    parts = {
        f"{path.stem}-{heading.properties['PAGE']}"
        for path in notebook_files()
        for heading in read_notebook(path).headings
        if "PAGE" in heading.properties
    }
    reference = {f"reference-{subject.name}" for subject in read_reference()}
    assert {path.stem for path in book.glob("*.html")} == names | parts | {"index", "glossary", "reference"} | reference
    assert {path.stem for path in book.glob("*.ipynb")} == names


def test_no_page_has_an_id_twice(pages):
    assert {name for name, page in pages.items() if len(page.ids) != len(set(page.ids))} == set()


def test_every_link_of_the_book_leads_somewhere(book, pages):
    for name, page in pages.items():
        for link in page.links:
            target, _, id = link.partition("#")
            if re.match(r"(https?|data|mailto):", link):
                continue
            assert not target or (book / target).is_file(), f"{name} links {link}"
            assert not id or id in pages[target or name].ids, f"{name} links {link}"


def test_no_page_is_large(book):
    assert {path.name: path.stat().st_size for path in book.glob("*.html") if path.stat().st_size > 300_000} == {}


def test_every_place_that_the_search_knows_is_there(book, pages):
    script = (book / "static" / "search-index.js").read_text(encoding="utf-8")
    records = json.loads(script.removeprefix("const SEARCH_INDEX = ").removesuffix(";\n"))["records"]
    assert len(records) > len(glossary.terms()) + sum(len(subject.entries) for subject in read_reference())
    for record in records:
        page, _, id = record["where"].partition("#")
        assert not id or id in pages[page].ids
