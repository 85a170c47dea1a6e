"""Starts and ends of each command and of programs on either host, many times over: each has its documented status.

`python tests/ends/ends.py TIMES [WORDS]` starts and ends each case of ends_of_commands.py and ends_of_programs.py
so often, those alone whose name holds one of WORDS if there are any. Twice as many processes run at once as there are
cores, which is the load. It prints a line for each case, and below it what was wrong: another status, something on
stderr that nobody documents, a crash report of the JVM's, a process left behind, or no end at all.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import tempfile
import threading
from collections import Counter
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

PATIENCE = 600  # seconds for a process
READY = "ready"
CORES = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
CRASHES = re.compile("Fatal Python error|A fatal error has been detected")


@dataclass(frozen=True)
class Case:
    """A process, how it ends, and what is documented of that.

    Attributes:
        name: the program, and the way that it ends.
        command: its command line.
        status: its exit status; that of a process that a signal kills is negative.
        stderr: a regular expression for all that it says on stderr.
        files: what is in its folder.
        input: what it reads; nothing, and no end of it, where it is None.
        by: the signal that it gets once it has printed `ready`, or another word.
        reader_leaves: whether nobody reads any more after that.
        is_quick: whether it is tried with every run of the tests.
        word: that word.
    """

    name: str
    command: Sequence[str]
    status: int = 0
    stderr: str = ""
    files: dict[str, str] = field(default_factory=dict)
    input: str | None = ""
    by: signal.Signals | None = None
    reader_leaves: bool = False
    is_quick: bool = False
    word: str = READY


def wrong(case: Case) -> tuple[int | None, list[str]]:
    """The exit status of a case, and what is wrong with its end."""
    with tempfile.TemporaryDirectory(prefix="end-") as folder:
        for name, text in case.files.items():
            Path(folder, name).write_text(text)
        status, out, err, is_left = _ended(case, folder)
        found = [] if status == case.status else [f"status {status} instead of {case.status}"]
        if not re.fullmatch(case.stderr, err, re.DOTALL) or CRASHES.search(err):
            found.append(f"stderr: {err[-2000:]}")
        if crash := CRASHES.search(out):
            found.append(f"stdout: {out[crash.start() :][:1000]}")
        if is_left:
            found.append("a process is left")
        for report in Path(folder).glob("hs_err*"):
            found.append(f"{report.name}: {report.read_text(errors='replace')[:3000]}")
        if found:
            found.append(f"stdout: {out[-300:]}")
        return status, [each.replace(folder, "…") for each in found]


def _ended(case: Case, folder: str) -> tuple[int | None, str, str, bool]:
    """Status, stdout, stderr of a process in a group of its own, and whether it has left another there."""
    environment = {**os.environ, "PYBRIDGE_PYTHON": sys.executable, "PYTHONUNBUFFERED": "", "XDG_RUNTIME_DIR": folder}
    with subprocess.Popen(
        case.command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
        cwd=folder,
        env=environment,
        start_new_session=True,
    ) as process:
        assert process.stdin and process.stdout and process.stderr
        timer = threading.Timer(PATIENCE, os.killpg, (process.pid, signal.SIGKILL))
        timer.start()
        try:
            if case.input is not None:
                _give(process, case.input)
            errors: list[str] = []
            listening = threading.Thread(target=lambda: errors.append(process.stderr.read()))
            listening.start()
            begun = ""
            if case.by or case.reader_leaves:
                begun = _read_until(process, case.word)
            if case.by:
                process.send_signal(case.by)
            if case.reader_leaves:
                process.stdout.close()
            out = begun + ("" if case.reader_leaves else process.stdout.read())
            listening.join()
            status = process.wait()
            return (status if timer.is_alive() else None), out, "".join(errors), _kill_what_is_left(process.pid)
        finally:
            timer.cancel()


def _give(process: subprocess.Popen, text: str) -> None:
    """Give a process all its input."""
    assert process.stdin
    try:
        process.stdin.write(text)
        process.stdin.close()
    except BrokenPipeError:
        pass


def _read_until(process: subprocess.Popen, word: str) -> str:
    assert process.stdout
    said = ""
    while word not in said and (line := process.stdout.readline()):
        said += line
    return said


def _kill_what_is_left(group: int) -> bool:
    """Whether a group has processes still."""
    try:
        os.killpg(group, signal.SIGKILL)
    except ProcessLookupError:
        return False
    return True


def tried(case: Case, times: int, pool: ThreadPoolExecutor) -> tuple[str, list[str]]:
    """A line with the statuses of a case, and each thing that was wrong, once with how often it was."""
    ends = list(pool.map(wrong, [case] * times))
    counted = Counter(status for status, _ in ends)
    statuses = ", ".join("no end" if each is None else f"{each}: {counted[each]}" for each in counted)
    bad = Counter("\n    ".join("\n".join(found).splitlines()) for _, found in ends if found)
    return f"{case.name:64} {statuses}", [f"  {count} of {times}: {text}" for text, count in bad.items()]


def main(times: int, cases: Iterable[Case] | None = None) -> int:
    """Start and end each case so many times, say what came, and return how many cases were wrong."""
    failed = 0
    with ThreadPoolExecutor(2 * CORES) as pool:
        for case in all_cases() if cases is None else cases:
            line, bad = tried(case, times, pool)
            print("\n".join([line, *bad]), flush=True)
            failed += bool(bad)
    return failed


def all_cases() -> list[Case]:
    """Each command and program with each way to end."""
    import ends_of_commands
    import ends_of_programs

    return [*ends_of_commands.CASES, *ends_of_programs.CASES]


if __name__ == "__main__":
    words = sys.argv[2:]
    chosen = [case for case in all_cases() if not words or any(word in case.name for word in words)]
    sys.exit(bool(main(int(sys.argv[1]), chosen)))
