"""Jupyter's side: consoles that join a kernel."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from typing import Any

from pybridge.console.host import open_to_consoles
from pybridge.session.evaluator import Evaluator
from pybridge.session.protocol import Request
from pybridge.session.turns import ClientsInput, Turns

__all__ = ["KernelHost", "open_kernel"]


class KernelHost:
    """A kernel whose main thread takes a console's inputs between two cells."""

    kind = "Jupyter"

    def __init__(self, kernel: Any, evaluator: Evaluator) -> None:
        self.evaluator = evaluator
        self.turns = Turns(evaluator.guard, self._printing, self._say_whose)
        self._kernel, self._stderr = kernel, sys.stderr

    def submit(self, turn: Callable[[], None]) -> None:
        """Have a function called on the main thread, once no cell runs."""
        self._kernel.io_loop.add_callback(turn)

    def flush(self) -> None:
        """Nothing waits."""

    def _say_whose(self) -> None:
        """An interrupt of Jupyter's is for its cells, and none runs."""
        print("pybridge: an input of a console runs; Ctrl-C there ends it", file=self._stderr, flush=True)

    @contextmanager
    def _printing(self, request: Request) -> Iterator[None]:
        sent, before = _Sent(request), sys.stdin
        sys.stdin = ClientsInput(self.turns, self.flush)
        try:
            with redirect_stdout(sent), redirect_stderr(sent):
                yield
        finally:
            sys.stdin = before


class _Sent(io.TextIOBase):
    """What is printed while a request is answered."""

    def __init__(self, request: Request) -> None:
        self._request = request

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        if shown := self._request.take_output(text):
            self._request.notify("output", text=shown)
        return len(text)


def open_kernel(kernel: Any, evaluator: Evaluator) -> None:
    """Let consoles join a kernel, once."""
    if not hasattr(kernel, "_pybridge_host"):
        kernel._pybridge_host = KernelHost(kernel, evaluator)
        open_to_consoles(kernel._pybridge_host)
