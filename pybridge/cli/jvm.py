"""The commands that hand over to a JVM of its own, which then hosts Python."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

from pybridge.cli.prepare import prepare_later
from pybridge.cli.surroundings import PATHS, take_project
from pybridge.clojure import quickstart
from pybridge.clojure.classpath import classpath as class_path
from pybridge.clojure.entries import holds
from pybridge.clojure.java import NEEDED, Java, find_java, machines_own, unreadable, version_of
from pybridge.clojure.options import COMMON, STACK
from pybridge.errors import StartError

if TYPE_CHECKING:
    import typer

# nREPL's means to end Clojure code that heeds no interrupt; on Java 21 and newer it asks for them.
STOPPING = ["-Djdk.attach.allowAttachSelf", "-XX:+EnableDynamicAgentLoading"]


def print_classpath(
    classpath: Annotated[str, typer.Option("--classpath", metavar="PATHS", help=PATHS)] = "",
) -> None:
    """Print the class path for a JVM.

    java --enable-native-access=ALL-UNNAMED -Xss8m -cp "$(pybridge classpath)" clojure.main
    """
    take_project(classpath)
    entries = class_path()
    if old_java_serves(entries):
        entries = class_path(compiled=False)
    print(os.pathsep.join(entries))


def old_java_serves(entries: list[str]) -> bool:
    """Whether `java` is older than what the compiled classes are for, and does with libpython-clj."""
    version = next((version for _, home in machines_own() if (version := version_of(home))), NEEDED)
    return version < NEEDED and any("libpython-clj" in entry for entry in entries)


def print_java_options(
    classpath: Annotated[str, typer.Option("--classpath", metavar="PATHS", help=PATHS)] = "",
) -> None:
    """Print where java finds the options of a quick start.

    java @"$(pybridge java-options)" clojure.main
    """
    take_project(classpath)
    java, entries = find_java(), class_path()
    print(quickstart.keep_arguments([*_options(java, entries), "-cp", os.pathsep.join(entries)]))


def nrepl(
    port: Annotated[int, typer.Option(help="Where to listen; 0 takes a free port.", min=0, max=65535)] = 0,
    classpath: Annotated[str, typer.Option("--classpath", metavar="PATHS", help=PATHS)] = "",
) -> None:
    """Start an nREPL server for CIDER and other editors.

    Its port is written to .nrepl-port.
    """
    take_project(classpath)
    entries = class_path()
    if not _holds(entries, "nrepl/cmdline.clj"):
        entries = class_path(nrepl=True)
    _become(entries, "-m", "pybridge.nrepl", "--port", str(port), options=STOPPING, edited=True)


def _holds(entries: list[str], resource: str) -> bool:
    """Whether a class path has a resource, in a folder or in a jar."""
    return any(holds(entry, resource) for entry in entries)


def _become(entries: list[str], *arguments: str, options: Sequence[str] = (), edited: bool = False) -> None:
    """Let a JVM take this program's place, with its lines `edited` where rlwrap is at hand."""
    java = find_java()
    if fault := unreadable([java.home, *entries]):
        raise StartError(fault)
    prepare_later(entries)
    command = [str(java.executable), *_options(java, entries), *options, "-cp", os.pathsep.join(entries)]
    command += ["clojure.main", *arguments]
    if edited and sys.stdin.isatty() and (rlwrap := shutil.which("rlwrap")):
        command = [rlwrap, *command]
    if not os.environ.get("PYBRIDGE_PYTHON"):
        os.environ["PYBRIDGE_PYTHON"] = sys.executable
    if sys.platform == "win32":
        import subprocess

        sys.exit(subprocess.call(command))
    os.execv(command[0], command)


def _options(java: Java, entries: list[str]) -> list[str]:
    return [*COMMON, *STACK, *quickstart.java_options(java, entries)]
