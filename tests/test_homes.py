"""Users without a home, and folders that cannot be used: all works without a cache, or says what to set."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from pybridge import _folders
from pybridge._folders import cache_folder, make_folder, state_folder

PYBRIDGE = Path(sys.executable).with_name("pybridge")
NO_HOME = "no home folder is known: let XDG_CACHE_HOME name a folder that you can write to, or set HOME"

# A user whom the system does not know, who may read what the tests consist of, and write nothing.
NOBODY = [
    "setpriv",
    "--reuid=54321",
    "--clear-groups",
    "--inh-caps=+dac_read_search",
    "--ambient-caps=+dac_read_search",
]

LOAD = """
import sys
sys.path.insert(0, sys.argv[1])
import small_mnist
from pybridge.data import _sets, load_mnist
_sets.MNIST = _sets.MNIST._replace(files=small_mnist.FILES)
print(small_mnist.is_whole(load_mnist(sys.argv[2])))
"""


@pytest.fixture
def given(tmp_path) -> Path:
    """A folder with the small data set."""
    sys.path.insert(0, str(Path(__file__).with_name("data")))
    try:
        import small_mnist
    finally:
        sys.path.pop(0)
    return small_mnist.fill(tmp_path / "given", small_mnist.PACKED)


def surroundings(environment: dict[str, str | None]) -> dict[str, str]:
    return {name: value for name, value in (os.environ | environment).items() if value is not None}


def run(*command: object, environment: dict[str, str | None], before: list[str] = (), stdin: str = "") -> str:
    """What a command writes, to both streams; a variable that is None is unset."""
    everything = {"env": surroundings(environment), "capture_output": True, "text": True, "cwd": "/", "input": stdin}
    ended = subprocess.run([*before, *map(str, command)], **everything)
    assert "Traceback" not in ended.stderr
    return ended.stdout + ended.stderr


def works(given: Path, environment: dict[str, str | None], clojure: str, before: list[str] = ()) -> None:
    """Run what a reader begins with; Clojure gives 3, or says something."""
    options = {"environment": environment, "before": before}
    assert run(sys.executable, "-c", LOAD, Path(__file__).with_name("data"), given, **options) == "True\n"
    assert run(PYBRIDGE, "eval", "1 + 2", **options) == "3\n"
    assert clojure in run(PYBRIDGE, "repl", stdin="(+ 1 2)\n", **options)
    assert '"languages": ["python", "clojure"]' in first_answer(environment, before)


def first_answer(environment: dict[str, str | None], before: list[str]) -> str:
    """What a session answers; its input ends after that only, which would interrupt it."""
    body = '{"jsonrpc":"2.0","id":1,"method":"initialize"}'
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True, "cwd": "/"}
    with subprocess.Popen([*before, PYBRIDGE, "session"], env=surroundings(environment), **pipes) as session:
        session.stdin.write(f"Content-Length: {len(body)}\r\n\r\n{body}")
        session.stdin.flush()
        length = session.stdout.readline().partition(":")[2]
        return session.stdout.read(int(length))


@pytest.mark.skipif(os.geteuid() != 0 or not shutil.which("setpriv"), reason="only root can be somebody else")
def test_a_user_whom_the_system_does_not_know(given):
    given.chmod(0o755)
    nowhere = {"HOME": None, "XDG_CACHE_HOME": None, "XDG_STATE_HOME": None, "PYBRIDGE_DATA": None}
    works(given, nowhere, f"pybridge: the Clojure jars cannot be kept: {NO_HOME}\n", NOBODY)
    assert NO_HOME in run(PYBRIDGE, "doctor", environment=nowhere, before=NOBODY)


@pytest.mark.parametrize("home", ["", "relative"])
def test_a_home_that_is_none_is_the_one_the_system_knows(given, home):
    works(given, {"HOME": home}, "3\n")


def test_relative_folders_are_passed_over(given):
    works(given, dict.fromkeys(["XDG_CACHE_HOME", "XDG_STATE_HOME", "XDG_RUNTIME_DIR"], "relative"), "3\n")
    assert not Path("/relative").exists()


@pytest.mark.parametrize("names", [["HOME"], ["XDG_CACHE_HOME", "XDG_STATE_HOME", "XDG_RUNTIME_DIR"]], ids=" ".join)
def test_a_file_where_a_folder_should_be(given, tmp_path, names):
    (tmp_path / "file").touch()
    environment = dict.fromkeys(["XDG_CACHE_HOME", "XDG_STATE_HOME"]) | dict.fromkeys(names, str(tmp_path / "file"))
    works(given, environment, "(Not a directory): make room there or make it writable, or name another cache folder in")


def test_a_folder_of_another_user_is_not_used(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(os, "geteuid", lambda: 12345)
    folder = tmp_path / "pybridge"
    assert cache_folder() == folder
    folder.mkdir()
    if os.getuid() == 0:
        assert cache_folder() == folder  # root's, who can do anything anyway
        os.chown(folder, 54321, -1)
    says = f"{folder} belongs to another user: name a folder of your own in XDG_CACHE_HOME, or chown it"
    with pytest.raises(PermissionError) as raised:
        cache_folder()
    assert raised.value.strerror == says


def test_a_folder_that_anybody_may_write_to_is_not_used(given, tmp_path, monkeypatch):
    folder = tmp_path / "pybridge"
    folder.mkdir()
    folder.chmod(0o777)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    says = f"anybody may write to {folder}: look at what is there, then run chmod go-w {folder}"
    with pytest.raises(PermissionError) as raised:
        state_folder()
    assert raised.value.strerror == says
    works(given, {"XDG_CACHE_HOME": str(tmp_path)}, f"pybridge: the Clojure jars cannot be kept: {says}\n")
    assert list(folder.iterdir()) == []


def test_folders_are_made_for_their_user_alone(tmp_path):
    before = os.umask(0)
    try:
        make_folder(tmp_path / "a" / "b")
    finally:
        os.umask(before)
    assert [stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "a", tmp_path / "a" / "b")] == [0o700, 0o700]


def test_an_old_library_that_knows_no_home(monkeypatch):
    import platformdirs

    monkeypatch.setattr(platformdirs, "user_cache_path", lambda *_, **__: Path("~/.cache/pybridge"))
    with pytest.raises(FileNotFoundError, match="no home folder is known"):
        _folders.cache_folder()
