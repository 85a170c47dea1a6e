"""How a program is run, and shown when it fails: as its own language shows it, without the bridge's frames."""

from __future__ import annotations

import os
import sys
from functools import partial
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from pybridge._frames import leave_out_ours
from pybridge.cli.ending import HINT, ProgramError
from pybridge.errors import ClojureError, StartError

if TYPE_CHECKING:
    from pybridge.session import Failure

__all__ = ["print_brief", "run_clojure", "run_clojure_text", "run_python", "run_python_text", "value_of_clojure"]

STDIN = "<stdin>"


def run_python(file: Path, arguments: list[str]) -> dict[str, Any]:
    """Run a Python program as `python FILE ARGUMENTS` does; gives its global names."""
    path = str(file.absolute())
    loader = SourceFileLoader("__main__", path)
    sys.argv = [str(file), *arguments]
    sys.path.insert(0, str(file.resolve().parent))
    return _run_python(loader.get_data(path), path, __file__=path, __loader__=loader, __cached__=None)


def run_python_text(text: str, arguments: list[str]) -> None:
    """Run a Python program that came from standard input, as `python - ARGUMENTS` does."""
    sys.argv = ["-", *arguments]
    sys.path.insert(0, "")
    _run_python(text, STDIN)


def _run_python(source: str | bytes, file: str, **names: object) -> dict[str, Any]:
    """Run a program as a new module `__main__`."""
    main = sys.modules["__main__"] = ModuleType("__main__")
    vars(main).update(names, __builtins__=__builtins__)
    try:
        exec(compile(source, file, "exec", dont_inherit=True), vars(main))
    except Exception as error:
        raise ProgramError(partial(_show, error)) from error
    return vars(main)


def _show(error: BaseException) -> None:
    """Give an error to the program's hook for it, by default Python's, which prints the traceback."""
    leave_out_ours(error)
    sys.excepthook(type(error), error, error.__traceback__)
    if sys.excepthook is sys.__excepthook__ and isinstance(error, TypeError | ClojureError):  # of others, Python hints
        from pybridge.session.hints import hints

        sys.stderr.writelines(f"{hint}\n" for hint in hints(error))


def run_clojure(file: Path, arguments: list[str]) -> None:
    """Run a Clojure program as `clojure.main FILE ARGUMENTS` does."""
    _run_clojure("run", str(file), arguments)


def value_of_clojure(file: Path, arguments: list[str]) -> Any:
    """Run a Clojure program and return the value of its last form."""
    return _run_clojure("value", str(file), arguments)


def run_clojure_text(text: str, arguments: list[str]) -> None:
    """Run a Clojure program that came from standard input, as `clojure.main - ARGUMENTS` does."""
    _run_clojure("run", STDIN, arguments, text)


def _run_clojure(function: str, path: str, *arguments: object) -> Any:
    from pybridge import clojure
    from pybridge.clojure.java import unreadable

    if fault := unreadable([path]):
        raise StartError(fault)
    program = clojure.require("pybridge.program")
    try:
        return getattr(program, function)(path, *arguments)
    except Exception as error:
        raise ProgramError(partial(_show_briefly, error, path if path == STDIN else os.path.abspath(path))) from error


def _show_briefly(error: Exception, source: str) -> None:
    from pybridge.session import Failure

    failure = Failure(error, source)
    failure.__cause__ = error
    print_brief(failure)


def print_brief(failure: Failure) -> None:
    """Print the lines that a reader needs of a failure, and how to see the others."""
    print(failure.brief(), HINT, sep="\n", file=sys.stderr)
