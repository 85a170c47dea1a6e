"""The commands that run code in this process."""

from __future__ import annotations

import re
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from pybridge.cli.ending import ProgramError, has_a_sentence
from pybridge.cli.joining import join_workers
from pybridge.cli.programs import print_brief, run_clojure, run_clojure_text, run_python, run_python_text
from pybridge.cli.surroundings import PATHS, take_project
from pybridge.errors import OptionError

if TYPE_CHECKING:
    import typer

    from pybridge.session import Failure

__all__ = ["evaluate", "run"]


def run(
    file: Annotated[
        Path,
        typer.Argument(help="A .py or .clj program, an .org notebook, or - for a program on standard input."),
    ],
    arguments: Annotated[list[str] | None, typer.Argument(help="What the program is given.")] = None,
    clojure: Annotated[bool, typer.Option("--clojure", help="Read standard input as Clojure.")] = False,
    classpath: Annotated[str, typer.Option("--classpath", metavar="PATHS", help=PATHS)] = "",
    workers: Annotated[
        int, typer.Option("--workers", metavar="N", min=1, help="Run it in N processes here, which train together.")
    ] = 1,
    verbose: bool = False,
) -> None:
    """Run a program in Python or Clojure, or a notebook's blocks."""
    import typer

    if str(file) == "-":
        if workers > 1:
            raise typer.BadParameter("--workers needs a file, which each worker can read; standard input is read once")
        take_project(classpath)
        (run_clojure_text if clojure else run_python_text)(sys.stdin.read().removeprefix("\ufeff"), arguments or [])
        return
    if file.exists() and not file.is_file():
        raise typer.BadParameter(f"'{file}' is not a regular file; - reads a program from standard input")
    if not file.exists():
        raise typer.BadParameter(f"file '{file}' does not exist.", param_hint="'file'")
    if clojure:
        raise typer.BadParameter(f"--clojure is for standard input; the ending of {file.name} tells its language")
    if file.suffix not in RUNNERS:
        raise typer.BadParameter(f"{file.name} is neither a .py nor a .clj nor an .org file")
    if file.suffix == ".org" and arguments:
        raise typer.BadParameter("a notebook takes no arguments")
    if workers > 1:
        from pybridge.cli.workers import run_workers

        run_workers(workers, file, arguments or [], classpath, verbose=verbose)
    else:
        run_file(file, arguments or [], classpath)


def run_file(file: Path, arguments: list[str], classpath: str = "") -> None:
    """Run a program or a notebook by its ending, as one of several workers where the environment says so."""
    join_workers()
    take_project(classpath, file)
    RUNNERS[file.suffix](file, arguments)


def _run_notebook(file: Path, _: list[str]) -> None:
    """Run the blocks of a notebook in one session, top to bottom, and print what each gives."""
    from pybridge.book.arguments import unheeded_arguments
    from pybridge.book.org import read_notebook
    from pybridge.session import Evaluator, Failure

    notebook = read_notebook(file)
    for line, argument in unheeded_arguments(notebook):
        why = f"the code is run as it stands, without :{argument}"
        raise OptionError(f"{file}:{line}: {why}; run this notebook in Emacs")
    session = Evaluator()
    for block in notebook.blocks:
        name = block.name or block.language
        try:
            shown = session.evaluate(block.language, block.code, place=(str(file), block.line + 1)).text
        except Failure as failure:
            heading = f"{file}:{block.line}: the block {block.name or f'of {block.language}'} failed"
            raise ProgramError(partial(_show_failed, heading, failure)) from failure.__cause__
        if shown:
            print(f"{name}: {shown}")


def _show_failed(heading: str, failure: Failure) -> None:
    """Show a block's failure under a heading."""
    print(heading, file=sys.stderr)
    print_brief(failure)


RUNNERS = {".py": run_python, ".clj": run_clojure, ".cljc": run_clojure, ".org": _run_notebook}


def evaluate(
    code: Annotated[str, typer.Argument(help="Python, or Clojure with --clojure.")],
    clojure: Annotated[bool, typer.Option("--clojure", help="Read the code as Clojure.")] = False,
    classpath: Annotated[str, typer.Option("--classpath", metavar="PATHS", help=PATHS)] = "",
) -> None:
    """Evaluate code and print the value of its last expression."""
    from pybridge.session import Evaluator, Failure

    sys.path.insert(0, "")
    take_project(classpath)
    try:
        shown = Evaluator().evaluate("clojure" if clojure else "python", code).text
    except Failure as failure:
        error = failure.__cause__
        if not clojure and _reads_like_clojure(code, error):
            raise OptionError(f"{failure}; if this is Clojure, write: pybridge eval --clojure CODE") from error
        if has_a_sentence(error):
            raise error from None
        raise ProgramError(partial(print_brief, failure)) from error
    if shown:
        print(shown)


def _reads_like_clojure(code: str, error: BaseException) -> bool:
    """Whether code that Python refuses calls a function in Clojure's way, `(f x)`."""
    if isinstance(error, SyntaxError):
        return re.match(r"\s*\([^\s()\[\]{}\"'\d]+(\s|\)\s*($|\())", code) is not None
    return isinstance(error, NameError) and re.fullmatch(r"\s*\([^\s()]+\)\s*", code) is not None
