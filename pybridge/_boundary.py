"""The edge of the stable API: what a public function refuses names it, once, and is one of pybridge's errors.

Inside, a message says what is wrong and leaves out which function was called; `boundary` puts its name in front. What
TensorFlow or NumPy refuse becomes one of our errors with the shapes that were given. An exception of the reader's own
function is the reader's, and passes as it is. Nothing here loads TensorFlow.
"""

from __future__ import annotations

import functools
import inspect
import re
from collections.abc import Callable, Mapping
from typing import Any, TypeVar, cast

from pybridge._arguments import shown, suggestion
from pybridge._keras_scopes import scopes_kept
from pybridge.errors import CallError, ClojureError, DtypeError, OptionError, PybridgeError, ShapeError

F = TypeVar("F", bound=Callable[..., Any])

LONGEST = 200
NODE = re.compile(r"^\{\{function_node .*?\}\} ?")  # TensorFlow's own name for what was called
OF_DTYPE = ("TypeError", "UnimplementedError", "NotFoundError", "UFuncTypeError", "UFuncNoLoopError")
OF_SIZE = ("MemoryError", "_ArrayMemoryError", "ResourceExhaustedError")


class Answer(Exception):
    """Raised where a value answers for itself what a function that meets it returns."""

    def answer(self, function: Callable[..., Any], args: tuple[Any, ...], options: dict[str, Any]) -> object:
        """The result of the call."""
        raise NotImplementedError


def boundary(function: F) -> F:
    """Make a function one of the stable API."""

    @functools.wraps(function)
    def call(*args: Any, **options: Any) -> Any:
        try:
            return function(*args, **options)
        except Exception as error:
            if "_of_reader" in error.__dict__:
                raise
            if isinstance(error, Answer):
                answer = error.answer
            elif isinstance(error, PybridgeError):
                _name(error, _public_name(function))
                raise
            else:
                raise _refused(function, args, options, error) from error
        return answer(function, args, options)

    vars(call)["autograph_info__"] = None  # tells TensorFlow's AutoGraph to leave it as it is
    return cast(F, call)


def called(function: F) -> F:
    """Make a function say how it is called where it was called wrongly; what else it raises passes as it is.

    Keras, which these functions are built on, is then in none of its scopes that it was not in before.
    """

    @functools.wraps(function)
    def call(*args: Any, **options: Any) -> Any:
        try:
            with scopes_kept():
                return function(*args, **options)
        except TypeError as error:
            if not _at_the_call(error):
                raise
            raise _refused(function, args, options, error) from error

    return cast(F, call)


def readers(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function of a reader, whose exceptions pass every boundary as they are.

    Raises:
        OptionError: it cannot be called.
    """
    if not callable(function):
        raise OptionError(f"a function is wanted first; got {shown(function)}")

    @functools.wraps(function, assigned=("__name__", "__doc__"), updated=())
    def call(*args: Any, **options: Any) -> Any:
        try:
            return function(*args, **options)
        except Exception as error:
            error.__dict__["_of_reader"] = True
            raise

    return call


def _public_name(function: Callable[..., Any]) -> str:
    """What a reader calls: a function's name, a class's for its `__init__`."""
    return function.__qualname__.removesuffix(".__init__").rpartition(".")[2]


def _name(error: PybridgeError, name: str) -> None:
    """Put the function's name in front of a message that has none yet."""
    if error.operation is None and error._capsule is None and not isinstance(error, ClojureError):
        error.operation = name
        error.args = (f"{name}: {error.args[0] if error.args else ''}", *error.args[1:])


def _refused(
    function: Callable[..., Any], args: tuple[Any, ...], options: Mapping[str, Any], error: Exception
) -> PybridgeError:
    """One of our errors for another's: the function was called wrongly, or what it is built on refused."""
    if isinstance(error, TypeError) and _at_the_call(error):
        refused = CallError(_wrong_call(function, args, options))
    else:
        refused = _translated(error, _given(function, args, options))
    _name(refused, _public_name(function))
    return refused


def _at_the_call(error: Exception) -> bool:
    """Whether an error that was just caught arose in the call itself, not in what was called."""
    return error.__traceback__ is not None and error.__traceback__.tb_next is None


def _wrong_call(function: Callable[..., Any], args: tuple[Any, ...], options: Mapping[str, Any]) -> str:
    parameters = dict(inspect.signature(function).parameters)
    if parameters.pop("self", None):
        args = args[1:]
    for name in options:
        if name not in parameters:
            known = [each for each in parameters if each not in options]
            hint = suggestion(name, known) if known else "it takes no more options"
            return f"there is no option {name}; {hint}"
    usage = f"it takes {inspect.Signature([each.replace(annotation=each.empty) for each in parameters.values()])}"
    missing = _missing(parameters, args, options)
    return f"{missing[0]} is missing; {usage}" if missing else f"got {len(args)} arguments; {usage}"


def _missing(
    parameters: Mapping[str, inspect.Parameter], args: tuple[Any, ...], options: Mapping[str, Any]
) -> list[str]:
    names = [name for name, each in parameters.items() if each.kind is each.POSITIONAL_OR_KEYWORD]
    given = {*names[: len(args)], *options}
    return [name for name, each in parameters.items() if each.default is each.empty and name not in given]


def _translated(error: Exception, given: str) -> PybridgeError:
    kind = type(error).__name__
    if isinstance(error, RecursionError):
        return ShapeError("a list is nested too deeply, or holds itself")
    if kind in OF_SIZE:
        return ShapeError(f"the result does not fit into memory; got {given}")
    said = str(getattr(error, "message", None) or error).strip() or kind
    reason = NODE.sub("", said.splitlines()[0].split(" [Op:")[0]).rstrip(". ")[:LONGEST]
    return (DtypeError if kind in OF_DTYPE else OptionError)(f"{reason}; got {given}")


def _given(function: Callable[..., Any], args: tuple[Any, ...], options: Mapping[str, Any]) -> str:
    """What a function was called with, each tensor by its shape and dtype."""
    try:
        named = inspect.signature(function).bind(*args, **options).arguments
    except TypeError:
        named = dict(options)
    return ", ".join(f"{name} {_described(value)}" for name, value in named.items() if name != "self") or "nothing"


def _described(value: Any) -> str:
    try:
        return f"of shape {value.shape} and dtype {getattr(value.dtype, 'name', value.dtype)}"
    except Exception:  # it is no array, or its class answers in its own way
        return shown(value)
