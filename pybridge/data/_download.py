"""A data set from the network: mirrors tried in turn, a bar on standard error, and nothing believed unchecked."""

from __future__ import annotations

import io

import numpy as np
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn

from pybridge._fetch import FetchError, fetch
from pybridge._http import Session
from pybridge._network import TRUST_IT, UNTRUSTED, missing_certificates
from pybridge.data import _idx
from pybridge.data._sets import DataSet
from pybridge.errors import DataError

LARGEST = 64 * 2**20  # bytes; either data set unpacked has 55 million


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
        Session() as session,
        Progress(*columns, TimeRemainingColumn(), console=Console(stderr=True)) as progress,
    ):

        def content_of(url: str) -> bytes:
            task = progress.add_task(url.rsplit("/", 1)[-1], total=None)
            content = io.BytesIO()
            try:
                fetch(
                    session,
                    url,
                    content,
                    most=LARGEST,
                    report=lambda done, of: progress.update(task, completed=done, total=of),
                )
            except FetchError as error:
                raise DataError(f"{url} cannot be had: {error}") from error
            return content.getvalue()

        packed, arrays = {}, {}
        for mirror in data.mirrors:
            try:
                for file in data.files:
                    if file.name not in arrays:
                        url = f"{mirror}{file.name}.gz"
                        content = content_of(url)
                        arrays[file.name] = _idx.read_idx(data, file, io.BytesIO(content), url)
                        packed[f"{file.name}.gz"] = content
                return list(arrays.values()), packed
            except DataError as error:
                failures.append(str(error))
        try:
            if data.archive:
                content = content_of(data.archive)
                return _idx.read_archive(data, io.BytesIO(content), data.archive), {data.npz: content}
        except DataError as error:
            failures.append(str(error))
    if any(UNTRUSTED in failure for failure in failures):
        failures.append(TRUST_IT)
    raise DataError("; ".join(failures))
