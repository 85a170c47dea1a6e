"""`pybridge repl`: one prompt for both languages, in one process."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from types import ModuleType

from pybridge.repl.commands import Leave
from pybridge.repl.inputs import Repl
from pybridge.repl.loop import Terminal, run
from pybridge.session import Evaluator
from pybridge.session.interrupts import insist_after_ctrl_c

__all__ = ["evaluate_all", "start"]


def start() -> int:
    """Read, evaluate and print until the input ends; return the exit status."""
    terminal = Terminal()
    if terminal.prompts:
        import pybridge

        version = ".".join(map(str, sys.version_info[:3]))
        print(
            f"pybridge {pybridge.__version__}: Clojure and Python {version} in one process; ,help says more", flush=True
        )
    evaluator = _evaluator()
    repl = Repl(evaluator, colours=terminal.colours)
    repl.make_ready()
    insist_after_ctrl_c(evaluator.guard)
    return run(repl, terminal.reader(repl))


def evaluate_all(expressions: Sequence[str]) -> int:
    """Evaluate each expression as an input until one fails; return the exit status."""
    repl = Repl(_evaluator(), nothing=False)
    repl.make_ready()
    for text in expressions:
        try:
            repl.take(text)
        except Leave:
            return 0
        if repl.failed:
            return 130 if repl.failure and isinstance(repl.failure.__cause__, KeyboardInterrupt) else 1
    return 0


def _evaluator() -> Evaluator:
    """An evaluator for a main module of its own."""
    main = sys.modules["__main__"] = ModuleType("__main__")
    vars(main).update(__builtins__=__builtins__)
    os.environ.setdefault("MPLBACKEND", "agg")  # figures are shown at the prompt
    return Evaluator()
