"""The nREPL server as an editor uses it: evaluation, output while it runs, and an interrupt that Python hears."""

from __future__ import annotations

import os
import re
import subprocess
import time
from pathlib import Path

import pytest
from nrepl_client import DEBIANS_NREPL, PYBRIDGE, Client, listening

from pybridge.clojure import options
from pybridge.clojure.classpath import classpath
from pybridge.clojure.edn import forms
from pybridge.clojure.java import find_java

ROOT = Path(__file__).parents[1]


def wait_for(path: Path) -> None:
    while not path.exists():
        time.sleep(0.01)


PYTHON = """
(pb/run "
import pathlib
try:
    while True:
        pathlib.Path('BEGUN').touch()
finally:
    pathlib.Path('ENDED').touch()
")
"""

TRAINING = """
(require '[pybridge.models :as models] '[pybridge.tensors :as t] '[pybridge.training :as training])
(try
  (training/fit! (models/sequential [[:dense 1]] :input-shape [1] :seed 1) (t/ones [4 1]) (t/ones [4 1])
                 :loss :mse :metrics [] :epochs 1000000000 :callbacks [(fn [epoch logs] (spit "BEGUN" epoch))])
  (finally (spit "ENDED" "")))
"""

CALLS = """
(try
  (loop []
    (pb/run "4 ** 0.5")
    (spit "BEGUN" "")
    (recur))
  (finally (spit "ENDED" "")))
"""


def test_python_prints_to_the_editor(editor):
    answer = editor.ask(op="eval", code="(require '[pybridge.core :as pb]) (pb/run \"print('said')\\n1 + 1\")")
    assert (answer["out"], answer["value"]) == ("said\n", "2")


def test_an_error_of_pythons_has_its_name(editor):
    answer = editor.ask(op="eval", code="(require '[pybridge.core :as pb]) (pb/run \"{}['key']\")")
    assert "KeyError: 'key'" in answer["err"]
    answer = editor.ask(op="eval", code="(run! println (map #(.getClassName %) (.getStackTrace *e)))")
    assert answer["out"].startswith("python: <python>\n")
    assert not re.search(r"nrepl|clojure\.main", answer["out"])


@pytest.mark.parametrize("code, printed", [("[1 2]", "[1, 2]"), ("{}", "{}")])
def test_ciders_printer_leaves_handles_whole(editor, code, printed):
    code = (
        f"(require 'orchard.print '[pybridge.core :as pb]) (with-out-str (orchard.print/print (pb/->py {code}) *out*))"
    )
    assert editor.ask(op="eval", code=code)["value"] == f'"#py[{printed}]"'


@pytest.mark.parametrize("code", [PYTHON, TRAINING, CALLS], ids=["Python", "a training", "calls of Python"])
def test_an_interrupt_ends(editor, code, tmp_path):
    begun, ended = tmp_path / "begun", tmp_path / "ended"
    editor.ask(op="eval", code="(require '[pybridge.core :as pb])")
    evaluation = editor.send(op="eval", code=code.replace("BEGUN", str(begun)).replace("ENDED", str(ended)))
    wait_for(begun)
    editor.send(op="interrupt")
    wait_for(ended)
    assert "interrupted" in editor.answer(evaluation)["status"]
    assert editor.ask(op="eval", code="(+ 1 2)")["value"] == "3"


def test_clients_may_ask_for_namespaces_at_once(nrepl_port):
    clients = [Client(nrepl_port) for _ in range(6)]
    code = "(require '[pybridge.graphs :as g] '[pybridge.exercises] '[pybridge.core :as pb]) (map? (pb/start!))"
    asked = [client.send(op="eval", code=code) for client in clients]
    assert [client.answer(message)["value"] for client, message in zip(clients, asked, strict=True)] == ["true"] * 6
    for client in clients:
        client.close()


ARITHMETIC = (
    "Clojure's own arithmetic and Math take numbers only; on tensors use + - * / sin exp and the others of "
    "pybridge.ops, or functions of pybridge.tensors; pb/->clj makes a number of a kept one\n"
)


def test_arithmetic_on_a_tensor_says_what_to_use(editor):
    answer = editor.ask(op="eval", code="(require '[pybridge.tensors :as t]) (def x (t/ones [2])) (* x x)")
    assert answer["err"] == ARITHMETIC
    apart = editor.ask(
        op="eval", code="(let [{:keys [cause via]} (Throwable->map *e)] (print (map :message via)) (println cause))"
    )
    assert apart["out"] == f"({ARITHMETIC.strip()}){ARITHMETIC}"
    assert "Divide by zero" in editor.ask(op="eval", code="(/ 1 0)")["err"]
    assert editor.ask(op="eval", code="(:cause (Throwable->map *e))")["value"] == '"Divide by zero"'


LOADS = """(ns loads (:require [pybridge.core :as pb]))
(defn halves [x]
  (pb/call (pb/module "halving") :half x))
"""


def test_an_error_of_pythons_shows_the_readers_own_lines(editor, tmp_path):
    (tmp_path / "halving.py").write_text("def half(x):\n    return x / 2\n")
    editor.ask(
        op="eval", code=f"""(require '[pybridge.core :as pb]) (pb/run "import sys; sys.path.append('{tmp_path}')")"""
    )
    editor.ask(op="load-file", file=LOADS, **{"file-path": f"{tmp_path}/loads.clj", "file-name": "loads.clj"})
    (tmp_path / "loads.clj").write_text(LOADS)
    answer = editor.ask(op="eval", code='(loads/halves "a")')
    message = "TypeError: unsupported operand type(s) for /: 'str' and 'int'"
    python = f"  {tmp_path}/halving.py, line 2, in half\n    return x / 2\n"
    clojure = f'  {tmp_path}/loads.clj, line 3, in loads/halves\n    (pb/call (pb/module "halving") :half x))\n'
    assert answer["err"] == f"{message}\n{python}{clojure}"
    assert answer["status"] == ["eval-error", "done"]
    assert answer["ex"] == answer["root-ex"] == "class pybridge.PythonError"
    apart = editor.ask(op="eval", code="(run! println (map :message (:via (Throwable->map *e))))")
    assert apart["out"] == f"{message}\n{python}{clojure}"

    code = '(try (loads/halves "a") (catch Exception e (throw (ex-info "no half" {:x 1} e))))'
    said = editor.ask(op="eval", code=code)["err"]
    assert said == f"ExceptionInfo: no half\n  with {{:x 1}}\n  caused by {message}\n{python}{clojure}"
    apart = editor.ask(op="eval", code="(run! println (map :message (:via (Throwable->map *e))))")
    assert apart["out"] == f"no half\n{message}\n{python}{clojure}"


def test_an_error_of_clojures_alone_is_shown_as_clojure_shows_it(editor):
    said = editor.ask(op="eval", code="(/ 1 0)")["err"]
    assert re.fullmatch(r"Execution error \(ArithmeticException\) at user/eval\d+ \(REPL:1\)\.\nDivide by zero\n", said)


def test_a_socket_repl_says_it_too():
    code = """
        (require '[clojure.core.server :as server] '[pybridge.tensors :as t])
        (def x (t/ones [2]))
        (let [listening (server/start-server {:name "s" :port 0 :accept 'clojure.core.server/repl})
              socket (java.net.Socket. "127.0.0.1" (.getLocalPort listening))]
          (.write (.getOutputStream socket) (.getBytes "(* user/x user/x)\n:repl/quit\n"))
          (print (slurp (.getInputStream socket)))
          (server/stop-servers))
        (shutdown-agents)
    """
    done = subprocess.run([PYBRIDGE, "eval", "--clojure", code], capture_output=True, text=True)
    assert f"user=> {ARITHMETIC}user=> " in done.stdout, done.stdout + done.stderr


@pytest.mark.parametrize("arguments", [["-e", "(require 'pybridge.tensors) (clojure.main/repl)"], []])
def test_so_does_a_repl_that_begins_once_pybridge_is_loaded(tmp_path, arguments):
    if not arguments:
        (tmp_path / "user.clj").write_text("(require 'pybridge.tensors)")
    entries = os.pathsep.join([str(tmp_path), *classpath()])
    begun = [find_java().executable, *options.COMMON, "-cp", entries, "clojure.main", *arguments]
    done = subprocess.run(begun, input="(* (pybridge.tensors/ones [2]) 2)", capture_output=True, text=True)
    assert ARITHMETIC in done.stderr, done.stderr


THREADS = """
import threading
from concurrent.futures import ThreadPoolExecutor

class Said(threading.Thread):
    def run(self):
        print('class')

thread = Said()
thread.start(); thread.join()
with ThreadPoolExecutor(1) as pool:
    pool.submit(print, 'pool').result()
thread = threading.Thread(target=shown)
thread.start(); thread.join()
try:
    thread.start()
except RuntimeError as error:
    print(error, vars(thread).get('run'))
"""


def test_threads_of_python_print_to_the_evaluation_that_started_them(editor):
    shown = '(fn [] (println "function" (ns-name *ns*)))'
    code = f"""((pb/run "def go(shown):\n{THREADS.replace(chr(10), chr(10) + "    ")}\ngo") {shown})"""
    answer = editor.ask(op="eval", code=f"(require '[pybridge.core :as pb]) {code}")
    expected = "class\npool\nfunction user\nthreads can only be started once None\n"
    assert (answer["out"], answer["err"]) == (expected, "")


MIDDLEWARE = """
(ns own (:require [nrepl.middleware :as middleware]))
(defn tagged [handler] (fn [message] (handler (cond-> message (= "eval" (:op message)) (assoc :code "[:own *file*]")))))
(middleware/set-descriptor! #'tagged {:expects #{"eval"}})
"""


@pytest.mark.skipif(not DEBIANS_NREPL.exists(), reason="nREPL is not on the class path")
def test_the_alias_of_a_deps_edn_starts_it_with_what_nrepl_edn_names(tmp_path):
    (tmp_path / "own.clj").write_text(MIDDLEWARE)
    (tmp_path / ".nrepl.edn").write_text("{:middleware [own/tagged]}")
    alias = next(forms((ROOT / "deps.edn").read_text()))[":aliases"][":nrepl"]
    entries = [str(tmp_path), *classpath(), str(DEBIANS_NREPL)]
    java = [find_java().executable, *alias[":jvm-opts"], "-cp", os.pathsep.join(entries), "clojure.main"]
    with listening([*java, *alias[":main-opts"]], tmp_path) as port:
        editor = Client(port)
        assert editor.ask(op="eval", code="1")["value"].startswith("[:own ")
        names = [found["candidate"] for found in editor.ask(op="completions", prefix="pybridge.")["completions"]]
        assert "pybridge.core" in names and not [name for name in names if "native" in name]
        editor.close()
