"""Processes killed at random moments while they write or serve: what they wrote is whole, and nothing of them stays.

`python soak.py "killed children"`; `python soak_killed.py WRITER FOLDER` is such a process.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from functools import cache
from pathlib import Path

import killed
import pytest
import small_mnist
import soak_rounds
from session_client import PYBRIDGE, Session
from soak_measures import of_system
from soak_work import wrong

SLOWEST = 0.4  # seconds until the kill, at most: a write takes far less
WITHIN = 600  # seconds that a loaded machine may take for a start


def cached() -> killed.Writer:
    """Data put into the cache of a folder, always the same."""
    from pybridge import data

    patch = pytest.MonkeyPatch()
    given = Path(tempfile.mkdtemp())
    small_mnist.replace(patch, "MNIST", files=small_mnist.FILES)
    small_mnist.replace(patch, "FASHION_MNIST", files=small_mnist.FASHION_FILES)
    small_mnist.fill(given, small_mnist.PACKED)

    def load(folder: Path) -> object:
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("XDG_CACHE_HOME", str(folder))
            return data.load_mnist(str(given))

    def write(folder: Path, text: str) -> None:
        for file in folder.glob("pybridge/mnist/*.npy"):
            file.unlink()
        load(folder)

    def read(folder: Path) -> str:
        return "new" if small_mnist.is_whole(load(folder)) else "no whole data"

    return write, read


@cache
def writer(name: str) -> killed.Writer:
    return cached() if name == "cached" else getattr(killed, name)()


def write_for_ever(name: str, folder: Path) -> None:
    write, _ = writer(name)
    write(folder, "old")
    print("begun", flush=True)
    while True:
        write(folder, "new")
        write(folder, "old")


def files(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if "matplotlib" not in path.parts)


def kill_writer(name: str, number: int) -> list[str]:
    """Kill a writer, look at what is there, write again, and look for what the dead one left."""
    write, read = writer(name)
    temporary = tempfile.TemporaryDirectory
    with temporary() as whole, temporary() as place, temporary() as victims:
        write(Path(whole), "new")
        command = [sys.executable, __file__, name, place]
        surroundings = os.environ | {"TMPDIR": victims}
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=surroundings) as process:
            begun = process.stdout.readline()
            time.sleep(random.uniform(0, SLOWEST))
            process.kill()
        if begun != "begun\n":
            return [f"a writer of {name} did not begin: {begun}"]
        given = files(Path(victims)) if name == "cached" else []  # the data that it puts into the cache
        told = [] if read(Path(place)) in ("old", "new") else [f"{name}: {read(Path(place))} after the kill"]
        write(Path(place), "new")
        return (
            told
            + wrong(name, read(Path(place)), "new")
            + wrong(f"{name}'s files", files(Path(place)), files(Path(whole)))
            + wrong(f"{name}'s temporary files", files(Path(victims)), given)
        )


def gone(group: int) -> bool:
    """Whether all processes of a group end."""
    for _ in range(WITHIN):
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.1)
    return False


def kill_session(number: int) -> list[str]:
    """Kill a session at any moment of its start or its work; the next one in its place is right, and leaves nothing."""
    with tempfile.TemporaryDirectory(prefix="pb-") as place:
        environment = {"XDG_RUNTIME_DIR": place}
        with subprocess.Popen(
            [PYBRIDGE, "session"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            env=os.environ | environment,
        ) as process:
            body = b'{"jsonrpc": "2.0", "id": 1, "method": "initialize"}'
            process.stdin.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)
            process.stdin.flush()
            if number % 2:
                process.stdout.readline()
            time.sleep(random.uniform(0, 3))
            os.kill(process.pid, signal.SIGKILL)
        told = [] if gone(process.pid) else ["a process of the killed session is left"]
        session = Session(**environment)
        session.request("initialize")
        told += wrong("the next session", session.clojure("(* 6 7)")["value"], 42)
        told += wrong("its end", session.end(), 0)
        left = set(files(Path(place))) - {
            f"pybridge/{process.pid}"
        }  # its socket, until somebody looks for sessions to join
        return told + wrong("what is left", left, {"pybridge"})


def main(seconds: float) -> None:
    kinds = {
        f"kills of a writer: {name}": lambda number, name=name: kill_writer(name, number)
        for name in ["plain", "model", "history", "cached"]
    }
    soak_rounds.go({**kinds, "kills of a session": kill_session}, seconds, of_system)


if __name__ == "__main__":
    if len(sys.argv) == 2:
        main(float(sys.argv[1]))
    else:
        write_for_ever(sys.argv[1], Path(sys.argv[2]))
