"""Read files that claim much, in a process of its own, and say what each took: `python reading_child.py FOLDER`."""

from __future__ import annotations

import gzip
import io
import json
import resource
import struct
import sys
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import h5py
from reader_models import CONFIG, described, packed, weighted, whole
from test_readers_data import ARRAYS, KEYS, SMALL, idx

from pybridge import models
from pybridge.book.arguments import unheeded_arguments
from pybridge.book.org import read_notebook
from pybridge.clojure.project import read_project
from pybridge.data import _idx
from pybridge.errors import PybridgeError

MB = 2**20
SPARE, MULTIPLE = 128 * MB, 16


def header_bomb() -> bytes:
    """An array whose header says that it is 4 GB long, of which 300 MB are there."""
    raw = b"\x93NUMPY\2\0" + struct.pack("<I", 2**32 - 1) + b" " * (300 * MB)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("x_train.npy", raw)
    return buffer.getvalue()


def sparse(file: h5py.File) -> None:
    del file["layers/dense/vars/0"]
    file.create_dataset("layers/dense/vars/0", (2**14, 2**14), "f", chunks=(1, 2**14), compression="gzip")


def wide(model: dict) -> None:
    first, second = model["config"]["layers"][1:]
    first["config"]["units"] = second["build_config"]["input_shape"][1] = 10**8


def npz(path: Path) -> object:
    return _idx.read(SMALL, [path])


def gz(path: Path) -> object:
    others = [path.parent / key for key in KEYS[1:]]
    for other, array in zip(others, ARRAYS[1:], strict=True):
        other.write_bytes(idx(array))
    return _idx.read(SMALL, [path, *others])


def load(path: Path) -> object:
    return models.load(str(path))


def unheeded(path: Path) -> object:
    return list(unheeded_arguments(read_notebook(path)))


BLOCK = b"#+begin_src python\n1\n#+end_src\n#+RESULTS:\n"
FILES: dict[str, tuple[Callable[[Path], object], Callable[[], bytes]]] = {
    "header.npz": (npz, header_bomb),
    "bomb.gz": (gz, lambda: gzip.compress(idx(ARRAYS[0])[:16] + bytes(300 * MB))),
    "bomb.keras": (load, lambda: packed({CONFIG: b" " * (300 * MB)}, packing=zipfile.ZIP_DEFLATED)),
    "sparse.keras": (load, lambda: weighted(sparse)),
    "wide.keras": (load, lambda: described(wide)),
    "deep/deps.edn": (read_project, lambda: b"[" * 15 * MB),
    "string/deps.edn": (read_project, lambda: b'"' + b"\\" * (15 * MB)),
    "words/deps.edn": (read_project, lambda: b"{" + b"a " * (MB // 2) + b"}"),
    "blocks.org": (read_notebook, lambda: BLOCK * 100_000),
    "examples.org": (read_notebook, lambda: (BLOCK + b"#+begin_example\n") * 100_000),
    "bare.org": (read_notebook, lambda: b"#+begin_src python\n1\n#+end_src\n\n" * 100_000),
    "comments.org": (read_notebook, lambda: b"#+begin_comment\n" * MB),
    "headings.org": (read_notebook, lambda: b"* A\n:PROPERTIES:\n:A: 1\n" * 20_000 + b":END:\n"),
    "captions.org": (read_notebook, lambda: (BLOCK.removesuffix(b"#+RESULTS:\n") + b"#+caption: x\n") * 100_000),
    "spaces.org": (read_notebook, lambda: b"#+name: a" + b" " * 5 * MB + b"b\n"),
    "headers.org": (unheeded, lambda: b"#+header: :x\n" * MB),
    "quotes.org": (unheeded, lambda: b'#+begin_src python :a "' + b'\\"' * MB + b"\n1\n#+end_src\n"),
}


def main() -> None:
    folder = Path(sys.argv[1])
    (folder / "whole.keras").write_bytes(whole())
    models.load(str(folder / "whole.keras"))
    paths = {}
    for name, (_, content) in FILES.items():
        paths[name] = folder / name
        paths[name].parent.mkdir(exist_ok=True)
        paths[name].write_bytes(content())
    taken = {}
    for name, (read, _) in FILES.items():
        before, begun = room(), time.process_time()
        limit(before + SPARE + MULTIPLE * paths[name].stat().st_size)
        try:
            read(paths[name])
            said = ""
        except PybridgeError as error:
            said = str(error)
        taken[name] = {"said": said, "seconds": time.process_time() - begun, "size": paths[name].stat().st_size}
    print(json.dumps(taken))


def room() -> int:
    """The address space that the process has."""
    return int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()


def limit(size: int) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (size, resource.RLIM_INFINITY))


if __name__ == "__main__":
    main()
