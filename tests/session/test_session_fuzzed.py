"""A client that sends whatever it likes: each request is answered once, and the session goes on."""

from __future__ import annotations

import pytest
from session_client import Session, running
from session_fuzz import Sequence


@pytest.fixture(scope="module")
def fuzzed():
    with running() as session:
        session.clojure("1")
        yield session


@pytest.mark.parametrize("begin", range(0, 200, 20))
def test_each_request_has_one_answer_and_the_next_is_answered(fuzzed: Session, begin: int):
    for seed in range(begin, begin + 20):
        Sequence(fuzzed, seed).check()
