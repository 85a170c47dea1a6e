"""The Jupyter kernel `pybridge`: cells are Clojure, and those that begin with `%%python` are Python, in one process.

`pybridge jupyter install` makes it known; Jupyter starts `python -m pybridge.session.kernel -f FILE`.
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path
from typing import Any

import pybridge
from pybridge import clojure

__all__ = ["NAME", "install"]

NAME = "pybridge"
CLOJURE, PYTHON = "%%clojure\n", "%%python"


def install(prefix: str | None = None) -> str:
    """Make the kernel known to Jupyter.

    Args:
        prefix: the environment whose Jupyter is to know it; None for all of this user's.

    Returns:
        The folder that was written.
    """
    from jupyter_client.kernelspec import KernelSpecManager

    spec = {
        "argv": [sys.executable, "-m", "pybridge.session.kernel", "-f", "{connection_file}"],
        "display_name": "Clojure and Python (pybridge)",
        "language": "clojure",
        "interrupt_mode": "signal",
    }
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "kernel.json").write_text(json.dumps(spec, indent=1), encoding="utf-8")
        return KernelSpecManager().install_kernel_spec(folder, NAME, user=prefix is None, prefix=prefix)


def as_ipython_has_it(code: str) -> str:
    """A cell as IPython with the magics runs it.

    >>> as_ipython_has_it("(+ 1 2)"), as_ipython_has_it("%%python\\n1 + 2"), as_ipython_has_it("%doc map")
    ('%%clojure\\n(+ 1 2)', '#%%python\\n1 + 2', '%doc map')
    """
    first, _, rest = code.lstrip().partition("\n")  # as IPython, which takes a magic below blank lines
    if first.strip() == PYTHON:
        above = code[: code.index(PYTHON)].count("\n")  # lines, which a trace counts; IPython no empty ones
        return rest if rest.startswith("%%") else "#\n" * above + f"#{first}\n{rest}"
    return code if first.startswith("%") or not first else CLOJURE + code


def _moved(code: str, cursor: int) -> tuple[str, int]:
    """The same, with a place in it; only what stands before a cell's own code is added or taken away."""
    own = as_ipython_has_it(code)
    return own, max(0, cursor + len(own) - len(code))


def main() -> None:
    """Serve a notebook, as Jupyter starts it."""
    from ipykernel.ipkernel import IPythonKernel
    from ipykernel.kernelapp import IPKernelApp

    from pybridge.clojure.project import take
    from pybridge.session.magics import load

    class Kernel(IPythonKernel):
        implementation = NAME
        implementation_version = pybridge.__version__
        banner = "Clojure; a cell that begins with %%python is Python, in the same process"
        # What the editor of a cell is to colour and indent.
        language_info = {  # noqa: RUF012
            "name": "clojure",
            "mimetype": "text/x-clojure",
            "file_extension": ".clj",
            "codemirror_mode": "clojure",
            "pygments_lexer": "clojure",
        }

        def __init__(self, **options: Any) -> None:
            super().__init__(**options)  # type: ignore[no-untyped-call]
            take(Path())
            load(self.shell)
            inspect: Any = self.do_inspect  # which `load` has put there
            vars(self)["do_inspect"] = lambda code, cursor_pos, *more: inspect(*_moved(code, cursor_pos), *more)

        async def do_execute(self, code: str, *arguments: Any, **options: Any) -> Any:
            return await super().do_execute(as_ipython_has_it(code), *arguments, **options)  # type: ignore[no-untyped-call]

        def do_complete(self, code: str, cursor_pos: int | None = None) -> Any:
            own, at = _moved(code, len(code) if cursor_pos is None else cursor_pos)
            reply = super().do_complete(own, at)  # type: ignore[no-untyped-call]
            return reply | {name: reply[name] + len(code) - len(own) for name in ("cursor_start", "cursor_end")}

        def do_is_complete(self, code: str) -> Any:
            own = as_ipython_has_it(code)
            if not own.startswith(CLOJURE):
                return super().do_is_complete(own)  # type: ignore[no-untyped-call]
            return {"status": "complete"} if clojure.is_whole(code) else {"status": "incomplete", "indent": "  "}

    IPKernelApp.launch_instance(kernel_class=Kernel)


if __name__ == "__main__":
    main()
