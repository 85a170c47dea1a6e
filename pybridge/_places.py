"""Where the files lie that are not Python: in the checkout, or inside the installed package."""

from __future__ import annotations

from pathlib import Path

__all__ = ["folder_of", "notebook_files", "place"]

CHECKOUT = {
    "clj": "clj/src",
    "classes": "classes",
    "deps.edn": "deps.edn",
    "notebooks": "notebooks",
    "fixtures": "tests/fixtures",
    "emacs": "emacs",
}


def place(name: str) -> Path:
    """Find a folder or file that ships with pybridge.

    Args:
        name: "clj", "classes", "deps.edn", "notebooks", "fixtures" or "emacs".

    Returns:
        Its path: a wheel carries all of them in `pybridge/_shipped`, a checkout has them where they are edited, but for
        "classes", what is compiled of "clj", which a checkout has in the user's cache folder.

    >>> (place("clj") / "pybridge").is_dir()
    True
    """
    package = Path(__file__).parent
    shipped = package / "_shipped"
    return shipped / name if shipped.is_dir() else package.parent / CHECKOUT[name]


def folder_of(package: str) -> Path | None:
    """Find an installed package without importing it, which may take longer than what is wanted of it.

    Returns:
        Its folder, or None.

    >>> folder_of("jpype").name
    'jpype'
    """
    from importlib.machinery import PathFinder

    found = PathFinder.find_spec(package)
    return Path(found.origin).parent if found and found.origin else None


def notebook_files() -> list[Path]:
    """Find the book's notebooks.

    Returns:
        Their paths in the order of the book; a hidden file, such as an editor's lock, is none.

    >>> [path.name for path in notebook_files()][:2]
    ['00-about.org', '00-reading-1-formulas.org']
    """
    return sorted(place("notebooks").glob("[!.]*.org"))
