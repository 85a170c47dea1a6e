"""Interrupts the block that the main thread evaluates, and ends Clojure code of it that ignores that, where it can."""

from __future__ import annotations

import functools
import itertools
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

from pybridge import clojure
from pybridge.session.protocol import Request, State

__all__ = ["PATIENCE", "Guard", "Interrupts", "after", "insist_after_ctrl_c"]

WAKE = signal.SIGURG  # ends a wait in C, so that Python looks for signals; by itself it does nothing
PATIENCE = 1.5  # seconds that a block has to respond to an interrupt, before its Clojure code is stopped
ATTEMPTS = 2

UNRESPONSIVE = "the block does not respond to the interrupt; restart the session to end it, which loses its names"
NOT_STOPPABLE = (
    "the block does not respond to the interrupt, and its Clojure code cannot be stopped ({reason}); "
    "restart the session to end it, which loses its names"
)

_MAIN = "main"  # what the JVM calls the thread that started it

_numbers = itertools.count(1)  # of all blocks in the process, whatever guards there are
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
        self.block = next(_numbers)
        if clojure.started():
            self._prepared().begin_block(self.block)

    def end(self) -> None:
        """The block is over."""
        self.block = 0

    def insist(self, attempt: int = 0, block: int = 0) -> None:
        """End the Clojure code of the block under way, which has been interrupted, if it goes on for a while."""
        block = block or self.block
        if not block or self.block != block or attempt > ATTEMPTS:
            return
        if attempt:
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


class Interrupts:
    """Interrupts the request that the main thread answers, from another thread, and no other request."""

    def __init__(self, guard: Guard, report: Callable[[Request, str], object]) -> None:
        """Make what interrupts, on the main thread, where SIGINT is to do nothing except while a request is answered.

        Args:
            guard: ends the Clojure code of a block.
            report: is told which request goes on after all attempts to end it, and what to say of that.
        """
        self._guard, self._report = guard, report
        self._step = threading.Lock()  # is held where a request takes a step, so that an interrupt finds it where it is
        signal.signal(WAKE, lambda number, frame: None)

    @contextmanager
    def during(self, request: Request) -> Iterator[None]:
        """Let the request that is answered meanwhile be interrupted, also by a signal from outside."""
        try:
            try:
                signal.signal(signal.SIGINT, signal.default_int_handler)
                with self._step:
                    if request.state is State.WITHDRAWN:
                        raise KeyboardInterrupt
                    request.state = State.RUNNING
                yield
            finally:
                self._close(request)
        except KeyboardInterrupt:  # which may have come just as it closed
            self._close(request)
            raise

    def _close(self, request: Request) -> None:
        while signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:
            with suppress(KeyboardInterrupt):  # what comes now comes too late
                signal.signal(signal.SIGINT, signal.SIG_IGN)
        with self._step:
            request.state = State.ANSWERED

    @contextmanager
    def later(self, request: Request) -> Iterator[None]:
        """Put an interrupt off: what is half done meanwhile, a namespace that loads say, would stay so."""
        previous = signal.signal(signal.SIGINT, signal.SIG_IGN)
        try:
            yield
        finally:
            signal.signal(signal.SIGINT, previous)
        if request.state is State.INTERRUPTED:
            raise KeyboardInterrupt

    def withdraw(self, request: Request) -> bool:
        """Have a request that waits not run; says whether it does wait."""
        with self._step:
            waits = request.state is State.WAITING
            if waits:
                request.state = State.WITHDRAWN
            return waits

    def interrupt(self, request: Request | None) -> None:
        """Interrupt a request if it is under way; from any other thread than the main one."""
        if request is None:
            return
        with self._step:
            state = request.state
            if not request.runs:
                return
            request.state = State.INTERRUPTED
            signal.pthread_kill(_main_thread(), signal.SIGINT)
        if state is State.RUNNING:
            after(PATIENCE, self._insist, request, 0)

    def _insist(self, request: Request, attempt: int) -> None:
        """End what of a request did not heed an interrupt; say so when it cannot be done."""
        block = self._guard.block
        if not request.runs:
            return
        signal.pthread_kill(_main_thread(), WAKE)  # a wait in C that began just after the interrupt came
        if attempt == ATTEMPTS:
            with self._step:
                if request.runs:
                    request.state = State.RUNNING  # it may be interrupted anew
            self._report(request, self._guard.unresponsive())
        else:
            self._guard.stop(block, attempt)
            after(PATIENCE, self._insist, request, attempt + 1)


def insist_after_ctrl_c(guard: Guard) -> None:
    """Have Ctrl-C end a wait in C that begins just behind it, and Clojure code that ignores it.

    To be called on the main thread, once Clojure has started.
    """
    read, write = os.pipe()
    os.set_blocking(write, False)
    previous = signal.set_wakeup_fd(write, warn_on_full_buffer=False)
    if previous != -1:  # somebody listens already
        signal.set_wakeup_fd(previous)
        os.close(read)
        os.close(write)
        return
    signal.signal(WAKE, lambda number, frame: None)

    def wake() -> None:
        while numbers := os.read(read, 4096):
            if signal.SIGINT in numbers:
                guard.insist()
                for _ in range(3):
                    time.sleep(0.1)
                    signal.pthread_kill(_main_thread(), WAKE)

    threading.Thread(target=wake, name="pybridge, for Ctrl-C", daemon=True).start()
    os.register_at_fork(after_in_child=lambda: signal.set_wakeup_fd(-1))  # the pipe is still the parent's


def after(seconds: float, function: Callable[..., object], *arguments: object) -> None:
    """Call a function later, unless the process ends before."""
    timer = threading.Timer(seconds, function, arguments)
    timer.daemon = True
    timer.start()


def _main_thread() -> int:
    return threading.main_thread().ident or 0
