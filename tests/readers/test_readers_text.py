"""Files of text: notebooks, cases, Clojure's projects, Java's release; and messages of a session."""

from __future__ import annotations

import io
import json

import pytest
from hypothesis import given
from reader_inputs import mutated, odd
from reader_rule import FUZZ, found, inputs, tried

from pybridge.book.arguments import unheeded_arguments
from pybridge.book.fixtures import CHAPTERS, read_cases
from pybridge.book.org import read_notebook
from pybridge.clojure import java
from pybridge.clojure.project import read_project, source_root
from pybridge.errors import PybridgeError
from pybridge.session.protocol import Channel, Request

pytestmark = pytest.mark.timeout(0 if FUZZ else 300)

ORG = b"""#+title: A chapter
#+chapter: ch02
#+property: header-args:python :session
* Heading
#+header: :var x=1
#+name: sum.py
#+begin_src python :eval yes
x = "\x0c"
,* 1 + 1
#+end_src

#+RESULTS: sum.py
: 2

#+begin_src clojure
(+ 1 1)
#+end_src
#+RESULTS:
#+begin_example
2
#+end_example
"""
DEPS = b"""{:paths ["src" #_"old" "resources"] ; sources
 :deps {org.clojure/clojure {:mvn/version "1.12.0"} near/by {:local/root "../near"}
        #:mvn{:version "1"} nil}
 :mvn/repos {"own" {:url "https://example.org"}} :aliases {:a {:extra-deps {}}} :c \\a :r #"x+" :t #inst "2020"}
"""
PROJECT = b"""(defproject own "1.0" :description ~(str "a") :dependencies [[a/b "1" :classifier "c"] [c] [d "2"]]
  :source-paths ["src"] :repositories [["own" "https://example.org"]] ^:x :profiles {:dev {}})
"""
RELEASE = b'IMPLEMENTOR="x"\nJAVA_VERSION="25.0.1"\nJAVA_VERSION_DATE="2025"\n'
CASES = {
    "title": "x",
    "cases": [
        {"id": "ch02/a", "source": "by hand: 1", "call": "tensors/add", "args": [1, {"ref": "x"}], "expected": 2},
        {"id": "ch02/b", "source": "by hand: 1", "inputs": {"x": {"value": 1}}, "raises": {"type": "A", "match": "b"}},
    ],
}
REQUEST = {"jsonrpc": "2.0", "id": 1, "method": "evaluate", "params": {"code": "1", "language": "python"}}


def notebook(content: bytes, folder) -> None:
    path = folder / "chapter.org"
    path.write_bytes(content)
    read = tried(lambda: read_notebook(path), "chapter.org")
    if read is None:
        return
    list(unheeded_arguments(read))
    lines = content.decode("utf-8-sig", "replace").replace("\r\n", "\n").replace("\r", "\n").split("\n")
    for heading in read.headings:
        assert heading.lines[0] == lines[heading.line - 1]
    for link in read.links:
        assert link.target in "\n".join(lines[link.line - 1 :])
    for block in read.blocks:
        code = block.code.split("\n") if block.code else []
        for line, written in zip(code, lines[block.line :], strict=False):
            assert line.strip() in (written.strip(), written.replace(",", "", 1).strip())


def cases(content: bytes, folder) -> None:
    for chapter in CHAPTERS:
        (folder / f"{chapter}.json").write_bytes(content if chapter == "ch02" else b'{"title": "x", "cases": []}')
    tried(lambda: read_cases(folder))


def project(name: str):
    def check(content: bytes, folder) -> None:
        path = folder / name
        path.write_bytes(content)
        tried(lambda: read_project(path), name)
        source_root(path)

    return check


def release(content: bytes, folder) -> None:
    (folder / "release").write_bytes(content)
    tried(lambda: java.version_of(folder))
    with pytest.raises(java.StartError, match="the Java home given"):
        java.find_java(folder)


def messages(content: bytes, _) -> None:
    written = io.BytesIO()
    channel = Channel(io.BytesIO(content), written)
    while request := channel.receive():
        assert isinstance(request, Request) and isinstance(request.method, str)
        channel.answer(request, None)
    answers = Channel(io.BytesIO(written.getvalue()), io.BytesIO())
    assert all(isinstance(answer, dict) for answer in answers.messages())


def framed(*bodies: bytes) -> bytes:
    return b"".join(b"Content-Length: %d\r\n\r\n%s" % (len(body), body) for body in bodies)


def body(data: object) -> bytes:
    return json.dumps(data).encode()


READERS = {
    "org": (notebook, mutated([ORG])),
    "fixtures": (cases, mutated([body(CASES)]) | odd([CASES]).map(body)),
    "deps_edn": (project("deps.edn"), mutated([DEPS])),
    "project_clj": (project("project.clj"), mutated([PROJECT])),
    "release": (release, mutated([RELEASE])),
    "session": (messages, mutated([framed(body(REQUEST), body(REQUEST))]) | odd([REQUEST]).map(body).map(framed)),
}
WHOLE = {"org": ORG, "fixtures": body(CASES), "deps_edn": DEPS, "project_clj": PROJECT, "release": RELEASE}


@pytest.mark.parametrize("reader", READERS)
def test_what_was_found_is_read_right_or_refused(reader, tmp_path):
    for file in found(reader):
        READERS[reader][0](file.read_bytes(), tmp_path)


@pytest.mark.parametrize("reader", READERS)
def test_readers(reader, tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", "")
    check, contents = READERS[reader]

    @inputs
    @given(content=contents)
    def tries(content):
        check(content, tmp_path)

    tries()


def test_whole_files_are_read(tmp_path):
    (tmp_path / "near").mkdir()
    folder = tmp_path / "own"
    folder.mkdir()
    (tmp_path / "near" / "deps.edn").write_bytes(b"{}")
    for name, content in (("chapter.org", ORG), ("deps.edn", DEPS), ("project.clj", PROJECT), ("release", RELEASE)):
        (folder / name).write_bytes(content)
    assert [block.results for block in read_notebook(folder / "chapter.org").blocks] == ["2", "2"]
    assert read_notebook(folder / "chapter.org").blocks[0].code == 'x = "\x0c"\n* 1 + 1'
    assert read_project(folder / "deps.edn").wanted == {"org.clojure/clojure": "1.12.0"}
    assert read_project(folder / "project.clj").wanted == {"a/b$c": "1", "d/d": "2"}
    assert java.version_of(folder) == 25


NO_TEXT = {
    "no UTF-8": (b"ab\nc\xff", "line 2 is not UTF-8; save it as UTF-8"),
    "UTF-16": ("title".encode("utf-16"), "line 1 is not UTF-8"),
    "too long": (b"x" * (2**24 + 1), "it has more than 16,777,216 bytes, which is too long for text"),
    "nowhere": (None, "No such file or directory"),
}
READ = {
    "chapter.org": read_notebook,
    "ch01.json": lambda path: read_cases(path.parent),
    "deps.edn": read_project,
    "project.clj": read_project,
}


@pytest.mark.parametrize("name", READ)
@pytest.mark.parametrize("case", NO_TEXT)
def test_what_is_no_text(name, case, tmp_path):
    content, says = NO_TEXT[case]
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(PybridgeError, match=f"{name} cannot be read: {says}"):
        READ[name](tmp_path / name)


def test_a_mark_of_the_byte_order_is_none_of_the_text(tmp_path):
    (tmp_path / "deps.edn").write_bytes(b"\xef\xbb\xbf" + DEPS.replace(b"../near", b"."))
    assert read_project(tmp_path / "deps.edn").wanted


def test_a_file_of_holes_is_refused_at_once(tmp_path):
    path = tmp_path / "deps.edn"
    with path.open("wb") as stream:
        stream.truncate(2**40)
    assert tried(lambda: read_project(path), "which is too long for text") is None
