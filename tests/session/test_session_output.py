"""What blocks print."""

from __future__ import annotations

import os
import re
import subprocess
import sys

import pytest
from session_client import failure, running


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


def test_of_a_flood_the_beginning_is_sent(session):
    printed = session.python("for _ in range(300): print('x' * 99_999)")["output"]
    assert printed == (("x" * 99_999 + "\n") * 10) + "\n… and 29,000,000 more characters\n"
    assert session.python("print('dry')")["output"] == "dry\n"


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


def test_what_an_interrupted_flush_has_left_does_not_end_the_next():
    """Its mark comes first, before what was printed since."""
    code = """
import signal, sys, threading, time
from pybridge.session.capture import Capture
texts, go_on = [], threading.Event()
def receive(text):
    go_on.wait()
    time.sleep(0.1)
    texts.append(text)
capture = Capture(receive)
print("first")
capture.begin()
signal.setitimer(signal.ITIMER_REAL, 0.2)
signal.signal(signal.SIGALRM, signal.default_int_handler)
try:
    capture.flush()
except KeyboardInterrupt:
    print("second\\x1epybridge-", end="")
    go_on.set()
    capture.flush()
    capture.channel.write(repr("".join(texts)).encode())
    capture.channel.flush()
"""
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert (ended.stdout, ended.stderr) == (repr("first\nsecond\x1epybridge-"), "")


def test_a_thread_may_print_from_before_the_session_begins(tmp_path):
    code = """
import os, sys, threading, time
sys.setswitchinterval(1e-6)
def printing():
    until = time.monotonic() + 2
    while time.monotonic() < until:
        os.write(2, b"x")
        time.sleep(0)
threading.Thread(target=printing, daemon=True).start()
"""
    (tmp_path / "sitecustomize.py").write_text(code)
    with running(PYTHONPATH=os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")])) as session:
        answer = session.python("print('said')")
        assert answer["output"].replace("x", "") == "said\n"
    assert session.process.returncode == 0


FLOODS = {
    "Python's print": ("python", "print('x' * 10**8)"),
    "Python's lines": ("python", "for _ in range(10**6): print('x' * 99)"),
    "one write": ("python", "import os\ntext = b'x' * 10**8\nwhile text: text = text[os.write(1, text):]"),
    "a process": ("python", "import subprocess\n_ = subprocess.run('yes | head -c 100000000', shell=True)"),
    "Clojure's println": ("clojure", '(println (apply str (repeat 1000000 (apply str (repeat 100 "x")))))'),
    "Clojure's lines": ("clojure", '(let [line (apply str (repeat 99 "x"))] (dotimes [_ 1000000] (println line)))'),
}


@pytest.mark.parametrize("flood", FLOODS)
def test_100_megabytes_are_printed_and_the_next_block_streams_again(session, flood):
    language, code = FLOODS[flood]
    session.output.clear()
    printed = session.answer(session.send("evaluate", language=language, code=code))["output"]
    assert len(printed) < 1_000_100
    more = int(re.search(r"… and ([\d,]+) more characters\n\Z", printed)[1].replace(",", ""))
    assert 99_000_000 <= more <= 99_000_002
    assert sum(len(output["text"]) for output in session.output) == 1_000_000
    for language, code in [("python", "import sys; print('on'); input()"), ("clojure", '(println "on") (read-line)')]:
        session.lines.append("read\n")
        session.answer(session.send("evaluate", language=language, code=code, input=True, token=1))
        assert session.output[-1]["text"] == "on\n"
