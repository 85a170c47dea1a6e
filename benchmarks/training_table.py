"""How long `training.fit` takes against `keras.Model.fit`, both with their defaults, for nets and data of many kinds.

`python -m benchmarks.training_table` prints a table and ends with status 1 when a row takes more of Keras's time than
its target allows. Names of nets or sources choose rows: `python -m benchmarks.training_table conv2d lstm generator`.

The steady figures are of epochs after the second, from sides that take turns, so that whatever else the machine does
meets all of them; the figures from cold are of five epochs in a fresh process, compilation included. A ratio is a
side's time divided by Keras's in the same round: the median of the rounds, then the least and the most in parentheses.
"""

from __future__ import annotations

import argparse
import statistics
import sys
from collections.abc import Iterable, Sequence

from benchmarks._measuring import quick, verdict
from benchmarks._training.handing import hand_over, hand_over_cold
from benchmarks._training.measure import FIRST_EPOCHS, Bench, Rounds
from benchmarks._training.rows import ALL_ROWS, ROWS, SCAN_TARGET, SOURCES, TITLES, Row

HEADINGS = ("net", "data", "Keras, s", "with XLA", "on JAX", "pybridge", "target", "from cold", "target")
WIDTHS = (38, 13, 8, 18, 18, 18, 6, 18, 6)
WORDS = 2  # columns of words; the others have numbers
DASH = "–"  # noqa: RUF001  # what a table has where nothing was measured


def main() -> int:
    """Measure, print, and judge."""
    chosen = arguments()
    known = ALL_ROWS if chosen.full else ROWS
    rows = [row for row in known if not chosen.rows or {row.net, row.source} & set(chosen.rows)]
    rows = [row for row in rows if row.source == "arrays" or not quick()]
    missed, notes = [], []
    print(line(HEADINGS, markdown=chosen.markdown))
    if chosen.markdown:
        print(line(("-" * width for width in WIDTHS), markdown=True))
    with Bench(thorough=chosen.full) as bench:
        for row in rows:
            cells = [row.title, SOURCES[row.source]]
            if chosen.cold and not chosen.steady:
                cells += [DASH] * 5
            else:
                seconds, ratios = bench.steady(row)
                hand_over(row, seconds, ratios)
                cells += [f"{statistics.median(seconds):.3f}", *(spread(ratios.get(side)) for side in ("jit", "jax"))]
                cells += judged(row, "an epoch", ratios.get("pybridge"), row.target, missed)
                if {"scan", "pybridge"} <= set(ratios):
                    notes.append(against_scan(ratios, missed))
            if (chosen.steady and not chosen.cold) or not row.shown or not (chosen.full or row.source == "arrays"):
                cells += [DASH] * 2
            else:
                rounds = bench.cold(row)
                ratios = [took["pybridge"]["seconds"] / took["keras"]["seconds"] for took in rounds]
                hand_over_cold(row, rounds, ratios)
                cells += judged(row, f"{FIRST_EPOCHS} cold epochs", ratios, row.cold_target, missed)
                if row.net == "mnist":
                    notes.append(accuracy(rounds))
            print(line(cells, markdown=chosen.markdown), flush=True)
    if not bench.has_jax:
        notes.append('Keras on JAX and the scan are left out: install them by `python -m pip install -e ".[bench]"`')
    print("", *notes, *bench.failures, sep="\n")
    return verdict(missed)


def arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.training_table", description=__doc__.splitlines()[0])
    names = [*TITLES, *SOURCES]
    parser.add_argument("rows", nargs="*", metavar="row", help=f"which rows: any of {', '.join(names)}")
    parser.add_argument("--steady", action="store_true", help="measure epochs after the second only")
    parser.add_argument("--cold", action="store_true", help=f"measure the first {FIRST_EPOCHS} epochs only")
    parser.add_argument(
        "--full", action="store_true", help="each net from every source, more rounds, each row from cold: hours"
    )
    parser.add_argument("--markdown", action="store_true", help="print the table in Markdown")
    chosen = parser.parse_args()
    if unknown := [name for name in chosen.rows if name not in names]:
        parser.error(f"there is no row {unknown[0]!r}; the rows are {', '.join(names)}")
    return chosen


def line(cells: Iterable[str], *, markdown: bool) -> str:
    """Return a line of the table: words to the left, numbers to the right."""
    padded = [
        f"{cell:<{width}}" if number < WORDS else f"{cell:>{width}}"
        for number, (cell, width) in enumerate(zip(cells, WIDTHS, strict=True))
    ]
    return f"| {' | '.join(padded)} |" if markdown else "  ".join(padded)


def spread(ratios: Sequence[float] | None) -> str:
    """Return the median of the ratios with their least and most."""
    if not ratios:
        return DASH
    if len(ratios) == 1:
        return f"{ratios[0]:.2f}"
    return f"{statistics.median(ratios):.2f} ({min(ratios):.2f}{DASH}{max(ratios):.2f})"


def judged(row: Row, what: str, ratios: Sequence[float] | None, target: float, missed: list[str]) -> list[str]:
    """Return the cells of pybridge's ratio and its target, and note the row when it is over it."""
    if not ratios or statistics.median(ratios) > target:
        missed.append(f"{row.net} from {row.source} ({what})")
        return [f"{spread(ratios)} !", f"{target:.2f}"]
    return [f"{spread(ratios)}  ", f"{target:.2f}"]


def against_scan(ratios: dict[str, list[float]], missed: list[str]) -> str:
    """Return a line on pybridge's speed as a share of the hand-written scan's, and note when it is below its target."""
    speeds = [scan / ours for scan, ours in zip(ratios["scan"], ratios["pybridge"], strict=True)]
    if statistics.median(speeds) < SCAN_TARGET:
        missed.append("mnist against a hand-written scan")
    return f"MNIST, pybridge's speed ÷ that of a hand-written jax.lax.scan: {spread(speeds)}, target ≥ {SCAN_TARGET}"


def accuracy(rounds: Rounds) -> str:
    """Return a line on the accuracy that both sides reach on MNIST's test data."""
    if not rounds:
        return f"MNIST, test accuracy: {DASH}"
    ours, theirs = (statistics.median(each[side]["accuracy"] for each in rounds) for side in ("pybridge", "keras"))
    return f"MNIST, test accuracy after {FIRST_EPOCHS} epochs: pybridge {ours:.4f}, Keras {theirs:.4f}"


if __name__ == "__main__":
    sys.exit(main())
