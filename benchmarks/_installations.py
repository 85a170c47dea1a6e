"""pybridge as a checkout has it and as a wheel does, to start it as a user would."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]

# Each would time something else: the first has Python compile the package anew at each start.
LEFT_OUT = {"PYTHONDONTWRITEBYTECODE", "PYBRIDGE_CLASSPATH", "PYBRIDGE_QUICK_START", "JAVA_TOOL_OPTIONS"}


@dataclass(frozen=True)
class Installation:
    """An installed pybridge.

    Attributes:
        name: what it is, for people.
        python: its Python.
        folder: where its programs run.
        environment: what they run with.
    """

    name: str
    python: Path
    folder: Path
    environment: dict[str, str]

    @property
    def pybridge(self) -> Path:
        """The command."""
        return self.python.with_name("pybridge")

    def run(self, *command: str | Path, **environment: str) -> str:
        """Run a program; what it prints."""
        with_it = self.environment | environment
        ended = subprocess.run(command, capture_output=True, text=True, cwd=self.folder, env=with_it)
        if ended.returncode:
            raise RuntimeError(f"{' '.join(map(str, command))} ended with {ended.returncode}: {ended.stderr}")
        return ended.stdout

    def knows(self, command: str) -> bool:
        """Whether the command has a subcommand."""
        return f"\n  {command} " in self.run(self.pybridge, "--help")

    def prepare(self) -> None:
        """Have everything at hand that makes a start quick, where there is a command for it."""
        if self.knows("prepare"):
            self.run(self.pybridge, "prepare")


def checkout(folder: Path) -> Installation:
    """This checkout."""
    environment = {name: value for name, value in os.environ.items() if name not in LEFT_OUT}
    return Installation("a checkout", Path(sys.executable), folder, environment)


def wheel(folder: Path) -> Installation:
    """A wheel of this checkout in an environment of its own, which borrows from this one what pybridge depends on."""
    here = checkout(folder)
    options = ["--disable-pip-version-check", "--quiet", "--no-deps"]
    here.run(here.python, "-m", "pip", "wheel", ROOT, *options, "--no-build-isolation", "--wheel-dir", folder)
    here.run(here.python, "-m", "venv", "--without-pip", folder / "environment")
    python = folder / "environment" / Path(sysconfig.get_path("scripts")).name / Path(sys.executable).name
    built = next(folder.glob("*.whl"))
    here.run(here.python, "-m", "pip", "--python", python, "install", *options, "--no-index", built)
    packages = here.run(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))").strip()
    Path(packages, "borrowed.pth").write_text(f"{sysconfig.get_path('purelib')}\n")  # whose own .pth files it passes by
    environment = {name: value for name, value in here.environment.items() if name != "PYTHONPATH"}
    return Installation("a wheel", python, folder, environment)
