"""Code and prose as HTML: colours by Pygments' classes, `code` in docstrings."""

from __future__ import annotations

import re

import markupsafe
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import get_lexer_by_name
from pygments.util import ClassNotFound

__all__ = ["code", "prose"]

_FORMATTER = HtmlFormatter(nowrap=True)


def code(text: str, language: str) -> markupsafe.Markup:
    """Code with a span for each token.

    Args:
        text: the code.
        language: as Pygments calls it; code of a language that it does not know stays plain.

    >>> code("x", "python")
    Markup('<span class="n">x</span>')
    """
    try:
        lexer = get_lexer_by_name(language, stripnl=False)
    except ClassNotFound:
        return markupsafe.escape(text)
    return markupsafe.Markup(highlight(text, lexer, _FORMATTER).rstrip("\n"))


def prose(text: str) -> markupsafe.Markup:
    """Paragraphs of a docstring, with `code` in them.

    >>> prose("Take `x`.")
    Markup('<p>Take <code>x</code>.</p>')
    """
    escaped = str(markupsafe.escape(text))
    with_code = re.sub(r"`([^`]+)`", r"<code>\1</code>", escaped)
    return markupsafe.Markup("".join(f"<p>{paragraph}</p>" for paragraph in re.split(r"\n\s*\n", with_code)))
