"""TensorFlow loads without its notes to the terminal, once anything of pybridge has been imported."""

from __future__ import annotations

import importlib.machinery
import os
import sys
from collections.abc import Sequence
from types import ModuleType

__all__ = ["load_tensorflow_quietly"]


class _QuietLoader(importlib.machinery.SourceFileLoader):
    """Executes a module while descriptor 2 leads nowhere: no log level keeps what TensorFlow says while it loads."""

    def exec_module(self, module: ModuleType) -> None:
        sys.stderr.flush()
        kept = os.dup(2)
        try:
            with open(os.devnull, "wb") as nowhere:
                os.dup2(nowhere.fileno(), 2)
            super().exec_module(module)
        finally:
            os.dup2(kept, 2)
            os.close(kept)


class _TensorFlowFinder:
    """Finds the module `tensorflow`, and nothing else, for `_QuietLoader`."""

    @staticmethod
    def find_spec(
        name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if name != "tensorflow":
            return None
        sys.meta_path.remove(_TensorFlowFinder)
        spec = importlib.machinery.PathFinder.find_spec(name, path, target)
        if spec is not None and isinstance(spec.loader, importlib.machinery.SourceFileLoader):
            spec.loader = _QuietLoader(name, spec.loader.path)
        return spec


def load_tensorflow_quietly() -> None:
    """Have TensorFlow's first import say nothing; a user who set TF_CPP_MIN_LOG_LEVEL hears what they asked for."""
    if "tensorflow" not in sys.modules and os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3") == "3":
        sys.meta_path.insert(0, _TensorFlowFinder)
