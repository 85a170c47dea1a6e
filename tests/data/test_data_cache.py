"""Tests of the cache: what it keeps, what it notices, and what it leaves behind."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import small_mnist
from small_mnist import ARRAYS, CONTENT, PACKED, altered, fill, is_whole

from pybridge.data import _cache, load_mnist
from pybridge.errors import DataError
from pybridge.models._mapped import in_file

LABELS = "train-labels-idx1-ubyte"
IMAGES = "train-images-idx3-ubyte"


def test_the_second_load_is_mapped_and_reads_nothing_else(small, cache, tmp_path, monkeypatch):
    monkeypatch.setattr(_cache, "SMALL", 0)
    folder = fill(tmp_path / "given", PACKED)
    load_mnist(str(folder))
    (images, labels), _ = load_mnist(str(folder))
    for array in (images, labels):
        assert type(array) is np.ndarray
        assert isinstance(array.base, np.memmap)
    for file in folder.iterdir():
        file.unlink()
    folder.rmdir()
    assert is_whole(load_mnist())


def test_labels_are_in_memory_for_several_workers_to_train_with(small, cache, tmp_path):
    load_mnist(str(fill(tmp_path / "given", PACKED)))
    (_, labels), (_, more) = load_mnist()
    assert not in_file(labels) and not in_file(more)


def test_cached_arrays_are_npy_files_that_numpy_reads(small, cache, tmp_path):
    load_mnist(str(fill(tmp_path / "given", PACKED)))
    for name, array in ARRAYS.items():
        assert np.array_equal(np.load(cache / f"{name}.npy", allow_pickle=False), array)


def test_a_caller_may_write_into_the_arrays_and_changes_nobody_else(small, cache, tmp_path):
    load_mnist(str(fill(tmp_path / "given", PACKED)))
    (images, labels), _ = load_mnist()
    images[0] = 0
    labels += 1
    assert is_whole(load_mnist())


def break_array(cache: Path, how: str) -> None:
    path = cache / f"{LABELS}.npy"
    content = path.read_bytes()
    status = path.stat()
    if how == "gone":
        path.unlink()
    elif how == "empty":
        path.write_bytes(b"")
    elif how == "truncated":
        path.write_bytes(content[:-1])
    elif how == "longer":
        path.write_bytes(content + b"\0")
    elif how == "another array":
        np.save(path, np.arange(5.0))
    elif how == "no array":
        path.write_bytes(b"\x80\x04K\x01." * 40)
    elif how == "altered, its time put back":
        path.write_bytes(altered(content))
        os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


BROKEN = ["gone", "empty", "truncated", "longer", "another array", "no array", "altered, its time put back"]


@pytest.mark.parametrize("how", BROKEN)
def test_a_broken_cached_array_is_noticed_and_made_anew(small, cache, tmp_path, how):
    folder = str(fill(tmp_path / "given", PACKED))
    load_mnist(folder)
    whole = (cache / f"{LABELS}.npy").read_bytes()
    break_array(cache, how)
    assert is_whole(load_mnist(folder))
    assert (cache / f"{LABELS}.npy").read_bytes() == whole


@pytest.mark.parametrize("how", BROKEN)
def test_a_broken_cached_array_is_never_used_when_it_cannot_be_made_anew(small, cache, tmp_path, how):
    load_mnist(str(fill(tmp_path / "given", PACKED)))
    break_array(cache, how)
    with pytest.raises(DataError, match="MNIST is not on this machine"):
        load_mnist()


@pytest.mark.parametrize("ledger", [None, b"", b"{", b"[]", b"\xff", b'{"elsewhere": [1, 2, 3, 4]}'])
def test_the_ledger_saves_time_and_nothing_else(small, cache, tmp_path, ledger):
    load_mnist(str(fill(tmp_path / "given", PACKED)))
    if ledger is None:
        (cache / "checked.json").unlink()
    else:
        (cache / "checked.json").write_bytes(ledger)
    assert is_whole(load_mnist())
    checked = json.loads((cache / "checked.json").read_bytes())
    assert sorted(checked) == sorted(f"{cache}/{name}.npy" for name in ARRAYS)


def test_a_source_that_is_altered_after_it_was_checked_is_noticed(small, cache, tmp_path):
    folder = fill(tmp_path / "given", CONTENT)
    load_mnist(str(folder))
    status = (folder / LABELS).stat()
    (folder / LABELS).write_bytes(altered(CONTENT[LABELS]))
    os.utime(folder / LABELS, ns=(status.st_atime_ns, status.st_mtime_ns))
    with pytest.raises(DataError, match=f"/{LABELS} has the form"):
        load_mnist(str(folder))


def test_a_full_disk_says_so_and_leaves_nothing_half_written(small, cache, tmp_path):
    folder = str(fill(tmp_path / "given", PACKED))
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, hard))
    try:
        with pytest.raises(DataError) as raised:
            load_mnist(folder)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert str(raised.value) == (
        f"load_mnist: {cache}/{IMAGES}.npy cannot be written: File too large; make room for it (MNIST takes 66 MB), "
        "or set XDG_CACHE_HOME to a folder that has room"
    )
    assert list(cache.iterdir()) == []
    assert is_whole(load_mnist(folder))


def test_where_no_cache_may_be_written_the_arrays_stay_in_memory(small, tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    loaded = load_mnist(str(fill(tmp_path / "given", PACKED)))
    assert is_whole(loaded)
    (images, _), _ = loaded
    images[0] = 0


RACER = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
import small_mnist
from pybridge.data import _sets, load_mnist
_sets.MNIST = _sets.MNIST._replace(files=small_mnist.FILES)
for turn in range(30):
    assert small_mnist.is_whole(load_mnist(sys.argv[2])), turn
    Path(sys.argv[3], list(small_mnist.ARRAYS)[turn % 4] + ".npy").unlink(missing_ok=True)
"""


def test_processes_that_fill_and_clear_the_cache_at_once(small, cache, tmp_path):
    folder = fill(tmp_path / "given", PACKED)
    here = Path(small_mnist.__file__).parent
    command = [sys.executable, "-c", RACER, str(here), str(folder), str(cache)]
    racers = [subprocess.Popen(command, stderr=subprocess.PIPE, text=True) for _ in range(3)]
    assert [racer.communicate()[1] for racer in racers] == ["", "", ""]
    assert not list(cache.glob("*.part"))
    assert is_whole(load_mnist(str(folder)))
