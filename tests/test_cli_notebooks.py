"""`pybridge notebooks`: the book of an installed pybridge, listed and copied."""

from __future__ import annotations

import resource
import subprocess
import sys
from pathlib import Path

from pybridge._places import notebook_files, place

PYBRIDGE = Path(sys.executable).with_name("pybridge")
ROOT = Path(__file__).parents[1]


def pybridge(*arguments: str, cwd: Path = ROOT, **options: object) -> subprocess.CompletedProcess:
    return subprocess.run([PYBRIDGE, "notebooks", *arguments], capture_output=True, text=True, cwd=cwd, **options)


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def book() -> dict[str, bytes]:
    return {
        name: content for name, content in contents(place("notebooks")).items() if Path(name).suffix in (".org", ".svg")
    }


def test_the_notebooks_are_listed_with_their_titles():
    lines = pybridge().stdout.splitlines()
    assert [line.split("  ")[0] for line in lines] == [str(path) for path in notebook_files()]
    assert lines[0].endswith("00-about.org  About this book")


def test_they_are_copied_whole_and_a_second_copy_changes_nothing(tmp_path):
    first = pybridge("--copy", "mine/book", cwd=tmp_path)
    assert first.returncode == 0, first.stderr
    assert first.stdout.startswith("mine/book/00-about.org  ")
    assert contents(tmp_path / "mine/book") == book()
    assert pybridge("--copy", "mine/book", cwd=tmp_path).stdout == first.stdout
    assert contents(tmp_path / "mine/book") == book()


def test_a_readers_own_work_is_not_overwritten(tmp_path):
    (tmp_path / "02-building-blocks.org").write_text("* My notes")
    (tmp_path / "figures").mkdir()
    (tmp_path / "figures/digit.svg").mkdir()
    before = contents(tmp_path)
    ended = pybridge("--copy", str(tmp_path))
    assert (ended.returncode, ended.stdout) == (1, "")
    assert ended.stderr == (
        f"pybridge: {tmp_path}/02-building-blocks.org and 1 more would be overwritten, and differs from pybridge's "
        "own: nothing was copied; name another folder, or move your files away first\n"
    )
    assert contents(tmp_path) == before


def test_a_disk_that_fills_up_leaves_nothing_behind(tmp_path):
    full = {"preexec_fn": lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (60_000, 60_000))}
    ended = pybridge("--copy", str(tmp_path), **full)
    assert ended.returncode == 1
    assert ended.stderr == (
        f"pybridge: the notebooks cannot be copied into {tmp_path} (File too large): nothing was copied; "
        "make room there or make it writable, or name another folder\n"
    )
    assert contents(tmp_path) == {}
