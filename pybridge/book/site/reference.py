"""The pages of the API reference: one that lists every name, and one for each subject."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pybridge.book.reference import Subject, read_reference

__all__ = ["ReferencePage", "reference_pages"]

TITLE = "API reference"
SUMMARY = (
    "Every public name in both languages: how it is called, what it takes, returns and raises, and an example that ran."
)


@dataclass(frozen=True)
class ReferencePage:
    """A page of the reference.

    Attributes:
        page: the name of its file.
        title: its title.
        template: what lays it out.
        summary: a sentence on it.
        values: what its template takes.
    """

    page: str
    title: str
    template: str
    summary: str
    values: dict[str, Any]


def reference_pages() -> list[ReferencePage]:
    """The page of all names, reference.html, then reference-tensors.html and so on."""
    subjects = list(read_reference())
    return [
        ReferencePage("reference.html", TITLE, "reference.html", SUMMARY, {"subjects": subjects}),
        *(
            ReferencePage(
                page_of(subject),
                f"pybridge.{subject.name}",
                "subject.html",
                _first(subject.purpose),
                {"subject": subject},
            )
            for subject in subjects
        ),
    ]


def page_of(subject: Subject) -> str:
    """The name of a subject's file."""
    return f"reference-{subject.name}.html"


def _first(purpose: str) -> str:
    return " ".join(purpose.split())
