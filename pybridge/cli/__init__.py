"""The `pybridge` command."""

from __future__ import annotations

import sys

__all__ = ["main"]


def main() -> None:
    """Run the command that the command line names."""
    from pybridge.cli.plain import plain_task

    if task := plain_task(sys.argv[1:]):
        from pybridge.cli.ending import in_one_sentence

        with in_one_sentence():
            task()
    else:
        from pybridge.cli.app import app

        app(prog_name="pybridge")
