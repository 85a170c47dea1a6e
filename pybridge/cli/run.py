"""The commands that run code in this process."""

from __future__ import annotations

import runpy
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

if TYPE_CHECKING:
    import typer

__all__ = ["evaluate", "run", "run_clojure", "run_python"]

LOAD_FILE = """
(require 'clojure.main)
(fn [file arguments]
  (clojure.main/with-bindings
    (in-ns 'user)
    (set! *command-line-args* (seq arguments))
    (load-file file)))"""


def run(
    file: Annotated[
        Path, typer.Argument(help="A .py or .clj program, or an .org notebook.", exists=True, dir_okay=False)
    ],
    arguments: Annotated[list[str] | None, typer.Argument(help="What the program is given.")] = None,
) -> None:
    """Run a program in Python or Clojure, or the blocks of a notebook."""
    if file.suffix not in RUNNERS:
        import typer

        raise typer.BadParameter(f"{file.name} is neither a .py nor a .clj nor an .org file")
    RUNNERS[file.suffix](file, arguments or [])


def run_python(file: Path, arguments: list[str]) -> dict[str, Any]:
    """Run a Python program as `python FILE ARGUMENTS` would; gives its global names."""
    sys.argv = [str(file), *arguments]
    sys.path.insert(0, str(file.resolve().parent))
    return runpy.run_path(str(file), run_name="__main__")


def run_clojure(file: Path, arguments: list[str]) -> Any:
    """Run a Clojure program as `clojure.main FILE ARGUMENTS` would; gives the value of its last form."""
    from pybridge import clojure

    return clojure.eval(LOAD_FILE)(str(file), arguments)


def _run_notebook(file: Path, arguments: list[str]) -> None:
    """Run the blocks of a notebook in one session, top to bottom, and print what each gives."""
    from pybridge.book.org import read_notebook

    if arguments:
        import typer

        raise typer.BadParameter("a notebook takes no arguments")
    blocks = read_notebook(file)
    session = _session()
    for block in blocks:
        shown = session(block.language, block.code)
        if shown:
            print(f"{block.name or block.language}: {shown}")


RUNNERS = {".py": run_python, ".clj": run_clojure, ".cljc": run_clojure, ".org": _run_notebook}


def evaluate(
    code: Annotated[str, typer.Argument(help="Python, or Clojure with --clojure.")],
    clojure: Annotated[bool, typer.Option("--clojure", help="Read the code as Clojure.")] = False,
) -> None:
    """Evaluate code and print the value of its last expression."""
    sys.path.insert(0, "")
    shown = _session()("clojure" if clojure else "python", code)
    if shown:
        print(shown)


def _session() -> Callable[[str, str], str]:
    """A function that evaluates code of either language and gives the value as text, or raises what the code does."""
    from pybridge.session import Evaluator, Failure

    evaluator = Evaluator()

    def show(language: str, code: str) -> str:
        try:
            return evaluator.evaluate(language, code).text
        except Failure as failure:
            raise failure.__cause__ from None

    return show
