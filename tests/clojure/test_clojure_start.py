"""What a start does no more of than it must: the C functions that it links, what JPype reads, what is loaded."""

from __future__ import annotations

import os
import re

import pytest
from programs import clojure, python, with_namespace

FIRST_CALL = '(require \'[pybridge.core :as pb]) (prn (pb/call (pb/module "math") :sqrt 4)) (shutdown-agents)'


def loaded(log) -> list[str]:
    """The classes in a log of those that a JVM has loaded, without what makes the names of hidden ones their own."""
    return [re.sub("/.*", "", name) for name in re.findall(r"\] (\S+) source:", log.read_text())]


def logging(log) -> dict[str, str]:
    return {"JAVA_TOOL_OPTIONS": f"-Xlog:class+load:file={log}"}


@pytest.mark.parametrize(("unsafe", "most"), [("1", 11), ("0", 24)])
def test_c_functions_are_linked_when_they_are_called(tmp_path, unsafe, most):
    done = clojure(FIRST_CALL, PYBRIDGE_UNSAFE=unsafe, **logging(tmp_path / "log"))
    assert done.stdout.endswith("2.0\n"), done.stderr
    assert loaded(tmp_path / "log").count("jdk.internal.foreign.abi.DowncallStub") <= most


def test_jpype_is_given_nothing_that_it_would_read_for_long(tmp_path):
    done = python("from pybridge import clojure\nprint(clojure.eval('(+ 1 1)'))", **logging(tmp_path / "log"))
    assert done.stdout == "2\n", done.stderr
    inner = [name for name in loaded(tmp_path / "log") if re.fullmatch(r"clojure\.lang\.IFn\$[DLO]+", name)]
    assert len(inner) < 60  # 337, where JPype has an IFn; the others are what functions of Clojure's implement


STARTED_BY_OTHERS = """
import sys, threading, jpype
from pybridge import clojure
from pybridge.clojure.classpath import classpath
from pybridge.clojure.java import find_java

jpype.startJVM(str(find_java().libjvm), "--enable-native-access=ALL-UNNAMED", classpath=CLASSPATH)

def first():
    try:
        print(clojure.eval("[1 (str *ns*)]"))
    except Exception as failure:
        print(type(failure).__name__, failure)

if THREAD:
    thread = threading.Thread(target=first); thread.start(); thread.join()
first()
"""


@pytest.mark.parametrize("thread", [False, True])
def test_a_jvm_that_others_have_started(thread):
    done = python(STARTED_BY_OTHERS.replace("CLASSPATH", "classpath()").replace("THREAD", str(thread)))
    assert set(done.stdout.splitlines()) == {"[1, 'user']"}, done.stderr


def test_a_jvm_that_others_have_started_without_clojure():
    done = python(STARTED_BY_OTHERS.replace("CLASSPATH", "[]").replace("THREAD", "False"))
    assert done.stdout == (
        "StartError Clojure did not start: its jars or pybridge's sources are not on the class path of the JVM in this "
        "process (Class clojure.lang.RT is not found); start pybridge first, or add `pybridge classpath` to that JVM's "
        "class path\n"
    ), done.stderr


def test_a_failure_to_attach_is_told_in_its_own_words_and_again(tmp_path):
    failing = (
        '(ns pybridge.native.attach (:require [pybridge.native.capi :as capi])) (throw (capi/unknown-function "PyX"))'
    )
    done = python(
        """
        from pybridge import clojure
        for _ in range(2):
            try:
                clojure.start()
            except Exception as failure:
                print(type(failure).__name__, failure)
        """,
        PYBRIDGE_CLASSPATH=with_namespace("native/attach", failing, tmp_path),
    )
    assert done.stdout == "StartError this Python has no PyX; pybridge needs CPython 3.11 or newer\n" * 2, done.stderr


def test_a_start_that_has_failed_half_way():
    done = python(
        """
        import sys
        from pybridge import clojure
        for broken in (True, False):
            if broken:
                sys.modules["pybridge.clojure.support"] = None
            else:
                del sys.modules["pybridge.clojure.support"]
            try:
                clojure.start()
            except Exception as failure:
                print(type(failure).__name__, failure)
        """
    )
    first, second = done.stdout.splitlines()
    assert first.startswith("StartError this Python cannot import pybridge ("), done.stderr
    assert second == "StartError Clojure has failed to start in this process before; start the program again"


def test_a_first_call_from_clojure_loads_no_more_than_it_needs():
    done = clojure(
        """
        (require '[pybridge.core :as pb])
        (pb/call (pb/module "math") :sqrt (first [4]))
        ((pb/run "lambda f, x: f(x)") identity {:a [1 "x"]})
        (def modules ["numpy" "jpype" "zipfile" "subprocess" "pybridge.clojure._jvm" "pybridge.clojure.classpath"])
        (prn (remove nil? (map (pb/run "lambda name: name if name in __import__('sys').modules else None") modules)))
        (prn (filter find-ns '[clojure.pprint pybridge.session.interrupt pybridge.unsafe.stop]))
        (shutdown-agents)
        """
    )
    assert done.stdout.splitlines()[-2:] == ["()", "()"], done.stderr


def test_a_first_evaluation_from_python_loads_no_more_than_it_needs():
    done = python(
        """
        from pybridge import clojure
        names = "clojure.pprint pybridge.core pybridge.runtime pybridge.native.start pybridge.native.find"
        print(clojure.eval(f"(filter find-ns '[{names} pybridge.unsafe.stop])"))
        """
    )
    assert done.stdout == "[]\n", done.stderr


def test_arrays_of_a_numpy_that_is_imported_late():
    done = clojure(
        """
        (require '[pybridge.core :as pb])
        (def kind (pb/run "lambda x: type(x).__name__"))
        (prn (kind [1 2]) (pb/run "'numpy' in __import__('sys').modules"))
        (pb/run "import numpy")
        (prn (pb/->clj (pb/run "numpy.arange(3)")) (pb/run "numpy.float32(1.5)") (count (pb/run "numpy.zeros((4, 2))")))
        (prn (kind (float-array 3)) (pb/run "numpy.ones(2)"))
        (shutdown-agents)
        """
    )
    assert done.stdout.splitlines()[-3:] == [
        '"list" false',
        "[0 1 2] 1.5 4",
        '"ndarray" #array[float64 (2) [1.0 1.0]]',
    ], done.stderr


ORCHARD = """
(ns orchard.print (:require [clojure.string]))
(defmulti print (fn [x _writer] (class x)))
(defmethod print :default [_ ^java.io.Writer writer] (.write writer "other"))
(defmethod print clojure.lang.IDeref [_ ^java.io.Writer writer] (.write writer "deref"))
"""
PRINTERS = """
    (def first-of-them '{first})
    (doseq [library first-of-them] (require library))
    (require '[pybridge.core :as pb])
    (def x (pb/run "__import__('numpy').zeros(2)"))
    (require 'clojure.pprint 'orchard.print)
    (clojure.pprint/pprint [x])
    (println (let [writer (java.io.StringWriter.)] (orchard.print/print x writer) (str writer)))
    (shutdown-agents)
"""


@pytest.mark.parametrize("first", ["[]", "[clojure.pprint orchard.print]", "[orchard.print]"])
def test_printers_that_are_loaded_before_or_after(tmp_path, monkeypatch, first):
    (tmp_path / "orchard").mkdir()
    (tmp_path / "orchard" / "print.clj").write_text(ORCHARD)
    monkeypatch.setenv("PYBRIDGE_CLASSPATH", os.fspath(tmp_path))
    done = clojure(PRINTERS.replace("{first}", first))
    assert done.stdout.splitlines()[-2:] == ["[#array[float64 (2) [0.0 0.0]]]", "#array[float64 (2) [0.0 0.0]]"], (
        done.stderr
    )


STARTED_WITH_A_HOOK = """
import jpype
from pybridge import clojure
from pybridge.clojure import options
from pybridge.clojure.classpath import classpath
from pybridge.clojure.java import find_java

jpype.startJVM(str(find_java().libjvm), *options.COMMON, classpath=classpath())
java = jpype.JPackage("java").lang
add = java.Runtime.class_.getMethod("addShutdownHook", java.Thread.class_)  # JPype's own would keep it to itself
add.invoke(java.Runtime.getRuntime(), java.Thread())
print(clojure.eval("(+ 1 1)"))
"""


def test_a_jvm_with_a_shutdown_hook_that_has_no_task():
    """Such as that of a Java agent, which is a kind of thread of its own."""
    done = python(STARTED_WITH_A_HOOK)
    assert done.stdout == "2\n", done.stderr
