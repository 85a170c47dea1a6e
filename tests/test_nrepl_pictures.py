"""Figures and images in an editor that asks for content types, as CIDER does at its prompt."""

from __future__ import annotations

import base64
import io

import pytest
from PIL import Image

ASKING = {"content-type": "true"}
FIGURE = "import matplotlib.figure\nmatplotlib.figure.Figure(figsize=(3, 2), dpi=100)"
IMAGE = "import PIL.Image\nPIL.Image.new('RGB', (5, 4), 'red')"
SVG = "class Drawn:\n    def _repr_svg_(self):\n        return '<svg/>'\nDrawn()"


def shown(editor, code: str, **message: str) -> dict:
    return editor.ask(op="eval", code=f'(require \'[pybridge.core :as pb]) (pb/run "{code}")', **message)


@pytest.mark.parametrize("code, size", [(FIGURE, (300, 200)), (IMAGE, (5, 4))], ids=["figure", "image"])
def test_a_figure_and_an_image_come_as_pictures(editor, code, size):
    answer = shown(editor, code, **ASKING)
    assert answer["content-type"] == ["image/png", {}]
    assert answer["content-transfer-encoding"] == "base64"
    assert Image.open(io.BytesIO(base64.b64decode(answer["body"]))).size == size
    assert answer["value"] == "nil"  # that of `require`


def test_what_draws_itself_as_svg_comes_as_such(editor):
    answer = shown(editor, SVG, **ASKING)
    assert (answer["content-type"], base64.b64decode(answer["body"])) == (["image/svg+xml", {}], b"<svg/>")


def test_a_client_that_does_not_ask_gets_text(editor):
    answer = shown(editor, FIGURE)
    assert (answer["value"], "body" in answer) == ("#py[<Figure size 300x200 with 0 Axes>]", False)


BROKEN = (
    "class A:\\n    def _repr_png_(self):\\n        1 / 0\\n    def __repr__(self):\\n        return 'broken'\\nA()"
)


@pytest.mark.parametrize(
    "code, value", [(BROKEN, "#py[broken]"), ("[1, 2]", "[1 2]"), ("object", "#py[<class 'object'>]")]
)
def test_anything_else_stays_text(editor, code, value):
    answer = shown(editor, code, **ASKING)
    assert (answer["value"], answer["err"], "content-type" in answer) == (value, "", False)


def test_its_class_that_draws_is_no_picture(editor):
    answer = shown(editor, SVG.removesuffix("()"), **ASKING)
    assert "content-type" not in answer
