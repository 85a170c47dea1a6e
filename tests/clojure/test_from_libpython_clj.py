"""The page for those who come from another bridge: each line gives what it says."""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import jpype
import pytest
from test_clojure import NO_LIBPYTHON_CLJ, has_libpython_clj, java_of

from pybridge import clojure
from pybridge.clojure.classpath import classpath

PAGE = (Path(__file__).parents[2] / "docs" / "from-libpython-clj.md").read_text(encoding="utf-8")
PARTS = re.split(r"^## (.+)$", PAGE, flags=re.MULTILINE)
SECTIONS = dict(zip(PARTS[1::2], PARTS[2::2], strict=True))


def lines(section: str) -> list[tuple[str, ...]]:
    """Theirs, ours and what they give."""
    rows = re.findall(r"^\| `(.+?)` \| `(.+)` \| `(.+)` \|$", SECTIONS[section], re.MULTILINE)
    assert len(rows) == SECTIONS[section].count("\n| ") - 2
    return rows


def evaluated(code: str) -> object:
    """The value of Clojure code in a namespace with the page's own `require`."""
    clojure.eval("(require '[pybridge.core :as pb])", namespace="pybridge.from-another-bridge")
    return clojure.eval(code, namespace="pybridge.from-another-bridge")


@pytest.mark.parametrize("section, line", [(s, line) for s in ("libpython-clj", "reticulate") for line in lines(s)])
def test_ours_gives_what_it_says(section, line):
    assert evaluated(f"(pr-str {line[1]})") == line[2]


@pytest.mark.parametrize("line", lines("JPype"))
def test_jpypes_and_ours_give_the_same(line):
    clojure.start()
    theirs, ours = (eval(code, {"jpype": jpype, "clojure": clojure}) for code in line[:2])
    assert repr(ours) == line[2]
    assert theirs == ours


@pytest.mark.skipif(not has_libpython_clj(), reason=NO_LIBPYTHON_CLJ)
def test_libpython_cljs_and_ours_give_the_same(tmp_path):
    preamble = re.search(r"(\(require '\[libpython-clj2.*?\]\))\n", SECTIONS["libpython-clj"], re.DOTALL)[1]
    program = tmp_path / "program.clj"
    program.write_text(
        f"""(require 'libpython-clj2.python '[pybridge.core :as pb])
        (pb/start!) ; it initialises libpython-clj with the Python that has pybridge
        {preamble}
        """
        + "\n".join(f"(prn (= (pb/->clj {theirs}) (pb/->clj {ours})))" for theirs, ours, _ in lines("libpython-clj"))
    )
    command = [*java_of("libpython-clj"), "-cp", os.pathsep.join(classpath()), "clojure.main", str(program)]
    surroundings = {**os.environ, "PYBRIDGE_PYTHON": sys.executable}
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, env=surroundings)
    said = [line for line in done.stdout.splitlines() if line in ("true", "false")]
    assert len(said) == len(lines("libpython-clj")), done.stdout + done.stderr
    assert [line for line, answer in zip(lines("libpython-clj"), said, strict=True) if answer != "true"] == []


def has_reticulate() -> bool:
    load = ["Rscript", "-e", "library(reticulate)"]
    return bool(shutil.which("Rscript")) and subprocess.run(load, capture_output=True).returncode == 0


def plain(x: object) -> object:
    return x.tolist() if hasattr(x, "tolist") else x


@pytest.mark.skipif(not has_reticulate(), reason="R has no reticulate: its lines are left out")
def test_reticulates_and_ours_give_the_same():
    program = [
        "suppressPackageStartupMessages(library(reticulate))",
        f'use_python("{sys.executable}", required = TRUE)',
        """text <- py_run_string("def text(x): return repr(x.tolist() if hasattr(x, 'tolist') else x)")$text""",
        *[f'cat(text({theirs}), "\\n")' for theirs, _, _ in lines("reticulate")],
    ]
    done = subprocess.run(["Rscript", "-e", "\n".join(program)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    gave = [ast.literal_eval(line.strip()) for line in done.stdout.splitlines()]
    assert gave == [plain(evaluated(ours)) for _, ours, _ in lines("reticulate")]
