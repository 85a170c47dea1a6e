"""What of a notebook may be on a page. A notebook is somebody's text: none of it acts in the browser of its reader.

Pandoc's tree is checked before anything is written, and what would act is refused with a sentence. nh3 then lets
through the elements and attributes listed here and no others, so that a page holds even where the check should err.
"""

from __future__ import annotations

import re
from collections import Counter
from html.parser import HTMLParser
from typing import Any

import nh3

from pybridge.book.files import is_within
from pybridge.errors import DataError

__all__ = ["checked", "clean", "twofold_ids"]

_FOR_PAGES = re.compile(r"x?html|markdown|commonmark|gfm|ipynb")
_SHOWN = {"alt", "title", "width", "height"}
_WEB = re.compile(r"(?i:https?|mailto):[^\s<>\"\\^`{|}\x00-\x1f\x7f]+")
_NEARBY = re.compile(r"(?P<path>[\w .,+()/-]*)(?:(?:#|(?<=\.org)::)[^\"<>\\^`{|}\x00-\x1f\x7f]*)?")

_EVERYWHERE = {"id", "class", "role", "hidden", "title", "aria-label", "aria-hidden", "data-live", "data-when"}
_BLOCKS = {"blockquote", "details", "div", "figcaption", "figure", "hr", "p", "pre", "section"}
_LISTS = {"dd", "dl", "dt", "li", "ul"}
_HEADINGS = {"h2", "h3", "h4", "h5", "h6", "summary"}
_WORDS = {"br", "cite", "code", "del", "em", "mark", "s", "samp", "small", "span", "strong", "sub", "sup", "u"}
_TABLES = {"caption", "col", "colgroup", "table", "tbody", "tfoot", "thead", "tr"}
_MATHML = {"mmultiscripts", "mn", "mphantom", "mprescripts", "mroot", "mrow", "ms", "msqrt", "mtr", "none", "semantics"}
_INDICES = {"msub", "msubsup", "msup"}
_ATTRIBUTES = {
    "a": {"href"},
    "annotation": {"encoding"},
    "button": {"type"},
    "img": {"alt", "height", "src", "width"},
    "math": {"display", "xmlns"},
    "menclose": {"notation"},
    "mfrac": {"linethickness"},
    "mi": {"mathvariant"},
    "mo": {"accent", "fence", "form", "largeop", "lspace", "maxsize", "minsize", "movablelimits", "rspace", "stretchy"},
    "mover": {"accent"},
    "mpadded": {"depth", "height", "lspace", "voffset", "width"},
    "mspace": {"depth", "height", "width"},
    "mstyle": {"displaystyle", "mathvariant", "scriptlevel"},
    "mtable": {"columnalign", "columnlines", "columnspacing", "rowlines", "rowspacing"},
    "mtd": {"columnalign", "columnspan", "rowspan"},
    "mtext": {"mathvariant"},
    "munder": {"accentunder"},
    "munderover": {"accent", "accentunder"},
    "ol": {"start", "type"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan", "scope"},
}
_ELEMENTS = _BLOCKS | _LISTS | _HEADINGS | _WORDS | _TABLES | _MATHML | _INDICES | _ATTRIBUTES.keys()


def checked(node: dict[str, Any], file: str) -> dict[str, Any]:
    """Let a node of a notebook's tree through.

    Args:
        node: Pandoc's node.
        file: the notebook's name.

    Returns:
        The node, without what is written for other formats and what Org alone needs.

    Raises:
        DataError: it is raw HTML, an attribute, a link or a formula that a page does not take.
    """
    match node:
        case {"t": "RawInline" | "RawBlock", "c": [form, text]} if _FOR_PAGES.match(form.lower()):
            raise DataError(f"{file}: {_short(text)} is raw HTML, which no page takes; write it in Org's own markup")
        case {"t": "RawInline", "c": ["latex", tex]}:
            raise DataError(
                f"{file}: {_short(tex)} is LaTeX outside a formula, which no page shows; put it between \\( and \\), "
                "or leave it out"
            )
        case {"t": "RawInline" | "RawBlock" as kind}:
            return {"t": kind, "c": ["org", ""]}
        case {"t": "Link", "c": [attr, words, [target, title]]}:
            if words == [{"t": "Str", "c": target}] and not _is_allowed(target):
                return words[0]  # words with a colon, which Pandoc took for an address
            if not _is_allowed(target):
                raise DataError(
                    f"{file}: a link goes to {_short(target)}; write an address that begins with https:, http: or "
                    "mailto:, a file in the notebook's folder, or # and a heading's id"
                )
            return {"t": "Link", "c": [_attributes(attr, node, file), words, [target, title]]}
        case {"t": "Math", "c": [_, tex]} if re.search(r"(?<!\\)(\\\\)*\$", tex):
            raise DataError(f"{file}: the formula {_short(tex)} has a $ in it; write \\$, or end the \\text before it")
        case {"t": "Figure" | "Table" | "Image" | "Div" | "Header" | "Span" | "Code" as kind, "c": content}:
            at = 1 if kind == "Header" else 0
            return {"t": kind, "c": [*content[:at], _attributes(content[at], node, file), *content[at + 1 :]]}
        case {"t": "CodeBlock", "c": [[id, [], _], text]}:
            return {"t": "CodeBlock", "c": [[id, [], []], text]}
    return node


def _attributes(attr: list[Any], node: dict[str, Any], file: str) -> list[Any]:
    id, classes, values = attr
    if re.search(r"[\s\"'<>&`]", id):
        raise DataError(f"{file}: the id {_short(id)} has a space or a mark in it; write letters, digits and -")
    if node["t"] in ("Header", "Code"):
        return [id, classes, []]
    if node["t"] == "Span":
        return [id, classes, [pair for pair in values if pair[0] == "target"]]
    for name, value in values:
        if node["t"] == "Div" and name == "parameters":
            continue
        if name not in _SHOWN:
            raise DataError(
                f"{file}: the attribute :{name} does not go onto a page; what does is :alt, :title, :width and :height"
            )
        if name in ("width", "height") and not re.fullmatch(r"\d+(px)?", value):
            raise DataError(f"{file}: the {name} {_short(value)} is no number of pixels, such as 300")
    return attr


def _is_allowed(target: str) -> bool:
    nearby = _NEARBY.fullmatch(target.removeprefix("file:"))
    return bool(_WEB.fullmatch(target) or (nearby and is_within(nearby["path"])))


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 60 else f"{line[:60]} ..."


def clean(html: str) -> str:
    """Let through the elements and attributes of a page, and links by https, http, mailto and to files nearby.

    >>> clean('<p onclick="go()">A <a href="javascript:go()">link</a>.</p><script>go()</script>')
    '<p>A <a>link</a>.</p>'
    """
    return nh3.clean(
        html,
        tags=_ELEMENTS,
        attributes={"*": _EVERYWHERE, **_ATTRIBUTES},
        url_schemes={"http", "https", "mailto"},
        link_rel=None,
    )


def twofold_ids(html: str) -> list[str]:
    """The ids that a page has more than once: a link or a script would find another place than is meant.

    >>> twofold_ids('<h2 id="loss">Loss</h2><p>The id="loss".</p><p id="loss">Small.</p>')
    ['loss']
    """
    reader = _Ids()
    reader.feed(html)
    reader.close()
    return [id for id, count in reader.ids.items() if count > 1]


class _Ids(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.ids: Counter[str] = Counter()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.ids.update(value for name, value in attrs if name == "id" and value)
