"""Gradients of any order: of functions, and on a tape that records what is computed.

What a gradient is taken with respect to may be one tensor or variable, or lists and maps of them, nested at will. A
list of plain numbers in rows of one length is one tensor, as everywhere.
"""

from __future__ import annotations

import tensorflow as tf

from pybridge._boundary import boundary, readers
from pybridge._types import Like, Tensor, Variable
from pybridge.errors import DtypeError, OptionError
from pybridge.tensors._checks import extents, total
from pybridge.tensors._dtypes import as_float, as_tensor, is_tensor_like

__all__ = ["gradient", "value_and_gradient", "jacobian", "hessian", "tape", "differentiate"]

ROWS_IN_A_LOOP = 64
ZERO = tf.UnconnectedGradients.ZERO


@boundary
def gradient(f, *xs):
    """Differentiate a function at a point.

    Args:
        f: takes as many arguments as there are `xs`, each as tensors in the same lists and maps, and gives a number; of
            several numbers the sum is differentiated.
        xs: where; integers become float32.

    Returns:
        The gradient with respect to each of `xs`, in its shape and structure, None where the result does not depend on
        it. For one `x` its gradient alone, for several a list.

    Raises:
        DtypeError: an integer variable, or a function that gives no numbers.
        OptionError: no `xs`, or `f` is no function.

    >>> gradient(lambda x: 2 * x + 3, 5.0).numpy()
    np.float32(2.0)
    >>> gradient(lambda p: p["w"] * 3 + p["b"], {"w": 2.0, "b": 1.0})["w"].numpy()
    np.float32(3.0)
    """
    return value_and_gradient(f, *xs)[1]


@boundary
def value_and_gradient(f, *xs):
    """Call a function and differentiate it in one go.

    Args:
        f: as for `gradient`.
        xs: where; integers become float32.

    Returns:
        [value, gradient]: what the function gives, a tensor, and what `gradient` gives.

    Raises:
        DtypeError: an integer variable, or a function that gives no numbers.
        OptionError: no `xs`, or `f` is no function.

    >>> value, slope = value_and_gradient(lambda x: x * x, 3.0)
    >>> value.numpy(), slope.numpy()
    (np.float32(9.0), np.float32(6.0))
    """
    f = readers(f)
    if not xs:
        raise OptionError("with respect to what? give the function its arguments")
    points = [_point(x) for x in xs]
    with tf.GradientTape() as recording:
        value = as_tensor(f(*_followed(recording, points)))
        summed = as_float(value)
    slopes = _dense(recording.gradient(summed, points))
    return [value, slopes[0] if len(xs) == 1 else slopes]


@boundary
def jacobian(f, x: Like) -> Tensor:
    """Differentiate each number that a function gives with respect to each that it takes.

    Args:
        f: takes a tensor and gives one.
        x: where; integers become float32.

    Returns:
        The shape of what `f` gives followed by that of `x`; zeros where nothing depends on `x`.

    Raises:
        DtypeError: an integer variable, or a function that gives no numbers.
        OptionError: `f` is no function.

    >>> jacobian(lambda x: x * x, [1.0, 2.0]).numpy()
    array([[2., 0.],
           [0., 4.]], dtype=float32)
    """
    f = readers(f)
    x = _leaf(x)
    with tf.GradientTape(persistent=True) as recording:
        value = as_float(f(*_followed(recording, [x])))
    return _rows(recording, value, x, loop=True, unconnected_gradients=ZERO)


@boundary
def hessian(f, x: Like) -> Tensor:
    """Differentiate a function twice.

    Args:
        f: takes a tensor and gives a number; of several numbers the sum is differentiated.
        x: where; integers become float32.

    Returns:
        The second derivatives, the shape of `x` twice over.

    Raises:
        DtypeError: an integer variable, or a function that gives no numbers.
        OptionError: `f` is no function.

    >>> hessian(lambda x: x[0] ** 2 * x[1], [3.0, 5.0]).numpy()
    array([[10.,  6.],
           [ 6.,  0.]], dtype=float32)
    """
    f = readers(f)
    x = _leaf(x)
    with tf.GradientTape(persistent=True) as outer:
        outer.watch(x)
        with tf.GradientTape() as inner:
            value = as_float(f(*_followed(inner, [x])))
        slope = as_tensor(inner.gradient(value, x, unconnected_gradients=ZERO))
    return _rows(outer, slope, x, loop=True, unconnected_gradients=ZERO)


@boundary
def tape(*, watch=(), persistent: bool = False):
    """Make a tape, which records what is computed in its body and gives gradients of it.

    Variables are watched by themselves. A constant is not: its gradient is None unless it is watched.

    Args:
        watch: a tensor to watch, or a list of them.
        persistent: whether the tape gives gradients more than once.

    Returns:
        The tape, a context manager with the methods `gradient`, `jacobian` and `watch`.

    Raises:
        DtypeError: `watch` holds integers, or something that is not a tensor or variable.

    >>> x = tf.constant(3.0)
    >>> with tape(watch=[x]) as recording:
    ...     y = x * x
    >>> recording.gradient(y, x).numpy()
    np.float32(6.0)
    """
    return Tape(watch, persistent)


@boundary
def differentiate(tape, y, xs):
    """Differentiate what a tape has recorded.

    Inside the tape's body this ends the recording, unless the tape is persistent; a tape around it sees the result, and
    can differentiate that again.

    Args:
        tape: the tape.
        y: what was computed; of several numbers the sum is differentiated.
        xs: a tensor or variable, or lists and maps of them.

    Returns:
        The gradients, in the shape and structure of `xs`; None where `y` does not depend on it, or where `xs` is a
        constant that the tape does not watch.

    Raises:
        DtypeError: integers, or something that is not a tensor or variable.
        OptionError: a second time on a tape that is not persistent, or `tape` is none.

    >>> time = tf.Variable(2.0)
    >>> with tape() as outer:
    ...     with tape() as inner:
    ...         position = 4.9 * time**2
    ...     speed = differentiate(inner, position, time)
    >>> differentiate(outer, speed, time).numpy()
    np.float32(9.8)
    """
    if not hasattr(tape, "gradient"):
        raise OptionError(f"a tape is wanted first; got {tape!r}")
    return tape.gradient(y, xs)


class Tape:
    """What `tape` gives; it can also be driven by `__enter__` and `__exit__` alone, in one thread."""

    def __init__(self, watch: object, persistent: bool) -> None:
        self._watched = _sources(watch)
        self._persistent = persistent
        self._recording = tf.GradientTape(persistent=persistent)
        self._opened = self._spent = False

    def __enter__(self) -> Tape:
        self._recording.__enter__()
        self._recording.watch(self._watched)
        self._opened = True
        return self

    def __exit__(self, *error: object) -> None:
        self._recording.__exit__(*error)

    @boundary
    def watch(self, x: object) -> None:
        """Follow a tensor, or lists and maps of them, from now on, as variables are by themselves."""
        self._recording.watch(_sources(x))

    @boundary
    def gradient(self, y: object, xs: object) -> object:
        """Differentiate `y`; see `differentiate`."""
        sources = _sources(xs)
        self._spend()
        return _dense(self._recording.gradient(_targets(y) or tf.zeros([]), sources))

    @boundary
    def jacobian(self, y: Tensor, x: object) -> object:
        """Differentiate each number of the tensor `y`, as `differentiate` does their sum.

        The result has the shape of `y` followed by that of `x`.
        """
        sources = _sources(x)
        if not isinstance(y, (tf.Tensor, tf.Variable)):
            raise DtypeError(f"y is one tensor that the tape has recorded; got a {type(y).__name__}")
        self._spend()
        (target,) = _targets(y) or [tf.zeros(y.shape)]
        return _rows(self._recording, target, sources, loop=self._persistent)

    def _spend(self) -> None:
        if not self._opened:
            raise OptionError("this tape has recorded nothing yet; open it and compute in its body")
        if self._spent and not self._persistent:
            raise OptionError("this tape has given its gradients; make it persistent to ask it more than once")
        self._spent = True


def _point(x: object) -> object:
    """Where to differentiate: tensors of floats and variables, in the lists and maps they came in."""
    if isinstance(x, dict):
        return {key: _point(value) for key, value in x.items()}
    if isinstance(x, (list, tuple)) and not is_tensor_like(x):
        points = [_point(value) for value in x]
        return points if isinstance(x, list) else tuple(points)
    return _leaf(x)


def _leaf(x: Like) -> Tensor | Variable:
    return _checked(_stored(x)) if _is_variable(x) else as_float(x)


def _followed(recording: tf.GradientTape, points: list) -> list:
    """The tensors that a function gets, each connected to the point it is at."""
    recording.watch(points)
    return tf.nest.map_structure(tf.convert_to_tensor, points)


def _sources(xs: object) -> object:
    """What a tape can have recorded, in the lists and maps it came in."""
    return tf.nest.map_structure(_source, xs)


def _source(x: object) -> Tensor | Variable:
    if isinstance(x, tf.Tensor) or _is_variable(x):
        return _checked(_stored(x))
    raise DtypeError(f"a tape follows tensors and variables; got {x!r}: make a variable of it before the tape's body")


def _targets(y: object) -> list[Tensor]:
    """What there is to differentiate; plain numbers and integers depend on nothing."""
    ys = [_stored(each) for each in tf.nest.flatten(y)]
    return [each for each in ys if isinstance(each, (tf.Tensor, tf.Variable)) and _has_gradient(each)]


def _is_variable(x: object) -> bool:
    return isinstance(x, tf.Variable) or isinstance(getattr(x, "value", None), tf.Variable)


def _stored(x: object) -> object:
    """The variable that a Keras variable keeps its value in; anything else itself."""
    return x.value if _is_variable(x) and not isinstance(x, tf.Variable) else x


def _has_gradient(x: Tensor | Variable) -> bool:
    return x.dtype.is_floating or x.dtype.is_complex


def _checked(x: Tensor | Variable) -> Tensor | Variable:
    if not _has_gradient(x):
        kind = "variable" if isinstance(x, tf.Variable) else "tensor"
        raise DtypeError(f"gradients need floats; write 3.0, not 3: this {kind} holds {x.dtype.name}")
    return x


def _dense(slopes: object) -> object:
    """Gradients as tensors, also where TensorFlow lists only the rows that a lookup has touched."""
    return tf.nest.map_structure(lambda slope: None if slope is None else tf.convert_to_tensor(slope), slopes)


def _rows(recording: tf.GradientTape, y: Tensor, xs: object, *, loop: bool, **options: object) -> object:
    """The gradients of each number of `y`: few one after the other, many at once, which takes compiling."""
    count = total(extents(y))
    at_once = not loop or (count is not None and count > ROWS_IN_A_LOOP)
    return recording.jacobian(y, xs, experimental_use_pfor=at_once, **options)
