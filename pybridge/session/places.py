"""The lines of the reader's own code that an error went through, in either language."""

from __future__ import annotations

import linecache
import os
import re
import sys
import traceback
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from pybridge.clojure import support
from pybridge.errors import ClojureError
from pybridge.session.completion import clojure_function

__all__ = ["MOST_PLACES", "Place", "chain_of", "form_at", "places", "without_form"]

MOST_PLACES = 10
_LIBRARY = re.compile(
    rf"/(site|dist)-packages/|/lib/python3[.\d]*/|^<frozen |^{re.escape(str(Path(__file__).parents[1]))}/"
)
_FRAME = re.compile(r"^    at (python: )?([^\s(]+)\.([^\s(.]+)\(([^:()]+):(\d+)\)$", re.MULTILINE)
_REPL = "REPL"  # as Clojure's own messages call what is from no file
_CLOJURES_OWN = re.compile(r"(clojure|java|javax|jdk|sun|org\.jpype|pybridge|nrepl|cider|orchard)[.$]")
_FORM_AT = re.compile(r" \(the form at (.*?):?(\d+):(\d+)\)$")

_FILE = """
(fn [file]
  (let [found (when-not (.isAbsolute (clojure.java.io/file file)) (clojure.java.io/resource file))]
    (cond
      (nil? found) file
      (= "file" (.getProtocol found)) (str (clojure.java.io/file found))
      :else "")))
"""
_FUNCTION = """
(fn [class-name file]
  (let [function (clojure.main/demunge class-name)
        space (find-ns (symbol (first (clojure.string/split function #"/" 2))))]
    [function
     (->> (when space (vals (ns-interns space)))
          (keep (comp :file meta))
          distinct
          (filter #(= file (.getName (clojure.java.io/file %))))
          first)]))
"""


@dataclass(frozen=True)
class Place:
    """A line of the reader's own code that an error went through.

    Attributes:
        file: where it is.
        line: its number.
        function: what it is in; empty of a form or statement of its own.
        kept: what the line says, of code that is from no file.
    """

    file: str
    line: int
    function: str
    kept: str = field(default="", compare=False)

    @property
    def text(self) -> str:
        """What the line says; empty where that is not known."""
        return self.kept or linecache.getline(self.file, self.line).strip()


def chain_of(exception: BaseException) -> Iterator[BaseException]:
    """An exception and what it came from."""
    seen: set[int] = set()
    at: BaseException | None = exception
    while at is not None and id(at) not in seen:
        seen.add(id(at))
        yield at
        at = at.__cause__ or (None if at.__suppress_context__ else at.__context__)


def without_form(message: str) -> str:
    """A message without the place of the form that does not compile."""
    return _FORM_AT.sub("", message)


def form_at(message: str) -> str:
    """What a message ends with that has the place of such a form."""
    found = _FORM_AT.search(message)
    return found[0] if found else ""


def places(chain: list[BaseException], source: str = "", trace: str = "") -> list[Place]:
    """The reader's own lines, the innermost first; before them that of a form which does not compile.

    Args:
        chain: an exception and what it came from.
        source: the file that the failed code is from, where it is from one.
        trace: the lines of more frames of Clojure's, which the exception has come through since.
    """
    found: list[Place] = []
    for error in reversed(chain):
        python, clojure = _python_places(error), _clojure_places(_clojures_trace(error), source)
        for part in (clojure, python) if isinstance(error, ClojureError) else (python, clojure):
            found = _merged(found, part)
    found = _merged(found, _clojure_places(trace, source))
    for error in reversed(chain):
        at = _FORM_AT.search(str(error)) if isinstance(error, ClojureError) else None
        if at and at[1] and (file := _file(at[1], source)):
            found = [
                Place(file, max(1, int(at[2])), ""),
                *(place for place in found if (place.file, place.line) != (file, int(at[2]))),
            ]
            break
    return found[:MOST_PLACES]


def _merged(inner: list[Place], outer: Iterable[Place]) -> list[Place]:
    """Both, each line once: those that only `outer` has come before those that both have gone through next."""
    found = list(inner)
    at = len(found)
    for place in reversed(list(outer)):
        if place in found:
            at = found.index(place)
            found[at] = max(found[at], place, key=lambda either: len(either.kept))
        else:
            found.insert(at, place)
    return found


def _python_places(error: BaseException) -> list[Place]:
    found = []
    for frame, line in traceback.walk_tb(error.__traceback__):
        code = frame.f_code
        if not _LIBRARY.search(code.co_filename):
            function = "" if code.co_name == "<module>" else code.co_name
            found.append(Place(code.co_filename, line or 0, function, support.source_line(code, line or 0)))
    return found[::-1]


def _clojures_trace(error: BaseException) -> str:
    notes = vars(error).get("__notes__", [])
    return error.trace if isinstance(error, ClojureError) else "\n".join(map(str, notes))


def _clojure_places(trace: str, source: str) -> list[Place]:
    """The reader's lines in a trace of Clojure's, which has the frames of Python too that a Throwable came through."""
    found: list[Place] = []
    for python, name, method, file, line in _FRAME.findall(trace):
        if python:
            place = Place(_python_file(file), int(line), "" if method == "<module>" else method)
        elif _CLOJURES_OWN.match(name):
            continue
        else:
            function, known = clojure_function(_FUNCTION, name, file) or (name, None)
            place = Place(_file(known or file, source), int(line), _function(function))
        last = found[-1] if found else None
        if last and (last.file, last.function) == (place.file, place.function):
            continue  # of invoke and invokeStatic, the line that was reached
        if place.line and place.file and (place.file != _REPL or place.function):
            found.append(place)
        if len(found) == MOST_PLACES:
            break
    return found


def _python_file(name: str) -> str:
    """The loaded file of this name, without its folder; the name where there are several; empty of a library's."""
    loaded = [getattr(module, "__dict__", {}).get("__file__") for module in list(sys.modules.values())]
    files = {file for file in loaded if isinstance(file, str) and os.path.basename(file) == name}
    if any(map(_LIBRARY.search, files)):
        return ""
    return files.pop() if len(files) == 1 else name


def _function(name: str) -> str:
    """A function as the reader wrote it: without the numbers of those inside it, and nothing of a form's own."""
    inside = re.sub(r"^.*/eval\d+(/|$)", "", name)
    return "" if "--auto--" in inside else re.sub(r"(?<=.)/fn--\d+|--\d+", "", inside)


def _file(name: str, source: str) -> str:
    """A file as the reader would open it, from what Clojure calls it; empty of one that is in a library."""
    if name in ("NO_SOURCE_FILE", "NO_SOURCE_PATH"):
        return _REPL
    if os.path.basename(name) == os.path.basename(source) and (
        name == os.path.basename(name) or os.path.abspath(name) == os.path.abspath(source)
    ):
        return source
    found = None if name.startswith("<") else clojure_function(_FILE, name)
    file = name if found is None else str(found)
    return "" if _LIBRARY.search(file) else file
