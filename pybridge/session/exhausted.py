"""What to do where code has used up the memory or the stack that there is."""

from __future__ import annotations

from pybridge.errors import ClojureError
from pybridge.session.completion import clojure_function
from pybridge.session.places import chain_of, said_by

__all__ = ["instead_of_more"]

_MEGABYTES = "(fn [] (quot (.maxMemory (Runtime/getRuntime)) 1048576))"
_TOO_DEEP = "  calls nest too deeply: have recur or reduce repeat what a function does by calling itself"
_TOO_MUCH = "  there is not so much memory: work on a part at a time, or let go of what is not needed, del name"
_TOO_LONG = "  an array or a string of Java's has at most 2,147,483,645 elements: work on a part at a time"
_CLASSES = "  the JVM has no room for more classes, which evaluating code makes: start again, or without its limit"


def instead_of_more(exception: BaseException) -> list[str]:
    """The line that says what is used up, and what to do; none where it is neither memory nor the stack."""
    for error in chain_of(exception):
        if isinstance(error, MemoryError):
            return [_TOO_MUCH]
        said = said_by(error) if isinstance(error, ClojureError) else ""
        if said.startswith("StackOverflowError"):
            return [_TOO_DEEP]
        if said.startswith("OutOfMemoryError"):
            return _of_the_jvm(said)
    return []


def _of_the_jvm(said: str) -> list[str]:
    if "heap space" in said or "GC overhead" in said:
        size = clojure_function(_MEGABYTES)
        return [
            f"  the JVM's heap of {size:,} MB is full: let go of what fills it, (def name nil), or give it more as it "
            f"starts, JAVA_TOOL_OPTIONS=-Xmx{2 * size}m"
        ]
    if "array size" in said or "length" in said:
        return [_TOO_LONG]
    return [_CLASSES] if "Metaspace" in said or "class space" in said else []
