"""The figures that the book needs, one function each, as matplotlib figures that read on light and on dark pages.

Nothing here touches pyplot: a figure belongs to whoever asked for it and is freed with it. `save` writes it to a file.
"""

from __future__ import annotations

from pybridge.plot._activations import activations
from pybridge.plot._boundary import boundary
from pybridge.plot._graph import graph
from pybridge.plot._heatmap import heatmap
from pybridge.plot._history import history
from pybridge.plot._images import images
from pybridge.plot._landscape import loss_surface, optimizer_paths
from pybridge.plot._save import save
from pybridge.plot._transformation import transformation

__all__ = [
    "images",
    "history",
    "boundary",
    "optimizer_paths",
    "heatmap",
    "transformation",
    "graph",
    "activations",
    "loss_surface",
    "save",
]
__dir__ = __all__.copy  # completion offers these
