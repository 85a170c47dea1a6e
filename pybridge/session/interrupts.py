"""Interrupts the request that the main thread answers, and no other; has Ctrl-C end what heeds no interrupt."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial

from pybridge._keras_scopes import scopes_kept
from pybridge.session.guard import ATTEMPTS, PATIENCE, Guard, after, interrupt_main_thread, main_thread
from pybridge.session.protocol import Request, State
from pybridge.session.ticks import ticks

__all__ = ["Interrupts", "insist_after_ctrl_c"]

WAKE = signal.SIGURG  # ends a wait in C, so that Python looks for signals; by itself it does nothing


class Interrupts:
    """Interrupts the request that the main thread answers, from another thread, and no other request."""

    def __init__(
        self,
        guard: Guard,
        report: Callable[[Request, str], object],
        from_outside: Callable[[], object] | None = None,
    ) -> None:
        """Make what interrupts, on the main thread, where SIGINT is to do nothing except while a request is answered.

        Args:
            guard: ends the Clojure code of a block.
            report: is told which request goes on after all attempts to end it, and what to say of that.
            from_outside: is called where somebody else sends SIGINT, for whom it is not; None to have that interrupt.
        """
        self._guard, self._report, self._from_outside = guard, report, from_outside
        self._step = threading.Lock()  # is held where a request takes a step, so that an interrupt finds it where it is
        self._ticking = ticks()
        signal.signal(WAKE, lambda number, frame: None)

    @contextmanager
    def during(self, request: Request) -> Iterator[None]:
        """Let the request that is answered meanwhile be interrupted."""
        heard = signal.default_int_handler if self._from_outside is None else partial(self._hear, request)
        try:
            try:
                signal.signal(signal.SIGINT, heard)
                with self._step:
                    if request.state is State.WITHDRAWN:
                        raise KeyboardInterrupt
                    request.state = State.RUNNING
                with self._ticking(), scopes_kept():
                    yield
            finally:
                self._close(request)
        except KeyboardInterrupt:  # which may have come just as it closed
            self._close(request)
            raise

    def _hear(self, request: Request, *_: object) -> None:
        if request.state is State.INTERRUPTED:
            raise KeyboardInterrupt
        if self._from_outside is not None:
            self._from_outside()

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
            interrupt_main_thread()
        if state is State.RUNNING:
            after(PATIENCE, self._insist, request, 0)

    def _insist(self, request: Request, attempt: int) -> None:
        """End what of a request did not heed an interrupt; say so when it cannot be done."""
        block = self._guard.block
        if not request.runs:
            return
        signal.pthread_kill(main_thread(), WAKE)  # a wait in C that began just after the interrupt came
        if attempt == ATTEMPTS:
            with self._step:
                if request.runs:
                    request.state = State.RUNNING  # it may be interrupted anew
            self._report(request, self._guard.unresponsive())
        else:
            with suppress(Exception):  # of a JVM that has no memory left; the next attempt may find some
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
                    signal.pthread_kill(main_thread(), WAKE)

    threading.Thread(target=wake, name="pybridge, for Ctrl-C", daemon=True).start()
    os.register_at_fork(after_in_child=lambda: signal.set_wakeup_fd(-1))  # the pipe is still the parent's
