"""Whatever bytes a mirror sends, a data set comes right, or a DataError names the address."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from raw_server import response, serving
from small_mnist import ARRAYS, FILES, PACKED, altered, archive

from pybridge import _fetch
from pybridge.data import _download, _sets
from pybridge.errors import DataError

FILE = next(iter(PACKED.values()))
SIZE = len(FILE)

STATUSES = [
    *["200 OK"] * 8,
    *(
        "206 Partial Content",
        "302 Found",
        "307 Again",
        "404 Not Found",
        "416 No",
        "503 Busy",
        "511 Log in",
        "204 Nothing",
    ),
    *("", "2xx", "-1", "999999", "200", "100 Continue", "304 Not Modified"),
]
LENGTHS = [SIZE, SIZE - 1, SIZE + 1, 0, -1, "abc", "1e9", f"{SIZE}, {SIZE}", "9" * 30, "9" * 5000, "²", f" {SIZE} ", ""]
HEADERS = [
    *[f"Content-Length: {length}" for length in LENGTHS],
    *[f"Content-Range: {span}" for span in ("bytes 0-9/10", "bytes 5-3/2", "bytes */10", "lines 1-2/3", "bytes ²-9/9")],
    *(
        "Transfer-Encoding: chunked",
        "Transfer-Encoding: gzip, chunked",
        "Transfer-Encoding: identity",
        "Connection: close",
    ),
    *("Content-Encoding: gzip", "Content-Encoding: br, gzip", "Content-Encoding: \xff", "Content-Type: text/html"),
    *(
        "Location: /again",
        "Location: ftp://127.0.0.1/",
        "Location: file:///etc/passwd",
        "Location: http://[::1/",
        "Location:",
    ),
    *("Location: http://127.0.0.1:9/", "Location: http://127.0.0.1:99999/", "Location: \xff\xfe", "Location: //\x00"),
    *("Set-Cookie: a=b; expires=never; max-age=x", "Set-Cookie: =;=;\xff", "Retry-After: never", "Keep-Alive: x"),
    *("no colon", " folded", ": no name", "X\x00: 1", "X: " + "y" * 70000, "\r\nX: 1", "Content-Length"),
]
BODIES = [
    *[FILE] * 4,
    *(
        FILE[:-9],
        FILE + b"more",
        altered(FILE, 100),
        b"",
        archive(),
        b"<html>log in</html>",
        b"\x1f\x8b\x08" + bytes(99),
    ),
    b"%x\r\n%b\r\n0\r\n\r\n" % (SIZE, FILE),
    *(b"zz\r\n", b"-1\r\nabc", b"%x\r\n%b" % (SIZE + 9, FILE), b"f" * 40 + b"\r\n" + FILE, b"1;" + b"x" * 70000),
]


@st.composite
def responses(draw) -> bytes:
    """An answer of HTTP, most often with something wrong; the addresses that it has are of this machine."""
    headers = draw(st.lists(st.sampled_from(HEADERS), max_size=4))
    headers *= draw(st.sampled_from([1] * 9 + [50]))
    whole = response(draw(st.sampled_from(BODIES)), *headers, status=draw(st.sampled_from(STATUSES)))
    if any(header.startswith("Location") for header in headers):
        return whole
    changed = bytearray(whole)
    for at, byte in draw(st.lists(st.tuples(st.integers(0, 300), st.integers(0, 255)), max_size=3)):
        changed[at % len(changed)] = byte
    return bytes(changed[: draw(st.sampled_from([None] * 9 + [20]))])


@pytest.fixture(scope="module")
def server():
    with serving() as server:
        yield server


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(answer=responses())
def test_any_answer(server, monkeypatch, answer):
    monkeypatch.setattr(_fetch, "PAUSE", 0.0)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    server.answer = answer

    data = _sets.MNIST._replace(files=FILES[:1], mirrors=(server.url,), archive=f"{server.url}mnist.npz")
    try:
        (images,), _ = _download.download(data)
    except DataError as error:
        assert f"{server.url}{FILES[0].name}.gz " in str(error)
        assert str(error).isprintable()
    else:
        assert (images == ARRAYS[FILES[0].name]).all()


def test_a_whole_answer_is_among_them(server, monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    server.answer = response(FILE, f"Content-Length: {SIZE}")
    data = _sets.MNIST._replace(files=FILES[:1], mirrors=(server.url,), archive="")
    (images,), packed = _download.download(data)
    assert (images == ARRAYS[FILES[0].name]).all()
    assert list(packed.values()) == [FILE]
