"""Lists and maps of tensors, nested at will: walked, flattened and rebuilt in the order they were written."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from pybridge.tensors._dtypes import is_tensor_like


def mapped(f: Callable[..., Any], x: Any) -> Any:
    """The same lists and maps with `f` of each tensor in them; a list of plain numbers is one tensor."""
    if isinstance(x, dict):
        return {key: mapped(f, value) for key, value in x.items()}
    if isinstance(x, tuple) and hasattr(x, "_fields"):
        return type(x)(*[mapped(f, item) for item in x])
    if isinstance(x, (list, tuple)) and not is_tensor_like(x):
        items = [mapped(f, item) for item in x]
        return items if isinstance(x, list) else tuple(items)
    return f(x)


def leaves(x: object) -> list[Any]:
    """The tensors in lists and maps, in order."""
    found: list[Any] = []
    mapped(found.append, x)
    return found


def rebuilt(x: object, new: Iterable[Any]) -> Any:
    """The same lists and maps with other tensors in them, in the order of `leaves`."""
    following = iter(new)
    return mapped(lambda _: next(following), x)


def paths(x: object, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The keys and positions that lead to each of the `leaves`."""
    if isinstance(x, dict):
        for key, value in x.items():
            yield from paths(value, (*at, key))
    elif isinstance(x, (list, tuple)):
        for position, item in enumerate(x):
            yield from paths(item, (*at, position))
    else:
        yield at
