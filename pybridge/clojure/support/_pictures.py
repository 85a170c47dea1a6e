"""Values that are pictures, as an editor shows them."""

from __future__ import annotations

import base64
import io
import sys
from typing import Any

_DRAWN = {"image/png": "_repr_png_", "image/jpeg": "_repr_jpeg_", "image/svg+xml": "_repr_svg_"}


def picture(value: Any) -> tuple[str, str] | None:
    """The content type of a figure or an image and its file, base64; None for anything else.

    An image is what draws itself in a notebook: PIL's, and others with `_repr_png_`, `_repr_jpeg_` or `_repr_svg_`.
    """
    matplotlib = sys.modules.get("matplotlib.figure")
    if matplotlib is not None and isinstance(value, matplotlib.Figure):
        file = io.BytesIO()
        value.savefig(file, format="png")
        return "image/png", base64.b64encode(file.getvalue()).decode("ascii")
    for content_type, method in _DRAWN.items():
        if draw := getattr(type(value), method, None):
            drawn = draw(value)
            file = drawn[0] if isinstance(drawn, tuple) else drawn  # IPython takes metadata beside it
            if isinstance(file, bytes):
                return content_type, base64.b64encode(file).decode("ascii")
            if isinstance(file, str):
                return content_type, base64.b64encode(file.encode()).decode("ascii") if "svg" in content_type else file
    return None
