"""How each command ends: by itself, by Ctrl-C, by SIGTERM, and where nobody reads what it prints."""

from __future__ import annotations

import signal
import sys
from pathlib import Path

from ends import READY, Case
from ends_of_programs import HOSTED, NO_JVM, TRACEBACK

DEBIANS_NREPL = Path("/usr/share/java/nrepl.jar")
SETUP = Path(__file__).parents[2] / "notebooks" / "00-setup.org"
INTERRUPTED = "pybridge: interrupted\n"
HINT = r"\(pybridge --verbose … shows the whole trace\)\n"
WAITING = {
    "python": f"print('{READY}', flush=True); __import__('time').sleep(600)",
    "clojure": f'(do (println "{READY}") (flush) @(promise))',
}
PRINTING = {"python": "while True: print('ready')", "clojure": '(while true (println "ready"))'}
LANGUAGE: dict[str, tuple[str, ...]] = {"python": (), "clojure": ("--clojure",)}
WORKER = """
import time
from pybridge import distributed
workers = distributed.strategy()
workers.sum(1.0)
if workers.rank == 0: print("ready", flush=True)
time.sleep(600)
"""
# With Debian's package libnrepl-clojure, where there is that, which needs no network.
NREPL = ["nrepl", *(("--classpath", str(DEBIANS_NREPL)) if DEBIANS_NREPL.exists() else ())]
NOTEBOOK = """* One and one
#+name: one.py
#+begin_src python
1 + 1
#+end_src

#+RESULTS: one.py
: 2

#+name: one.clj
#+begin_src clojure
(+ 1 1)
#+end_src

#+RESULTS: one.clj
: 2
"""

KERNEL = """
import sys
from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import KernelManager

manager = KernelManager(transport="ipc", ip="kernel")
manager._kernel_spec = KernelSpec(argv=[sys.executable, "-m", "pybridge.session.kernel", "-f", "{connection_file}"])
manager.start_kernel()
client = manager.blocking_client()
client.start_channels()
client.wait_for_ready(timeout=300)
cell = "(future (while true (println 1))) (future (while true (reduce + (range 1000)))) (+ 1 1)"
client.execute_interactive(cell, timeout=300, output_hook=lambda told: None)
client.shutdown()
sys.exit(manager.provisioner.process.wait(300))
"""


def pybridge(*words: str, name: str = "", **told: object) -> Case:
    """A command, by what is typed after `pybridge`."""
    return Case(name or " ".join(("pybridge", *words)), [sys.executable, "-m", "pybridge", *words], **told)


def signalled(name: str, *words: str, statuses: tuple[int, int], stderr: str = "", **told: object) -> list[Case]:
    """A command with Ctrl-C and with SIGTERM, once it has printed `ready`."""
    return [
        pybridge(*words, name=f"pybridge {name}, Ctrl-C", by=signal.SIGINT, status=statuses[0], stderr=stderr, **told),
        pybridge(*words, name=f"pybridge {name}, SIGTERM", by=signal.SIGTERM, status=statuses[1], **told),
    ]


def program(name: str, code: str, suffix: str = "py", **told: object) -> Case:
    """A program that is run."""
    return pybridge("run", f"a.{suffix}", name=f"pybridge run, {name}", files={f"a.{suffix}": code}, **told)


def codes() -> list[Case]:
    """`eval` and `run`, in either language."""
    made = [
        pybridge("eval", "1 + 1", is_quick=True),
        pybridge("eval", "import sys; sys.exit(3)", status=3, is_quick=True),
        pybridge("eval", "1 / 0", status=1, stderr=rf"ZeroDivisionError: division by zero\n.*{HINT}"),
        pybridge("eval", "raise KeyboardInterrupt", status=130, stderr=INTERRUPTED, is_quick=True),
        pybridge("eval", "--clojure", "(+ 1 1)"),
        pybridge("eval", "--clojure", "(System/exit 3)", status=3),
        pybridge("eval", "--clojure", '(throw (ex-info "no" {}))', status=1, stderr=f"ExceptionInfo: no\n.*{HINT}"),
    ]
    for language, option in LANGUAGE.items():
        suffix = {"python": "py", "clojure": "clj"}[language]
        files = {f"a.{suffix}": WAITING[language]}
        unread = {"status": 1, "reader_leaves": True, "is_quick": language == "python"}
        printing = {f"a.{suffix}": PRINTING[language]}
        heard = {"statuses": (130, -signal.SIGTERM), "stderr": INTERRUPTED}
        made += signalled(f"eval, {language}", "eval", *option, WAITING[language], **heard)
        made += signalled(f"run, {language}", "run", *files, files=files, **heard)
        made += [
            pybridge("eval", *option, PRINTING[language], name=f"pybridge eval, {language}, nobody reads", **unread),
            pybridge("run", *files, name=f"pybridge run, {language}, nobody reads", files=printing, **unread),
        ]
    made += [
        program("busy", NO_JVM, is_quick=True),
        program("waits for a line", NO_JVM + "start(sys.stdin.readline)", input=None, is_quick=True),
        program("an exception", NO_JVM + "1 / 0", status=1, stderr=f"{TRACEBACK}ZeroDivisionError.*"),
        program(
            "another pipe", "raise BrokenPipeError", status=1, stderr=f"{TRACEBACK}BrokenPipeError\n", is_quick=True
        ),
        program("busy Clojure", HOSTED, "clj"),
        program("busy Clojure, (System/exit 4)", HOSTED + "(System/exit 4)", "clj", status=4),
        program("a notebook", NOTEBOOK, "org"),
        pybridge("run", "--workers", "2", "a.py", name="pybridge run --workers 2", files={"a.py": NO_JVM}),
        *signalled(
            "run --workers 2",
            *("run", "--workers", "2", "a.py"),
            files={"a.py": WORKER},
            statuses=(130, 143),
            stderr=rf"(\[\d\] {INTERRUPTED})*",
        ),
    ]
    return made


CASES = [
    *codes(),
    pybridge("--version", is_quick=True),
    pybridge("--help", is_quick=True),
    pybridge("nonsense", status=2, stderr="Usage: .*", is_quick=True),
    pybridge("repl", input="(+ 1 1)\n,py 1 + 1\n"),
    pybridge("repl", "-e", "(+ 1 1)"),
    pybridge("repl", "-e", "(System/exit 3)", status=3),
    *signalled(
        "repl", "repl", "-e", WAITING["clojure"], statuses=(130, -signal.SIGTERM), stderr="interrupted\n", is_quick=True
    ),
    *signalled("nrepl, an nREPL", *NREPL, statuses=(0, 143), word="nREPL server started"),
    Case("a kernel of Jupyter's", [sys.executable, "a.py"], files={"a.py": KERNEL}, stderr=".*"),
    pybridge("console", status=1, stderr="pybridge: .*", is_quick=True),
    pybridge("console", "--list"),
    pybridge("session", input="", name="pybridge session, its editor has gone"),
    *[pybridge(name) for name in ("classpath", "java-options", "prepare", "emacs-path")],
    pybridge("doctor", "--json"),
    pybridge("notebooks", is_quick=True),
    pybridge("notebooks", "--copy", "book"),
    pybridge("new", "project", is_quick=True),
    pybridge("data", "nonsense", status=2, stderr="Usage: .*"),
    pybridge("book", "check", str(SETUP)),
    pybridge(
        "book",
        "check",
        "a.org",
        name="pybridge book check, a result that is not ours",
        files={"a.org": NOTEBOOK},
        status=1,
    ),
    pybridge("demo"),
]
