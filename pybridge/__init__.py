"""Deep learning in Python and Clojure: one process, two languages, one set of numbers.

`from pybridge import tensors as t, autodiff, models` gives a subject; `import pybridge` alone loads nothing heavy.
"""

from __future__ import annotations

import importlib
from types import ModuleType

from pybridge._quiet import load_tensorflow_quietly

__version__ = "0.1.0"

__all__ = [
    "attention",
    "autodiff",
    "clojure",
    "data",
    "errors",
    "exercises",
    "glossary",
    "graphs",
    "linalg",
    "losses",
    "metrics",
    "models",
    "naive",
    "optimizers",
    "plot",
    "tensors",
    "training",
]


load_tensorflow_quietly()


def __getattr__(name: str) -> ModuleType:
    if name in __all__:
        return importlib.import_module(f"{__name__}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
