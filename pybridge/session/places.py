"""The lines of the reader's own code that an error went through, in either language."""

from __future__ import annotations

import linecache
import os
import re
import sys
import traceback
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from pybridge import clojure
from pybridge.clojure import support
from pybridge.errors import ClojureError
from pybridge.session.completion import clojure_function
from pybridge.session.display import written

__all__ = [
    "MOST_PLACES",
    "Place",
    "call_files",
    "chain_of",
    "form_at",
    "last_form",
    "places",
    "said_by",
    "without_form",
]

MOST_PLACES = 10
_LIBRARY = re.compile(
    rf"/(site|dist)-packages/|/lib/python3[.\d]*/|^<frozen |^{re.escape(str(Path(__file__).parents[1]))}/"
)
_FRAME = re.compile(r"^    at (python: )?([^(\n]+)\.([^\s(.]+)\(([^:()]+):(\d+)\)$", re.MULTILINE)
_REPL = "REPL"  # as Clojure's own messages call what is from no file
_CLOJURES_OWN = re.compile(r"(clojure|java|javax|jdk|sun|org\.jpype|pybridge|nrepl|cider|orchard)[.$]")
_FORM_AT = re.compile(r" \(the form at (.*?):?(-?\d+):(\d+)\)$")
_BELOW_ZERO = 65_000  # from here on, the number of a line is one of two bytes that is less than 0
_STARTING_AT = re.compile(r"\bEOF while reading, starting at line (\d+)")

_names_of_files: list[Callable[[str], str | None]] = []  # what people call a file that they know by no path

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


def said_by(exception: BaseException) -> str:
    """What an exception says, of a long text its beginning and its end.

    >>> said_by(ValueError("x" * 1_000_000))[49_990:50_030]
    'xxxxxxxxxx … 900,000 characters … xxxxxx'
    """
    return support.shortened(written(exception, str))


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
        said = said_by(error) if isinstance(error, ClojureError) else ""
        at = _FORM_AT.search(said)
        if at and at[1] and (file := _file(at[1], source)):
            begun = _STARTING_AT.search(said)
            line = last_written(file, int((begun or at)[1 if begun else 2]))
            if not line and found:
                break
            found = [Place(file, line, ""), *(place for place in found if (place.file, place.line) != (file, line))]
            break
    return found[:MOST_PLACES]


def last_form(language: str, code: str, file: str, above: int, exception: BaseException) -> Place | None:
    """Where the last form of Clojure code begins, or the last statement of Python's; None where there is none.

    `above` lines of the code stand above line 1; one of them is meant where the exception has come from there.
    """
    above_it = re.compile(rf"\({re.escape(file)}:(0|65\d\d\d)\)")
    if above and any(above_it.search(_clojures_trace(error)) for error in chain_of(exception)):
        return Place(file, 0, "")
    if language == "python":
        body = support.parsed(code, file, in_string=False).body
        line = body[-1].lineno if body else 0
    else:
        line, rest = 0, code
        while split := clojure.next_form(rest):
            form = re.sub(r"\A(\s|,|;.*(\n|\Z))*", "", split[0])
            line = code.count("\n", 0, len(code) - len(split[1]) - len(form)) + 1
            rest = split[1]
    return Place(file, max(line - above, 0), "", code.split("\n")[line - 1].strip()) if line else None


def last_written(file: str, line: int) -> int:
    """A line, or the one above that says something: Clojure's reader may be past the end of what it tells of."""
    if line < 1:  # of what Org puts above a block
        return 0
    lines = linecache.getlines(file)[:line]
    return max((number for number, text in enumerate(lines, 1) if text.strip()), default=line)


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
            text = support.source_line(code, line or 0) or linecache.getline(code.co_filename, line or 0).strip()
            found.append(Place(_called(code.co_filename), line or 0, function, text))
    return found[::-1]


def _clojures_trace(error: BaseException) -> str:
    notes = vars(error).get("__notes__", [])
    return error.trace if isinstance(error, ClojureError) else "\n".join(map(str, notes))


def _clojure_places(trace: str, source: str) -> list[Place]:
    """The reader's lines in a trace of Clojure's, which has the frames of Python too that a Throwable came through."""
    found: list[Place] = []
    for python, name, method, file, line in _FRAME.findall(trace):
        if python:
            path = _python_file(file)
            text = linecache.getline(path, int(line)).strip()
            place = Place(_called(path), int(line), "" if method == "<module>" else method, text)
        elif _CLOJURES_OWN.match(name):
            continue
        else:
            function, known = clojure_function(_FUNCTION, name, file) or (name, None)
            place = Place(_file(known or file, source), int(line), _function(function))
        last = found[-1] if found else None
        if last and (last.file, last.function) == (place.file, place.function):
            continue  # of invoke and invokeStatic, the line that was reached
        if 0 < place.line < _BELOW_ZERO and place.file and (place.file != _REPL or place.function):
            found.append(place)
        if len(found) == MOST_PLACES:
            break
    return found


def _python_file(name: str) -> str:
    """The loaded file of this name, without its folder; the name where there are several; empty of a library's."""
    loaded = [getattr(module, "__dict__", {}).get("__file__") for module in list(sys.modules.values())]
    loaded += [path for path in list(linecache.cache) if _name_of(path)]
    files = {file for file in loaded if isinstance(file, str) and os.path.basename(file) == name}
    if any(map(_LIBRARY.search, files)):
        return ""
    return files.pop() if len(files) == 1 else name


def call_files(name: Callable[[str], str | None]) -> None:
    """Have files called by what a function gives for their paths, where it gives something."""
    _names_of_files[:] = [name]


def _name_of(path: str) -> str | None:
    return next((name(path) for name in _names_of_files), None)


def _called(path: str) -> str:
    return _name_of(path) or path


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
