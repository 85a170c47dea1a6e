"""The words of a page: what stands under each of its headings, as a reader would say it and as code has it."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from html.parser import HTMLParser

__all__ = ["Node", "Place", "places"]

_VOID = {"br", "col", "hr", "img", "input", "link", "meta", "wbr"}
_ASIDE = {"annotation", "button", "footer", "form", "header", "nav", "script", "style", "summary"}
_CODE = {"code", "pre", "samp"}
_HEADINGS = {"h1", "h2", "h3", "h4", "h5", "h6"}
_BLOCKS = {"dd", "div", "dt", "figcaption", "figure", "li", "p", "section", "table", "td", "th", "tr", *_HEADINGS}

_RELATION = re.compile(r"[=+\u2212<>±≈≠≤≥≡∈←→↦⇒\u00d7⋅·∘]")
_ABOVE = {
    "\u02c6": "\u0302",
    "\u02dc": "\u0303",
    "\u203e": "\u0304",
    "\u00af": "\u0304",
    "\u02d9": "\u0307",
    "\u00a8": "\u0308",
    "→": "\u20d7",
}
_UNSEEN = str.maketrans("", "", "\u2061\u2062\u2063\u2064")


@dataclass
class Node:
    """An element of a page.

    Attributes:
        tag: its name.
        attributes: its attributes.
        inside: elements and texts.
    """

    tag: str
    attributes: dict[str, str]
    inside: list[Node | str] = field(default_factory=list)


@dataclass
class Place:
    """Where a link may lead on a page, and what is read there.

    Attributes:
        id: the place's id; "" is the top of the page.
        title: its heading.
        names: what else it is called, such as a function's names in both languages.
        text: the prose up to the next place, formulas in one line each.
        code: the code and the results.
    """

    id: str
    title: str
    names: list[str]
    text: str = ""
    code: str = ""


def places(html: str) -> list[Place]:
    """The places of a page's main part, in order.

    A heading is a place, and so is an element with `data-names`. What is folded away, such as a solution, is not read.

    >>> [(place.id, place.text) for place in places('<main><h1>A</h1><p>One.</p><h2 id="b">B</h2>Two.</main>')]
    [('', 'One.'), ('b', 'Two.')]
    """
    reader = _Tree()
    reader.feed(html)
    reader.close()
    main = next((node for node in _walk(reader.root) if node.tag == "main"), reader.root)
    found = [Place("", "", [])]
    _read(main, found, code=False)
    for place in found:
        place.text, place.code = (" ".join(text.split()) for text in (place.text, place.code))
    return [place for place in found if place.title or place.text]


class _Tree(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.root = Node("", {})
        self._open = [self.root]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        node = Node(tag, {name: value or "" for name, value in attrs})
        self._open[-1].inside.append(node)
        if tag not in _VOID:
            self._open.append(node)

    def handle_endtag(self, tag: str) -> None:
        while tag in (node.tag for node in self._open[1:]):
            if self._open.pop().tag == tag:
                return

    def handle_data(self, data: str) -> None:
        self._open[-1].inside.append(data)


def _walk(node: Node) -> list[Node]:
    inner = [each for part in node.inside if isinstance(part, Node) for each in _walk(part)]
    return [node, *inner]


def _read(node: Node, found: list[Place], *, code: bool) -> None:
    names = [name for name in node.attributes.get("data-names", "").split("|") if name]
    id = node.attributes.get("id", "")
    if node.tag in _HEADINGS and (id or node.tag == "h1"):
        found.append(Place(id if node.tag != "h1" else "", _said(node), names))
        return
    if names and id:
        found.append(Place(id, names[0], names))
    is_block_of_code = node.tag == "figure" and "code" in node.attributes.get("class", "").split()
    for part in node.inside:
        if isinstance(part, str):
            _add(found[-1], part, code)
        elif is_block_of_code and part.tag == "figcaption":
            continue
        elif part.tag == "math":
            _add(found[-1], f" {linear(part)} " if part.attributes.get("display") else linear(part), code)
        elif part.tag == "pre":
            _add(found[-1], f" {_words(part)} ", True)
        elif not _is_aside(part):
            if part.tag in _BLOCKS:
                _add(found[-1], " ", code)
            _read(part, found, code=code)
            if part.tag in _BLOCKS:
                _add(found[-1], " ", code)


def _is_aside(node: Node) -> bool:
    classes = node.attributes.get("class", "").split()
    solution = node.tag == "details" and "solution" in classes
    return node.tag in _ASIDE or solution or not {"files", "label", "named"}.isdisjoint(classes)


def _add(place: Place, text: str, code: bool) -> None:
    if code:
        place.code += text
    else:
        place.text += text


def _words(node: Node) -> str:
    return "".join(part if isinstance(part, str) else _words(part) for part in node.inside)


def _said(node: Node) -> str:
    """A heading's words, with its formulas."""
    parts = (
        part if isinstance(part, str) else linear(part) if part.tag == "math" else _said(part) for part in node.inside
    )
    return " ".join("".join(parts).split())


def linear(node: Node) -> str:
    """A formula in one line, as a reader would type it.

    >>> reader = _Tree()
    >>> reader.feed("<math><mi>y</mi><mo>=</mo><mfrac><mn>1</mn><msup><mi>x</mi><mn>2</mn></msup></mfrac></math>")
    >>> linear(reader.root)
    'y = 1/(x^2)'
    """
    return " ".join(_line(node).split())


def _line(node: Node | str) -> str:
    if isinstance(node, str):
        return node.translate(_UNSEEN)
    parts = [_line(part) for part in node.inside if isinstance(part, Node) or part.strip()]
    match node.tag, parts:
        case "annotation", _:
            return ""
        case "mo", [sign] if _RELATION.fullmatch(sign.strip()) and node.attributes.get("form") != "prefix":
            return f" {sign.strip()} "
        case "mo", [","]:
            return ", "
        case "mspace", _:
            return " "
        case "mfrac", [above, below]:
            return f"{_grouped(above)}/{_grouped(below)}"
        case "msqrt" | "mroot", [inside, *_]:
            return f"√{_grouped(inside)}"
        case "msub" | "munder", [base, below]:
            return f"{base}_{_grouped(below)}"
        case "mover", [base, above] if above.strip() in _ABOVE and len(base.strip()) == 1:
            return unicodedata.normalize("NFC", base.strip() + _ABOVE[above.strip()])
        case "msup" | "mover", [base, above]:
            return f"{base}^{_grouped(above)}"
        case "msubsup" | "munderover", [base, below, above]:
            return f"{base}_{_grouped(below)}^{_grouped(above)}"
        case "mtd", _:
            return _side_by_side(parts) + " "
        case "mtr", _:
            return "".join(parts) + "; "
        case "mtable", _:
            return "".join(parts).strip().removesuffix(";")
    return _side_by_side(parts)


def _side_by_side(parts: list[str]) -> str:
    """Parts of a formula, with a space where an index would run into what follows."""
    line = ""
    for part in parts:
        line += f" {part}" if re.search(r"[_^]\S*\w$|∑$|∏$", line) and re.match(r"[\w(∑∏∂]", part) else part
    return line


def _grouped(text: str) -> str:
    text = text.strip()
    return text if re.fullmatch(r"\w+|[∂∇]?\w+(_\w+)?|[^\w\s]|\(.*\)", text) else f"({text})"
