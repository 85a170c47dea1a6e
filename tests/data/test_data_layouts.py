"""Tests of the layouts that people keep MNIST and Fashion-MNIST in, and of one taken for the other."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pytest
import small_mnist
from small_mnist import CONTENT, FASHION, FASHION_CONTENT, PACKED, archive, fill, is_whole, packed

from pybridge.data import load_fashion_mnist, load_mnist
from pybridge.errors import DataError

LABELS = "train-labels-idx1-ubyte"
FASHION_PACKED = packed(FASHION_CONTENT)


def dotted(name: str) -> str:
    return name.replace("-idx", ".idx")


LAYOUTS = {
    "dotted": lambda name, content: {dotted(name): content},
    "dotted, gzipped": lambda name, content: packed({dotted(name): content}),
    "one folder a file": lambda name, content: {f"{name}/{name}": content},
    "one dotted folder a file": lambda name, content: {f"{dotted(name)}/{dotted(name)}": content},
    "a folder named after a dotted file": lambda name, content: {f"{name}/{dotted(name)}": content},
    "one folder a file, gzipped": lambda name, content: packed({f"{name}/{name}": content}),
    "a folder named after the gzipped file": lambda name, content: {f"{name}.gz/{name}": content},
    "raw": lambda name, content: {f"raw/{name}": content},
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_the_files_may_lie_as_they_were_unpacked(small, tmp_path, layout):
    digits = [LAYOUTS[layout](name, content) for name, content in CONTENT.items()]
    clothes = [LAYOUTS[layout](name, content) for name, content in FASHION_CONTENT.items()]
    for folder, parts in (("digits", digits), ("clothes", clothes)):
        fill(tmp_path / folder, {name: content for part in parts for name, content in part.items()})
    assert is_whole(load_mnist(str(tmp_path / "digits")))
    assert is_whole(load_fashion_mnist(str(tmp_path / "clothes")), FASHION)


def test_the_layouts_may_be_mixed_as_kaggle_mixes_them(small, tmp_path):
    files = {}
    for name, content in CONTENT.items():
        files |= {dotted(name): content, f"{name}/{name}": content}
    assert is_whole(load_mnist(str(fill(tmp_path / "archive", files))))


def below(folder: str, files: dict[str, bytes]) -> dict[str, bytes]:
    return {f"{folder}/{name}": content for name, content in files.items()}


@pytest.mark.parametrize(
    "files",
    [
        below("MNIST/raw", CONTENT | PACKED) | below("FashionMNIST/raw", FASHION_CONTENT),
        below("mnist", PACKED) | below("fashion-mnist", FASHION_PACKED),
        {"mnist/mnist.npz": archive()} | below("fashion-mnist", FASHION_PACKED),
        PACKED | below("fashion-mnist", FASHION_PACKED),
        FASHION_PACKED | below("MNIST/raw", CONTENT),
        {"mnist.npz": archive()} | FASHION_PACKED,
    ],
    ids=["torchvision", "two folders", "archive", "below MNIST", "below Fashion-MNIST", "archive beside"],
)
def test_one_folder_may_hold_both(small, tmp_path, monkeypatch, files):
    root = str(fill(tmp_path / "root", files))
    monkeypatch.setenv("PYBRIDGE_DATA", root)
    for path in (None, root):
        assert is_whole(load_fashion_mnist(path), FASHION)
        if "mnist.npz" not in files:
            assert is_whole(load_mnist(path))


@pytest.mark.parametrize("inside", ["", "MNIST/", "MNIST/raw/"])
def test_torchvisions_root_and_what_is_below_it(small, tmp_path, inside):
    root = fill(tmp_path / "root", below("MNIST/raw", CONTENT))
    assert is_whole(load_mnist(f"{root}/{inside}"))


def test_a_part_that_is_missing_is_looked_for_where_the_others_are(small, tmp_path):
    files = {name: content for name, content in CONTENT.items() if name != LABELS}
    root = fill(tmp_path / "root", below("MNIST/raw", files))
    with pytest.raises(DataError, match=f"root/MNIST/raw lacks {LABELS}; put an unaltered copy"):
        load_mnist(str(root))


# ---- one taken for the other


def test_fashion_mnist_for_mnist_names_the_function_that_loads_it(small, cache, tmp_path):
    clothes = fill(tmp_path / "clothes", FASHION_PACKED)
    with pytest.raises(
        DataError, match=r"t10k-labels-idx1-ubyte\.gz is Fashion-MNIST's, which load_fashion_mnist loads"
    ):
        load_mnist(str(clothes))
    with pytest.raises(
        DataError, match=r"t10k-labels-idx1-ubyte\.gz is MNIST's, which load_mnist loads; put an unaltered"
    ):
        load_fashion_mnist(str(fill(tmp_path / "digits", PACKED)))
    arrays = dict(zip(("x_train", "y_train", "x_test", "y_test"), FASHION.values(), strict=True))
    with pytest.raises(DataError, match=r"x_train in .* is Fashion-MNIST's, which load_fashion_mnist loads"):
        load_mnist(str(fill(tmp_path / "packed", {"mnist.npz": archive(**arrays)})))
    assert not cache.exists()


@pytest.mark.parametrize("files", [PACKED, {"mnist.npz": archive()}, below("MNIST/raw", CONTENT)])
def test_a_folder_of_mnist_alone_lets_fashion_mnist_be_found_elsewhere(small, tmp_path, monkeypatch, files):
    monkeypatch.setenv("PYBRIDGE_DATA", str(fill(tmp_path / "set", files)))
    with pytest.raises(DataError) as raised:
        load_fashion_mnist()
    assert "Fashion-MNIST is not on this machine (PYBRIDGE_DATA: " in str(raised.value)
    assert "MNIST, which load_mnist loads" in str(raised.value) or "MNIST's, which load_mnist" in str(raised.value)
    load_fashion_mnist(str(fill(tmp_path / "clothes", FASHION_PACKED)))
    assert is_whole(load_fashion_mnist(), FASHION)
    assert is_whole(load_mnist())


def test_a_folder_of_neither_is_wrong_for_both(small, tmp_path, monkeypatch):
    monkeypatch.setenv("PYBRIDGE_DATA", str(fill(tmp_path / "set", {})))
    wording = "PYBRIDGE_DATA is set to .*set does not hold Fashion-MNIST's four IDX files; put an unaltered copy of "
    with pytest.raises(
        DataError, match=wording + r"Fashion-MNIST \(its four IDX files, gzipped or not\) there, or unset"
    ):
        load_fashion_mnist()


# ---- Fashion-MNIST by the same ways as MNIST


def test_each_has_a_cache_of_its_own(small, cache, tmp_path):
    load_mnist(str(fill(tmp_path / "digits", PACKED)))
    load_fashion_mnist(str(fill(tmp_path / "clothes", FASHION_PACKED)))
    assert is_whole(load_mnist())
    assert is_whole(load_fashion_mnist(), FASHION)
    assert sorted(path.name for path in cache.parent.iterdir()) == ["fashion-mnist", "mnist"]


def test_keras_cache_of_fashion_mnist_is_used(small, tmp_path):
    fill(tmp_path / "keras" / "datasets" / "fashion-mnist", FASHION_PACKED)
    assert is_whole(load_fashion_mnist(), FASHION)


def test_an_npz_file_of_fashion_mnist_may_be_named(small, tmp_path):
    arrays = dict(zip(("x_train", "y_train", "x_test", "y_test"), FASHION.values(), strict=True))
    folder = fill(tmp_path / "given", {"clothes.npz": archive(**arrays), "other.npz": b"no archive"})
    assert is_whole(load_fashion_mnist(str(folder / "clothes.npz")), FASHION)
    with pytest.raises(DataError, match=r"other\.npz is not an \.npz file of Fashion-MNIST, or is damaged; put an "):
        load_fashion_mnist(str(folder / "other.npz"))


def test_fashion_mnist_nowhere_to_be_had(small, cache):
    with pytest.raises(DataError) as raised:
        load_fashion_mnist()
    said = str(raised.value)
    assert said.startswith(
        f"load_fashion_mnist: Fashion-MNIST is not on this machine ({cache.parent}/fashion-mnist does not exist; "
    )
    assert "train-images-idx3-ubyte.gz cannot be had: no connection" in said
    assert "npz" not in said


def test_real_fashion_mnist_has_the_digests(real_fashion_mnist, cache):
    (train_images, train_labels), (test_images, test_labels) = load_fashion_mnist(real_fashion_mnist)
    assert (train_images.shape, test_images.shape) == ((60000, 28, 28), (10000, 28, 28))
    assert train_labels[:10].tolist() == [9, 0, 0, 3, 0, 2, 7, 2, 5, 5]
    assert np.bincount(train_labels).tolist() == [6000] * 10
    assert np.bincount(test_labels).tolist() == [1000] * 10


# ---- a cache that was altered, with no network


def test_an_altered_cache_without_a_network_says_which_file_it_is(small, cache, tmp_path):
    load_mnist(str(fill(tmp_path / "given", PACKED)))
    (cache / f"{LABELS}.npy").write_bytes(b"altered")
    with pytest.raises(DataError) as raised:
        load_mnist()
    said = str(raised.value)
    assert f"({cache}/{LABELS}.npy was altered or truncated since it was put there; " in said
    assert "let PYBRIDGE_DATA name it" in said


def test_a_missing_cached_array_without_a_network_says_which_one_it_is(small, cache, tmp_path):
    load_mnist(str(fill(tmp_path / "given", PACKED)))
    (cache / f"{LABELS}.npy").unlink()
    with pytest.raises(DataError, match=f"{LABELS}.npy cannot be read: No such file or directory; "):
        load_mnist()


# ---- no cache to be had


@pytest.mark.parametrize("home", ["/proc/nowhere", "/sys/nowhere", "/dev/null", "/dev/null/deeper", "/" + "x" * 300])
def test_a_cache_that_cannot_be_made_is_done_without(small, tmp_path, monkeypatch, home):
    monkeypatch.setenv("XDG_CACHE_HOME", home)
    assert is_whole(load_mnist(str(fill(tmp_path / "given", PACKED))))
    monkeypatch.setenv("PYBRIDGE_DATA", str(tmp_path / "given"))
    assert is_whole(load_mnist())


FORBIDDEN = """
import os, sys
sys.path.insert(0, sys.argv[1])
import small_mnist
from pybridge.data import _download, _sets, load_mnist
from pybridge.errors import DataError
_sets.MNIST = _sets.MNIST._replace(files=small_mnist.FILES, mirrors=("http://127.0.0.1:9/",), archive="")
import rich._emoji_codes, rich.progress  # before this user's folders, which may hold them, are out of reach
if os.getuid() == 0:
    os.setuid(65534)
assert small_mnist.is_whole(load_mnist(sys.argv[2]))
try:
    load_mnist()
except DataError as error:
    print(error)
"""


@pytest.mark.parametrize("mode", [0o000, 0o111, 0o555])
def test_a_cache_that_may_not_be_read_or_written_is_done_without(mode):
    with tempfile.TemporaryDirectory() as folder:  # pytest's own are for one user
        Path(folder).chmod(0o755)
        given = fill(Path(folder) / "given", PACKED)
        fill(Path(folder) / "cache" / "pybridge", {}).chmod(mode)
        here = Path(small_mnist.__file__).parent
        surroundings = {"XDG_CACHE_HOME": f"{folder}/cache", "KERAS_HOME": f"{folder}/keras", "PYBRIDGE_DATA": ""}
        done = subprocess.run(
            [sys.executable, "-c", FORBIDDEN, str(here), str(given)],
            capture_output=True,
            text=True,
            env=os.environ | surroundings,
        )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("load_mnist: MNIST is not on this machine (")


def test_a_folder_in_the_place_of_a_cached_array_is_done_without(small, cache, tmp_path):
    (cache / f"{LABELS}.npy").mkdir(parents=True)
    assert is_whole(load_mnist(str(fill(tmp_path / "given", PACKED))))
