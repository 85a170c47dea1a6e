"""What a model's file asks for that it must not get: code that is run, files outside it, memory it cannot fill."""

from __future__ import annotations

import pickle
import stat
import zipfile

import h5py
import keras
import numpy as np
import pytest
from reader_models import CONFIG, WEIGHTS, described, packed, parts, weighted, whole, with_layer

from pybridge import models
from pybridge.errors import DataError

KERNEL = "layers/dense/vars/0"


def layer(name: str, **config: object) -> dict:
    return {"module": "keras.layers", "class_name": name, "config": {"name": "odd", **config}, "registered_name": None}


def relinked(link) -> bytes:
    def change(file):
        del file[KERNEL]
        file[KERNEL] = link

    return weighted(change)


def stored(**how: object) -> bytes:
    def change(file):
        del file[KERNEL]
        file.create_dataset(KERNEL, dtype="f", **how)

    return weighted(change)


def virtual(file) -> None:
    del file[KERNEL]
    layout = h5py.VirtualLayout(shape=(2, 2), dtype="f")
    layout[:] = h5py.VirtualSource("/tmp/outside.h5", "0", shape=(2, 2))
    file.create_virtual_dataset(KERNEL, layout)


def activated(module: str, name: str):
    function = {"module": module, "class_name": "function", "config": name, "registered_name": name}
    return described(lambda model: model["config"]["layers"][1]["config"].update(activation=function))


def looked_up(path: str) -> bytes:
    made = keras.saving.serialize_keras_object(keras.layers.StringLookup(vocabulary=["a"]))
    made["config"]["vocabulary"] = path
    return with_layer(made)


def linked() -> bytes:
    entry = zipfile.ZipInfo("assets/link")
    entry.external_attr = (stat.S_IFLNK | 0o777) << 16
    return packed({}, (entry, b"/etc/passwd"))


def wide(units: int) -> bytes:
    def change(model):
        first, second = model["config"]["layers"][1:]
        first["config"]["units"] = second["build_config"]["input_shape"][1] = units

    return described(change)


LAMBDA = {"class_name": "__lambda__", "config": {"value": "4wEA", "defaults": None, "closure": None}}

REFUSED = {
    "a lambda": (lambda: with_layer(layer("Lambda", function=LAMBDA)), "deserialization of a `Lambda` layer"),
    "a saved model": (lambda: with_layer(layer("TFSMLayer", filepath="/tmp")), "deserialization of a `TFSMLayer`"),
    "a file of words": (lambda: looked_up("/etc/passwd"), "a vocabulary file outside of the model archive"),
    "a download": (lambda: activated("keras.utils", "get_file"), "is not a modeling function"),
    "a program": (lambda: activated("os", "system"), "Could not locate function 'system'"),
    "a link to a file": (
        lambda: relinked(h5py.ExternalLink("/tmp/x.h5", "/0")),
        f"have a link, '{KERNEL}', to what is",
    ),
    "a link": (lambda: relinked(h5py.SoftLink("/layers/dense/vars/1")), f"have a link, '{KERNEL}', to what is elsewh"),
    "numbers elsewhere": (lambda: stored(shape=(2, 2), external=[("/tmp/x", 0, 16)]), "are in another file"),
    "a view": (lambda: weighted(virtual), "are in another file"),
    "a name above": (lambda: packed({}, ("assets/../../x", b"")), r"no model has a part 'assets/\.\./\.\./x'"),
    "a name of the system": (lambda: packed({}, ("/tmp/x", b"")), "no model has a part '/tmp/x'"),
    "a name of Windows": (lambda: packed({}, ("assets/c:\\x", b"")), "no model has a part"),
    "a link in the archive": (linked, "its 'assets/link' is a link"),
    "a part twice": (
        lambda: packed({}, ("assets/1", b""), ("assets/2", b"")).replace(b"assets/2", b"assets/1"),
        "two of its parts have the same name",
    ),
    "other weights": (lambda: packed({WEIGHTS: None}, ("model.weights.npz", b"")), "it has no model.weights.h5"),
    "odd packing": (lambda: packed({}, packing=zipfile.ZIP_LZMA), "in a way that models.save does not use"),
    "many numbers": (
        lambda: stored(shape=(2**20, 2**20), chunks=(1, 1024)),
        r"its weights would take 4,398,046,511,104 by",
    ),
    "wide layers": (
        lambda: wide(10**9),
        r"the model would take 16,000,000,004 bytes of memory, which a file of its si",
    ),
    "a bomb": (
        lambda: packed({CONFIG: b" " * 2**26}, packing=zipfile.ZIP_DEFLATED),
        r"its parts would take 67,\d+,\d+ bytes of memory, which a file of its size does not hold",
    ),
    "depth": (lambda: packed({CONFIG: b"[" * 10**5}), "recursion"),
    "no map": (lambda: packed({CONFIG: b"[]"}), "its config.json describes no model"),
    "a layer alone": (
        lambda: packed({CONFIG: b'{"module": "keras.layers", "class_name": "Dropout", "config": {"rate": 0.5}}'}),
        "describes no model",
    ),
    "no optimizer": (lambda: weighted(lambda file: file.pop("optimizer")), "Skipping variable loading for optimizer"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_it_is_refused(case, tmp_path):
    make, says = REFUSED[case]
    path = tmp_path / "odd.keras"
    path.write_bytes(make())
    with pytest.raises(DataError, match=f"odd.keras does not hold a model.*{says}"):
        models.load(str(path))
    assert [file.name for file in tmp_path.iterdir()] == ["odd.keras"]


class Loud:
    def __reduce__(self):
        return pytest.fail, ("unpickled",)


def test_nothing_is_unpickled(tmp_path):
    path = tmp_path / "odd.keras"
    path.write_bytes(packed({}, ("assets/odd.pkl", pickle.dumps(Loud()))))
    assert models.load(str(path)).name == "small"


def test_a_directory_of_parts_that_is_claimed_to_be_long(tmp_path):
    path = tmp_path / "odd.keras"
    end = b"PK\5\6" + b"\0\0\0\0\1\0\1\0" + (0xFFFFFFF0).to_bytes(4, "little") + b"\0" * 6
    with path.open("wb") as stream:
        stream.truncate(2**33)
        stream.seek(0, 2)
        stream.write(end)
    with pytest.raises(DataError, match="it claims to list its parts in 4,294,967,280 bytes"):
        models.load(str(path))


def test_a_model_that_never_trained_has_its_optimizer(tmp_path):
    model = models.sequential([("dense", 1)], input_shape=2)
    model.compile("adam", "mse")
    loaded = models.load(models.save(model, str(tmp_path / "new.keras")))
    assert type(loaded.optimizer).__name__ == "Adam"
    assert np.array_equal(models.weights(loaded)[0], models.weights(model)[0])


def test_the_parts_are_those_that_save_writes():
    assert set(parts()) == {CONFIG, "metadata.json", WEIGHTS}
    assert whole().startswith(b"PK")
