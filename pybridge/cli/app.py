"""All commands and their help, by typer. A command imports what it needs when it runs, so that `--help` is instant."""

from __future__ import annotations

from typing import Annotated

import typer

from pybridge.cli.book import build, check
from pybridge.cli.command import Verbose, command
from pybridge.cli.data import fashion_mnist, mnist
from pybridge.cli.demo import demo
from pybridge.cli.doctor import doctor
from pybridge.cli.jupyter import install
from pybridge.cli.jvm import nrepl, print_classpath, print_java_options
from pybridge.cli.new import new
from pybridge.cli.notebooks import notebooks
from pybridge.cli.plain import print_version
from pybridge.cli.prepare import prepare
from pybridge.cli.run import evaluate, run
from pybridge.cli.session import console, emacs_path, repl, session

__all__ = ["app"]

app = typer.Typer(
    help="Deep learning in Python and Clojure: one process, two languages, one set of numbers.",
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


def print_version_if(wanted: bool) -> None:
    if wanted:
        print_version()
        raise typer.Exit


@app.callback()
def options(
    context: typer.Context,
    version: Annotated[
        bool, typer.Option("--version", help="Print pybridge's version.", callback=print_version_if, is_eager=True)
    ] = False,
    verbose: Verbose = False,
) -> None:
    context.obj = verbose


def group_options(context: typer.Context, verbose: Verbose = False) -> None:
    context.obj = context.obj or verbose


for name, function in {
    "demo": demo,
    "new": new,
    "notebooks": notebooks,
    "run": run,
    "eval": evaluate,
    "repl": repl,
    "console": console,
    "nrepl": nrepl,
    "session": session,
    "classpath": print_classpath,
    "java-options": print_java_options,
    "prepare": prepare,
    "doctor": doctor,
    "emacs-path": emacs_path,
}.items():
    app.command(name, context_settings={"allow_interspersed_args": name != "run"})(command(function))

datasets = typer.Typer(callback=group_options, no_args_is_help=True, help="Find or download the book's data sets.")
app.add_typer(datasets, name="data")
datasets.command("mnist")(command(mnist))
datasets.command("fashion-mnist")(command(fashion_mnist))

notebook_servers = typer.Typer(callback=group_options, no_args_is_help=True, help="Cells of Clojure in Jupyter.")
app.add_typer(notebook_servers, name="jupyter")
notebook_servers.command("install")(command(install))

book = typer.Typer(callback=group_options, no_args_is_help=True, help="Check the book, or write it as a site.")
app.add_typer(book, name="book")
book.command("check")(command(check))
book.command("build")(command(build))
