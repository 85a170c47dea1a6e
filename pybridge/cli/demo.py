"""`pybridge demo`: one program in two languages, trained in one process, and held against each other bit by bit."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pybridge import _files
from pybridge.cli.programs import run_python, value_of_clojure
from pybridge.errors import DataError

if TYPE_CHECKING:
    import numpy as np

__all__ = ["demo"]

PROGRAM = Path(__file__).parents[1] / "_demo" / "first_look.py"
FIGURE = Path("demo", "first-look.png")


def demo() -> None:
    """Train one net in both languages, and compare the bits.

    The figure shows what they learned of MNIST.
    """
    from pybridge import data

    try:
        (_, _), (test_images, test_labels) = data.load_mnist()
        arguments = []
    except DataError as error:
        print(
            f"{error}\n\nWithout MNIST, this is scikit-learn's digits: 1,797 small images, so expect other figures.\n"
        )
        (_, _), (test_images, test_labels) = data.load_digits()
        arguments = ["digits"]

    print(f"Python, {_shown(PROGRAM)}")
    python = run_python(PROGRAM, arguments)
    program = PROGRAM.with_suffix(".clj")
    print(f"\nClojure, {_shown(program)}")
    looks = {"Python": python, "Clojure": value_of_clojure(program, arguments)}
    print()

    _print_table(looks)
    different = differences(looks["Python"], looks["Clojure"])
    print(
        f"The two do not agree: {' and '.join(different)} differ.\n"
        if different
        else "The two agree to the last bit: every weight, loss, accuracy and prediction is the same.\n"
    )
    _draw(python["history"], test_images[:10], test_labels[:10], python["predictions"])
    print(f"The training curves and ten test digits as they were read: {FIGURE}")
    if different:
        sys.exit(1)


def _shown(path: Path) -> Path:
    """The path as short as it can be typed from here."""
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path


def _print_table(looks: dict[str, dict[str, Any]]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table("language", box=None, pad_edge=False)
    for name in ("s/epoch", "loss", "training\naccuracy", "test\naccuracy"):
        table.add_column(name, justify="right")
    table.add_column("SHA-256 of the weights", overflow="fold")
    for language, look in looks.items():
        history, scores = look["history"], look["scores"]
        figures = (history["loss"][-1], history["accuracy"][-1], scores["accuracy"])
        seconds = f"{look['seconds_per_epoch']:.2f}"
        table.add_row(language, seconds, *(f"{figure:.4f}" for figure in figures), digest(look["net"]))
    Console().print(table, "")


def digest(net: Any) -> str:
    """The SHA-256 over all weights of a net, in order."""
    import hashlib

    import numpy as np

    from pybridge import models

    sha = hashlib.sha256()
    for weights in models.weights(net):
        sha.update(np.ascontiguousarray(weights).tobytes())
    return sha.hexdigest()


def differences(one: dict[str, Any], other: dict[str, Any]) -> list[str]:
    """What two runs of the program do not share to the last bit."""
    parts = [name for name in ("history", "predictions", "scores") if one[name] != other[name]]
    return parts if digest(one["net"]) == digest(other["net"]) else ["weights", *parts]


def _draw(history: dict[str, list[float]], images: np.ndarray, labels: np.ndarray, predictions: list[int]) -> None:
    """Write the training curves and the digits, one above the other, as one picture."""
    import io

    import numpy as np
    from matplotlib.image import imread, imsave

    from pybridge import plot

    panels = []
    for figure in (plot.history(history), plot.images(images, labels=labels, predictions=predictions)):
        buffer = io.BytesIO()
        figure.savefig(buffer, format="png", dpi=200)
        buffer.seek(0)
        panels.append(imread(buffer))
    width = max(panel.shape[1] for panel in panels)
    centred = [np.pad(panel, ((0, 0), _margins(width - panel.shape[1]), (0, 0))) for panel in panels]
    whole = io.BytesIO()
    imsave(whole, np.concatenate(centred))
    FIGURE.parent.mkdir(exist_ok=True)
    _files.write(FIGURE, whole.getvalue())


def _margins(spare: int) -> tuple[int, int]:
    return spare // 2, spare - spare // 2
