"""Answers in numbers: which are right, and what is said of the others."""

from __future__ import annotations

import json

import numpy as np
import pytest
import tensorflow as tf

from pybridge.errors import OptionError
from pybridge.exercises import check
from pybridge.exercises._functions import FUNCTIONS
from pybridge.exercises._numbers import asked_for_numbers

EXERCISES = list(asked_for_numbers().values())
IDS = [exercise["id"] for exercise in EXERCISES]


def test_every_chapter_has_exercises_of_both_kinds():
    for chapter in ("ch01", "ch02", "ch03", "road"):
        assert sum(id.startswith(f"{chapter}/") for id in IDS) >= 3
        assert sum(id.startswith(f"{chapter}/") for id in FUNCTIONS) >= 2
    assert len({*IDS, *FUNCTIONS}) == len(IDS) + len(FUNCTIONS)


@pytest.mark.parametrize("exercise", EXERCISES, ids=IDS)
def test_an_exercise_is_whole(exercise):
    assert list(exercise) == [
        "id", "chapter", "expected", "dtype", "rtol", "atol", "hints", "mistakes",
    ]  # fmt: skip
    assert exercise["id"].startswith(exercise["chapter"] + "/")
    assert {"shape", "value"} <= set(exercise["hints"]) <= {"shape", "dtype", "value"}
    assert ("dtype" in exercise["hints"]) == (exercise["dtype"] is not None)


@pytest.mark.parametrize("exercise", EXERCISES, ids=IDS)
def test_the_expected_value_is_right(exercise):
    assert check(exercise["id"], exercise["expected"]) == {"right": True, "says": "Right."}


@pytest.mark.parametrize("exercise", EXERCISES, ids=IDS)
def test_a_known_mistake_is_named(exercise):
    for mistake in exercise["mistakes"]:
        assert check(exercise["id"], mistake["value"]) == {"right": False, "says": mistake["says"]}


@pytest.mark.parametrize("exercise", EXERCISES, ids=IDS)
@pytest.mark.parametrize("change", [lambda x: x * 1.7, lambda x: x * 1000, lambda x: -x - 1, lambda x: x + 0.07])
def test_a_wrong_value_is_said_to_be_wrong_without_the_right_one(exercise, change):
    answer = check(exercise["id"], change(np.asarray(exercise["expected"], float)).tolist())
    assert not answer["right"]
    assert "off by" in answer["says"]
    assert answer["says"].endswith(exercise["hints"]["value"])
    assert json.dumps(exercise["expected"]) not in answer["says"]


def test_the_distance_grows_in_steps():
    for value, says in [
        (2.955, "too large, off by less than 1 %"),
        (2.7, "too small, off by less than 10 %"),
        (4.0, "too large, off by less than a half"),
        (0.1, "too small, off by less than its own size"),
        (9.0, "off by more than its own size"),
        (40.0, "off by more than ten times its size"),
        (-4000.0, "too small, off by more than a hundred times its size"),
    ]:
        assert says in check("ch02/three-steps", value)["says"]


def test_numbers_in_place_are_counted():
    assert check("road/ema", [0.1, 0.29, 0.5])["says"].startswith(
        "The shape is right, and 2 of 3 numbers are; of the others, it is off by less than a half."
    )
    assert "1 of 3 numbers are; of the others, the worst is off by" in check("road/ema", [0.1, 0.3, 0.5])["says"]


def test_shapes_are_told_apart():
    for id, value, says in [
        ("ch02/prepare-images", [0.0, 0.2], "Your answer has shape (2,), which is one axis too few. Keep the axis"),
        ("ch02/prepare-images", np.zeros((2, 2, 2)), "Your answer has shape (2, 2, 2), which is one axis too many."),
        ("ch02/prepare-images", np.zeros((4, 2)), "shape (4, 2): axis 0 is too long, axis 1 is too short."),
        ("ch02/three-steps", [2.952], "The answer is a single number; yours has shape (1,)."),
        ("road/ema", 0.561, "The answer has more than one number in it; yours is a single one."),
        ("ch03/dense-gradient", np.zeros((1, 1, 1, 1)), "which is 2 axes too many."),
    ]:
        answer = check(id, value)
        assert not answer["right"]
        assert says in answer["says"]


def test_a_dtype_counts_where_the_value_has_one():
    pixels = [[0.0, 0.2, 0.4, 0.6], [0.8, 1.0, 0.0, 0.0]]
    assert check("ch02/prepare-images", pixels)["right"]
    assert check("ch02/prepare-images", tf.constant(pixels))["right"]
    says = check("ch02/prepare-images", np.array(pixels))["says"]
    assert says.startswith("The dtype is float64, and float32 is asked for. The weights")


@pytest.mark.parametrize("kind", [list, np.array, tf.constant, tf.Variable])
def test_an_answer_may_be_of_any_kind(kind):
    assert check("road/ema", kind([0.1, 0.29, 0.561]))["right"]


def test_what_is_no_number_is_said_so():
    for value, says in [
        (None, "There is no value yet"),
        (lambda x: x, "That is a function: call it"),
        ("2.5", "The answer is made of numbers, and this is not"),
        ([[1.0], [1.0, 2.0]], "ragged"),
        (2.5 + 0j, "real numbers"),
        (float("nan"), "not finite"),
        (float("inf"), "not finite"),
    ]:
        answer = check("ch01/mean-squared-error", value)
        assert not answer["right"]
        assert says in answer["says"]


def test_underscores_in_an_id_are_hyphens():
    assert check("ch02/three_steps", 2.952)["right"]


def test_an_unknown_exercise_names_its_neighbours():
    with pytest.raises(OptionError, match="no exercise 'ch02/broadcast'; did you mean ch02/broadcast-shape"):
        check("ch02/broadcast", 1)
    with pytest.raises(OptionError, match="no exercise 'xyzzy'; there are ch01/mean-squared-error, "):
        check("xyzzy", 1)
