"""What the reference says of a name: an entry with a half for each language."""

from __future__ import annotations

from dataclasses import dataclass

_ALIASES = {"tensors": "t", "core": "pb"}
_LANGUAGES = ("Python", "Clojure")


def alias(subject: str) -> str:
    """What a subject is called in code."""
    return _ALIASES.get(subject, subject)


@dataclass(frozen=True)
class Half:
    """What one language says of a name.

    Attributes:
        name: as it is written in that language, "losses/mean-squared-error".
        forms: how it is called, one form for each way.
        text: what it is for.
        arguments: pairs of a name and what it takes.
        result: what it returns.
        errors: what it raises, a sentence each.
        example: code with its results, or "".
    """

    name: str
    forms: list[str]
    text: str = ""
    arguments: tuple[tuple[str, str], ...] = ()
    result: str = ""
    errors: tuple[str, ...] = ()
    example: str = ""


@dataclass(frozen=True)
class Entry:
    """A public function, macro, class, method or variable.

    Attributes:
        id: where the page has it, "losses.mean_squared_error".
        names: what a reader may call it, in either language and under the usual aliases.
        python: what Python says of it, None where only Clojure has it.
        clojure: what Clojure says of it, None where only Python has it.
        source: where it comes from, or "".
    """

    id: str
    names: list[str]
    python: Half | None
    clojure: Half | None
    source: str = ""

    @property
    def halves(self) -> dict[str, Half]:
        """What there is, by language."""
        both = {"python": self.python, "clojure": self.clojure}
        return {language: half for language, half in both.items() if half}

    @property
    def told(self) -> list[tuple[Half, str]]:
        """What to tell of it, and under which settings of the switch; once where both languages say the same."""
        said = {language: half for language, half in self.halves.items() if half.text}
        if len(said) == 2:
            python, clojure = said.values()
            if _saying(python) != _saying(clojure):
                return [(python, "python both"), (clojure, "clojure")]
        return [(half, "python clojure both") for half in list(said.values())[:1]]

    @property
    def titles(self) -> list[str]:
        """Its name in each language, once where they are alike but for the sign between."""
        names = [half.name for half in self.halves.values() if half.name not in _LANGUAGES]
        return [name for at, name in enumerate(names) if at == 0 or name.replace("/", ".") != names[0]] or [self.id]

    @property
    def shown(self) -> str:
        """The name alone, as Python spells it where Python has it."""
        return self.id.partition(".")[2]

    @property
    def longest(self) -> int:
        """How many characters the longest line of its examples has."""
        lines = [line for half in self.halves.values() for line in half.example.splitlines()]
        return max(map(len, lines), default=0)


@dataclass(frozen=True)
class Subject:
    """A module of the stable API.

    Attributes:
        name: "tensors".
        purpose: what it is for.
        entries: its names in the API's order.
        setting: what comes before the examples, by language.
    """

    name: str
    purpose: str
    entries: list[Entry]
    setting: dict[str, str]


def _saying(half: Half) -> tuple[object, ...]:
    words = [" ".join(text.split()) for text in (half.text, half.result[:1].lower() + half.result[1:])]
    return *words, half.arguments, half.errors
