"""The commands that editors use."""

from __future__ import annotations

import sys

from pybridge._places import place
from pybridge.cli.surroundings import take_project

__all__ = ["emacs_path", "session"]


def session() -> None:
    """Serve a session on standard input and output, for editors.

    It speaks JSON-RPC 2.0.
    """
    from pybridge.session.server import serve

    take_project()
    sys.exit(serve())


def emacs_path() -> None:
    """Print the folder of ob-pybridge.el, for Emacs's load-path."""
    print(place("emacs"))
