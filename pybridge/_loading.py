"""How TensorFlow loads after any part of pybridge: quickly, without notes, and safe from Ctrl-C."""

from __future__ import annotations

import functools
import importlib.machinery
import operator
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from types import ModuleType
from typing import Any

__all__ = ["prepare_for_tensorflow", "why_not_loaded"]

MOST = 1_000_000  # objects of the program that are worth looking at, at TensorFlow's import


class _TensorFlow(importlib.machinery.SourceFileLoader):
    def exec_module(self, module: ModuleType) -> None:
        with _apart(), _unheard(), _without_keras():
            super().exec_module(module)
        _mend()


class _Keras(importlib.machinery.SourceFileLoader):
    left_out_by: int | None = None  # the thread that loads TensorFlow, which imports Keras at its end

    def exec_module(self, module: ModuleType) -> None:
        import threading

        if self.left_out_by == threading.get_ident():
            raise ImportError("Keras loads when a program first asks for it")
        with _apart():
            super().exec_module(module)
        _lose_no_interrupt()


class _Finder:
    """Finds `tensorflow` and `keras`, and nothing else, for the loaders above."""

    @staticmethod
    def find_spec(
        name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        loader = {"tensorflow": _TensorFlow, "keras": _Keras}.get(name)
        if loader is None:
            return None
        spec = importlib.machinery.PathFinder.find_spec(name, path, target)
        if spec is not None and isinstance(spec.loader, importlib.machinery.SourceFileLoader):
            spec.loader = loader(name, spec.loader.path)
        return spec


def prepare_for_tensorflow() -> None:
    """Have TensorFlow's first import say nothing, leave Keras out, put its objects aside, and make it safe from Ctrl-C.

    A user who set TF_CPP_MIN_LOG_LEVEL hears what they asked for.
    """
    if "tensorflow" not in sys.modules:
        os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
        sys.meta_path.insert(0, _Finder)
    else:
        _mend()


@contextmanager
def _without_keras() -> Iterator[None]:
    """Have TensorFlow load without Keras, and what Keras loads in turn: a third of the time, and more beside pandas.

    TensorFlow does without where Keras cannot be imported; `tf.keras` and its like import it at their first use.
    """
    import threading

    _Keras.left_out_by = threading.get_ident()
    try:
        yield
    finally:
        _Keras.left_out_by = None


def _mend() -> None:
    _survive_interrupts()
    _lose_no_interrupt()
    _share_kernels()
    _keep_signals_apart()
    _free_interrupted_graphs()


def _lose_no_interrupt() -> None:
    from pybridge._excepts import let_interrupts_through

    let_interrupts_through()


def _keep_signals_apart() -> None:
    from pybridge._signal_stack import give_signals_a_stack

    give_signals_a_stack()


def _survive_interrupts() -> None:
    """Keep Ctrl-C from crashing TensorFlow.

    TensorFlow's C++ asks its context for `_handle` whenever it makes a tensor, and does not look whether that failed.
    `_handle` is written in Python, where Python may run the handler of a signal, which raises KeyboardInterrupt. In
    a property that is written in C it runs none.
    """
    context = getattr(sys.modules.get("tensorflow.python.eager.context"), "Context", None)
    if context is not None and isinstance(vars(context).get("_handle"), property):
        context._handle = property(operator.attrgetter("_context_handle"))


def _share_kernels() -> None:
    """Keep memory from growing with each variable that was ever made.

    TensorFlow keeps the kernel of an eager operation for good, by the operation's attributes. Among those of what makes
    a variable is its name, which is there for messages, and which Keras makes another one each time: 36 KB a variable.
    The shape is given as a list, since TensorFlow's C++ would drop an interrupt that came in Python's code of its own.
    """

    def nameless(original: Callable[..., Any]) -> Callable[..., Any]:
        from tensorflow.python.eager import context

        def var_handle_op(*args: Any, **options: Any) -> Any:
            if context.executing_eagerly():
                options.pop("debug_name", None)
                if (shape := options.get("shape")) is not None and getattr(shape, "rank", None) is not None:
                    options["shape"] = shape.as_list()
            return original(*args, **options)

        return var_handle_op

    _replace("tensorflow.python.ops.gen_resource_variable_ops", "var_handle_op", nameless)


def _free_interrupted_graphs() -> None:
    """Keep memory from growing with each interrupt of a function that TensorFlow traces, a thousand objects at a time.

    Where a gradient is computed meanwhile, TensorFlow's C++ never lets go of those it has, and each holds the graph.
    """

    def freeing(original: Callable[..., Any]) -> Callable[..., Any]:
        from tensorflow.python.framework.func_graph import dismantle_func_graph

        def create(function_type: Any, context: Any, graph: Any, *rest: Any, **options: Any) -> Any:
            try:
                return original(function_type, context, graph, *rest, **options)
            except KeyboardInterrupt:
                dismantle_func_graph(graph)
                raise

        return create

    tracing = "tensorflow.python.eager.polymorphic_function.tracing_compilation"
    _replace(tracing, "_create_concrete_function", freeing)


def _replace(module: str, name: str, made_of: Callable[[Callable[..., Any]], Callable[..., Any]]) -> None:
    """Put a function that is made of one of TensorFlow's in its place, once, where this version has it."""
    original = getattr(sys.modules.get(module), name, None)
    if original is not None and not hasattr(original, "__wrapped__"):
        vars(sys.modules[module])[name] = functools.wraps(original)(made_of(original))


def why_not_loaded(said: str) -> str:
    """The error that kept TensorFlow from loading, out of the traceback or the message that has it somewhere.

    >>> why_not_loaded("ImportError: Traceback (most recent call last):\\nImportError: libx.so: not found\\n\\nSee …")
    'ImportError: libx.so: not found'
    """
    import re

    found = re.search(r"^[\w.]+(Error|Exception): (?!Traceback).*", said, re.MULTILINE)
    return found[0] if found else said.strip().splitlines()[-1]


def _unheard() -> AbstractContextManager[None]:
    return _without_errors() if os.environ.get("TF_CPP_MIN_LOG_LEVEL") == "3" else nullcontext()


@contextmanager
def _without_errors() -> Iterator[None]:
    """Have descriptor 2 lead nowhere: no log level keeps what TensorFlow says while it loads."""
    sys.stderr.flush()
    kept = os.dup(2)
    try:
        with open(os.devnull, "wb") as nowhere:
            os.dup2(nowhere.fileno(), 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)


@contextmanager
def _apart() -> Iterator[None]:
    """Spare Python's garbage collector the objects that are made meanwhile, six hundred thousand, which live for ever.

    Otherwise it looks through them again and again while they become more, and three times at the end of the process.
    What the program has made before, and what it makes later, is collected as ever.
    """
    import gc

    from pybridge._ending import at_end, is_quick, put_aside

    at_end(lambda: True)  # TensorFlow's threads, and the HDF5 files that Keras writes
    if not (is_quick() and _is_alone() and len(before := gc.get_objects()) <= MOST):
        yield
        return
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
        if _is_alone():
            put_aside()
            _take_back(before)
    finally:
        if enabled:
            gc.enable()


def _is_alone() -> bool:
    """Whether no other thread is in Python, whose objects are not to be put aside."""
    return len(sys._current_frames()) == 1


def _take_back(objects: list[object]) -> None:
    """Have the garbage collector look at these again."""
    import ctypes
    import gc

    untrack, track = ctypes.pythonapi["PyObject_GC_UnTrack"], ctypes.pythonapi["PyObject_GC_Track"]
    untrack.argtypes = track.argtypes = [ctypes.c_void_p]  # ctypes would ask an object of its class
    untrack.restype = track.restype = None
    for found in objects:
        if gc.is_tracked(found):
            untrack(id(found))
            track(id(found))
