"""Every case with a call, run in Python; the files against their schema; and an account of the ids that ran."""

from __future__ import annotations

import json
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import jsonschema
import pytest

from pybridge.book import fixtures
from pybridge.errors import DataError

FOLDER = Path(__file__).parent / "fixtures"
CASES = fixtures.read_cases(FOLDER)
SCHEMA = json.loads((FOLDER / "schema.json").read_text())
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)

ran: list[str] = []


def raw_cases() -> list[dict]:
    return [case for name in fixtures.CHAPTERS for case in json.loads((FOLDER / f"{name}.json").read_text())["cases"]]


@pytest.mark.parametrize("case", [case for case in CASES if case.call], ids=lambda case: case.id)
def test_case(case):
    ran.append(case.id)
    assert fixtures.run(case) == []


def test_each_id_with_a_call_ran_once():
    assert fixtures.account([case["id"] for case in raw_cases() if "call" in case], ran) == []


def test_all_chapters_are_read():
    assert {path.stem for path in FOLDER.glob("*.json")} - {"schema", "conversion", "names"} == set(fixtures.CHAPTERS)
    assert [case.id for case in CASES] == [case["id"] for case in raw_cases()]


def test_the_schema_is_one():
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize("chapter", fixtures.CHAPTERS)
def test_files_fit_the_schema(chapter):
    VALIDATOR.validate(json.loads((FOLDER / f"{chapter}.json").read_text()))


@pytest.mark.parametrize("case", raw_cases(), ids=lambda case: case["id"])
def test_no_number_comes_from_the_code_under_test(case):
    assert not any(word in case["source"].lower() for word in ("pybridge", "this project", "our own", "tensorflow"))


COMPUTING = (
    *("tensors", "linalg", "naive", "graphs", "autodiff", "losses", "metrics", "optimizers", "attention", "models"),
    *("training", "data"),
)

NO_NUMBER_OF_THEIR_OWN = {
    "graphs/to_dot": "text",
    "autodiff/tape": "a block of code",
    "autodiff/differentiate": "a block of code",
    "models/summary": "text",
    "models/save": "a file",
    "models/load": "a file",
    "data/load_fashion_mnist": "images that are fetched when they are asked for",
    "training/EarlyStopping": "a callback",
    "training/Checkpoint": "a callback, and files",
}


def strings(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for item in value.values() if isinstance(value, dict) else value:
            yield from strings(item)


def test_each_function_that_computes_is_called_by_a_case():
    public = {f"{name}/{member}" for name in COMPUTING for member in import_module(f"pybridge.{name}").__all__}
    called = {text.partition(".")[0] for text in strings(raw_cases())}
    assert public - called == NO_NUMBER_OF_THEIR_OWN.keys()


GOOD = {"id": "ch02/sum", "source": "by hand: 1 + 2 = 3", "call": "tensors/sum", "args": [[1, 2]], "expected": 3}


def without(key: str) -> dict:
    return {k: v for k, v in GOOD.items() if k != key}


def test_the_schema_takes_a_good_case():
    VALIDATOR.validate({"title": "Sums", "cases": [GOOD]})


@pytest.mark.parametrize(
    "bad",
    [
        without("id"),
        without("source"),
        without("expected"),
        without("call"),
        GOOD | {"id": "ch04/sum"},
        GOOD | {"id": "ch02/Sum"},
        GOOD | {"source": "NumPy: np.sum"},
        GOOD | {"source": "it looks right"},
        GOOD | {"call": "sum"},
        GOOD | {"args": {"x": 1}},
        GOOD | {"args": [{"ref": "x", "plus": 1}]},
        GOOD | {"args": [{"form": ["add", "x", 1]}]},
        GOOD | {"inputs": {"x": {"dtype": "float32"}}},
        GOOD | {"inputs": {"x": {"value": 1, "dtype": "float"}}},
        GOOD | {"inputs": {"x": {"value": 1, "call": "tensors/ones"}}},
        GOOD | {"raises": {"type": "ShapeError", "match": "sum"}},
        GOOD | {"invariant": "symmetric"},
        GOOD | {"expected": {"float": "nine"}},
        GOOD | {"dtype": "float31"},
        GOOD | {"atol": -1},
        GOOD | {"rtol": 0.5},
        GOOD | {"select": []},
        GOOD | {"skip": True},
        without("expected") | {"invariant": "beautiful"},
        without("expected") | {"raises": {"type": "ShapeError"}},
        without("expected") | {"raises": {"type": "ShapeError", "match": "sum"}, "dtype": "float32"},
    ],
)
def test_the_schema_refuses_a_bad_case(bad):
    assert not VALIDATOR.is_valid({"title": "Sums", "cases": [bad]})


def test_account_tells_missing_extra_and_repeated_ids():
    assert fixtures.account(["a", "b"], ["b", "a"]) == []
    assert fixtures.account(["a", "b"], ["a"]) == ["not run: b"]
    assert fixtures.account(["a"], ["a", "b", "c"]) == ["run, but in no file: b, c"]
    assert fixtures.account(["a"], ["a", "a"]) == ["run more than once: a"]


def case(**fields) -> fixtures.Case:
    return fixtures.Case(id="ch02/x", source="by hand: x", call="tensors/sum", **fields)


def test_a_wrong_result_is_told():
    assert fixtures.run(case(args=[[1, 2]], expected=4, dtype="int64")) == [
        "value: expected 4, got 3 (off by 1, 0 allowed)"
    ]


def test_an_error_that_nobody_expected_is_raised():
    with pytest.raises(TypeError):
        fixtures.run(case(expected=3))


def test_an_expected_error_that_does_not_come_is_told():
    expecting = case(args=[[1, 2]], expects="raises", raises={"type": "ShapeError", "match": "axis 5"})
    assert len(fixtures.run(expecting)) == 1
    assert fixtures.run(expecting)[0].startswith("expected ShapeError, got the value")


def test_another_error_than_the_expected_is_told():
    expecting = case(expects="raises", raises={"type": "ShapeError", "match": r"axis \d"})
    assert fixtures.check_error(expecting, "ShapeError", "sum: no axis 5") == []
    assert fixtures.check_error(expecting, "DtypeError", "sum: no axis 5") == [
        "expected ShapeError, got DtypeError: sum: no axis 5"
    ]
    assert fixtures.check_error(expecting, "ShapeError", "sum: no") == [
        r"ShapeError says 'sum: no', which does not match 'axis \\d'"
    ]
    assert fixtures.check_error(case(expected=3), "ShapeError", "no") == ["expected a value, got ShapeError: no"]


@pytest.mark.parametrize(("ids", "message"), [(["ch02/a", "ch02/a"], "more than one"), (["ch03/a"], "another chapter")])
def test_ids_that_cannot_be_told_apart_or_stand_in_the_wrong_file_are_refused(tmp_path, ids, message):
    for chapter in fixtures.CHAPTERS:
        cases = [GOOD | {"id": id} for id in ids] if chapter == "ch02" else []
        (tmp_path / f"{chapter}.json").write_text(json.dumps({"title": "x", "cases": cases}))
    with pytest.raises(DataError, match=message):
        fixtures.read_cases(tmp_path)
