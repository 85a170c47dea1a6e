"""Links of a notebook to headings: they go to the id that the page has, or the book is not built."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from pybridge.book import site
from pybridge.errors import DataError

OTHER = """#+title: Other

* First Heading
* Twice, & the =same=?
* Ünder
* Twice, & the =same=?
:PROPERTIES:
:CUSTOM_ID: Mine_2
:END:
** Solution
"""


class Page(HTMLParser):
    def __init__(self, html: str) -> None:
        super().__init__()
        self.ids: dict[str, str] = {}
        self.hrefs: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        self.ids |= {found["id"]: tag} if found.get("id") else {}
        self.hrefs += [found["href"]] if tag == "a" and found.get("href") else []


def built(folder: Path, org: str) -> tuple[Page, Page]:
    """The page of a notebook and of the one beside it."""
    (folder / "chapter.org").write_text(org, encoding="utf-8")
    (folder / "other.org").write_text(OTHER, encoding="utf-8")
    made = site.build(folder / "site", [folder / "chapter.org", folder / "other.org"]).parent
    return Page((made / "chapter.html").read_text("utf-8")), Page((made / "other.html").read_text("utf-8"))


@pytest.mark.parametrize(
    ("link", "id"),
    [
        ("file:other.org::*First Heading", "first-heading"),
        ("file:other.org::*Twice, & the same?", "twice-the-same"),
        ("file:other.org::*Ünder", "ünder"),
        ("file:other.org::#Mine_2", "Mine_2"),
        ("file:other.org::*Solution", "solution"),
        ("other.org::*First Heading", "first-heading"),
    ],
)
def test_a_link_to_a_heading_of_another_notebook(tmp_path, link, id):
    page, other = built(tmp_path, f"See [[{link}][there]].\n")
    assert f"other.html#{id}" in page.hrefs
    assert other.ids[id] in ("h2", "h3", "details")


def test_a_link_to_another_notebook_and_to_an_id_of_its_own(tmp_path):
    page, _ = built(tmp_path, "* A b\n:PROPERTIES:\n:CUSTOM_ID: Own\n:END:\n[[file:other.org][o]], [[#Own][p]]\n")
    assert {"other.html", "#Own"} <= set(page.hrefs)
    assert "Own" in page.ids


def test_a_link_to_a_mark(tmp_path):
    page, _ = built(tmp_path, "* A b\nSome <<place>> here, and a link to [[place]].\n")
    assert "#place" in page.hrefs
    assert "place" in page.ids


@pytest.mark.parametrize(
    ("link", "says"),
    [
        ("file:other.org::*Nowhere", "the heading 'Nowhere' of other.org, and there is none"),
        ("file:other.org::*first heading", "the heading 'first heading' of other.org, and there is none"),
        ("file:other.org::#nope", "the mark or :CUSTOM_ID: 'nope' of other.org, and there is none"),
        ("#nope", "the mark or :CUSTOM_ID: 'nope', and there is none"),
        ("file:third.org", "third.org, which is no notebook of this book; add it, or take the link out"),
        (
            "file:third.org::*First Heading",
            "third.org, which is no notebook of this book; add it, or take the link out",
        ),
    ],
)
def test_a_link_to_nothing_is_refused(tmp_path, link, says):
    with pytest.raises(DataError, match=rf"^chapter\.org: a link goes to {re.escape(says)}$"):
        built(tmp_path, f"See [[{link}][there]].\n")
    assert not (tmp_path / "site").exists()
