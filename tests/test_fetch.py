"""What comes of answers that are malformed, endless, slow or from somebody else."""

from __future__ import annotations

import io

import pytest
from raw_server import RawServer, response, serving
from tls_proxy import PEM

from pybridge import _fetch
from pybridge._fetch import FetchError, fetch
from pybridge._http import Session

BODY = b"PK\x03\x04 and so on" * 10
LOG_IN = "perhaps of a captive portal: log in to the network in a browser, then try again"


@pytest.fixture(autouse=True)
def surroundings(monkeypatch):
    monkeypatch.setattr(_fetch, "PAUSE", 0.0)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1,localhost")


@pytest.fixture
def server():
    with serving() as server:
        yield server


def fetched(server: RawServer, name: str = "x.jar", most: int | None = None) -> bytes:
    content = io.BytesIO()
    with Session() as session:
        fetch(session, server.url + name, content, most=most)
    return content.getvalue()


def refusal(server: RawServer, name: str = "x.jar", most: int | None = None) -> str:
    with pytest.raises(FetchError) as raised:
        fetched(server, name, most)
    return str(raised.value)


def test_a_whole_answer(server):
    server.answer = response(BODY, f"Content-Length: {len(BODY)}")
    assert fetched(server) == BODY
    server.answer = response(BODY)
    assert fetched(server) == BODY
    server.answer = response(b"3\r\nPK\x03\r\n2;more\r\nab\r\n0\r\nTrailer: 1\r\n\r\n", "Transfer-Encoding: chunked")
    assert fetched(server) == b"PK\x03ab"


@pytest.mark.parametrize("length", ["abc", "-1", "1e9", "10, 10", "1_0", "+5", "²", "9" * 31, "9" * 5000, ""])
def test_a_length_that_is_none(server, length):
    server.answer = response(BODY, f"Content-Length: {length}")
    assert refusal(server).startswith(f"its answer is malformed: Content-Length is {length[:100]}")
    assert len(server.requests) == 1


def test_a_longer_body_ends_where_it_said(server):
    server.answer = response(BODY + b"more", f"Content-Length: {len(BODY)}")
    assert fetched(server) == BODY


def test_a_shorter_body_is_no_body(server):
    server.answer = response(BODY, f"Content-Length: {len(BODY) + 1}")
    assert refusal(server).startswith("the connection broke off")
    assert [b"\r\nRange:" in request for request in server.requests] == [False, True, True]


def test_an_endless_body_is_not_read_to_its_end(server):
    server.answer = response(bytes(100_000))
    assert refusal(server, most=99_999) == "it goes on after 99,999 bytes, more than it can have"


@pytest.mark.parametrize(
    ("location", "wording"),
    [
        ("ftp://127.0.0.1/x.jar", "which is neither http nor https"),
        ("file:///etc/passwd", "which is neither http nor https"),
        ("javascript:alert(1)", "which is neither http nor https"),
        ("http://[::1/x", "which is no address"),
        ("\xff\xfe", "which is no address"),
        ("", "it redirects to , which is no address"),
    ],
)
def test_a_redirect_to_nowhere(server, location, wording):
    server.answer = response(b"", f"Location: {location}", status="302 Found")
    said = refusal(server)
    assert said.startswith("it redirects to ") and said.endswith(wording)
    assert len(server.requests) == 1


def test_a_redirect_without_an_address(server):
    server.answer = response(b"", status="302 Found")
    assert refusal(server) == "it redirects to , which is no address"


def test_redirects_without_end(server):
    server.answer = response(b"", "Location: /again", status="301 Moved")
    assert refusal(server) == "it redirects more than 10 times"
    assert len(server.requests) == 11


def test_the_body_of_a_redirect_is_not_read(server):
    server.answer, server.drip = response(b"", f"Location: {server.url}/\x1b[2J", status="302 Found"), b"x"
    assert refusal(server) == "it redirects more than 10 times"


def test_a_redirect_is_followed(server):
    with serving() as other:
        other.answer = response(BODY)
        server.answer = response(b"", f"Location: {other.url}elsewhere.jar", status="307 Temporary Redirect")
        assert fetched(server) == BODY
    assert other.requests[0].startswith(b"GET /elsewhere.jar HTTP/1.1\r\n")


def test_no_redirect_leaves_encryption(server, tmp_path, monkeypatch):
    certificate = tmp_path / "own.pem"
    certificate.write_text(PEM)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate))
    with serving(certificate) as secure:
        secure.answer = response(BODY)
        assert fetched(secure) == BODY
        secure.answer = response(b"", f"Location: {server.url}x.jar", status="302 Found")
        assert refusal(secure) == f"it redirects to {server.url}x.jar, which is not encrypted, {LOG_IN}"
    assert server.requests == []


@pytest.mark.parametrize("page", [b"\n <!DOCTYPE HTML><title>", b"\xef\xbb\xbf<html lang=en>", b"<HTML>"])
def test_a_captive_portal(server, page):
    server.answer = response(page)
    assert refusal(server) == f"a page of HTML came, {LOG_IN}"
    assert len(server.requests) == 1


def test_a_captive_portal_by_type_and_by_status(server):
    server.answer = response(b"Hello", "Content-Type: text/html; charset=utf-8")
    assert refusal(server) == f"a page of HTML came, {LOG_IN}"
    server.answer = response(b"", "Content-Length: 0", status="511 Network Authentication Required")
    assert refusal(server) == f"HTTP status 511, {LOG_IN}"


def test_xml_is_no_page(server):
    server.answer = response(b"<?xml version='1.0'?><project/>", "Content-Type: text/xml")
    assert fetched(server, "x.pom").startswith(b"<?xml")


def test_an_encoding_that_was_not_asked_for(server):
    server.answer = response(b"\x1f\x8b", "Content-Encoding: gzip")
    assert refusal(server) == "it came with Content-Encoding: gzip, which was not asked for"
    assert fetched(server, "x.gz") == b"\x1f\x8b"


@pytest.mark.parametrize(
    "start", [b"HTTP/1.1 2xx OK\r\n\r\n", b"SSH-2.0-OpenSSH_9.6\r\n", b"HTTP/9 200\r\n\r\n", b"\0" * 70000]
)
def test_no_answer_of_http(server, start):
    server.answer = start
    assert refusal(server).startswith("its answer is malformed: ")


def test_a_flood_of_headers(server):
    server.answer = response(BODY, *(f"X-{number}: 1" for number in range(1000)))
    assert refusal(server) == "its answer is malformed: got more than 100 headers"
    server.answer = response(BODY, "X: " + "x" * 100_000)
    assert refusal(server).startswith("its answer is malformed: got more than 65536 bytes when reading header line")


@pytest.mark.parametrize("chunks", [b"zz\r\nabc", b"-5\r\nabc\r\n", b"ffffffffffffffffffff\r\nabc", b"5\r\nabc"])
def test_chunks_that_are_none(server, chunks):
    server.answer = response(chunks, "Transfer-Encoding: chunked")
    assert refusal(server).startswith(("the connection broke off", "its answer is malformed"))


@pytest.mark.parametrize(
    ("answer", "drip"),
    [
        (b"", b"H"),
        (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
        (b"HTTP/1.1 200 OK\r\nX: ", b"x"),
        (response(b"", "Content-Length: 1000000"), b"x"),
        (response(b""), b"x"),
        (response(b"f0000\r\n", "Transfer-Encoding: chunked"), b"x"),
        (response(b"", "Transfer-Encoding: chunked"), b"1\r\nx\r\n"),
    ],
    ids=["status", "continue", "header", "body", "to the end", "chunk", "chunks"],
)
def test_a_byte_now_and_then(server, monkeypatch, answer, drip):
    monkeypatch.setattr(_fetch, "GRACE", 0.3)
    server.answer, server.drip = answer, drip
    assert refusal(server) == "too slow: after 60 s less than 16 KiB come in a second"


def test_a_certificate_of_nobodys(tmp_path, monkeypatch):
    certificate = tmp_path / "own.pem"
    certificate.write_text(PEM)
    monkeypatch.delenv("REQUESTS_CA_BUNDLE", raising=False)
    with serving(certificate) as secure:
        assert refusal(secure) == "its certificate is not trusted"


def test_a_proxy_is_named_without_its_password(server, monkeypatch):
    monkeypatch.setenv("NO_PROXY", "")
    monkeypatch.setenv("HTTP_PROXY", "http://somebody:secret@127.0.0.1:9")
    said = refusal(server)
    assert said == "the proxy http://127.0.0.1:9 does not let it through; is it the one that HTTPS_PROXY should name?"
