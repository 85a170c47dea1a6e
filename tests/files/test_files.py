"""Files that appear whole: what lies there while and after one is written, whoever else writes, links or kills."""

from __future__ import annotations

import ast
import contextlib
import os
import resource
import stat
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from pybridge import _files, plot
from pybridge.errors import DataError

PACKAGE = Path(_files.__file__).parent


@contextlib.contextmanager
def room_for(size: int):
    """Let no file of this process grow beyond a size, as a full disk does."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_an_error_leaves_what_was_there(tmp_path):
    _files.write(tmp_path / "file", b"old")
    with pytest.raises(KeyboardInterrupt), _files.writing(tmp_path / "file") as stream:
        stream.write(b"new")
        raise KeyboardInterrupt
    assert (tmp_path / "file").read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["file"]


@pytest.mark.parametrize("size", range(0, 200_001, 20_000))
def test_a_full_disk_leaves_what_was_there(tmp_path, size):
    _files.write(tmp_path / "file", b"old")
    with room_for(size):
        if size < 200_000:
            with pytest.raises(OSError, match="File too large"):
                _files.write(tmp_path / "file", b"1" * 100_000, b"2" * 100_000)
        else:
            _files.write(tmp_path / "file", b"1" * 100_000, b"2" * 100_000)
    assert (tmp_path / "file").stat().st_size == (3 if size < 200_000 else 200_000)
    assert os.listdir(tmp_path) == ["file"]


def test_of_several_files_none_is_written_where_there_is_no_room_for_all(tmp_path):
    _files.write_all(tmp_path, {"a": b"old", "in/b": b"old"})
    with room_for(1000), pytest.raises(OSError, match="File too large"):
        _files.write_all(tmp_path, {"a": b"new", "in/b": b"new" * 1000})
    assert [(tmp_path / name).read_bytes() for name in ("a", "in/b")] == [b"old", b"old"]
    assert sorted(os.listdir(tmp_path)) == ["a", "in"]


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o755])
def test_the_mode_is_kept(tmp_path, mode):
    file = tmp_path / "file"
    file.touch()
    file.chmod(mode)
    _files.write(file, b"new")
    assert stat.S_IMODE(file.stat().st_mode) == mode


def test_a_new_file_has_the_mode_that_others_have(tmp_path):
    (tmp_path / "other").touch()
    _files.write(tmp_path / "file", b"new")
    assert (tmp_path / "file").stat().st_mode == (tmp_path / "other").stat().st_mode


def test_what_a_link_leads_to_is_written_and_the_link_stays(tmp_path):
    (tmp_path / "there").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "there" / "file")
    for content in (b"one", b"two"):
        _files.write(tmp_path / "link", content)
        assert (tmp_path / "there" / "file").read_bytes() == content
    assert (tmp_path / "link").is_symlink()
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    with pytest.raises(OSError, match="symbolic link"):
        _files.write(tmp_path / "loop", b"")


@pytest.mark.parametrize("make, message", [(os.mkfifo, "is no regular file"), (os.mkdir, "is a folder")])
def test_what_is_no_file_is_not_replaced(tmp_path, make, message):
    make(tmp_path / "there.svg")
    with pytest.raises(
        DataError, match=rf"save: cannot write .*there.svg: it {message}; make room or choose another path"
    ):
        plot.save(plot.heatmap([[1]]), str(tmp_path / "there.svg"))
    assert os.listdir(tmp_path) == ["there.svg"]


AS_ANOTHER_USER = """
import os, sys
from pybridge import _files
os.setgid(12345), os.setuid(12345)
try:
    _files.write(sys.argv[1], b"new")
except PermissionError as error:
    print(error.strerror)
"""


@pytest.mark.skipif(os.geteuid() != 0, reason="another user's rights are root's to take")
@pytest.mark.parametrize("mode, said", [(0o444, "it may not be written"), (0o666, "Permission denied")])
def test_what_may_not_be_written_is_not(tmp_path, mode, said):
    """A file of the mode 0444 in a folder of anyone's; a file of anyone's in a folder that is not."""
    for folder in (tmp_path, *tmp_path.parents[:3]):
        folder.chmod(0o755)
    tmp_path.chmod(0o777 if mode == 0o444 else 0o755)
    (tmp_path / "file").write_bytes(b"old")
    (tmp_path / "file").chmod(mode)
    program = [sys.executable, "-c", AS_ANOTHER_USER, str(tmp_path / "file")]
    done = subprocess.run(program, capture_output=True, text=True, cwd="/")
    assert (done.stdout, done.stderr) == (f"{said}\n", "")
    assert (tmp_path / "file").read_bytes() == b"old"


def test_threads_and_processes_that_write_one_file(tmp_path):
    file = tmp_path / "file"
    code = "import sys; from pybridge import _files\nfor turn in range(100): _files.write(sys.argv[1], b'p' * 50_000)"
    _files.write(file, b"t" * 50_000)
    done, found = threading.Event(), set()

    def read():
        while not done.is_set():
            found.add(file.read_bytes())

    with ThreadPoolExecutor(5) as threads:
        processes = [subprocess.Popen([sys.executable, "-c", code, str(file)]) for _ in range(2)]
        reading = threads.submit(read)
        for writing in [threads.submit(_files.write, file, b"t" * 50_000) for _ in range(100)]:
            writing.result()
        assert [process.wait() for process in processes] == [0, 0]
        done.set()
        reading.result()
    assert found <= {b"t" * 50_000, b"p" * 50_000}
    assert os.listdir(tmp_path) == ["file"]


WRITER = """
import sys
from pathlib import Path
from pybridge import _files
with _files.beside(Path(sys.argv[1])):
    print()
    input()
"""


def test_what_dead_processes_left_is_removed_and_nothing_else(tmp_path):
    writers = []
    for _ in range(2):
        process = subprocess.Popen(
            [sys.executable, "-uc", WRITER, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        process.stdout.readline()
        writers.append(process)
    living, dead = writers
    dead.kill()
    dead.communicate()
    (tmp_path / ".pybridge-file").touch()
    os.mkfifo(tmp_path / ".pybridge-fifo")
    (tmp_path / ".pybridge-link").symlink_to(tmp_path)
    assert len(os.listdir(tmp_path)) == 5
    _files.write(tmp_path / "file", b"")
    left = sorted(os.listdir(tmp_path))
    living.communicate(b"\n")
    assert len(left) == 5 and {".pybridge-fifo", ".pybridge-file", ".pybridge-link", "file"} < set(left)
    assert len(os.listdir(tmp_path)) == 4


# Who else opens a file to write, and why that needs no whole file.
OTHERS = {
    "_loading.py": "the null device",
    "cli/ending.py": "the null device",
    "session/capture.py": "a descriptor",
    "clojure/support/_output.py": "a descriptor",
    "cli/new.py": "a folder of its own, which is renamed",
    "clojure/classpath.py": "a folder of its own, which is renamed",
    "clojure/_maven.py": "a folder of its own, of which `_keep` copies what is right",
    "clojure/quickstart/_compiling.py": "a folder of its own, which is renamed",
    "clojure/codegen.py": "sources of the checkout, which git keeps",
    "session/server.py": "the null device",
    "session/kernel.py": "a folder of its own, which Jupyter copies",
    "repl/pictures.py": "a new name, which is said once it is written",
}
MODES = {"w", "wb", "a", "ab", "x", "xb", "r+", "r+b", "w+", "w+b"}


def writes(path: Path) -> bool:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call):
            function = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            modes = [
                x.value for x in [*node.args, *(key.value for key in node.keywords)] if isinstance(x, ast.Constant)
            ]
            if function in ("write_text", "write_bytes", "NamedTemporaryFile", "copyfile", "copytree"):
                return True
            if function in ("open", "fdopen", "ZipFile", "memmap") and MODES & {x for x in modes if isinstance(x, str)}:
                return True
    return False


def test_nobody_else_writes_files():
    found = {
        str(path.relative_to(PACKAGE))
        for path in PACKAGE.rglob("*.py")
        if "_shipped" not in path.parts and writes(path)
    }
    assert found - {"_files.py"} == OTHERS.keys()
