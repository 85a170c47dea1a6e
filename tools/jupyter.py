"""Run the book's Jupyter notebooks from top to bottom, each in a kernel of its own, and find what differs from them.

`python -m tools.jupyter` takes some minutes; `python -m tools.jupyter 02-building-blocks` runs the ones that it names.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from typing import Any

import nbformat
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

from pybridge._places import notebook_files
from pybridge.book.comparator import alike
from pybridge.book.org import read_notebook
from pybridge.book.site.document import read_document
from pybridge.book.site.jupyter import jupyter

LONGEST = 900  # seconds that a cell may take


def main(names: Sequence[str]) -> int:
    """The exit status: 0 if every notebook runs and agrees with its file, 1 if not, 2 if there is no such notebook."""
    files = {path.stem: path for path in notebook_files()}
    if unknown := set(names) - files.keys():
        print(f"there is no notebook {', '.join(sorted(unknown))}: take {', '.join(files)}", file=sys.stderr)
        return 2
    failed = False
    for name in names or files:
        began = time.monotonic()
        found = differences(jupyter(read_document(read_notebook(files[name]))))
        failed |= bool(found)
        print(f"{name}: {len(found)} cells differ, {time.monotonic() - began:.0f} s")
        print("".join(f"{sentence}\n" for sentence in found), end="", flush=True)
    return 1 if failed else 0


def differences(notebook: str) -> list[str]:
    """Run the cells of a notebook in a new kernel.

    Args:
        notebook: the text of an .ipynb file.

    Returns:
        A sentence for each cell that fails or disagrees with the file; an empty list if all agree.
    """
    stands, runs = (nbformat.reads(notebook, as_version=4) for _ in range(2))
    nbformat.validate(stands)
    with tempfile.TemporaryDirectory() as folder:
        # A kernel's sockets lie where no other process is in the way of their names.
        manager = AsyncKernelManager(kernel_name="python3", transport="ipc", ip=f"{folder}/kernel")
        client = NotebookClient(
            runs, km=manager, resources={"metadata": {"path": folder}}, startup_timeout=LONGEST, timeout=LONGEST
        )
        try:
            client.execute()
        except CellExecutionError as error:
            return [str(error)]
    return [
        f"    {first}\n      stands: {there}\n      came:   {came}"
        for one, other in zip(stands.cells, runs.cells, strict=True)
        if one.cell_type == "code"
        for first in [one.source.removeprefix("%%clojure\n").partition("\n")[0]]
        for there, came in _differing(one, other)
    ]


def _differing(stands: Any, ran: Any) -> Iterator[tuple[Any, Any]]:
    """The results of a cell that disagree, each in the file and in the run."""
    there, came = list(map(_shown, stands.outputs)), list(map(_shown, ran.outputs))
    # Org keeps the value alone of a block that prints too, as a training does that says how long it took.
    if not any(kind == "stdout" for kind, _ in there):
        came = [output for output in came if output[0] == "execute_result"]
    # The file has a figure that both languages draw only under the first of the two, and as an SVG.
    if there in ([], [("execute_result", "picture")]) and came == [("execute_result", "picture")]:
        return
    if stands.execution_count != ran.execution_count:
        yield stands.execution_count, ran.execution_count
    same = len(there) == len(came) and all(
        one[0] == other[0] and alike(one[1], other[1]) for one, other in zip(there, came, strict=True)
    )
    if not same:
        yield there, came


def _shown(output: Any) -> tuple[str, str]:
    """The kind of an output, and what a reader sees of it: that it is a picture, or its table, or its text."""
    if output.output_type == "stream":
        return output.name, output.text
    data = output.data
    if "image/svg+xml" in data or "image/png" in data:
        return output.output_type, "picture"
    return output.output_type, data.get("text/html") or data["text/plain"]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
