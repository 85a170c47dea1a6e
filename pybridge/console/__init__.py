"""`pybridge console`: a prompt of one's own in a session that lives elsewhere, in Emacs or in Jupyter.

The session opens a Unix socket in a folder that only the user can read, and speaks JSON-RPC 2.0 there as it does with
editors. Inputs take their turn with the editor's blocks on the main thread; what the prompt asks while one types, which
names there are and whether an input is whole, is answered at once.
"""

from __future__ import annotations

from typing import Any

from pybridge.errors import StartError

__all__ = ["join", "sessions"]

NONE = "no session runs to join: run a block in Emacs with pybridge-mode, or %load_ext pybridge.session in Jupyter"


def sessions() -> dict[str, dict[str, Any]]:
    """The sessions that can be joined, by their process's number: {"kind", "folder", "version", "pid"}.

    Raises:
        StartError: the folder of their sockets is not the user's alone.
    """
    from pybridge.console.joined import Joined
    from pybridge.console.sockets import connect, names

    found = {}
    for name in names():
        if connection := connect(name):
            with connection:
                found[name] = Joined(connection).about()
    return {name: about for name, about in found.items() if about}


def join(name: str | None = None) -> int:
    """Read inputs and have a session evaluate them, until they end; return the exit status.

    Args:
        name: the number of the session's process; None for the only one that there is, or the only one of this folder.

    Raises:
        StartError: there is none, or several, or it is of another version.
    """
    import pybridge
    from pybridge.console.joined import Joined
    from pybridge.console.sockets import connect
    from pybridge.repl.loop import Terminal, run

    chosen, about = _chosen(sessions(), name)
    if about["version"] != pybridge.__version__:
        raise StartError(
            f"the session is pybridge {about['version']}, this console {pybridge.__version__}; start the console from "
            "the session's own environment"
        )
    connection = connect(chosen)
    if connection is None:
        raise StartError(NONE)
    with connection:
        terminal = Terminal()
        joined = Joined(connection, prompts=terminal.prompts)
        joined.open(terminal.colours)
        if terminal.prompts:
            print(f"joined {listed({chosen: about})}; ,help says more, Ctrl-D leaves", flush=True)
        return run(joined, terminal.reader(joined))


def _chosen(found: dict[str, dict[str, Any]], name: str | None) -> tuple[str, dict[str, Any]]:
    """The session that is meant: the one of a name, or the only one, or the only one of this folder."""
    from pathlib import Path

    if not found:
        raise StartError(NONE)
    here = {each: about for each, about in found.items() if about["folder"] == str(Path.cwd())}
    meant = {name: found[name]} if name in found else {} if name else here if len(here) == 1 else found
    if not meant:
        raise StartError(f"no session of number {name} runs; there are {listed(found)}")
    if len(meant) > 1:
        raise StartError(
            f"several sessions run, {listed(found)}; choose one, as in pybridge console {next(iter(found))}"
        )
    return next(iter(meant.items()))


def listed(found: dict[str, dict[str, Any]]) -> str:
    """Sessions in words."""
    return ", ".join(f"{name} ({about['kind']}, in {about['folder']})" for name, about in found.items())
