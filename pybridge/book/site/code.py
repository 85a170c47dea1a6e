"""Code and prose as HTML: the colors of tokens as classes, `code` in docstrings."""

from __future__ import annotations

import itertools
import re

import markupsafe
from pygments.lexers import get_lexer_by_name
from pygments.token import STANDARD_TYPES
from pygments.util import ClassNotFound

__all__ = ["code", "prose"]

# Pygments' short names of the tokens that the style sheet colors. No other token is marked: pages stay small.
_COLORED = {
    *("k", "kc", "kd", "kn", "kr", "kt", "ow", "nt"),
    *("m", "mf", "mh", "mi", "il"),
    *("s", "s1", "s2", "sa", "sd", "se", "si", "ss"),
    *("nf", "nc", "nd", "fm"),
    *("c", "c1", "ch", "cm", "gp", "go"),
}


def code(text: str, language: str) -> markupsafe.Markup:
    """Code with a span around each colored piece.

    Args:
        text: the code.
        language: as Pygments calls it; code of a language that it does not know stays plain.

    >>> code("x = None", "python")
    Markup('x = <span class="kc">None</span>')
    """
    try:
        lexer = get_lexer_by_name(language, stripnl=False)
    except ClassNotFound:
        return markupsafe.escape(text)
    html = ""
    for name, pieces in itertools.groupby(lexer.get_tokens(text), lambda token: STANDARD_TYPES.get(token[0], "")):
        piece = str(markupsafe.escape("".join(words for _, words in pieces)))
        html += f'<span class="{name}">{piece}</span>' if name in _COLORED else piece
    return markupsafe.Markup(re.sub(r"\n+(</span>)?$", r"\1", html))


def prose(text: str) -> markupsafe.Markup:
    """Paragraphs of a docstring, with `code` in them.

    >>> prose("Take `x`.")
    Markup('<p>Take <code>x</code>.</p>')
    """
    escaped = str(markupsafe.escape(text))
    with_code = re.sub(r"`([^`]+)`", r"<code>\1</code>", escaped)
    return markupsafe.Markup("".join(f"<p>{paragraph}</p>" for paragraph in re.split(r"\n\s*\n", with_code)))
