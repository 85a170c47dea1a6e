"""Write every generated file: `python -m tools.generate`; `--check` tells which are stale instead.

Figures and tables of measurements are not among them: each machine makes its own (see CONTRIBUTING.md).
"""

from __future__ import annotations

import importlib
import inspect
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from pybridge.clojure import codegen
from tools import conversion_page

ROOT = Path(__file__).parents[1]


def api() -> str:
    """The names and parameters of all public functions: a change of the API shows as a change of this file."""
    lines = []
    for subject in codegen.SUBJECTS:
        module = importlib.import_module(f"pybridge.{subject}")
        for name in module.__all__:
            parameters = inspect.signature(getattr(module, name)).parameters.values()
            lines.append(
                f"{subject}.{name}{inspect.Signature([each.replace(annotation=each.empty) for each in parameters])}\n"
            )
    return "".join(lines)


PAGES: dict[str, Callable[[], str]] = {"docs/conversion.md": conversion_page.page, "tests/api.txt": api}


def main(arguments: Sequence[str]) -> int | str:
    """The exit status, or what is stale."""
    pages = {name: page() for name, page in PAGES.items()}
    stale = [name for name, text in pages.items() if (ROOT / name).read_text(encoding="utf-8") != text]
    if "--check" in arguments:
        stale += codegen.stale()
        return f"stale: {', '.join(stale)}; run `make generate`, and read what changes" if stale else 0
    for name in stale:
        (ROOT / name).write_text(pages[name], encoding="utf-8")
    codegen.write()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
