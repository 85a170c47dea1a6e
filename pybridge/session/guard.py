"""Ends the Clojure code of the block that the main thread evaluates where it ignores an interrupt, if it can."""

from __future__ import annotations

import functools
import itertools
import os
import signal
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from pybridge import clojure

__all__ = ["ATTEMPTS", "PATIENCE", "Guard", "after", "interrupt_main_thread", "main_thread", "print_error"]

PATIENCE = 0.75  # seconds that a block has to respond to an interrupt, before its Clojure code is stopped
ATTEMPTS = 2
SOON = 0.05  # seconds until Python has left a finalizer

UNRESPONSIVE = "the block does not respond to the interrupt; restart the session to end it, which loses its names"
NOT_STOPPABLE = (
    "the block does not respond to the interrupt, and its Clojure code cannot be stopped ({reason}); "
    "restart the session to end it, which loses its names"
)

_MAIN = "main"  # what the JVM calls the thread that started it

_numbers = itertools.count(1)  # of all blocks in the process, whatever guards there are
_under_way: list[Guard] = []  # the one whose block is, or was the last
_preparing = threading.Lock()
_attaching = threading.Lock()


def print_error(message: str) -> None:
    """Say something where the errors of the block under way are shown."""
    print(f"pybridge: {message}", file=sys.stderr, flush=True)


class Guard:
    """Knows the block that the main thread evaluates, and can end its Clojure code.

    An interrupt ends Clojure code that waits. To end code that runs on takes `pybridge.session.unsafe`; where that is
    missing, or turned off by PYBRIDGE_UNSAFE=0, the interrupt stays pending.

    Attributes:
        block: the number of the block under way; 0 where there is none.
    """

    def __init__(self, report: Callable[[str], object] | None = print_error) -> None:
        """Make a guard.

        Args:
            report: is told when Clojure code goes on all the same; None for a caller who finds that out.
        """
        self.block = 0
        self._report = report

    def prepare(self) -> None:
        """Start Clojure unless it runs, and watch from now on for interrupts that its code ignores."""
        self._prepared()

    def begin(self) -> None:
        """Begin a block, on the main thread; an interrupt left from the last one does nothing to it."""
        _repeat_what_is_dropped()
        self.block = next(_numbers)
        _under_way[:] = [self]
        if clojure.started():
            self._prepared().begin_block(self.block)

    def end(self) -> None:
        """The block is over."""
        self.block = 0

    def repeat(self, block: int) -> None:
        """Interrupt a block again, if it is still under way."""
        if self.block == block:
            interrupt_main_thread()

    def insist(self, attempt: int = 0, block: int = 0) -> None:
        """End the Clojure code of the block under way, which has been interrupted, if it goes on for a while."""
        block = block or self.block
        if not block or self.block != block or attempt > ATTEMPTS:
            return
        if attempt:
            with suppress(Exception):  # of a JVM that has no memory left
                self.stop(block, attempt - 1)
        after(PATIENCE, self.insist, attempt + 1, block)

    def stop(self, block: int, attempt: int) -> bool:
        """Throw an exception into the Clojure code of `block`, from another thread.

        Args:
            block: its number; another one is left alone.
            attempt: 0 throws what code that catches every Exception also catches, 1 an Error.

        Returns:
            Whether it was thrown: not while the code is in a place where that could break something, and never where
            Clojure code cannot be stopped.
        """
        if not clojure.started():
            return False
        interrupt = self._prepared()
        stop_thread, _ = _stopping()
        if stop_thread is None:
            return False
        interrupt.join_block(block)
        return stop_thread(attempt, interrupt.while_current(block))

    def unresponsive(self) -> str:
        """A sentence for the user whose block goes on after an interrupt and all attempts to stop it."""
        with suppress(Exception):  # of a JVM that has no memory left
            if clojure.started():
                interrupt = self._prepared()
                stop_thread, reason = _stopping()
                if stop_thread is None and interrupt.runs_java(_MAIN):
                    return NOT_STOPPABLE.format(reason=reason)
        return UNRESPONSIVE

    def _prepared(self) -> clojure.Namespace:
        with _preparing:
            return _prepare(self._report)


@functools.cache
def _repeat_what_is_dropped() -> None:
    """Have an interrupt come again that Python drops, as it does with what a finalizer raises."""
    previous = sys.unraisablehook

    def hook(unraisable: sys.UnraisableHookArgs) -> None:
        dropped = isinstance(unraisable.exc_value, KeyboardInterrupt)
        if dropped and _under_way and threading.current_thread() is threading.main_thread():
            guard = _under_way[0]
            after(SOON, guard.repeat, guard.block)
        else:
            previous(unraisable)

    sys.unraisablehook = hook


@functools.cache
def _prepare(report: Any) -> clojure.Namespace:
    """Start to watch; the thread that watches finds out itself, soon, what stops code, so that no first block waits."""
    interrupt = clojure.require("pybridge.session.interrupt")
    interrupt.watch(_MAIN, lambda: _stopping()[0], report and (lambda: report(Guard(report).unresponsive())))
    return interrupt


def _stopping() -> tuple[Callable[[int, Any], bool] | None, str]:
    with _attaching:
        return _optional_stop_thread()


@functools.cache
def _optional_stop_thread() -> tuple[Callable[[int, Any], bool] | None, str]:
    """What stops a thread, or None and why there is nothing that does."""
    if os.environ.get("PYBRIDGE_UNSAFE") == "0":
        return None, "PYBRIDGE_UNSAFE=0"
    try:
        from pybridge.session.unsafe import attach

        return attach(_MAIN), ""
    except (ImportError, OSError) as error:
        return None, str(error)


def after(seconds: float, function: Callable[..., object], *arguments: object) -> None:
    """Call a function later, unless the process ends before."""
    timer = threading.Timer(seconds, function, arguments)
    timer.daemon = True
    timer.start()


def interrupt_main_thread() -> None:
    """Send the main thread what Ctrl-C does."""
    signal.pthread_kill(main_thread(), signal.SIGINT)


def main_thread() -> int:
    """The number of the main thread."""
    return threading.main_thread().ident or 0
