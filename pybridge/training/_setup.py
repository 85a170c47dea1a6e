"""A model made ready to train: compiled as Keras would, with its programs kept for the next time."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import keras

from pybridge.models._data import Data
from pybridge.training._given import as_loss, as_metrics, as_optimizer
from pybridge.training._program import Program

# In the model's own dict, where Keras does not look for something to save, and where it lives as long as the model.
PLACE = "_pybridge_program"


@contextmanager
def programs(model: keras.Model, **given: object) -> Iterator[Program]:
    """The programs that train a model, as `set_up` gives them; an error on the way may leave them half made."""
    try:
        yield set_up(model, **given)
    except BaseException:
        vars(model).pop(PLACE, None)
        raise


def set_up(
    model: keras.Model,
    *,
    optimizer: object,
    loss: object,
    metrics: object,
    jit: bool,
    weighted: bool = False,
    resume: bool = False,
) -> Program:
    """The programs that train a model, which has its weights, with these.

    An optimizer that is given as itself goes on where it was, as in Keras; one that is named starts anew, unless
    training is resumed.
    """
    given = (optimizer, loss, metrics)
    key = (_identity(given), jit, weighted, tuple(map(id, model.trainable_variables)))
    program = vars(model).get(PLACE)
    own = isinstance(optimizer, keras.optimizers.Optimizer)
    if program is not None and program.key == key and all(map(operator.is_, program.compiled_as, _compiled_as(model))):
        if not own and not resume:
            _start_anew(model, lambda: as_optimizer(optimizer))
        return program
    chosen = as_optimizer(optimizer)
    if resume and not own and _same(model.optimizer if model.compiled else None, chosen):
        chosen = model.optimizer
    model.compile(
        optimizer=chosen,
        loss=as_loss(loss, weighted=weighted),
        metrics=as_metrics(metrics) or None,
        jit_compile=False,
    )
    model.optimizer.build(model.trainable_variables)
    program = Program(model, jit=jit)
    program.key, program.given, program.compiled_as = key, given, _compiled_as(model)
    vars(model)[PLACE] = program
    return program


def _identity(given: object) -> object:
    """What tells one way of training from another: data by its value, the rest by being the same object."""
    if isinstance(given, dict):
        return tuple((name, _identity(each)) for name, each in given.items())
    if isinstance(given, (list, tuple)):
        return tuple(_identity(each) for each in given)
    return (type(given), given if isinstance(given, (str, int, float, type(None))) else id(given))


def _compiled_as(model: keras.Model) -> tuple:
    """What Keras's `compile` makes anew, by which it shows that someone else has compiled the model since."""
    return (model.optimizer, *model.metrics[:1])


def _same(held: keras.optimizers.Optimizer | None, chosen: keras.optimizers.Optimizer) -> bool:
    """Whether an optimizer is another's earlier self; its learning rate may have been changed meanwhile."""
    if type(held) is not type(chosen):
        return False
    ours, theirs = held.get_config(), chosen.get_config()
    return all(ours[name] == theirs[name] for name in ours.keys() - {"name", "learning_rate"})


def _start_anew(model: keras.Model, make: Callable[[], keras.optimizers.Optimizer]) -> None:
    fresh = make()
    if isinstance(model.optimizer, keras.optimizers.LossScaleOptimizer):
        fresh = keras.optimizers.LossScaleOptimizer(fresh)
    fresh.build(model.trainable_variables)
    for held, start in zip(model.optimizer.variables, fresh.variables, strict=True):
        held.assign(start)


def build(model: keras.Model, samples: Callable[[], Data]) -> None:
    """Give a model that has seen no data yet its weights, by one sample."""
    if not model.built:
        model(keras.tree.map_structure(lambda array: array[:1], samples()), training=False)
