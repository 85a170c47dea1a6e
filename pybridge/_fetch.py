"""Files from the network: whatever a server or a proxy sends, a file comes in time, or a sentence says why not."""

from __future__ import annotations

import http.client
import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import BinaryIO
from urllib.parse import urljoin, urlsplit

import requests
import urllib3

from pybridge._http import Session
from pybridge._network import UNTRUSTED, is_untrusted, proxy_of, root

__all__ = ["FetchError", "fetch"]

TIMEOUT = (5.0, 15.0)  # seconds to connect, and to wait for more
ATTEMPTS = 3
PAUSE = 0.5  # seconds before the second attempt, twice as long before each further one
GRACE = 60.0  # seconds that an address has in any case
SLOWEST = 16 * 2**10  # bytes for each second more
CHUNK = 2**16
REDIRECTS = 10
BUSY = {408, 429, 500, 502, 503, 504}
MOVED = {301, 302, 303, 307, 308}
PORTAL = 511
PAGES = (b"<!doctype html", b"<html")

LOG_IN = "perhaps of a captive portal: log in to the network in a browser, then try again"
TOO_SLOW = f"too slow: after {GRACE:.0f} s less than {SLOWEST // 2**10} KiB come in a second"

# What requests, and what is below it, raises of what a server or a proxy sends.
FOREIGN = (requests.RequestException, urllib3.exceptions.HTTPError, http.client.HTTPException, OSError, ValueError)

# How many bytes have come, of how many; None while that is unknown.
Report = Callable[[int, int | None], None]


class FetchError(Exception):
    """Says why an address has no file for us.

    Attributes:
        status: the HTTP status, where that is why.
        lasting: whether asking again at once is of no use.
        silent: whether nobody has answered.
    """

    def __init__(self, problem: str, *, status: int | None = None, lasting: bool = True, silent: bool = False) -> None:
        super().__init__(problem)
        self.status, self.lasting, self.silent = status, lasting, silent


class _UnwrittenError(Exception):
    """Sets an error of the disk apart from those of the network."""


def fetch(
    session: Session, url: str, into: BinaryIO, *, most: int | None = None, report: Report = lambda done, of: None
) -> None:
    """Fetch one file, going on where a broken transfer ended if the server can, from the start if it cannot.

    An address has a minute, and a second more for each 16 KiB that have come.

    Args:
        session: what to ask with.
        url: the address, of http or https.
        into: an empty file for the content.
        most: how many bytes there may be.
        report: is called as bytes come.

    Raises:
        FetchError: the address has no file, or does not send it whole, in time and in a form that can be right.
        OSError: the file cannot be written.
    """
    with _watched(session, into) as slow:
        for attempt in range(ATTEMPTS):
            if attempt:
                time.sleep(PAUSE * 2 ** (attempt - 1))
            failure = _failure(session, url, into, most, report)
            if slow.is_set():
                raise FetchError(TOO_SLOW) from failure
            if failure is None:
                return
            if failure.lasting or attempt == ATTEMPTS - 1:
                raise failure


def _failure(session: Session, url: str, into: BinaryIO, most: int | None, report: Report) -> FetchError | None:
    """Try once, and say what came in the way."""
    try:
        _try(session, url, into, most, report)
    except _UnwrittenError as error:
        raise error.__cause__ or error from None
    except FetchError as error:
        return error
    except FOREIGN as error:
        # Nobody there: another address is a better guess than the same one again.
        silent = not into.tell() and isinstance(error, requests.ConnectionError)
        failure = FetchError(_reason(error, url), lasting=silent, silent=silent)
        failure.__cause__ = error
        return failure
    return None


@contextmanager
def _watched(session: Session, into: BinaryIO) -> Iterator[threading.Event]:
    """Cut the session's connections once the content comes too slowly; the event says that this has happened."""
    slow, done = threading.Event(), threading.Event()
    start = time.monotonic()

    def watch() -> None:
        while not done.wait(max(0.01, start + GRACE + into.tell() / SLOWEST - time.monotonic())):
            if time.monotonic() > start + GRACE + into.tell() / SLOWEST:
                slow.set()
                session.cut()

    watching = threading.Thread(target=watch, name="pybridge-fetch", daemon=True)
    watching.start()
    try:
        yield slow
    finally:
        done.set()
        watching.join()


def _try(session: Session, url: str, into: BinaryIO, most: int | None, report: Report) -> None:
    start = into.tell()
    wanted = {"Range": f"bytes={start}-"} if start else {}
    with _answer(session, url, wanted) as response:
        status = response.status_code
        if status in BUSY:
            raise FetchError(f"HTTP status {status}", status=status, lasting=False)
        if not _goes_on(response, start):
            start = into.seek(0)
            into.truncate()
        if status == 416 or (status == 206 and not start):
            raise FetchError("cannot go on where it broke off", lasting=False)
        if status == PORTAL:
            raise FetchError(f"HTTP status {status}, {LOG_IN}", status=status)
        if status != 200 and status != 206:
            raise FetchError(f"HTTP status {status}", status=status)
        _receive(response, url, into, start, most, report)


def _answer(session: Session, url: str, headers: dict[str, str]) -> requests.Response:
    """What an address answers, or what it redirects to does."""
    for _ in range(REDIRECTS + 1):
        response = session.get(url, headers=headers, stream=True, timeout=TIMEOUT, allow_redirects=False)
        if response.status_code not in MOVED:
            return response
        response.close()
        url = _moved(url, response.headers.get("Location", ""))
    raise FetchError(f"it redirects more than {REDIRECTS} times")


def _moved(url: str, location: str) -> str:
    try:
        target = urljoin(url, location.encode("latin-1").decode())
        scheme, host = urlsplit(target).scheme, urlsplit(target).hostname
    except ValueError:
        scheme = host = None
    if scheme and scheme not in ("http", "https"):
        raise FetchError(f"it redirects to {_quoted(target)}, which is neither http nor https")
    if not location or not host:
        raise FetchError(f"it redirects to {_quoted(location)}, which is no address")
    if scheme == "http" and url.startswith("https:"):
        raise FetchError(f"it redirects to {_quoted(target)}, which is not encrypted, {LOG_IN}")
    return target


def _goes_on(response: requests.Response, start: int) -> bool:
    span = re.fullmatch(r"bytes (\d{1,18})-(\d{1,18})/(\d{1,18}|\*)", response.headers.get("Content-Range", ""), re.A)
    return response.status_code == 206 and span is not None and int(span[1]) == start <= int(span[2])


def _receive(
    response: requests.Response, url: str, into: BinaryIO, start: int, most: int | None, report: Report
) -> None:
    total = None
    length = response.headers.get("Content-Length")
    if length is not None:
        if not re.fullmatch(r"\d{1,18}", length, re.ASCII):
            raise FetchError(f"its answer is malformed: Content-Length is {_quoted(length)}")
        total = start + int(length)
    coding = response.headers.get("Content-Encoding", "identity")
    # Some servers say gzip of a file that is gzipped, which comes as it is all the same.
    if coding.lower() != "identity" and not url.endswith(".gz"):
        raise FetchError(f"it came with Content-Encoding: {_quoted(coding)}, which was not asked for")
    html = response.headers.get("Content-Type", "").lower().startswith("text/html")
    for piece in response.raw.stream(CHUNK, decode_content=False):
        if not into.tell() and (html or piece.lstrip(b"\xef\xbb\xbf \t\r\n").lower().startswith(PAGES)):
            raise FetchError(f"a page of HTML came, {LOG_IN}")
        try:
            into.write(piece)
        except OSError as error:
            raise _UnwrittenError from error
        report(into.tell(), total)
        if most is not None and into.tell() > most:
            into.seek(0)
            raise FetchError(f"it goes on after {most:,} bytes, more than it can have")
    if total is not None and into.tell() != total:
        raise FetchError("the connection broke off", lasting=False)


def _reason(error: Exception, url: str) -> str:
    text = str(error)
    if isinstance(error, requests.Timeout) or "timed out" in text:
        return "no answer in time"
    by_way = f" (by way of the proxy {proxy})" if (proxy := proxy_of(url)) else ""
    if is_untrusted(error):
        return f"{UNTRUSTED}{by_way}"
    if isinstance(error, requests.exceptions.SSLError | urllib3.exceptions.SSLError):
        return f"no secure connection{by_way}; is the clock right, and are the certificates up to date?"
    if isinstance(error, requests.exceptions.ProxyError | requests.exceptions.InvalidProxyURL):
        return f"the proxy {proxy} does not let it through; is it the one that HTTPS_PROXY should name?"
    if isinstance(error, requests.exceptions.InvalidURL | requests.exceptions.InvalidSchema):
        return f"no address of http or https: {_quoted(text)}"
    cause = root(error)
    said = _quoted(str(cause) or type(cause).__name__)
    if isinstance(cause, http.client.IncompleteRead) or "IncompleteRead" in text:
        return f"the connection broke off ({said})"
    if isinstance(cause, http.client.HTTPException | ValueError) and not isinstance(cause, OSError):
        return f"its answer is malformed: {said}"
    return (
        f"no connection ({said})"
        if isinstance(error, requests.ConnectionError)
        else f"the connection broke off ({said})"
    )


def _quoted(text: str) -> str:
    """What a server has said, on one short line, without what a terminal would take for orders."""
    shown = "".join(letter if letter.isprintable() else "?" for letter in text)
    return shown if len(shown) <= 120 else f"{shown[:117]}…"
