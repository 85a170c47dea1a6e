"""What a block awaits outside functions: one event loop for a session, which goes on while a block awaits."""

from __future__ import annotations

import atexit
import functools
import signal
from collections.abc import Coroutine
from types import FrameType
from typing import TYPE_CHECKING, Any

from pybridge.session.guard import PATIENCE, after, interrupt_main_thread

if TYPE_CHECKING:
    from asyncio import Runner, Task

__all__ = ["settle"]


def settle(coroutine: Coroutine[Any, Any, Any]) -> Any:
    """Run a coroutine to its end, on the main thread, where Ctrl-C cancels it.

    Returns:
        What it returns.

    Raises:
        Whatever it raises, without asyncio's frames.
        KeyboardInterrupt: after Ctrl-C.
        RuntimeError: an event loop runs already, as in a kernel of Jupyter.
    """
    awaited = _Awaited(coroutine)
    previous = signal.getsignal(signal.SIGINT)
    heeds = previous is signal.default_int_handler
    try:
        if heeds:
            signal.signal(signal.SIGINT, awaited.interrupt)
        return awaited.run()
    finally:
        if heeds:
            signal.signal(signal.SIGINT, previous)


class _Awaited:
    """A coroutine as a task of the session's loop, which an interrupt cancels, and ends where it does not heed that."""

    def __init__(self, coroutine: Coroutine[Any, Any, Any]) -> None:
        self._coroutine = coroutine
        self._task: Task[Any] | None = None
        self._interrupted = self._ended = False
        self._error: Exception | None = None

    def run(self) -> Any:
        """What the coroutine returns or raises."""
        from asyncio import CancelledError

        try:
            value = _runner().run(self._outcome())
        except CancelledError:
            if self._interrupted:
                raise KeyboardInterrupt from None
            raise
        finally:
            self._ended = True
            self._coroutine.close()
        if self._error is not None:
            raise self._error
        return value

    async def _outcome(self) -> Any:
        from asyncio import current_task

        self._task = current_task()
        try:
            return await self._coroutine
        except Exception as error:
            self._error = error

    def interrupt(self, number: int, frame: FrameType | None) -> None:
        """Handle the signal: the first one cancels, the next ends the code that runs."""
        if self._interrupted or self._task is None:
            raise KeyboardInterrupt
        self._interrupted = True
        self._task.cancel()
        self._task.get_loop().call_soon_threadsafe(lambda: None)  # which waits, and is to look
        after(PATIENCE, self._insist)

    def _insist(self) -> None:
        if not self._ended:
            interrupt_main_thread()


@functools.cache
def _runner() -> Runner:
    import asyncio

    runner = asyncio.Runner()
    atexit.register(runner.close)
    return runner
