"""The page of a run: for each room what it measures, a table and figures, without scripts and without the network."""

from __future__ import annotations

from typing import Any

import jinja2

from benchmarks._report.explained import explained
from benchmarks._report.figures import figures
from benchmarks._report.run import missed

SECONDS = {"s": 1.0, "ms": 1e-3, "µs": 1e-6, "ns": 1e-9}
DASH = "–"  # noqa: RUF001


def page(report: dict[str, Any]) -> str:
    """The page of a run, as HTML that needs nothing else.

    Args:
        report: what `benchmarks.json` holds.
    """
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("benchmarks", "_report"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    cores = report["machine"]["cores"]
    rooms = [shown_room(room, cores) for room in report["rooms"]]
    over = [(room, row) for room in rooms for row in room["rows"] if row["state"] == "missed"]
    return environment.get_template("page.html").render(
        verdict=verdict(report["rooms"]),
        quick=report["quick"],
        machine=machine(report["machine"]),
        missed=over,
        rooms=rooms,
    )


def verdict(rooms: list[dict[str, Any]]) -> str:
    """How many rows there are, how many missed, and what crashed, in one sentence."""
    rows = [row for room in rooms for row in room["rows"]]
    judged = [row for row in rows if row["held"] is not None]
    over = sum(len(missed(room)) for room in rooms)
    crashed = [room["title"] for room in rooms if room["crashed"]]
    said = f"{len(rows)} rows, {len(judged)} of them with a target, of which {over or 'none'} missed it."
    return said + (f" Crashed: {', '.join(crashed)}." if crashed else "")


def machine(told: dict[str, Any]) -> list[tuple[str, str]]:
    """The machine's lines."""
    gpus = told["gpus"]
    versions = ", ".join(f"{name} {version or 'not installed'}" for name, version in told["versions"].items())
    return [
        ("Date", told["date"]),
        ("System", told["system"]),
        ("CPU", f"{told['cpu']}, {told['cores']} cores"),
        ("Memory", "unknown" if told["memory_gb"] is None else f"{told['memory_gb']} GB"),
        ("GPU", "unknown" if gpus is None else ", ".join(gpus) or "none"),
        ("Versions", versions),
    ]


def shown_room(room: dict[str, Any], cores: int) -> dict[str, Any]:
    """A room as the template takes it."""
    return {
        **{key: room[key] for key in ("benchmark", "title", "says", "crashed")},
        "load": "" if room["load"] is None else f" The load before it was {room['load']:.1f}.",
        "took": f"{room['seconds']:.0f} s" if room["seconds"] < 120 else f"{room['seconds'] / 60:.0f} min",
        "by_least": any(row["ratio_by"] == "least" for row in room["rows"]),
        "rows": [shown_row(row, note(room, row, cores)) for row in room["rows"]],
        "figures": figures(room["rows"], room["benchmark"]),
    }


def note(room: dict[str, Any], row: dict[str, Any], cores: int) -> str:
    """What there is to say about a row, and why it has missed its target if it has."""
    return explained(room, row, cores) if row["held"] is False else row["note"]


def shown_row(row: dict[str, Any], note: str) -> dict[str, Any]:
    """A row as the template takes it: words instead of figures."""
    return {
        "name": row["name"],
        "ours": spread(row["ours"], row["unit"]) if row["ours"] else DASH,
        "peers": [
            {"name": name, "figure": spread(peer, row["unit"]), "ratio": ratio(peer["ratio"])}
            for name, peer in row["peers"].items()
            if row["ours"]
        ],
        "targets": targets(row),
        "state": {True: "met", False: "missed", None: ""}[row["held"]],
        "result": result(row),
        "note": note,
    }


def targets(row: dict[str, Any]) -> list[str]:
    """A row's limits, in words."""
    most = [f"ratio at most {row['most']:.3g}"] if row["most"] is not None else []
    return [*most, *filter(None, [row["limit"]])]


def result(row: dict[str, Any]) -> str:
    """Whether a row has kept within its limits, in words."""
    if row["held"] is None:
        return ""
    if row["held"]:
        return "met"
    return f"missed, with {reached(row)}" if row["ours"] else "missed, as it failed"


def reached(row: dict[str, Any]) -> str:
    """What a row has come to, of what has a limit."""
    value = next((peer["ratio"]["value"] for peer in row["peers"].values()), None)
    said = [f"a ratio of {value:.2f}"] if row["most"] is not None and value is not None else []
    if row["series"]:
        said.append(f"an exponent of {row['series']['exponent']:.2f}")
    elif row["limit"]:
        said.append(amount(row["ours"]["least" if row["ratio_by"] == "least" else "median"], row["unit"]))
    return " and ".join(said)


def spread(figures_of: dict[str, float], unit: str) -> str:
    """A figure with its least and its most."""
    median, least, most = (figures_of[key] for key in ("median", "least", "most"))
    if figures_of["rounds"] == 1:
        return amount(median, unit)
    factor, shown = scale(median, unit)
    return f"{short(median * factor)} {shown} ({short(least * factor)}{DASH}{short(most * factor)})"


def ratio(figures_of: dict[str, float]) -> str:
    """A ratio with its least and its most."""
    value, least, most = (figures_of[key] for key in ("value", "least", "most"))
    return of_ratio(value) if least == most else f"{of_ratio(value)} ({of_ratio(least)}{DASH}{of_ratio(most)})"


def of_ratio(value: float) -> str:
    """A ratio to two decimals, or to two digits where it is small."""
    return f"{value:.2f}" if value >= 0.1 else f"{value:.2g}"


def short(value: float) -> str:
    """A number to three digits, and no power of ten.

    >>> short(0.25), short(1024.4)
    ('0.25', '1024')
    """
    return f"{value:.0f}" if value >= 1000 else f"{value:.3g}"


def amount(value: float, unit: str) -> str:
    """A figure with its unit.

    >>> amount(36_509_700, "ns"), amount(0.25, "s"), amount(120, "GFLOP/s")
    ('36.5 ms', '250 ms', '120 GFLOP/s')
    """
    factor, shown = scale(value, unit)
    return f"{short(value * factor)} {shown}"


def scale(value: float, unit: str) -> tuple[float, str]:
    """The factor and the unit of time that make a number short; other units stay."""
    if unit not in SECONDS:
        return 1.0, unit
    seconds = value * SECONDS[unit]
    shown = next((name for name, size in SECONDS.items() if seconds >= size), "ns")
    return SECONDS[unit] / SECONDS[shown], shown
