"""The bridge without its unsafe parts."""

from __future__ import annotations

import pytest
from programs import clojure, python

CROSSINGS = """
    (require '[pybridge.core :as pb])
    (prn ((pb/run "lambda f, x: f(x)") (fn [x] {:got x}) [1 2.5 "x" nil]))
    (prn (try (pb/run "1 / 0") (catch Exception failure (ex-message failure))))
    (prn (:py/type (ex-data (try (pb/call (pb/module "math") :sqrt "x") (catch Exception failure failure)))))
    (prn (try
           ((fn deeper [n] (inc (deeper (pb/call (pb/module "operator") :add n 1)))) 0)
           (catch StackOverflowError error :too-deep)))
    (prn (some #(re-find #"^pybridge\\\\.unsafe\\\\." (str (ns-name %))) (all-ns)))
"""
SAID = ['{:got [1 2.5 "x" nil]}', '"ZeroDivisionError: division by zero"', '"TypeError"', ":too-deep", "nil"]


@pytest.mark.parametrize("host", ["jvm", "python"])
def test_everything_works_without_them(host):
    if host == "jvm":
        done = clojure(CROSSINGS, PYBRIDGE_UNSAFE="0")
    else:
        done = python(f"from pybridge import clojure\nclojure.eval('''{CROSSINGS}''')", PYBRIDGE_UNSAFE="0")
    assert done.stdout.splitlines() == SAID, done.stderr
