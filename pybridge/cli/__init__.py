"""The `pybridge` command. Each subcommand imports what it needs, so that `--help` is instant."""

from __future__ import annotations

import typer

from pybridge._ending import at_end
from pybridge.cli.book import build, check
from pybridge.cli.command import Verbose, command
from pybridge.cli.data import fashion_mnist, mnist
from pybridge.cli.demo import demo
from pybridge.cli.doctor import doctor
from pybridge.cli.jvm import nrepl, print_classpath, repl
from pybridge.cli.run import evaluate, run
from pybridge.cli.session import emacs_path, session

__all__ = ["main"]

app = typer.Typer(
    help="Deep learning in Python and Clojure: one process, two languages, one set of numbers.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


@app.callback()
def options(context: typer.Context, verbose: Verbose = False) -> None:
    context.obj = verbose


for name, function in {
    "demo": demo,
    "run": run,
    "eval": evaluate,
    "repl": repl,
    "nrepl": nrepl,
    "session": session,
    "classpath": print_classpath,
    "doctor": doctor,
    "emacs-path": emacs_path,
}.items():
    app.command(name, context_settings={"allow_interspersed_args": name != "run"})(command(function))

datasets = typer.Typer(no_args_is_help=True, help="The book's data sets.")
app.add_typer(datasets, name="data")
datasets.command("mnist")(command(mnist))
datasets.command("fashion-mnist")(command(fashion_mnist))

book = typer.Typer(no_args_is_help=True, help="The book's notebooks.")
app.add_typer(book, name="book")
book.command("check")(command(check))
book.command("build")(command(build))


def main() -> None:
    """Run the command that the command line names."""
    at_end()
    app(prog_name="pybridge")
