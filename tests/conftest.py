"""What every test runs under: quiet TensorFlow, no display, no network for data, and patience for examples."""

from __future__ import annotations

import gc
import os
import shutil
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import hypothesis
import pytest

if TYPE_CHECKING:
    from nrepl_client import Client
    from session_client import Session

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("MPLBACKEND", "agg")

# A shell has its background jobs ignore Ctrl-C, and nohup a hang-up; what tests start has to hear both.
signal.signal(signal.SIGINT, signal.default_int_handler)
signal.signal(signal.SIGHUP, signal.SIG_DFL)

SHARED_MNIST = Path(__file__).parents[2] / "shared" / "data" / "mnist"
if SHARED_MNIST.is_dir():
    os.environ.setdefault("PYBRIDGE_DATA", str(SHARED_MNIST))

# A loaded machine may be slow with an example. `make test` tries the same examples each time,
# `make fuzz` many new ones.
hypothesis.settings.register_profile("pybridge", deadline=None, derandomize=True, max_examples=40)
hypothesis.settings.register_profile("fuzz", deadline=None, max_examples=1000)
hypothesis.settings.load_profile("pybridge")


def pytest_collection_finish() -> None:
    """Have the garbage collector leave alone what lives as long as the tests: TensorFlow and the tests themselves.

    Keras and many a test collect again and again, and looking through millions of objects took seconds each time.
    """
    gc.collect()
    gc.freeze()


# What CIDER prints data with, as far as it concerns a handle: it derefs what it can.
PRINTER = """
(ns orchard.print (:refer-clojure :exclude [print]))
(defmulti print (fn [x writer] (type x)))
(defmethod print :default [x writer] (print-method x writer))
(defmethod print clojure.lang.IDeref [x writer] (print @x writer))
"""


@pytest.fixture(scope="session")
def nrepl_port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """The port of an nREPL server."""
    from nrepl_client import serving

    printer = tmp_path_factory.mktemp("classes") / "orchard" / "print.clj"
    printer.parent.mkdir()
    printer.write_text(PRINTER)
    with serving(tmp_path_factory.mktemp("nrepl"), printer.parents[1]) as port:
        yield port


@pytest.fixture(scope="module")
def editor(nrepl_port: int) -> Iterator[Client]:
    """A client of that server."""
    from nrepl_client import Client

    client = Client(nrepl_port)
    yield client
    client.close()


@pytest.fixture(scope="module")
def runtime() -> Iterator[Path]:
    """A folder for the sockets of sessions; its path is short, as a socket's must be."""
    folder = Path(tempfile.mkdtemp(prefix="pb-"))
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def joinable(runtime: Path) -> Iterator[Session]:
    """A session that consoles can join."""
    from session_client import Session

    session = Session(XDG_RUNTIME_DIR=str(runtime))
    session.request("initialize")
    yield session
    session.end()
