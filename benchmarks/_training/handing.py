"""The rows of the table as `python -m benchmarks` collects them."""

from __future__ import annotations

import statistics
from collections.abc import Sequence

from benchmarks._record import record
from benchmarks._training.measure import FIRST_EPOCHS, Ratios, Rounds
from benchmarks._training.rows import SCAN_TARGET, SOURCES, Row

SIDES = {"jit": "Keras with XLA", "jax": "Keras on JAX", "scan": "a jax.lax.scan by hand"}


def hand_over(row: Row, seconds: Sequence[float], ratios: Ratios) -> None:
    """Hand over the epochs of a row.

    Args:
        row: the row.
        seconds: Keras's in each round.
        ratios: for each side that ran, its time as a share of Keras's in that round.
    """
    sides = {
        side: [share * keras for share, keras in zip(shares, seconds, strict=False)] for side, shares in ratios.items()
    }
    if not (ours := sides.get("pybridge")):
        record(named(row), "s", [], held=False, note="pybridge does not train it: see what was printed")
        return
    peers = {"Keras": seconds, **{name: sides[side] for side, name in SIDES.items() if side in sides}}
    held = statistics.median(ratios["pybridge"]) <= row.target
    record(named(row), "s", ours, peers=peers, most=row.target, held=held)
    if "scan" in sides:
        speed = statistics.median(scan / mine for scan, mine in zip(sides["scan"], ours, strict=True))
        name = f"against a scan by hand: {row.title}"
        record(name, "s", ours, peers={SIDES["scan"]: sides["scan"]}, most=1 / SCAN_TARGET, held=speed >= SCAN_TARGET)


def hand_over_cold(row: Row, rounds: Rounds, ratios: Sequence[float]) -> None:
    """Hand over the first epochs of fresh processes."""
    if rounds:
        ours, theirs = ([each[side]["seconds"] for each in rounds] for side in ("pybridge", "keras"))
        name = f"{named(row)}, {FIRST_EPOCHS} epochs from cold"
        held = statistics.median(ratios) <= row.cold_target
        record(name, "s", ours, peers={"Keras": theirs}, most=row.cold_target, held=held)


def named(row: Row) -> str:
    """What the row is called among all of them."""
    return row.title if row.source == "arrays" else f"{row.title} from {SOURCES[row.source]}"
