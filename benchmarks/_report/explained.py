"""Why a row has missed its target: what profiles of it have shown, and what its rounds and the machine's load say."""

from __future__ import annotations

from typing import Any

STREAMS = (
    "Most of an epoch from a stream passes inside TensorFlow's own functions on both sides, and the time between "
    "steps, which pybridge saves, is a small part of it."
)
PRODUCTS = (
    "Nearly all of pybridge's epoch passes in matrix products, which take every core, and a good part of Keras's in "
    "Python on one core: where other programs hold the cores, pybridge loses more."
)
BEFORE_JAVA = (
    "Before the JVM starts, Python imports the command and JPype, for 0.14 s on the machine of the profile; the rest "
    "of the difference is the bridge's own code."
)
INTERPRETED = (
    "Both sides spend the same time in TensorFlow; the rest is Clojure code, which takes several times as long until "
    "the JVM has compiled it, and the JVM's compiler waits for a core as all programs do."
)
COPIES = (
    "A second thread copies the samples of the batches that follow, and a step of so small a net takes little longer "
    "than that: where training holds every core already, the copy takes its time from it. With a core to spare, as "
    "with TF_NUM_INTRAOP_THREADS=1 on two cores, it keeps within the target."
)
PROFILED = {
    ("mapped", "fit, dense 32-16-10"): COPIES,
    ("training_table", "MNIST"): PRODUCTS,
    ("training_table", "dense 512-10"): PRODUCTS,
    ("training_table", "dense 512-10 from mapped files"): COPIES,
    ("training_table", "Conv2D from"): STREAMS,
    ("training_table", "LSTM from"): STREAMS,
    ("bridge", "method call through pb/.."): (
        "Of the 50 ns more, 15 are Python's own search for the method, and the rest is the walk that pb/.. makes from "
        "object to object, which the bound method does without."
    ),
    ("bridge", "t/add"): INTERPRETED,
    ("bridge", "gradient of a loss"): INTERPRETED,
    ("start", "pybridge eval"): BEFORE_JAVA,
    ("start", "the same from sources alone"): (
        "All of it is Clojure's compiler, at work on the bridge's seven thousand lines; `pybridge prepare` keeps what "
        "it makes of them."
    ),
    ("start", "first tensor from Clojure"): (
        "TensorFlow takes as long as in Python, and the JVM starts before it, for half a second."
    ),
    ("growth", "list of distinct keywords"): (
        "The bridge keeps the names of ten thousand keywords as Python's strings. Those that come later are made anew "
        "each time, which takes four times as long, and so the time jumps there."
    ),
    ("growth_learning", "graphs: evaluate"): (
        "Half of the time is TensorFlow's for the operations, the other half reading the graph and checking each node."
    ),
}


def explained(room: dict[str, Any], row: dict[str, Any], cores: int) -> str:
    """What there is to say about a row that has missed its target."""
    names = [name for name in PROFILED if room["benchmark"] == name[0] and row["name"].startswith(name[1])]
    why = [PROFILED[name] for name in names]
    ratio = next((peer["ratio"] for peer in row["peers"].values()), None)
    if ratio and row["most"] is not None and ratio["least"] <= row["most"] < ratio["value"]:
        why.append("Some of its rounds keep within the target.")
    if room["load"] is not None and room["load"] > cores:
        why.append(f"Other programs were running: a load of {room['load']:.1f} on {cores} cores.")
    return " ".join(filter(None, [row["note"], *why]))
