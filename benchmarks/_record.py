"""How a benchmark hands its rows to `python -m benchmarks`: a line of JSON each; run alone, it hands over nothing."""

from __future__ import annotations

import json
import os
import statistics
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

RECORDS = "PYBRIDGE_BENCHMARK_RECORDS"
FINISHED = {"finished": True}


def record(
    name: str,
    unit: str,
    ours: Sequence[float],
    *,
    peers: Mapping[str, Sequence[float]] | None = None,
    by: str = "median",
    most: float | None = None,
    limit: str = "",
    held: bool | None = None,
    note: str = "",
    series: Mapping[str, Any] | None = None,
    parts: Mapping[str, float] | None = None,
) -> None:
    """Hand a row over.

    Args:
        name: what is measured.
        unit: of all figures.
        ours: pybridge's figures, one of each round; none where it failed.
        peers: the figures of what it is compared with, by name, of the same rounds; the first is the one that counts.
        by: what a ratio is of: "median", of the rounds' own ratios, or "least", of the least figure of each side.
        most: the largest ratio to the first peer that the row may have.
        limit: any other limit, in words.
        held: whether the row keeps within its limits; None where it has none.
        note: what else there is to say.
        series: how the figures grow: `name`, what grows; `of`, what is counted; `sizes`; `ours` and `peer`, a figure
            for each size; the `exponent`.
        parts: what our figure is made of.
    """
    compared = {peer: {**spread(figures), "ratio": ratio(ours, figures, by)} for peer, figures in (peers or {}).items()}
    row = {"name": name, "unit": unit, "ours": spread(ours) if ours else None, "peers": compared, "ratio_by": by}
    write({**row, "most": most, "limit": limit, "held": held, "note": note, "series": series, "parts": parts})


def finished() -> None:
    """Say that a benchmark has come to its end: one that says nothing has crashed."""
    write(FINISHED)


def write(line: Mapping[str, Any]) -> None:
    """Append a line of JSON to the file that the environment names, if it names one."""
    if file := os.environ.get(RECORDS):
        with Path(file).open("a", encoding="utf-8") as records:
            records.write(json.dumps(line) + "\n")


def spread(figures: Sequence[float]) -> dict[str, float]:
    """The median of the rounds' figures, the least and the most of them, and how many there are.

    >>> spread([3.0, 1.0, 2.0])
    {'median': 2.0, 'least': 1.0, 'most': 3.0, 'rounds': 3}
    """
    median = statistics.median(figures)
    return {"median": median, "least": min(figures), "most": max(figures), "rounds": len(figures)}


def ratio(ours: Sequence[float], theirs: Sequence[float], by: str) -> dict[str, float]:
    """Our figure divided by the peer's: the one that counts, and the least and the most of a round.

    A peer may have sat out the last rounds.

    >>> ratio([2.0, 3.0], [4.0, 4.0], "least")
    {'value': 0.5, 'least': 0.5, 'most': 0.75}
    """
    each = [mine / other for mine, other in zip(ours, theirs, strict=False)]
    value = statistics.median(each) if by == "median" else min(ours) / min(theirs)
    return {"value": value, "least": min(each), "most": max(each)}
