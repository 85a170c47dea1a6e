"""Clojure in the Python process: start it, evaluate, require namespaces and call their functions.

>>> from pybridge import clojure
>>> clojure.eval("(+ 1 2)")
3
>>> clojure.require("clojure.string").upper_case("two languages")
'TWO LANGUAGES'
"""

from __future__ import annotations

import reprlib
import threading
from typing import Any

from pybridge._names import candidates
from pybridge.clojure import _registered

__all__ = ["Namespace", "clj", "eval", "require", "start"]
__dir__ = __all__.copy  # completion offers these

_lock = threading.Lock()
_entry: dict[str, Any] = {}


def start() -> None:
    """Start a JVM in this process, and Clojure in it, unless they run already.

    Raises:
        StartError: there is no Java 22 or newer, Clojure's jars cannot be had, or the JVM was started without them.
    """
    with _lock:
        if _entry:
            return
        if _registered.functions is None:
            from pybridge.clojure import _ending, _jvm

            _ending.finish_start(_lock)
            _jvm.start()
        _entry.update(_registered.functions())


def _text(function: str, what: str, x: object) -> str:
    """A str of any kind as a plain one."""
    if not isinstance(x, str):
        raise TypeError(f"clojure.{function} takes {what} as a str, not {reprlib.repr(x)} of type {type(x).__name__}")
    return str.__str__(x)


def started() -> bool:
    """Whether Clojure runs in this process, whoever started it."""
    return bool(_entry)


def eval(code: str, namespace: str = "user") -> Any:
    """Evaluate Clojure code and give the value of its last form, as the conversion table says.

    Args:
        code: any number of Clojure forms.
        namespace: the namespace to evaluate in; made when it does not exist.

    Returns:
        The value in Python.

    Raises:
        ClojureError: what Clojure threw; its `throwable` and `trace` tell more.
        TypeError: the code or the namespace is no str.

    >>> eval("(map inc [1 2 3])")
    [2, 3, 4]
    """
    code, namespace = _text("eval", "code", code), _text("eval", "the name of a namespace", namespace)
    start()
    return _entry["eval"](code, namespace)


def show(
    code: str, file: str = "<block>", *, pretty: bool = False, whole: bool = False, above: int = 0
) -> tuple[str, Any]:
    """Evaluate Clojure code as a session does: in the session's namespace, which a block may change.

    What is `set!` there, and `*1`, `*2`, `*3` and `*e`, are so in the next block.

    Args:
        code: any number of Clojure forms.
        file: what traces call the file that they are from.
        pretty: whether a long value is to have a line for each part of it, as `clojure.pprint` writes it.
        whole: whether all of a long value is to be written, be it endless; as much of it as is shown otherwise.
        above: how many of the lines stand above what is line 1.

    Returns:
        The last form's value as Clojure prints it, and in Python; None also stands for one that has no form there.

    Raises:
        ClojureError: what Clojure threw.

    >>> show("{:a [1 2]}")
    ('{:a [1 2]}', {'a': [1, 2]})
    """
    code = _text("show", "code", code)
    start()
    text, value = _entry["show"](code, file, pretty, whole, above)
    return text, value


def next_form(code: str) -> list[str] | None:
    """The first form of `code` and what is left behind it, as Clojure's reader splits them in the session's namespace.

    Returns:
        [form, rest]; [] where nothing but space is left, None where the form goes on beyond `code`. What cannot be
        read is a form to the end, whose evaluation says why.

    >>> next_form("(inc 1) :rest")
    ['(inc 1)', ' :rest']
    """
    start()
    return _entry["next-form"](code)


def is_whole(code: str) -> bool:
    """Whether no form goes on beyond `code`.

    >>> is_whole("(inc 1)"), is_whole("(inc 1")
    (True, False)
    """
    while split := next_form(code):
        code = split[1]
    return split is not None


def remember(value: Any) -> None:
    """Have a value be `*1` in the session's next block; it crosses once a block names it."""
    start()
    _entry["remember"](lambda: value, False)


def remember_error(error: BaseException) -> None:
    """Have an error be `*e` there."""
    start()
    trace = error.__traceback__

    def ask() -> None:
        raise error.with_traceback(trace)

    _entry["remember"](ask, True)


def result() -> Any:
    """The session's last result, `*1`, in Python.

    Raises:
        ConversionError: it has no form there.
    """
    start()
    return _entry["result"]()


class Namespace:
    """A Clojure namespace: `ns.some_fn(1, 2)` calls `some-fn`, `some-fn!` or `some-fn?`, the first that there is.

    `dir(ns)` lists its own public vars that can be written so. The others, such as `->x`, or `fit!` beside `fit`,
    answer to their own names: `getattr(ns, "fit!")`. What it only refers to is found where it has nothing of that name.
    """

    def __init__(self, name: str) -> None:
        self.__dict__["_name"] = _text("Namespace", "the name of a namespace", name)

    def __getattr__(self, name: str) -> Any:
        names = candidates(name)
        if not names:
            raise AttributeError(name)
        start()
        found = _entry["lookup"](self._name, [*(f"{self._name}/{own}" for own in names), *names])
        if not found:
            raise AttributeError(f"Clojure's namespace {self._name} has no {names[0]}")
        return found[0]

    def __setattr__(self, name: str, value: Any) -> None:
        names = candidates(name)
        if not names:
            raise AttributeError(f"{name} is for Python itself, and names no var")
        start()
        _entry["define"](self._name, names[0], value)

    def __dir__(self) -> list[str]:
        start()
        return _entry["names"](self._name)

    def __repr__(self) -> str:
        return f"<Clojure namespace {self._name}>"


def require(namespace: str) -> Namespace:
    """Load a Clojure namespace and give it as an object whose attributes are its public vars.

    Args:
        namespace: its name, as in `(require 'clojure.string)`.

    Returns:
        The namespace.

    Raises:
        ClojureError: it cannot be found or loaded.
        TypeError: the name is no str.

    >>> require("clojure.set").union({1, 2}, {2, 3}) == {1, 2, 3}
    True
    """
    namespace = _text("require", "the name of a namespace", namespace)
    start()
    _entry["require"](namespace)
    return Namespace(namespace)


clj = Namespace("user")
"""The Clojure session's own variables: `clj.x` is what `(def x …)` defined in the namespace `user`."""
