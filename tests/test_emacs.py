"""The Org mode in a real Emacs: compiled, checked, its own tests, and the notebooks as org-babel evaluates them."""

from __future__ import annotations

import difflib
import re
import shutil
import subprocess
import sys
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

from pybridge.book.comparator import alike

ROOT = Path(__file__).parents[1]
EMACS = shutil.which("emacs")
SOURCES = sorted((ROOT / "emacs").glob("*.el")) + sorted((ROOT / "tests" / "emacs").glob("*.el"))
TESTS = [path for path in SOURCES if path.stem.endswith("-tests")]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("[!.]*.org"))

# Where other work goes on beside them, the notebooks take minutes.
LONGEST = 900

pytestmark = [
    pytest.mark.skipif(EMACS is None, reason="there is no emacs on PATH"),
    pytest.mark.timeout(LONGEST + 20),
]

EXECUTE = """
(progn
  (require 'pybridge)
  (setq org-confirm-babel-evaluate nil
        pybridge-command (pop command-line-args-left))
  (dolist (notebook command-line-args-left)
    (find-file notebook)
    (pybridge-mode)
    (org-babel-map-src-blocks nil
      (unless (equal "no" (cdr (assq :eval (nth 2 (org-babel-get-src-block-info 'light)))))
        (org-babel-execute-src-block)))
    (save-buffer))
  (setq command-line-args-left nil))
"""


def emacs(*arguments: str, cwd: Path = ROOT, timeout: float = LONGEST) -> subprocess.CompletedProcess:
    command = [EMACS, "-Q", "--batch", "-L", str(ROOT / "emacs"), *arguments]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, timeout=timeout)


def test_it_compiles_without_a_warning(tmp_path):
    for path in SOURCES:
        shutil.copy(path, tmp_path)
    files = [str(tmp_path / path.name) for path in SOURCES]
    command = [EMACS, "-Q", "--batch", "-L", str(tmp_path), "--eval", "(setq byte-compile-error-on-warn t)"]
    compiled = subprocess.run([*command, "-f", "batch-byte-compile", *files], capture_output=True, text=True)
    assert (compiled.returncode, compiled.stderr) == (0, "")


def test_checkdoc_has_nothing_to_say():
    files = " ".join(f'"{path}"' for path in SOURCES)
    checked = emacs("--eval", f"(progn (require 'checkdoc) (mapc #'checkdoc-file '({files})))")
    assert (checked.returncode, checked.stderr) == (0, "")


def test_each_file_asks_only_for_those_below_it():
    """The main file asks for all; of the others each asks for none that asks for it, and loads alone."""
    asked = {
        path.stem: set(re.findall(r"\(require '(pybridge\S*?)\)", path.read_text())) - {path.stem}
        for path in SOURCES
        if path.parent == ROOT / "emacs"
    }
    TopologicalSorter(asked).prepare()  # raises on a cycle
    assert set().union(*asked.values()) == asked.keys() - {"ob-pybridge"}
    assert asked["ob-pybridge"] == {"pybridge"}
    for name in asked:
        loaded = emacs("--eval", f"(require '{name})")
        assert (loaded.returncode, loaded.stderr) == (0, ""), name


@pytest.mark.parametrize(
    "line, added",
    [
        ('(load (expand-file-name "{name}" "{folder}"))', 0),
        ("(progn (add-to-list 'load-path \"{folder}\") (require '{name}))", 1),
    ],
    ids=["load", "require"],
)
@pytest.mark.parametrize("name", ["pybridge", "ob-pybridge"])
def test_the_line_of_an_init_file_finds_all_files(line, added, name):
    line = line.format(name=name, folder=ROOT / "emacs")
    code = f"(let ((before (length load-path))) {line} (pybridge-mode) (princ (- (length load-path) before)))"
    loaded = subprocess.run([EMACS, "-Q", "--batch", "--eval", code], capture_output=True, text=True)
    assert (loaded.returncode, loaded.stdout) == (0, str(added)), loaded.stderr


def test_the_package_headers_are_complete():
    code = """
    (progn
      (require 'package)
      (find-file "emacs/pybridge.el")
      (let ((package (package-buffer-info)))
        (princ (list (package-desc-name package) (package-version-join (package-desc-version package))
                     (package-desc-reqs package) (package-desc-summary package)))))
    """
    summary = "Python and Clojure Org blocks in one live session"
    assert emacs("--eval", code).stdout == f"(pybridge 0.1.0 ((emacs (28 1))) {summary})"


def test_its_own_tests_pass():
    command = Path(sys.executable).with_name("pybridge")
    ended = emacs(
        *("--eval", f'(setq pybridge-command "{command}")'),
        *("-L", "tests/emacs", *(part for path in TESTS for part in ("-l", str(path)))),
        *("-f", "ert-run-tests-batch-and-exit"),
    )
    assert ended.returncode == 0, ended.stderr[-8000:]
    assert re.search(r"Ran [1-9]\d* tests, (\d+) results as expected, 0 unexpected", ended.stderr)


def with_one_epoch(text: str) -> str:
    """A notebook whose longest training is of one epoch and not of ten, without the result of that.

    `pybridge book check` trains for ten (test_book.py); what counts here is how Emacs asks and writes.
    """
    text = re.sub(r"epochs=10, batch_size=128\)|(?<=train-labels )10(?= :batch-size 128)", one_epoch, text)
    return re.sub(r"(#\+RESULTS: naive-training\.\w+\n).*\n", r"\1", text)


def one_epoch(found: re.Match) -> str:
    return found[0].replace("10", "1")


@pytest.fixture(scope="module")
def evaluated(tmp_path_factory):
    """The folder with the notebooks after one Emacs has gone through them, one after the other and in one session."""
    folder = tmp_path_factory.mktemp("notebooks")
    copies = [folder / notebook.name for notebook in NOTEBOOKS]
    for notebook, copied in zip(NOTEBOOKS, copies, strict=True):
        copied.write_text(with_one_epoch(notebook.read_text()))
    command = Path(sys.executable).with_name("pybridge")
    ended = emacs("--eval", EXECUTE, str(command), *map(str, copies), cwd=folder)
    assert ended.returncode == 0, ended.stderr[-8000:]
    return folder


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.name)
def test_a_notebook_gives_the_results_that_stand_in_it(notebook, evaluated):
    before, after = (with_one_epoch(path.read_text()) for path in (notebook, evaluated / notebook.name))
    assert alike(after, before), "".join(difflib.unified_diff(before.splitlines(True), after.splitlines(True), n=0))


def test_emacs_finds_the_mode_by_the_command_line():
    command = Path(sys.executable).with_name("pybridge")
    folder = subprocess.run([command, "emacs-path"], capture_output=True, text=True, check=True).stdout.rstrip("\n")
    loaded = subprocess.run([EMACS, "-Q", "--batch", "-L", folder, "-l", "pybridge"], capture_output=True, text=True)
    assert (loaded.returncode, loaded.stderr) == (0, "")


# Whatever evaluates a block where our mode is off: stock ob-python, ob-clojure with CIDER or another.
WITHOUT_US = """
(progn
  (require 'ob)
  (setq org-confirm-babel-evaluate nil)
  (defun org-babel-execute:python (_body _params) "<Figure size 640x480>")
  (defalias 'org-babel-execute:clojure #'org-babel-execute:python)
  (dolist (notebook command-line-args-left)
    (find-file notebook)
    (org-babel-execute-buffer)
    (princ (format "%d " (how-many "<Figure size" (point-min)))))
  (setq command-line-args-left nil))
"""


def test_org_without_the_mode_harms_no_figure(tmp_path):
    """Org writes what a block gives into the block's file, unless its header says that it only links to it."""
    shutil.copytree(ROOT / "notebooks", tmp_path / "book")
    figures = {path: path.read_bytes() for path in (tmp_path / "book").rglob("*.svg")}
    ended = emacs("--eval", WITHOUT_US, *map(str, sorted((tmp_path / "book").glob("*.org"))))
    assert ended.returncode == 0, ended.stderr[-8000:]
    assert sum(map(int, ended.stdout.split())) > 100  # the blocks were evaluated
    assert figures and {path: path.read_bytes() for path in (tmp_path / "book").rglob("*.svg")} == figures
