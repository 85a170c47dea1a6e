"""The cases of tests/fixtures: read, built into arguments, called, compared, accounted for.

`schema.json` beside the cases says what each field means. The Python runner, the Clojure runner (across the bridge) and
the notebook checker share what is here; only building the arguments and calling is done anew in Clojure.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pybridge._arguments import shown
from pybridge._text import read_text
from pybridge.book import comparator
from pybridge.book.forms import build, call, inputs_of, select
from pybridge.errors import DataError

__all__ = ["CHAPTERS", "Case", "account", "check", "check_error", "read_cases", "run"]

CHAPTERS = ("ch01", "ch02", "ch03", "road", "type", "read", "api")

FIELDS: dict[str, Any] = {
    **dict.fromkeys(("id", "source", "call", "invariant", "dtype"), str),
    **dict.fromkeys(("inputs", "options", "raises"), dict),
    **dict.fromkeys(("args", "then", "select"), list),
    **dict.fromkeys(("rtol", "atol"), (int, float)),
    "expected": object,
}
EXPECTATIONS = {"expected", "invariant", "raises"}


@dataclass(frozen=True)
class Case:
    """One example and what decides it; the fields are those of schema.json.

    Attributes:
        inputs: pairs of a name and what it stands for, in order.
        expects: "expected", "invariant" or "raises": which of the three the case has.
    """

    id: str
    source: str
    inputs: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    call: str | None = None
    args: list[Any] = field(default_factory=list)
    options: dict[str, Any] = field(default_factory=dict)
    then: list[Any] | None = None
    select: list[Any] = field(default_factory=list)
    expects: str = "expected"
    expected: object = None
    invariant: str | None = None
    raises: Any = None
    dtype: str | None = None
    rtol: float = 0
    atol: float = 0


def read_cases(folder: str | Path) -> list[Case]:
    """Read the cases of all chapters.

    Args:
        folder: where ch01.json, ch02.json, ch03.json, road.json, type.json, read.json and api.json are.

    Returns:
        The cases in the order of the files.

    Raises:
        DataError: a file is missing, too long or malformed, two cases share an id, or an id is not of the file's
            chapter.
    """
    cases = [case for chapter in CHAPTERS for case in _read_chapter(Path(folder) / f"{chapter}.json")]
    repeated = [id for id, count in Counter(case.id for case in cases).items() if count > 1]
    if repeated:
        raise DataError(f"ids that more than one case has: {', '.join(repeated)}")
    return cases


def _read_chapter(file: Path) -> Iterator[Case]:
    try:
        data = json.loads(read_text(file))
    except (ValueError, RecursionError) as error:
        raise DataError(f"{file} cannot be read: {error}") from None
    found = data.get("cases") if isinstance(data, dict) else None
    if not isinstance(found, list) or not all(isinstance(fields, dict) for fields in found):
        raise DataError(f'{file} does not hold {{"title": …, "cases": […]}} with a map for each case')
    for number, fields in enumerate(found):
        try:
            case = _case(fields)
        except DataError as error:
            raise DataError(f"{file}, case {number + 1}: {error}") from None
        if not case.id.startswith(f"{file.stem}/"):
            raise DataError(f"{file} holds the case {shown(case.id)}, which is of another chapter")
        yield case


def _case(fields: dict[str, Any]) -> Case:
    for name, value in fields.items():
        if not isinstance(value, FIELDS.get(name, ())) or (isinstance(value, bool) and name != "expected"):
            raise DataError(f"schema.json has no field {shown(name)} that is {shown(value)}")
    for name in ("id", "source"):
        if name not in fields:
            raise DataError(f"{name} is missing")
    if len(expects := EXPECTATIONS & fields.keys()) != 1:
        raise DataError("a case has one of expected, invariant and raises")
    inputs = fields.get("inputs", {})
    if not all(isinstance(given, dict) and ("value" in given or "call" in given) for given in inputs.values()):
        raise DataError("each of the inputs is a map with a value or a call")
    if "raises" in fields and not all(isinstance(fields["raises"].get(name), str) for name in ("type", "match")):
        raise DataError("raises is a map of a type and of what the message matches")
    return Case(**fields | {"inputs": list(inputs.items()), "expects": expects.pop()})


def run(case: Case) -> list[str]:
    """Call what a case calls in Python, and compare.

    Args:
        case: a case with `call`.

    Returns:
        Sentences that say what is wrong; none when the case holds.
    """
    try:
        inputs = inputs_of(case.inputs)
        value = call(case.call, case.args, case.options, inputs)
        if case.then is not None:
            value = value(*build(case.then, inputs))
    except Exception as error:
        if case.expects != "raises":
            raise
        return check_error(case, type(error).__name__, str(error))
    return check(case, value)


def check(case: Case, value: object, *, plain: bool = False) -> list[str]:
    """Compare a value with what its case expects.

    Args:
        case: the case.
        value: what the call gave, before `select`.
        plain: also take plain numbers in place of tensors, and the reverse, as the value of a notebook block.

    Returns:
        Sentences that say what is wrong; none when the case holds.
    """
    if case.expects == "raises":
        return [f"expected {case.raises['type']}, got the value {value!r}"]
    value = select(value, case.select)
    if case.expects == "invariant":
        of = build(case.args[0], inputs_of(case.inputs)) if case.invariant == "reconstructs" else None
        return comparator.violations(str(case.invariant), value, of=of, dtype=case.dtype, atol=case.atol)
    expected = build(case.expected, {})
    return comparator.differences(expected, value, dtype=case.dtype, rtol=case.rtol, atol=case.atol, plain=plain)


def check_error(case: Case, type_name: str, message: str) -> list[str]:
    """Compare an error with the one that its case expects.

    Args:
        case: the case.
        type_name: the class of the error, without its module.
        message: what the error says.

    Returns:
        Sentences that say what is wrong; none when the case expects this error.
    """
    if case.expects != "raises":
        return [f"expected a value, got {type_name}: {message}"]
    if type_name != case.raises["type"]:
        return [f"expected {case.raises['type']}, got {type_name}: {message}"]
    if not re.search(case.raises["match"], message):
        return [f"{type_name} says {message!r}, which does not match {case.raises['match']!r}"]
    return []


def account(expected: Iterable[str], ran: Iterable[str]) -> list[str]:
    """Say which ids were not run, which were run that nobody expected, and which were run twice.

    Args:
        expected: the ids to run.
        ran: the ids that were.

    Returns:
        Sentences; none when each id was run once.

    >>> account(["road/ema", "road/adam"], ["road/ema", "road/ema"])
    ['not run: road/adam', 'run more than once: road/ema']
    """
    expected, ran = set(expected), Counter(ran)
    groups = {
        "not run": expected - ran.keys(),
        "run, but in no file": ran.keys() - expected,
        "run more than once": {id for id, count in ran.items() if count > 1},
    }
    return [f"{what}: {', '.join(sorted(ids))}" for what, ids in groups.items() if ids]
