"""The wheel: everything that a user without a checkout needs is inside."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import pytest
from cyclonedx.model.bom import Bom

import pybridge
from pybridge.clojure.classpath import jars
from pybridge.clojure.codegen import SUBJECTS

ROOT = Path(__file__).parents[1]
SHIPPED = ["clj", "deps.edn", "notebooks", "fixtures", "emacs"]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    folder = tmp_path_factory.mktemp("wheel")
    options = ["--no-deps", "--no-build-isolation", "--quiet", "--wheel-dir", folder]
    subprocess.run([sys.executable, "-m", "pip", "wheel", ROOT, *options], check=True)
    return folder / f"pybridge_clj-{pybridge.__version__}-py3-none-any.whl"


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
        ("pybridge", "pybridge", ["py", "clj", "edn", "el", "json", "md", "org", "html", "css", "js"]),
        ("clj/src", "pybridge/_shipped/clj", ["clj", "clj_kondo", "edn"]),
        ("notebooks", "pybridge/_shipped/notebooks", ["org", "svg"]),
        ("tests/fixtures", "pybridge/_shipped/fixtures", ["json"]),
        ("emacs", "pybridge/_shipped/emacs", ["el"]),
    ],
)
def test_a_folder_is_whole(wheel, folder, inside, kinds):
    assert all(shipped(folder, kind) for kind in kinds)
    assert {f"{inside}/{name}" for name in shipped(folder, *kinds)} <= names(wheel)


def test_it_says_what_it_is_made_of(wheel):
    """The bill of materials, where PEP 770 has it: each requirement, and each file of others with its digest."""
    with zipfile.ZipFile(wheel) as archive:
        info = f"pybridge_clj-{pybridge.__version__}.dist-info"
        bill = json.loads(archive.read(f"{info}/sboms/pybridge-clj.cdx.json"))
        metadata = archive.read(f"{info}/METADATA").decode()
        digests = {name: hashlib.sha256(archive.read(name)).hexdigest() for name in archive.namelist()}
    assert Bom.from_json(bill).metadata.component.name == "pybridge-clj"
    components = {component["name"]: component for component in bill["components"]}
    required = re.findall(r"^Requires-Dist: ([\w.-]+)(?!.*extra ==)", metadata, re.MULTILINE)
    assert {"tensorflow", "keras", "jpype1"} <= set(required) <= components.keys()
    own = {path.name.rpartition("-")[0]: hashlib.sha256(path.read_bytes()).hexdigest() for path in map(Path, jars())}
    assert {name: components[name]["hashes"][0]["content"] for name in own} == own
    (classes,) = [name for name in digests if name.startswith("pybridge/_shipped/classes/")]
    assert components[classes]["hashes"] == [{"alg": "SHA-256", "content": digests[classes]}]


def test_the_single_files_are_there(wheel):
    single = {"pybridge/py.typed", "pybridge/_shipped/deps.edn", "pybridge/cli/project/gitignore"}
    assert single <= names(wheel)
    assert any(name.endswith("licenses/LICENSE") for name in names(wheel))


def test_nothing_else_is(wheel):
    assert {name.split("/")[0].split("-")[0] for name in names(wheel)} == {"pybridge", "pybridge_clj"}
    assert not [name for name in names(wheel) if "__pycache__" in name or name.startswith("pybridge/tests")]


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory):
    """A folder with the installed wheel; what it depends on is where the tests run."""
    folder = tmp_path_factory.mktemp("installed")
    options = ["--no-deps", "--no-index", "--quiet", "--target", folder]
    subprocess.run([sys.executable, "-m", "pip", "install", *options, wheel], check=True)
    return folder


def run(installed: Path, *command: str | Path) -> subprocess.CompletedProcess:
    environment = os.environ | {"PYTHONPATH": str(installed)}
    return subprocess.run(
        [sys.executable, *command], cwd=installed.parent, env=environment, stdout=subprocess.PIPE, text=True
    )


def test_without_a_checkout_everything_is_found_inside(installed):
    code = (
        "from pybridge._places import place\n"
        "from pybridge.clojure.classpath import classpath\n"
        f"print(*map(place, {SHIPPED}), classpath()[-1], classpath()[0], sep='\\n')"
    )
    printed = run(installed, "-c", code).stdout.splitlines()
    inside = installed / "pybridge" / "_shipped"
    (classes,) = (inside / "classes").iterdir()
    assert printed == [*(str(inside / name) for name in (*SHIPPED, "clj")), str(classes)]
    assert all(Path(path).exists() for path in printed)


def test_without_a_checkout_the_book_is_built(installed, tmp_path):
    built = run(installed, installed / "bin" / "pybridge", "book", "build", "--out", tmp_path / "site")
    assert (built.returncode, built.stdout) == (0, f"{tmp_path / 'site' / 'index.html'}\n")
    pages = {path.stem for path in (tmp_path / "site").glob("*.html")}
    notebooks = {path.stem: path.read_text(encoding="utf-8") for path in (ROOT / "notebooks").glob("[!.]*.org")}
    parts = {f"{stem}-{name}" for stem, org in notebooks.items() for name in re.findall(r"^:PAGE: (\S+)", org, re.M)}
    reference = {f"reference-{subject}" for subject in [*SUBJECTS, "core", "ops", "clojure"]}
    assert pages == {*notebooks, "index", "glossary", "reference"} | parts | reference
    assert shipped("notebooks/figures", "svg") == {path.name for path in (tmp_path / "site" / "figures").iterdir()}
    assert shipped("pybridge/book/site/static", "css", "js", "woff2") < {
        p.name for p in (tmp_path / "site" / "static").iterdir()
    }


def test_a_command_leaves_a_process_behind_that_makes_javas_cache(installed, tmp_path):
    """Not where that is turned off, and not a second time."""
    downloaded = Path(jars()[0]).parent
    shutil.copytree(downloaded, tmp_path / "pybridge" / "jars" / downloaded.name)
    command = [installed / "bin" / "pybridge", "eval", "--clojure", "(+ 1 1)"]

    def evaluate(**environment: str) -> list[Path]:
        environment = os.environ | {"PYTHONPATH": str(installed), "XDG_CACHE_HOME": str(tmp_path)} | environment
        done = subprocess.run([sys.executable, *command], capture_output=True, text=True, env=environment)
        assert (done.stdout, done.stderr, done.returncode) == ("2\n", "", 0)
        return list((tmp_path / "pybridge").glob("quickstart/java-*.json"))

    assert evaluate(PYBRIDGE_QUICK_START="0") == evaluate(PYBRIDGE_QUICK_START="manual") == []
    assert not (tmp_path / "pybridge" / "quickstart").exists()
    evaluate()
    until = time.monotonic() + 200
    while not (made := list((tmp_path / "pybridge" / "quickstart").glob("java-*.json"))):
        assert time.monotonic() < until
        time.sleep(0.2)
    written = made[0].stat().st_mtime_ns
    assert evaluate() == made
    assert made[0].stat().st_mtime_ns == written


def test_another_package_of_that_name_is_noticed_where_it_is_written_over_ours(installed, tmp_path):
    mixed = tmp_path / "mixed"
    shutil.copytree(installed, mixed)
    (mixed / "pybridge" / "__init__.py").write_text("class bridge: pass\n")
    for code in (
        "from pybridge import tensors",
        "from pybridge import clojure; clojure.start()",
        "from pybridge.cli import main",
    ):
        ended = subprocess.run(
            [sys.executable, "-c", code],
            cwd=tmp_path,
            env=os.environ | {"PYTHONPATH": str(mixed)},
            capture_output=True,
            text=True,
        )
        assert ended.stderr.splitlines()[-1] == (
            f"ImportError: {mixed}/pybridge/__init__.py is another package, which is called pybridge too and was "
            "installed over pybridge-clj: run `pip uninstall pybridge pybridge-clj`, then `pip install pybridge-clj`"
        )
