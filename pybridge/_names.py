"""How a name is written on the other side; Clojure's half is `pybridge.names`, one table of tests holds for both."""

from __future__ import annotations

import keyword
import re

__all__ = ["candidates", "function_name", "kebab", "snake"]


def snake(name: str) -> str:
    """A Clojure name in Python: a hyphen between letters or digits becomes an underscore, any other stays.

    >>> snake("batch-size"), snake("-"), snake("x->y")
    ('batch_size', '-', 'x->y')
    """
    return _inside_words(name, "-", "_")


def kebab(name: str) -> str:
    """A Python name in Clojure: an underscore between letters or digits becomes a hyphen, any other stays.

    >>> kebab("batch_size"), kebab("_hidden"), kebab("__init_subclass__")
    ('batch-size', '_hidden', '__init-subclass__')
    """
    return _inside_words(name, "_", "-")


def function_name(class_name: str) -> str:
    """A class's name as that of the function that makes one.

    >>> [function_name(name) for name in ("MaxPooling2D", "LSTM", "LeakyReLU", "RMSNormalization", "Conv2DTranspose")]
    ['max_pooling2d', 'lstm', 'leaky_relu', 'rms_normalization', 'conv2d_transpose']
    """
    name = class_name.replace("PReLU", "Prelu").replace("ReLU", "Relu")
    return re.sub(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name).lower()


def candidates(attribute: str) -> list[str]:
    """What a var may be called in Clojure that Python asks for as an attribute, the first that exists being meant.

    A trailing underscore keeps Python's own words apart; Python's own attributes, such as `__len__`, stand for no var.

    >>> candidates("is_empty"), candidates("class_")
    (['is-empty', 'is-empty!', 'is-empty?', 'is_empty'], ['class', 'class!', 'class?', 'class_'])
    """
    if attribute.startswith("__") and attribute.endswith("__"):
        return []
    word = attribute.removesuffix("_")
    stem = word if keyword.iskeyword(word) else attribute
    forms = [kebab(stem), stem.replace("_", "-")]  # the second for -main, and whatever else no keyword is called
    return list(dict.fromkeys([*(form + mark for form in forms for mark in ("", "!", "?")), attribute]))


def _inside_words(name: str, old: str, new: str) -> str:
    if old not in name:
        return name
    solid = [False, *(char.isalpha() or char.isdecimal() for char in name), False]
    return "".join(new if char == old and solid[i] and solid[i + 2] else char for i, char in enumerate(name))
