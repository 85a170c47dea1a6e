"""How programs end whose threads, of both languages, print, compute, call and wait: the tables of docs/ending.md."""

from __future__ import annotations

import os
import signal
import sys

from ends import Case

from pybridge.clojure import options, quickstart
from pybridge.clojure.classpath import classpath
from pybridge.clojure.java import find_java

NO_JVM = """
import atexit, os, signal, sys, threading, time
from concurrent.futures import ThreadPoolExecutor

def start(work):
    def go():
        while True: work()
    threading.Thread(target=go, daemon=True).start()

for _ in range(2):
    start(lambda: print("a line of Python's"))
start(lambda: sum(range(1000)))
pool = ThreadPoolExecutor(2)
pool.map(time.sleep, [0.01] * 20)
"""

PYTHON = f"""{NO_JVM}
from pybridge import clojure

clojure.eval('''
(require '[pybridge.core :as pb])
(def one (pb/run "lambda: 1"))
(future (while true (println "a line of Clojure's")))
(future (while true (reduce + (range 10000))))
(future @(promise))
(dotimes [_ 2] (future (while true (one))))
(defn go-on [x] (send-off *agent* go-on) (+ x (one)))
(send-off (agent 0) go-on)
''')
start(lambda: clojure.eval("(+ 1 1)"))
start(clojure.eval("(fn [] @(promise))"))
print("\\nready", flush=True)
"""

STARTING = f"""{NO_JVM}
import pybridge._ending
from pybridge import clojure
threading.Thread(target=clojure.start, daemon=True).start()
while not pybridge._ending._steps: time.sleep(0.001)
print("\\nready", flush=True)
"""

TENSORFLOW = """
import tensorflow as tf
square = tf.random.normal((500, 500))
start(lambda: tf.matmul(square, square))
computed = tf.autograph.experimental.do_not_convert(lambda x: tf.reduce_sum(tf.matmul(square, square)))
tf.kept = iter(tf.data.Dataset.range(10**9).map(computed).prefetch(10**6))
next(tf.kept)
print("\\nready", flush=True)
"""

TRACEBACK = r"Traceback \(most recent call last\):\n.*"
WAIT = "time.sleep(600)"


def python(name: str, code: str, status: int, stderr: str = "", **way: object) -> Case:
    """A Python program."""
    return Case(f"python, {name}", [sys.executable, "program.py"], status, stderr, {"program.py": code}, **way)


def java(name: str, code: str, status: int, stderr: str = "", **way: object) -> Case:
    """A Clojure program in a JVM of its own."""
    found, entries = find_java(), classpath()
    quick = [*options.COMMON, *quickstart.java_options(found, entries), "-cp", os.pathsep.join(entries)]
    command = [str(found.executable), *quick, "clojure.main", "program.clj"]
    return Case(f"jvm, {name}", command, status, stderr, {"program.clj": code}, **way)


ENDS = {  # of Python: code, status, stderr
    "end of the program": ("", 0, ""),
    "sys.exit(3)": ("sys.exit(3)", 3, ""),
    "sys.exit('words')": ("sys.exit('words')", 1, "words\n"),
    "an exception": ("1 / 0", 1, TRACEBACK + "ZeroDivisionError: division by zero\n"),
    "KeyboardInterrupt": ("raise KeyboardInterrupt", -signal.SIGINT, TRACEBACK + "KeyboardInterrupt\n"),
    "os._exit(4)": ("os._exit(4)", 4, ""),
    "SIGTERM by itself": ("os.kill(os.getpid(), signal.SIGTERM); time.sleep(600)", -signal.SIGTERM, ""),
}
SIGNALS = {
    "Ctrl-C": (signal.SIGINT, -signal.SIGINT, TRACEBACK + "KeyboardInterrupt\n"),
    "SIGTERM": (signal.SIGTERM, -signal.SIGTERM, ""),
}
PIPE = r".*BrokenPipeError: \[Errno 32\] Broken pipe\n"

HOSTED = """
(require '[pybridge.core :as pb])
(pb/run "
import concurrent.futures, threading, time
def go(work):
    while True: work()
def start(work):
    threading.Thread(target=go, args=(work,), daemon=True).start()
for _ in range(2):
    start(lambda: print('a line of Python'))
start(lambda: sum(range(1000)))
pool = concurrent.futures.ThreadPoolExecutor(2)
pool.map(time.sleep, [0.01] * 20)
")
(def start (pb/from-python :start))
(def one (pb/run "lambda: 1"))
(start (fn [] (+ 1 1)))
(start (fn [] @(promise)))
(defn daemon [f] (doto (Thread. ^Runnable f) (.setDaemon true) .start))
(daemon #(while true (println "a line of Clojure's")))
(daemon #(while true (reduce + (range 10000))))
(daemon #(while true (one)))
(defn go-on [x] (send-off *agent* go-on) (+ x (one)))
(def busy (send-off (agent 0) go-on))
(def forever (future (while true (one))))
(def waiting (future @(promise)))
(println "\\nready")
"""
CTRL_C = "(interrupted\n)?"

IN_CLOJURE = f"""(pb/run "{TENSORFLOW.replace('"', "'").replace(chr(92), chr(92) * 2)}")"""

CASES = [
    *(python(f"busy, {name}", PYTHON + end, *told) for name, (end, *told) in ENDS.items()),
    *(python(f"busy, {name}", PYTHON + WAIT, *told, by=number) for name, (number, *told) in SIGNALS.items()),
    *(
        python(f"busy, {name} inside Clojure", PYTHON + 'clojure.eval("@(promise)")', *told, by=number)
        for name, (number, *told) in SIGNALS.items()
    ),
    python("busy, (System/exit 5)", PYTHON + 'clojure.eval("(System/exit 5)")', 5),
    python("busy, (System/exit 5) on another thread", PYTHON + f'clojure.eval("(future (System/exit 5))")\n{WAIT}', 5),
    python("busy, nobody reads any more", PYTHON + "while True: print(1)", 120, PIPE, reader_leaves=True),
    *(python(f"while the JVM starts, {name}", STARTING + end, *told) for name, (end, *told) in ENDS.items()),
    *(
        python(f"while the JVM starts, {name}", STARTING + WAIT, *told, by=number)
        for name, (number, *told) in SIGNALS.items()
    ),
    *(
        python(f"busy, TensorFlow computes, {name}", PYTHON.replace("ready", "") + TENSORFLOW + end, *told)
        for name, (end, *told) in ENDS.items()
    ),
    *(
        python(f"TensorFlow computes, no JVM, {name}", "import pybridge.tensors" + NO_JVM + TENSORFLOW + end, *told)
        for name, (end, *told) in ENDS.items()
    ),
    java("busy, (System/exit 4)", HOSTED + "(System/exit 4)", 4),
    java("busy, (System/exit 4) inside Python", HOSTED + '((pb/run "lambda f: f()") (fn [] (System/exit 4)))', 4),
    java("busy, (System/exit 4) in a future", HOSTED + "@(future (System/exit 4))", 4),
    java("busy daemons, end of main", HOSTED.partition("(defn go-on")[0], 0),
    java("end of main, agents shut down", HOSTED.partition("(defn go-on")[0] + "@(future (one)) (shutdown-agents)", 0),
    java("busy, an exception", HOSTED + '(throw (ex-info "nobody catches this" {}))', 1, ".*nobody catches this.*"),
    java("busy, Ctrl-C", HOSTED + "@(promise)", 130, by=signal.SIGINT),
    java("busy, Ctrl-C inside Python", HOSTED + '(pb/run "time.sleep(600)")', 130, CTRL_C, by=signal.SIGINT),
    java("busy, SIGTERM", HOSTED + "@(promise)", 143, by=signal.SIGTERM),
    java("busy, SIGTERM inside Python", HOSTED + '(pb/run "time.sleep(600)")', 143, by=signal.SIGTERM),
    java("busy, SIGHUP", HOSTED + "@(promise)", 129, by=signal.SIGHUP),
    java("busy, nobody reads any more", HOSTED + "(Thread/sleep 100) (System/exit 6)", 6, ".*", reader_leaves=True),
    java("TensorFlow computes, (System/exit 4)", HOSTED + IN_CLOJURE + "(System/exit 4)", 4),
    java(
        "TensorFlow computes, SIGTERM", HOSTED.replace("ready", "") + IN_CLOJURE + "@(promise)", 143, by=signal.SIGTERM
    ),
]
