"""One session for all the tests that leave it as it was."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from session_client import Session, running


@pytest.fixture(scope="session")
def session() -> Iterator[Session]:
    with running() as session:
        session.clojure("(require '[pybridge.core :as pb])")
        yield session
