"""The commands of the book."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from pybridge._places import notebook_files
from pybridge.errors import StartError

if TYPE_CHECKING:
    import typer

__all__ = ["build", "check"]


def check(
    notebooks: Annotated[
        list[Path] | None, typer.Argument(help="Org files; all of the book when none is named.")
    ] = None,
) -> None:
    """Run the notebooks in both languages, and check each result.

    Check each pair of blocks against its fixture and the results below it.
    """
    files = notebooks or notebook_files()
    for file in files:
        if not file.is_file():
            import typer

            raise typer.BadParameter(f"there is no notebook {file}")
    if not all([_holds(file) for file in files]):
        sys.exit(1)


def build(
    out: Annotated[Path, typer.Option("--out", help="The folder to write to.")] = Path("site"),
) -> None:
    """Write the book as a site that a browser reads from disk.

    Each notebook is beside its page as .org and .ipynb.
    """
    try:
        from pybridge.book import site
    except ModuleNotFoundError as error:
        raise StartError(f"the site needs {error.name}; install it with: pip install 'pybridge-clj[book]'") from error
    print(site.build(out))


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
