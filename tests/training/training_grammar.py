"""Configurations of training, each drawn from a grammar by its seed: a model, how it is compiled, how it is fitted."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import keras
import numpy as np
from training_grammar_callbacks import CALLBACKS, SET_THE_RATE, Lines
from training_grammar_layers import KINDS, draw_stack
from training_grammar_models import FORMS, SEVERAL_INPUTS, SEVERAL_OUTPUTS, Plan
from training_grammar_optimizers import draw_optimizer
from training_grammar_outputs import Outputs, draw_outputs
from training_grammar_sources import SPARSE, STREAMS, Data, feed, sources_for, steps_of
from training_grammar_unsupervised import UNSUPERVISED

SAMPLES = 40
HELD_OUT = 19


class Draw:
    """Choices made by a seed, and kept by their subject."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.chosen: dict[str, tuple[str, ...]] = {}

    def one(self, subject: str, names: Iterable[str]) -> str:
        """Choose one of some names; one that comes twice is twice as likely."""
        return self.keep(subject, self.random.choice(list(names)))

    def some(self, subject: str, names: Iterable[str], least: int, most: int) -> list[str]:
        """Choose some of these names, none of them twice."""
        names = list(names)
        count = min(self.random.randint(least, most), len(names))
        return [self.keep(subject, name) for name in self.random.sample(names, count)]

    def chance(self, share: float) -> bool:
        return self.random.random() < share

    def keep(self, subject: str, name: str) -> str:
        self.chosen[subject] = (*self.chosen.get(subject, ()), name)
        return name


@dataclass(frozen=True)
class Configuration:
    """One way to train; everything that training changes is made anew at each call.

    Attributes:
        seed: what it was drawn by.
        chosen: the productions of the grammar that it uses, by their subject.
        make: makes the model.
        compiling: the arguments of the model's `compile`.
        given: whether pybridge gets the model as it was made and the arguments of `compile` with those of `fit`.
        fitting: the arguments of `fit` but for the callbacks.
        callbacks: the callbacks, which write down in a list what they are told.
        jit: how pybridge is to compile.
        held_out: samples to evaluate, with how they come.
        outputs: what there is to learn, or None when the samples are all there is.
        fits: how many times the model is trained, one after the other.
    """

    seed: int
    chosen: dict[str, tuple[str, ...]]
    make: Callable[[], keras.Model]
    compiling: Callable[[], dict]
    given: bool
    fitting: Callable[[], dict]
    callbacks: Callable[[Lines], list]
    jit: bool | str
    held_out: Callable[[], dict]
    outputs: Outputs | None
    fits: int

    @property
    def name(self) -> str:
        """All of it in one line, but for what is as usual."""
        told = {
            subject: "+".join(name for name in names if name not in ("none", "nothing", "float32"))
            for subject, names in self.chosen.items()
        }
        return "; ".join([f"seed {self.seed}", *(f"{subject} {names}" for subject, names in told.items() if names)])

    def has(self, subject: str, *names: str) -> bool:
        """Whether it uses one of these productions, or any of the subject."""
        chosen = self.chosen.get(subject, ())
        return any(name in chosen for name in names) if names else bool(chosen)

    @property
    def may_raise(self) -> bool:
        """Whether Keras raises for it: it is refused, or there is no step that could evaluate it."""
        untested = self.has("form", "autoencoder", "adversaries") and not self.has("validation", "none")
        return self.has("refused") or untested

    @property
    def productions(self) -> set[tuple[str, str]]:
        """What it puts to the test: little when it is refused; a metric that is weighted is the same metric."""
        tested = {"refused": self.chosen["refused"]} if self.has("refused") else self.chosen
        parts = {(subject.removeprefix("weighted "), name) for subject, names in tested.items() for name in names}
        return parts | ({("metrics", "weighted")} if "weighted metric" in tested else set())


def configuration(seed: int) -> Configuration:
    """Draw one configuration."""
    draw = Draw(seed)
    form = draw.one("form", [*FORMS, "functional", "sequential", "subclassed", *UNSUPERVISED])
    made = _unsupervised(draw, form) if form in UNSUPERVISED else _supervised(draw, form)
    make, compiling, drawn, plain, outputs, source = made
    fixed = form == "stateful"
    callbacks = _draw_callbacks(draw, form)
    size = 8 if fixed else {"8": 8, "7": 7, "64": 64}[draw.one("batch size", ["8", "7", "7", "64"])]
    fitting = _draw_fitting(draw, drawn, source, size, fixed=fixed, outputs=outputs)
    given = plain and draw.chance(0.3)
    if given:
        draw.keep("compiled", "by fit")
    fits = 2 if not given and draw.chance(0.1) else 1
    if fits == 2:
        draw.keep("fits", "twice")
    elif draw.chance(0.05):
        fitting = _refused(draw, fitting, source)
    evaluated = source if source not in STREAMS else draw.one("evaluated", ["dataset", "arrays", "py_dataset"])

    def held_out() -> dict:
        samples = feed(evaluated, drawn(16 if fixed else HELD_OUT, 1), 8)
        return samples | ({} if evaluated in STREAMS else {"batch_size": 8})

    return Configuration(
        seed,
        draw.chosen,
        make,
        compiling,
        given,
        fitting,
        callbacks,
        {"true": True, "false": False, "auto": "auto"}[draw.one("jit", ["true", "true", "auto", "auto", "false"])],
        held_out,
        outputs,
        fits,
    )


def _unsupervised(draw: Draw, form: str) -> tuple:
    source = draw.one("source", sources_for("vector", several=True, no_targets=True, fixed=False))

    def drawn(count: int, salt: int) -> Data:
        return Data(np.random.default_rng(salt).normal(size=(count, 6)).astype("float32"))

    if form == "adversaries":
        optimizers = [draw_optimizer(draw) for _ in range(2)]

        def compiling() -> dict:
            critic, maker = (keras.optimizers.get(make()) for make in optimizers)
            judge = keras.losses.BinaryCrossentropy(from_logits=True)
            return {"critic_optimizer": critic, "maker_optimizer": maker, "judge": judge}

        return UNSUPERVISED[form], compiling, drawn, False, None, source
    optimizer = draw_optimizer(draw)
    return UNSUPERVISED[form], lambda: {"optimizer": optimizer()}, drawn, False, None, source


def _supervised(draw: Draw, form: str) -> tuple:
    kinds = ["vector", "vector", "vector", "image", "signal", "tokens", "volume"]
    kind = "signal" if form == "stateful" else draw.one("samples", kinds)
    several = form in SEVERAL_INPUTS or form in SEVERAL_OUTPUTS
    names = sources_for(kind, several=several, no_targets=False, fixed=form == "stateful")
    if form not in ("sequential", "functional"):
        names = [name for name in names if name not in (*SPARSE, "uint8")]
    source = draw.one("source", names)
    sparse = source in SPARSE
    policies = ["float32"] * 5 + ["float64", "mixed_float16"] if kind == "vector" and not sparse else []
    precise = policies and form not in ("add_loss", "own_compute_loss", "older_compute_loss", "own_trackers")
    policy = draw.one("precision", policies if precise else ["float32"])
    per_step = kind in ("signal", "tokens") and form not in ("stateful", *SEVERAL_INPUTS) and draw.chance(0.4)
    lazy = form == "unbuilt" or isinstance(FORMS[form], type)
    conditions = {"per_step": per_step, "plain": sparse, "lazy": lazy, "lossless": policy != "float32"}
    stack = list if form == "stateful" else draw_stack(draw, kind, **conditions)
    outputs = draw_outputs(draw, form, source, steps=7 if per_step else None)
    plan = Plan(kind, stack, outputs.heads, sparse=sparse, policy=policy)
    extra = form in SEVERAL_INPUTS

    def drawn(count: int, salt: int) -> Data:
        generator = np.random.default_rng(salt)
        x = KINDS[kind].draw(generator, count)
        if extra:
            x = [x, generator.normal(size=(count, 3)).astype("float32")]
            x = {"main": x[0], "extra": x[1]} if form == "dict_inputs" else x
        y, weight = outputs.targets(generator, count)
        return Data(x, y, weight)

    def make() -> keras.Model:
        before = keras.config.dtype_policy()
        keras.config.set_dtype_policy(policy)
        try:
            return FORMS[form](plan)
        finally:
            keras.config.set_dtype_policy(before)

    optimizer = draw_optimizer(draw)
    execution = {"run_eagerly": True} if draw.chance(0.06) else {}
    if not execution and draw.chance(0.12):
        execution = {"steps_per_execution": int(draw.one("steps per execution", ["2", "3"]))}
    elif execution:
        draw.keep("run", "eagerly")

    def compiling() -> dict:
        learning = {} if form == "own_trackers" else outputs.compiling()
        if form == "nested_logs":  # its steps measure no metric, and Keras raises for one that was never updated
            learning = {key: part for key, part in learning.items() if key.startswith("loss")}
        return {"optimizer": optimizer(), **learning, **execution}

    plain = form != "own_trackers" and "steps_per_execution" not in execution
    return make, compiling, drawn, plain, outputs, source


def _draw_callbacks(draw: Draw, form: str) -> Callable[[Lines], list]:
    names = [name for name in CALLBACKS if not name.startswith("records") and name != "swap_ema"]
    if draw.chosen.get("schedule") or form == "adversaries":
        names = [name for name in names if name not in SET_THE_RATE]
    if form in UNSUPERVISED or form == "own_trackers":  # they report no "loss"
        names = [name for name in names if name not in ("early_stopping", "early_stopping_val", "reduce_rate")]
    if {"ema", "ema_overwriting"} & set(draw.chosen.get("optimizer option", ())) and form != "adversaries":
        names += ["swap_ema"] * 3
    chosen = draw.some("callback", names, 0, 2)
    watching = draw.one("callback", ["records_batches", "records_epochs", "records_epochs", "nothing"])
    if watching != "nothing":
        chosen.append(watching)
    return lambda lines: [CALLBACKS[name](lines) for name in chosen]


def _draw_fitting(draw: Draw, drawn: Callable, source: str, size: int, *, fixed: bool, outputs: Outputs | None):
    """Draw the arguments of `fit`, and return a function that makes them anew."""
    first, last = draw.random.choice([(0, 1), (0, 2), (0, 2), (0, 3), (1, 3)])
    options: dict = {"epochs": last} | ({"initial_epoch": first} if first else {})
    draw.keep("epochs", f"{first}..{last}")
    if outputs is not None and outputs.class_weight:
        options["class_weight"] = outputs.class_weight
    if source not in STREAMS:
        orders = {"true": True, "false": False, "batch": "batch"}
        options |= {"batch_size": size, "shuffle": not fixed and orders[draw.one("order", [*orders, "true"])]}
        if draw.chance(0.08):
            options["steps_per_epoch"] = int(draw.keep("steps of arrays", "3"))
    elif source.startswith("py_dataset"):
        options["shuffle"] = {"true": True, "false": False}[draw.one("order", ["true", "false"])]
    else:
        steps = steps_of(source, SAMPLES, size)
        options |= {} if steps is None else {"steps_per_epoch": max(steps, 1)}
    if source == "py_dataset_endless":
        options["steps_per_epoch"] = max(steps_of(source, SAMPLES, size), 1)
    validation = _draw_validation(draw, source, size, fixed=fixed)

    def fitting() -> dict:
        return feed(source, drawn(SAMPLES, 0), size) | options | validation(lambda: drawn(16 if fixed else HELD_OUT, 2))

    return fitting


def _refused(draw: Draw, fitting: Callable[[], dict], source: str) -> Callable[[], dict]:
    """The same arguments with one more that Keras refuses."""
    wrong: dict[str, dict] = {"class and sample weights": {"class_weight": {0: 2.0}, "sample_weight": np.ones(SAMPLES)}}
    if source in STREAMS:
        wrong |= {"y beside a source": {"y": np.zeros(SAMPLES)}, "a split of a source": {"validation_split": 0.2}}
        wrong["weights beside a source"] = {"sample_weight": np.ones(SAMPLES)}
    else:
        wrong["too few weights"] = {"sample_weight": np.ones(SAMPLES - 3)}
    chosen = wrong[draw.one("refused", wrong)]
    return lambda: {name: part for name, part in (fitting() | chosen).items() if name != "validation_data"}


def _draw_validation(draw: Draw, source: str, size: int, *, fixed: bool) -> Callable[[Callable[[], Data]], dict]:
    names = ["none", "none", "arrays", "arrays", "dataset", "py_dataset", "dataset_repeat"]
    splits = source in ("arrays", "tensors", "float64", "memmap", "uint8", "scipy_sparse") and not fixed
    name = draw.one("validation", [*names, "split", "split"] if splits else names)
    if name == "none":
        return lambda data: {}
    options: dict = {}
    if draw.chance(0.25):
        options["validation_freq"] = {"2": 2, "[1, 3]": [1, 3]}[draw.one("validation freq", ["2", "[1, 3]"])]
    if name in ("arrays", "split") and (source in STREAMS or draw.chance(0.3)):
        options["validation_batch_size"] = 8 if fixed else int(draw.one("validation batch size", ["6", "19"]))
    if name == "dataset_repeat" or (name != "split" and draw.chance(0.2)):
        options["validation_steps"] = int(draw.one("validation steps", ["1", "2"]))
    if name == "split":
        return lambda data: {"validation_split": 0.3, **options}
    step = 8 if fixed else 6
    if name == "arrays":
        like = "arrays" if source in STREAMS else source
        return lambda data: {"validation_data": tuple(feed(like, data(), step).values()), **options}
    return lambda data: {"validation_data": feed(name, data(), step)["x"], **options}
