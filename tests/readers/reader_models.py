"""A small model's file, and files made from its parts with some of them changed."""

from __future__ import annotations

import copy
import functools
import io
import json
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from pybridge import models, training

CONFIG, METADATA, WEIGHTS = "config.json", "metadata.json", "model.weights.h5"


@functools.cache
def whole() -> bytes:
    """The file of a model that has trained."""
    model = models.sequential([("dense", 2, "relu"), ("dense", 1)], input_shape=2, name="small")
    data = np.ones((4, 2), "float32"), np.ones((4, 1), "float32")
    training.fit(model, *data, optimizer="adam", loss="mse", metrics=[], epochs=1, progress=False)
    with tempfile.TemporaryDirectory() as folder:
        return Path(models.save(model, f"{folder}/small.keras")).read_bytes()


def parts() -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(whole())) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def packed(changed: dict[str, bytes | None], *more: tuple[str, bytes], packing: int = zipfile.ZIP_STORED) -> bytes:
    """The file with some parts changed, or left out where they are None, and more parts behind."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", packing) as archive:
        for name, content in [*(parts() | changed).items(), *more]:
            if content is not None:
                archive.writestr(name, content)
    return buffer.getvalue()


def config() -> dict[str, Any]:
    return json.loads(parts()[CONFIG])


def described(change: Callable[[dict[str, Any]], object]) -> bytes:
    """The file of a model whose description was changed."""
    changed = copy.deepcopy(config())
    change(changed)
    return packed({CONFIG: json.dumps(changed).encode()})


def with_layer(layer: dict[str, Any]) -> bytes:
    """The file of a model with one more layer."""
    return described(lambda model: model["config"]["layers"].append(layer))


def weighted(change: Callable[[h5py.File], object]) -> bytes:
    """The file of a model whose weights were changed."""
    buffer = io.BytesIO(parts()[WEIGHTS])
    with h5py.File(buffer, "r+") as file:
        change(file)
    return packed({WEIGHTS: buffer.getvalue()})
