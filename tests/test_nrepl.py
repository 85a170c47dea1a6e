"""The nREPL server as an editor uses it: evaluation, output while it runs, and an interrupt that Python hears."""

from __future__ import annotations

import itertools
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from pybridge.clojure import options
from pybridge.clojure.classpath import classpath
from pybridge.clojure.java import find_java

PYBRIDGE = Path(sys.executable).with_name("pybridge")
DEBIANS_NREPL = Path("/usr/share/java/nrepl.jar")


class Client:
    """What an editor's side of nREPL does: messages in bencode, and a session."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port))
        self._stream = self._socket.makefile("rb")
        self._ids = map(str, itertools.count())
        self._session = {}
        self._session = {"session": self.ask(op="clone")["new-session"]}

    def close(self) -> None:
        self._stream.close()
        self._socket.close()

    def send(self, **message: str) -> str:
        """Send a message; its id."""
        message = self._session | message | {"id": next(self._ids)}
        words = [word.encode() for item in sorted(message.items()) for word in item]
        self._socket.sendall(b"d" + b"".join(b"%d:%s" % (len(word), word) for word in words) + b"e")
        return message["id"]

    def answer(self, message_id: str) -> dict:
        """All that is answered to a message: its texts joined, of its values the last."""
        joined = {"out": "", "err": "", "status": []}
        while "done" not in joined["status"]:
            piece = self._read(self._stream.read(1))
            if piece.get("id") == message_id:
                joined |= {
                    key: joined[key] + piece[key] if key in ("out", "err", "status") else piece[key] for key in piece
                }
        return joined

    def converse(self, code: str, *lines: str) -> dict:
        """What is answered to code that asks for `lines`: for each, the server says that it needs input."""
        evaluation = self.send(op="eval", code=code)
        for line in lines:
            self.wait_for_question()
            self.send(op="stdin", stdin=line)
        return self.answer(evaluation)

    def wait_for_question(self) -> None:
        while "need-input" not in self._read(self._stream.read(1)).get("status", []):
            pass

    def ask(self, **message: str) -> dict:
        return self.answer(self.send(**message))

    def _read(self, first: bytes) -> object:
        if first in (b"d", b"l"):
            items = []
            while (kind := self._stream.read(1)) != b"e":
                items.append(self._read(kind))
            return dict(zip(items[::2], items[1::2], strict=True)) if first == b"d" else items
        digits = b"" if first == b"i" else first
        while (digit := self._stream.read(1)) not in (b":", b"e"):
            digits += digit
        return int(digits) if first == b"i" else self._stream.read(int(digits)).decode()


# What CIDER prints data with, as far as it concerns a handle: it derefs what it can.
PRINTER = """
(ns orchard.print (:refer-clojure :exclude [print]))
(defmulti print (fn [x writer] (type x)))
(defmethod print :default [x writer] (print-method x writer))
(defmethod print clojure.lang.IDeref [x writer] (print @x writer))
"""


@pytest.fixture(scope="module")
def port(tmp_path_factory) -> Iterator[int]:
    printer = tmp_path_factory.mktemp("classes") / "orchard" / "print.clj"
    printer.parent.mkdir()
    printer.write_text(PRINTER)
    given = [str(printer.parents[1])]
    if DEBIANS_NREPL.exists():  # it brings a Clojure of its own along, so ours stands before it
        given += [*(entry for entry in classpath() if entry.endswith(".jar")), str(DEBIANS_NREPL)]
    server = subprocess.Popen(
        [PYBRIDGE, "nrepl"],
        cwd=tmp_path_factory.mktemp("nrepl"),
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYBRIDGE_CLASSPATH": os.pathsep.join(given)},
    )
    try:
        yield int(re.search(r"server started on port (\d+)", server.stdout.readline())[1])
    finally:
        server.terminate()
        server.wait()
        server.stdout.close()


@pytest.fixture(scope="module")
def client(port) -> Iterator[Client]:
    client = Client(port)
    yield client
    client.close()


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


def test_python_prints_to_the_editor(client):
    answer = client.ask(op="eval", code="(require '[pybridge.core :as pb]) (pb/run \"print('said')\\n1 + 1\")")
    assert (answer["out"], answer["value"]) == ("said\n", "2")


def test_an_error_of_pythons_has_its_name(client):
    answer = client.ask(op="eval", code="(require '[pybridge.core :as pb]) (pb/run \"{}['key']\")")
    assert "KeyError: 'key'" in answer["err"]
    answer = client.ask(op="eval", code="(run! println (map #(.getClassName %) (.getStackTrace *e)))")
    assert answer["out"].startswith("python: <python>\n")
    assert not re.search(r"nrepl|clojure\.main", answer["out"])


@pytest.mark.parametrize("code, printed", [("[1 2]", "[1, 2]"), ("{}", "{}")])
def test_ciders_printer_leaves_handles_whole(client, code, printed):
    code = (
        f"(require 'orchard.print '[pybridge.core :as pb]) (with-out-str (orchard.print/print (pb/->py {code}) *out*))"
    )
    assert client.ask(op="eval", code=code)["value"] == f'"#py[{printed}]"'


@pytest.mark.parametrize("code", [PYTHON, TRAINING, CALLS], ids=["Python", "a training", "calls of Python"])
def test_an_interrupt_ends(client, code, tmp_path):
    begun, ended = tmp_path / "begun", tmp_path / "ended"
    client.ask(op="eval", code="(require '[pybridge.core :as pb])")
    evaluation = client.send(op="eval", code=code.replace("BEGUN", str(begun)).replace("ENDED", str(ended)))
    wait_for(begun)
    client.send(op="interrupt")
    wait_for(ended)
    assert "interrupted" in client.answer(evaluation)["status"]
    assert client.ask(op="eval", code="(+ 1 2)")["value"] == "3"


def test_clients_may_ask_for_namespaces_at_once(port):
    clients = [Client(port) for _ in range(6)]
    code = "(require '[pybridge.graphs :as g] '[pybridge.exercises] '[pybridge.core :as pb]) (map? (pb/start!))"
    asked = [client.send(op="eval", code=code) for client in clients]
    assert [client.answer(message)["value"] for client, message in zip(clients, asked, strict=True)] == ["true"] * 6
    for client in clients:
        client.close()


ARITHMETIC = (
    "Clojure's own arithmetic and Math take numbers only; on tensors use + - * / sin exp and the others of "
    "pybridge.ops, or functions of pybridge.tensors; pb/->clj makes a number of a kept one\n"
)


def test_arithmetic_on_a_tensor_says_what_to_use(client):
    answer = client.ask(op="eval", code="(require '[pybridge.tensors :as t]) (def x (t/ones [2])) (* x x)")
    assert answer["err"] == ARITHMETIC
    apart = client.ask(
        op="eval", code="(let [{:keys [cause via]} (Throwable->map *e)] (print (map :message via)) (println cause))"
    )
    assert apart["out"] == f"({ARITHMETIC.strip()}){ARITHMETIC}"
    assert "Divide by zero" in client.ask(op="eval", code="(/ 1 0)")["err"]
    assert client.ask(op="eval", code="(:cause (Throwable->map *e))")["value"] == '"Divide by zero"'


LOADS = """(ns loads (:require [pybridge.core :as pb]))
(defn halves [x]
  (pb/call (pb/module "halving") :half x))
"""


def test_an_error_of_pythons_shows_the_readers_own_lines(client, tmp_path):
    (tmp_path / "halving.py").write_text("def half(x):\n    return x / 2\n")
    client.ask(
        op="eval", code=f"""(require '[pybridge.core :as pb]) (pb/run "import sys; sys.path.append('{tmp_path}')")"""
    )
    client.ask(op="load-file", file=LOADS, **{"file-path": f"{tmp_path}/loads.clj", "file-name": "loads.clj"})
    (tmp_path / "loads.clj").write_text(LOADS)
    answer = client.ask(op="eval", code='(loads/halves "a")')
    message = "TypeError: unsupported operand type(s) for /: 'str' and 'int'"
    python = f"  {tmp_path}/halving.py, line 2, in half\n    return x / 2\n"
    clojure = f'  {tmp_path}/loads.clj, line 3, in loads/halves\n    (pb/call (pb/module "halving") :half x))\n'
    assert answer["err"] == f"{message}\n{python}{clojure}"
    assert answer["status"] == ["eval-error", "done"]
    assert answer["ex"] == answer["root-ex"] == "class pybridge.PythonError"
    apart = client.ask(op="eval", code="(run! println (map :message (:via (Throwable->map *e))))")
    assert apart["out"] == f"{message}\n{python}{clojure}"

    code = '(try (loads/halves "a") (catch Exception e (throw (ex-info "no half" {:x 1} e))))'
    said = client.ask(op="eval", code=code)["err"]
    assert said == f"ExceptionInfo: no half\n  with {{:x 1}}\n  caused by {message}\n{python}{clojure}"
    apart = client.ask(op="eval", code="(run! println (map :message (:via (Throwable->map *e))))")
    assert apart["out"] == f"no half\n{message}\n{python}{clojure}"


def test_an_error_of_clojures_alone_is_shown_as_clojure_shows_it(client):
    said = client.ask(op="eval", code="(/ 1 0)")["err"]
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


@pytest.mark.parametrize(
    "code, lines, value",
    [
        ("input('name? ')", ["Ada\n"], '"Ada"'),
        ("import sys; [sys.stdin.readline(), input()]", ["a\n", "b\n"], '["a\\n" "b"]'),
        ("import sys; [line for line in sys.stdin]", ["a\nb\n", ""], '["a\\n" "b\\n"]'),
        ("import sys; sys.stdin.read()", ["é\n", ""], '"é\\n"'),
        ("import sys; sys.stdin.buffer.readline().decode()", ["€\n"], '"€\\n"'),
        ("import getpass; getpass.getpass()", ["secret\n"], '"secret"'),
        ("import sys; sys.stdin.isatty()", [], "false"),
    ],
)
def test_python_asks_the_editor(client, code, lines, value):
    code = code.replace("; ", "\n")
    answer = client.converse(f'(require \'[pybridge.core :as pb]) (pb/run "{code}")', *lines)
    assert (answer.get("value"), answer["err"]) == (value, "")


def test_both_languages_ask_in_turn(client):
    code = """[(pb/run "input()") (read-line) (pb/run "input()")]"""
    assert client.converse(code, "a\nb\nc\n")["value"] == '["a" "b" "c"]'


def test_the_end_of_the_input_is_told(client):
    assert "EOFError: EOF when reading a line" in client.converse('(pb/run "input()")', "")["err"]
    said = client.converse('(pb/run "import getpass\ngetpass.getpass()")', "")["err"]
    assert "EOFError: getpass read no line: *in* of Clojure is at its end" in said


def test_what_asks_the_editor_has_no_file_descriptor(client):
    said = client.ask(op="eval", code='(pb/run "import sys\nsys.stdin.fileno()")')["err"]
    assert "UnsupportedOperation: sys.stdin reads Clojure's *in* here, which has no file descriptor" in said


def test_an_interrupt_ends_the_wait_for_input(client):
    evaluation = client.send(op="eval", code='(pb/run "input()")')
    client.wait_for_question()
    client.send(op="interrupt")
    answer = client.answer(evaluation)
    assert "interrupted" in answer["status"]
    assert "KeyboardInterrupt" in answer["err"]
    assert client.converse('(pb/run "input()")', "again\n")["value"] == '"again"'


def test_a_binding_of_in_is_read_and_the_processs_own_as_ever():
    code = """
        (require '[pybridge.core :as pb])
        (prn (with-in-str "one\ntwo" [(pb/run "input()") (pb/run "input()")]))
        (prn (pb/run "import sys\n[sys.stdin.readline(), sys.stdin.fileno(), sys.stdin.isatty()]"))
        (prn (pb/run "[line for line in sys.stdin]"))
    """
    java = [find_java().executable, *options.COMMON, "-cp", os.pathsep.join(classpath()), "clojure.main", "-e", code]
    done = subprocess.run(java, input="first\nsecond\nthird", capture_output=True, text=True)
    assert done.stdout == '["one" "two"]\n["first\\n" 0 false]\n["second\\n" "third"]\n', done.stdout + done.stderr


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


def test_threads_of_python_print_to_the_evaluation_that_started_them(client):
    shown = '(fn [] (println "function" (ns-name *ns*)))'
    code = f"""((pb/run "def go(shown):\n{THREADS.replace(chr(10), chr(10) + "    ")}\ngo") {shown})"""
    answer = client.ask(op="eval", code=f"(require '[pybridge.core :as pb]) {code}")
    expected = "class\npool\nfunction user\nthreads can only be started once None\n"
    assert (answer["out"], answer["err"]) == (expected, "")


FUNCTION = """
(ns documented (:require [pybridge.core :as pb]))
(def spaced (pb/run "
def spaced(start, stop, num=50, *, dtype=None):
    'Evenly spaced numbers.'
spaced"))
(def number (pb/->py 1))
(def own "of my own" spaced)
"""


def test_a_var_that_holds_a_function_of_pythons_has_documentation_and_arguments(client):
    client.ask(op="eval", code=FUNCTION)
    arglists = "([start stop] [start stop num & options])"
    said = client.ask(op="lookup", ns="documented", sym="spaced")["info"]
    assert said["arglists-str"] == arglists
    assert said["doc"] == "__main__.spaced(start, stop, num=50, *, dtype=None)\n\n  Evenly spaced numbers."
    printed = client.ask(op="eval", ns="documented", code="(require 'clojure.repl) (clojure.repl/doc spaced)")["out"]
    assert "([start stop] [start stop num & options])\n" in printed and "Evenly spaced numbers." in printed
    assert "doc" not in client.ask(op="lookup", ns="documented", sym="number")["info"]
    assert client.ask(op="lookup", ns="documented", sym="own")["info"]["doc"] == "of my own"

    client.ask(op="eval", ns="documented", code='(def spaced (pb/run "lambda x: x"))')
    assert client.ask(op="lookup", ns="documented", sym="spaced")["info"]["arglists-str"] == "([x])"


def test_so_has_one_in_a_file_that_is_loaded(client):
    file = FUNCTION.replace("ns documented", "ns loaded-documented").replace('(def own "of my own" spaced)', "")
    client.ask(op="load-file", file=file)
    said = client.ask(op="lookup", ns="loaded-documented", sym="spaced")["info"]
    assert "Evenly spaced numbers." in said["doc"]
