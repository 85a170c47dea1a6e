"""Formulas as browsers draw them well: MathML from Pandoc with the spaces and accents that it leaves to the browser."""

from __future__ import annotations

import re

__all__ = ["mend_formulas"]

# A combining accent is drawn beside its letter in a font that is not made for formulas; the spacing one is above it.
_ACCENTS = str.maketrans({"\u0302": "\u02c6", "\u0303": "\u02dc", "\u0307": "\u02d9", "\u0308": "\u00a8"})
_ACCENT = re.compile(r'<mo accent="true">(.)</mo>')
_FUNCTION = re.compile(
    r"(?P<before></(?:mi|mn|mover|mrow|msub|msubsup|msup)>)?"
    r'<mrow>(?P<name><mi mathvariant="normal">\w+</mi><mo>&#8289;</mo>)</mrow>'
    r'(?P<bracket><mo stretchy="false" form="prefix">)?'
)
_STYLE = re.compile(r'style="text-align: (left|right|center)(; padding-(?:left|right): 0)?;?"')
# The prime of a font stands high by itself; as an exponent it would be tiny and higher still.
_PRIME = re.compile(r"<msup>(<(m[io])\b[^>]*>[^<]*</\2>)<mo>\u2032</mo></msup>")
# A browser gives the size of \bigl( to a bracket, and not to one that has an exponent.
_SIZED = re.compile(r"(<msub>|<msup>|<msubsup>)(<mo minsize=[^>]*>[^<]*</mo>)")
_SPACE = '<mspace width="0.17em"></mspace>'


def mend_formulas(html: str) -> str:
    """Put the space of printed formulas around the name of a function, and accents, primes and exponents in place.

    What a cell is aligned by is a class, because a page's policy allows no style in it.

    >>> mend_formulas('<mo accent="true">‾</mo>')
    '<mo accent="true" stretchy="false">‾</mo>'
    """
    html = _STYLE.sub(lambda found: f'class="align-{found[1]}{" flush" if found[2] else ""}"', html)
    html = _ACCENT.sub(lambda found: f'<mo accent="true" stretchy="false">{found[1].translate(_ACCENTS)}</mo>', html)
    html = _PRIME.sub('<mrow>\\1<mo form="postfix" lspace="0em" rspace="0em">\u2032</mo></mrow>', html)
    html = _SIZED.sub(r"\1<mrow><mi></mi>\2</mrow>", html)
    return _FUNCTION.sub(_spaced, html)


def _spaced(found: re.Match[str]) -> str:
    before = f"{found['before']}{_SPACE}" if found["before"] else ""
    after = found["bracket"] or _SPACE
    return f"{before}<mrow>{found['name']}</mrow>{after}"
