"""The fast of the ends, twice each and all at once; `python tests/ends/ends.py 200` tries all of them, and often."""

from __future__ import annotations

import sys

import ends
import pytest
from ends_of_programs import NO_JVM

QUICK = [case for case in ends.all_cases() if case.is_quick]


@pytest.fixture(scope="module")
def ended() -> dict[str, list[str]]:
    """What was wrong with the ends of each."""
    with ends.ThreadPoolExecutor(2 * ends.CORES) as pool:
        return {case.name: ends.tried(case, 2, pool)[1] for case in QUICK}


@pytest.mark.parametrize("name", [case.name for case in QUICK])
def test_an_end_has_its_documented_status(ended, name):
    assert ended[name] == []


def test_another_status_and_what_is_said_of_it_are_told():
    case = ends.Case("ends with 3", [sys.executable, "-c", "import sys; print('much'); sys.exit('words')"], 3)
    assert ends.wrong(case) == (1, ["status 1 instead of 3", "stderr: words\n", "stdout: much\n"])


def test_a_process_that_is_left_is_told_of():
    left = "import subprocess; subprocess.Popen(['sleep', '600'], stdout=-3, stderr=-3)"
    assert ends.wrong(ends.Case("leaves one", [sys.executable, "-c", left]))[1][0] == "a process is left"


def test_ours_does_not_abort_for_a_thread_that_has_a_stream_at_its_end():
    """Python by itself does, now and then, where a daemon thread prints or waits for a line as the program ends."""
    end = "from pybridge._ending import at_end\nat_end(lambda: True)\nstart(sys.stdin.readline)\n"
    case = ends.Case("a Python", [sys.executable, "program.py"], files={"program.py": NO_JVM + end}, input=None)
    with ends.ThreadPoolExecutor(2 * ends.CORES) as pool:
        assert ends.tried(case, 20, pool)[1] == []
