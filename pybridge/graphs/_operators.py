"""Python's operators on symbols: each is an operation of graphs."""

from __future__ import annotations

from typing import Self


class Operators:
    """What symbols answer to Python's operators.

    A subclass adds an operation to its graph: `apply(op, *args, **attrs)`.
    """

    def apply(self, op: str, *args: object, **attrs: object) -> Self:
        raise NotImplementedError

    def __add__(self, other: object) -> Self:
        return self.apply("add", self, other)

    def __radd__(self, other: object) -> Self:
        return self.apply("add", other, self)

    def __sub__(self, other: object) -> Self:
        return self.apply("subtract", self, other)

    def __rsub__(self, other: object) -> Self:
        return self.apply("subtract", other, self)

    def __mul__(self, other: object) -> Self:
        return self.apply("multiply", self, other)

    def __rmul__(self, other: object) -> Self:
        return self.apply("multiply", other, self)

    def __truediv__(self, other: object) -> Self:
        return self.apply("divide", self, other)

    def __rtruediv__(self, other: object) -> Self:
        return self.apply("divide", other, self)

    def __pow__(self, other: object) -> Self:
        return self.apply("power", self, other)

    def __rpow__(self, other: object) -> Self:
        return self.apply("power", other, self)

    def __matmul__(self, other: object) -> Self:
        return self.apply("matmul", self, other)

    def __rmatmul__(self, other: object) -> Self:
        return self.apply("matmul", other, self)

    def __neg__(self) -> Self:
        return self.apply("negative", self)

    def __pos__(self) -> Self:
        return self

    def __abs__(self) -> Self:
        return self.apply("absolute", self)

    def __mod__(self, other: object) -> Self:
        return self.apply("mod", self, other)

    def __rmod__(self, other: object) -> Self:
        return self.apply("mod", other, self)

    def __floordiv__(self, other: object) -> Self:
        return self.apply("floor_divide", self, other)

    def __rfloordiv__(self, other: object) -> Self:
        return self.apply("floor_divide", other, self)

    def __and__(self, other: object) -> Self:
        return self.apply("logical_and", self, other)

    def __or__(self, other: object) -> Self:
        return self.apply("logical_or", self, other)

    def __xor__(self, other: object) -> Self:
        return self.apply("logical_xor", self, other)

    __rand__, __ror__, __rxor__ = __and__, __or__, __xor__

    def __invert__(self) -> Self:
        return self.apply("logical_not", self)

    def __eq__(self, other: object) -> Self:  # type: ignore[override]  # a symbol of whether they are equal
        return self.apply("equal", self, other)

    def __ne__(self, other: object) -> Self:  # type: ignore[override]
        return self.apply("not_equal", self, other)

    def __lt__(self, other: object) -> Self:
        return self.apply("less", self, other)

    def __gt__(self, other: object) -> Self:
        return self.apply("greater", self, other)

    def __le__(self, other: object) -> Self:
        return self.apply("less_equal", self, other)

    def __ge__(self, other: object) -> Self:
        return self.apply("greater_equal", self, other)
