"""The rooms of the house: what a module may import, and that `import pybridge` stays light."""

from __future__ import annotations

import ast
import inspect
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "pybridge"

# A subject may import those before it.
SUBJECTS = [
    *("tensors", "linalg", "graphs", "autodiff", "losses", "metrics", "optimizers", "attention", "naive"),
    *("distributed", "models", "training", "data", "plot", "glossary", "exercises"),
]
FOUNDATION = [
    *("errors", "_arguments", "_boundary", "_frames", "_marks", "_names", "_network", "_objects", "_types", "_ending"),
    *("_checked", "_excepts", "_fetch", "_files", "_folders", "_hdf5", "_http", "_keras_scopes", "_loading"),
    *("_regular", "_signal_stack", "_sizes", "_text"),
]
ROOMS = ["clojure", "session", "repl", "console", "book", "cli"]
SOURCES = sorted(path for path in PACKAGE.rglob("*.py") if "_shipped" not in path.parts)


def imports(path: Path) -> set[str]:
    """The names under `pybridge` that a module imports, at its top or inside a function."""
    package = ["pybridge", *path.relative_to(PACKAGE).parts[:-1]]
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            module = ".".join([*base, *filter(None, [node.module])])
            found |= {f"{module}.{alias.name}" for alias in node.names}
    return {name.split(".")[1] for name in found if name.startswith("pybridge.")}


def room(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_module_imports_only_what_its_room_may(path):
    own = room(path)
    if own in FOUNDATION:
        allowed = FOUNDATION
    elif own in SUBJECTS:
        allowed = FOUNDATION + SUBJECTS[: SUBJECTS.index(own)]
    elif own in ROOMS:
        allowed = [*FOUNDATION, "_places", *SUBJECTS, *(name for name in ROOMS if name != "cli")]
    elif own == "__main__":
        allowed = ["cli"]
    else:
        allowed = [*FOUNDATION, *SUBJECTS]
    assert imports(path) - {own} <= set(allowed)


def test_every_room_is_known():
    known = {*FOUNDATION, *SUBJECTS, *ROOMS, "__init__", "__main__", "_digest", "_places", "_demo"}
    assert {room(path) for path in SOURCES} <= known


@pytest.mark.parametrize("name", ["errors", "optimizers", "glossary", "data"])
def test_what_needs_no_tensorflow_loads_none(name):
    loaded(f"from pybridge import {name}", without={"tensorflow", "keras", "jpype"})


def test_importing_pybridge_loads_nothing_heavy():
    loaded("import pybridge; dir(pybridge)", without={"tensorflow", "keras", "jpype", "numpy", "matplotlib", "sklearn"})


def test_every_public_subject_can_be_reached():
    code = "import pybridge; print([name for name in pybridge.__all__ if not getattr(pybridge, name).__doc__])"
    assert run(code) == "[]\n"


def test_completion_offers_the_api_alone():
    code = """
        import pybridge
        print([name for name in pybridge.__all__ if dir(module := getattr(pybridge, name)) != sorted(module.__all__)])
        print(dir(pybridge) == sorted([*pybridge.__all__, "__version__"]))
    """
    assert run(inspect.cleandoc(code)) == "[]\nTrue\n"


def test_an_unknown_name_is_an_attribute_error():
    import pybridge

    name = "nonsense"
    with pytest.raises(AttributeError, match="module 'pybridge' has no attribute 'nonsense'"):
        getattr(pybridge, name)


def loaded(code: str, *, without: set[str]) -> None:
    assert run(f"{code}\nimport sys\nprint(sorted({without!r} & set(sys.modules)))") == "[]\n"


def run(code: str) -> str:
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
