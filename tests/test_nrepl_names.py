"""What an editor on nREPL is told of names: documentation, arguments, completions."""

from __future__ import annotations

FUNCTION = """
(ns documented (:require [pybridge.core :as pb]))
(def spaced (pb/run "
def spaced(start, stop, num=50, *, dtype=None):
    'Evenly spaced numbers.'
spaced"))
(def number (pb/->py 1))
(def own "of my own" spaced)
"""


def test_a_var_that_holds_a_function_of_pythons_has_documentation_and_arguments(editor):
    editor.ask(op="eval", code=FUNCTION)
    arglists = "([start stop] [start stop num & options])"
    said = editor.ask(op="lookup", ns="documented", sym="spaced")["info"]
    assert said["arglists-str"] == arglists
    assert said["doc"] == "__main__.spaced(start, stop, num=50, *, dtype=None)\n\n  Evenly spaced numbers."
    printed = editor.ask(op="eval", ns="documented", code="(require 'clojure.repl) (clojure.repl/doc spaced)")["out"]
    assert "([start stop] [start stop num & options])\n" in printed and "Evenly spaced numbers." in printed
    assert "doc" not in editor.ask(op="lookup", ns="documented", sym="number")["info"]
    assert editor.ask(op="lookup", ns="documented", sym="own")["info"]["doc"] == "of my own"

    editor.ask(op="eval", ns="documented", code='(def spaced (pb/run "lambda x: x"))')
    assert editor.ask(op="lookup", ns="documented", sym="spaced")["info"]["arglists-str"] == "([x])"


def test_so_has_one_in_a_file_that_is_loaded(editor):
    file = FUNCTION.replace("ns documented", "ns loaded-documented").replace('(def own "of my own" spaced)', "")
    editor.ask(op="load-file", file=file)
    said = editor.ask(op="lookup", ns="loaded-documented", sym="spaced")["info"]
    assert "Evenly spaced numbers." in said["doc"]


def completions(editor, prefix: str) -> list[str]:
    """What the servers of nREPL and of CIDER offer: the former answers to `completions`."""
    return [found["candidate"] for found in editor.ask(op="completions", prefix=prefix)["completions"]]


def test_no_namespace_of_pybridges_own_affairs_is_offered(editor):
    code = ":pybridge.native.call/x (require 'pybridge.graphs 'pybridge.native.call '[pybridge.core :as pb])"
    editor.ask(op="eval", code=code)
    offered = completions(editor, "pybridge.")
    assert {"pybridge.core", "pybridge.graphs", "pybridge.require-python"} <= set(offered)
    assert not {name.split(".")[1] for name in offered} & {"native", "unsafe", "runtime", "names", "once", "handle"}
    for prefix in (
        "pybridge.nat",
        "pybridge.native.call/",
        "pybridge.runtime/in",
        "#'pybridge.runtime/in",
        ":pybridge.native",
    ):
        assert completions(editor, prefix) == []
    assert "pb/run" in completions(editor, "pb/r")
    assert "clojure.string/upper-case" in completions(editor, "clojure.string/up")
