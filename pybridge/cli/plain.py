"""Commands as they are mostly typed, read without typer, which with pydantic takes as long to load as NumPy does."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pybridge
from pybridge.cli import doctor, jvm, run, session

__all__ = ["plain_task", "print_version"]


def print_version() -> None:
    """Print pybridge's version."""
    print(f"pybridge {pybridge.__version__}")


ALONE = {
    "--version": print_version,
    "repl": session.repl,
    "nrepl": jvm.nrepl,
    "session": session.session,
    "classpath": jvm.print_classpath,
    "doctor": doctor.doctor,
}


def plain_task(words: list[str]) -> Callable[[], None] | None:
    """Find what a command line asks for.

    Args:
        words: the command line, without the program's name.

    Returns:
        A function that does it; None leaves the line to typer, for help, for other options, and to refuse it.
    """
    match words:
        case [name] if name in ALONE:
            return ALONE[name]
        case ["doctor", "--json"]:
            return partial(doctor.doctor, as_json=True)
        case ["eval", code] if _is_argument(code):
            return partial(run.evaluate, code)
        case ["eval", "--clojure", code] if _is_argument(code):
            return partial(run.evaluate, code, clojure=True)
        case ["run", file, *arguments] if _is_argument(file) and _is_program(Path(file), arguments):
            return partial(run.run_file, Path(file), arguments)
    return None


def _is_argument(word: str) -> bool:
    return word != "" and not word.startswith("-")


def _is_program(file: Path, arguments: list[str]) -> bool:
    """Whether a file can be run; a notebook takes no arguments."""
    kind = file.suffix in run.RUNNERS and not (file.suffix == ".org" and arguments)
    return kind and file.is_file() and os.access(file, os.R_OK)
