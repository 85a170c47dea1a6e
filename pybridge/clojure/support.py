"""The Python side of the bridge: what need not be fast, called by name from Clojure (`pybridge.native.call/help`)."""

from __future__ import annotations

import ast
import builtins
import contextlib
import ctypes
import importlib
import io
import itertools
import json
import os
import signal
import sys
import traceback
import types
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from pybridge.errors import ClojureError, ConversionError, StartError

# Called by name like the helpers.
StartError = StartError
RuntimeError = builtins.RuntimeError
tuple = builtins.tuple
slice = builtins.slice


# ---- exceptions ------------------------------------------------------------------------------------------------------

MOST_CAUSES = 10


def describe_exception(exception: BaseException, depth: int = 0) -> dict:
    """What Clojure shows of `exception` and of its causes; for one that began in Clojure, the Throwable itself."""
    if getattr(exception, "throwable", None) is not None:
        return {"throwable": exception.throwable}
    frames = [frame for frame in traceback.extract_tb(exception.__traceback__) if not _internal(frame.filename)]
    cause = exception.__cause__
    return {
        "exception": exception,
        "type": type(exception).__name__,
        "message": _message(exception),
        "traceback": "".join(traceback.format_exception(exception)),
        "frames": [
            [_module(f.filename), f.name, os.path.basename(f.filename), f.lineno or 0] for f in reversed(frames)
        ],
        "cause": describe_exception(cause, depth + 1) if cause is not None and depth < MOST_CAUSES else None,
    }


def _message(exception: BaseException) -> str:
    """The exception's message; a KeyError's is a repr, which says less than the key."""
    try:
        return str(exception)
    except Exception as failure:
        return f"(its message cannot be shown: {type(failure).__name__})"


def _internal(filename: str) -> bool:
    return os.path.dirname(filename) == os.path.dirname(__file__)


def _module(filename: str) -> str:
    return os.path.splitext(os.path.basename(filename))[0]


def clojure_error(
    message: str, throwable: object, data: dict, trace: str, cause: BaseException | None, interrupted: bool
) -> BaseException:
    """The Python exception of a Clojure one; an interrupted thread's is KeyboardInterrupt, as Ctrl-C means it."""
    if interrupted:
        return KeyboardInterrupt(message)
    if data.get("reason") == "conversion":
        error = ConversionError(message)
        error.throwable = throwable
    else:
        error = ClojureError(message, throwable=throwable, data=data, trace=trace)
    error.__cause__ = cause
    if trace and sys.version_info >= (3, 11):
        error.add_note("Clojure's trace:\n" + trace.rstrip())
    return error


# ---- kinds of objects ------------------------------------------------------------------------------------------------


def kind(cls: type) -> str:
    """How an object of `cls` crosses: "scalar" as a number, "array" and "tensor" as handles whose memory counts,
    "function" as a handle or, when it began in Clojure, as itself, "lasting" as a handle that no scope releases."""
    if issubclass(cls, np.generic) and not issubclass(cls, np.datetime64 | np.timedelta64):
        return "scalar"
    if issubclass(cls, np.ndarray):
        return "array"
    if issubclass(cls, types.BuiltinFunctionType):
        return "function"
    if issubclass(cls, types.ModuleType | type | types.FunctionType):
        return "lasting"
    ops = sys.modules.get("tensorflow.python.framework.ops")
    if ops is not None and issubclass(cls, ops.EagerTensor):
        return "tensor"
    return "other"


def scalar(x: np.generic) -> object:
    """A NumPy scalar as the plain value that Clojure knows, which is what an array of rank 0 gives."""
    return plain(np.asarray(x))


def _complex(x: complex) -> dict:
    return {"re": x.real, "im": x.imag}


def is_array(x: object) -> bool:
    return _is_array(x)


def _is_array(x: object) -> bool:
    return hasattr(x, "shape") and hasattr(x, "dtype")


def _is_tensor(x: object) -> bool:
    tf = sys.modules.get("tensorflow")
    return tf is not None and (tf.is_tensor(x) or isinstance(x, tf.Variable)) and not _is_composite(x)


def _is_composite(x: object) -> bool:
    """Whether `x` is a tensor made of several: ragged, sparse or indexed slices."""
    tf = sys.modules.get("tensorflow")
    return tf is not None and isinstance(x, tf.RaggedTensor | tf.SparseTensor | tf.IndexedSlices)


def _dense(x: Any) -> Any:
    tf = sys.modules["tensorflow"]
    return tf.sparse.to_dense(x) if isinstance(x, tf.SparseTensor) else tf.convert_to_tensor(x)


def _array(x: Any) -> np.ndarray:
    return x if isinstance(x, np.ndarray) else np.asarray(x.numpy() if hasattr(x, "numpy") else x)


def plain(x: Any) -> object:
    """A tensor, variable or array as a number (rank 0) or nested lists; half floats widen, complex numbers are maps."""
    if not _is_array(x):
        raise ConversionError(
            f"only tensors and arrays can be dereferenced; got {_type_name(x)}, which is a handle already"
        )
    if hasattr(x, "to_list"):
        return x.to_list()
    if _is_composite(x):
        x = _dense(x)
    if not isinstance(x, np.ndarray) and not hasattr(x, "numpy"):
        raise ConversionError(
            f"this tensor has no value yet: {text(x)} stands for one while a graph is traced; "
            "use operations on it, and deref the result of the compiled function"
        )
    array = _array(x)
    match array.dtype.kind:
        case "c":
            return _map_nested(array.astype(np.complex128).tolist(), _complex)
        case "f" if array.dtype == np.float32:
            return _shortest(array)
        case "f" if array.dtype.itemsize > 8:
            return array.astype(np.float64).tolist()
        case "O" | "S":
            return _map_nested(array.tolist(), _decoded)
        case "M" | "m":
            return _nested(array)
    return array.tolist()


def _decoded(x: object) -> object:
    return x.decode("utf-8", "surrogateescape") if isinstance(x, bytes) else x


def _nested(array: np.ndarray) -> object:
    """The elements of an array in lists, themselves as they are."""
    return [_nested(row) for row in array] if array.ndim else array[()]


def _shortest(array: np.ndarray) -> object:
    """float32 numbers as the doubles with the same shortest digits: 0.1, not 0.10000000149011612."""
    if array.ndim == 0:
        return float(str(array[()]))
    return np.array([float(s) for s in array.astype(str).ravel()]).reshape(array.shape).tolist()


def _map_nested(x: object, f: Callable) -> object:
    return [_map_nested(element, f) for element in x] if isinstance(x, list) else f(x)


def length(x: Any) -> int:
    """Python's len; of a tensor or array, the size of axis 0."""
    if not _is_tensor(x):
        return len(x)
    if x.shape.rank == 0:
        raise TypeError("a rank-0 tensor has no length; deref it for its number")
    if x.shape.rank is None or x.shape[0] is None:
        raise TypeError("the length of this tensor is not known while a graph is traced; use operations on all of it")
    return int(x.shape[0])


def element(x: Any, i: int) -> object:
    """The element at `i` along axis 0; a negative or too large index raises IndexError."""
    n = length(x)
    if not 0 <= i < n:
        raise IndexError(f"index {i} is out of range for {n} elements")
    return x[i]


def elements(x: Any) -> Iterator:
    """An iterator over `x`; a tensor's elements stay tensors."""
    if _is_tensor(x):
        return (x[i] for i in range(length(x)))
    return iter(x)


def following(iterator: Iterator, n: int) -> list:
    """The next `n` elements of `iterator`, fewer at its end."""
    return list(itertools.islice(iterator, n))


# ---- printed forms ---------------------------------------------------------------------------------------------------

LONGEST = 240


def text(x: Any) -> str:
    """The printed form of a handle: `#tensor[float32 (2 2) [[1.0 2.0] …]]`, or its repr, cut where it would flood."""
    try:
        if _is_array(x) and (isinstance(x, np.ndarray) or _is_tensor(x)):
            return _array_text(x)
        words = repr(x)
    except Exception as failure:
        words = f"<{_type_name(x)} whose repr raises {type(failure).__name__}>"
    words = " ".join(words.split())
    return "#py[" + (words if len(words) <= LONGEST else words[: LONGEST - 2] + " …") + "]"


def _array_text(x: Any) -> str:
    word = "array" if isinstance(x, np.ndarray) else "variable" if hasattr(x, "assign") else "tensor"
    dtype = getattr(x.dtype, "name", None) or str(x.dtype)
    shape = "?" if x.shape is None or getattr(x.shape, "rank", 0) is None else "(" + " ".join(map(_size, x.shape)) + ")"
    preview = ""
    if isinstance(x, np.ndarray) or hasattr(x, "numpy"):
        preview = " " + _preview(x[tuple(slice(4) for _ in range(len(x.shape)))] if len(x.shape) else x, list(x.shape))
    return f"#{word}[{dtype} {shape}{preview}]"


def _size(n: int | None) -> str:
    return "?" if n is None else str(n)


def _preview(corner: Any, shape: list[int]) -> str:
    """The first elements, in Clojure's notation, at most about 60 characters of them."""
    rows = plain(corner)

    def write(value: object, axis: int) -> str:
        if not isinstance(value, list):
            return _number(value)
        shown = [write(element, axis + 1) for element in (value[:2] if axis < len(shape) - 1 else value)]
        more = ["…"] if shape[axis] > len(shown) else []
        return "[" + " ".join(shown + more) + "]"

    words = write(rows, 0)
    return words if len(words) <= 90 else words[:88] + " …"


def _number(value: object) -> str:
    if isinstance(value, dict):
        return "{:re " + _number(value["re"]) + " :im " + _number(value["im"]) + "}"
    if isinstance(value, float) and (value != value or value in (float("inf"), float("-inf"))):
        return "##NaN" if value != value else "##Inf" if value > 0 else "##-Inf"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return json.dumps(value[:20], ensure_ascii=False)
    return "nil" if value is None else str(value)


def _type_name(x: object) -> str:
    return f"{type(x).__module__}.{type(x).__qualname__}".removeprefix("builtins.")


# ---- memory ----------------------------------------------------------------------------------------------------------


def empty_array(n: int, dtype: str) -> np.ndarray:
    return np.empty(n, dtype)


def array_at(address: int, nbytes: int, dtype: str, read_only: bool, owner: object) -> np.ndarray:
    """A 1-D array over `nbytes` at `address`; `owner` lives as long as the array."""
    memory = (ctypes.c_char * nbytes).from_address(address)
    memory._owner = owner
    array = np.frombuffer(memory, dtype)
    if array.dtype.isnative:
        array = array.view(array.dtype.newbyteorder("="))
    array.flags.writeable = not read_only
    return array


def buffer_source(x: Any) -> list:
    """[object with a Python buffer, dtype] whose memory is `x`'s: a variable's is a snapshot."""
    if hasattr(x, "assign") and hasattr(x, "numpy"):
        x = np.array(x.numpy())
    if not isinstance(x, np.ndarray) and not hasattr(x, "numpy"):
        raise ConversionError(f"{_type_name(x)} has no memory to share; give a tensor or an array")
    if isinstance(x, np.ndarray) and not x.flags.c_contiguous:
        raise ConversionError("the array is not contiguous in memory; copy it first (numpy.ascontiguousarray)")
    dtype = getattr(x.dtype, "name", str(x.dtype))
    if dtype in ("string", "object"):
        raise ConversionError(f"a tensor or array of dtype {dtype} has no memory of plain numbers to share; deref it")
    return [x, dtype]


# ---- general interop -------------------------------------------------------------------------------------------------


def subject(name: str) -> object:
    """The module `pybridge.NAME`."""
    return importlib.import_module(f"pybridge.{name}")


def set_attr(x: object, name: str, value: object) -> None:
    setattr(x, name, value)


def item(x: Any, key: object) -> object:
    return x[key]


def set_item(x: Any, key: object, value: object) -> None:
    x[key] = value


def datafied(x: object) -> dict:
    """What can be said of an object without calling anything of its own but its repr."""
    names = [name for name in dir(x) if name.isidentifier() and not name.startswith("_")]
    return {"type": _type_name(x), "text": text(x), "attributes": names}


class SeqIterator:
    """A Clojure seq as a Python iterator: `step` gives the next [value], or an empty list at the end."""

    def __init__(self, step: Callable[[], list]) -> None:
        self._step = step

    def __iter__(self) -> SeqIterator:
        return self

    def __next__(self) -> object:
        following = self._step()
        if not following:
            raise StopIteration
        return following[0]


def call_with(manager: Any, body: Callable[[Any], None]) -> None:
    """Call `body` inside a context manager with what it gives; Python's `with` decides what becomes of an exception."""
    with manager as given:
        body(given)


def session_value(name: str) -> object:
    """A variable of the Python session, which is `__main__`."""
    try:
        return getattr(sys.modules["__main__"], name)
    except AttributeError:
        raise NameError(f"Python's session has no {name!r}") from None


def run(code: str, namespace: dict | None = None, filename: str = "<python>") -> object:
    """Run Python code, in the session unless a namespace is given; the value of a last line that is an expression."""
    namespace = vars(sys.modules["__main__"]) if namespace is None else namespace
    tree = ast.parse(code, filename)
    last = ast.Expression(tree.body.pop().value) if tree.body and isinstance(tree.body[-1], ast.Expr) else None
    exec(compile(tree, filename, "exec"), namespace)
    return eval(compile(last, filename, "eval"), namespace) if last else None


def hear_interrupts() -> None:
    """Let a JVM that hosts Python, and keeps SIGINT for itself, raise KeyboardInterrupt here by `interrupt`."""
    signal.signal(signal.SIGUSR1, signal.default_int_handler)


def interrupt(thread: int) -> None:
    """Raise KeyboardInterrupt in the thread that `hear_interrupts` was called on, also where it waits."""
    signal.pthread_kill(thread, signal.SIGUSR1)


def mark_forks(address: int) -> None:
    """Write 1 into the word at `address` in every process that is forked off this one."""
    mark = ctypes.c_int64.from_address(address)

    def mark_child() -> None:
        mark.value = 1

    os.register_at_fork(after_in_child=mark_child)


# ---- standard output -------------------------------------------------------------------------------------------------


class ClojureOutput(io.TextIOBase):
    """sys.stdout or sys.stderr of a Python inside a JVM: writes to the calling thread's `*out*` or `*err*`."""

    encoding = "utf-8"
    errors = "replace"

    def __init__(self, write: Callable[[str], None], descriptor: int) -> None:
        self._write = write
        self._descriptor = descriptor

    def write(self, text: str) -> int:
        self._write(text)
        return len(text)

    def writable(self) -> bool:
        return True

    def fileno(self) -> int:
        return self._descriptor

    def isatty(self) -> bool:
        return os.isatty(self._descriptor)


def redirect_output(write_out: Callable[[str], None], write_err: Callable[[str], None]) -> None:
    """Send what Python prints to Clojure's own streams; a forked process, which has no Clojure, prints itself."""
    before = sys.stdout, sys.stderr

    def restore() -> None:
        sys.stdout, sys.stderr = before

    os.register_at_fork(after_in_child=restore)
    sys.stdout = ClojureOutput(write_out, 1)
    sys.stderr = ClojureOutput(write_err, 2)


def write_output(text: str) -> None:
    """Write what Clojure printed to where Python's caller expects it."""
    sys.stdout.write(text)
    sys.stdout.flush()


def write_error(text: str) -> None:
    sys.stderr.write(text)
    sys.stderr.flush()


def run_exit_functions() -> None:
    """What Python would run at its own exit, for a JVM that hosts it."""
    import atexit

    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(Exception):
            stream.flush()
