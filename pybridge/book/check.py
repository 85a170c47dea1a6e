"""Run a notebook top to bottom in both languages, and hold every named pair against its fixture and its results.

`python -m pybridge.book.check FILE.org` does it in a process of its own: a fresh session, whose output is its own too.
"""

from __future__ import annotations

import re
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from pybridge._places import place
from pybridge.book.comparator import alike
from pybridge.book.files import inside
from pybridge.book.fixtures import Case, check, check_error, read_cases
from pybridge.book.links import broken_links
from pybridge.book.notebook import Block, Notebook
from pybridge.book.org import read_notebook
from pybridge.book.pictures import different_pictures, kind_of, wrong_file
from pybridge.errors import DataError
from pybridge.session import Evaluation, Evaluator, Failure
from pybridge.session.capture import Capture

__all__ = ["check_notebook", "table_of"]


def check_notebook(
    notebook: Notebook, session: Evaluator, printed: Callable[[], str]
) -> Iterator[tuple[Block, list[str]]]:
    """Run every block of a notebook and say what is wrong with it.

    Args:
        notebook: the notebook.
        session: what evaluates the blocks; a fresh one, as a reader has who opens the notebook.
        printed: gives what this process has printed since it was last asked.

    Yields:
        Each block with sentences that say what is wrong, none when it holds. A pair of which one language is missing
        is wrong, and so is a name without a fixture, unless a picture stands as its result: then both draw the same.
    """
    cases = {case.id: case for case in read_cases(place("fixtures"))}
    pairs: dict[str, list[Block]] = defaultdict(list)
    for block in notebook.blocks:
        pairs[block.id].append(block)
    drawn: dict[str, Evaluation] = {}
    for block in notebook.blocks:
        case, wrong = cases.get(block.id), _unpaired(block, pairs[block.id], cases)
        printed()
        try:
            evaluation = session.evaluate(block.language, block.code, kind_of(block.picture))
        except Failure as failure:
            yield block, wrong + _unexpected(failure, case)
            continue
        if case is not None:
            # A block shows the value that decides, and not the whole from which a call's case selects it.
            wrong += check(replace(case, select=[]), evaluation.value, plain=True)
        if block.picture:
            wrong += _differing_pictures(block, evaluation, notebook.path, drawn)
        elif block.results is not None:
            wrong += _differing_results(block, evaluation, printed())
        yield block, wrong


def _unpaired(block: Block, pair: list[Block], cases: dict[str, Case]) -> list[str]:
    if not block.id:
        return []
    wrong = [] if block.picture or block.id in cases else [f"no fixture is called {block.id}"]
    languages = sorted(other.language for other in pair)
    if languages != ["clojure", "python"]:
        wrong.append(f"an example has one block in each language; {block.id} is in {' and '.join(languages)}")
    elif len({other.picture for other in pair}) > 1:
        shown = " and ".join(f"{other.language} shows {other.picture or 'none'}" for other in pair)
        wrong.append(f"both blocks of an example show the same picture; {shown}")
    return wrong


def _unexpected(failure: Failure, case: Case | None) -> list[str]:
    if case is not None and case.expects == "raises":
        return check_error(case, failure.type, failure.message)
    return [failure.brief()]


def _differing_pictures(block: Block, evaluation: Evaluation, path: Path, drawn: dict[str, Evaluation]) -> list[str]:
    try:
        file = inside(path, block.picture)
    except DataError as error:
        return [str(error)]
    if not evaluation.images:
        return [f"the file has a picture there, and the block gives {evaluation.text}"]
    wrong = wrong_file(file, evaluation)
    if block.id in drawn:
        return wrong + different_pictures(drawn.pop(block.id), evaluation)
    if block.id:
        drawn[block.id] = evaluation
    return wrong


def _differing_results(block: Block, evaluation: Evaluation, printed: str) -> list[str]:
    stands = (block.results or "").strip()
    if block.prints:
        came = re.sub(r"^.*\r(?=[^\r\n])", "", printed, flags=re.MULTILINE).strip()
    elif evaluation.table and stands.startswith("|"):
        came = table_of(evaluation.table)
    else:
        came = (evaluation.value if isinstance(evaluation.value, str) else evaluation.text).strip()
    if alike(stands, came):
        return []
    return [f"the file says\n{stands}\nand the block gives\n{came}"]


def table_of(rows: list[list[Any]]) -> str:
    """Rows as an Org table, a line each.

    >>> table_of([[1, 2], [3, 4]])
    '| 1 | 2 |\\n| 3 | 4 |'
    """
    written = {None: "", True: "true", False: "false"}
    return "\n".join(
        "| " + " | ".join(written[x] if x is None or isinstance(x, bool) else str(x) for x in row) + " |"
        for row in rows
    )


def main(path: str) -> int:
    """Check one notebook and print what is wrong with each block, then a count."""
    ran = failed = 0
    texts: list[str] = []
    capture = Capture(texts.append)
    capture.begin()

    def printed() -> str:
        capture.flush()
        text = "".join(texts)
        texts.clear()
        return text

    def say(line: str) -> None:
        capture.channel.write(f"{line}\n".encode())
        capture.channel.flush()

    notebook = read_notebook(path)
    file = notebook.path.name
    broken = list(broken_links(notebook))
    for line, sentence in broken:
        say(f"{file}:{line}: {sentence.removeprefix(f'{file}: ')}")
    for block, wrong in check_notebook(notebook, Evaluator(), printed):
        ran += 1
        if wrong:
            failed += 1
            say(f"{file}:{block.line}: {block.name or block.language}")
            say("\n".join("    " + line for sentence in wrong for line in sentence.splitlines()))
    say(f"{file}: {ran} blocks, {ran - failed} hold, {failed} do not")
    return 1 if failed or broken else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
