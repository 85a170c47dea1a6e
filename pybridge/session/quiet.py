"""TensorFlow without a word when a block imports it, whichever module does; what the block itself says is heard."""

from __future__ import annotations

import importlib.machinery
import importlib.util
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from types import ModuleType

from pybridge._quiet import quiet_import

__all__ = ["QuietTensorflow"]


class QuietTensorflow:
    """A finder for `sys.meta_path`, and a loader, that surround TensorFlow's own with `quiet_import`."""

    def __init__(self) -> None:
        self._loader = None
        self._quiet = ExitStack()

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if name != "tensorflow" or self not in sys.meta_path:
            return None
        sys.meta_path.remove(self)
        spec = importlib.util.find_spec(name)
        if spec is not None:
            self._loader, spec.loader = spec.loader, self
        return spec

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType | None:
        self._quiet.enter_context(quiet_import())
        return self._loader.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        module.__spec__.loader = module.__loader__ = self._loader
        with self._quiet:
            self._loader.exec_module(module)
