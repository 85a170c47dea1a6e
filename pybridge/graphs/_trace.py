"""Run a function on symbols, and keep what it did."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from pybridge._boundary import boundary, readers
from pybridge.errors import GraphError
from pybridge.graphs._symbols import Builder, Symbol


@boundary
def trace(f: Callable[..., Any], *inputs: str) -> dict[str, Any]:
    """Record what a function does as a graph, by running it once on symbols.

    Symbols know Python's operators and the functions of `pybridge.tensors`. What depends on a value is decided
    while tracing: `if` on a symbol raises; choose with `tensors.where`.

    Args:
        f: the function; it returns one value, or a list of them.
        inputs: the inputs' names; by default those of f's arguments, or x0, x1 and so on for a Clojure function.

    Returns:
        The graph, with an output per value.

    Raises:
        GraphError: the names do not fit the function, or it needs a value or returns none.
        OptionError: `f` is not a function.

    >>> graph = trace(lambda x, y: x * y + 3)
    >>> graph["inputs"], [node["op"] for node in graph["nodes"]]
    (['x', 'y'], ['multiply', 'constant', 'add'])
    """
    f = readers(f)
    names = _names(f, inputs)
    builder = Builder()
    result = f(*(builder.input(name) for name in names))
    results = result if isinstance(result, (list, tuple)) and any(isinstance(r, Symbol) for r in result) else [result]
    if result is None or isinstance(result, (str, dict)):
        raise GraphError(f"a traced function returns a tensor or a list of them; this one gave {result!r}")
    return builder.graph(builder.symbol(each) for each in results)


def _names(f: Callable[..., Any], inputs: tuple[str, ...]) -> tuple[str, ...]:
    if len(set(inputs)) < len(inputs) or not all(isinstance(name, str) for name in inputs):
        raise GraphError(f"inputs are names, each once; got {list(inputs)}")
    try:
        signature = inspect.signature(f)
    except ValueError:
        signature = None
    if not inputs:
        parameters = signature.parameters.values() if signature else []
        if signature is None or any(parameter.kind is parameter.VAR_POSITIONAL for parameter in parameters):
            raise GraphError("the function does not name its arguments; name the inputs: trace(f, 'x', 'y')")
        return tuple(p.name for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD))
    try:
        if signature:
            signature.bind(*inputs)
    except TypeError as error:
        raise GraphError(f"the function takes {signature}, not {len(inputs)} inputs ({error})") from None
    return inputs
