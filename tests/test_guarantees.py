"""The page of promises: each is held by tests that there are."""

from __future__ import annotations

import re
from pathlib import Path

TESTS = Path(__file__).parent
PAGE = TESTS.parent / "docs" / "guarantees.md"


def test_each_promise_is_held_by_tests_that_there_are():
    lines = [line for line in PAGE.read_text(encoding="utf-8").splitlines() if line.startswith("| ")]
    rows = [line.strip("|").split(" | ") for line in lines if not line.startswith(("| Promise", "| ---"))]
    assert len(rows) > 15
    for promise, held, *_ in rows:
        tests = re.findall(r"`([^`]+(?:\.py|/))`", held)
        assert tests, promise
        for test in tests:
            assert (TESTS / test).exists(), test
            assert not test.endswith("/") or list((TESTS / test).glob("test_*.py")), test
