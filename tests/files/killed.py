"""Kills a writer of pybridge's at each of its system calls, and says what lay in its folder then: see test_killed.py.

`python tests/files/killed.py WRITER` prints JSON: the calls at which it was killed, and what was wrong after one.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from tracing import killed_at

# Writes "old" or "new" into a folder; gives what is there: "old", "new" or anything else.
Writer = tuple[Callable[[Path, str], object], Callable[[Path], str]]


def plain() -> Writer:
    from pybridge import _files

    return (
        lambda folder, text: _files.write(folder / "file", text.encode(), b"." * 100_000),
        lambda folder: (folder / "file").read_text().rstrip("."),
    )


def model() -> Writer:
    import numpy as np

    from pybridge import models

    nets = {text: models.sequential([("dense", 2)], input_shape=2) for text in ("old", "new")}
    models.set_weights(nets["new"], [np.ones((2, 2)), np.ones(2)])
    models.set_weights(nets["old"], [np.zeros((2, 2)), np.ones(2)])

    def read(folder: Path) -> str:
        (kernel, _) = models.weights(models.load(str(folder / "net.keras")))
        return {0.0: "old", 4.0: "new"}[float(np.sum(kernel))]

    return lambda folder, text: models.save(nets[text], str(folder / "net.keras")), read


def history() -> Writer:
    from pybridge.repl.history import WholeHistory

    def write(folder: Path, text: str) -> None:
        WholeHistory(folder / "history.py").store_string(f"{text}\n" + "x" * 20_000)

    def read(folder: Path) -> str:
        kept = list(WholeHistory(folder / "history.py").load_history_strings())
        assert all(text.endswith("\n" + "x" * 20_000) for text in kept)
        return kept[0].split("\n")[0]

    return write, read


def main(writer: str) -> None:
    write, read = globals()[writer]()
    calls: list[str] = []
    wrong: list[str] = []
    call: str | None = ""
    while call is not None:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            write(folder, "old")
            files = sorted(os.listdir(folder))
            temporary = sorted(os.listdir(tempfile.gettempdir()))
            call = killed_at(len(calls) + 1, lambda: write(folder, "new"))  # noqa: B023
            if sorted(os.listdir(tempfile.gettempdir())) != temporary:
                wrong.append(f"a temporary file is left after a kill at {call}, {len(calls)}")
            calls += [call] if call else []
            found = read(folder)
            if found not in (("old", "new") if call else ("new",)):
                wrong.append(f"{found} after a kill at {call}, {len(calls)}")
            write(folder, "new")
            if sorted(os.listdir(folder)) != files:
                wrong.append(f"{os.listdir(folder)} are there after a kill at {call}, {len(calls)}, and another write")
    print(json.dumps({"calls": calls, "wrong": wrong}))


if __name__ == "__main__":
    main(*sys.argv[1:])
