"""`pybridge doctor`: what was found of all that pybridge stands on, and what mends it where something is amiss."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Annotated

from pybridge.cli.doctor._finding import Finding, Look, look

if TYPE_CHECKING:
    import typer

__all__ = ["doctor"]

COLOURS = {"ok": "32", "--": "33", "no": "31"}


def doctor(
    as_json: Annotated[
        bool, typer.Option("--json", help='Print a list of objects with "name", "mark", "text" and "remedy".')
    ] = False,
) -> None:
    """Show what was found on this machine, and what to do.

    A mark is "ok", or "--" for a part that pybridge does without, or "no" for one that it needs; the exit status is 1
    where there is a "no". A remedy is empty where nothing is amiss, or where the text says it.
    """
    if as_json:
        import json

        findings = {name: look(part) for name, part in _looks().items()}
        print(json.dumps([finding.told(name) for name, finding in findings.items()], indent=1))
    else:
        findings = {name: _shown(name, look(part)) for name, part in _looks().items()}
    if any(finding.mark == "no" for finding in findings.values()):
        sys.exit(1)


def _looks() -> dict[str, Look]:
    from pybridge.cli.doctor import _clojure, _python, _surroundings

    return {
        "Python": _python.python,
        "pybridge": _python.pybridge_itself,
        "libpython": _python.libpython,
        "TensorFlow": _python.tensorflow,
        "Java": _clojure.java,
        "Java as host": _clojure.java_as_host,
        "hosted Python": _surroundings.python_for_java,
        "class path": _surroundings.class_path,
        "surroundings": _surroundings.surroundings,
        "Clojure": _clojure.clojure,
        "quick start": _clojure.quick_start,
        "MNIST": _surroundings.mnist,
        "Emacs": _surroundings.emacs,
        "book": _python.book,
        "Jupyter": _python.jupyter,
    }


WIDTH = 13  # of the longest name


def _shown(name: str, finding: Finding) -> Finding:
    """Print a finding. Nothing is folded: a path can be copied whole."""
    mark = finding.mark
    if sys.stdout.isatty() and not os.environ.get("NO_COLOR"):
        mark = f"\033[{COLOURS[mark]}m{mark}\033[0m"
    print(f"{mark}  {name:{WIDTH}}  {finding.text}", flush=True)
    if finding.remedy:
        print(f"    {'':{WIDTH}}  {finding.remedy}", flush=True)
    return finding
