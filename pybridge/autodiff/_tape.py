"""The tape, which records what is computed and differentiates it."""

from __future__ import annotations

from typing import Any

import tensorflow as tf

from pybridge._arguments import flag, shown
from pybridge._boundary import boundary
from pybridge._types import Tensor, Variable
from pybridge.autodiff._points import check_real, checked, dense, has_gradient, is_variable, rows, stored
from pybridge.autodiff._structure import leaves, mapped, rebuilt
from pybridge.errors import DtypeError, OptionError

OPENED = "open it, by `with` or Clojure's with-tape, and compute in its body"


@boundary
def tape(*, watch: Any = (), persistent: bool = False) -> Tape:
    """Make a tape, which records what is computed in its body and differentiates it.

    Variables are watched by themselves. A constant is not: its gradient is None unless it is watched. A tape records
    what its own thread computes, and with `watch` and nested tapes, gradients of gradients. What NumPy computes is not
    recorded: use tensors.

    Args:
        watch: a tensor to watch, or a list of them.
        persistent: whether the tape can be asked for gradients more than once.

    Returns:
        The tape, a context manager with the methods `gradient`, `jacobian` and `watch`.

    Raises:
        DtypeError: `watch` holds integers, or something that is not a tensor or variable.
        OptionError: `persistent` is neither true nor false.

    >>> x = tf.constant(3.0)
    >>> with tape(watch=[x]) as recording:
    ...     y = x * x
    >>> recording.gradient(y, x).numpy()
    np.float32(6.0)
    """
    return Tape(watch, persistent)


@boundary
def differentiate(tape: Tape, y: Any, xs: Any) -> Any:
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
        DtypeError: integers, something that is not a tensor or variable, or a complex `y`.
        OptionError: a second time on a tape that is not persistent, or `tape` is not a tape.

    >>> time = tf.Variable(2.0)
    >>> with tape() as outer:
    ...     with tape() as inner:
    ...         position = 4.9 * time**2
    ...     speed = differentiate(inner, position, time)
    >>> differentiate(outer, speed, time).numpy()
    np.float32(9.8)
    """
    if not hasattr(tape, "gradient"):
        raise OptionError(f"a tape is wanted first; got {shown(tape)}")
    return tape.gradient(y, xs)


class Tape:
    """What `tape` returns; it can also be driven by `__enter__` and `__exit__` alone, in one thread."""

    def __init__(self, watch: object, persistent: bool) -> None:
        self._watched = leaves(mapped(_source, watch))
        self._persistent = flag("persistent", persistent)
        self._recording = tf.GradientTape(persistent=self._persistent)
        self._open = self._opened = self._spent = False

    def __enter__(self) -> Tape:
        if self._open:
            raise OptionError("tape: this tape is recording already; a second one goes around or inside it")
        self._recording.__enter__()
        self._recording.watch(self._watched)
        self._open = self._opened = True
        self._spent = False
        return self

    def __exit__(self, *error: object) -> None:
        self._recording.__exit__(*error)
        self._open = False

    @boundary
    def watch(self, x: object) -> None:
        """Follow a tensor, or lists and maps of them, from now on, as variables are by themselves."""
        if not self._open or (self._spent and not self._persistent):
            raise OptionError(f"this tape is not recording; {OPENED}")
        self._recording.watch(leaves(mapped(_source, x)))

    @boundary
    def gradient(self, y: object, xs: object) -> Any:
        """Differentiate `y`; see `differentiate`."""
        sources = mapped(_source, xs)
        targets = _targets(y)
        self._spend()
        return rebuilt(sources, dense(self._recording.gradient(targets or tf.zeros([]), leaves(sources))))

    @boundary
    def jacobian(self, y: Tensor, x: object) -> Any:
        """Differentiate each number of the tensor `y`, as `differentiate` does their sum.

        The result has the shape of `y` followed by that of `x`.
        """
        sources = mapped(_source, x)
        if not isinstance(y, (tf.Tensor, tf.Variable)):
            raise DtypeError(f"y is one tensor that the tape has recorded; got a {type(y).__name__}")
        (target,) = _targets(y) or [tf.zeros(y.shape)]
        self._spend()
        return rebuilt(sources, rows(self._recording, target, leaves(sources), loop=self._persistent))

    def _spend(self) -> None:
        if not self._opened:
            raise OptionError(f"this tape has recorded nothing yet; {OPENED}")
        if self._spent and not self._persistent:
            raise OptionError("this tape has given its gradients; make it persistent to ask it more than once")
        self._spent = True


def _source(x: object) -> Tensor | Variable:
    """What a tape can have recorded."""
    if isinstance(x, tf.Tensor) or is_variable(x):
        return checked(stored(x))
    raise DtypeError(
        f"a tape follows tensors and variables; got {shown(x)}: make a variable of it before the tape's body"
    )


def _targets(y: object) -> list[Tensor]:
    """What there is to differentiate; plain numbers and integers depend on nothing."""
    ys = [each for each in map(stored, leaves(y)) if isinstance(each, (tf.Tensor, tf.Variable)) and has_gradient(each)]
    for each in ys:
        check_real(each, "real numbers have a gradient; y holds")
    return ys
