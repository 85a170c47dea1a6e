"""docs/conversion.md from the golden cases, so that the page shows what the tests run."""

from __future__ import annotations

import json
from pathlib import Path

CASES = Path(__file__).parents[1] / "tests" / "fixtures" / "conversion.json"

LONGEST = 64  # a longer example says less than it takes
MOST = 9  # examples of one row; the file of cases has them all

HEAD = """\
# What crosses between Clojure and Python, and as what

Every example below crosses in the test suite, both ways, with Python as the host and with a JVM as the host, and so do
those in `tests/fixtures/conversion.json`, from which `make generate` writes this page.

A value is copied, and is plain data on the other side; what is no plain data crosses as a handle, which is the very
same Python object wherever it goes. Data nests at most 500 levels deep, and an integer has at most 100,000,000 bits,
which are thirty million digits.

A collection that is neither Clojure's own nor a list or dict of Python's may run anybody's code, wait, or change: it is
copied first, while other threads run Python. What occurs several times in a value is one value in Clojure. In Python it
is as many lists, each to be changed by itself, and more than ten million such copies are refused; `tensors` and the
other subjects, which change nothing, are given it once.
"""

LOSSY = """\
## What does not come back as it went

The right column is what the value is after it has crossed twice.
"""

REFUSED = """\
## What does not cross

It raises, with the type and the way out in the message: a `ConversionError` in Python, an `ex-info` in Clojure.
"""


def page() -> str:
    """The whole page."""
    rows = json.loads(CASES.read_text(encoding="utf-8"))["rows"]
    cases = [case for row in rows for case in row["cases"]]
    lossy = [(_source(case), _target(case), _code(case["back"])) for case in cases if _plain_text(case.get("back"))]
    lossy = [line for line in lossy if line[1] and len("".join(line)) < LONGEST]
    refused = [(_code(_origin(case)), _message(case["refuses"])) for case in cases if "refuses" in case]
    return "\n".join(
        [
            HEAD,
            *_table(["Clojure", "Python"], [(row["clojure"], _with_note(row)) for row in rows]),
            *(line for row in rows for line in _section(row)),
            LOSSY,
            *_table(["from", "across", "back"], lossy),
            REFUSED,
            *_table(["value", "message"], [line for line in refused if len(line[0]) < LONGEST]),
        ]
    )


def _with_note(row: dict) -> str:
    return row["python"] + (f"; {row['note']}" if row.get("note") else "")


def _section(row: dict) -> list[str]:
    """The examples of one row of the table."""
    values = [
        (_code(case["clojure"]), {"both": "↔", "clojure": "→", "python": "←"}[case["from"]], _code(case["python"]))
        for case in row["cases"]
        if _plain_text(case.get("clojure")) and _plain_text(case.get("python"))
    ]
    handles = [
        (_code(case["python"]), _code(case["prints"]), _code(case["deref"]) if "deref" in case else "")
        for case in row["cases"]
        if "prints" in case
    ]
    shown = [line for line in values if len(line[0] + line[2]) < LONGEST]
    return [
        *([f"## {row['clojure']}: {row['python']}", ""] if shown or handles else []),
        *(_table(["Clojure", "", "Python"], shown[:MOST]) if shown else []),
        *(_table(["Python", "prints in Clojure", "`@`"], handles[:MOST]) if handles else []),
    ]


def _plain_text(code: str | None) -> bool:
    """Whether `code` is a value; a function decides by itself, which is for tests and not for readers."""
    return code is not None and not code.startswith(("lambda f", "lambda x", "#(", "(fn ["))


def _source(case: dict) -> str:
    return _code(_origin(case))


def _target(case: dict) -> str:
    other = case["python" if case["from"] == "clojure" else "clojure"]
    return _code(other) if _plain_text(other) else ""


def _origin(case: dict) -> str:
    return case[case["from"]]


def _code(code: str) -> str:
    return "`" + code.replace("|", "\\|") + "`"


def _message(pattern: str) -> str:
    return pattern.replace("\\", "").replace(".*", "…").replace("|", "\\|")


def _table(heads: list[str], lines: list[tuple[str, ...]]) -> list[str]:
    return [_line(heads), _line(["---"] * len(heads)), *map(_line, lines), ""]


def _line(cells: tuple[str, ...] | list[str]) -> str:
    return "| " + " | ".join(cells) + " |"
