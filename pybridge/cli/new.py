"""`pybridge new`: a small Clojure project that runs at once, from the files in `project`."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import pybridge
from pybridge import _files
from pybridge._places import place
from pybridge.errors import OptionError, StartError

if TYPE_CHECKING:
    import typer

__all__ = ["new"]

TEMPLATES = Path(__file__).with_name("project")

# The files of a project and the templates that they are made of; PATH stands for the name as a path.
FILES = {
    "deps.edn": "deps.edn",
    "src/PATH/core.clj": "core.clj",
    "test/PATH/core_test.clj": "core_test.clj",
    "test/run.clj": "run.clj",
    "notebook.org": "notebook.org",
    "README.md": "README.md",
    ".dir-locals.el": "dir-locals.el",
    ".vscode/settings.json": "settings.json",
    ".gitignore": "gitignore",
}
TAKEN = ("cider", "clojure", "java", "nrepl", "pybridge")  # Java's are refused, the others' namespaces would be hidden


def new(name: Annotated[str, typer.Argument(help="The project's name, which is that of its namespaces too.")]) -> None:
    """Write a small Clojure project that runs at once."""
    if not re.fullmatch(r"[a-z][a-z0-9]*(-[a-z0-9]+|\.[a-z][a-z0-9]*)*", name) or name.split(".")[0] in TAKEN:
        raise OptionError(
            f"{name!r} is no name for a project: take small letters, digits, hyphens and dots, such as my-project, "
            f"and begin with none of {', '.join(TAKEN)}"
        )
    folder = Path(name)
    if folder.exists() and not (folder.is_dir() and not any(folder.iterdir())):
        raise OptionError(f"{folder.absolute()} is there already: take another name, or another folder")
    try:
        with _files.beside(Path()) as own:
            _write(own / name, name)
            os.replace(own / name, folder)
    except OSError as error:
        raise StartError(f"{folder.absolute()} cannot be made: {error.strerror or error}") from error
    print(f"{folder.absolute()} is made; its README.md has the lines to begin with")


def _write(folder: Path, name: str) -> None:
    words = {"NAME": name, "PYBRIDGE": pybridge.__version__} | _versions()
    path = name.replace("-", "_").replace(".", "/")
    for target, template in FILES.items():
        file = folder / target.replace("PATH", path)
        file.parent.mkdir(parents=True, exist_ok=True)
        text = (TEMPLATES / template).read_text(encoding="utf-8")
        file.write_text(re.sub(rf"\b({'|'.join(words)})\b", lambda word: words[word[0]], text), encoding="utf-8")


def _versions() -> dict[str, str]:
    """The versions that pybridge itself goes by."""
    from pybridge.clojure.edn import forms

    own = next(forms(place("deps.edn").read_text(encoding="utf-8")))
    nrepl = own[":aliases"][":nrepl"][":extra-deps"]
    libraries = {
        "CLOJURE": own[":deps"]["org.clojure/clojure"],
        "NREPL": nrepl["nrepl/nrepl"],
        "CIDER": nrepl["cider/cider-nrepl"],
    }
    return {word: spec[":mvn/version"] for word, spec in libraries.items()}
