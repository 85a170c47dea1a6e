"""What pybridge tells clj-kondo of its macros: each is there, and read as it works."""

from __future__ import annotations

import json
from pathlib import Path

import edn_format
import pytest
from edn_format import Keyword

from pybridge import clojure
from pybridge.clojure import codegen

FOLDER = "clj-kondo.exports/io.github.pybridge/pybridge"
EXPORT = Path(__file__).parents[1] / "clj" / "src" / FOLDER

MACROS = """
(fn [namespaces]
  (vec (for [n (map symbol namespaces), v (do (require n) (vals (ns-publics n))) :when (:macro (meta v))]
         (str (symbol v)))))
"""

# Code in which `M` is the macro, of the same value when it is what the macro is read as.
USES = {
    "pybridge.core/fn": ["((M [x & more] [x more]) 1 2)", "((M named [x] (if (pos? x) (named (dec x)) x)) 3)"],
    "pybridge.core/defn": [
        '(do (M summed "A sum." {:added "1"} ([x] (summed x 1)) ([x y] (+ x y))) [(summed 2) (:doc (meta #\'summed))])',
        "(do (M ^:private twice [^long x] (* 2 x)) [(twice 2) (:private (meta #'twice)) (:arglists (meta #'twice))])",
    ],
    "pybridge.core/with": [
        "(M [] 1 2)",
        '(M [f (pybridge.core/call (pybridge.core/module "io") :StringIO "text"), g f] (pybridge.core/call g :read))',
    ],
    "pybridge.core/..": [
        '(M (pybridge.core/module "math") -pi)',
        '(M (pybridge.core/->py "a b") (split :maxsplit 1) [0])',
    ],
    "pybridge.core/..*": ['(M (pybridge.core/module "sys") -path)'],
    "pybridge.core/with-scope": ["(M 1)", "(let [x 1] (M (inc x) x))"],
    "pybridge.autodiff/with-tape": ["(M [tape] 1)", "(M [tape {:persistent true}] 1 (some? tape))", "(M [_] 1)"],
}


def entries() -> dict[str, str]:
    """What each macro is read as: a macro of Clojure's, or one of ours in a file of hooks."""
    config = edn_format.loads((EXPORT / "config.edn").read_text(encoding="utf-8"))
    hooks = config[Keyword("hooks")][Keyword("macroexpand")]
    return {str(name): str(read_as) for name, read_as in [*config[Keyword("lint-as")].items(), *hooks.items()]}


def test_every_public_macro_has_an_entry():
    namespaces = [f"pybridge.{name}" for name in ("core", "ops", *codegen.SUBJECTS)]
    assert sorted(clojure.eval(MACROS)(namespaces)) == sorted(entries()) == sorted(USES)


@pytest.mark.parametrize("macro", USES)
def test_what_a_macro_is_read_as_takes_what_it_takes(macro):
    clojure.eval(f"(require '{macro.split('/')[0]})")
    read_as = entries()[macro]
    if read_as.startswith("hooks."):
        file = EXPORT / (read_as.split("/")[0].replace(".", "/").replace("-", "_") + ".clj_kondo")
        clojure.eval(f"(binding [*ns* *ns*] (load-file {json.dumps(str(file))}) nil)")
    for code in USES[macro]:
        assert clojure.eval(code.replace("M", macro)) == clojure.eval(code.replace("M", read_as)), code


def test_it_is_on_the_class_path():
    assert clojure.eval(f'(some? (clojure.java.io/resource "{FOLDER}/config.edn"))')
