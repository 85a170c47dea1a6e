"""A Python docstring as the docstring of its Clojure function: the same sections, in Clojure's names and words."""

from __future__ import annotations

import ast
import inspect
import re
import textwrap
from collections.abc import Callable, Sequence

from pybridge._names import kebab
from pybridge.clojure.forms import Untranslated, flat
from pybridge.clojure.reading import Reader
from pybridge.clojure.vocabulary import Vocabulary

__all__ = ["Speech", "entries", "for_clojure", "sections"]

_SECTION = re.compile(r"^(Args|Returns|Raises|Source|Attributes|Yields):\s*(.*)$")
_VALUES = {"None": "nil", "True": "true", "False": "false"}
_WORDS = {
    **_VALUES,
    "dict": "map",
    "dicts": "maps",
    "list": "vector",
    "lists": "vectors",
    "tuple": "vector",
    "tuples": "vectors",
    "str": "string",
    "raises": "throws",
    "val_": "val-",
    "snake_case": "kebab-case",
    "nan": "NaN",
}
_GLUE = "\ue000"
_PHRASES = {"Python's operators": "the operators of `pybridge.ops`", "this module": "this namespace"}

_NAME = r"[a-z]\w*"
_PAIR = rf"\({_NAME}, {_NAME}\)"
# Code, what is quoted, a shape as mathematics writes it, a list, a tuple of names, and a word.
_TOKEN = re.compile(
    r'`(?P<code>[^`\n]+)`|"(?P<quoted>[^"\n]*)"'
    r"|(?P<shape>\bshapes? \((?!an? )[^)]*\)(?:(?:,|,? or|,? and) \([^)]*\))*)"
    r"|(?<!in )(?<!from )(?P<vector>\[[\w., -]+\]|\[\[[\w., -]+\](?:, \[[\w., -]+\])*\])"
    rf"|(?<!\w)(?P<record>\((?:{_NAME}|{_PAIR})(?:, (?:{_NAME}|{_PAIR}))+\))"
    r"|(?P<word>\b[A-Za-z]\w*\b)"
)


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


def for_clojure(docstring: str, speech: Speech, examples: Sequence[str] = ()) -> str:
    """The docstring of the Clojure function, its lines wrapped and indented by two."""
    parts = sections(docstring)
    blocks = [_paragraphs(parts.get("", ""), speech)]
    details = [_argument(entry, speech) for entry in entries(parts.get("Args", ""))]
    if "Returns" in parts:
        text = " ".join(parts["Returns"].split())
        details.append(
            "Returns " + speech.said(text[:1].lower() + text[1:] if re.match(r"[A-Z][a-z ]", text) else text)
        )
    details += ["Throws " + speech.said(entry) for entry in entries(parts.get("Raises", ""))]
    if "Source" in parts:
        details.append("Source: " + " ".join(parts["Source"].split()))
    blocks.append("\n".join(_wrap(detail, hanging="  ") for detail in details))
    text = "\n\n".join(block for block in [*blocks, *examples] if block)
    return text.replace(_GLUE, " ").replace("\n", "\n  ").replace("\n  \n", "\n\n")


def _argument(entry: str, speech: Speech) -> str:
    name, colon, text = entry.partition(": ")
    return kebab(name.lstrip("*")) + colon + speech.said(text)


def _paragraphs(text: str, speech: Speech) -> str:
    return "\n\n".join(
        speech.said(paragraph) if paragraph.startswith(" ") or "\n " in paragraph else _wrap(speech.said(paragraph))
        for paragraph in re.split(r"\n\s*\n", text)
    )


def _wrap(text: str, hanging: str = "") -> str:
    return textwrap.fill(
        " ".join(text.split()), 116, subsequent_indent=hanging, break_long_words=False, break_on_hyphens=False
    )


class Speech:
    """How a Clojure programmer says what the docstring of one function says."""

    def __init__(self, vocabulary: Vocabulary, subject: str, parameters: Sequence[inspect.Parameter] = ()):
        self._vocabulary = vocabulary
        self._subject = subject
        self._names = {p.name: (":" if p.default is not p.empty else "") + kebab(p.name) for p in parameters}

    def say(self, text: str) -> str:
        """Prose in Clojure's words.

        >>> speech = Speech(Vocabulary({}, frozenset({"batch_size"})), "training")
        >>> speech.say('a dict by "val_loss"; `batch_size` or None')
        'a map by :val-loss; `:batch-size` or nil'
        """
        return self.said(text).replace(_GLUE, " ")

    def said(self, text: str) -> str:
        """Prose in Clojure's words, with glue in places where no line may break."""
        for phrase, other in _PHRASES.items():
            text = text.replace(phrase, other)
        return _TOKEN.sub(self._token, " ".join(text.split()) if "\n " not in text else text)

    def _token(self, found: re.Match[str]) -> str:
        say: Callable[[str], str] = getattr(self, f"_{found.lastgroup}")
        return say(found[found.lastgroup or 0])

    def _code(self, text: str) -> str:
        return f"`{self._name(text) or self._expression(text) or text}`"

    def _name(self, text: str) -> str | None:
        """A name in backticks: an argument, a function, an option of another function; None for anything else."""
        if not re.fullmatch(r"[A-Za-z_][\w.]*", text):
            return None
        known = self._names.get(text) or self._vocabulary.function(text, self._subject) or _WORDS.get(text)
        return known or (":" + kebab(text) if text in self._vocabulary.options and text[2:] else text)

    def _expression(self, text: str) -> str | None:
        """A literal in backticks; None for anything else, such as a formula."""
        try:
            node = ast.parse(text, mode="eval").body
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                return self._quoted(node.value)
            reader = Reader(self._vocabulary, self._subject)
            return flat(reader.literal(node)) if isinstance(node, ast.List | ast.Tuple | ast.Dict) else None
        except (SyntaxError, Untranslated):
            return None

    def _quoted(self, text: str) -> str:
        return ":" + kebab(text) if re.fullmatch(r"[a-z]\w*[a-z0-9]", text) else f'"{text}"'

    def _shape(self, text: str) -> str:
        return re.sub(r"\([^)]*\)", lambda found: found[0].replace(" ", _GLUE), text)

    def _vector(self, text: str) -> str:
        return re.sub(r"[A-Za-z]\w*", lambda found: _VALUES.get(found[0]) or kebab(found[0]), text.replace(", ", _GLUE))

    def _record(self, text: str) -> str:
        return self._vector(text.translate(str.maketrans("()", "[]")))

    def _word(self, text: str) -> str:
        if text in _WORDS:
            return _WORDS[text]
        return kebab(text) if re.fullmatch(r"[a-z]{2,}\w*", text) or text in self._names else text
