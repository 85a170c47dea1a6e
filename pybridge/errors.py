"""Every error a caller can meet, each also the built-in error that a Python user would catch."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any, ClassVar

import pybridge

__all__ = [
    "ClojureError",
    "ConversionError",
    "DataError",
    "DtypeError",
    "GraphError",
    "OptionError",
    "PybridgeError",
    "ShapeError",
    "StartError",
    "WorkerError",
]
__dir__ = __all__.copy  # completion offers these

if not hasattr(pybridge, "__version__"):  # whatever of ours is imported comes by here
    raise ImportError(
        f"{pybridge.__file__} is another package, which is called pybridge too and was installed over "
        "pybridge-clj: run `pip uninstall pybridge pybridge-clj`, then `pip install pybridge-clj`"
    )


class PybridgeError(Exception):
    """The parent of all of pybridge's errors. One that began in Clojure is its Throwable again there."""

    __init__ = Exception.__init__  # by which TensorFlow tells an exception that a message alone makes
    operation: str | None = None  # the public function that refused, which its message begins with
    _capsule: object = None  # what keeps the Throwable
    _own_cause: BaseException | None = None  # what the Throwable's cause is here; a different `__cause__` is Python's
    _known: int = 0  # how many frames of its traceback the Throwable knows
    _asked: ClassVar[tuple[str, ...]] = ("throwable", "__notes__")  # what the Throwable is asked for at the first look
    _ask: ClassVar[Callable[[PybridgeError, str], Any]]  # by this function, which the bridge sets

    def __getattr__(self, name: str) -> Any:
        if name not in self._asked or self._capsule is None:
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}", name=name, obj=self)
        return self.__dict__.setdefault(name, self._ask(name))

    def __reduce__(self) -> tuple[Any, ...]:
        """Another process gets the text, not the Throwable, which lives in this one's JVM."""
        if self._capsule is not None:
            for name in self._asked:
                getattr(self, name)
        return type(self), self.args, {name: _picklable(x) for name, x in self.__dict__.items() if name not in HELD}

    def __copy__(self) -> PybridgeError:
        copied = type(self).__new__(type(self), *self.args)
        copied.__dict__.update(self.__dict__)
        return copied

    def __deepcopy__(self, memo: dict[int, Any]) -> PybridgeError:
        copied = self.__copy__()
        copied.__dict__.update({name: copy.deepcopy(x, memo) for name, x in self.__dict__.items() if name not in HELD})
        return copied


HELD = {"throwable", "_capsule", "_own_cause", "_known"}


def _picklable(x: object) -> object:
    """`x`, or what it prints as where it cannot be pickled; a dict with each key and value so."""
    if isinstance(x, dict):
        return {_picklable(k): _picklable(v) for k, v in x.items()}
    import pickle

    try:
        pickle.dumps(x)
    except Exception:
        return repr(x)
    return x


class ShapeError(PybridgeError, ValueError):
    """Shapes that do not fit: names the operation, the shapes and the axis."""


class DtypeError(PybridgeError, TypeError):
    """A dtype that an operation cannot work on: names the operation and the dtypes."""


class DataError(PybridgeError, RuntimeError):
    """Data that cannot be had or trusted: names the file, what was wrong and what to do."""


class GraphError(PybridgeError, ValueError):
    """A malformed computation graph: names the node."""


class OptionError(PybridgeError, ValueError):
    """An option that is unknown, missing or out of range: names the option and what it takes."""


class CallError(OptionError, TypeError):
    """A function called with arguments that it does not have, or without one that it needs."""


class ConversionError(PybridgeError, TypeError):
    """A value that cannot cross between Python and Clojure: names its type and the way out."""


class StartError(PybridgeError, RuntimeError):
    """Python, Java or Clojure could not be started: names what was looked for, where, and what to do."""


class WorkerError(PybridgeError, RuntimeError):
    """Several workers that cannot train together, or no longer: names the worker, what happened and how to go on."""


class ClojureError(PybridgeError, RuntimeError):
    """A Clojure exception in Python: its message, with the Throwable, its data and its trace.

    A Throwable that crosses as a value is one too, before it is raised; back in Clojure, it is the Throwable again.
    Its `__cause__` is the Throwable's cause. A copy stands for the same Throwable; pickled, it keeps the text alone.

    Attributes:
        throwable: the Java Throwable itself, as an opaque object that is the same Throwable again in Clojure.
        data: what `ex-data` gives, as a dict; empty for other exceptions. What does not convert is printed, cut to a
            length and a depth, and named by its class where even that takes too long.
        trace: Clojure's stack trace as text, the bridge's own frames left out.

    Data and trace are made when they are first asked for.
    """

    _asked = ("throwable", "data", "trace", "__notes__")
    throwable: object
    data: dict[str, Any]
    trace: str

    def __init__(
        self, message: str, *, throwable: object = None, data: dict[str, Any] | None = None, trace: str = ""
    ) -> None:
        super().__init__(message)
        self.throwable = throwable
        self.data = data or {}
        self.trace = trace
