"""What is told of a module that becomes a Clojure namespace."""

from __future__ import annotations

import inspect
import sys
import types

import numpy as np
import pytest

from pybridge.clojure.support._arglists import arglists, described
from pybridge.clojure.support._modules import close_names, exported, import_submodule, member, members, module_at


def rows(module: object) -> dict[str, list]:
    return {name: rest for name, *rest in members("m", module)}


@pytest.mark.parametrize(
    ("function", "expected"),
    [
        (lambda: None, ["[]"]),
        (lambda a, b: None, ["[a b]"]),
        (lambda a, b_c=1: None, ["[a]", "[a & {:keys [b-c]}]"]),
        (lambda a, b=1, /, c=2: None, ["[a]", "[a b]", "[a b & {:keys [c]}]"]),
        (lambda *xs, sep=" ": None, ["[& xs]"]),
        (lambda a, *, b: None, ["[a & {:keys [b]}]"]),
        (lambda a, *, b=1, **more: None, ["[a]", "[a & {:keys [b], :as more}]"]),
        (lambda **options: None, ["[]", "[& {:as options}]"]),
    ],
)
def test_argument_lists(function, expected):
    assert arglists(inspect.signature(function)) == expected


@pytest.mark.parametrize(
    ("x", "expected"),
    [
        (getattr, "([object name] [object name default])"),
        (range, "([stop] [start stop] [start stop step])"),
        (len, "([obj])"),
        (list.append, "([self object])"),
        ([].append, "([object])"),
        (np.sin, "([x] [x & {:keys [out where casting order dtype subok signature]}])"),
        (Exception, "([& arguments])"),
    ],
)
def test_what_is_written_in_c(x, expected):
    assert described(f"m.{x.__name__}", x.__name__, x)[1] == expected


def test_a_docstring_has_its_signature_above_it_once():
    assert described("math.copysign", "copysign", member(module_at("math"), "copysign"))[0].startswith(
        "math.copysign(x, y, /)\n\n  Return a float with"
    )
    assert described("numpy.sin", "sin", np.sin)[0].startswith("sin(x, /, out=None")


def test_a_member_that_fails_or_lies_spoils_nothing():
    class Meta(type):
        @property
        def broken(cls):
            raise RuntimeError("no")

        def __dir__(cls):
            return ["broken", "fine", "not a name"]

    class Odd:
        __doc__ = property(lambda self: 1 / 0)
        __signature__ = "nonsense"

        def __call__(self):
            pass

    found = rows(Meta("Holder", (), {"fine": Odd()}))
    assert list(found) == ["fine"]
    assert found["fine"][:3] == ["function", "m.fine, which has no docstring.", "([& arguments])"]


def test_a_lazy_module_is_left_alone():
    class Lazy(types.ModuleType):
        def __getattr__(self, name):
            raise AssertionError(f"asked for {name}")

    outer = types.ModuleType("outer")
    outer.lazy = Lazy("lazy")
    assert rows(outer)["lazy"][:2] == ["module", "The module m.lazy."]


def test_a_listed_submodule_is_imported_when_it_is_used(tmp_path, monkeypatch):
    package = tmp_path / "listed_package"
    package.mkdir()
    (package / "__init__.py").write_text("__all__ = ['part', 'nowhere']\n")
    (package / "part.py").write_text("x = 1\n")
    monkeypatch.syspath_prepend(tmp_path)
    found = module_at("listed_package")
    assert rows(found)["part"][0] == "later"
    assert "listed_package.part" not in sys.modules
    assert member(found, "part").x == 1
    with pytest.raises(AttributeError, match="nowhere"):
        member(found, "nowhere")
    assert not import_submodule(found, "elsewhere")
    assert exported(found) == ["nowhere", "part"]


def test_close_names():
    assert close_names(np, "lin_space")[0] == "linspace"
    assert close_names(np, "qqqqqq") == []


@pytest.mark.parametrize(
    ("path", "error", "sentence"),
    [
        (
            "no_such_module.part",
            ModuleNotFoundError,
            "No module named 'no_such_module' in .*; install there the package",
        ),
        ("numpy.linalg.qqq", ModuleNotFoundError, "numpy.linalg has no submodule or class 'qqq'$"),
        ("numpy.pi", TypeError, "numpy.pi is of type float; only a module or a class can be a namespace"),
    ],
)
def test_what_is_no_module(path, error, sentence):
    with pytest.raises(error, match=sentence):
        module_at(path)
