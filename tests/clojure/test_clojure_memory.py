"""What is dropped on either side is freed before it fills the machine, whatever its type."""

from __future__ import annotations

import json
import sys

import pytest
from programs import clojure, last_line, one_of_three, python

MAKERS = """
def holder(i):
    class Holder: pass
    made = Holder()
    made.inside = bytearray(b"x") * 8_000_000
    return made
def cycle(i):
    made = holder(i)
    made.itself = made
    return made
def buffer(i):
    return bytearray(b"x") * 8_000_000
def kept_list(i):
    return [i] * 1_000_000
def most():
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmHWM")) // 1024
"""
# Four hundred objects of 8 MB; the sum shows that each was there.
DROP = """
(require '[pybridge.core :as pb])
(defn drop-all []
  (let [main (pb/module "__main__")]
    (reduce + (for [kind [:holder :cycle :buffer :kept_list], i (range 100)]
                (do (pb/call* main kind i) 1)))))
"""
MEGABYTES = 512

linux = pytest.mark.skipif(sys.platform != "linux", reason="elsewhere only arrays and tensors are weighed")


@linux
def test_dropped_objects_of_a_python_that_hosts_a_jvm():
    done = python(
        f"from pybridge import clojure\n{MAKERS}\nclojure.eval({DROP!r})\nprint(clojure.eval('(drop-all)'), most())"
    )
    count, most = map(int, done.stdout.split())
    assert count == 400
    assert most < MEGABYTES


@linux
def test_dropped_objects_of_a_jvm_that_hosts_python():
    done = clojure(f"""
        {DROP}
        (pb/run {json.dumps(MAKERS)})
        (println (drop-all) ((pb/from-python :most)))
        (shutdown-agents)
    """)
    count, most = map(int, done.stdout.splitlines()[-1].split())
    assert count == 400
    assert most < MEGABYTES


@linux
def test_objects_given_to_clojure_functions_alone():
    """Nothing here calls Python from Clojure: the calls of Clojure have to let go what it has dropped."""
    done = python(f"""from pybridge import clojure
{MAKERS}
f = clojure.eval("(fn [x] 1)")
print(sum(f(make(i)) for make in (holder, buffer) for i in range(200)), most())
""")
    count, most = map(int, done.stdout.split())
    assert count == 400
    assert most < MEGABYTES


def test_clojure_objects_in_cycles_of_pythons():
    """Each holds 8 MB of a heap of 400: Python's collector has to look for them."""
    done = python(
        """
        from pybridge import clojure
        make = clojure.eval("(fn [] (java.util.concurrent.atomic.AtomicReference. (long-array 1000000)))")
        class Cycle:
            def __init__(self, x):
                self.x, self.itself = x, self
        for _ in range(120):
            Cycle(make())
        print("done")
        """,
        JAVA_TOOL_OPTIONS="-Xmx400m",
    )
    assert done.stdout == "done\n", done.stderr


HOLD = """
class Owner: pass
def hold(make, n):
    total = 0
    for i in range(n):
        f = make()
        total += f()
        if i % 2:
            owner = Owner()
            owner.f, owner.itself = f, owner
    return total
"""
MAKE = "(fn [] (let [a (byte-array 8000000)] (fn [] (count a))))"
SMALL_HEAP = "-Xmx300m"  # with room for thirty of a hundred and twenty


def test_clojure_functions_that_python_drops():
    """Every other one is in a cycle of Python's, and nothing but calls of Clojure is there to notice."""
    done = python(
        f"from pybridge import clojure\n{HOLD}\nprint(hold(clojure.eval({MAKE!r}), 120))", JAVA_TOOL_OPTIONS=SMALL_HEAP
    )
    assert done.stdout == "960000000\n", done.stderr


def test_clojure_functions_that_a_python_inside_a_jvm_drops():
    program = f"""
        (require '[pybridge.core :as pb])
        (pb/run {json.dumps(HOLD)})
        (println ((pb/from-python :hold) {MAKE} 120))
        (shutdown-agents)
    """
    one_of_three(lambda: last_line(clojure(program, JAVA_TOOL_OPTIONS=SMALL_HEAP)), "960000000")


def test_what_is_in_use_is_not_collected_for_ever():
    """A gigabyte and more that is kept: ever fewer collections look at it."""
    done = python("""
        from pybridge import clojure
        clojure.eval("(require '[pybridge.core :as pb])")
        collections = clojure.eval('''
            (fn [] (reduce + (map #(.getCollectionCount ^java.lang.management.GarbageCollectorMXBean %)
                                  (java.lang.management.ManagementFactory/getGarbageCollectorMXBeans))))''')
        keep = clojure.eval("(let [kept (atom [])] (fn [x] (swap! kept conj x) nil))")
        before = collections()
        for _ in range(200):
            keep(bytearray(b"x") * 8_000_000)
        print(collections() - before)
    """)
    assert int(done.stdout) <= 8, done.stderr
