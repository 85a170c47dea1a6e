"""What begins with a comma at the prompt is no code but a command."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING

from pybridge.errors import OptionError
from pybridge.session.lookup import UnknownNameError, apropos, documentation, source

if TYPE_CHECKING:
    from pybridge.repl.inputs import Repl

__all__ = ["COMMANDS", "Leave", "code_of", "languages_of", "run_command", "split_command"]

LANGUAGES = {"py": "python", "clj": "clojure"}
MOST_NAMES = 100


class Leave(Exception):
    """Somebody wants to leave the session."""


def split_command(text: str) -> tuple[str, str] | None:
    """The name of a command and what stands behind it; None where `text` is code.

    >>> split_command(",doc map"), split_command("(map)")
    (('doc', 'map'), None)
    """
    found = re.match(r"\s*,(\S+)\s*(.*)", text, re.DOTALL)
    return (found[1], found[2]) if found else None


def languages_of(text: str, current: str) -> list[str]:
    """In which language what stands behind a command is written, or both, the likelier first.

    >>> languages_of(",py np.", "clojure"), languages_of(",doc map", "clojure"), languages_of("(map", "clojure")
    (['python'], ['clojure', 'python'], ['clojure'])
    """
    name = (split_command(text) or ("time", ""))[0]
    if name == "time":
        return [current]
    return [LANGUAGES[name]] if name in LANGUAGES else [current, *({"python", "clojure"} - {current})]


def code_of(text: str, current: str) -> tuple[str, str] | None:
    """In which language an input has which code, be it behind a command; None where a name or nothing is behind one.

    >>> code_of(",py f(", "clojure"), code_of("(map", "clojure"), code_of(",doc map", "clojure")
    (('python', 'f('), ('clojure', '(map'), None)
    """
    command = split_command(text)
    if command is None:
        return current, text
    name, code = command
    has_code = name in (*LANGUAGES, "time") and not code.startswith(",")
    return (languages_of(text, current)[0], code) if has_code else None


def run_command(repl: Repl, name: str, rest: str) -> None:
    """Do what a command says.

    Raises:
        OptionError: there is no such command.
        Leave: it is the one that ends the session.
    """
    if name not in COMMANDS:
        raise OptionError(f"there is no command ,{name}; ,help lists those that there are")
    COMMANDS[name][0](repl, rest.strip())


def _switch(language: str) -> Callable[[Repl, str], None]:
    def switch(repl: Repl, code: str) -> None:
        if code and not code.startswith(","):
            repl.evaluate(language, code)
        elif code:
            raise OptionError(f"code in one of the two languages follows, no other command; got {code.split()[0]}")
        else:
            repl.language = language

    return switch


def _of_a_name(find: Callable[[str, str], str], verb: str) -> Callable[[Repl, str], None]:
    def command(repl: Repl, name: str) -> None:
        if not name:
            raise OptionError(f"name what to {verb}, as in ,{verb} map")
        for language in languages_of(f",{verb} {name}", repl.language):
            with suppress(UnknownNameError):
                repl.show(find(language, name), language if verb == "source" else "")
                return
        raise OptionError(f"the session has no {name!r} in python or in clojure")

    return command


def _apropos(repl: Repl, part: str) -> None:
    if not part:
        raise OptionError("give a part of the name, as in ,apropos max")
    found = [name for language in languages_of(",apropos " + part, repl.language) for name in apropos(language, part)]
    shown = found[:MOST_NAMES] + [f"… and {len(found) - MOST_NAMES} more"] * (len(found) > MOST_NAMES)
    repl.show("\n".join(shown) or f"no name that is loaded holds {part!r}")


def _time(repl: Repl, code: str) -> None:
    import time

    if not code:
        raise OptionError("give code to time, as in ,time (reduce + (range 1000))")
    before, began = repl.failure, time.perf_counter()
    repl.take(code)
    seconds = time.perf_counter() - began
    if repl.failure is before:
        repl.show(f"{seconds * 1000:.3g} ms" if seconds < 1 else f"{seconds:.3g} s")


def _trace(repl: Repl, _: str) -> None:
    repl.show(repl.failure.trace.rstrip() if repl.failure else "nothing has failed yet")


def _help(repl: Repl, _: str) -> None:
    for name, (_, meaning) in COMMANDS.items():
        repl.show(f"  ,{name:<9}{meaning}")
    repl.show(
        "Python has Clojure's names as clj.x, Clojure Python's as (pb/from-python :x); the last result is _ and *1.\n"
        "Ctrl-C ends an evaluation or clears the line, Ctrl-R searches what was typed, Tab completes, Ctrl-D ends."
    )


def _quit(repl: Repl, _: str) -> None:
    raise Leave


COMMANDS: dict[str, tuple[Callable[[Repl, str], None], str]] = {
    "py": (_switch("python"), "go on in Python, or evaluate what follows in it"),
    "clj": (_switch("clojure"), "go on in Clojure, or evaluate what follows in it"),
    "doc": (_of_a_name(documentation, "doc"), "the documentation of a name, in either language"),
    "source": (_of_a_name(source, "source"), "the source of a name"),
    "apropos": (_apropos, "the names that hold a text"),
    "time": (_time, "evaluate what follows, and say how long it took"),
    "trace": (_trace, "the whole trace of the last error"),
    "help": (_help, "this"),
    "quit": (_quit, "end the session, as Ctrl-D does"),
}
"""A command's name, what it does, and what it does in words."""
