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


def test_ctrl_c_ends_clojures_wait_without_them():
    done = python(
        """
        import os, signal, sys, threading
        from pybridge import clojure
        clojure.start()
        heard = []
        signal.signal(signal.SIGUSR1, lambda number, frame: heard.append(number))
        threading.Timer(0.2, os.kill, (os.getpid(), signal.SIGUSR1)).start()
        print(clojure.eval("(do (Thread/sleep 1000) 5)"), len(heard))
        threading.Timer(0.2, os.kill, (os.getpid(), signal.SIGINT)).start()
        try:
            clojure.eval("(Thread/sleep 60000)")
        except KeyboardInterrupt:
            print(clojure.eval("(do (Thread/sleep 100) 6)"))
        print([name for name in sys.modules if "unsafe" in name])
        """,
        PYBRIDGE_UNSAFE="0",
    )
    assert (done.stdout, done.stderr) == ("5 1\n6\n['pybridge.clojure._unsafe']\n", "")
