"""The wheel: everything that a user without a checkout needs is inside."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SHIPPED = ["clj", "deps.edn", "notebooks", "fixtures", "emacs"]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    folder = tmp_path_factory.mktemp("wheel")
    options = ["--no-deps", "--no-build-isolation", "--quiet", "--wheel-dir", folder]
    subprocess.run([sys.executable, "-m", "pip", "wheel", ROOT, *options], check=True)
    return next(folder.glob("pybridge-*.whl"))


def names(wheel: Path) -> set[str]:
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


def shipped(folder: str, *kinds: str) -> set[str]:
    """The files of a folder of the checkout, by their paths below it."""
    root = ROOT / folder
    return {str(path.relative_to(root)) for kind in kinds for path in root.rglob(f"*.{kind}")}


@pytest.mark.parametrize(
    "folder, inside, kinds",
    [
        ("pybridge", "pybridge", ["py", "clj", "json"]),
        ("clj/src", "pybridge/_shipped/clj", ["clj", "clj_kondo", "edn"]),
        ("notebooks", "pybridge/_shipped/notebooks", ["org"]),
        ("tests/fixtures", "pybridge/_shipped/fixtures", ["json"]),
        ("emacs", "pybridge/_shipped/emacs", ["el"]),
    ],
)
def test_a_folder_is_whole(wheel, folder, inside, kinds):
    assert {f"{inside}/{name}" for name in shipped(folder, *kinds)} <= names(wheel)


def test_the_single_files_are_there(wheel):
    assert {"pybridge/py.typed", "pybridge/_shipped/deps.edn"} <= names(wheel)
    assert any(name.endswith("licenses/LICENSE") for name in names(wheel))


def test_nothing_else_is(wheel):
    assert {name.split("/")[0].split("-")[0] for name in names(wheel)} == {"pybridge"}
    assert not [name for name in names(wheel) if "__pycache__" in name or name.startswith("pybridge/tests")]


def test_without_a_checkout_everything_is_found_inside(wheel, tmp_path):
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path)
    code = (
        "from pybridge._places import place\n"
        "from pybridge.clojure.classpath import classpath\n"
        f"print(*map(place, {SHIPPED}), classpath()[0], sep='\\n')"
    )
    printed = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(tmp_path)},
        stdout=subprocess.PIPE,
        text=True,
    ).stdout.splitlines()
    inside = tmp_path / "pybridge" / "_shipped"
    assert printed == [str(inside / name) for name in (*SHIPPED, "clj")]
    assert all(Path(path).exists() for path in printed)
