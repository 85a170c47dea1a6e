"""`pybridge session` as an editor meets it: a real process, messages over its pipes, blocks of both languages."""

from __future__ import annotations

import base64
import contextlib
import json
import os
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

PYBRIDGE = Path(sys.executable).with_name("pybridge")


class RequestError(Exception):
    def __init__(self, error: dict) -> None:
        super().__init__(error["message"])
        self.code, self.data = error["code"], error["data"]


class Session:
    """A client: it sends requests, waits for their answers, and keeps the output that came meanwhile."""

    def __init__(self) -> None:
        self.process = subprocess.Popen(
            [PYBRIDGE, "session"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        self._messages: queue.Queue[dict | None] = queue.Queue()
        self._reader = threading.Thread(target=self._read)
        self._reader.start()
        self._count = 0
        self.output: list[dict] = []

    def _read(self) -> None:
        stream = self.process.stdout
        while line := stream.readline():
            name, _, length = line.partition(b": ")
            assert name == b"Content-Length", line
            assert stream.readline() == b"\r\n"
            self._messages.put(json.loads(stream.read(int(length))))
        self._messages.put(None)

    def write(self, body: bytes) -> None:
        self.process.stdin.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)
        self.process.stdin.flush()

    def send(self, method: str, **params: object) -> int:
        self._count += 1
        self.write(json.dumps({"jsonrpc": "2.0", "id": self._count, "method": method, "params": params}).encode())
        return self._count

    def message(self, within: float = 60) -> dict | None:
        return self._messages.get(timeout=within)

    def answer(self, to: int | None, within: float = 60) -> object:
        while True:
            message = self.message(within)
            assert message is not None, "the session has ended"
            assert message["jsonrpc"] == "2.0"
            if message.get("method") == "output":
                self.output.append(message["params"])
            elif message["id"] == to:
                if "error" in message:
                    raise RequestError(message["error"])
                return message["result"]

    def request(self, method: str, **params: object) -> object:
        return self.answer(self.send(method, **params))

    def python(self, code: str) -> dict:
        return self.request("evaluate", language="python", code=code)

    def clojure(self, code: str) -> dict:
        return self.request("evaluate", language="clojure", code=code)

    def interrupted(self, language: str, code: str, when: str) -> RequestError:
        """Evaluate `code`, interrupt it once it has printed `when`, and give how it ended."""
        self.output.clear()
        block = self.send("evaluate", language=language, code=code)
        while when not in "".join(output["text"] for output in self.output):
            message = self.message()
            assert message.get("method") == "output", message
            self.output.append(message["params"])
        self.answer(self.send("interrupt"))
        with pytest.raises(RequestError) as ended:
            self.answer(block)
        return ended.value

    def end(self) -> int:
        with contextlib.suppress(BrokenPipeError):
            self.process.stdin.close()
        try:
            status = self.process.wait(60)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise
        finally:
            self._reader.join(60)
            self.process.stdout.close()
            self.process.stderr.close()
        return status


@contextlib.contextmanager
def running() -> Iterator[Session]:
    session = Session()
    try:
        yield session
    finally:
        session.end()


@pytest.fixture(scope="module")
def session() -> Iterator[Session]:
    with running() as session:
        session.clojure("(require '[pybridge.core :as pb])")
        yield session


def failure(evaluate: Callable[[str], dict], code: str) -> RequestError:
    with pytest.raises(RequestError) as raised:
        evaluate(code)
    assert raised.value.code == 1
    return raised.value


# ---- values ----------------------------------------------------------------------------------------------------------


def test_initialize_says_who_answers(session):
    said = session.request("initialize", client="a test")
    assert said["name"] == "pybridge"
    assert said["languages"] == ["python", "clojure"]
    assert said["pid"] > 0


@pytest.mark.parametrize(
    "code, value, text",
    [
        ("6 * 7", 42, "42"),
        ("x = 1", None, ""),
        ("None", None, ""),
        ("", None, ""),
        ("'naïve ☃'", "naïve ☃", "'naïve ☃'"),
        ("def f(x):\n    return x + 1\n\nf(1)", 2, "2"),
        ("{'a': [1, (2,)]}", {"a": [1, [2]]}, "{'a': [1, (2,)]}"),
        ("float('nan')", None, "nan"),
        ("2 ** 70", 2**70, str(2**70)),
        ("# only a comment", None, ""),
    ],
)
def test_the_value_of_a_python_block(session, code, value, text):
    assert session.python(code) == {"value": value, "text": text, "output": "", "images": [], "table": None}


@pytest.mark.parametrize(
    "code, value, text",
    [
        ("(* 6 7)", 42, "42"),
        ("nil", None, ""),
        ("", None, ""),
        ("; only a comment", None, ""),
        ('"naïve ☃"', "naïve ☃", '"naïve ☃"'),
        ("(defn f [x] (inc x))\n\n(f 1)", 2, "2"),
        ("{:a [1 '(2)]}", {"a": [1, [2]]}, "{:a [1 (2)]}"),
        ("##NaN", None, "##NaN"),
        ("1/2", 0.5, "1/2"),
        (":learning-rate", "learning_rate", ":learning-rate"),
    ],
)
def test_the_value_of_a_clojure_block(session, code, value, text):
    assert session.clojure(code) == {"value": value, "text": text, "output": "", "images": [], "table": None}


def test_a_tensor_reads_the_same_in_both_languages(session):
    made = session.python("from pybridge import tensors as t\nx = t.tensor([[1.0, 2.0], [3.0, 4.0]])\nx")
    assert made["text"] == "#tensor[float32 (2 2) [[1.0 2.0] [3.0 4.0]]]"
    assert made["value"] is None
    assert session.clojure("(pb/from-python :x)")["text"] == made["text"]
    assert session.python("[x, {'x': x}]")["text"] == f"[{made['text']}, {{'x': {made['text']}}}]"


def test_each_language_sees_the_others_very_objects(session):
    session.python("from collections import deque\nshared = deque()")
    session.clojure("(def same (pb/from-python :shared))")
    assert session.python("clj.same is shared")["value"] is True
    session.clojure("(pb/call same :append 5)")
    assert session.python("list(shared)")["value"] == [5]


def test_a_function_of_one_language_is_called_from_the_other(session):
    session.python("def double(x):\n    return 2 * x")
    assert session.clojure("((pb/from-python :double) 21)")["value"] == 42
    session.clojure("(defn triple [x] (* 3 x))")
    assert session.python("clj.triple(14)")["value"] == 42


def test_a_block_may_change_clojures_namespace(session):
    session.clojure("(ns elsewhere) (def here 1)")
    assert session.clojure("here")["value"] == 1
    assert session.python("clj.here")["value"] == 1
    assert session.clojure("(in-ns 'user) (clojure.core/str clojure.core/*ns*)")["value"] == "user"
    assert failure(session.python, "clj.here").data["message"] == "Clojure's namespace user has no here"


@pytest.mark.parametrize("language, code", [("python", "[[1, 'a'], [2.5, None]]"), ("clojure", '[[1 "a"] [2.5 nil]]')])
def test_rows_of_plain_cells_are_a_table(session, language, code):
    assert session.request("evaluate", language=language, code=code)["table"] == [[1, "a"], [2.5, None]]


@pytest.mark.parametrize("code", ["[[1], [2, 3]]", "[[1, [2]]]", "[]", "[[]]", "[1, 2]"])
def test_other_lists_are_no_table(session, code):
    assert session.python(code)["table"] is None


FIGURE = "from matplotlib.figure import Figure\nfigure = Figure()\nfigure.subplots().plot([1, 2])\nfigure"


@pytest.mark.parametrize(
    "picture, begins", [({}, b"\x89PNG"), ({"picture": "png"}, b"\x89PNG"), ({"picture": "pdf"}, b"%PDF-")]
)
def test_a_figure_is_a_picture(session, picture, begins):
    (drawn,) = session.request("evaluate", language="python", code=FIGURE, **picture)["images"]
    assert base64.b64decode(drawn).startswith(begins)
    again = session.request("evaluate", language="clojure", code="(pb/from-python :figure)", **picture)
    assert again["images"] == [drawn]


def test_a_figure_as_svg_has_neither_date_nor_chance_in_it(session):
    svg = [
        base64.b64decode(session.request("evaluate", language="python", code=FIGURE, picture="svg")["images"][0])
        for _ in range(2)
    ]
    assert svg[0] == svg[1]
    assert svg[0].startswith(b"<?xml")
    assert b"<svg " in svg[0]
    assert b"dc:date" not in svg[0]


def test_what_pyplot_draws_is_a_picture_too(session):
    drawn = session.python(
        "import matplotlib.pyplot as plt\nplt.plot([1, 2])\nplt.figure()\nplt.plot([2, 1])\nplt.show()"
    )
    assert drawn["output"] == ""
    assert [base64.b64decode(picture)[:4] for picture in drawn["images"]] == [b"\x89PNG"] * 2
    assert session.python("plt.get_fignums()")["images"] == []
    by_clojure = session.clojure("(pb/call (pb/module :matplotlib.pyplot) :plot [1 2])")
    assert len(by_clojure["images"]) == 1


@pytest.mark.parametrize("picture", ["gif", "", None, ["png"]])
def test_a_picture_of_another_kind_is_refused_before_anything_runs(session, picture):
    session.python("ran = False")
    with pytest.raises(RequestError) as refused:
        session.request("evaluate", language="python", code="ran = True", picture=picture)
    assert refused.value.code == -32602
    assert str(refused.value) == f"a session sends a figure as png, svg or pdf; got {picture!r}"
    assert session.python("ran")["value"] is False


def test_a_value_too_long_to_send_is_only_text(session):
    big = session.python("list(range(1_000_000))")
    assert big["value"] is None
    assert len(big["text"]) < 100_000
    assert big["text"].startswith("[0, 1, 2, ")
    assert len(session.clojure("(vec (range 1000000))")["text"]) < 100_000
    assert len(session.clojure('(apply str (repeat 1000000 "x"))')["text"]) < 100_000


def test_an_endless_seq_is_shown_in_part(session):
    assert session.clojure("(range)")["text"].startswith("(0 1 2 ")


# ---- output ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "language, code",
    [
        ("python", "print('said')"),
        ("python", "import sys; print('said', file=sys.stderr)"),
        ("python", "import os; _ = os.write(1, b'said\\n')"),
        ("python", "import os; _ = os.write(2, b'said\\n')"),
        ("python", "import os; _ = os.system('echo said')"),
        ("python", "import ctypes; libc = ctypes.CDLL(None); libc.puts(b'said'); _ = libc.fflush(None)"),
        ("clojure", '(println "said")'),
        ("clojure", '(binding [*out* *err*] (println "said"))'),
        ("clojure", '(.println System/out "said")'),
        ("clojure", '(print "said\\n")'),
        ("clojure", '@(future (println "said"))'),
    ],
)
def test_output_arrives_in_the_result_and_as_it_is_printed(session, language, code):
    session.output.clear()
    block = session.send("evaluate", language=language, code=code)
    assert session.answer(block)["output"] == "said\n"
    assert [output["id"] for output in session.output] == [block] * len(session.output)
    assert "".join(output["text"] for output in session.output) == "said\n"


def test_output_of_both_languages_and_of_c_keeps_its_order(session):
    session.clojure('(defn say [] (println "2 clojure"))')
    code = "import os\nprint('1 python')\nclj.say()\nos.write(1, b'3 c\\n')\nprint('4 python', end='')"
    assert session.python(code)["output"] == "1 python\n2 clojure\n3 c\n4 python"


def test_output_streams_while_the_block_runs(session, tmp_path):
    awaited = tmp_path / "awaited"
    code = f"import os, time\nprint('on')\nwhile not os.path.exists('{awaited}'): time.sleep(0.01)\nprint('off')"
    block = session.send("evaluate", language="python", code=code)
    assert session.message()["params"] == {"id": block, "token": None, "text": "on\n"}
    awaited.touch()
    assert session.answer(block)["output"] == "on\noff\n"


def test_half_a_letter_is_sent_as_a_question_mark(session):
    assert session.python("'a\\ud800b'")["value"] == "a?b"
    assert failure(session.python, "raise ValueError('a\\ud800b')").data["message"] == "a?b"


def test_letters_of_several_bytes_are_never_cut(session):
    printed = session.python("print('☃' * 100_000)")["output"]
    assert printed == "☃" * 100_000 + "\n"


def test_a_block_reads_nothing_from_standard_input(session):
    assert failure(session.python, "input()").data["type"] == "EOFError"
    assert session.clojure("(read-line)")["value"] is None


def test_tensorflow_loads_without_a_word_and_the_block_is_heard():
    with running() as session:
        loaded = session.python(
            "import sys\nimport tensorflow as tf\nprint('said', file=sys.stderr)\ntf.constant(1) + 1"
        )
        assert loaded["output"] == "said\n"
        assert loaded["text"] == "#tensor[int32 () 2]"


# ---- errors ----------------------------------------------------------------------------------------------------------


def test_a_python_error_says_type_message_and_where(session):
    error = failure(session.python, "print('before')\n\ndef f():\n    raise ValueError('bad')\n\nf()")
    assert str(error) == "ValueError: bad"
    assert error.data["type"] == "ValueError"
    assert error.data["message"] == "bad"
    assert error.data["output"] == "before\n"
    assert "line 4, in f\n    raise ValueError('bad')" in error.data["trace"]
    assert "pybridge/session" not in error.data["trace"]


def test_a_python_syntax_error_points_at_the_place(session):
    error = failure(session.python, "x = = 1")
    assert error.data["type"] == "SyntaxError"
    assert "x = = 1" in error.data["trace"]
    assert "^" in error.data["trace"]


def test_a_clojure_error_says_type_message_and_where(session):
    error = failure(session.clojure, '(defn f [] (throw (ex-info "bad" {:x 1})))\n(f)')
    assert error.data["type"] == "ExceptionInfo"
    assert error.data["message"] == "bad"
    assert "user$f" in error.data["trace"]


def test_a_clojure_name_that_is_not_there(session):
    error = failure(session.clojure, "\n(+ 1 nonsense)")
    assert "Unable to resolve symbol: nonsense in this context" in error.data["message"]
    assert "2:1" in error.data["message"]


def test_an_unfinished_form(session):
    assert "EOF" in failure(session.clojure, "(+ 1").data["message"]


def test_an_error_that_crosses_has_the_traces_of_both_languages(session):
    session.python("def lower(x):\n    raise ValueError(f'bad {x}')")
    session.clojure("(defn middle [x] ((pb/from-python :lower) x))")
    error = failure(session.clojure, "(middle 5)")
    assert (error.data["type"], error.data["message"]) == ("ValueError", "bad 5")
    assert "in lower" in error.data["trace"]
    error = failure(session.python, "def upper():\n    return clj.middle(6)\n\nupper()")
    assert (error.data["type"], error.data["message"]) == ("ValueError", "bad 6")
    assert "in upper" in error.data["trace"]
    assert "in lower" in error.data["trace"]


def test_a_clojure_error_in_python(session):
    session.clojure('(defn fail [] (throw (IllegalStateException. "bad")))')
    error = failure(session.python, "def upper():\n    clj.fail()\n\nupper()")
    assert (error.data["type"], error.data["message"]) == ("IllegalStateException", "bad")
    assert "in upper" in error.data["trace"]
    assert "user$fail" in error.data["trace"]


def test_endless_recursion_in_python_is_an_error(session):
    assert failure(session.python, "def f(n):\n    return f(n + 1)\n\nf(0)").data["type"] == "RecursionError"


def test_a_list_inside_itself_is_shown_in_part(session):
    shown = session.python("x = []\nx.append(x)\nx")
    assert shown["value"] is None
    assert shown["text"].startswith("[[[[")


def test_endless_recursion_in_clojure_is_an_error(session):
    assert failure(session.clojure, "(defn f [n] (inc (f (inc n))))\n(f 0)").data["type"] == "StackOverflowError"
    assert session.clojure("1")["value"] == 1


@pytest.mark.parametrize("code", ["import sys\nsys.exit(3)", "raise SystemExit(3)", "exit(3)"])
def test_a_block_that_asks_to_exit_fails_and_the_session_lives(session, code):
    error = failure(session.python, code)
    assert error.data["type"] == "SystemExit"
    assert error.data["message"] == "3"
    assert session.python("1")["value"] == 1


def test_a_value_whose_repr_fails_is_an_error(session):
    error = failure(session.python, "class Shy:\n    def __repr__(self):\n        raise ValueError('shy')\n\nShy()")
    assert error.data["type"] == "ValueError"
    error = failure(session.clojure, '(map (fn [_] (throw (ex-info "lazy" {}))) [1])')
    assert error.data["message"] == "lazy"


def test_an_exception_whose_message_fails_is_still_reported(session):
    code = "class Mute(Exception):\n    def __str__(self):\n        raise ValueError\n\nraise Mute"
    assert failure(session.python, code).data["type"] == "Mute"


# ---- interrupt -------------------------------------------------------------------------------------------------------

ENDLESS = [
    ("python", "import time\nprint('on')\ntime.sleep(60)"),
    ("python", "print('on')\nwhile True: pass"),
    ("python", "import time\nprint('on')\nwhile True:\n    try: time.sleep(0.01)\n    except ValueError: pass"),
    ("python", "print('on')\nwhile True: print('flood' * 100)"),
    ("python", "import threading\nprint('on')\nthreading.Event().wait()"),
    ("clojure", '(println "on") (Thread/sleep 60000)'),
    ("clojure", '(println "on") @(promise)'),
    ("clojure", '(println "on") (loop [] (recur))'),
    ("clojure", '(println "on") (reduce + (range))'),
    ("clojure", '(println "on") (loop [] (try (loop [] (recur)) (catch Exception _)) (recur))'),
    ("clojure", '(println "on") (loop [] (println "flood") (recur))'),
    ("clojure", '(println "on") (let [f (pb/attr (pb/module :math) :sqrt)] (loop [] (f 2) (recur)))'),
    ("clojure", '(println "on") (pb/call (pb/module :time) :sleep 60)'),
]


@pytest.mark.parametrize("language, code", ENDLESS)
def test_an_interrupt_ends_a_block_and_the_session_goes_on(session, language, code):
    error = session.interrupted(language, code, when="on\n")
    assert error.data["type"] == "KeyboardInterrupt"
    assert session.python("1")["value"] == 1
    assert session.clojure("(+ 1 1)")["value"] == 2


def test_a_block_that_cannot_be_stopped_is_told_of_and_ends_with_the_session():
    with running() as session:
        deaf = "import signal, time\nsignal.signal(signal.SIGINT, signal.SIG_IGN)"
        code = f"{deaf}\nprint('on')\nwhile True: time.sleep(0.01)"
        block = session.send("evaluate", language="python", code=code, token=7)
        while session.message().get("method") != "output":
            pass
        session.answer(session.send("interrupt"))
        while (said := session.message())["method"] == "output":
            pass
        assert said == {
            "jsonrpc": "2.0",
            "method": "unresponsive",
            "params": {
                "id": block,
                "token": 7,
                "message": "the block does not heed the interrupt; a restart of the session ends it, "
                "and the session's names are lost then",
            },
        }
        assert session.end() == 1


def test_clojure_that_python_has_started_is_stopped_too():
    with running() as session:
        code = "from pybridge import clojure\nclojure.eval('(do (println :on) (loop [] (recur)))')"
        assert session.interrupted("python", code, when=":on\n").data["type"] == "KeyboardInterrupt"
        assert session.clojure("(+ 1 1)")["value"] == 2


def test_an_interrupt_that_python_heard_does_not_reach_the_next_block(session):
    session.interrupted("clojure", '(println "on") (pb/call (pb/module :time) :sleep 60)', when="on\n")
    assert session.clojure("(Thread/sleep 10) 1")["value"] == 1


def test_an_interrupt_ends_any_request(session):
    session.python(
        "class Slow:\n    @property\n    def x(self):\n        print('on')\n        while True: pass\n\nslow = Slow()"
    )
    asked = session.send("describe", language="python", name="slow.x")
    while session.message().get("method") != "output":
        pass
    session.answer(session.send("interrupt"))
    with pytest.raises(RequestError) as ended:
        session.answer(asked)
    assert ended.value.data["type"] == "KeyboardInterrupt"


def test_an_interrupt_between_blocks_does_nothing(session):
    assert session.request("interrupt") is None
    assert session.python("1")["value"] == 1


@pytest.mark.parametrize("language, code", [ENDLESS[0], ENDLESS[5], ENDLESS[7]])
def test_a_signal_from_outside_interrupts_the_block(session, language, code):
    pid = session.request("initialize")["pid"]
    block = session.send("evaluate", language=language, code=code)
    while session.message().get("method") != "output":
        pass
    os.kill(pid, signal.SIGINT)
    with pytest.raises(RequestError, match="KeyboardInterrupt"):
        session.answer(block)


def test_a_training_run_can_be_interrupted(session):
    code = (
        "import numpy as np\nfrom pybridge import models, training\n"
        "net = models.sequential([('dense', 8, 'relu'), ('dense', 1)], input_shape=[4], seed=1)\n"
        "x, y = np.ones((64, 4), 'float32'), np.ones((64, 1), 'float32')\nprint('on')\n"
        "training.fit(net, x, y, loss='mean_squared_error', metrics=[], epochs=1_000_000, progress=False)"
    )
    assert session.interrupted("python", code, when="on\n").data["type"] == "KeyboardInterrupt"


# ---- names -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "language, code, found",
    [
        ("python", "import math\nmath.sq", "math.sqrt"),
        ("python", "prin", "print"),
        ("python", "x = learning_r", "learning_rate"),
        ("clojure", "(clojure.string/upp", "clojure.string/upper-case"),
        ("clojure", "(reduc", "reduce"),
        ("clojure", "(def x learning-r", "learning-rate"),
        ("clojure", "(pb/from-p", "pb/from-python"),
    ],
)
def test_completion(session, language, code, found):
    session.python("import math\nlearning_rate = 0.1")
    session.clojure("(def learning-rate 0.1)")
    assert found in session.request("complete", language=language, code=code)


@pytest.mark.parametrize("language", ["python", "clojure"])
@pytest.mark.parametrize("code", ["", " ", "nothing_begins_like_this", "nope/nope", "nope.nope", "map "])
def test_completion_of_nothing(session, language, code):
    assert session.request("complete", language=language, code=code) == []


def test_documentation(session):
    python = session.request("describe", language="python", name="len")
    assert python["signature"].startswith("len(obj")
    assert "number of items" in python["doc"]
    clojure = session.request("describe", language="clojure", name="map")
    assert clojure["name"] == "clojure.core/map"
    assert "[f coll]" in clojure["signature"]
    assert "lazy sequence" in clojure["doc"]


def test_documentation_of_a_function_of_this_session(session):
    session.python('def area(width, height=1):\n    """The area of a rectangle."""\n    return width * height')
    told = session.request("describe", language="python", name="area")
    assert told == {"name": "area", "signature": "area(width, height=1)", "doc": "The area of a rectangle."}


@pytest.mark.parametrize("language", ["python", "clojure"])
@pytest.mark.parametrize("name", ["no_such_name", "no.such.name", "no/such", "", "(", "1"])
def test_documentation_of_nothing(session, language, name):
    with pytest.raises(RequestError, match="the session has no") as refused:
        session.request("describe", language=language, name=name)
    assert refused.value.code == -32602


# ---- the protocol ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "body, code, known",
    [
        (b"not json", -32700, None),
        (b"", -32700, None),
        (b"\xff\xfe", -32700, None),
        (b"[" * 100_000, -32700, None),
        (b"[]", -32600, None),
        (b"null", -32600, None),
        (b'{"id": 900}', -32600, 900),
        (b'{"id": 901, "method": 5}', -32600, 901),
        (b'{"id": {"a": 1}, "method": "initialize"}', -32600, None),
        (b'{"id": 902, "method": "nonsense"}', -32601, 902),
        (b'{"id": 903, "method": "evaluate"}', -32602, 903),
        (b'{"id": 904, "method": "evaluate", "params": [1]}', -32602, 904),
        (b'{"id": 905, "method": "evaluate", "params": {"code": 5}}', -32602, 905),
        (b'{"id": 906, "method": "evaluate", "params": {"code": "1", "language": "cobol"}}', -32602, 906),
        (b'{"id": 907, "method": "complete", "params": {"code": null}}', -32602, 907),
        (b'{"id": 908, "method": "describe", "params": {"name": ["x"]}}', -32602, 908),
        (b'{"id": "a", "method": "nonsense"}', -32601, "a"),
    ],
)
def test_a_malformed_request_gets_an_error_and_the_session_lives(session, body, code, known):
    session.write(body)
    answer = session.message()
    assert answer["error"]["code"] == code
    assert answer["id"] == known
    assert answer["error"]["message"]
    assert session.python("1")["value"] == 1


def test_a_request_without_an_id_gets_no_answer(session):
    session.write(b'{"jsonrpc": "2.0", "method": "evaluate", "params": {"code": "told = 5"}}')
    session.write(b'{"jsonrpc": "2.0", "method": "nonsense"}')
    assert session.python("told")["value"] == 5


def test_requests_wait_for_each_other(session):
    first = session.send("evaluate", language="python", code="import time\ntime.sleep(0.2)\norder = ['first']")
    second = session.send("evaluate", language="python", code="order.append('second')\norder")
    session.answer(first)
    assert session.answer(second)["value"] == ["first", "second"]


def test_headers_other_than_the_length_do_not_matter(session):
    body = b'{"jsonrpc": "2.0", "id": 990, "method": "initialize"}'
    session.process.stdin.write(
        b"Content-Type: application/vscode-jsonrpc; charset=utf-8\r\nCONTENT-LENGTH: %d\r\n\r\n" % len(body) + body
    )
    session.process.stdin.flush()
    assert session.answer(990)["name"] == "pybridge"


def test_a_message_without_a_length_gets_an_error_and_the_session_lives(session):
    session.process.stdin.write(b"GET / HTTP/1.1\r\n\r\n")
    session.process.stdin.flush()
    assert session.message()["error"]["code"] == -32700
    assert session.python("1")["value"] == 1


# ---- life ------------------------------------------------------------------------------------------------------------


def test_two_sessions_share_nothing():
    with running() as one, running() as other:
        one.python("x = 1")
        assert failure(other.python, "x").data["type"] == "NameError"
        assert one.python("x")["value"] == 1


def test_shutdown_answers_and_ends_the_process():
    session = Session()
    session.clojure("(def x (future (Thread/sleep 100000)))")
    assert session.request("shutdown") is None
    assert session.message() is None
    assert session.end() == 0


@pytest.mark.parametrize("language, code", [ENDLESS[1], ENDLESS[7]])
def test_shutdown_ends_a_block_that_would_not_end(language, code):
    session = Session()
    session.send("evaluate", language=language, code=code)
    while session.message().get("method") != "output":
        pass
    session.request("shutdown")
    session.end()


def test_the_end_of_input_ends_the_process():
    session = Session()
    session.python("1")
    assert session.end() == 0


def test_clojure_starts_when_it_is_needed():
    with running() as session:
        assert "jpype" not in session.python("import sys\nsorted(sys.modules)")["text"]
        assert session.request("complete", language="clojure", code="(reduc") == []
        assert session.clojure("(+ 1 1)")["value"] == 2
        assert "reduce" in session.request("complete", language="clojure", code="(reduc")
