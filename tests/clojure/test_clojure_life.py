"""What outlives what: exits, late callbacks and finalizers end in an error or nothing, never in a crash."""

from __future__ import annotations

import pytest
from programs import clojure, python


def test_a_callback_that_outlives_the_program():
    done = python("""
        import atexit
        from pybridge import clojure
        late = clojure.eval("(fn [x] (inc x))")
        def at_exit():
            try:
                print(late(1))
            except Exception as error:
                print(type(error).__name__)
        atexit.register(at_exit)
        print(late(1))
    """)
    assert done.returncode == 0
    assert done.stdout.splitlines()[0] == "2"
    assert done.stdout.splitlines()[1] in ("2", "ClojureError", "RuntimeError")


def test_a_finalizer_at_exit():
    done = python("""
        from pybridge import clojure
        f = clojure.eval("(fn [] 1)")
        class Last:
            def __del__(self):
                try:
                    f()
                except BaseException:
                    pass
        last = Last()
        keep = [last]
    """)
    assert done.returncode == 0


def test_a_future_still_running_at_exit():
    done = python("""
        from pybridge import clojure
        clojure.eval("(def running (promise)) (def busy (future (deliver running true) @(promise)))")
        clojure.eval("@running")
        print("done")
    """)
    assert done.stdout == "done\n"


def test_a_future_still_calling_python_at_exit():
    done = python("""
        from pybridge import clojure
        clojure.eval("(require '[pybridge.core :as pb]) (def f (pb/run \\"lambda: 1\\")) (def calling (promise))")
        clojure.eval("(def busy (future (while true (f) (deliver calling true))))")
        clojure.eval("@calling")
        print("done", flush=True)
    """)
    assert done.stdout == "done\n"


def test_a_jvm_host_ends_with_handles_and_threads_left():
    done = clojure("""
        (require '[pybridge.core :as pb])
        (def kept (pb/->py [1 2 3]))
        (def f (pb/run "lambda: 1"))
        (def calling (promise))
        (defn call-for-ever [] (try (while true (f) (deliver calling true)) (catch Throwable _)))
        (doto (Thread. call-for-ever) (.setDaemon true) .start)
        @calling
        (println (count kept))
        (shutdown-agents)
    """)
    assert done.returncode == 0, done.stderr
    assert "3" in done.stdout.splitlines()


def test_calls_after_shutdown_are_refused():
    done = clojure("""
        (require '[pybridge.core :as pb] '[pybridge.native.env :as env])
        (def kept (pb/->py [1 2 3]))
        (.set env/closing true)
        (println (try (count kept) (catch IllegalStateException e (ex-message e))))
        (println (str kept))
        (.halt (Runtime/getRuntime) 0)
    """)
    refusal = "Python is shutting down; no more calls are taken"
    assert [line for line in done.stdout.splitlines() if "shutting" in line] == [refusal, f"#py[{refusal}]"]


def test_requiring_a_namespace_starts_no_python():
    done = clojure("""
        (require 'pybridge.core 'pybridge.tensors 'pybridge.autodiff 'pybridge.runtime)
        (println (pybridge.runtime/started?))
    """)
    assert done.stdout.splitlines()[-1] == "false"


def test_a_signal_that_came_just_before_a_call_that_waits():
    done = python("""
        import ctypes, time
        from pybridge import clojure
        signal_while_holding_the_gil = ctypes.PyDLL(None)["raise"]
        wait = clojure.eval("(fn [signal sleep] (signal 2) (sleep 200))")
        for _ in range(20):
            try:
                wait(signal_while_holding_the_gil, time.sleep)
            except KeyboardInterrupt:
                print("heard")
    """)
    assert done.stdout == "heard\n" * 20, done.stderr


def test_a_jvm_keeps_its_signals_from_pythons_development_mode():
    done = clojure(
        """
        (require '[pybridge.core :as pb])
        (println (pb/run "import faulthandler, sys\n[sys.flags.dev_mode, faulthandler.is_enabled()]"))
        (shutdown-agents)
        """,
        PYTHONDEVMODE="1",
    )
    assert done.stdout.splitlines() == ["[true false]"], done.stderr


@pytest.mark.parametrize(("options", "environment"), [(["-X", "dev"], {}), ([], {"PYTHONMALLOC": "debug"})])
def test_a_round_of_everything_under_pythons_own_checks(options, environment):
    code = r'''
        from pybridge import clojure
        clojure.eval("""
            (require '[pybridge.core :as pb])
            (let [same (pb/run "lambda x: x") call (pb/run "lambda f, *xs: f(*xs)")]
              (dotimes [_ 200]
                (same [1 "é" {:a #{1 [2]}} (byte-array 3) (double-array 3) nil])
                (call (fn [x] (inc x)) 1)
                (try (call (fn [] (throw (ex-info "x" {})))) (catch Exception _))
                (try (pb/run "1 / 0") (catch Exception _))
                (pb/with-scope (str (pb/->py [1])))
                (pb/buffer (same (double-array 4))))
              (System/gc))
        """)
        print("done")
    '''
    done = python(code, *options, **environment)
    assert done.stdout.endswith("done\n"), done.stderr


@pytest.mark.parametrize("moment", [0.02, 0.1, 0.15, 0.2, 0.3, 0.5])
def test_an_interrupt_while_clojure_starts_leaves_it_started(moment):
    done = python(f"""
        import os, signal, threading, time
        import jpype
        from pybridge import clojure
        threading.Timer({moment}, os.kill, (os.getpid(), signal.SIGINT)).start()
        try:
            clojure.start()
            time.sleep(20)
        except KeyboardInterrupt:
            print(signal.getsignal(signal.SIGINT) is signal.default_int_handler, clojure.eval("(+ 1 2)"))
    """)
    assert (done.returncode, done.stdout) == (0, "True 3\n"), done.stderr
