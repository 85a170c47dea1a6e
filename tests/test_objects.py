"""Python's objects are found by their classes, and nothing is held of what other threads are making."""

from __future__ import annotations

import ctypes
import gc
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from pybridge._objects import classes, instances

PACKAGE = Path(__file__).parents[1] / "pybridge"


class Meta(type):
    def __eq__(cls, other):
        raise AssertionError("asked whether classes are equal")

    def __hash__(cls):
        raise AssertionError("asked for a class's hash")

    def __instancecheck__(cls, instance):
        raise AssertionError("asked for an instance")

    def __subclasscheck__(cls, subclass):
        raise AssertionError("asked for a subclass")


class Strange(metaclass=Meta):
    def __getattribute__(self, name):
        raise AssertionError(f"asked for {name}")


class Proxy:
    @property
    def __class__(self):
        raise AssertionError("asked for a class")


class Plain:
    pass


class Derived(Plain):
    pass


KINDS = {"strange": Strange, "proxy": Proxy, "plain": Plain, "derived": Derived}
COUNTS = {"strange": 60, "proxy": 59, "plain": 3, "derived": 700}


@pytest.fixture
def made():
    return {kind: [KINDS[kind]() for _ in range(count)] for kind, count in COUNTS.items()}


@pytest.mark.parametrize(
    "kinds", [["strange"], ["proxy"], ["plain"], ["derived"], ["plain", "strange"], list(KINDS), []]
)
def test_the_objects_of_some_classes_are_found_without_asking_them_or_their_classes_anything(kinds, made):
    found = instances(KINDS[kind] for kind in kinds)
    assert sorted(map(id, found)) == sorted(id(each) for kind in kinds for each in made[kind])


def test_each_class_of_which_there_is_an_object_is_found_once(made):
    found = list(map(id, classes()))
    assert len(found) == len(set(found))
    assert set(found) >= {id(cls) for cls in [*KINDS.values(), dict, tuple]}


def test_nothing_is_kept_of_the_objects_that_were_looked_at():
    looked_at = [(number,) for number in range(1000)]
    unused = type("Unused", (), {})
    kept, before = [], list(map(sys.getrefcount, looked_at))
    count = len(gc.get_objects())
    gc.disable()  # a cycle would hold them until it is collected
    try:
        for _ in range(5):
            kept += instances([unused])
            classes()
        assert list(map(sys.getrefcount, looked_at)) == before
        assert len(gc.get_objects()) - count < 100
    finally:
        gc.enable()
    assert kept == []


def test_a_tuple_that_c_code_fills_meanwhile_can_be_filled():
    """As TensorFlow fills a shape: other threads run between, and whoever holds the tuple makes that fail."""
    new, fill, free = (ctypes.pythonapi[name] for name in ("PyTuple_New", "PyTuple_SetItem", "Py_DecRef"))
    new.restype, new.argtypes = ctypes.c_void_p, [ctypes.c_ssize_t]
    fill.argtypes, free.argtypes = [ctypes.c_void_p, ctypes.c_ssize_t, ctypes.py_object], [ctypes.c_void_p]
    failed, filled, over = [], [], threading.Event()

    def fills():
        while not over.is_set():
            unfilled = new(1)
            over.wait(0.0001)
            item = (len(filled),)
            ctypes.pythonapi.Py_IncRef(ctypes.py_object(item))  # for the tuple, which takes a reference over
            try:
                fill(unfilled, 0, item)
                filled.append(True)
            except SystemError as error:
                failed.append(error)
                return
            free(unfilled)

    threads = [threading.Thread(target=fills) for _ in range(4)]
    for thread in threads:
        thread.start()
    while len(filled) < 300 and not failed:
        instances([Plain])
        classes()
    over.set()
    for thread in threads:
        thread.join()
    assert failed == []


def test_tensorflow_computes_on_other_threads_meanwhile():
    code = """
import threading, time
import tensorflow as tf
from pybridge._objects import classes, instances
square, failed = tf.ones((9, 9)), []
def computes():
    try:
        while time.monotonic() < until:
            tf.matmul(square, square)
            sum(range(100))
    except BaseException as error:
        failed.append(error)
until = time.monotonic() + 5
threads = [threading.Thread(target=computes) for _ in range(3)]
for thread in threads: thread.start()
while time.monotonic() < until:
    instances([tf.Module])
    classes()
for thread in threads: thread.join()
print(failed)
"""
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (ended.stdout, ended.returncode) == ("[]\n", 0), ended.stderr


def test_all_objects_are_looked_at_only_so():
    """Or before anybody else is there: `_loading` asks where no other thread is in Python."""
    sources = [path for path in PACKAGE.rglob("*.py") if "get_objects" in path.read_text()]
    assert sorted(path.name for path in sources) == ["_loading.py", "_objects.py"]
