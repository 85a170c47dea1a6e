"""The layers of the Clojure namespaces: each requires only those below it, at its top or later."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

HOME = Path(__file__).parents[1] / "clj" / "src"

# From the bottom up; namespaces of one line do not know each other.
LAYERS = """
reload version internal native.java
once names ordered.table
ordered native.halves
unsafe native.capi native.python-edn native.gathered native.counterparts
unsafe.bytecode unsafe.stop native.plain-api session.interrupt native.find
native.platform setup
unsafe.stack-pointer
native.stack native.bridge
native.env
native.text
native.helpers
native.gil native.memory native.view
handle native.limits native.capsule native.sequences native.numbers
native.bounded native.plain caught
native.python-error
native.traces
native.kinds native.jpype native.spare
native.reference native.snapshot
native.lifetime
native.to-clojure native.to-python
native.call
native.exceptions native.forks native.interrupts native.ending native.arrays native.vectors native.values
native.opaque native.details
native.signature
native.arguments
native.callables native.objects
native.operations native.sessions
native.evaluation
native.boot native.which
native.host
native.libpython-clj native.dtype-next
native.beside
native.guest
native.start native.attach
runtime member members
require-python python-class
core
tensors linalg graphs losses metrics optimizers attention distributed models training data plot glossary exercises
autodiff ops naive program nrepl
"""
RANKS = {f"pybridge.{name}": rank for rank, line in enumerate(LAYERS.strip().splitlines()) for name in line.split()}

CODE = re.compile(r'"(?:\\.|[^"\\])*"|;.*|\\.')  # what is no code: strings, comments, characters
SYMBOL = re.compile(r"pybridge(?:\.[\w-]+)+(?=/|\b)")


def files() -> list[Path]:
    return sorted(path for path in HOME.rglob("*.clj") if "clj-kondo.exports" not in path.parts)


def namespace(path: Path) -> str:
    """The namespace of a file: what its `ns` or `in-ns` names."""
    found = r"^\((?:clojure\.core/|in-)?ns (?:\^{.*?} |')?([\w.-]+)"
    return re.search(found, path.read_text(encoding="utf-8"), re.MULTILINE)[1]


def code(path: Path) -> str:
    return CODE.sub(" ", path.read_text(encoding="utf-8"))


def known(symbol: str) -> str | None:
    """The namespace that a symbol stands for or lies in: a class is named after its namespace."""
    name = symbol.replace("_", "-")
    while name not in RANKS and "." in name:
        name = name.rpartition(".")[0]
    return name if name in RANKS else None


def used(path: Path) -> set[str]:
    """The namespaces of ours that a file names anywhere: in `:require`, `:import`, or quoted to be resolved later."""
    return {found for symbol in SYMBOL.findall(code(path)) if (found := known(symbol))}


@pytest.mark.parametrize("path", files(), ids=lambda path: str(path.relative_to(HOME)))
def test_a_namespace_uses_only_those_below_it(path):
    own = namespace(path)
    assert {name for name in used(path) - {own} if RANKS[name] >= RANKS[own]} == set()


def test_every_namespace_has_a_layer():
    assert {namespace(path) for path in files()} <= set(RANKS)


@pytest.mark.parametrize("path", files(), ids=lambda path: str(path.relative_to(HOME)))
def test_tools_that_reload_namespaces_leave_ours_alone(path):
    """clj-reload reads the metadata in a file's `ns` form; tools.namespace's refresh that of a loaded namespace."""
    for metadata in re.findall(
        r"^\((?:clojure\.core/)?ns (.*?) ?pybridge", path.read_text(encoding="utf-8"), re.MULTILINE
    ):
        assert metadata.startswith("^{:clj-reload/no-reload true, :clojure.tools.namespace.repl/load false")


def test_tools_that_load_all_namespaces_do_not_see_those_whose_library_may_be_missing():
    """Those tools look for a list that begins with the symbol `ns`."""
    hidden = {namespace(path) for path in files() if "(clojure.core/ns " in path.read_text(encoding="utf-8")}
    assert hidden == {"pybridge.native.libpython-clj", "pybridge.native.dtype-next"}


def test_only_what_may_be_missing_is_resolved_late():
    """A reference that waits could hide a cycle; these are to folders and libraries that may not be there."""
    late = {
        (namespace(path), target)
        for path in files()
        for target in re.findall(r"(?:requiring-resolve|part) '([\w./!?*>-]+)", code(path))
    }
    assert late == {
        ("pybridge.core", "pybridge.setup/setup!"),  # which few programs need
        ("pybridge.native.evaluation", "clojure.pprint/pprint"),  # which takes 50 ms to load
        ("pybridge.nrepl", "nrepl.cmdline/-main"),
        ("pybridge.nrepl", "nrepl.config/config"),
        ("pybridge.nrepl", "nrepl.middleware/set-descriptor!"),
        ("pybridge.nrepl", "nrepl.middleware.print/wrap-print"),
        ("pybridge.nrepl", "nrepl.transport/send"),
        ("pybridge.nrepl", "nrepl.transport/recv"),
        ("pybridge.nrepl", "nrepl.transport/->FnTransport"),
        ("pybridge.native.platform", "pybridge.unsafe.bytecode/implement"),
        ("pybridge.native.platform", "pybridge.native.plain-api/implement"),
        ("pybridge.native.stack", "pybridge.unsafe.stack-pointer/supplier"),
        ("pybridge.native.dtype-next", "tech.v3.tensor.dimensions/dimensions"),
        ("pybridge.native.dtype-next", "tech.v3.tensor/construct-tensor"),
        ("pybridge.native.dtype-next", "tech.v3.tensor/ensure-tensor"),
        ("pybridge.native.libpython-clj", "libpython-clj2.python/initialize!"),
        ("pybridge.native.start", "pybridge.native.libpython-clj/start!"),
    }


def test_no_namespace_fills_a_var_of_another():
    filled = {
        (namespace(path), target)
        for path in files()
        for target in re.findall(r"\((?:alter-var-root|intern|\.bindRoot) ([^\s)]+)", code(path))
    }
    assert filled == {
        ("pybridge.native.guest", "#'*out*"),  # Clojure's own: a JVM inside Python prints where Python prints
        ("pybridge.native.guest", "#'*err*"),
        ("pybridge.native.guest", "#'*in*"),  # and reads where it reads
        ("pybridge.caught", "#'main/repl-caught"),  # which front ends of Clojure's show errors by
        ("pybridge.caught", "#'Throwable->map"),
        ("pybridge.caught", "shown"),  # and nREPL
        ("pybridge.caught", "defaults"),
        ("pybridge.reload", "#'clojure.core/load"),  # for `:reload` of what came compiled
        ("pybridge.native.libpython-clj", "#'fn/bridged-fn-arg->python"),  # which would copy an array of ours
        ("pybridge.native.evaluation", "(sessions/user-namespace"),  # `clj.x = 1` of a Python program
        ("pybridge.native.evaluation", "#'*flush-on-newline*"),  # while a session drops what is printed
        ("pybridge.native.sessions", "(session-ns"),  # and a block's variable
        ("pybridge.require-python", "namespace"),  # those that it makes
        ("pybridge.require-python", "*ns*"),  # and what `:refer` brings
    }
