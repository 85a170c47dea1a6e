"""Draw the picture of the book's first page: gradient descent and momentum on a landscape of two valleys.

python -m tools.cover
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from pybridge import plot
from pybridge.plot._style import BLUE, INK, VERMILLION, bare, new_figure

PICTURE = Path("pybridge/book/site/static/cover.svg")
START = np.array([-1.55, 1.25])


def landscape(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Two valleys on a slope, the right one deeper."""
    return (x**2 - 1.2) ** 2 + 1.6 * (y - 0.25 * x) ** 2 - 0.35 * x


def slope(w: np.ndarray) -> np.ndarray:
    """The gradient of the landscape."""
    x, y = w
    across = 3.2 * (y - 0.25 * x)
    return np.array([4 * x * (x**2 - 1.2) - 0.25 * across - 0.35, across])


def walk(rate: float, momentum: float, steps: int) -> np.ndarray:
    """The path of descent with momentum."""
    path, velocity = [START], np.zeros(2)
    for _ in range(steps):
        velocity = momentum * velocity - rate * slope(path[-1])
        path.append(path[-1] + velocity)
    return np.array(path)


def main() -> None:
    """Write the picture."""
    figure = new_figure(6.2, 3.1, layout=None)
    axes = figure.add_axes((0, 0, 1, 1))
    bare(axes)
    x, y = np.meshgrid(np.linspace(-2.1, 2.1, 121), np.linspace(-1.05, 1.45, 121))
    axes.contour(
        x,
        y,
        landscape(x, y),
        levels=np.linspace(0, 1, 18) ** 2 * 6.5 - 0.42,
        colors=[INK],
        linewidths=0.8,
        linestyles="solid",
    )
    for path, color, marker in ((walk(0.03, 0, 60), BLUE, "o"), (walk(0.012, 0.93, 90), VERMILLION, "^")):
        axes.plot(*path.T, color=color, marker=marker, markersize=4, linewidth=1.4)
    axes.set(xlim=(-2.1, 2.1), ylim=(-1.02, 1.42))
    plot.save(figure, str(PICTURE))
    print(f"{PICTURE}: {PICTURE.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
