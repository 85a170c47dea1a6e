"""One live session for both languages: an evaluator, the JSON-RPC server that editors speak to, and Jupyter's magics.

`%load_ext pybridge.session` in Jupyter or IPython gives cells of Clojure, `%%clojure`, and lines, `%clojure (+ 1 2)`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pybridge.session.evaluator import Evaluation, Evaluator, Failure

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

__all__ = ["Evaluation", "Evaluator", "Failure", "load_ipython_extension"]


def load_ipython_extension(shell: InteractiveShell) -> None:
    """What IPython calls for `%load_ext pybridge.session`."""
    from pathlib import Path

    from pybridge.clojure.project import take
    from pybridge.session.magics import load

    take(Path())
    load(shell)
