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
    statuses = [subprocess.call([sys.executable, "-m", "pybridge.book.check", str(file)]) for file in files]
    if any(statuses):
        raise typer.Exit(1)
