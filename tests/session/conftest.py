"""One session for all the tests that leave it as it was."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from kernel_client import Kernel
from session_client import Session, running


@pytest.fixture(scope="session")
def session() -> Iterator[Session]:
    with running() as session:
        session.clojure("(require '[pybridge.core :as pb])")
        yield session


@pytest.fixture(scope="module")
def kernel(tmp_path_factory) -> Iterator[Kernel]:
    kernel = Kernel(tmp_path_factory.mktemp("kernel"))
    kernel.run("%%clojure\n(require '[pybridge.core :as pb] '[pybridge.tensors :as t])")
    yield kernel
    kernel.end()
