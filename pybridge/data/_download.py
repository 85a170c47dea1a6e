"""A data set from the network: mirrors tried in turn, a bar on standard error, and nothing believed unchecked."""

from __future__ import annotations

import io
import time
from collections.abc import Callable

import numpy as np
import requests
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn

from pybridge._network import TRUST_IT, UNTRUSTED, is_untrusted, missing_certificates
from pybridge.data import _idx
from pybridge.data._sets import DataSet
from pybridge.errors import DataError

TIMEOUT = (5.0, 15.0)  # seconds to connect, and to wait for more
ATTEMPTS = 3
PAUSE = 0.5  # seconds before the second attempt, twice as long before each further one
LARGEST = 64 * 2**20  # bytes; either data set unpacked has 55 million
CHUNK = 2**16
BUSY = {408, 429, 500, 502, 503, 504}

# How many bytes have come, of how many; None while that is unknown.
Report = Callable[[int, int | None], None]


def download(data: DataSet) -> tuple[list[np.ndarray], dict[str, bytes]]:
    """Fetch the four IDX files from a mirror, or else Keras's archive where there is one.

    Returns:
        The data set's four arrays, checked, and the files as they came, content by name.

    Raises:
        DataError: no address has the data set; says what each one has.
    """
    if fault := missing_certificates():
        raise DataError(fault)
    failures = []
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    with (
        requests.Session() as session,
        Progress(*columns, TimeRemainingColumn(), console=Console(stderr=True)) as progress,
    ):
        session.headers["Accept-Encoding"] = "identity"  # the files as they are, so that ranges count their bytes

        def fetch(url: str) -> bytes:
            task = progress.add_task(url.rsplit("/", 1)[-1], total=None)
            return _fetch(session, url, lambda done, of: progress.update(task, completed=done, total=of))

        packed, arrays = {}, {}
        for mirror in data.mirrors:
            try:
                for file in data.files:
                    if file.name not in arrays:
                        url = f"{mirror}{file.name}.gz"
                        content = fetch(url)
                        arrays[file.name] = _idx.read_idx(data, file, io.BytesIO(content), url)
                        packed[f"{file.name}.gz"] = content
                return list(arrays.values()), packed
            except DataError as error:
                failures.append(str(error))
        try:
            if data.archive:
                content = fetch(data.archive)
                return _idx.read_archive(data, io.BytesIO(content), data.archive), {data.npz: content}
        except DataError as error:
            failures.append(str(error))
    if any(failure.endswith(UNTRUSTED) for failure in failures):
        failures.append(TRUST_IT)
    raise DataError("; ".join(failures))


def _fetch(session: requests.Session, url: str, report: Report) -> bytes:
    """Fetch one file, going on where a broken transfer ended if the server can, from the start if it cannot."""
    content = bytearray()
    problem = ""
    for attempt in range(ATTEMPTS):
        if attempt:
            time.sleep(PAUSE * 2 ** (attempt - 1))
        wanted = {"Range": f"bytes={len(content)}-"} if content else {}
        try:
            with session.get(url, headers=wanted, stream=True, timeout=TIMEOUT) as response:
                status = response.status_code
                if status in BUSY:
                    problem = f"HTTP status {status}"
                    continue
                if not _goes_on(response, len(content)):
                    content.clear()
                if status == 416 or (status == 206 and not content):
                    problem = "cannot go on where it broke off"
                    continue
                if status not in (200, 206):
                    raise DataError(f"{url} cannot be had: HTTP status {status}")
                _receive(response, content, url, report)
                return bytes(content)
        except requests.RequestException as error:
            problem = _reason(error)
            if not content and isinstance(error, requests.ConnectionError):
                break  # nobody there: the next mirror is a better guess than the same one again
    raise DataError(f"{url} cannot be had: {problem}")


def _goes_on(response: requests.Response, start: int) -> bool:
    span = response.headers.get("Content-Range", "")
    return response.status_code == 206 and span.startswith(f"bytes {start}-")


def _receive(response: requests.Response, content: bytearray, url: str, report: Report) -> None:
    length = response.headers.get("Content-Length", "")
    total = len(content) + int(length) if length.isdigit() else None
    for chunk in response.iter_content(CHUNK):
        content += chunk
        report(len(content), total)
        if len(content) > LARGEST:
            raise DataError(f"{url} is too long: it goes on after {LARGEST:,} bytes")


def _reason(error: requests.RequestException) -> str:
    if isinstance(error, requests.Timeout) or "timed out" in str(error):
        return "no answer in time"
    if isinstance(error, requests.exceptions.ChunkedEncodingError):
        return "the connection broke off"
    if is_untrusted(error):
        return UNTRUSTED
    if isinstance(error, requests.exceptions.SSLError):
        return "no secure connection; is the clock right, and are the certificates up to date?"
    if isinstance(error, requests.exceptions.ProxyError):
        return "the proxy that HTTPS_PROXY names does not let it through"
    if isinstance(error, requests.ConnectionError):
        return "no connection"
    return str(error)
