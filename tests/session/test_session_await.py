"""`await` outside functions, as `python -m asyncio` has it."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest
from session_client import failure

PROGRAMS = [
    "await asyncio.sleep(0, 6 * 7)",
    "x = await asyncio.sleep(0, 5)\nx",
    "await asyncio.gather(*[asyncio.sleep(0, i) for i in range(3)])",
    "async def some():\n    for i in range(3): yield i\n\n[i async for i in some()]",
    "async with asyncio.timeout(5):\n    y = await asyncio.sleep(0, 'with')\n\ny",
    "y = 1\nasync def later(): return y + 1\n\nawait later()",
]


@pytest.mark.parametrize("code", PROGRAMS)
def test_the_value_is_the_one_of_pythons_asynchronous_prompt(session, code):
    typed = f"import asyncio\n{code}\n"
    command = [sys.executable, "-m", "asyncio"]
    shown = subprocess.run(command, input=typed, capture_output=True, text=True, check=True).stdout
    text = session.python(f"import asyncio\n{code}")["text"]
    assert text and text in re.split(r"\n|>>> |\.\.\. ", shown)


def test_a_loop_of_ones_own_runs_as_ever(session):
    assert session.python("import asyncio\nasyncio.run(asyncio.sleep(0, 'own'))")["text"] == "'own'"
    assert session.python("await asyncio.sleep(0, 'again')")["text"] == "'again'"


def test_a_task_goes_on_while_another_block_awaits(session):
    session.python("import asyncio\nasync def begun(): return asyncio.create_task(asyncio.sleep(0.01, 'done'))")
    session.python("task = await begun()")
    assert session.python("await task")["text"] == "'done'"


def test_an_error_shows_the_lines_of_the_reader_alone(session):
    session.python("async def fails():\n    raise ValueError('late')")
    error = failure(session.python, "await fails()")
    assert str(error) == "ValueError: late"
    assert "raise ValueError('late')" in error.data["trace"]
    assert "asyncio" not in error.data["trace"]


def test_an_interrupt_cancels_what_is_awaited(session):
    session.python("import asyncio\ncancelled = []")
    session.python(
        "async def waits():\n    try:\n        print('waits')\n        await asyncio.sleep(600)\n"
        "    finally:\n        cancelled.append('in time')"
    )
    error = session.interrupted("python", "await waits()", when="waits\n")
    assert error.data["type"] == "KeyboardInterrupt"
    assert session.python("cancelled")["text"] == "['in time']"


def test_an_interrupt_ends_what_awaits_nothing(session):
    error = session.interrupted("python", "async def on():\n    while True: pass\nprint('on')\nawait on()", when="on\n")
    assert error.data["type"] == "KeyboardInterrupt"
    assert session.python("import asyncio\nawait asyncio.sleep(0, 'goes on')")["text"] == "'goes on'"


def test_a_task_that_no_loop_runs_is_told_of_one(session):
    brief = failure(session.python, "import asyncio\nasyncio.create_task(asyncio.sleep(0))").data["brief"]
    assert brief.splitlines()[-1] == "  a loop runs while something is awaited: async def main(): …, and await main()"
    code = "async def main(): return await asyncio.create_task(asyncio.sleep(0, 'slept'))\n\nawait main()"
    assert session.python(code)["value"] == "slept"
