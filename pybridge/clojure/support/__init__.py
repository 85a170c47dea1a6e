"""The Python side of the bridge: what need not be fast, called by name from Clojure (`pybridge.native.call/help`)."""

from __future__ import annotations

from pybridge.clojure.support._exceptions import (
    RuntimeError,
    StartError,
    add_trace,
    clojure_error,
    describe_exception,
    traceback_text,
)
from pybridge.clojure.support._interop import (
    SeqIterator,
    call_with,
    datafied,
    item,
    run,
    session_value,
    set_attr,
    set_item,
    slice,
    subject,
    tuple,
)
from pybridge.clojure.support._memory import array_at, buffer_source, empty_array, lists
from pybridge.clojure.support._objects import is_array, kind
from pybridge.clojure.support._output import redirect_output, write_error, write_output
from pybridge.clojure.support._process import handle_sigint, interrupt, mark_forks, register_jvm, run_exit_functions
from pybridge.clojure.support._text import text
from pybridge.clojure.support._values import element, elements, following, length, plain, scalar

__all__ = [
    "RuntimeError",
    "StartError",
    "clojure_error",
    "describe_exception",
    "add_trace",
    "traceback_text",
    "SeqIterator",
    "call_with",
    "datafied",
    "item",
    "run",
    "session_value",
    "set_attr",
    "set_item",
    "slice",
    "subject",
    "tuple",
    "array_at",
    "buffer_source",
    "empty_array",
    "lists",
    "is_array",
    "kind",
    "redirect_output",
    "write_error",
    "write_output",
    "handle_sigint",
    "interrupt",
    "mark_forks",
    "register_jvm",
    "run_exit_functions",
    "text",
    "element",
    "elements",
    "following",
    "length",
    "plain",
    "scalar",
]
