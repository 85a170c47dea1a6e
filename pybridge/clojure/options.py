"""The options that a JVM for Clojure and Python is started with, in either host."""

from __future__ import annotations

import os
import re

__all__ = ["COMMON", "HOST", "STACK", "VARIABLES", "embedded", "from_environment"]

VARIABLES = ("JAVA_TOOL_OPTIONS", "_JAVA_OPTIONS", "JDK_JAVA_OPTIONS")

NATIVE = "--enable-native-access=ALL-UNNAMED"

# The bridge calls C functions, and runs the JVM's shutdown hooks from java.lang where Python hosts it.
# Java's cache has to be made and used with the same two.
# A start runs much code a few times. Compiling it to machine code takes a processor's time for nothing, so a method has
# to run eight times as often as by default; hot code is compiled some milliseconds later.
COMMON = [
    *(NATIVE, "--add-opens=java.base/java.lang=ALL-UNNAMED"),
    "-XX:CompileThresholdScaling=8",
]

# Calls nest up to 200 deep between the languages, for which a megabyte, the default of threads that Java starts, is not
# enough.
STACK = ["-Xss8m"]

# What a JVM that hosts Python is given by hand, in an alias, :jvm-opts or a line for a shell; without the first, Java
# warns.
HOST = [NATIVE, *STACK]


def embedded() -> list[str]:
    """What a JVM inside a Python process needs besides: signals are Python's, and there is little garbage.

    A collector that the environment names is left to it, for a JVM takes only one.
    """
    collector = [] if re.search(r"-XX:\+Use\w+GC\b", " ".join(from_environment().values())) else ["-XX:+UseSerialGC"]
    return ["-Xrs", *collector]


def from_environment() -> dict[str, str]:
    """What a JVM hears of options besides its command line, by the variable."""
    return {name: os.environ[name] for name in VARIABLES if os.environ.get(name)}
