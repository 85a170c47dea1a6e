"""`pybridge run` of a program that fails: where it failed, in its own language's words, without the bridge's frames."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

PYBRIDGE = Path(sys.executable).with_name("pybridge")

HINT = "(pybridge --verbose … shows the whole trace)\n"

PROGRAM = """import helper

def f(x):
    return helper.half(x)

try:
    f("one")
except TypeError as error:
    raise ValueError("no half") from error
"""

HELPER = """from pybridge import clojure

def half(x):
    return clojure.eval("(fn [f x] (f x))")(lambda y: y / 2, x)
"""


def pybridge(*arguments: str, cwd: Path, stdin: str = "") -> subprocess.CompletedProcess:
    return subprocess.run([PYBRIDGE, *arguments], input=stdin, capture_output=True, text=True, cwd=cwd)


def files(traceback: str) -> list[str]:
    return [Path(name).name for name in re.findall(r'^  File "(.*?)"', traceback, re.MULTILINE)]


def test_a_python_program_shows_its_own_frames(tmp_path):
    (tmp_path / "program.py").write_text(PROGRAM)
    (tmp_path / "helper.py").write_text(HELPER)
    ended = pybridge("run", "program.py", cwd=tmp_path)
    assert (ended.returncode, ended.stdout) == (1, "")
    assert ended.stderr.startswith("Traceback (most recent call last):\n")
    assert f'  File "{tmp_path}/program.py", line 7, in <module>\n    f("one")\n' in ended.stderr
    assert files(ended.stderr) == ["program.py", "program.py", "helper.py", "helper.py", "program.py"]
    assert ended.stderr.endswith("ValueError: no half\n")

    whole = pybridge("--verbose", "run", "program.py", cwd=tmp_path)
    assert whole.returncode == 1
    assert {"programs.py", "helper.py"} < set(files(whole.stderr))


def test_what_python_prints_of_a_failing_program_is_what_pybridge_prints(tmp_path):
    (tmp_path / "program.py").write_text("import json\njson.loads('{')\n")
    (tmp_path / "broken.py").write_text("def f(:\n")
    (tmp_path / "hooked.py").write_text(
        "import sys\nsys.excepthook = lambda cls, error, tb: print('heard', cls.__name__, tb.tb_lineno)\n\n1 / 0\n"
    )
    for name in ("program.py", "broken.py", "hooked.py"):
        ours = pybridge("run", name, cwd=tmp_path)
        pythons = subprocess.run([sys.executable, name], capture_output=True, text=True, cwd=tmp_path)
        assert (ours.returncode, ours.stdout, ours.stderr) == (1, pythons.stdout, pythons.stderr)


def test_a_python_program_is_told_what_python_does_not_say(tmp_path):
    (tmp_path / "program.py").write_text("def fit(x, *, units=1):\n    pass\n\nfit(1, unit=2)\n")
    pythons = subprocess.run([sys.executable, "program.py"], capture_output=True, text=True, cwd=tmp_path)
    ended = pybridge("run", "program.py", cwd=tmp_path)
    hint = "" if "Did you mean" in pythons.stderr else "  did you mean units?\n"
    assert (ended.returncode, ended.stderr) == (1, pythons.stderr + hint)

    (tmp_path / "both.py").write_text(
        "from pybridge import clojure\n\nclojure.eval('(defn slope [x] (/ x 0))')\nclojure.clj.slope(3)\n"
    )
    ended = pybridge("run", "both.py", cwd=tmp_path)
    assert files(ended.stderr) == ["both.py"]
    assert "    at user$slope.invoke(<clojure>:1)\n" in ended.stderr
    (tmp_path / "unknown.py").write_text("from pybridge import clojure\n\nclojure.eval('(redduce + [1])')\n")
    assert pybridge("run", "unknown.py", cwd=tmp_path).stderr.endswith("\n  did you mean reduce?\n")


def test_a_program_is_the_module_main(tmp_path):
    (tmp_path / "program.py").write_text(
        "import atexit, pickle, sys\n"
        "class Point: pass\n"
        "assert type(pickle.loads(pickle.dumps(Point()))) is Point\n"
        "atexit.register(lambda: print(sys.modules['__main__'].__file__))\n"
        "print(__file__, sys.argv, [name for name in globals() if not name.startswith('__')])\n"
    )
    ended = pybridge("run", "program.py", "--verbose", cwd=tmp_path)
    path = tmp_path / "program.py"
    names = ["atexit", "pickle", "sys", "Point"]
    assert ended.stdout == f"{path} ['program.py', '--verbose'] {names}\n{path}\n"


CLOJURE = """(ns program (:require [pybridge.core :as pb]))
(defn slope [x]
  (/ x 0))

(defn steep [x] (inc (slope x)))
(println "said")
  (steep 3)
"""


@pytest.mark.parametrize(
    "code, says",
    [
        (
            CLOJURE,
            "ArithmeticException: Divide by zero\n"
            "  {folder}/program.clj, line 3, in program/slope\n    (/ x 0))\n"
            "  {folder}/program.clj, line 5, in program/steep\n    (defn steep [x] (inc (slope x)))\n"
            "  {folder}/program.clj, line 7\n    (steep 3)\n" + HINT,
        ),
        (
            "(ns program)\n(defn fold [x] x)\n(defn f [x]\n  (foldd x))",
            "Syntax error: Unable to resolve symbol: foldd in this context\n"
            "  {folder}/program.clj, line 4\n    (foldd x))\n  did you mean fold?\n" + HINT,
        ),
        (
            "(ns program)\n(defn f [x]\n  (println x)",
            "Syntax error: EOF while reading, starting at line 2\n"
            "  {folder}/program.clj, line 2\n    (defn f [x]\n" + HINT,
        ),
        (
            '(require \'[pybridge.core :as pb])\n(defn f [x] (pb/call (pb/module "json") :loads x))\n(f "{")',
            "JSONDecodeError: Expecting property name enclosed in double quotes: line 1 column 2 (char 1)\n"
            "  {folder}/program.clj, line 2, in user/f\n"
            '    (defn f [x] (pb/call (pb/module "json") :loads x))\n'
            '  {folder}/program.clj, line 3\n    (f "{{")\n' + HINT,
        ),
        (
            '(try (/ 1 0) (catch Exception e (throw (ex-info "no slope" {:x 1} e))))',
            "ExceptionInfo: no slope\n  with {{:x 1}}\n  caused by ArithmeticException: Divide by zero\n"
            "  {folder}/program.clj, line 1\n",
        ),
        (
            "(let [f (fn [x] (inc x))]\n  (f :a))",
            "ClassCastException: class clojure.lang.Keyword cannot be cast to class java.lang.Number\n"
            "  {folder}/program.clj, line 1, in f\n    (let [f (fn [x] (inc x))]\n"
            "  {folder}/program.clj, line 2\n    (f :a))\n" + HINT,
        ),
        (
            "(defn f [x]\n  (let [y] x))",
            "Syntax error: Call to clojure.core/let did not conform to spec.\n"
            "  [y] - failed: even-number-of-forms? at: [:bindings] spec: :clojure.core.specs.alpha/bindings\n"
            "  {folder}/program.clj, line 2\n    (let [y] x))\n" + HINT,
        ),
        (
            "(require '[pybridge.tensors :as t])\n(+ 1 (t/ones [2]))",
            "use + - * / sin exp and the others of pybridge.ops",
        ),
    ],
    ids=["execution", "compiling", "reading", "python", "cause", "cast", "spec", "tensor"],
)
def test_a_clojure_program_shows_where_it_failed(code, says, tmp_path):
    (tmp_path / "program.clj").write_text(code)
    ended = pybridge("run", "program.clj", cwd=tmp_path)
    assert ended.returncode == 1
    assert says.format(folder=tmp_path) in ended.stderr
    assert not re.search(r"NO_SOURCE|pybridge[./](native|runtime|program|cli)", ended.stderr), ended.stderr


@pytest.mark.parametrize(
    "code, hint", [("(string/uper-case x)", "string/upper-case"), ("(halff x)", "half"), ("(redduce x)", "reduce")]
)
def test_a_namespace_that_a_program_requires_is_shown_where_it_fails(code, hint, tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "app.clj").write_text("(ns mine.app\n  (:require [mine.other :as other]))\n")
    (tmp_path / "mine" / "other.clj").write_text(
        f"(ns mine.other (:require [clojure.string :as string]))\n(defn- half [x] x)\n(defn f [x]\n  {code})\n"
    )
    ended = pybridge("run", "mine/app.clj", cwd=tmp_path)
    assert ended.stderr.splitlines()[1:] == [
        f"  {tmp_path}/mine/other.clj, line 4",
        f"    {code})",
        f"  {tmp_path}/mine/app.clj, line 1",
        "    (ns mine.app",
        f"  did you mean {hint}?",
        HINT.strip(),
    ]


def test_a_clojure_programs_whole_trace_has_the_file_too(tmp_path):
    (tmp_path / "program.clj").write_text(CLOJURE)
    ended = pybridge("run", "--verbose", "program.clj", cwd=tmp_path)
    assert ended.returncode == 1
    assert "at program$slope.invokeStatic(program.clj:3)" in ended.stderr
    assert "pybridge/cli/programs.py" in ended.stderr


def test_a_clojure_program_may_leave_by_python(tmp_path):
    (tmp_path / "program.clj").write_text("""(require '[pybridge.core :as pb]) (pb/run "import sys; sys.exit(3)")""")
    ended = pybridge("run", "program.clj", cwd=tmp_path)
    assert (ended.returncode, ended.stderr) == (3, "")


def test_a_last_value_without_a_form_in_python_is_no_error(tmp_path):
    (tmp_path / "program.clj").write_text("(println :done)\n(range)")
    ended = pybridge("run", "program.clj", cwd=tmp_path)
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, ":done\n", "")


NOTEBOOK = """#+title: Two blocks

#+begin_src python
def first(x):
    return x[0]
#+end_src

#+name: none-left.py
#+begin_src python
first([])
#+end_src
"""

CLOJURE_NOTEBOOK = """#+begin_src clojure
(defn slope [x]
  (/ x 0))
#+end_src

Then:

#+begin_src clojure
(slope 1)
#+end_src
"""


def test_a_notebook_names_the_block_that_failed(tmp_path):
    (tmp_path / "notes.org").write_text(NOTEBOOK)
    ended = pybridge("run", "notes.org", cwd=tmp_path)
    assert ended.returncode == 1
    assert ended.stderr == (
        "notes.org:9: the block none-left.py failed\n"
        "IndexError: list index out of range\n"
        "  notes.org, line 5, in first\n"
        "    return x[0]\n"
        "  notes.org, line 10\n"
        "    first([])\n" + HINT
    )


def test_a_block_of_python_that_failed_has_the_hint_too(tmp_path):
    code = "def dense(*, units):\n    return units\ndense(unitz=3)"
    (tmp_path / "notes.org").write_text(f"#+begin_src python\n{code}\n#+end_src\n")
    ended = pybridge("run", "notes.org", cwd=tmp_path)
    assert ended.stderr.endswith("  notes.org, line 4\n    dense(unitz=3)\n  did you mean units?\n" + HINT)


def test_a_notebook_names_the_clojure_block_that_failed(tmp_path):
    (tmp_path / "notes.org").write_text(CLOJURE_NOTEBOOK)
    ended = pybridge("run", "notes.org", cwd=tmp_path)
    assert ended.returncode == 1
    assert ended.stdout == "clojure: #'user/slope\n"
    assert ended.stderr.startswith("notes.org:8: the block of clojure failed\n")
    assert "ArithmeticException: Divide by zero" in ended.stderr
    assert "  notes.org, line 3, in user/slope\n    (/ x 0))\n  notes.org, line 9\n    (slope 1)\n" in ended.stderr


def test_a_program_comes_from_standard_input(tmp_path):
    (tmp_path / "mine.py").write_text("answer = 42")
    code = "import sys, mine\nprint(__name__, sys.argv, mine.answer)\nsys.exit(4)"
    ended = pybridge("run", "-", "one", "--two", cwd=tmp_path, stdin=code)
    assert (ended.returncode, ended.stdout) == (4, "__main__ ['-', 'one', '--two'] 42\n")
    ended = pybridge("run", "-", cwd=tmp_path, stdin="def f():\n    return 1 / 0\nf()")
    assert (ended.returncode, files(ended.stderr)) == (1, ["<stdin>", "<stdin>"])

    code = "(defn f [x]\n  (/ x 0))\n(println *command-line-args*)\n(f 2)"
    ended = pybridge("run", "--clojure", "-", "one", cwd=tmp_path, stdin=code)
    assert (ended.returncode, ended.stdout) == (1, "(one)\n")
    assert ended.stderr == (
        "ArithmeticException: Divide by zero\n  <stdin>, line 2, in user/f\n  <stdin>, line 4\n" + HINT
    )


@pytest.mark.parametrize(
    "text, line, argument",
    [
        ("{begin} :var x=1 :results value\nx\n{end}", 1, "var"),
        ("#+header: :prologue x=1\n{begin}\nx\n{end}", 1, "prologue"),
        ("#+HEADERS: :dir /tmp\n#+name: a\n{begin}\nx\n{end}", 1, "dir"),
        ("{begin}\n1\n{end}\n{begin} :noweb yes\n<<x>>\n{end}", 4, "noweb"),
        ("* A\n:properties:\n:header-args:{language}: :epilogue x\n:end:\n{begin}\n1\n{end}", 3, "epilogue"),
        ("#+property: header-args :eval no\n{begin}\n1\n{end}", 1, "eval"),
        ("#+header: :eval never\n{begin}\n1\n{end}", 1, "eval"),
        ("#+PROPERTY: header-args:{language}+ :return x\n{begin}\n1\n{end}", 1, "return"),
    ],
)
@pytest.mark.parametrize("language", ["python", "clojure"])
def test_a_notebook_whose_header_arguments_change_its_code_is_refused(tmp_path, text, line, argument, language):
    begin, end = f"#+begin_src {language}", "#+end_src"
    (tmp_path / "n.org").write_text(text.format(begin=begin, end=end, language=language))
    ended = pybridge("run", "n.org", cwd=tmp_path)
    assert (ended.returncode, ended.stdout, ended.stderr) == (
        1,
        "",
        f"pybridge: n.org:{line}: the code is run as it stands, without :{argument}; run this notebook in Emacs\n",
    )


def test_a_notebook_with_header_arguments_of_other_blocks_and_of_results_runs(tmp_path):
    (tmp_path / "n.org").write_text(
        "#+property: header-args:python :session a :results value :noweb no\n"
        "#+header: :var x=1\n#+begin_src emacs-lisp :var y=2\n(+ x y)\n#+end_src\n"
        "#+begin_src python :var z=1 :eval no\nz\n#+end_src\n"
        '#+begin_src python :eval "no"\nz\n#+end_src\n#+header: :var x=1\n\nNo block.\n'
        "#+begin_src python :noweb yes\n'''\n#+begin_src python :var x=1\n#+header: :var x=1\n'''\n#+end_src\n"
        '#+begin_src python :eval no-export :file "my :var x.png" :results file link :exports none\n6 * 7\n#+end_src\n'
    )
    text = "\n#+begin_src python :var x=1\n#+header: :var x=1\n"
    ended = pybridge("run", "n.org", cwd=tmp_path)
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, f"python: {text!r}\npython: 42\n", "")
