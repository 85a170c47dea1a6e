"""`pybridge notebooks`: where the book's notebooks are, and copies of them to change."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from pybridge import _files
from pybridge._places import notebook_files, place
from pybridge.errors import DataError

if TYPE_CHECKING:
    import typer

__all__ = ["notebooks"]


def notebooks(
    copy: Annotated[
        Path | None, typer.Option("--copy", metavar="DIR", help="Copy them and their figures into a folder.")
    ] = None,
) -> None:
    """List the book's notebooks, or copy them into a folder."""
    folder = place("notebooks")
    if copy is not None:
        _copy(folder, copy)
        folder = copy
    for file in notebook_files():
        print(f"{folder / file.name}  {_title(file)}")


def _title(file: Path) -> str:
    found = re.search(r"^#\+title: *(.+)", file.read_text(encoding="utf-8"), re.MULTILINE | re.IGNORECASE)
    return found[1] if found else ""


def _copy(book: Path, folder: Path) -> None:
    """Copy the book, all of it or nothing; a file that is there already has to be the same."""
    names = [path.relative_to(book) for path in [*notebook_files(), *sorted(book.glob("figures/*.svg"))]]
    if changed := [str(name) for name in names if _differs(book / name, folder / name)]:
        more = f" and {len(changed) - 1} more" if len(changed) > 1 else ""
        raise DataError(
            f"{folder / changed[0]}{more} would be overwritten, and differs from pybridge's own: nothing was copied; "
            "name another folder, or move your files away first"
        )
    try:
        _files.write_all(folder, {str(name): (book / name).read_bytes() for name in names})
    except OSError as error:
        raise DataError(
            f"the notebooks cannot be copied into {folder} ({error.strerror or error}): nothing was copied; "
            "make room there or make it writable, or name another folder"
        ) from error


def _differs(own: Path, there: Path) -> bool:
    if not os.path.lexists(there):
        return False
    return not there.is_file() or there.read_bytes() != own.read_bytes()
