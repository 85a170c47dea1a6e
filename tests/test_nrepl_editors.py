"""What editors send to an nREPL server, in their order: each message is answered, and none is waited for in vain.

CIDER sends those of nrepl-client.el and cider-client.el, Calva those of src/nrepl/index.ts and src/printer.ts. The
source of Cursive is not public: it speaks by the operations of nREPL itself.
"""

from __future__ import annotations

import pytest
from nrepl_client import Client

PRINT = "nrepl.middleware.print/"
FILE = """
(ns edited.core (:require [pybridge.core :as pb] [pybridge.tensors :as t]))
(def f (pb/run "
def f(x, y=1):
    'Add.'
    return x + y
f"))
(f 1)
"""
PLACED = {"file": "/src/edited/core.clj", "line": 7, "column": 3, "ns": "edited.core"}
LOADED = {"op": "load-file", "file": FILE, "file-path": "edited/core.clj", "file-name": "core.clj"}

CIDER = [
    ({"op": "clone"}, {"new-session"}),
    ({"op": "describe", "verbose?": "true"}, {"ops", "versions"}),
    ({"op": "eval", "code": '(seq (.split (System/getProperty "java.class.path") ":"))'}, {"value"}),
    (
        {"op": "eval", "code": "(apply require clojure.main/repl-requires)", "inhibit-cider-middleware": "true"},
        {"value"},
    ),
    (LOADED, {"value"}),
    (
        {
            "op": "eval",
            "code": "(f 1)",
            **PLACED,
            f"{PRINT}stream?": "1",
            f"{PRINT}print": "nrepl.util.print/pr",
            f"{PRINT}quota": 1048576,
            f"{PRINT}buffer-size": 4096,
        },
        {"value"},
    ),
    (
        {"op": "eval", "code": "(t/ones [2])", "content-type": "true", f"{PRINT}stream?": "1", "ns": "edited.core"},
        {"value"},
    ),
    (
        {
            "op": "completions",
            "prefix": "t/on",
            "ns": "edited.core",
            "options": {"extra-metadata": ["arglists", "doc"]},
        },
        {"completions"},
    ),
    ({"op": "lookup", "sym": "f", "ns": "edited.core"}, {"info"}),
    ({"op": "ls-sessions"}, {"sessions"}),
    ({"op": "ls-middleware"}, {"middleware"}),
    ({"op": "cider/complete", "prefix": "t/on", "ns": "edited.core"}, "unknown-op"),
    ({"op": "cider/eldoc", "sym": "f", "ns": "edited.core"}, "unknown-op"),
    ({"op": "cider/ns-list-vars-by-name", "name": "f"}, "unknown-op"),
    ({"op": "interrupt"}, "session-idle"),
    ({"op": "stdin", "stdin": "\n"}, set()),
    ({"op": "close"}, "session-closed"),
]

CALVA = [
    ({"op": "eval", "code": "*ns*"}, {"value"}),
    ({"op": "clone"}, {"new-session"}),
    ({"op": "describe", "verbose": 1}, {"ops", "versions"}),
    (
        {"op": "eval", "code": "(when-let [requires (resolve 'clojure.main/repl-requires)] (apply require @requires))"},
        {"value"},
    ),
    (LOADED | {"fileName": "core.clj", "filePath": "edited/core.clj", "pprint": 1}, {"value"}),
    (
        {
            "op": "eval",
            "code": "(t/ones [2])",
            **PLACED,
            "pprint": 1,
            f"{PRINT}print": "nrepl.util.print/pr",
            f"{PRINT}options": {"print-meta": 1},
        },
        {"value"},
    ),
    (
        {
            "op": "eval",
            "code": "1",
            f"{PRINT}print": "cider.nrepl.pprint/pprint",
            f"{PRINT}options": {"right-margin": 120},
        },
        {"value"},
    ),
    ({"op": "complete", "symbol": "t/on", "ns": "edited.core", "context": "(__prefix__)"}, "unknown-op"),
    ({"op": "info", "symbol": "f", "ns": "edited.core"}, "unknown-op"),
    ({"op": "classpath"}, "unknown-op"),
    ({"op": "format-code", "code": "(+ 1)", "options": {"indents": {}}}, "unknown-op"),
    ({"op": "out-subscribe", "verbose": 1}, "unknown-op"),
    ({"op": "ls-sessions"}, {"sessions"}),
    ({"op": "interrupt", "interrupt-id": "none"}, "session-idle"),
    ({"op": "close"}, "session-closed"),
]

CURSIVE = [
    ({"op": "describe"}, {"ops", "versions"}),
    ({"op": "clone"}, {"new-session"}),
    (LOADED, {"value"}),
    ({"op": "eval", "code": "(f 1)", **PLACED}, {"value"}),
    ({"op": "completions", "prefix": "f", "ns": "edited.core"}, {"completions"}),
    ({"op": "lookup", "sym": "t/ones", "ns": "edited.core"}, {"info"}),
    ({"op": "close"}, "session-closed"),
]


@pytest.mark.parametrize("sent", [CIDER, CALVA, CURSIVE], ids=["CIDER", "Calva", "Cursive"])
def test_each_message_of_an_editor_is_answered(nrepl_port, sent):
    client = Client(nrepl_port)
    for message, expected in sent:
        answer = client.ask(**message)
        assert answer["err"] == "", message
        if isinstance(expected, str):
            assert expected in answer["status"], message
        else:
            assert (expected - set(answer), "error" in answer["status"]) == (set(), False), (message, answer)
    client.close()


def test_the_place_of_an_evaluation_is_its_files(editor):
    """Calva and CIDER send where a form stands; an error and a var's `M-.` lead there."""
    editor.ask(**LOADED)
    editor.ask(op="eval", code="(defn placed [] (f 1 2 3))", **PLACED)
    assert editor.ask(op="eval", code="((juxt :file :line :column) (meta #'placed))", ns="edited.core")["value"] == (
        '["/src/edited/core.clj" 7 3]'
    )
    editor.ask(op="eval", code="(placed)", **PLACED)
    code = '(some #(when (= "edited.core$placed" (.getClassName %)) (.getLineNumber %)) (.getStackTrace *e))'
    assert editor.ask(op="eval", code=code)["value"] == "7"


def test_a_session_that_is_closed_is_unknown(nrepl_port):
    client = Client(nrepl_port)
    client.ask(op="close")
    assert "unknown-session" in client.ask(op="eval", code="1")["status"]
    client.close()
