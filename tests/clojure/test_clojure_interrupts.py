"""Interrupts that reach Python where it has the GIL in C, and after the JVM has run out of memory."""

from __future__ import annotations

from programs import clojure

LONG_MATCH = """
    (require '[pybridge.core :as pb])
    (pb/start!)
    (def match (pb/attr (pb/module "re") :match))
    (defn interrupted [f]
      (let [main (Thread/currentThread)
            waiting (future (Thread/sleep 500) (.interrupt main))]
        (try (f) (catch Exception e [(:py/type (ex-data e)) (.isInterrupted main)]) (finally @waiting))))
    (def text (apply str (repeat 60 "a")))
"""


def test_a_regular_expression_is_interrupted_on_pythons_main_thread():
    done = clojure(LONG_MATCH + '(prn (interrupted #(match "(a+)+b" text)) (pb/run "1 + 1")) (shutdown-agents)')
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == '["KeyboardInterrupt" false] 2'


def test_interrupts_are_delivered_after_the_memory_gave_out():
    done = clojure(
        LONG_MATCH
        + """
        (defn exhaust []
          (try (loop [xs []] (recur (conj xs (long-array 100000)))) (catch OutOfMemoryError _ :exhausted)))
        (defn busy-elsewhere []
          (let [begun (promise)
                nap (pb/run "import time\\ndef nap(begun):\\n    begun()\\n    while True: time.sleep(0.001)\\nnap")
                ended (promise)
                running (future (try (nap #(deliver begun 1))
                                     (catch Exception e (deliver ended (:py/type (ex-data e))))))]
            @begun
            (future-cancel running)
            (deref ended 20000 :late)))
        (dotimes [_ 3] (exhaust) (Thread/sleep 200))
        (prn (exhaust) (interrupted #(match "(a+)+b" text)) (busy-elsewhere))
        (shutdown-agents)
        """,
        JAVA_TOOL_OPTIONS="-Xmx256m",
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == ':exhausted ["KeyboardInterrupt" false] "KeyboardInterrupt"'
