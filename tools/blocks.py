"""Lint the code of the book: its Python blocks by ruff, its Clojure blocks by clj-kondo where that is on PATH.

`python -m tools.blocks ruff` or `clj-kondo`: what they find is said with its line of the .org file.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from pybridge._places import notebook_files
from pybridge.book.notebook import Block, Notebook
from pybridge.book.org import read_notebook

ROOT = Path(__file__).parents[1]
ABSENT = 77
# A block reads as code at a prompt does: imports come where they are needed and as wide as a page, lists are short
# enough to see that they are equally long, and words have the signs that people write.
RUFF = [
    *("--isolated", "--output-format", "json", "--select", "E,F,UP,B,SIM,RUF"),
    *("--ignore", "E402,E501,B905,RUF001,RUF002,RUF003"),
    *("--config", "builtins = ['clj']"),
]
# A later section may define a name anew, a chapter's namespace is not called as its file is and takes all of
# pybridge.ops at once, and modules that `pb/require-python` loads are Python's.
KONDO = """{:linters {:namespace-name-mismatch {:level :off}
                       :redefined-var {:level :off}
                       :unused-referred-var {:exclude {pybridge.ops [+ - * / max min abs sqrt]}}
                       :unresolved-namespace {:exclude [tf tf.random keras keras.activations keras.layers keras.losses
                                                        keras.optimizers keras.utils]}}}"""


def main(tool: str) -> int:
    """The exit status: 0 where the tool finds nothing, 77 where it is not installed."""
    if tool == "clj-kondo" and not shutil.which("clj-kondo"):
        return ABSENT
    find = {"ruff": by_ruff, "clj-kondo": by_kondo}[tool]
    found = [line for path in notebook_files() for line in find(read_notebook(path))]
    print("\n".join(found))
    return 1 if found else 0


def blocks(notebook: Notebook, language: str) -> list[Block]:
    """The blocks of a language that run."""
    return [block for block in notebook.blocks if block.language == language]


def by_ruff(notebook: Notebook) -> Iterator[str]:
    """What ruff finds, as in a notebook of Jupyter's, whose last expression in a cell is its value."""
    cells = blocks(notebook, "python")
    written = {
        "nbformat": 4,
        "nbformat_minor": 5,
        "metadata": {"language_info": {"name": "python"}},
        "cells": [
            {
                "cell_type": "code",
                "id": str(block.line),
                "metadata": {},
                "execution_count": None,
                "outputs": [],
                "source": block.code.splitlines(keepends=True),
            }
            for block in cells
        ],
    }
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / f"{notebook.path.stem}.ipynb"
        file.write_text(json.dumps(written), encoding="utf-8")
        command = [sys.executable, "-m", "ruff", "check", *RUFF, str(file)]
        done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode > 1:
        yield f"{notebook.path.name}: {done.stderr.strip()}"
        return
    for found in json.loads(done.stdout):
        if found["code"] == "F401" and asked(notebook, "python", found["message"]):
            continue
        line = cells[found["cell"] - 1].line + found["location"]["row"]
        yield f"{notebook.path.name}:{line}: {found['code']} {found['message']}"


def asked(notebook: Notebook, language: str, message: str) -> bool:
    """Whether what a message calls unused is for a block that the reader completes."""
    left = [part for part in notebook.parts if isinstance(part, Block) and part.language == language and not part.runs]
    subject = re.search(r"pybridge\.(\w+)", message)
    if subject is None:
        return False
    code = "\n".join(block.code for block in blocks(notebook, language))
    names = "|".join({subject[1], *re.findall(rf"\b{subject[1]} :?as (\w+)", code)})
    return any(re.search(rf"\b({names})[./]", block.code) for block in left)


def by_kondo(notebook: Notebook) -> Iterator[str]:
    """What clj-kondo finds in the blocks, each on the lines that it has in the .org file."""
    lines = [""] * (notebook.parts[-1].line + 1 if notebook.parts else 0)
    for block in blocks(notebook, "clojure"):
        code = block.code.split("\n")
        lines[block.line : block.line + len(code)] = code
    command = ["clj-kondo", "--config", KONDO, "--filename", f"{notebook.path.stem}.clj", "--lint", "-"]
    done = subprocess.run(command, cwd=ROOT, input="\n".join(lines), capture_output=True, text=True)
    for line in done.stdout.splitlines():
        found = re.fullmatch(r".*?:(\d+):\d+: (error|warning): (.*)", line)
        if found and not ("never used" in line and asked(notebook, "clojure", found[3])):
            yield f"{notebook.path.name}:{found[1]}: {found[3]}"
    if done.returncode not in (0, 2, 3):
        yield f"{notebook.path.name}: {done.stderr.strip()}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
