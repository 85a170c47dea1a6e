"""What the prompt and Jupyter say of programs that fail, each a Clojure file: one process says both, as JSON."""

from __future__ import annotations

import contextlib
import io
import json
import sys

from IPython.core.interactiveshell import InteractiveShell

from pybridge.repl.inputs import Repl
from pybridge.session import Evaluator


def main() -> None:
    repl = Repl(Evaluator())
    shell = InteractiveShell.instance()
    shell.run_line_magic("load_ext", "pybridge.session")
    said = []
    for file in sys.argv[1:]:
        code = f'(load-file "{file}")'
        with contextlib.redirect_stderr(io.StringIO()) as complaint:
            repl.take(code)
        with contextlib.redirect_stdout(io.StringIO()):
            error = shell.run_cell(f"%%clojure\n{code}").error_in_exec
        said.append({"prompt": complaint.getvalue(), "jupyter": "\n".join(error._render_traceback_())})
    print("SAID", json.dumps(said))


if __name__ == "__main__":
    main()
