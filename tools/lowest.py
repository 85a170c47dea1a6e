"""The tests with the oldest of each library that pyproject.toml allows: `make test-lowest`, or with files of tests."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / ".lowest"
# Matplotlib 3.9 warns beside newer ones, and warnings fail the tests.
BESIDE = ["pyparsing>=3.2,<3.3"]


def main(tests: Sequence[str]) -> int:
    """Make the environment in `.lowest`, and run the tests there; their exit status."""
    uv = [sys.executable, "-m", "uv"]
    environment = {
        **os.environ,
        "VIRTUAL_ENV": str(FOLDER),
        "PATH": f"{FOLDER / 'bin'}{os.pathsep}{os.environ['PATH']}",
    }
    made = subprocess.run([*uv, "venv", "--quiet", "--clear", "--python", sys.executable, str(FOLDER)])
    if made.returncode:
        return made.returncode
    python = str(FOLDER / "bin" / "python")
    # Without `--python`, uv installs into the environment that runs uv.
    lowest = ["--python", python, "--resolution", "lowest-direct"]
    installed = subprocess.run([*uv, "pip", "install", "--quiet", *lowest, "--editable", ".[dev]", *BESIDE], cwd=ROOT)
    if installed.returncode:
        return installed.returncode
    pytest = [python, "-m", "pytest", "--numprocesses=auto", "--maxprocesses=4", "--dist=loadfile"]
    return subprocess.run([*pytest, *tests], cwd=ROOT, env=environment).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
