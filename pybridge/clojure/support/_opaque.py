"""Objects of the JVM that have no counterpart in Python."""

from __future__ import annotations

import functools
import operator
import sys
import threading
import weakref
from collections.abc import Callable
from typing import Any, NoReturn

_clojure: dict[str, Callable] = {}
_living: weakref.WeakValueDictionary[int, ClojureObject] = weakref.WeakValueDictionary()
_lock = threading.RLock()


def _ordered(holds: Callable[[int, int], bool]) -> Callable[[ClojureObject, object], Any]:
    """A comparison of two opaque objects that Java orders."""

    def compare(self: ClojureObject, other: object) -> Any:
        order = _clojure["order"](self, other) if isinstance(other, ClojureObject) else None
        return NotImplemented if order is None else holds(order, 0)

    return compare


class ClojureObject:
    """A Clojure or Java object without a counterpart in Python.

    It prints, compares and hashes as it does in Clojure, and is the same object again there.
    """

    __slots__ = ("__weakref__", "_capsule")

    def __new__(cls, *arguments: object, **options: object) -> NoReturn:
        raise TypeError("a ClojureObject is what Clojure gives; make one there (pybridge.clojure.eval)")

    def __repr__(self) -> str:
        return _words("repr", self)

    def __str__(self) -> str:
        return _words("str", self)

    def __eq__(self, other: object) -> Any:
        if not isinstance(other, ClojureObject):
            return NotImplemented
        return self is other or _clojure["equal"](self, other)

    def __hash__(self) -> int:
        return _clojure["hash"](self)

    __lt__, __le__, __gt__, __ge__ = map(_ordered, (operator.lt, operator.le, operator.gt, operator.ge))

    def __copy__(self) -> ClojureObject:
        return self

    def __deepcopy__(self, memo: dict) -> ClojureObject:
        return self

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise TypeError(
            f"{self!r} lives in this process's JVM and cannot be pickled; "
            "pickle what it is made of, and make it anew where that is read"
        )


class ClojureCallable(ClojureObject):
    """One that Clojure can call though it is no function: a promise, a ref, a record that implements IFn.

    Keyword arguments arrive as a map after the others.
    """

    __slots__ = ()

    def __call__(self, *arguments: object, **options: object) -> Any:
        return _clojure["apply"](self, arguments, options)


def register_opaque(functions: dict[str, Callable]) -> None:
    """Let opaque objects ask Clojure: "repr", "str", "equal", "hash", "order" and "apply" are its functions."""
    _clojure.update(functions)


def _words(kind: str, x: ClojureObject) -> str:
    try:
        return _clojure[kind](x)
    except Exception as failure:
        return f"<Clojure object that cannot be printed here: {failure}>"


def clojure_object(capsule: object) -> ClojureObject:
    """The one opaque object of the Clojure object in `capsule`."""
    return _living.get(id(capsule)) or _new(ClojureObject, capsule)


def clojure_callable(capsule: object) -> ClojureObject:
    return _living.get(id(capsule)) or _new(ClojureCallable, capsule)


def _new(cls: type[ClojureObject], capsule: object) -> ClojureObject:
    """An opaque object that keeps `capsule`, and so its id, unless another thread has made it meanwhile."""
    made = object.__new__(cls)
    made._capsule = capsule
    with _lock:
        return _living.setdefault(id(capsule), made)


def java_kind(cls: type) -> str | None:
    """How objects of `cls` cross that are the JVM's: "opaque" as what they hold, "jpype" as what JPype holds."""
    if issubclass(cls, ClojureObject):
        return "opaque"
    jpype = sys.modules.get("_jpype")
    if jpype is not None and issubclass(cls, jpype._JObject | jpype._JClass):
        return "jpype"
    return None


@functools.cache
def _receiver() -> Any:
    import jpype

    return jpype.JClass("clojure.java.api.Clojure").var("pybridge.native.jpype", "receive")


def hand_over(x: object) -> int:
    """Give Clojure the Java object of JPype's `x`: under the returned number it is found there."""
    return int(_receiver().invoke(x))
