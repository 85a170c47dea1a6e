"""The pictures of a notebook: whether both languages draw the same one, and whether the file shows what a block draws.

Two figures of one run are compared pixel by pixel. The file may come from another machine, whose libraries and last
digits are others, so that of it only the words count.
"""

from __future__ import annotations

import io
import re
from base64 import b64decode
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure
from matplotlib.image import imread

from pybridge.session import Evaluation

__all__ = ["different_pictures", "kind_of", "wrong_file"]

BEGINNINGS = {"svg": b"<?xml", "png": b"\x89PNG", "pdf": b"%PDF"}
SEEN = 8 / 255  # a smaller difference of a pixel is one of rounding, and no eye sees it


def kind_of(picture: str) -> str:
    """The kind of picture that a session is to give for a file, by the end of its name.

    >>> kind_of("figures/boundary.svg"), kind_of("")
    ('svg', 'png')
    """
    kind = Path(picture).suffix[1:].lower()
    return kind if kind in BEGINNINGS else "png"


def different_pictures(first: Evaluation, second: Evaluation) -> list[str]:
    """Say how the figures of two evaluations differ; nothing when no eye can tell them apart."""
    if first.images == second.images:
        return []
    one, other = _pixels(first.value), _pixels(second.value)
    if one.shape != other.shape:
        sizes = " and ".join(f"{x.shape[1]} by {x.shape[0]}" for x in (one, other))
        return [f"both languages draw the same picture, and these have {sizes} pixels"]
    apart = int((np.abs(one - other) > SEEN).any(-1).sum())
    return [f"both languages draw the same picture, and in these {apart} pixels differ"] if apart else []


def wrong_file(file: Path, evaluation: Evaluation) -> list[str]:
    """Say what is wrong with the file of a picture.

    Args:
        file: what the notebook shows.
        evaluation: of the block that draws it, with a picture of the file's kind.

    Returns:
        Sentences; none when the file is there, of the kind that its name says, and an SVG has the figure's words in it.
    """
    if file.suffix[1:] not in BEGINNINGS:
        return [f"a picture is .svg, .png or .pdf; {file.name} is neither"]
    if not file.is_file():
        return [f"there is no file {file.name}; run the block in Emacs, which writes it"]
    content = file.read_bytes()
    if not content.startswith(BEGINNINGS[file.suffix[1:]]):
        return [
            f"{file.name} is another kind of picture than its name says; run the block in Emacs, which writes it anew"
        ]
    if file.suffix != ".svg":
        return []
    there, drawn = _words(content), _words(b64decode(evaluation.images[0]))
    wrong = [f"{file.name} lacks {word!r}, which the block draws; run it in Emacs" for word in sorted(drawn - there)]
    return wrong + [f"{file.name} has {word!r}, which the block does not draw" for word in sorted(there - drawn)]


def _words(svg: bytes) -> set[str]:
    """The texts with a letter in them, which matplotlib writes beside their outlines; decimals may vary."""
    texts = re.findall(r"<!-- (.*?) -->", svg.decode("utf-8"), re.DOTALL)
    return {re.sub(r"\d+\.\d+", "#", text) for text in texts if re.search(r"[^\W\d_]", text)}


def _pixels(figure: Figure) -> np.ndarray:
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png")
    buffer.seek(0)
    return imread(buffer)
