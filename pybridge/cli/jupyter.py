"""Jupyter's kernel for cells of Clojure."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

from pybridge.errors import StartError

if TYPE_CHECKING:
    import typer

__all__ = ["install"]


def install(
    user: Annotated[
        bool, typer.Option("--user", help="For every Jupyter of this user, not that of this environment alone.")
    ] = False,
) -> None:
    """Make the kernel pybridge known to Jupyter.

    Its cells are Clojure, and those that begin with %%python are Python.
    """
    try:
        import ipykernel  # noqa: F401
    except ImportError as error:
        raise StartError("Jupyter is not installed here: run pip install 'pybridge-clj[jupyter]'") from error

    from pybridge.session.kernel import install

    print(f"the kernel pybridge is in {install(None if user else sys.prefix)}")
