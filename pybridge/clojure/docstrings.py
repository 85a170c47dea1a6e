"""A Python docstring as the docstring of its Clojure function: the same sections, Clojure's names."""

from __future__ import annotations

import inspect
import re
import textwrap
from collections.abc import Iterable

from pybridge._names import kebab

__all__ = ["for_clojure", "sections"]

_SECTION = re.compile(r"^(Args|Returns|Raises|Source|Attributes|Yields):\s*(.*)$")
_WORDS = {"None": "nil", "True": "true", "False": "false"}


def sections(docstring: str) -> dict[str, str]:
    """The parts of a Google-style docstring: "" is what comes before the first section; examples are left out.

    >>> sections("Add.\\n\\nArgs:\\n    x: a number.\\n\\n>>> 1")
    {'': 'Add.', 'Args': 'x: a number.'}
    """
    parts: dict[str, list[str]] = {"": []}
    current = ""
    for line in inspect.cleandoc(docstring).splitlines():
        if line.startswith(">>>"):
            break
        found = _SECTION.match(line)
        if found:
            current = found[1]
            parts[current] = [found[2]] if found[2] else []
        else:
            if line and not line.startswith(" ") and current != "Source":
                current = ""
            parts[current].append(line)
    return {name: textwrap.dedent("\n".join(lines)).strip() for name, lines in parts.items() if "".join(lines).strip()}


def entries(section: str) -> list[str]:
    """The entries of an Args or Raises section, each on one line."""
    joined: list[str] = []
    for line in section.splitlines():
        if line.startswith(" ") and joined:
            joined[-1] += " " + line.strip()
        elif line.strip():
            joined.append(line.strip())
    return joined


def for_clojure(docstring: str, parameters: Iterable[str]) -> str:
    """The docstring of the Clojure function, its lines wrapped and indented by two."""
    parts = sections(docstring)
    names = {name: kebab(name) for name in parameters}
    blocks = [_paragraphs(parts.get("", ""))]
    details = [
        re.sub(r"^\*{0,2}(\w+)", lambda found: names.get(found[1], found[1]), entry)
        for entry in entries(parts.get("Args", ""))
    ]
    if "Returns" in parts:
        text = " ".join(parts["Returns"].split())
        details.append("Returns " + (text[:1].lower() + text[1:] if re.match(r"[A-Z][a-z ]", text) else text))
    details += ["Throws " + entry for entry in entries(parts.get("Raises", ""))]
    if "Source" in parts:
        details.append("Source: " + " ".join(parts["Source"].split()))
    blocks.append("\n".join(_wrap(detail, hanging="  ") for detail in details))
    text = "\n\n".join(block for block in blocks if block)
    return _clojure_words(text, names).replace("\n", "\n  ").replace("\n  \n", "\n\n")


def _paragraphs(text: str) -> str:
    return "\n\n".join(
        paragraph if paragraph.startswith(" ") or "\n " in paragraph else _wrap(paragraph)
        for paragraph in re.split(r"\n\s*\n", text)
    )


def _wrap(text: str, hanging: str = "") -> str:
    return textwrap.fill(
        " ".join(text.split()), 116, subsequent_indent=hanging, break_long_words=False, break_on_hyphens=False
    )


def _clojure_words(text: str, names: dict[str, str]) -> str:
    def inside(found: re.Match) -> str:
        return (
            "`" + re.sub(r"[A-Za-z_]\w*", lambda word: names.get(word[0], _WORDS.get(word[0], word[0])), found[1]) + "`"
        )

    text = re.sub(r"`([^`\n]+)`", inside, text)
    return re.sub(r"\b(None|True|False)\b", lambda found: _WORDS[found[0]], text)
