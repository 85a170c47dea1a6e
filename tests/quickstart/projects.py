"""A copy of pybridge whose quick start can be harmed."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from pybridge.clojure.classpath import jars

ROOT = Path(__file__).parents[2]

# Whether pybridge's classes are on the class path, and whether this process has one of Java's caches in its memory.
CODE = """
(do (require 'pybridge.core)
    [(some? (clojure.lang.RT/getResource (clojure.lang.RT/baseLoader) "pybridge/core__init.class"))
     (with-open [maps (java.io.BufferedReader. (java.io.FileReader. "/proc/self/maps"))]
       (boolean (some #(re-find #"/java-[0-9a-f]+\\.(aot|jsa)" %) (line-seq maps))))])
"""

MAIN = "from pybridge.cli import main; main()"


class Project(NamedTuple):
    """A copy of pybridge with a cache folder of its own."""

    root: Path
    cache: Path

    @property
    def quickstart(self) -> Path:
        return self.cache / "pybridge" / "quickstart"

    @property
    def jar(self) -> Path:
        return next(self.quickstart.glob("pybridge-*.jar"))

    @property
    def java_cache(self) -> Path:
        return next(path for kind in ("aot", "jsa") for path in self.quickstart.glob(f"java-*.{kind}"))

    def run(self, *command: str | Path, **environment: str) -> subprocess.CompletedProcess:
        process = self.popen(command, environment)
        out, err = process.communicate()
        return subprocess.CompletedProcess(command, process.returncode, out, err)

    def popen(self, command: Sequence[str | Path], environment: dict[str, str], **options: object) -> subprocess.Popen:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("PYBRIDGE_")}
        given = {"PYTHONPATH": str(self.root), "XDG_CACHE_HOME": str(self.cache), "PYBRIDGE_PYTHON": sys.executable}
        return subprocess.Popen(
            list(map(str, command)),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=kept | given | environment,
            cwd=self.root,
            **options,
        )

    def start(self, *arguments: str, **options: object) -> subprocess.Popen:
        return self.popen([sys.executable, "-c", MAIN, *arguments], {}, **options)

    def pybridge(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess:
        return self.run(sys.executable, "-c", MAIN, *arguments, **environment)

    def found(self, **environment: str) -> list[bool]:
        """[compiled?, cached?] in a process that pybridge starts; nothing else may be printed, on either stream."""
        done = self.pybridge("eval", "--clojure", CODE, **environment)
        assert (done.returncode, done.stderr) == (0, "")
        return json.loads(done.stdout.replace(" ", ","))

    def compiled(self, **environment: str) -> bool:
        """Whether what pybridge starts has the classes on its class path; without them it starts from the sources."""
        return "/pybridge-" in self.pybridge("classpath", **environment).stdout

    def doctor(self, **environment: str) -> str:
        code = "from pybridge.cli.doctor._clojure import quick_start; print(*quick_start())"
        return self.run(sys.executable, "-c", code, **environment).stdout


def new_project(folder: Path) -> Project:
    project = Project(folder / "project", folder / "cache")
    for name in ("pybridge", "clj"):
        shutil.copytree(ROOT / name, project.root / name, ignore=shutil.ignore_patterns("__pycache__", "_shipped"))
    shutil.copy(ROOT / "deps.edn", project.root)
    downloaded = Path(jars()[0]).parent
    shutil.copytree(downloaded, project.cache / "pybridge" / "jars" / downloaded.name)
    return project
