"""The prompt, and the commands that editors use."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

from pybridge._places import place
from pybridge.cli.surroundings import PATHS, take_project

if TYPE_CHECKING:
    import typer

__all__ = ["console", "emacs_path", "repl", "session"]


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


def console(
    number: Annotated[
        str | None, typer.Argument(metavar="NUMBER", help="The session's process; needed where several run.")
    ] = None,
    show: Annotated[bool, typer.Option("--list", help="List the sessions that can be joined, and end.")] = False,
) -> None:
    """Join a live session of Emacs or Jupyter.

    It is a prompt with the names of that session. What is typed takes turns with the blocks there, and leaving it
    leaves the session as it is.
    """
    from pybridge.console import join, sessions

    if not show:
        sys.exit(join(number))
    for name, about in sessions().items():
        print(f"{name:>8}  {about['kind']}, in {about['folder']}")


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
