"""The commands of the book."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Annotated

import typer

from pybridge._places import place

__all__ = ["check"]


def check(
    notebooks: Annotated[
        list[Path] | None, typer.Argument(help="Org files; all of the book when none is named.")
    ] = None,
) -> None:
    """Run every block of the notebooks in both languages, and hold each pair against its fixture and its results."""
    files = notebooks or sorted(place("notebooks").glob("*.org"))
    for file in files:
        if not file.is_file():
            raise typer.BadParameter(f"there is no notebook {file}")
    if not all([_holds(file) for file in files]):
        raise typer.Exit(1)


def _holds(file: Path) -> bool:
    """Check a notebook in a fresh process, and show what it says."""
    command = [sys.executable, "-m", "pybridge.book.check", str(file)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, encoding="utf-8") as process:
        line = ""
        for line in process.stdout:
            print(line, end="", flush=True)
    ended = line.startswith(f"{file.name}: ") and " blocks, " in line
    if not ended:
        print(f"{file.name}: did not reach its end: a block ended the process (status {process.returncode})")
    return ended and process.returncode == 0
