"""The commands that run code in this process."""

from __future__ import annotations

import ast
import runpy
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

__all__ = ["evaluate", "run", "run_clojure", "run_python"]

LOAD_FILE = "(fn [file arguments] (binding [*command-line-args* (seq arguments)] (load-file file)))"
# Form by form, as a REPL does, and unlike load-string, which wraps what a form throws.
PRINT = """
(fn [code]
  (let [reader (clojure.lang.LineNumberingPushbackReader. (java.io.StringReader. code))
        forms  (take-while #(not= reader %) (repeatedly #(read {:eof reader :read-cond :allow} reader)))]
    (binding [*ns* (the-ns 'user)]
      (prn (reduce (fn [_ form] (eval form)) nil forms))
      (flush))))
"""


def run(
    file: Annotated[Path, typer.Argument(help="A program: .py or .clj.", exists=True, dir_okay=False)],
    arguments: Annotated[list[str] | None, typer.Argument(help="What the program is given.")] = None,
) -> None:
    """Run a program in Python or Clojure."""
    runners = {".py": run_python, ".clj": run_clojure, ".cljc": run_clojure}
    if file.suffix not in runners:
        raise typer.BadParameter(f"{file.name} is neither a .py nor a .clj file")
    runners[file.suffix](file, arguments or [])


def run_python(file: Path, arguments: list[str]) -> dict[str, Any]:
    """Run a Python program as `python FILE ARGUMENTS` would; gives its global names."""
    sys.argv = [str(file), *arguments]
    sys.path.insert(0, str(file.resolve().parent))
    return runpy.run_path(str(file), run_name="__main__")


def run_clojure(file: Path, arguments: list[str]) -> Any:
    """Run a Clojure program as `clojure.main FILE ARGUMENTS` would; gives the value of its last form."""
    from pybridge import clojure

    return clojure.eval(LOAD_FILE)(str(file), arguments)


def evaluate(
    code: Annotated[str, typer.Argument(help="Python, or Clojure with --clojure.")],
    clojure: Annotated[bool, typer.Option("--clojure", help="Read the code as Clojure.")] = False,
) -> None:
    """Evaluate code and print the value of its last expression."""
    if clojure:
        from pybridge.clojure import eval as evaluate_clojure

        evaluate_clojure(PRINT)(code)
        return
    sys.path.insert(0, "")
    names = {"__name__": "__main__"}
    body = ast.parse(code, "<code>").body
    last = ast.Expression(body.pop().value) if body and isinstance(body[-1], ast.Expr) else None
    exec(compile(ast.Module(body, []), "<code>", "exec"), names)
    value = eval(compile(last, "<code>", "eval"), names) if last else None
    if value is not None:
        print(repr(value))
