"""Deep learning in Python and Clojure: one process, two languages, one set of numbers.

`from pybridge import tensors as t, autodiff, models` gives a subject; `import pybridge` alone loads nothing heavy.
"""

from __future__ import annotations

import importlib
from types import ModuleType

from pybridge._loading import prepare_for_tensorflow

__version__ = "0.1.0"

__all__ = [
    "attention",
    "autodiff",
    "clojure",
    "data",
    "distributed",
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


prepare_for_tensorflow()


def __getattr__(name: str) -> ModuleType:
    if name in __all__:
        return importlib.import_module(f"{__name__}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*__all__, "__version__"])
