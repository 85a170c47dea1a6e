"""`pybridge repl`: one prompt for both languages, in one process."""

from __future__ import annotations

from pybridge.repl.loop import evaluate_all, start

__all__ = ["evaluate_all", "start"]
