"""Where a function is differentiated, what it returns there, and what is done where that has no gradient."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import tensorflow as tf

from pybridge._arguments import shown
from pybridge._sizes import check_size
from pybridge._types import Like, Tensor, Variable
from pybridge.autodiff._structure import leaves, mapped, rebuilt
from pybridge.errors import ConversionError, DtypeError, OptionError, ShapeError
from pybridge.tensors._checks import extents, total
from pybridge.tensors._dtypes import as_float, as_tensor

ROWS_IN_A_LOOP = 40
RETURNS = "the function must return a number or a tensor of numbers"


class Point:
    """The arguments of a function, as tensors of floats and variables in the lists and maps they came in.

    Args:
        xs: the arguments.
        one: whether each is one tensor.
    """

    def __init__(self, xs: Sequence[Any], *, one: bool = False) -> None:
        self.structure = [leaf(x) if one else mapped(leaf, x) for x in xs]
        self.leaves = leaves(self.structure)
        times = Counter(map(id, self.leaves))
        if len(times) < len(self.leaves):  # a variable in two places is two arguments
            self.leaves = [x if times[id(x)] == 1 else tf.identity(x) for x in self.leaves]

    def arguments(self) -> list[Any]:
        """What the function gets: tensors, each connected to its leaf when a tape or accumulator follows it."""
        return rebuilt(self.structure, map(tf.convert_to_tensor, self.leaves))

    def shaped(self, new: Iterable[Any]) -> list[Any]:
        """What belongs to the leaves, in the structure of the arguments."""
        return rebuilt(self.structure, new)


def leaf(x: Like) -> Tensor | Variable:
    """One thing to differentiate with respect to: a variable, or numbers as a tensor of floats.

    The tensor is not the one that was given: what else uses that is no part of the argument.
    """
    if is_variable(x):
        return checked(stored(x))
    tensor = as_float(x)
    return tf.identity(tensor) if tensor is x else tensor


def returned(result: object) -> Tensor:
    """What a function returned, as a tensor.

    Raises:
        DtypeError, ShapeError: it is none.
    """
    try:
        return as_tensor(result)
    except ShapeError as error:
        raise ShapeError(f"{RETURNS}; it returned a list, and {error}") from None
    except DtypeError:
        raise DtypeError(f"{RETURNS}; it returned {shown(result)}") from None


def returned_real(result: object) -> Tensor:
    """What a function returned, as a tensor of real numbers.

    Raises:
        DtypeError, ShapeError: it is none.
    """
    value = returned(result)
    check_real(value, "the function must return real numbers to have a gradient; it returned")
    return value


def check_real(x: Tensor, wanted: str) -> None:
    """See that numbers are real.

    Raises:
        DtypeError: they are complex.
    """
    if x.dtype.is_complex:
        raise DtypeError(f"{wanted} {x.dtype.name}: take an absolute value, or tf.math.real or imag, of it")


def check_attached(f: Callable[..., Any], point: Point) -> None:
    """See that a function whose result depends on none of its arguments, as far as a tape can tell, truly doesn't.

    A traced tensor has no numbers, so what takes the numbers out of its tensors cannot be traced.

    Raises:
        OptionError: it computes with plain numbers that it has taken out of its arguments.
    """
    if any(map(tf.is_symbolic_tensor, point.leaves)):
        return
    specs = [tf.TensorSpec(x.shape, x.dtype) for x in point.leaves]
    traced = tf.function(lambda *xs: as_tensor(f(*point.shaped(xs))), autograph=False)
    try:
        traced.get_concrete_function(*specs)
    except tf.errors.OperatorNotAllowedInGraphError:
        return  # it only decides by its arguments, as a step does, whose slope is none
    except Exception as error:
        if isinstance(error, ConversionError) or "symbolic" in str(error).lower():
            raise OptionError(
                "the function takes plain numbers out of its tensors, as NumPy, math and Java's Math do, and no "
                "gradient passes through those; compute with pybridge.tensors, as in tensors.sin(x)"
            ) from None


def rows(recording: tf.GradientTape, y: Tensor, xs: object, *, loop: bool, **options: object) -> Any:
    """The gradients of each number of `y`: few one after the other, many at once, which takes compiling."""
    count = total(extents(y))
    for x in tf.nest.flatten(xs):
        _check_slopes([*y.shape, *x.shape] if None not in (y.shape.rank, x.shape.rank) else [None], x.dtype.size)
    at_once = not loop or (count is not None and (count > ROWS_IN_A_LOOP or count == 0))
    return recording.jacobian(y, xs, experimental_use_pfor=at_once, **options)


def _check_slopes(shape: list[Any], itemsize: int) -> None:
    check_size(shape, itemsize)
    if (total(shape) or 0) >= 2**31:  # TensorFlow numbers them in 32 bits
        raise ShapeError(f"all slopes have the shape {shown(shape)}, more than 2^31 - 1 numbers; take fewer at a time")


def is_variable(x: object) -> bool:
    """Whether this is a variable of TensorFlow's or Keras's."""
    return isinstance(x, tf.Variable) or isinstance(getattr(x, "value", None), tf.Variable)


def stored(x: Any) -> Any:
    """The variable that a Keras variable keeps its value in; anything else itself."""
    return x.value if is_variable(x) and not isinstance(x, tf.Variable) else x


def has_gradient(x: Tensor | Variable) -> bool:
    """Whether the numbers are of a kind that changes by as little as one likes."""
    return x.dtype.is_floating or x.dtype.is_complex


def checked(x: Tensor | Variable) -> Tensor | Variable:
    """The same tensor or variable.

    Raises:
        DtypeError: it holds integers.
    """
    if not has_gradient(x):
        kind = "variable" if isinstance(x, tf.Variable) else "tensor"
        raise DtypeError(f"gradients need floats; write 3.0, not 3: this {kind} holds {x.dtype.name}")
    return x


def dense(slopes: list[Any]) -> list[Any]:
    """Gradients as tensors, also where TensorFlow lists only the rows that a lookup has touched."""
    return [None if slope is None else tf.convert_to_tensor(slope) for slope in slopes]
