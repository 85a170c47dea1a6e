"""A model's file that becomes another between the look at it and its reading by Keras."""

from __future__ import annotations

import os
import re
from pathlib import Path

import keras
import pytest

from pybridge import models
from pybridge.errors import DataError
from pybridge.models import _archive


def another(place: Path) -> Path:
    models.save(models.sequential([("dense", 5)], input_shape=2), str(place.with_name("other.keras")))
    return place.with_name("other.keras")


def replaced(place: Path) -> None:
    os.replace(another(place), place)


def linked(place: Path) -> None:
    other = another(place)
    place.unlink()
    place.symlink_to(other)


def written_into(place: Path) -> None:
    """Write other content of the same size, and set the times back."""
    times = place.stat().st_atime_ns, place.stat().st_mtime_ns
    content = another(place).read_bytes()
    with open(place, "r+b") as file:
        file.write(content[: place.stat().st_size])
    os.utime(place, ns=times)


def harmed(place: Path) -> None:
    place.write_bytes(b"no model any more")


MOMENTS = pytest.mark.parametrize(
    "module, name", [(_archive, "check"), (keras.saving, "load_model")], ids=["looked at", "read"]
)


def with_swaps(monkeypatch, module, name, swap, times):
    """Have a step of reading swap the file behind it, as often as that."""
    step, left = getattr(module, name), iter(range(times))

    def then_swapped(*args, **options):
        try:
            return step(*args, **options)
        finally:
            if next(left, None) is not None:
                swap()

    monkeypatch.setattr(module, name, then_swapped)


def read(place: Path) -> object:
    try:
        return models.load(str(place)).output_shape
    except DataError as error:
        return str(error)


@MOMENTS
@pytest.mark.parametrize("swap", [replaced, linked, written_into, harmed, Path.unlink])
def test_what_is_there_then_is_read(swap, module, name, tmp_path, monkeypatch):
    place = tmp_path / "model.keras"
    models.save(models.sequential([("dense", 3)], input_shape=2), str(place))
    with_swaps(monkeypatch, module, name, lambda: swap(place), 1)
    once = read(place)
    assert once == read(place) != (None, 3)
    assert (once == (None, 5)) == (swap in (replaced, linked))


@MOMENTS
def test_a_file_that_never_stays_is_refused(module, name, tmp_path, monkeypatch):
    place = tmp_path / "model.keras"
    models.save(models.sequential([("dense", 3)], input_shape=2), str(place))
    with_swaps(monkeypatch, module, name, lambda: replaced(place), 100)
    with pytest.raises(
        DataError, match=rf"^{re.escape(str(place))} was changed each time it was read; load it again once"
    ):
        models.load(str(place))


def test_what_is_open_is_looked_at_whatever_has_its_name(tmp_path):
    place = tmp_path / "model.keras"
    models.save(models.sequential([("dense", 3)], input_shape=2), str(place))
    with open(place, "rb") as file:
        harmed(place.rename(tmp_path / "aside.keras") and place)
        assert _archive.check(file) is False
