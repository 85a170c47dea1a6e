"""The options of a JVM that hosts Python: with them it prints no warning, without them the one that docs explain."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from pybridge.clojure.classpath import classpath
from pybridge.clojure.java import find_java
from pybridge.clojure.options import HOST

PAGE = (Path(__file__).parents[2] / "docs/clojure.md").read_text(encoding="utf-8")
CALL = '(require \'[pybridge.core :as pb]) (println (pb/call (pb/module "math") :sqrt 16)) (shutdown-agents)'


def warnings(*options: str) -> list[str]:
    command = [find_java().executable, *options, "-cp", os.pathsep.join(classpath()), "clojure.main", "-e", CALL]
    environment = os.environ | {"PYBRIDGE_PYTHON": sys.executable}
    done = subprocess.run(command, capture_output=True, text=True, env=environment)
    assert done.stdout == "4.0\n", done.stderr
    return [line for line in done.stderr.splitlines() if line]


def test_with_the_options_to_copy_nothing_is_printed():
    assert warnings(*HOST) == []


def test_without_them_java_warns_as_the_page_shows():
    if find_java().version < 24:
        pytest.skip("this Java does not warn yet, or in other words")
    shown = re.findall(r"^ *(WARNING: .*)$", PAGE, re.MULTILINE)
    assert len(shown) == 2
    assert set(shown) <= set(warnings())
