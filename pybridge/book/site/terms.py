"""The glossary in the book: its page, and a link where a chapter first uses a term."""

from __future__ import annotations

import re

from pybridge import glossary

__all__ = ["anchor", "link_terms", "terms_of"]

_PIECES = re.compile(r"(<[^>]*>)")
_ELEMENT = re.compile(r"<(/?)([a-z0-9]+)")
_WITHOUT_LINKS = {
    "a",
    "button",
    "code",
    "figure",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "math",
    "pre",
    "samp",
    "summary",
    "th",
}
_EVERYDAY = {"category", "depth", "encoding", "example", "fitting", "instance", "learning", "target"}
_NUMBER = {"ch01": 1, "ch02": 2, "ch03": 3, "road": 4}


def anchor(term: str) -> str:
    """The id of a term on a page.

    >>> anchor("element-wise operation")
    'term-element-wise-operation'
    """
    return "term-" + re.sub(r"[^a-z0-9]+", "-", term.lower())


def terms_of(chapter: str) -> list[str]:
    """The terms that a chapter may link: its own where the glossary says, all of them in any other."""
    return glossary.terms(_NUMBER.get(chapter))


def link_terms(html: str, terms: list[str]) -> tuple[str, list[str]]:
    """Link the first use of each term in the prose of a page to the glossary.

    Args:
        html: the page's text.
        terms: the terms to link, each also with a plural s and under its synonyms, unless those are everyday words.

    Returns:
        The text with its links, and the terms that it uses.

    >>> link_terms("<h2>Tensors</h2><p>Tensors hold numbers.</p>", ["tensor"])[0]
    '<h2>Tensors</h2><p><a class="term" id="term-tensor" href="glossary.html#term-tensor">Tensors</a> hold numbers.</p>'
    """
    names = {
        name.lower(): term
        for term in terms
        for name in (term, *glossary.define(term)["synonyms"])
        if name not in _EVERYDAY
    }
    longest_first = sorted(names, key=len, reverse=True)
    spelled = "|".join(re.escape(name).replace(r"\ ", r"\s+") for name in longest_first)
    pattern = re.compile(rf"(?<![\w-])({spelled})(s|es)?(?![\w-])", re.IGNORECASE)
    used: list[str] = []

    def link(found: re.Match[str]) -> str:
        term = names[re.sub(r"\s+", " ", found[1]).lower()]
        if term in used:
            return found[0]
        used.append(term)
        return f'<a class="term" id="{anchor(term)}" href="glossary.html#{anchor(term)}">{found[0]}</a>'

    pieces, inside = _PIECES.split(html), 0
    for i, piece in enumerate(pieces):
        element = _ELEMENT.match(piece)
        if element and element[2] in _WITHOUT_LINKS:
            inside += -1 if element[1] else 1
        elif not element and not inside:
            pieces[i] = pattern.sub(link, piece)
    return "".join(pieces), used
