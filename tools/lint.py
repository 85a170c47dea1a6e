"""Run every check of the sources: `python -m tools.lint`, or some of them by name: `python -m tools.lint ruff mypy`.

A check whose program is not on this machine is left out, and said to be; the hosted checks have all of them.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).parents[1]
PYTHON = [sys.executable, "-m"]
CHECKDOC = """(dolist (folder '("emacs" "tests/emacs"))
  (mapc #'checkdoc-file (directory-files folder t "\\\\.el$")))"""
PACKAGE_LINT = """(progn
  (package-initialize)
  (unless (require 'package-lint nil t) (kill-emacs 77))
  ;; An older one warns that no Emacs it knows of is new enough.
  (setq default-directory (expand-file-name "emacs/")
        command-line-args-left (directory-files "." nil "\\.el$")
        package-lint-batch-fail-on-warnings nil)
  (package-lint-batch-and-exit))"""
ABSENT = 77  # the exit status of a check that is not installed, though its program is

CHECKS = {
    "ruff": [*PYTHON, "ruff", "check", "."],
    "format": [*PYTHON, "ruff", "format", "--check", "."],
    "mypy": [*PYTHON, "mypy"],
    "layers": [*PYTHON, "pytest", "--quiet", "tests/test_house.py", "tests/test_namespaces.py"],
    "generated": [*PYTHON, "tools.generate", "--check"],
    "clj-kondo": ["clj-kondo", "--fail-level", "warning", "--lint", "clj/src", "clj/test"],
    "book-ruff": [*PYTHON, "tools.blocks", "ruff"],
    "book-clj-kondo": [*PYTHON, "tools.blocks", "clj-kondo"],
    "checkdoc": ["emacs", "-Q", "--batch", "--eval", "(require 'checkdoc)", "--eval", CHECKDOC],
    "package-lint": ["emacs", "-q", "--batch", "--eval", PACKAGE_LINT],
}


def main(names: Sequence[str]) -> int:
    """The exit status: 0 where every check passes that can run here, 2 where there is none of a name."""
    if unknown := set(names) - CHECKS.keys():
        print(f"there is no check {', '.join(sorted(unknown))}: take {', '.join(CHECKS)}", file=sys.stderr)
        return 2
    failed = [name for name in names or CHECKS if not passes(name)]
    if failed:
        print(f"failed: {', '.join(failed)}", file=sys.stderr)
    return 1 if failed else 0


def passes(name: str) -> bool:
    """Whether a check passes; one that passes prints its name alone."""
    command = CHECKS[name]
    if not shutil.which(command[0]):
        print(f"{name}: left out, as {command[0]} is not on PATH")
        return True
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode == ABSENT:
        print(f"{name}: left out, as it is not installed")
        return True
    found = done.returncode != 0 or (name == "checkdoc" and done.stdout.strip() != "")  # which always exits with 0
    print(f"{name}: {'failed' if found else 'passed'}")
    if found:
        print(done.stdout, end="")
    return not found


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
