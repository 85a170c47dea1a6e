"""Streams, signals, locales and paths: what surrounds the two languages in one process."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from programs import clojure, java, python

from pybridge.clojure.classpath import classpath

STREAMS = """
import sys, threading
out = sys.stdout
print('é', end='')
out.buffer.write(b'\\xe2\\x82'); out.buffer.write(b'\\xac\\n')
for wrong in (lambda: out.write(b'x'), lambda: print('x', file=out.buffer), lambda: out.read()):
    try: wrong()
    except Exception as error: print(type(error).__name__, error)
out.writelines(['a', 'b\\n'])
print(out.encoding, out.newlines, out.name, out.mode, out.fileno(), out.isatty(), out.writable(), out.closed)
out.reconfigure(encoding='latin-1', errors='strict')
print('ü')
try: print('€')
except UnicodeEncodeError as error: print(error)
out.reconfigure(encoding='utf-8', line_buffering=True)
out.buffer.write(b'bytes\\n')
print(out)
"""


def quoted(code: str) -> str:
    """Python code as a Clojure string."""
    return '"' + code.replace("\\", "\\\\").replace('"', '\\"') + '"'


def test_a_hosted_pythons_streams_are_as_pythons_own():
    own = subprocess.run(  # unbuffered: text that waits for its end would come after bytes written later
        [sys.executable, "-u", "-X", "utf8", "-c", STREAMS.replace("print('ü')", "out.buffer.flush()")],
        capture_output=True,
    ).stdout
    expected = own.decode().replace("latin-1' codec", "latin-1' codec", 1)
    expected = expected.replace("'latin-1' codec", "ü\n'latin-1' codec", 1)
    done = clojure(f"(require '[pybridge.core :as pb]) (pb/run {quoted(STREAMS)}) (shutdown-agents)")
    assert done.stdout == expected, done.stderr


@pytest.mark.parametrize("locale", [{"LC_ALL": "C"}, {"LC_ALL": "", "LANG": ""}, {"LC_ALL": "C.UTF-8"}])
def test_text_and_bytes_reach_the_standard_output_in_every_locale(locale):
    code = r"import sys; print('\xe9\u20ac', sys.getfilesystemencoding()); sys.stdout.buffer.write(b'\xff\n'); None"
    program = f"(require '[pybridge.core :as pb]) (pb/run {quoted(code)}) (shutdown-agents)"
    surroundings = {**os.environ, "PYBRIDGE_PYTHON": sys.executable, **locale}
    done = subprocess.run([*java(), "clojure.main", "-e", program], capture_output=True, env=surroundings)
    assert b"\xc3\xa9\xe2\x82\xac utf-8\n\xff\n" in done.stdout, done.stderr.decode()


def test_each_thread_prints_to_its_own_out():
    done = clojure("""
        (require '[pybridge.core :as pb])
        (def say (pb/run "
def say(word):
    for _ in range(200):
        print(word, flush=True)
say"))
        (def said (mapv (fn [word] (future (with-out-str (say word)))) ["one" "two" "three"]))
        (prn (mapv (comp frequencies clojure.string/split-lines deref) said))
        (pb/run "import contextlib, io")
        (prn (pb/run "
with contextlib.redirect_stdout(io.StringIO()) as caught:
    print('caught')
caught.getvalue()"))
        (shutdown-agents)
    """)
    assert '[{"one" 200} {"two" 200} {"three" 200}]\n' in done.stdout, done.stderr
    assert '"caught\\n"\n' in done.stdout


def test_prints_of_both_languages_keep_their_order_where_python_hosts():
    done = python("""
        import sys
        from pybridge import clojure
        say = clojure.eval("(fn [x] (print x))")
        complain = clojure.eval("(fn [x] (.print *err* x))")
        print("a", end=""); say("b"); print("c", end="")
        clojure.eval('''(require '[pybridge.core :as pb])
                        (print "d") (pb/run "print('e', end='')") (print "f") (pb/run "print('g', end='')")''')
        try:
            clojure.eval('(print "h") (throw (ex-info "x" {}))')
        except RuntimeError:
            print("i", end="")
        complain("1"); print("2", end="", file=sys.stderr); complain("3")
        say("j")
    """)
    assert (done.stdout, done.stderr) == ("abcdefghij", "123")


def test_prints_of_both_languages_keep_their_order_where_the_jvm_hosts():
    done = clojure("""
        (require '[pybridge.core :as pb])
        (def say (pb/run "lambda x: print(x, end='')"))
        (print "a") (say "b") (print "c") ((pb/run "lambda f: [print('d', end=''), f(), print('f')]") #(print "e"))
        (shutdown-agents)
    """)
    assert "abcdef\n" in done.stdout, done.stderr


def test_a_java_that_leaves_ctrl_c_to_the_system():
    program = '(require \'[pybridge.core :as pb]) (prn (pb/run "1 + 1")) (shutdown-agents)'
    done = subprocess.run(
        [*java("-Xrs"), "clojure.main", "-e", program],
        capture_output=True,
        text=True,
        env={**os.environ, "PYBRIDGE_PYTHON": sys.executable},
    )
    assert (done.returncode, done.stdout) == (0, "2\n"), done.stderr


@pytest.mark.parametrize(("environment", "found"), [({}, "42"), ({"PYTHONSAFEPATH": "1"}, "ModuleNotFoundError")])
def test_modules_beside_a_clojure_program(tmp_path, monkeypatch, environment, found):
    (tmp_path / "beside_it.py").write_text("answer = 42")
    monkeypatch.chdir(tmp_path)
    done = clojure(
        '(require \'[pybridge.core :as pb]) (prn (pb/run "import beside_it\\nbeside_it.answer")) (shutdown-agents)',
        **environment,
    )
    assert found in done.stdout + done.stderr


NULL_CHECKS = re.sub(
    r"\s+",
    " ",
    r"""
    (defn null-checks [n]
      (count
       (for [_ (range n)
             :let [length (eval '(fn [xs]
                                   (let [^objects xs xs]
                                     (loop [i 0, t 0]
                                       (if (< i (alength xs)) (recur (inc i) (+ t (.length ^String (aget xs i)))) t)))))
                   full (object-array (repeat 100 "abc"))
                   _ (dotimes [_ 3000] (length full))]
             :when (try (length (object-array [nil])) (catch NullPointerException _ true))]
         1)))
""",
)

FAULTHANDLER = "faulthandler.enable() does nothing beside a JVM, which lives by the signals of faults; "


@pytest.mark.parametrize("environment", [{}, {"PYTHONFAULTHANDLER": "1"}])
def test_the_fault_handler_leaves_a_jvm_that_hosts_python_its_signals(environment):
    done = clojure(
        f"""
        (require '[pybridge.core :as pb])
        {NULL_CHECKS}
        (prn (null-checks 10))
        (prn (pb/run "import faulthandler; faulthandler.enable(); faulthandler.is_enabled()"))
        (prn (null-checks 10))
        (pb/run "faulthandler.dump_traceback()")
        (shutdown-agents)
        """,
        **environment,
    )
    assert done.stdout.split()[-3:] == ["10", "false", "10"], done.stderr
    assert FAULTHANDLER in done.stderr
    assert "Current thread" in done.stderr


@pytest.mark.parametrize(("options", "before"), [([], False), (["-X", "faulthandler"], True)])
def test_the_fault_handler_of_a_python_that_hosts_a_jvm(options, before):
    done = python(
        f"""
        import faulthandler
        from pybridge import clojure
        clojure.eval(r'''{NULL_CHECKS}''')
        nulls = clojure.clj.null_checks
        print(nulls(10), faulthandler.is_enabled())
        faulthandler.disable()
        print(nulls(10), faulthandler.is_enabled())
        faulthandler.enable()
        print(nulls(10), faulthandler.is_enabled())
        """,
        *options,
    )
    assert done.stdout == f"10 {before}\n" * 3, done.stderr
    assert (FAULTHANDLER in done.stderr) is not before


def refusal(python_path: str, **environment: str) -> str:
    done = clojure(f"(require '[pybridge.core :as pb]) (pb/start! {{:python {python_path}}})", **environment)
    assert done.returncode == 1
    return done.stderr


def test_a_python_is_named_by_a_file_a_path_or_its_folder(tmp_path):
    home = tmp_path / "häuslich"
    (home / "bin").mkdir(parents=True)
    wrapper = home / "bin" / "python"
    wrapper.write_text(f'#!/bin/sh\necho "good morning"\nexec {sys.executable} "$@"\n')
    wrapper.chmod(0o755)
    for named in ('(io/file "{}")', '(.toPath (io/file "{}"))', '"{}"', '"{}/bin/python"'):
        done = clojure(f"""
            (require '[pybridge.core :as pb] '[clojure.java.io :as io])
            (pb/start! {{:python {named.format(home)}}})
            (prn (pb/run "1 + 1"))
            (shutdown-agents)
        """)
        assert done.stdout.splitlines()[-1] == "2", done.stderr


@pytest.mark.parametrize(
    ("script", "says"),
    [
        ("echo first >&2; echo 'no such luck' >&2; exit 3", "it does not run: no such luck"),
        ("echo 'ValueError: bad' >&2; echo 'at line 3' >&2; exit 1", "it does not run: ValueError: bad"),
        ("exit 7", "it does not run: it ends with status 7"),
        ("echo hello", 'it is no Python: asked for its version, it says "hello"'),
    ],
)
def test_a_python_that_does_not_start_says_why(tmp_path, script, says):
    program = tmp_path / "python"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    assert f"{program} (the option :python): {says}" in refusal(f'"{program}"')


def test_other_pythons_that_cannot_be():
    said = refusal('"/bin/nowhere"', PYTHONHOME="/nowhere")
    assert "(No such file or directory) (PYTHONHOME is /nowhere)" in said
    said = refusal(f'"{sys.executable}"', PYTHONHOME="/nowhere")
    assert "it does not run: ModuleNotFoundError: No module named 'encodings' (PYTHONHOME is /nowhere)" in said
    assert "the option :python names a Python by a string, File or Path, not 1" in refusal("1")


def test_each_namespace_may_be_loaded_again():
    home = Path(next(entry for entry in classpath() if entry.endswith("src")))
    elsewhere = ("platform/", "libpython_clj", "dtype_next", "clj-kondo")
    files = [str(path.relative_to(home)) for path in sorted(home.rglob("*.clj"))]
    names = [
        name[:-4].replace("/", ".").replace("_", "-") for name in files if not any(part in name for part in elsewhere)
    ]
    done = clojure(f"""
        (require '[pybridge.core :as pb])
        (def numbers (pb/->py [1 2 3]))
        (def call (pb/run "lambda f, *xs: f(*xs)"))
        (def f (fn [x] (inc x)))
        (pb/run "kept = []")
        ((pb/run "kept.append") f)
        (defn works []
          [(count numbers) (call f 5) (call (fn [x] [x]) {{:a [1 2.5]}}) ((pb/run "lambda: kept[0](41)"))
           (identical? f (pb/run "kept[0]")) (str (pb/->py [1 2]))
           (try (call (fn [] (throw (ex-info "no" {{}})))) (catch Exception e (ex-message e)))
           (try (pb/run "1 / 0") (catch Exception e (:py/type (ex-data e))))
           (with-out-str (pb/run "print('hi')"))
           @(future (call (fn [x] (call f x)) 6))])
        (def expected (works))
        (doseq [name '[{" ".join(names)}]]
          (require name :reload)
          (when-not (= expected (works)) (println "broken by" name)))
        (require 'pybridge.core :reload-all)
        (prn (= expected (works)) (count expected))
        (shutdown-agents)
    """)
    assert done.stdout.splitlines()[-1] == "true 10", done.stdout + done.stderr
    assert "broken" not in done.stdout


def old_java() -> str | None:
    java = shutil.which("java")
    version = java and subprocess.run([java, "-version"], capture_output=True, text=True).stderr
    return java if version and any(f'version "{n}.' in version for n in range(17, 22)) else None


@pytest.mark.skipif(old_java() is None, reason="no Java 17 to 21 on PATH")
@pytest.mark.parametrize("namespace", ["pybridge.core", "pybridge.tensors"])
def test_an_old_java_without_libpython_clj_says_what_it_lacks(namespace):
    path = [entry for entry in classpath() if "libpython" not in entry]
    done = subprocess.run(
        [
            old_java(),
            "-cp",
            os.pathsep.join(path),
            "clojure.main",
            "-e",
            f"(require '{namespace}) (pybridge.core/start!)",
        ],
        capture_output=True,
        text=True,
    )
    assert (
        "and pybridge's own way to Python needs Java 22 or newer: start a newer Java, or put libpython-clj "
        "(clj-python/libpython-clj) on the class path, with which Java 17 does too\n"
    ) in done.stderr
