"""Threads with little stack: a call between the languages is right or refused in a sentence, and nothing crashes."""

from __future__ import annotations

import re

import pytest
from programs import clojure, python

REFUSED = re.compile(
    r"(RecursionError:? |ClojureError StackOverflowError: )?too little of this thread's stack of \d+ KB is left "
    r"for a call between Clojure and Python; is a function calling itself for ever\? Otherwise give threads more: "
    r"-Xss8m for Java's, threading\.stack_size\(8 \* 2\*\*20\) for Python's"
    r"|(ClojureError )?calls between Clojure and Python are nested more than 200 deep; "
    r"is a function calling itself across the bridge\?"
)

DOWN = """
(require '[pybridge.core :as pb])
(defn down [call n] (if (zero? n) 0 (inc (call (fn [] (down call (dec n)))))))
(defn on-stack [kilobytes f]
  (let [result (promise)]
    (.start (Thread. nil (fn [] (deliver result (try (f) (catch Throwable t (ex-message t)))))
                     "small" (* kilobytes 1024)))
    (deref result 60000 :late)))
(defn downs [call sizes depths]
  (vec (for [size sizes, depth depths] [size depth (on-stack size (fn [] (down call depth)))])))
"""
DEPTHS = [1, 3, 20, 150, 200, 201]


def judged(outcomes: list) -> set[int]:
    """See that each of [size, depth, outcome] is the depth or a refusal; the sizes on which one call went through."""
    able = set()
    for size, depth, outcome in outcomes:
        assert outcome == depth or REFUSED.fullmatch(str(outcome)), (size, depth, outcome)
        if depth == 1 and outcome == 1:
            able.add(size)
    return able


def test_threads_of_javas_where_the_jvm_hosts():
    done = clojure(
        DOWN + '(pr (downs (pb/run "lambda f: f()") [64 128 192 256 320 512 1024 8192] [1 3 20 150 200 201]))'
    )
    assert done.returncode == 0, done.stderr
    outcomes = re.findall(r'\[(\d+) (\d+) ("(?:\\.|[^"])*"|\d+)\]', done.stdout)
    assert len(outcomes) == 8 * len(DEPTHS), done.stdout
    outcomes = [
        [int(size), int(depth), int(found) if found.isdigit() else found[1:-1]] for size, depth, found in outcomes
    ]
    assert {320, 512, 1024, 8192} <= judged(outcomes)
    assert [8192, 200, 200] in outcomes


@pytest.mark.parametrize("who", ["java", "python", "python calls"])
def test_threads_where_python_hosts(who):
    done = python(f"""
        import threading
        from pybridge import clojure
        clojure.eval({DOWN!r})
        user = clojure.Namespace("user")
        identity = clojure.eval("(fn [f] (f))")

        def call(f):
            return f()

        def down(n):
            return 0 if n == 0 else 1 + identity(lambda: down(n - 1))

        def on_stack(kilobytes, f, *xs):
            found = []

            def run():
                try:
                    found.append(f(*xs))
                except BaseException as error:
                    found.append(f"{{type(error).__name__}} {{error}}")

            threading.stack_size(kilobytes * 1024)
            thread = threading.Thread(target=run)
            thread.start()
            thread.join(60)
            return found[0]

        sizes, depths = [192, 256, 320, 512, 1024, 8192], {DEPTHS}
        match {who!r}:
            case "java":
                found = user.downs(call, sizes, depths)
            case "python":
                found = [[s, d, on_stack(s, user.down, call, d)] for s in sizes for d in depths]
            case "python calls":
                found = [[s, d, on_stack(s, down, d)] for s in sizes for d in depths]
        print(found)
    """)
    assert done.returncode == 0, done.stderr
    outcomes = eval(done.stdout)
    assert len(outcomes) == 6 * len(DEPTHS)
    assert {320, 512, 1024, 8192} <= judged(outcomes)
    assert [8192, 150, 150] in outcomes


def test_a_thread_without_room_for_one_call_is_refused():
    done = python("""
        import threading
        from pybridge import clojure
        inc = clojure.eval("inc")
        said = []

        def run():
            try:
                said.append(inc(1))
            except RecursionError as error:
                said.append(str(error))

        threading.stack_size(160 * 1024)
        thread = threading.Thread(target=run)
        thread.start()
        thread.join()
        print(said[0])
    """)
    assert done.returncode == 0
    assert REFUSED.fullmatch(done.stdout.strip())
