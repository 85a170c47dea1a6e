"""The other bridges that are installed, which cross the same way in the same run: libpython-clj and py4j."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from benchmarks import _libpython_clj, _py4j

Sides = dict[str, Callable[[], float]]
WIDTH = 19


class Bridges:
    """What measures each of them, in nanoseconds, by the names of the rows that it belongs to."""

    def __init__(self) -> None:
        self.sides: dict[str, Sides] = {"libpython-clj": _libpython_clj.sides(), "py4j": _py4j.sides()}

    def of(self, row: str) -> Sides:
        """Those that measure a row, by the names of the bridges."""
        return {bridge: sides[row] for bridge, sides in self.sides.items() if row in sides}

    def headings(self, unit: str) -> str:
        """The headings of their columns."""
        return "".join(f"{f'{bridge}, {unit}':>{WIDTH}}" for bridge in self.sides)

    def columns(self, figures: dict[str, float], decimals: int) -> str:
        """Their columns in a row of the table, some of which have no figure."""
        return "".join(
            f"{figures[bridge]:{WIDTH}.{decimals}f}" if bridge in figures else f"{'-':>{WIDTH}}"
            for bridge in self.sides
        )


def quicker(beside: Sides) -> str:
    """The limit of a row that other bridges measure, too."""
    return f"no slower than {' and '.join(beside)}" if beside else ""


def split(row: str) -> tuple[str, str]:
    """What a row measures, and the peer that its name gives after a slash.

    >>> split("1 MB of text to Python / JPype's")
    ('1 MB of text to Python', 'JPype')
    """
    name, _, peer = row.partition(" / ")
    return name, peer.removesuffix("'s")


def named(peer: str, theirs: Sequence[float], others: dict[str, Sequence[float]], unit: float = 1) -> dict:
    """The peers of a row as it is handed over, the one that counts first.

    Args:
        peer: what that one is called.
        theirs: its figures.
        others: those of the other bridges, in nanoseconds.
        unit: how many nanoseconds the row's unit has.
    """
    return {peer: theirs, **{bridge: [figure / unit for figure in figures] for bridge, figures in others.items()}}
