"""Whether what a process has in use stays flat: a line through the samples, which a few odd ones do not move."""

from __future__ import annotations

from typing import NamedTuple

from scipy.stats import theilslopes


class Limit(NamedTuple):
    """What a measure may rise by: in an hour, and at all, since in a short soak a little is a steep slope."""

    hourly: float
    least: float


LIMITS = {
    "memory": Limit(60, 25),  # MB that are in no file
    "heap": Limit(10, 5),  # MB after a collection
    "other JVM memory": Limit(20, 10),  # MB: classes and compiled code
    "classes": Limit(300, 150),
    "python objects": Limit(20_000, 5_000),
    "python blocks": Limit(60_000, 20_000),
    "objects of Clojure": Limit(30, 20),
    "functions of Clojure": Limit(30, 20),
    "descriptors": Limit(6, 4),
    "threads": Limit(6, 4),
    "python threads": Limit(6, 3),
    "JVM threads": Limit(6, 4),
    "children": Limit(2, 2),
    "temporary files": Limit(3, 2),
}


FEWEST = 6  # samples that make a slope


class Slope(NamedTuple):
    """How a measure has changed in an hour, by the samples' second half."""

    last: float
    hourly: float
    low: float  # the 95 % confidence interval
    high: float
    flat: bool


def slope(measure: str, hours: list[float], values: list[float]) -> Slope:
    """Judge a measure by its samples.

    Args:
        measure: its name in `LIMITS`.
        hours: when each sample was taken.
        values: the samples.

    Returns:
        The slope, which is flat unless all of its confidence interval is above the limit, and the rise worth a word.
    """
    half = len(values) // 2
    hours, values = hours[half:], values[half:]
    if len(values) < FEWEST or min(values) == max(values):
        return Slope(values[-1], 0.0, 0.0, 0.0, True)
    hourly, _, low, high = theilslopes(values, hours, alpha=0.95)
    limit = LIMITS[measure]
    flat = bool(low <= limit.hourly or low * (hours[-1] - hours[0]) <= limit.least)
    return Slope(*map(float, (values[-1], hourly, low, high)), flat)
