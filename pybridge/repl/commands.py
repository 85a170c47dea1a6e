"""What begins with a comma at the prompt is no code but a command."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

from pybridge.errors import OptionError
from pybridge.session.lookup import apropos, documentation, source

if TYPE_CHECKING:
    from pybridge.repl.loop import Repl

__all__ = ["COMMANDS", "Leave", "languages_of", "run_command"]


class Leave(Exception):
    """Somebody wants to leave the session."""


LANGUAGES = {"py": "python", "clj": "clojure"}


def languages_of(text: str, current: str) -> list[str]:
    """In which language what stands behind a command is written, or both, the likelier first.

    >>> languages_of(",py np.", "clojure"), languages_of(",doc map", "clojure"), languages_of("(map", "clojure")
    (['python'], ['clojure', 'python'], ['clojure'])
    """
    command = re.match(r",(\w+)\s", text)
    if command is None or command[1] == "time":
        return [current]
    if command[1] in LANGUAGES:
        return [LANGUAGES[command[1]]]
    return [current, *({"python", "clojure"} - {current})]


def run_command(repl: Repl, text: str) -> None:
    """Do what a line that begins with a comma says.

    Raises:
        OptionError: there is no such command.
        Leave: it is the one that ends the session.
    """
    name, _, rest = text.removeprefix(",").strip().partition(" ")
    if "\n" in name:
        name, _, rest = text.removeprefix(",").strip().partition("\n")
    if name not in COMMANDS:
        raise OptionError(f"there is no command ,{name}; ,help lists those that there are")
    COMMANDS[name][0](repl, rest.strip())


def _switch(language: str) -> Callable[[Repl, str], None]:
    def switch(repl: Repl, code: str) -> None:
        if code:
            repl.evaluate(language, code)
        else:
            repl.language = language

    return switch


def _of_a_name(find: Callable[[str, str], str], verb: str) -> Callable[[Repl, str], None]:
    def command(repl: Repl, name: str) -> None:
        if not name:
            raise OptionError(f"name what to {verb}, as in ,{verb} map")
        first: OptionError | None = None
        for language in languages_of(f",{verb} {name}", repl.language):
            try:
                repl.show(find(language, name), language if verb == "source" else "")
                return
            except OptionError as error:
                first = first or error
        raise first or OptionError(name)

    return command


def _apropos(repl: Repl, part: str) -> None:
    if not part:
        raise OptionError("give a part of the name, as in ,apropos max")
    found = [name for language in languages_of(",apropos " + part, repl.language) for name in apropos(language, part)]
    repl.show("\n".join(found) or f"no name that is loaded holds {part!r}")


def _time(repl: Repl, code: str) -> None:
    import time

    began = time.perf_counter()
    repl.evaluate(repl.language, code)
    seconds = time.perf_counter() - began
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
