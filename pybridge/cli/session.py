"""The prompt, and the commands that editors use."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

from pybridge._places import place
from pybridge.cli.surroundings import PATHS, take_project

if TYPE_CHECKING:
    import typer

__all__ = ["emacs_path", "repl", "session"]


def repl(
    expressions: Annotated[
        list[str] | None,
        typer.Option("--eval", "-e", metavar="CODE", help="Evaluate Clojure, or ,py CODE; print its values, and end."),
    ] = None,
    classpath: Annotated[str, typer.Option("--classpath", metavar="PATHS", help=PATHS)] = "",
) -> None:
    """Start a prompt for Clojure and Python, in one process.

    ,py goes over to Python, ,clj to Clojure, ,help says more.
    """
    from pybridge.repl import evaluate_all, start

    sys.path.insert(0, "")
    take_project(classpath)
    sys.exit(evaluate_all(expressions) if expressions else start())


def session() -> None:
    """Serve a session on standard input and output, for editors.

    It speaks JSON-RPC 2.0.
    """
    from pybridge.session.server import serve

    take_project()
    sys.exit(serve())


def emacs_path() -> None:
    """Print the folder of `pybridge-mode`, for Emacs's load-path."""
    print(place("emacs"))
