"""What a notebook may not put on a page is refused with a sentence that says what to write."""

from __future__ import annotations

import json
import re
from pathlib import Path

import html5lib
import pytest

from pybridge.book.site import build, document
from pybridge.errors import DataError


def page(folder: Path, org: str, name: str = "mine") -> str:
    path = folder / f"{name}.org"
    path.write_text(org, encoding="utf-8")
    return (build(folder / "site", [path]).parent / f"{name}.html").read_text(encoding="utf-8")


RAW = "is raw HTML, which no page takes; write it in Org's own markup"
LINK = (
    "write an address that begins with https:, http: or mailto:, a file in the notebook's folder, or # and a heading's"
)


@pytest.mark.parametrize(
    "org, sentence",
    [
        ("#+html: <b>x</b>", f"mine.org: <b>x</b> {RAW}"),
        ("#+begin_export html\n<b>x</b>\n#+end_export", f"mine.org: <b>x</b> {RAW}"),
        ("#+begin_export HTML\n<b>x</b>\n#+end_export", f"mine.org: <b>x</b> {RAW}"),
        ("#+begin_export markdown\n<b>x</b>\n#+end_export", f"mine.org: <b>x</b> {RAW}"),
        ("A @@html:<b>@@ word.", f"mine.org: <b> {RAW}"),
        ("#+title: A @@html:<b>@@ word.", f"mine.org: <b> {RAW}"),
        ("#+macro: m @@html:<b>$1</b>@@\n\n{{{m(x)}}}", f"mine.org: <b>x</b> {RAW}"),
        (
            "A \\newpage here.",
            "mine.org: \\newpage is LaTeX outside a formula, which no page shows; put it between \\( ",
        ),
        (
            "\\(\\href{javascript:x}{y}\\)",
            "mine.org: Pandoc does not understand it: [WARNING] Could not convert TeX math",
        ),
        (
            "\\(\\text{a $b$}\\)",
            "mine.org: the formula \\text{a $b$} has a $ in it; write \\$, or end the \\text before it",
        ),
        (
            "#+attr_html: :onclick x\n| 1 |",
            "mine.org: the attribute :onclick does not go onto a page; what does is :alt, ",
        ),
        (
            "#+attr_html: :style x\n[[file:a.png]]",
            "mine.org: the attribute :style does not go onto a page; what does is ",
        ),
        ("#+attr_html: :width 50%\n[[file:a.png]]", "mine.org: the width 50% is no number of pixels, such as 300"),
        (
            "* A\n:PROPERTIES:\n:CUSTOM_ID: a b\n:END:",
            "mine.org: the id a b has a space or a mark in it; write letters, ",
        ),
        (
            "* A\n:PROPERTIES:\n:CUSTOM_ID: x\n:END:\n* B <<x>>",
            "mine.html would have the id x twice; give one of ",
        ),
        ("A <<page-search>>", "mine.html would have the id page-search twice; give one of the headings a "),
        ("#+RESULTS:\n:results:\n1", "mine.org:1: #+RESULTS: has a result that does not end; add :end:"),
    ],
)
def test_what_no_page_takes(tmp_path, org, sentence):
    with pytest.raises(DataError, match="^" + re.escape(sentence)):
        page(tmp_path, org)
    assert not (tmp_path / "site").exists()


@pytest.mark.parametrize(
    "target",
    [
        *("javascript:x", "JaVaScRiPt:x", "java\tscript:x", "\x01javascript:x", " javascript:x", "javascript\u00a0:x"),
        *("data:text/html,x", "vbscript:x", "file:///etc/passwd", "file:/etc/passwd", "file:../x.org", "../x.org"),
        *("~/x.txt", "/x.txt", "//evil.example/x", "file:a/../../x", 'https://x/"onclick=x', "mailto:a@b<c>", "id:x"),
        *("blob:x", "x.txt::javascript", "ftp://x", "shell:ls", "elisp:(x)", "java&#115;cript:x", "\\\\evil\\x"),
    ],
)
def test_links_elsewhere(tmp_path, target):
    with pytest.raises(DataError, match=r"^mine.org: (a link goes to|Pandoc does not)") as caught:
        page(tmp_path, f"A [[{target}][link]].")
    assert LINK in str(caught.value) or "the heading" in str(caught.value)
    assert caught.value.__context__ is None or not isinstance(caught.value.__context__, OSError)


def test_links_that_stay(tmp_path):
    targets = [
        "https://a.example/b?c=d&e#f",
        "HTTP://a.example",
        "mailto:a@b.example",
        "#a",
        "./notes.txt",
        "./sub/x.txt",
    ]
    org = "* A\n" + "\n\n".join(f"[[{target}][x]]" for target in targets)
    tree = html5lib.parse(page(tmp_path, org), namespaceHTMLElements=False)
    hrefs = [a.get("href") for a in tree.find(".//main").iter("a") if a.text == "x"]
    assert hrefs == targets


@pytest.mark.parametrize("text", ["javascript:alert(1)", "<javascript:alert(1)>", "data:text/plain,x"])
def test_words_with_a_colon_are_no_link(tmp_path, text):
    html = page(tmp_path, f"Never write {text} into a page.")
    tree = html5lib.parse(html, namespaceHTMLElements=False)
    assert text.strip("<>") in "".join(tree.find(".//main").itertext())
    assert not [a for a in tree.iter("a") if ":" in a.get("href")]


@pytest.mark.parametrize("keyword", ["#+include:", "#+INCLUDE:", "  #+include", "#+setupfile:"])
def test_files_that_org_would_read(tmp_path, keyword):
    (tmp_path / "secret.org").write_text("a secret")
    sentence = f"mine.org:2: {keyword.strip().rstrip(':').lower()} reads another file, which the book does not; put its"
    with pytest.raises(DataError, match="^" + re.escape(sentence)):
        page(tmp_path, f'Words.\n{keyword} "secret.org"\n')


def test_an_include_in_a_block_is_text(tmp_path):
    assert "#+include: x" in page(tmp_path, "#+begin_example\n#+include: x\n#+end_example\n")


def test_a_block_without_an_end_hides_nothing(tmp_path):
    with pytest.raises(DataError, match=r"^mine.org:1: a block begins and does not end; add #\+end_src$"):
        page(tmp_path, '#+begin_src x\n\nWords.\n\n#+include: "secret.org"\n')


def test_pandoc_itself_reads_no_file(tmp_path, monkeypatch):
    (tmp_path / "secret.org").write_text("a secret")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(document, "_refuse_files", lambda notebook: None)
    assert "a secret" not in page(tmp_path, 'Words.\n\n#+include: "secret.org"\n')


@pytest.mark.parametrize("name", ["javascript:x", "a#b", "a?b", "a%41", '"x'])
def test_names_that_mean_something_else_in_an_address(tmp_path, name):
    with pytest.raises(DataError, match=r"cannot be a page; name it with letters, digits, - and _$"):
        page(tmp_path, "Words.", name)


def test_pages_in_each_others_place(tmp_path):
    for name in ("index", "glossary", "reference"):
        with pytest.raises(
            DataError, match=f"^two pages would be called {name}.html; give the notebook .* another name"
        ):
            page(tmp_path, "Words.", name)


@pytest.mark.parametrize(
    "name, org", [("reference-tensors", "Words."), ("reference", "* A\n:PROPERTIES:\n:PAGE: tensors\n:END:\n")]
)
def test_no_notebook_takes_the_place_of_the_reference(tmp_path, name, org):
    with pytest.raises(DataError, match=r"^two pages would be called reference(-tensors)?.html; give the notebook"):
        page(tmp_path, org, name)
    assert not (tmp_path / "site").exists()


def test_what_is_no_notebook(tmp_path):
    with pytest.raises(DataError, match=r"none.org cannot be read: No such file"):
        build(tmp_path / "site", [tmp_path / "none.org"])
    (tmp_path / "latin.org").write_bytes("é".encode("latin-1"))
    with pytest.raises(DataError, match=r"latin.org cannot be read: line 1 is not UTF-8; save it as UTF-8"):
        build(tmp_path / "site", [tmp_path / "latin.org"])


def test_lists_in_lists_have_an_end(tmp_path):
    with pytest.raises(DataError, match=r"mine.org has lists or blocks in each other that are too deep for a page"):
        page(tmp_path, "\n".join("  " * depth + "- x" for depth in range(250)))


def test_a_formula_in_jupyter_begins_no_tag_and_no_link(tmp_path):
    page(tmp_path, "\\(a<b\\) \\([x](y)\\)")
    cells = json.loads((tmp_path / "site" / "mine.ipynb").read_text(encoding="utf-8"))["cells"]
    assert "".join(cells[-1]["source"]) == "$a< b$ $[x] (y)$"
