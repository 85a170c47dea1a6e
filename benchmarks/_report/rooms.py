"""The rooms: which benchmarks there are, what each measures, and how its figures are read."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Room:
    """A benchmark, which is a module of `benchmarks`.

    Attributes:
        name: the module's.
        title: its heading.
        says: what it measures, and how to read that.
        quick: the module's arguments for a first look.
    """

    name: str
    title: str
    says: str
    quick: tuple[str, ...] = ()


ROOMS = [
    Room(
        "training_table",
        "Training",
        "The time of an epoch of training.fit against keras.Model.fit, in the same run and on the same data, and for "
        "MNIST against a jax.lax.scan written by hand. Below 1, pybridge takes less time.",
        ("mnist", "conv2d", "lstm"),
    ),
    Room(
        "machine",
        "The machine's own limit",
        "How fast this machine multiplies matrices and copies memory, and how many times the least possible time a "
        "training step takes. At 1, nothing would be left to gain.",
    ),
    Room(
        "mapped",
        "Data larger than memory",
        "The time of an epoch from memory-mapped files against the same arrays in memory. At 1, files cost nothing.",
    ),
    Room(
        "workers",
        "Several workers",
        "The time of an epoch with one, two and four workers on this machine, and how much of it is communication: "
        "the sum of the gradients, alone, times the steps. Workers on one machine share its cores.",
    ),
    Room(
        "cluster",
        "Two workers and a slow network",
        "The time of a step on two workers that a network of limited bandwidth and latency connects, against one "
        "worker and against the formula of docs/cluster.md. It needs root, for network namespaces.",
    ),
    Room(
        "bridge",
        "Calls and callbacks",
        "What a call, a callback or an operation costs that crosses between the languages, against the same without "
        "the crossing or by another bridge. Below 1, pybridge takes less time.",
    ),
    Room(
        "conversion",
        "Data that crosses",
        "What it costs to bring texts, arrays and collections to the other language, against JPype where it does the "
        "same, else against NumPy and Python alone. Below 1, pybridge takes less time.",
    ),
    Room(
        "exceptions",
        "Exceptions",
        "What an exception costs that one language raises and the other catches, against JPype's. Ours carry both "
        "languages' traces and data, which takes longer.",
    ),
    Room(
        "unsafe",
        "The unsafe parts",
        "A call of Python with the parts that reach into the JVM, against the same without them.",
    ),
    Room(
        "start",
        "Start",
        "Seconds until something answers, against Python or Clojure alone, from a checkout and from a wheel.",
        ("checkout",),
    ),
    Room("ending", "The end of a process", "Seconds from the last line of a program until its process is gone."),
    Room("interrupt", "Interrupts", "Milliseconds until an interrupt has ended Clojure code."),
    Room(
        "growth",
        "Growth of crossings and sessions",
        "How time grows with the size of the work, on axes of powers of ten. A line parallel to the peer's grows as "
        "the peer does; an exponent of 1 means twice the time for twice the work.",
    ),
    Room(
        "growth_learning",
        "Growth of training and graphs",
        "The same for training with its samples and layers, and for computation graphs with their nodes.",
    ),
]
