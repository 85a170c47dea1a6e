"""What training shows while it runs: a bar on a terminal, a line an epoch elsewhere, or nothing."""

from __future__ import annotations

import sys
import time
from types import TracebackType
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from pybridge._arguments import choice, flag

REDRAW_SECONDS = 0.1


class Report:
    """Shows how far training is. Close it, or use it as a context, and the terminal is as it was.

    Args:
        epochs: the number of the last epoch.
        show: False for nothing at all.
        bar: whether a terminal gets a bar.
    """

    def __init__(self, epochs: int, *, show: bool, bar: bool = True) -> None:
        self.epochs = epochs
        self.show = show
        self.console = Console(highlight=False)
        drawable = bar and sys.stdout.isatty() and not self.console.is_dumb_terminal
        self.bar = _bar(self.console) if show and drawable else None
        self.task: Any = None
        self.drawn = 0.0

    def __enter__(self) -> Report:
        if self.bar:
            self.bar.start()
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self.bar:
            self.bar.stop()

    def begin(self, epoch: int, steps: int | None) -> None:
        """An epoch begins."""
        self.epoch = epoch
        self.started = self.drawn = time.perf_counter()
        if self.bar:
            if self.task is not None:
                self.bar.remove_task(self.task)
            self.task = self.bar.add_task(f"epoch {epoch + 1}/{self.epochs}", total=steps, logs="")
            self.bar.refresh()

    def advance(self, steps: int, logs: dict[str, Any] | None) -> None:
        """So many steps of the epoch are done; the logs of several workers are known at its end."""
        now = time.perf_counter()
        if self.bar and now - self.drawn > REDRAW_SECONDS:
            self.drawn = now
            self.bar.update(self.task, completed=steps, logs=listed(logs or {}))
            self.bar.refresh()

    def end(self, logs: dict[str, Any]) -> None:
        """The epoch is over."""
        if not self.show:
            return
        seconds = time.perf_counter() - self.started
        line = f"epoch {self.epoch + 1}/{self.epochs}  {seconds:.2f} s  {listed(logs)}"
        if self.bar:
            self.console.print(line, markup=False, soft_wrap=True)
        else:
            print(line, flush=True)


def shows(progress: object, verbose: object) -> bool:
    """Whether to show anything, as `progress` says, or `verbose` where it is given.

    Raises:
        OptionError: `verbose` is none of Keras's.
    """
    progress = flag("progress", progress)
    return progress if verbose is None else choice("verbose", verbose, [0, 1, 2, "auto", True, False]) not in (0, False)


def listed(logs: dict[str, Any]) -> str:
    """Each name with its number.

    >>> listed({"loss": 0.123456, "accuracy": 1.0, "learning_rate": 1e-5})
    'loss 0.1235  accuracy 1.0000  learning_rate 1.0000e-05'
    """
    return "  ".join(f"{name} {_shown(value)}" for name, value in logs.items() if not isinstance(value, dict))


def _shown(value: Any) -> str:
    try:
        number = float(value)
    except (TypeError, ValueError):
        return str(value)
    return f"{number:.4f}" if number == 0 or abs(number) >= 1e-3 else f"{number:.4e}"


def _bar(console: Console) -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[logs]}"),
        console=console,
        auto_refresh=False,
        transient=True,
    )
