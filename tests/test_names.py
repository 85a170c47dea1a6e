"""The names of one language in the other, by the table that Clojure's tests read too."""

from __future__ import annotations

import contextlib
import json
import keyword
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pybridge import clojure
from pybridge._names import candidates, function_name, kebab, snake
from pybridge.errors import ClojureError, ConversionError

TABLE = json.loads((Path(__file__).parent / "fixtures" / "names.json").read_text(encoding="utf-8"))
WORDS = st.lists(st.from_regex(r"[^\W_]+", fullmatch=True).filter(lambda word: word.isalpha()), min_size=1, max_size=4)
ANY = st.text(st.one_of(st.sampled_from("aZ9é²-_!?>*./"), st.characters(exclude_categories=["Cn", "Cs"])), max_size=12)

used: list[tuple[str, int]] = []


def rows(section: str) -> list:
    """A section's rows for `parametrize`; what ran is held against all that there are."""
    return [pytest.param((section, i), row, id=f"{section}-{i}") for i, row in enumerate(TABLE[section])]


@pytest.fixture(scope="module")
def key_of():
    """A Python str as the key that Clojure sees in a dict, printed when it is a keyword; None when it stays text."""
    return clojure.eval("(fn [m] (let [k (first (keys m))] (when (keyword? k) (subs (str k) 1))))")


@pytest.fixture(scope="module")
def text_of():
    return clojure.eval("(fn [s] (keyword s))")


@pytest.mark.parametrize(("place", "row"), rows("data"))
def test_data(place, row, key_of, text_of):
    used.append(place)
    name, python, only = row["clojure"], row["python"], row.get("only")
    if only != "to-clojure":
        assert snake(name) == python == text_of(name)
    if only != "to-python":
        assert key_of({python: 1}) == name
        assert name is None or kebab(python) == name
    else:
        assert key_of({python: 1}) != name


@pytest.mark.parametrize(("place", "row"), rows("classes"))
def test_classes(place, row):
    used.append(place)
    assert function_name(row["python"]) == row["function"]
    assert kebab(row["function"]) == row["clojure"]


@pytest.mark.parametrize(("place", "row"), rows("vars"))
def test_vars(place, row):
    """A namespace finds the var under its attribute and lists that, or finds it under its own name alone."""
    used.append(place)
    name, attribute = row["clojure"], row["python"]
    found = "only" not in row
    assert (attribute is not None and name in candidates(attribute)) == found
    if name == "a/b":
        return  # which no var is called
    with defined(name) as namespace:
        assert dir(namespace) == ([attribute] if found else [])
        if found:
            assert getattr(namespace, attribute) == name
        if name != "__init__":
            assert getattr(namespace, name) == name


def test_every_python_word_is_in_the_table():
    assert {row["clojure"] for row in TABLE["vars"]} >= set(keyword.kwlist)


@pytest.mark.parametrize(("place", "row"), rows("candidates"))
def test_candidates(place, row):
    used.append(place)
    assert candidates(row["python"]) == row["clojure"]
    for i in range(len(row["clojure"])):
        with defined(*row["clojure"][i:]) as namespace:
            assert getattr(namespace, row["python"]) == row["clojure"][i]


@pytest.mark.parametrize(("place", "row"), rows("same"))
def test_same(place, row):
    used.append(place)
    assert len({snake(name) for name in row}) == 1
    first, second = row
    for code in (f"{{:{first} 1, :{second} 2}}", f"#{{:{first} :{second}}}"):
        with pytest.raises(ConversionError, match="are equal in Python"):
            clojure.eval(code)
    with pytest.raises(ClojureError, match="are one in Python; keep one of them"):
        clojure.eval(f"""
            (require '[pybridge.core :as pb])
            ((pb/run "lambda **options: options") (pb/kw :{first} 1) (pb/kw :{second} 2))
        """)


def test_every_row_was_used():
    assert sorted(used) == [
        (section, i) for section in sorted(TABLE) if section != "about" for i in range(len(TABLE[section]))
    ]


@given(WORDS)
def test_names_of_words_come_back(words):
    assert snake("-".join(words)) == "_".join(words)
    assert kebab("_".join(words)) == "-".join(words)
    assert kebab(snake("-".join(words))) == "-".join(words)


@given(ANY.filter(lambda name: "-" not in name))
def test_no_two_python_names_become_one(name):
    assert snake(kebab(name)) == name


@pytest.fixture(scope="module")
def theirs():
    return clojure.eval("""
        (require 'pybridge.names)
        (fn [s] [(pybridge.names/->snake s) (pybridge.names/->kebab s) (pybridge.names/function-name s)
                 (vec (pybridge.names/candidates s))])
    """)


@given(name=ANY)
def test_clojure_says_the_same(theirs, name):
    assert theirs(name)[:2] == [snake(name), kebab(name)]
    assert theirs(name)[3] == candidates(name)
    if name.isascii():
        assert theirs(name)[2] == function_name(name)


@pytest.mark.parametrize("name", ["clojure.core", "clojure.string", "pybridge.training", "pybridge.tensors"])
def test_dir_lists_what_getattr_finds(name):
    namespace = clojure.require(name)
    public = clojure.eval(f"(mapv str (keys (ns-publics '{name})))")
    assert dir(namespace) == sorted({attribute for var in public for attribute in [spelt(var)] if attribute})
    for attribute in dir(namespace):
        try:
            getattr(namespace, attribute)
        except ConversionError as refused:  # found, and of a kind that has no form in Python
            assert name == "clojure.core" and "has no form in Python" in str(refused)


def spelt(var: str) -> str | None:
    """The identifier by which a namespace finds a var, said without `->identifier`; None when there is none."""
    bare = var[:-1] if var[-1:] in ("!", "?") else var
    for word in (bare.replace("-", "_"), bare.replace("-", "_") + "_"):
        if word.isidentifier() and not keyword.iskeyword(word) and var in candidates(word):
            return word
    return None


def test_dir_lists_the_names_of_training():
    assert {"fit", "early_stopping"} <= set(dir(clojure.require("pybridge.training")))


def test_of_two_vars_the_one_of_that_very_name_is_meant():
    with defined("f", "f!", "g?", "g!", "a-b", "a_b") as namespace:
        assert dir(namespace) == ["a_b", "f", "g"]
        assert [namespace.f, namespace.g, namespace.a_b] == ["f", "g!", "a-b"]
        assert [getattr(namespace, name) for name in ("f!", "g?", "a-b")] == ["f!", "g?", "a-b"]


def test_a_namespaces_own_var_comes_before_what_it_refers_to():
    with defined("find!") as namespace:
        clojure.eval("(clojure.core/refer 'clojure.core)", namespace="names.scratch")
        assert namespace.find == "find!"
        assert namespace.map(clojure.eval("inc"), [1]) == [2]
        assert dir(namespace) == ["find"]


def test_a_private_var_stands_in_the_way_of_a_public_one():
    with defined("f!", "g!") as namespace:
        clojure.eval("(def ^:private f :hidden)", namespace="names.scratch")
        assert dir(namespace) == ["g"]
        assert getattr(namespace, "f!") == "f!"


def test_what_is_set_is_found():
    with defined() as namespace:
        for attribute in ("x", "is_empty", "class_", "_hidden", "a__b"):
            setattr(namespace, attribute, attribute)
            assert getattr(namespace, attribute) == attribute
        assert dir(namespace) == sorted(["x", "is_empty", "class_", "_hidden", "a__b"])
        with pytest.raises(AttributeError, match="__doc__ is for Python itself, and names no var"):
            namespace.__doc__ = "text"


@contextlib.contextmanager
def defined(*names: str) -> Iterator[clojure.Namespace]:
    """A namespace of vars whose values are their names, for as long as the block runs."""
    define = clojure.eval(
        "(fn [names] (create-ns 'names.scratch) (doseq [n names] (intern 'names.scratch (symbol n) n)))"
    )
    define(list(names))
    try:
        yield clojure.Namespace("names.scratch")
    finally:
        clojure.eval("(remove-ns 'names.scratch) nil")
