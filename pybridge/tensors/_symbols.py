"""How the functions of tensors meet a symbol: the symbol writes down the call instead of a result being computed.

A symbol stands for a tensor that is not there yet. Reading it as one raises `SymbolMet`, which costs a call on tensors
nothing; at the boundary of the function the symbol itself answers.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NoReturn

from pybridge._boundary import Answer
from pybridge.errors import GraphError


class Symbolic:
    """What stands for a tensor while a function is traced.

    A subclass says what a call on it means: `record(function, args, options)` gives that call's result.
    """

    def __tf_tensor__(self, dtype: object = None, name: str | None = None) -> NoReturn:
        raise SymbolMet(self)

    def record(self, function: Callable[..., Any], args: tuple[Any, ...], options: dict[str, Any]) -> object:
        raise NotImplementedError


class SymbolMet(GraphError, Answer):
    """A symbol where a tensor is needed."""

    def __init__(self, symbol: Symbolic) -> None:
        super().__init__(
            f"{symbol!r} has no value while a function is traced; "
            "only pybridge.tensors' functions and Python's operators take it"
        )
        self.symbol = symbol

    def answer(self, function: Callable[..., Any], args: tuple[Any, ...], options: dict[str, Any]) -> object:
        return self.symbol.record(function, args, options)
