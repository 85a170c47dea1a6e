"""What TensorFlow is made of is put aside for Python's collector, and what a program makes is not (docs/ending.md)."""

from __future__ import annotations

from programs import JVM, TENSORFLOW, python

# What a program may leave to Python's end, in cycles that only that finds, before and after TensorFlow is imported.
LEFT = """
import gzip, io, lzma, os, sys, tempfile, warnings, weakref
os.chdir({path!r})
notes = os.open("notes", os.O_CREAT | os.O_WRONLY)
def note(*text, write=os.write, notes=notes, ends=(" ", chr(10))): write(notes, (ends[0].join(text) + ends[1]).encode())
class Kept:
    def __init__(self, **kept): self.__dict__.update(kept, itself=self)
    def method(self): pass
class Last(Kept):
    def __del__(self, note=note): note("finalizer", self.name)
class Unlinking(io.FileIO):
    def __del__(self, unlink=os.unlink): unlink(self.name)
def leave(name, note=note):
    left[name] = Last(name=name)
    left[name + " closed"] = kept = Unlinking(name + ".closed", "w")
    kept.close(); kept.itself = kept
    left[name + " text"] = Kept(file=open(name + ".text", "w")); left[name + " text"].file.write("content")
    left[name + " gzip"] = Kept(file=gzip.open(name + ".gz", "wt")); left[name + " gzip"].file.write("content")
    left[name + " xz"] = Kept(file=lzma.open(name + ".xz", "wt")); left[name + " xz"].file.write("content")
    left[name + " temporary"] = Kept(file=tempfile.NamedTemporaryFile(dir=".", prefix=name))
    def lines():
        try: yield
        finally: note("generator", name)
    left[name + " generator"] = Kept(lines=lines()); next(left[name + " generator"].lines)
    watched = Kept()
    left[name + " proxy"] = weakref.proxy(watched, lambda _: note("proxy", name))
    left[name + " reference"] = weakref.ref(watched, lambda _: note("reference", name))
    left[name + " method"] = weakref.WeakMethod(watched.method, lambda _: note("method", name))
warnings.filterwarnings("always", category=ResourceWarning)
warnings.showwarning = lambda message, *_, note=note: note("warning", str(message).split()[0])
left = {{}}
leave("before")
{loaded}
import tensorflow as tf
leave("after")
left["cached"] = Kept(iterator=iter(tf.data.Dataset.range(100).cache("cached")))
next(left["cached"].iterator)
"""


def left_behind(path, **environment: str) -> tuple[list[str], dict[str, bytes]]:
    """What that program has noted, in no order, and the files that it leaves."""
    path.mkdir()
    done = python(LEFT.format(path=str(path), loaded=f"{JVM}\n{TENSORFLOW}"), **environment)
    assert done.returncode == 0, done.stderr
    noted = sorted((path / "notes").read_text().splitlines())
    assert [file.name for file in path.iterdir() if not file.suffix] == ["notes"]
    return noted, {file.name: file.read_bytes() for file in path.glob("*.*") if file.suffix != ".gz"}


def test_what_a_program_leaves_in_cycles_comes_to_its_end(tmp_path):
    quick = left_behind(tmp_path / "quick")
    assert quick == left_behind(tmp_path / "plain", PYBRIDGE_QUICK_END="0")
    noted, files = quick
    for name in ("before", "after"):
        for what in ("finalizer", "generator", "proxy", "reference", "method"):
            assert f"{what} {name}" in noted
        assert files[f"{name}.text"] == b"content"
        assert f"{name}.closed" not in files
    assert not any("lock" in name for name in files)


def in_python(code: str, **environment: str) -> str:
    """What a program prints."""
    done = python(code, **environment)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


ASIDE = "import gc; print(gc.get_freeze_count() > 100_000, gc.isenabled())"


def test_what_tensorflow_is_made_of_is_put_aside():
    assert in_python(f"import gc; gc.disable()\n{TENSORFLOW}\n{ASIDE}") == "True False"
    assert in_python(f"import pybridge, tensorflow\n{ASIDE}") == "True True"


def test_nothing_is_put_aside_where_that_is_turned_off():
    assert in_python(f"{TENSORFLOW}\n{ASIDE}", PYBRIDGE_QUICK_END="0") == "False True"


def test_nothing_is_put_aside_while_another_thread_runs():
    thread = "import threading; t = threading.Event(); threading.Thread(target=t.wait).start()"
    assert in_python(f"{thread}\n{TENSORFLOW}\n{ASIDE}\nt.set()") == "False True"


def test_garbage_from_before_tensorflow_is_collected_and_tensorflow_put_aside():
    code = """
        import gc, weakref
        class Kept: pass
        kept = Kept()
        kept.itself, seen = kept, weakref.ref(kept)
        from pybridge import tensors
        print(gc.get_freeze_count() > 100_000, gc.isenabled())
        del kept
        gc.collect()
        print(seen())
    """
    assert in_python(code) == "True True\nNone"


def test_a_file_of_a_class_of_tensorflows_is_whole(tmp_path):
    code = f"""
        {TENSORFLOW}; {JVM}
        import tensorflow as tf
        tf.Module.kept = open({str(tmp_path / "file")!r}, "w")
        tf.Module.kept.write("content")
    """
    assert in_python(code) == ""
    assert (tmp_path / "file").read_text() == "content"
