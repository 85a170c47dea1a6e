"""The options that a JVM for Clojure and Python is started with, in either host."""

from __future__ import annotations

import os
import re

from pybridge._folders import make_folder, state_folder

__all__ = ["COMMON", "HOST", "STACK", "VARIABLES", "embedded", "from_environment"]

VARIABLES = ("JAVA_TOOL_OPTIONS", "_JAVA_OPTIONS", "JDK_JAVA_OPTIONS")

NATIVE = "--enable-native-access=ALL-UNNAMED"

# The bridge calls C functions, and runs the JVM's shutdown hooks from java.lang where Python hosts it.
# Java's cache has to be made and used with the same two.
# A start runs much code a few times. Compiling it to machine code takes a processor's time for nothing, so a method has
# to run four times as often as by default. Eight times as often starts no sooner, and keeps operations slow for longer;
# twice as often compiles the reading of long lists too soon, to code that takes 1.4 times as long.
COMMON = [
    *(NATIVE, "--add-opens=java.base/java.lang=ALL-UNNAMED"),
    "-XX:CompileThresholdScaling=4",
]

# Calls nest up to 200 deep between the languages, for which a megabyte, the default of threads that Java starts, is not
# enough.
STACK = ["-Xss8m"]

# What a JVM that hosts Python is given by hand, in an alias, :jvm-opts or a line for a shell; without the first, Java
# warns.
HOST = [NATIVE, *STACK]


def embedded() -> list[str]:
    """What a JVM inside a Python process needs besides: signals are Python's, there is little garbage, the classes of
    what is evaluated go in minutes, and what it writes of a crash, `hs_err_pid123.log`, is not to stand beside
    somebody's notebook.

    A collector, or a place for that file, that the environment names is left to it.
    """
    given = " ".join(from_environment().values())
    collector = [] if re.search(r"-XX:\+Use\w+GC\b", given) else ["-XX:+UseSerialGC"]
    crashes = [] if "-XX:ErrorFile=" in given else _crashes()
    # Clojure holds classes by soft references, which last for so many milliseconds for each free megabyte: 1,000 by
    # default, which is more than an hour.
    return ["-Xrs", "-XX:SoftRefLRUPolicyMSPerMB=10", *collector, *crashes]


def _crashes() -> list[str]:
    """The option that has crashes written down where the user's state is; Java's own place where that cannot be."""
    try:
        folder = state_folder() / "crashes"
        make_folder(folder)
    except OSError:
        return []
    return [f"-XX:ErrorFile={folder}{os.sep}hs_err_pid%p.log"]


def from_environment() -> dict[str, str]:
    """What a JVM hears of options besides its command line, by the variable."""
    return {name: os.environ[name] for name in VARIABLES if os.environ.get(name)}
