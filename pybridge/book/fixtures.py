"""The cases of tests/fixtures: read, built into arguments, called, compared, accounted for.

`schema.json` beside the cases says what each field means. The Python runner, the Clojure runner (across the bridge) and
the notebook checker share what is here; only building the arguments and calling is done anew in Clojure.
"""

from __future__ import annotations

import importlib
import inspect
import json
import operator
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import reduce
from pathlib import Path
from typing import Any

import numpy as np

from pybridge._arguments import shown
from pybridge._text import read_text
from pybridge.book import comparator
from pybridge.errors import DataError

__all__ = ["CHAPTERS", "Case", "account", "check", "check_error", "read_cases", "run", "select"]

CHAPTERS = ("ch01", "ch02", "ch03", "road", "read", "api")

FIELDS: dict[str, Any] = {
    **dict.fromkeys(("id", "source", "call", "invariant", "dtype"), str),
    **dict.fromkeys(("inputs", "options", "raises"), dict),
    **dict.fromkeys(("args", "then", "select"), list),
    **dict.fromkeys(("rtol", "atol"), (int, float)),
    "expected": object,
}
EXPECTATIONS = {"expected", "invariant", "raises"}

ARITHMETIC = {"+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv}


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
        folder: where ch01.json, ch02.json, ch03.json, road.json, read.json and api.json are.

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
        inputs = _inputs(case)
        value = _call(case.call, case.args, case.options, inputs)
        if case.then is not None:
            value = value(*_build(case.then, inputs))
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
        of = _build(case.args[0], _inputs(case)) if case.invariant == "reconstructs" else None
        return comparator.violations(str(case.invariant), value, of=of, dtype=case.dtype, atol=case.atol)
    expected = _build(case.expected, {})
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


def select(value: Any, path: list[Any]) -> object:
    """Follow keys and positions into a result.

    Args:
        value: dicts, sequences and iterators, nested.
        path: a key (a string) or a position (an integer) for each level.

    Returns:
        What is found there.

    >>> select({"loss": [0.5, 0.25]}, ["loss", -1])
    0.25
    """
    for step in path:
        value = (list(value) if isinstance(value, Iterator) else value)[step]
    return value


def _inputs(case: Case) -> dict[str, object]:
    inputs: dict[str, object] = {}
    for name, given in case.inputs:
        inputs[name] = _input(given, inputs)
    return inputs


def _input(given: dict[str, Any], inputs: dict[str, object]) -> object:
    if "call" in given:
        value = _call(given["call"], given.get("args", []), given.get("options", {}), inputs)
        return select(value, given.get("select", []))
    value, dtype = _build(given["value"], inputs), given.get("dtype")
    match given.get("as", "tensor" if dtype else "plain"):
        case "tensor":
            return _public("tensors/tensor")(value, dtype)
        case "variable":
            return _public("tensors/variable")(value, dtype)
        case "array":
            return np.array(value, dtype)
        case "plain":
            return value
        case other:
            raise ValueError(f"an input is a tensor, a variable, an array or plain; not {other!r}")


def _call(name: Any, args: list[Any], options: dict[str, Any], inputs: dict[str, object]) -> Any:
    return _public(name)(*_build(args, inputs), **_options(options, inputs))


def _public(name: str) -> Any:
    module, _, path = name.partition("/")
    value = operator.attrgetter(path)(importlib.import_module(f"pybridge.{module}"))
    return value.fget if isinstance(value, property) else value


def _options(options: dict[str, Any], inputs: dict[str, object]) -> dict[str, object]:
    return {name: _build(value, inputs) for name, value in options.items()}


def _build(value: Any, inputs: dict[str, object]) -> Any:
    match value:
        case {"float": text}:
            return float(text)
        case {"ref": name, **rest}:
            path: Any = rest.get("select", [])
            return select(inputs[name], path)
        case {"form": ["fn", parameters, body]}:
            return _function(parameters, body, inputs)
        case {"quote": form}:
            return form
        case dict():
            return {key: _build(item, inputs) for key, item in value.items()}
        case list():
            return [_build(item, inputs) for item in value]
        case _:
            return value


def _function(parameters: list[str], body: object, names: dict[str, object]) -> Callable[..., Any]:
    def function(*values: object) -> object:
        return _evaluate(body, names | dict(zip(parameters, values, strict=True)))

    kind = inspect.Parameter.POSITIONAL_ONLY
    vars(function)["__signature__"] = inspect.Signature([inspect.Parameter(name, kind) for name in parameters])
    return function


def _evaluate(form: Any, names: dict[str, object]) -> Any:
    match form:
        case str():
            return names[form]
        case ["fn", parameters, body]:
            return _function(parameters, body, names)
        case ["list", *items]:
            return [_evaluate(item, names) for item in items]
        case ["map", *entries]:
            return {key: _evaluate(item, names) for key, item in zip(entries[::2], entries[1::2], strict=True)}
        case ["get", collection, key]:
            return select(_evaluate(collection, names), [key])
        case ["-", operand]:
            return -_evaluate(operand, names)
        case [str() as name, *operands] if name in ARITHMETIC:
            return reduce(ARITHMETIC[name], [_evaluate(operand, names) for operand in operands])
        case [str() as name, *operands]:
            options = operands.pop() if operands and isinstance(operands[-1], dict) else {}
            function = _public(name if "/" in name else f"tensors/{name}")
            return function(*[_evaluate(operand, names) for operand in operands], **_options(options, names))
        case bool() | int() | float() | None:
            return form
        case _:
            raise ValueError(f"not a form: {form!r}")
