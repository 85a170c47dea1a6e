"""Clojure's data, as deps.edn, project.clj and the `ns` form of a source are read."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pybridge import clojure
from pybridge.clojure.edn import UNREAD, Symbol, forms

NAMES = st.from_regex(r":?[a-z][a-z0-9*+!?-]{0,5}(/[a-z]{1,3})?", fullmatch=True).filter(
    lambda name: name not in ("nil", "true", "false")
)
DATA = st.recursive(
    st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), max_size=6) | NAMES.map(Symbol),
    lambda inner: st.lists(inner, max_size=3).map(tuple) | st.dictionaries(NAMES.map(Symbol), inner, max_size=3),
    max_leaves=8,
)


def written(data: object) -> str:
    """Data as Clojure's printer writes it, with what readers pass over in between."""
    match data:
        case Symbol():
            return data
        case str():
            return '"' + data.replace("\\", "\\\\").replace('"', '\\"') + '"'
        case tuple():
            return "[" + ", ".join(["#_ (gone [1])", *map(written, data)]) + "]"
        case dict():
            return "{" + "".join(f"{key} {written(value)} ; a comment )\n" for key, value in data.items()) + "}"


@given(DATA)
def test_what_is_written_is_read(data):
    (read,) = forms(written(data))
    assert (read, type(read)) == (data, type(data))


def test_clojure_reads_the_same():
    text = r"""{:paths ["src" "a\"b\\c\u00e9\n"], :deps #:mvn{:version x/y :local {:own/key 1.5}} "text" #{a}}"""
    (read,) = forms(text)
    assert read == {
        ":paths": ("src", 'a"b\\cé\n'),
        ":deps": {":mvn/version": "x/y", ":mvn/local": {":own/key": "1.5"}},
        "text": ("a",),
    }
    shown = clojure.eval("(fn [text] (let [found (read-string text)] [(:paths found) (str (:deps found))]))")(text)
    assert shown == [["src", 'a"b\\cé\n'], "{:mvn/version x/y, :mvn/local {:own/key 1.5}}"]


@pytest.mark.parametrize(
    "code, read",
    [
        ("~(version)", UNREAD),
        ("[~@more 1]", (UNREAD, "1")),
        ('#"a\\"(b"', UNREAD),
        ("#(inc %)", UNREAD),
        ("#?(:clj 1 :cljs 2)", UNREAD),
        ('#inst "2026"', UNREAD),
        ("@x", UNREAD),
        ('^{:doc "it"} name', "name"),
        ("^:private ^String name", "name"),
        ("'name", "name"),
        ("#'name", "name"),
        ("a'b#", "a'b#"),
        ("\\( ", "\\("),
        ("\\newline", "\\newline"),
        ("#_ #_ 1 2 3", "3"),
        ("#!/usr/bin/env clojure\n3", "3"),
        ("##Inf", "##Inf"),
        ('{#"key" 1, [1] 2, :a 3}', {":a": "3"}),
        ('"\\101"', "\\101"),
    ],
)
def test_code_is_left_unread_and_metadata_out(code, read):
    assert list(forms(code)) == [read]


@pytest.mark.parametrize(
    "text, says",
    [
        ("{:a\n", "line 1: { is not closed"),
        ("{:a 1}\n(b\n]", "line 3: ] where ) should be, for ("),
        ("\n}", "line 2: } without its beginning"),
        ("{:a}", "line 1: a map with a key that has no value"),
        ('\n["abc]', "line 2: a string that does not end"),
        ("[1 #_]", "line 1: ] without its beginning"),
        ("^:meta", "line 1: nothing after ^"),
    ],
)
def test_broken_data_names_its_line(text, says):
    with pytest.raises(ValueError) as raised:
        list(forms(text))
    assert str(raised.value) == says


def test_what_stands_before_a_broken_form_is_read():
    assert next(forms("(ns a.b) (broken")) == ("ns", "a.b")
