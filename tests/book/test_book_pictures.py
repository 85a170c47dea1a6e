"""The pictures of a notebook: in its folder, of the kind that their names say, and drawings that only draw."""

from __future__ import annotations

import re
from base64 import b64encode
from pathlib import Path

import pytest

from pybridge import plot
from pybridge.book.check import check_notebook
from pybridge.book.files import wrong_svg
from pybridge.book.org import read_notebook
from pybridge.book.site import build
from pybridge.errors import DataError
from pybridge.session import Evaluator

DRAWING = '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink">{}</svg>'
OUTSIDE = "which is outside its folder; copy the file into the folder notes and name it from there"


@pytest.fixture
def notes(tmp_path) -> Path:
    folder = tmp_path / "notes"
    folder.mkdir()
    (tmp_path / "secret.svg").write_text(DRAWING.format("<title>secret</title>"))
    (folder / "link.svg").symlink_to(tmp_path / "secret.svg")
    (folder / "up").symlink_to(tmp_path)
    return folder


def shown(folder: Path, picture: str) -> Path:
    path = folder / "mine.org"
    path.write_text(f"[[file:{picture}]]\n", encoding="utf-8")
    return build(folder / "site", [path]).parent


@pytest.mark.parametrize(
    "picture", ["../secret.svg", "link.svg", "up/secret.svg", "~/secret.svg", "a/../../secret.svg"]
)
def test_a_picture_outside_the_folder(notes, picture):
    with pytest.raises(DataError, match=f"^mine.org shows {re.escape(picture)}, {OUTSIDE}$"):
        shown(notes, picture)


def test_a_picture_by_its_whole_path_or_from_the_net(notes):
    for picture in (
        f"[[file:{notes.parent}/secret.svg]]",
        "[[https://example.org/x.svg]]",
        "[[file:%2e%2e/secret.svg]]",
    ):
        (notes / "mine.org").write_text(picture)
        with pytest.raises(DataError, match=r"^mine.org shows "):
            build(notes / "site", [notes / "mine.org"])


def test_a_check_reads_no_picture_outside_the_folder(notes):
    code = "from pybridge import plot\nplot.heatmap([[1]])"
    (notes / "mine.org").write_text(f"#+begin_src python\n{code}\n#+end_src\n\n#+RESULTS:\n[[file:../secret.svg]]\n")
    [(_, wrong)] = check_notebook(read_notebook(notes / "mine.org"), Evaluator(), lambda: "")
    assert wrong == [f"mine.org shows ../secret.svg, {OUTSIDE}"]


def test_a_picture_of_another_kind_than_its_name_says(notes):
    (notes / "page.png").write_text("<script>draw()</script>")
    with pytest.raises(
        DataError, match=r"^mine.org shows page.png, which is another kind of picture than its name says"
    ):
        shown(notes, "page.png")


def test_two_pictures_of_one_name(notes):
    for folder in ("a", "b"):
        (notes / folder).mkdir()
        (notes / folder / "x.svg").write_text(DRAWING.format(f"<title>{folder}</title>"))
    (notes / "mine.org").write_text("[[file:a/x.svg]]\n\n[[file:b/x.svg]]\n")
    with pytest.raises(
        DataError, match=r"^2 different pictures of the notebooks are called x.svg; rename all but one$"
    ):
        build(notes / "site", [notes / "mine.org"])


def test_a_drawing_is_copied_and_put_into_the_jupyter_notebook(notes):
    plot.save(plot.heatmap([[1, 2], [3, 4]]), str(notes / "matrix.svg"))
    site = shown(notes, "matrix.svg")
    assert (site / "figures" / "matrix.svg").read_bytes() == (notes / "matrix.svg").read_bytes()
    notebook = (site / "mine.ipynb").read_text(encoding="utf-8")
    assert "(attachment:figure-1)" in notebook and b64encode((notes / "matrix.svg").read_bytes()).decode() in notebook


@pytest.mark.parametrize(
    "inside, wrong",
    [
        ("<script>x</script>", "has the element script"),
        ("<foreignObject/>", "has the element foreignObject"),
        ('<animate attributeName="href"/>', "has the element animate"),
        ('<a xlink:href="#x"/>', "has the element a"),
        ('<script xmlns="http://purl.org/dc/elements/1.1/"/>', "has the element script"),
        ('<img xmlns="http://www.w3.org/1999/xhtml" src="#x"/>', "has the element img"),
        ('<g onload="x"/>', "has the attribute onload"),
        ('<g ONLOAD="x"/>', "has the attribute ONLOAD"),
        ('<g xml:base="https://x"/>', "has the attribute base"),
        ('<use xlink:href="https://x/y.svg#z"/>', "refers to https://x/y.svg#z"),
        ('<image href="../secret.png"/>', "refers to ../secret.png"),
        ('<image href="data:image/svg+xml;base64,AAAA"/>', "refers to data:image/svg+xml;base64,AAAA"),
        ('<rect fill="url(https://x)"/>', "has the attribute fill with url("),
        ('<rect style="fill: u\\72l(x)"/>', "has the attribute style with \\"),
        ("<style>@import 'https://x'</style>", "has a style with @"),
        ("<style><![CDATA[*{fill: URL (x)}]]></style>", "has a style with URL ("),
        ("<?xml-stylesheet href='x'?>", "has an instruction, <?"),
        ("<!--><img src=x onerror=x>-->", "has a comment that begins with >"),
    ],
)
def test_a_drawing_that_does_more_than_draw(notes, inside, wrong):
    (notes / "x.svg").write_text(DRAWING.format(inside))
    with pytest.raises(
        DataError, match=f"^mine.org shows x.svg, which {re.escape(wrong)}; save it as a drawing alone, or"
    ):
        shown(notes, "x.svg")


@pytest.mark.parametrize(
    "content, wrong",
    [
        (b"<svg", "is no SVG (unclosed token: line 1, column 0)"),
        (DRAWING.format("").encode("utf-16"), "is no SVG ("),
        (b'<?xml version="1.0" encoding="utf-7"?>' + DRAWING.format("").encode(), "is "),
        (b'<!DOCTYPE svg [<!ENTITY a "b">]>' + DRAWING.format("&a;").encode(), "declares a document type of its own"),
        (b"<html/>", "has the element html"),
    ],
)
def test_a_file_that_is_no_drawing(content, wrong):
    assert wrong_svg(content).startswith(wrong)


def test_what_drawing_programs_write():
    image = (
        '<image xlink:href="data:image/png;base64,\niVBORw0KGgo="/><rect fill="url(#a)" style="clip-path: url(#b)"/>'
    )
    assert wrong_svg(DRAWING.format(f"<style>*{{fill: url(#a)}}</style><text>a@b</text>{image}").encode()) == ""
