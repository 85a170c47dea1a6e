"""What every command has in common: `--verbose`, one sentence when something fails, and an exit status."""

from __future__ import annotations

import functools
import inspect
import sys
import traceback
from collections.abc import Callable
from inspect import Parameter
from typing import Annotated

import typer

from pybridge.errors import PybridgeError

__all__ = ["Verbose", "command"]

Verbose = Annotated[bool, typer.Option("--verbose", help="Show the whole trace of an error.")]


def command(function: Callable[..., None]) -> Callable[..., None]:
    """Turn a function into a command: an error becomes one sentence on standard error and an exit status of 1.

    Ctrl-C ends a command with 130. `--verbose`, before or after the command's name, shows the trace as well.
    """

    @functools.wraps(function)
    def run(context: typer.Context, verbose: bool, **arguments: object) -> None:
        try:
            function(**arguments)
        except (typer.Exit, typer.Abort, typer.BadParameter, BrokenPipeError):
            raise
        except KeyboardInterrupt:
            print("pybridge: interrupted", file=sys.stderr)
            raise typer.Exit(130) from None
        except Exception as error:
            if verbose or context.obj:
                traceback.print_exception(error)
            print(f"pybridge: {_sentence(error)}", file=sys.stderr)
            raise typer.Exit(1) from error

    run.__signature__ = inspect.Signature(
        [
            Parameter("context", Parameter.POSITIONAL_OR_KEYWORD, annotation=typer.Context),
            *inspect.signature(function, eval_str=True).parameters.values(),
            Parameter("verbose", Parameter.KEYWORD_ONLY, default=False, annotation=Verbose),
        ]
    )
    return run


def _sentence(error: Exception) -> str:
    """An error in one line; one that is not pybridge's own says its type, as Python does."""
    if isinstance(error, PybridgeError):
        return " ".join(str(error).split())
    lines = str(error).strip().splitlines()
    return ": ".join([type(error).__name__, *lines[:1]])
