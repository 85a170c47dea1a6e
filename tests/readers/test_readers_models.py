"""Models' files, which may come from anywhere: whole models are read, anything else is refused with a sentence."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from reader_inputs import ODD, mutated, odd
from reader_models import CONFIG, WEIGHTS, config, packed, parts, whole
from reader_rule import FUZZ, found, inputs, tried

from pybridge import models
from pybridge.errors import OptionError

pytestmark = pytest.mark.timeout(0 if FUZZ else 300)

# Sizes among them, which a description of layers may claim.
VALUES = [*ODD, 10**9, 2**40, "relu", "Adam", "keras", {"class_name": "Lambda", "config": {}}]


@pytest.fixture(autouse=True, scope="module")
def made() -> None:
    """Make the model before Hypothesis draws, as training draws numbers of its own."""
    whole()


class Content(bytes):
    """What a file holds, which Hypothesis is not to write out."""

    def __repr__(self) -> str:
        return f"<{len(self)} bytes>"


@st.composite
def contents(draw: st.DrawFn) -> Content:
    """A damaged file, or a whole archive of damaged weights, or of a damaged or an odd description."""
    match draw(st.sampled_from(["file", WEIGHTS, CONFIG, "odd"])):
        case "file":
            return Content(draw(mutated([whole()])))
        case "odd":
            return Content(packed({CONFIG: json.dumps(draw(odd([config()], VALUES))).encode()}))
        case part:
            return Content(packed({part: draw(mutated([parts()[part]]))}))


def check(content: bytes, folder: Path) -> object:
    path = folder / "small.keras"
    path.write_bytes(content)
    return tried(lambda: models.load(str(path)), str(path))


def test_what_was_found_is_read_or_refused(tmp_path):
    for file in found("keras"):
        check(file.read_bytes(), tmp_path)


@inputs
@given(content=contents())
def test_keras(content, tmp_path):
    model = check(content, tmp_path)
    if model is not None:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:  # which checks what it reads
            held = {name: archive.read(name) for name in (CONFIG, WEIGHTS)}
        if held == {name: parts()[name] for name in held}:
            got, wanted = models.weights(model), models.weights(check(whole(), tmp_path))
            assert all(np.array_equal(one, other) for one, other in zip(got, wanted, strict=True))


@pytest.mark.parametrize("path", ["net.h5", "net", "", None, 3, b"net.keras", 10**5000], ids=range(7))
def test_a_path_is_that_of_a_model(path):
    with pytest.raises(OptionError, match=r"a model's file ends in \.keras; got "):
        models.load(path)


@pytest.mark.parametrize("path", ["a\0b.keras", "/dev/null/net.keras", "x" * 300 + ".keras"])
def test_a_path_that_no_file_can_have(path):
    assert tried(lambda: models.load(path), path) is None


def test_a_folder_is_no_model(tmp_path):
    (tmp_path / "net.keras").mkdir()
    assert tried(lambda: models.load(str(tmp_path / "net.keras")), "net.keras") is None
