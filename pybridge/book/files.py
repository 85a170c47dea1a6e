"""The files that a notebook names: all of them in its own folder, and pictures that hold nothing but a picture."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from pathlib import Path
from xml.parsers import expat

from PIL import Image

from pybridge.errors import DataError

__all__ = ["inside", "is_within", "read_picture", "size_of", "wrong_svg"]

_BEGINNINGS = {
    ".png": rb"\x89PNG\r\n\x1a\n",
    ".jpg": rb"\xff\xd8\xff",
    ".jpeg": rb"\xff\xd8\xff",
    ".gif": rb"GIF8[79]a",
    ".webp": rb"RIFF.{4}WEBP",
    ".svg": rb"",
}
_SVG = "http://www.w3.org/2000/svg"
_ABOUT = {  # what drawing programs note about a picture, which no browser acts on
    "http://www.w3.org/1999/02/22-rdf-syntax-ns#": {"RDF"},
    "http://creativecommons.org/ns#": {"Work", "Agent", "License"},
    "http://purl.org/dc/elements/1.1/": {"type", "format", "creator", "title", "date", "rights", "description"},
}
_SHAPES = {"circle", "ellipse", "image", "line", "path", "polygon", "polyline", "rect", "text", "textPath", "tspan"}
_GROUPS = {"defs", "desc", "g", "marker", "metadata", "style", "svg", "symbol", "title", "use"}
_PAINTS = {"clipPath", "filter", "linearGradient", "mask", "pattern", "radialGradient", "stop"}
_FILTERS = {"feBlend", "feColorMatrix", "feComposite", "feFlood", "feGaussianBlur", "feOffset"}
_MERGES = {"feMerge", "feMergeNode"}
_ELEMENTS = _SHAPES | _GROUPS | _PAINTS | _FILTERS | _MERGES
_OWN_IMAGE = re.compile(r"data:image/(png|jpeg|gif|webp);base64,[\w+/=\s]*")
_REACHING_OUT = re.compile(r"@|\\|\b(url|src|image|image-set|cross-fade|element|expression)\s*\((?!\s*['\"]?#)", re.I)


def is_within(named: str) -> bool:
    """Whether a path stays below the folder it starts from, as it is written.

    >>> is_within("figures/slope.svg"), is_within("../slope.svg"), is_within("https://example.org/slope.svg")
    (True, False, False)
    """
    return re.search(r"^[/~]|[:\\\x00-\x1f]", named) is None and ".." not in named.split("/")


def inside(notebook: Path, named: str) -> Path:
    """Find a file that a notebook names.

    Args:
        notebook: the .org file.
        named: the path, from the notebook's folder.

    Returns:
        Its path.

    Raises:
        DataError: it is outside the notebook's folder, also by a symbolic link.
    """
    folder = notebook.parent.resolve()
    path = folder / named
    if not is_within(named) or not path.resolve().is_relative_to(folder):
        raise DataError(
            f"{notebook.name} shows {named}, which is outside its folder; copy the file into the folder {folder.name} "
            "and name it from there"
        )
    return path


def read_picture(notebook: Path, named: str) -> bytes:
    """Read a picture that a notebook shows.

    Args:
        notebook: the .org file.
        named: the path, from the notebook's folder.

    Returns:
        The file's content.

    Raises:
        DataError: it is outside the folder, not there, not the kind of picture that its name says, or an SVG that does
            more than draw.
    """
    path = inside(notebook, named)
    if not re.fullmatch(r"[\w .,+()/-]+", named):
        raise DataError(f"{notebook.name} shows {named}; name a picture with letters, digits, - and _")
    beginning = _BEGINNINGS.get(path.suffix.lower())
    if beginning is None:
        raise DataError(f"{notebook.name} shows {named}; a picture is .svg, .png, .jpg, .gif or .webp")
    if not path.is_file():
        raise DataError(f"{notebook.name} shows {named}, which is not there; run its block first")
    content = path.read_bytes()
    if not re.match(beginning, content, re.DOTALL):
        raise DataError(f"{notebook.name} shows {named}, which is another kind of picture than its name says")
    if path.suffix.lower() == ".svg" and (wrong := wrong_svg(content)):
        raise DataError(f"{notebook.name} shows {named}, which {wrong}; save it as a drawing alone, or as .png")
    return content


def size_of(picture: bytes) -> tuple[int, int] | None:
    """The width and height of a picture in a browser's pixels, None of a drawing that has none.

    >>> size_of(b'<svg xmlns="http://www.w3.org/2000/svg" width="72pt" height="36pt"/>')
    (96, 48)
    """
    if picture.lstrip().startswith(b"<"):
        begins = re.search(rb"<svg\b[^>]*>", picture)
        tag = begins[0].decode("utf-8", "replace") if begins else ""
        lengths = [re.search(rf'\s{side}="([\d.]+)(pt|px)?"', tag) for side in ("width", "height")]
        if all(lengths):
            width, height = (float(found[1]) * (4 / 3 if found[2] == "pt" else 1) for found in lengths if found)
        elif found := re.search(r'\sviewBox="[\d.-]+[ ,]+[\d.-]+[ ,]+([\d.]+)[ ,]+([\d.]+)"', tag):
            width, height = float(found[1]), float(found[2])
        else:
            return None
        return round(width), round(height)
    try:
        return Image.open(io.BytesIO(picture)).size
    except OSError:
        return None


def wrong_svg(content: bytes) -> str:
    """Say what an SVG does beside drawing, or "": scripts, handlers of events, anything from outside the file.

    >>> wrong_svg(b'<svg xmlns="http://www.w3.org/2000/svg"><script>draw()</script></svg>')
    'has the element script'
    """
    wrong: list[str] = []
    within: list[str] = []
    style: list[str] = []
    parser = expat.ParserCreate(namespace_separator=" ")

    def start(name: str, values: dict[str, str]) -> None:
        namespace, _, element = name.rpartition(" ")
        within.append(element)
        if element not in (_ELEMENTS if namespace == _SVG else _ABOUT.get(namespace, ())):
            wrong.append(f"has the element {element}")
        for attribute, value in values.items():
            plain = attribute.rpartition(" ")[2]
            if plain.lower().startswith("on") or plain == "base":
                wrong.append(f"has the attribute {plain}")
            elif plain in ("href", "src") and not value.startswith("#") and not _OWN_IMAGE.fullmatch(value):
                wrong.append(f"refers to {value[:60]}")
            elif namespace == _SVG and plain not in ("href", "src") and (found := _REACHING_OUT.search(value)):
                wrong.append(f"has the attribute {plain} with {found[0]}")

    def refuse(sentence: str, when: Callable[..., object] = lambda *_: True) -> Callable[..., None]:
        return lambda *given: wrong.append(sentence) if when(*given) else None

    parser.StartElementHandler = start
    parser.EndElementHandler = lambda _: within.pop()
    parser.CharacterDataHandler = lambda text: style.append(text) if within[-1] == "style" else None
    parser.ProcessingInstructionHandler = refuse("has an instruction, <?")
    parser.StartDoctypeDeclHandler = refuse("declares a document type of its own", lambda *given: given[3])
    parser.XmlDeclHandler = refuse("is not in UTF-8", lambda _, code, __: (code or "utf-8").lower() != "utf-8")
    # Inside a page of HTML, such a comment is over at once, and what follows is read as elements.
    parser.CommentHandler = refuse("has a comment that begins with >", lambda text: text.startswith((">", "->")))
    try:
        content.decode("utf-8")
        parser.Parse(content, True)
    except (expat.ExpatError, ValueError, LookupError) as error:
        return f"is no SVG ({error})"
    if found := _REACHING_OUT.search("".join(style)):
        wrong.append(f"has a style with {found[0]}")
    return wrong[0] if wrong else ""
