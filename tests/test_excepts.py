"""No interrupt is lost in an `except:` of Keras's: pybridge knows each, and changes nothing else about its function."""

from __future__ import annotations

import ast
import importlib
from pathlib import Path

import keras
import pytest

from pybridge import _excepts

SOURCE = Path(keras.__file__).parent / "src"
ELSEWHERE = ("backend/jax", "backend/numpy", "backend/openvino", "backend/torch", "wrappers")  # not what pybridge uses
NAMES = [(module, name) for module, names in _excepts.FUNCTIONS.items() for name in names]


def swallowing(node, inside=()):
    """The names of the functions with an `except:` that does not raise what it caught."""
    if isinstance(node, ast.ExceptHandler) and node.type is None and not _excepts._raises_again(node):
        yield ".".join(inside)
    named = isinstance(node, ast.FunctionDef | ast.ClassDef)
    for child in ast.iter_child_nodes(node):
        yield from swallowing(child, (*inside, node.name) if named else inside)


def test_each_except_that_catches_whatever_is_raised_is_known():
    unknown = []
    for path in SOURCE.rglob("*.py"):
        place = path.relative_to(SOURCE).as_posix()
        if path.name.endswith("_test.py") or place.startswith(ELSEWHERE) or b"except:" not in path.read_bytes():
            continue
        module = ".".join(["keras", "src", *place.removesuffix(".py").removesuffix("/__init__").split("/")])
        unknown += [
            (module, name)
            for name in swallowing(ast.parse(path.read_text()))
            if not any(name.startswith(known) for known in _excepts.FUNCTIONS.get(module, []))
        ]
    assert not unknown


@pytest.mark.parametrize(("module", "name"), NAMES)
def test_a_function_differs_in_what_it_catches_alone(module, name):
    function = _excepts._function(importlib.import_module(module), name)
    if function is None:
        pytest.skip("this version has none")
    now = function.__code__
    source = ast.parse(Path(now.co_filename).read_text())
    assert name in set(swallowing(source))
    compiled = compile(source, now.co_filename, "exec", dont_inherit=True)
    before = next(
        each
        for each in _excepts._codes(compiled)
        if (each.co_name, each.co_firstlineno) == (now.co_name, now.co_firstlineno)
    )
    for what in ("co_qualname", "co_varnames", "co_freevars", "co_cellvars", "co_flags", "co_argcount"):
        assert getattr(now, what) == getattr(before, what)
    assert {line for *_, line in now.co_lines()} == {line for *_, line in before.co_lines()}
    assert now.co_code != before.co_code
    assert "Exception" in now.co_names
