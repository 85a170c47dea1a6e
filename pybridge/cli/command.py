"""What every command of typer's has in common: `--verbose`, before or after the command's name."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from inspect import Parameter
from typing import Annotated

import typer

from pybridge.cli.ending import in_one_sentence

__all__ = ["Verbose", "command"]

Verbose = Annotated[bool, typer.Option("--verbose", help="Show the whole trace of an error.")]


def command(function: Callable[..., None]) -> Callable[..., None]:
    """Turn a function into a command: `--verbose` shows the trace of an error, which is one sentence otherwise.

    A function with a parameter `verbose` is told as well. Its module need not import typer, which its annotations name.
    """

    own = dict(inspect.signature(function, locals={"typer": typer}, eval_str=True).parameters)
    is_told = own.pop("verbose", None) is not None

    def run(context: typer.Context, verbose: bool, **arguments: object) -> None:
        verbose = verbose or context.obj
        if is_told:
            arguments["verbose"] = verbose
        with in_one_sentence(verbose, passing=(typer.BadParameter,)):
            function(**arguments)

    parameters = [
        Parameter("context", Parameter.POSITIONAL_OR_KEYWORD, annotation=typer.Context),
        *own.values(),
        Parameter("verbose", Parameter.KEYWORD_ONLY, default=False, annotation=Verbose),
    ]
    run.__doc__ = function.__doc__
    run.__signature__ = inspect.Signature(parameters)
    run.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    return run
