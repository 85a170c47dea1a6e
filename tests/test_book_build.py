"""What the site is built from: examples and their results, solutions, links, terms, figures."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest

from pybridge import glossary
from pybridge._places import notebook_files
from pybridge.book.fixtures import Case
from pybridge.book.org import read_notebook
from pybridge.book.reference import read_reference
from pybridge.book.site import build
from pybridge.book.site.examples import same
from pybridge.book.site.terms import link_terms
from pybridge.errors import DataError

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
