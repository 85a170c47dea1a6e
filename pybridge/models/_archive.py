"""What a model's file holds, looked at before Keras makes anything of it: it may come from anywhere.

A .keras file is a ZIP archive of JSON and of weights in HDF5. Keras makes the layers that its JSON describes, however
large, before it looks at the weights; so the weights are measured first, then the layers without their numbers.
"""

from __future__ import annotations

import functools
import io
import json
import os
import re
import stat
import zipfile
from math import prod
from typing import Any, BinaryIO

import keras

from pybridge._arguments import said, shown
from pybridge.errors import DataError
from pybridge.models._room import size, unmade

CONFIG, METADATA, WEIGHTS = "config.json", "metadata.json", "model.weights.h5"
ASSETS = "assets/"
EXPANSION = 16
SPARE = 2**24


def check(file: BinaryIO) -> bool:
    """See that an open file holds a model that it has room for.

    Returns:
        Whether its loss, metrics and optimizer can be made here too.

    Raises:
        DataError: it is no archive of a model, or claims more than it can hold.
        Exception: what Keras, h5py and zipfile make of a damaged file.
    """
    most = EXPANSION * os.fstat(file.fileno()).st_size + SPARE
    with _Bounded(file.fileno(), closefd=False) as stream, zipfile.ZipFile(stream) as archive:
        _check_members(archive)
        _check_room("its parts", sum(member.file_size for member in archive.infolist()), most)
        if damaged := archive.testzip():
            raise DataError(f"its {damaged} is damaged")
        config = json.loads(_content(archive, CONFIG))
        _check_weights(_content(archive, WEIGHTS), most)
    if not isinstance(config, dict):
        raise DataError(f"its {CONFIG} describes no model")
    trained_with = config.pop("compile_config", None)
    _check_model(config, most)
    return bool(trained_with) and _can_be_trained_with(trained_with)


class _Bounded(io.FileIO):
    """A file of which no more is read at a time than a directory of an archive takes."""

    def read(self, size: int | None = -1, /) -> bytes:
        if size is not None and size > SPARE:
            raise DataError(f"it claims to list its parts in {size:,} bytes")
        return super().read(size)


def _content(archive: zipfile.ZipFile, name: str) -> bytes:
    with archive.open(name) as part:
        return b"".join(iter(functools.partial(part.read, SPARE), b""))


def _check_members(archive: zipfile.ZipFile) -> None:
    names = archive.namelist()
    for name in (CONFIG, METADATA, WEIGHTS):
        if name not in names:
            raise DataError(f"it has no {name}")
    if len(set(names)) < len(names):
        raise DataError("two of its parts have the same name")
    for member in archive.infolist():
        name = member.filename
        inside = name.startswith(ASSETS) and not re.search(r"(^|/)\.\.(/|$)|[\\:\0]", name)
        if name not in (CONFIG, METADATA, WEIGHTS) and not inside:
            raise DataError(f"no model has a part {shown(name)}")
        if stat.S_ISLNK(member.external_attr >> 16):
            raise DataError(f"its {shown(name)} is a link")
        if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise DataError(f"its {shown(name)} is packed in a way that models.save does not use")


def _check_weights(content: bytes, most: int) -> None:
    """See that the weights lie in the file itself, and take no more room than they may."""
    import h5py

    taken, links = 0, []  # h5py lets nothing be raised while it visits
    with h5py.File(io.BytesIO(content), "r") as file:
        file.visititems_links(lambda name, link: links.append((name, link)))
        for name, link in links:
            if not isinstance(link, h5py.HardLink):
                raise DataError(f"its weights have a link, {shown(name)}, to what is elsewhere")
            held = file[name]
            if isinstance(held, h5py.Dataset):
                if held.external or held.is_virtual:
                    raise DataError(f"its weights {shown(name)} are in another file")
                taken += prod(held.shape or ()) * held.dtype.itemsize
                _check_room("its weights", taken, most)


def _check_model(config: dict[str, Any], most: int) -> None:
    with unmade():
        try:
            model = keras.saving.deserialize_keras_object(config)
        except TypeError as error:  # which repeats the whole description before it says what is wrong
            raise DataError(said(TypeError(str(error).rpartition("Exception encountered: ")[2]))) from error
        if not isinstance(model, keras.Model):
            raise DataError(f"its {CONFIG} describes no model")
        _check_room("the model", size(model), most)


def _can_be_trained_with(config: dict[str, Any]) -> bool:
    """Whether loss, metrics and optimizer can be made here: a function that was one of them cannot be read back."""
    try:
        keras.Sequential().compile_from_config(config)
    except (TypeError, ValueError):
        return False
    return True


def _check_room(what: str, taken: int, most: int) -> None:
    if taken > most:
        raise DataError(f"{what} would take {taken:,} bytes of memory, which a file of its size does not hold")
