"""What every command takes, and completion in a shell."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import pybridge
from pybridge.clojure.classpath import jars

PYBRIDGE = Path(sys.executable).with_name("pybridge")


def run(*arguments: str | Path, **environment: str) -> subprocess.CompletedProcess:
    return subprocess.run([*arguments], capture_output=True, text=True, env=os.environ | environment)


def test_the_version():
    for line in (["--version"], ["--verbose", "--version"]):
        assert run(PYBRIDGE, *line).stdout == f"pybridge {pybridge.__version__}\n"


def test_help_has_a_short_name_everywhere():
    for line in ([], ["run"], ["data", "mnist"], ["book", "check"]):
        short, long = run(PYBRIDGE, *line, "-h"), run(PYBRIDGE, *line, "--help")
        assert short.returncode == 0
        assert short.stdout == long.stdout
        assert short.stdout.startswith(f"Usage: {' '.join(['pybridge', *line])} ")


def test_python_runs_the_package_as_the_command():
    ended = run(sys.executable, "-m", "pybridge", "eval", "1 / 0")
    assert (ended.returncode, ended.stderr) == (1, run(PYBRIDGE, "eval", "1 / 0").stderr)
    assert run(sys.executable, "-m", "pybridge", "-h").stdout == run(PYBRIDGE, "-h").stdout


def test_verbose_stands_anywhere_before_what_belongs_to_the_program(tmp_path):
    (tmp_path / "program.py").write_text("import sys\nprint(sys.argv[1:])\n1 / 0\n")
    program = str(tmp_path / "program.py")
    data = {"PYBRIDGE_DATA": str(tmp_path)}
    for line in (["--verbose", "data", "mnist"], ["data", "--verbose", "mnist"], ["data", "mnist", "--verbose"]):
        assert run(PYBRIDGE, *line, **data).stderr.startswith("Traceback (most recent call last):\n")
    for line in (["--verbose", "run", program], ["run", "--verbose", program]):
        assert "pybridge/cli/" in run(PYBRIDGE, *line).stderr
    ended = run(PYBRIDGE, "run", program, "--verbose")
    assert ended.stdout == "['--verbose']\n"
    assert "pybridge/cli/" not in ended.stderr


def test_an_error_whose_sentence_says_what_to_do_has_no_hint(tmp_path):
    ended = run(PYBRIDGE, "data", "mnist", PYBRIDGE_DATA=str(tmp_path))
    assert ended.returncode == 1
    assert ended.stderr.count("\n") == 1


@pytest.mark.parametrize("code", ["(+ 1 2)", "(println)", '(ns a) (println "b")', "(map inc [1 2])"])
def test_code_that_reads_like_clojure(code):
    ended = run(PYBRIDGE, "eval", code)
    assert ended.returncode == 1
    assert ended.stderr.endswith("; if this is Clojure, write: pybridge eval --clojure CODE\n")
    assert ended.stderr.count("\n") == 1


@pytest.mark.parametrize("code", ["(1 +", "[1 2", "(x + y)", "('a' 'b' c)"])
def test_code_that_does_not(code):
    ended = run(PYBRIDGE, "eval", code)
    assert ended.returncode == 1
    assert "--clojure" not in ended.stderr


TENSORFLOW = """raise ImportError('''Traceback (most recent call last):
  File "pywrap_tensorflow.py", line 73, in <module>
    from tensorflow.python._pywrap_tensorflow_internal import *
ImportError: libtensorflow_cc.so.2: cannot open shared object file: No such file or directory


Failed to load the native TensorFlow runtime.
See https://www.tensorflow.org/install/errors for some common causes and solutions.
''')"""


def test_a_tensorflow_that_cannot_load(tmp_path):
    """What TensorFlow raises begins with a traceback."""
    (tmp_path / "tensorflow.py").write_text(TENSORFLOW)
    path = os.pathsep.join(filter(None, [str(tmp_path), os.environ.get("PYTHONPATH")]))
    ended = run(PYBRIDGE, "eval", "from pybridge import tensors", PYTHONPATH=path)
    assert ended.returncode == 1
    assert ended.stderr.startswith(
        "pybridge: TensorFlow cannot be loaded (ImportError: libtensorflow_cc.so.2: cannot open shared object file: "
        "No such file or directory): pybridge doctor says what to do\n"
    )


def test_a_locale_that_java_cannot_read_a_path_in(tmp_path):
    """The JVM would end the process."""
    folder = tmp_path / "Übung"
    (folder / "pybridge").mkdir(parents=True)
    (folder / "pybridge" / "jars").symlink_to(Path(jars()[0]).parents[1])
    (folder / "program.clj").write_text("(println :done)")
    program = ["run", str(folder / "program.clj")]
    says = r"pybridge: Java cannot open \S+, for this locale's file names are in \S+: set LC_ALL=C.UTF-8\n"
    assert re.fullmatch(says, run(PYBRIDGE, *program, LC_ALL="C").stderr)
    assert run(PYBRIDGE, *program, LC_ALL="C.UTF-8").stdout == ":done\n"
    for line in (["eval", "--clojure", "1"], ["repl", "-e", "1"]):
        ended = run(PYBRIDGE, *line, LC_ALL="C", XDG_CACHE_HOME=str(folder))
        assert ended.returncode == 1
        assert re.fullmatch(says, ended.stderr)


COMPLETE = """
complete -p pybridge
for line in "pybridge no" "pybridge repl --e" "pybridge data m" "pybridge doctor --"; do
  read -ra COMP_WORDS <<< "$line"
  COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
  _pybridge_completion pybridge
  echo "${COMPREPLY[@]}"
done
"""

INSTALLED = {
    "bash": ".bash_completions/pybridge.sh",
    "zsh": ".zfunc/_pybridge",
    "fish": ".config/fish/completions/pybridge.fish",
}


@pytest.mark.parametrize("shell", ["zsh", "fish"])
def test_what_other_shells_ask_for_completion(shell):
    asked = {"_TYPER_COMPLETE_ARGS": "pybridge note", "_TYPER_COMPLETE_FISH_ACTION": "get-args"}
    told = run(PYBRIDGE, _PYBRIDGE_COMPLETE=f"complete_{shell}", **asked).stdout
    assert "notebooks" in told and "copy them" in told
    assert "doctor" not in told


@pytest.mark.skipif(not shutil.which("bash"), reason="there is no bash")
def test_completion_is_installed_for_the_shell_that_asks(tmp_path):
    """zsh and fish are bash under their names here: what asks is known by its name."""
    home = {"HOME": str(tmp_path), "PATH": f"{PYBRIDGE.parent}{os.pathsep}{os.environ['PATH']}"}
    for shell, file in INSTALLED.items():
        (tmp_path / shell).symlink_to(shutil.which("bash"))
        ended = run(tmp_path / shell, "--norc", "-c", "pybridge --install-completion; true", **home)
        assert ended.stdout.startswith(f"{shell} completion installed in {tmp_path}/{file}\n"), ended
        assert "_PYBRIDGE_COMPLETE" in (tmp_path / file).read_text()

    ended = run("bash", "--norc", "-c", f"source {tmp_path}/.bashrc{COMPLETE}", **home)
    assert ended.stdout.splitlines() == [
        "complete -o default -F _pybridge_completion pybridge",
        "notebooks",
        "--eval",
        "mnist",
        "--json --verbose --help",
    ]
