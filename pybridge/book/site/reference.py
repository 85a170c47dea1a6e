"""The pages of the API reference: one that lists every name, and one for each subject."""

from __future__ import annotations

from pybridge.book.reference import Subject, read_reference
from pybridge.book.site.page import Page

__all__ = ["reference_pages"]

TITLE = "API reference"
SUMMARY = (
    "Every public name in both languages: how it is called, what it takes, returns and raises, and an example that ran."
)


def reference_pages() -> list[Page]:
    """The page of all names, reference.html, then reference-tensors.html and so on."""
    subjects = list(read_reference())
    return [
        Page("reference.html", TITLE, "reference.html", SUMMARY, {"subjects": subjects}, within="reference.html"),
        *(
            Page(
                page_of(subject),
                f"pybridge.{subject.name}",
                "subject.html",
                _first(subject.purpose),
                {"subject": subject},
                within="reference.html",
            )
            for subject in subjects
        ),
    ]


def page_of(subject: Subject) -> str:
    """The name of a subject's file."""
    return f"reference-{subject.name}.html"


def _first(purpose: str) -> str:
    return " ".join(purpose.split())
