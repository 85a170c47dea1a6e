"""Where an exception from outside may be thrown into Clojure code, judged by its stack."""

from __future__ import annotations

import pytest

from pybridge import clojure

SESSION = ["clojure.lang.Compiler.eval", "pybridge.native.evaluation$show.invoke", "java.lang.Thread.run"]


@pytest.fixture(scope="module")
def safe_to_stop():
    """Whether code with a stack of these frames may be stopped; each is CLASS.METHOD, the innermost first."""
    clojure.require("pybridge.unsafe.stop")
    return clojure.eval(
        """(fn [frames]
             (pybridge.unsafe.stop/safe-to-stop?
               (for [frame frames, :let [[_ class-name method] (re-matches #"(.*)[.]([^.]*)" frame)]]
                 (StackTraceElement. class-name method "file" 1))))"""
    )


@pytest.mark.parametrize(
    "frames",
    [
        ["user$eval1.invoke"],
        ["user$f.invoke", "user$eval1.invoke"],
        ["clojure.lang.Numbers.add", "clojure.core$reduce.invoke", "user$eval1.invoke"],
        ["java.util.HashMap.put", "user$eval1.invoke"],
        [
            "clojure.core$filter$fn__1.invoke",
            "clojure.core$pr.invoke",
            "pybridge.native.evaluation$printed_value$fn__1.invoke",
        ],
        ["clojure.lang.Iterate.next", "clojure.lang.RT.countFrom", "clojure.lang.RT.count", "user$eval1.invoke"],
        ["clojure.core$print_sequential.invokeStatic", "clojure.lang.RT.printString", "user$eval1.invoke"],
        ["clojure.core$pr.invoke", "clojure.lang.Var.invoke", "clojure.lang.RT.print", "user$eval1.invoke"],
        ["clojure.core$count.invoke", "clojure.lang.Var.applyTo", "clojure.core$apply.invoke", "user$eval1.invoke"],
        ["java.lang.Thread.sleep", "user$eval1.invoke"],
        ["pybridge.naive$relu.invoke", "user$eval1.invoke"],
        ["my.own$f.invoke", "java.util.concurrent.ConcurrentHashMap.compute", "user$eval1.invoke"],
        ["user$f.invoke", "pybridge.native.call$call.invoke", "user$eval1.invoke"],
        ["user$eval2.invoke", "clojure.lang.Compiler.eval", "user$eval1.invoke"],
    ],
)
def test_a_blocks_own_code_may_be_stopped(safe_to_stop, frames):
    assert safe_to_stop(frames + SESSION) is True


@pytest.mark.parametrize(
    "frames",
    [
        [],
        ["pybridge.native.call$call.invoke", "user$eval1.invoke"],
        ["java.lang.String.getBytes", "pybridge.native.text$string_to_python.invoke", "user$eval1.invoke"],
        ["pybridge.runtime$invoke.invoke", "user$eval1.invoke"],
        ["pybridge.core$call.invoke", "user$eval1.invoke"],
        ["pybridge.unsafe.bytecode$call.invoke", "user$eval1.invoke"],
        ["pybridge.session.interrupt$begin_block_BANG_.invoke"],
        ["java.util.concurrent.locks.LockSupport.park", "clojure.core$deref.invoke", "user$eval1.invoke"],
        ["clojure.lang.RT.load", "user$eval1.invoke"],
        ["jdk.internal.misc.Unsafe.park", "user$eval1.invoke"],
        ["java.lang.ClassLoader.loadClass", "clojure.lang.RT.classForName", "user$eval1.invoke"],
        ["java.lang.invoke.MethodHandles.lookup", "user$eval1.invoke"],
        ["clojure.lang.Compiler.analyze", "clojure.core$eval.invoke", "user$eval1.invoke"],
        ["clojure.lang.Var.pushThreadBindings", "user$eval1.invoke"],
        ["clojure.core$push_thread_bindings.invokeStatic", "clojure.core$pr.invoke", "user$eval1.invoke"],
        ["user$f.invoke", "my.own.Type.<clinit>", "user$eval1.invoke"],
        ["clojure.core$pr_str.invoke"],
    ],
)
def test_elsewhere_it_may_not(safe_to_stop, frames):
    assert safe_to_stop(frames + SESSION) is False


def test_a_rehearsal_begins_with_a_thread_that_has_loaded_what_it_needs():
    """One that is stopped earlier may hold the locks of a class that loads, or lack what catches the exception."""
    clojure.require("pybridge.unsafe.stop")
    begun = clojure.eval("""
        (let [name "a rehearsal of the tests"
              rehearsed (fn []
                          (pybridge.unsafe.stop/start-rehearsal-thread! name)
                          (let [thread (some #(when (= name (.getName ^Thread %)) %) (keys (Thread/getAllStackTraces)))
                                frames (map #(.getClassName ^StackTraceElement %) (.getStackTrace ^Thread thread))]
                            (pybridge.unsafe.stop/end-rehearsal-thread!)
                            (.join ^Thread thread)
                            (remove #(.startsWith ^String % "java.util.concurrent.atomic.") frames)))]
          (frequencies (map first (repeatedly 300 rehearsed))))
    """)
    assert list(begun.values()) == [300] and "start_rehearsal_thread" in next(iter(begun)), begun
