"""What a configuration learns: the tasks of its outputs, the arguments of `compile` for them, and how samples count."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from training_grammar_models import BY_NAME, SEVERAL_OUTPUTS
from training_grammar_sources import STREAMS
from training_grammar_tasks import TASKS, Task, flat

ONE_LOSS_FOR_ALL = {"mse", "mae", "huber", "log_cosh", "function"}


@dataclass(frozen=True)
class Outputs:
    """What there is to learn.

    Attributes:
        tasks: for each output by its name, its task and the loss chosen for it.
        heads: for each output by its name, how wide it is and its activation.
        targets: draws y and the sample weights, which may be None.
        compiling: makes the loss, the metrics and their weights as `compile` takes them.
        class_weight: how much each class counts, or None.
    """

    tasks: dict[str, tuple[Task, str]]
    heads: dict[str, tuple[int, str | None]]
    targets: Callable[[np.random.Generator, int], tuple]
    compiling: Callable[[], dict]
    class_weight: dict[int, float] | None


def draw_outputs(draw, form: str, source: str, *, steps: int | None) -> Outputs:
    """Draw the outputs of a model.

    Args:
        draw: what chooses.
        form: the form of the model.
        source: where its samples come from.
        steps: how many time steps each has a target for, or None for one target a sample.
    """
    several = form in SEVERAL_OUTPUTS
    names = ["label", "size"] if several else ["label"]
    shared = several and draw.chance(0.2)
    tasks: dict[str, tuple[Task, str]] = {}
    for name in names:
        task = TASKS["numbers" if shared or form == "own_trackers" else draw.one("task", TASKS)]
        losses = [each for each in flat(task.losses, steps is not None) if not shared or each in ONE_LOSS_FOR_ALL]
        tasks[name] = task, draw.one("loss", losses) if not (shared and name == "size") else tasks["label"][1]
    heads = {name: (task.units, task.losses[loss].activation) for name, (task, loss) in tasks.items()}
    weighting = draw.one("weights", _weightings(draw, form, source, several, steps))
    keep = _together(form in BY_NAME, several)

    def targets(random: np.random.Generator, count: int) -> tuple:
        shape = (count,) if steps is None else (count, steps)
        y = keep({name: task.draw(random, shape) for name, (task, _) in tasks.items()})
        each = random.uniform(0.2, 2, shape).astype("float32")
        if weighting == "samples":
            return y, each if steps is None else each[:, :1].copy()
        if weighting == "temporal":
            return y, each
        if weighting == "per output":
            return y, keep({"label": each, "size": each[::-1].copy()})
        return y, None

    several_ways = _compiling_several if several else _compiling_one
    compiling = several_ways(draw, tasks, weighting, form, steps, shared)
    # From a dataset, Keras looks the classes up in a table, which has to name them all.
    class_weight = {0: 0.5, 1: 2.0} | ({2: 1.2} if source in STREAMS else {}) if weighting == "classes" else None
    return Outputs(tasks, heads, targets, compiling, class_weight)


def _together(by_name: bool, several: bool) -> Callable[[dict], object]:
    if not several:
        return lambda parts: parts["label"]
    return dict if by_name else lambda parts: list(parts.values())


def _weightings(draw, form: str, source: str, several: bool, steps: int | None) -> list[str]:
    """How samples can be made to count; "none" comes more often."""
    if source == "pandas":
        return ["none"]
    names = ["none", "none", "temporal", "samples"] if steps is not None else ["none", "none", "samples"]
    if several:
        return ["none", "none", "per output", *(["samples"] if source not in STREAMS and steps is None else [])]
    by_class = draw.chosen.get("task", ("",))[-1] in ("classes", "one_hot", "binary")
    if by_class and steps is None and not source.startswith("generator"):
        names.append("classes")
    return names


def _draw_metrics(draw, task: Task, most: int, steps: int | None, subject: str = "metric") -> Callable[[], list]:
    names = flat(task.metrics, steps is not None)
    if subject != "metric" and steps is not None:  # a weight a sample and a number a time step
        names = [name for name in names if not name.startswith("own_metric")]
    chosen = draw.some(subject, names, 0, most)
    return lambda: [task.metrics[name]() for name in chosen]


def _compiling_one(draw, tasks, weighting, form, steps, shared) -> Callable[[], dict]:
    task, loss = tasks["label"]
    metrics = _draw_metrics(draw, task, 5, steps)
    weighted = None
    if weighting != "none" or draw.chance(0.1):
        weighted = _draw_metrics(draw, task, 2, steps, "weighted metric")
    scaled = draw.chance(0.08) and draw.keep("loss weights", "one")
    plural = draw.chance(0.1) and draw.keep("loss form", "list of one")

    def compiling() -> dict:
        made = task.losses[loss].make()
        return (
            {"loss": [made] if plural else made, "metrics": metrics()}
            | ({} if weighted is None else {"weighted_metrics": weighted()})
            | ({"loss_weights": [0.5] if plural else 0.5} if scaled else {})
        )

    return compiling


def _compiling_several(draw, tasks, weighting, form, steps, shared) -> Callable[[], dict]:
    forms = ["dict"] if form in BY_NAME else ["list", "dict", "list without the second"]
    loss_form = draw.one("loss form", ["one for all"] if shared else forms)
    weights_form = draw.one("loss weights", ["none", "each"]) if loss_form in ("list", "dict") else "none"
    metric_form = draw.one("metric form", ["none", "dict", *(["list"] if form not in BY_NAME else [])])
    metrics = {name: _draw_metrics(draw, task, 2, steps) for name, (task, _) in tasks.items()}
    weighted = None
    if weighting != "none":
        weighted = {name: _draw_metrics(draw, task, 1, steps, "weighted metric") for name, (task, _) in tasks.items()}

    def each(made: dict[str, Callable[[], list]]) -> dict:
        lists = {name: make() for name, make in made.items()}
        by_name = metric_form == "dict" or form in BY_NAME
        return {name: each for name, each in lists.items() if each} if by_name else list(lists.values())

    def compiling() -> dict:
        losses = {name: task.losses[loss].make() for name, (task, loss) in tasks.items()}
        forms = {"dict": losses, "list": [*losses.values()], "one for all": losses["label"]}
        made: dict = {"loss": forms.get(loss_form, [losses["label"], None])}
        if weights_form == "each":
            made["loss_weights"] = {"label": 0.7, "size": 2.0} if loss_form == "dict" else [0.7, 2.0]
        if metric_form != "none":
            made["metrics"] = each(metrics)
        if weighted is not None:
            made["weighted_metrics"] = each(weighted)
        return made

    return compiling
