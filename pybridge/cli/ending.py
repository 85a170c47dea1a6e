"""How a command ends when something fails: with one sentence on standard error, and an exit status."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TextIO

from pybridge._loading import why_not_loaded
from pybridge.errors import ClojureError, PybridgeError, StartError

__all__ = ["HINT", "ProgramError", "has_a_sentence", "in_one_sentence"]

HINT = "(pybridge --verbose … shows the whole trace)"
_NOT_LOADED = "Failed to load the native TensorFlow runtime"


class ProgramError(Exception):
    """A program of the user's that failed, raised from what it raised.

    Attributes:
        show: prints the failure as the program's own language does.
    """

    def __init__(self, show: Callable[[], object]) -> None:
        super().__init__()
        self.show = show


@contextmanager
def in_one_sentence(verbose: bool = False, passing: tuple[type[Exception], ...] = ()) -> Iterator[None]:
    """Turn an error into one sentence on standard error and an exit status of 1; Ctrl-C ends with 130.

    Args:
        verbose: whether to show the whole trace as well.
        passing: errors that somebody else tells of.
    """
    try:
        yield
    except passing:
        raise
    except KeyboardInterrupt:
        print("pybridge: interrupted", file=sys.stderr)
        raise SystemExit(130) from None
    except BrokenPipeError:
        _forget_unreadable_output()
        raise SystemExit(1) from None
    except ProgramError as failure:
        if isinstance(failure.__cause__, BrokenPipeError) and _forget_unreadable_output():
            raise SystemExit(1) from None
        if verbose:
            _print_trace(failure.__cause__)
        else:
            failure.show()
        raise SystemExit(1) from None
    except Exception as error:
        if verbose:
            _print_trace(error)
        print(f"pybridge: {_sentence(error)}", file=sys.stderr)
        if not verbose and not _says_all(error):
            print(HINT, file=sys.stderr)
        raise SystemExit(1) from error


def _print_trace(error: BaseException | None) -> None:
    import traceback

    traceback.print_exception(error)


def _forget_unreadable_output() -> bool:
    """Keep Python from complaining at its end that nobody reads any more what was printed; whether that is so."""
    unreadable = list(filter(_is_unreadable, (sys.stdout, sys.stderr)))
    for stream in unreadable:
        with open(os.devnull, "wb") as nowhere:
            os.dup2(nowhere.fileno(), stream.fileno())
    return bool(unreadable)


def _is_unreadable(stream: TextIO) -> bool:
    import select

    try:
        stream.flush()
    except BrokenPipeError:
        return True
    if not hasattr(select, "poll"):
        return False
    asked = select.poll()
    asked.register(stream.fileno(), 0)
    return bool(asked.poll(0))


def has_a_sentence(error: BaseException) -> bool:
    """Whether an error is of what is installed, or of who reads the output, not of the code that met it; or is none."""
    if isinstance(error, StartError | BrokenPipeError) or not isinstance(error, Exception):
        return True
    return _NOT_LOADED in str(error)


def _sentence(error: Exception) -> str:
    """An error in one line; one that is not pybridge's own says its type, as Python does."""
    if isinstance(error, PybridgeError):
        return " ".join(str(error).split())
    if _NOT_LOADED in str(error):
        return f"TensorFlow cannot be loaded ({why_not_loaded(str(error))}): pybridge doctor says what to do"
    lines = str(error).strip().splitlines()
    return ": ".join([type(error).__name__, *lines[:1]])


def _says_all(error: Exception) -> bool:
    """Whether an error's sentence says what to do, so that its trace adds nothing."""
    return isinstance(error, PybridgeError) and not isinstance(error, ClojureError)
