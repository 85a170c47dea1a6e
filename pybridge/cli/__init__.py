"""The `pybridge` command."""

from __future__ import annotations

import contextlib
import sys

from pybridge._ending import at_end
from pybridge.errors import PybridgeError

__all__ = ["main"]


def main() -> None:
    """Run the command that the command line names."""
    at_end(lambda: True)  # programs that are run may leave threads behind
    try:
        _run()
    finally:
        if "pybridge.clojure._jvm" in sys.modules:
            from pybridge.cli.prepare import prepare_later

            with contextlib.suppress(PybridgeError):
                prepare_later()


def _run() -> None:
    from pybridge.cli.plain import plain_task

    if task := plain_task(sys.argv[1:]):
        from pybridge.cli.ending import in_one_sentence

        with in_one_sentence():
            task()
    else:
        from pybridge.cli.app import app

        app(prog_name="pybridge")
