"""Figures to files."""

from __future__ import annotations

import io
from pathlib import Path

import matplotlib
from matplotlib.figure import Figure

from pybridge import _files
from pybridge._boundary import boundary
from pybridge.errors import OptionError

# No date, so that the same figure gives the same file.
METADATA = {"svg": {"Date": None}, "pdf": {"CreationDate": None}, "png": {}}


@boundary
def save(figure: Figure, path: str) -> str:
    """Write a figure to a file, as SVG, PNG or PDF by the end of its name.

    Args:
        figure: what a function of this module gave, or any matplotlib figure.
        path: where to write; ends in .svg, .png or .pdf. The folder must exist.

    Returns:
        The path, as given.

    Raises:
        OptionError: `figure` is no figure, the end of `path` is another one, or its folder does not exist.
        DataError: the file cannot be written; one that was there is as it was.

    >>> import os, tempfile
    >>> from pybridge.plot import heatmap
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     os.path.basename(save(heatmap([[1, 2], [3, 4]]), f"{folder}/matrix.svg"))
    'matrix.svg'
    """
    if not isinstance(figure, Figure):
        raise OptionError(f"save: the first argument is a figure; got a value of type {type(figure).__name__}")
    file = Path(path)
    kind = file.suffix.lower().removeprefix(".")
    if kind not in METADATA:
        raise OptionError(f'save: a figure is saved as .svg, .png or .pdf; got "{file.name}"')
    if not file.parent.is_dir():
        raise OptionError(f'save: there is no folder "{file.parent}"; make it first')
    try:
        _files.write(file, content(figure, kind))
    except OSError as error:
        raise _files.unwritten(file, error) from error
    return str(path)


def content(figure: Figure, kind: str) -> bytes:
    """What a file of a figure holds; `kind` is "svg", "pdf" or "png"."""
    stream = io.BytesIO()
    with matplotlib.rc_context({"svg.hashsalt": "pybridge"}):
        figure.savefig(stream, format=kind, metadata=METADATA[kind])
    return stream.getvalue()
