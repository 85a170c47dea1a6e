"""Threads that Python starts in a JVM: they print and read where the Clojure that started them does, as futures do."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable

Convey = Callable[..., object]
"""Without an argument, what the calling thread's Clojure has bound, None where its streams are the process's own; with
that, it binds the same on the calling thread."""


def convey_bindings(convey: Convey) -> None:
    """Have each thread that is started from now on begin with the bindings of the Clojure that started it."""
    start = threading.Thread.start

    def start_here(self: threading.Thread) -> None:
        bound = convey()
        if bound is None:
            return start(self)
        own = vars(self).get("run")

        def restore() -> None:
            if own is None:
                vars(self).pop("run", None)
            else:
                self.run = own  # type: ignore[method-assign]

        def run() -> None:
            restore()
            convey(bound)
            self.run()

        self.run = run  # type: ignore[method-assign]
        try:
            start(self)
        except BaseException:
            restore()
            raise

    start_here.__name__, start_here.__qualname__, start_here.__doc__ = start.__name__, start.__qualname__, start.__doc__
    threading.Thread.start = start_here  # type: ignore[method-assign]

    def forget_clojure() -> None:
        threading.Thread.start = start  # type: ignore[method-assign]

    os.register_at_fork(after_in_child=forget_clojure)
