"""Much work from many threads on each host, starts, ends, much data: nothing wrong, memory flat, no process left.

`python tests/soak/soak.py` (`make soak`) does all of it: three million calls, a hundred starts of each host, 2 GB of
samples from each kind of source. PYBRIDGE_SOAK=0.1 does a tenth of it, and test_soak.py a hundredth with every run of
the tests.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

from pybridge.clojure.classpath import classpath
from pybridge.clojure.java import find_java

PROGRAM = Path(__file__).parent / "soak.clj"
LARGER = Path(__file__).parent / "larger_than_memory.py"
PATIENCE = 1800  # seconds for a program
GIGABYTES = 2  # of samples
MEMORY = {"most": 1000, "more": 300}  # megabytes of its own that a process may have for them
LARGEST = {"megabytes": 150, "objects": 50, "functions": 50, "things": 50}  # left behind, at most

OF_PYTHON = """
from pybridge import clojure
clojure.eval('(load-file "{program}")')
print(clojure.eval("{code}"), flush=True)
"""
OF_CLOJURE = """
(load-file "{program}")
(println {code})
(shutdown-agents)
"""
AS_JSON = '(pybridge.core/call (pybridge.core/module \\"json\\") :dumps (soak/soak {size}))'
HOSTS = ["python", "jvm"]


def command(host: str, code: str) -> list[str]:
    """How a program of `host` evaluates `code` of Clojure and prints its value."""
    if host == "python":
        return [sys.executable, "-c", OF_PYTHON.format(program=PROGRAM, code=code)]
    java = [str(find_java().executable), "--enable-native-access=ALL-UNNAMED", "-cp", os.pathsep.join(classpath())]
    return [*java, "clojure.main", "-e", OF_CLOJURE.format(program=PROGRAM, code=code.replace('\\"', '"'))]


def run(host: str, code: str) -> subprocess.CompletedProcess:
    """Run a program in a group of processes of its own; what it leaves there is an error."""
    surroundings = {"PYBRIDGE_PYTHON": sys.executable, **os.environ}
    with subprocess.Popen(
        command(host, code),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        env=surroundings,
    ) as process:
        try:
            out, err = process.communicate(timeout=PATIENCE)
        except BaseException:
            process.kill()
            raise
    try:
        os.killpg(process.pid, 0)
    except ProcessLookupError:
        return subprocess.CompletedProcess(process.args, process.returncode, out, err)
    raise AssertionError(f"a process of {host} is left")


def soaked(host: str, size: float) -> dict:
    """What a round of `size` has done on `host`, and what it has left behind."""
    done = run(host, AS_JSON.format(size=size))
    assert done.returncode == 0 and not done.stderr, f"status {done.returncode}\n{done.stdout}\n{done.stderr}"
    return json.loads(done.stdout.splitlines()[-1])


def wrong(report: dict) -> list[str]:
    """What went wrong in a round, and what it has left more of than it may."""
    mistakes = [
        f"{part}: {count} {kind}"
        for part, told in report["work"].items()
        for kind, count in told["wrong"].items()
        if count
    ]
    return mistakes + [f"{count} {kind} left" for kind, count in report["left"].items() if count > LARGEST[kind]]


def told(report: dict) -> str:
    """A round in words, a line for each part."""
    lines = [f"  {told['done']:,} {part} in {told['seconds']} s" for part, told in report["work"].items()]
    before, after = report["megabytes"]
    kept = ", ".join(f"{count} {kind}" for kind, count in report["left"].items() if kind != "megabytes")
    return "\n".join([*lines, f"  memory: {before} MB before, {after} MB after; left behind: {kept}"])


def ends(host: str) -> list[str]:
    """What is wrong with a start and end of `host` while threads of both languages are under way."""
    done = run(host, "(some? (soak/busy!))")
    if done.returncode == 0 and done.stdout.splitlines()[-1].lower() == "true" and not done.stderr:
        return []
    return [f"{host} ended with status {done.returncode}: {done.stdout} {done.stderr}"]


def hungry(size: float) -> list[str]:
    """Which sources of more samples than memory may hold need too much of it."""
    command = [sys.executable, str(LARGER), str(GIGABYTES * size)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=PATIENCE)
    if done.returncode:
        return [f"training on much data: status {done.returncode}\n{done.stdout}\n{done.stderr}"]
    reports = list(map(json.loads, done.stdout.splitlines()))
    for report in reports:
        print("  {source}: at most {most} MB, of them {more} for the data".format(**report), flush=True)
    kinds = [(report, kind) for report in reports for kind in MEMORY if report[kind] > MEMORY[kind]]
    return [f"{report['source']}: {report[kind]} MB, where {MEMORY[kind]} may be" for report, kind in kinds]


def main() -> int:
    """Do it all, say what was done, and judge."""
    size = float(os.environ.get("PYBRIDGE_SOAK", "1"))
    starts = max(1, round(100 * size))
    failures = []
    for host in HOSTS:
        report = soaked(host, size)
        print(f"{host}:\n{told(report)}", flush=True)
        begun = time.monotonic()
        ended = [failure for _ in range(starts) for failure in ends(host)]
        print(f"  {starts} starts and ends in {time.monotonic() - begun:.0f} s", flush=True)
        failures += [*(f"{host}: {mistake}" for mistake in wrong(report)), *ended]
    print(f"training on {GIGABYTES * size:g} GB of samples:", flush=True)
    failures += hungry(size)
    print(*(failures or ["nothing wrong, memory flat, no process left"]), sep="\n")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
