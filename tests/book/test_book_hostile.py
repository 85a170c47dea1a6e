"""Whatever a notebook has in it, its page does nothing but what the site's own scripts do."""

from __future__ import annotations

import json
from base64 import b64decode
from pathlib import Path

import pytest
from chromium import chromium, listen
from hostile import ACTIVE, PAYLOADS, PLACES, PWN, active, markdown_as_html
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from pybridge.book.site import build
from pybridge.errors import DataError

DOT = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
SYNTAX = [
    *"<>\"'&;:/\\#*=|[]{}()$@%^_+-~,. \n\u2028",
    "html:",
    "javascript:",
    "onerror=",
    "#+",
    "begin_",
    "@@",
    "file:",
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("hostile")
    (folder / "dot.png").write_bytes(b64decode(DOT))
    return folder


def written(folder: Path, pieces: list[str], name: str = "hostile") -> Path:
    path = folder / f"{name}.org"
    path.write_text("\n\n".join(pieces) + "\n", encoding="utf-8")
    return path


def filled(place: str, payload: str) -> str:
    return place.replace("{}", "\x00").replace("{{", "{").replace("}}", "}").replace("\x00", payload)


def places_of(payload: str) -> list[str]:
    one_line = " ".join(payload.split())
    return [filled(place, one_line.replace("|", "")) for place in PLACES.values()]


payloads = st.sampled_from(PAYLOADS) | st.lists(st.sampled_from([*SYNTAX, PWN]), max_size=12).map("".join)
places = st.sampled_from([*PLACES.values(), *ACTIVE.values()])


@given(st.lists(st.builds(filled, places, payloads), min_size=1, max_size=3))
@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
def test_a_hostile_notebook_is_refused_or_does_nothing(folder, pieces):
    try:
        site = build(folder / "site", [written(folder, pieces)]).parent
    except DataError as error:
        event(f"refused: {str(error)[:30]}")
        return
    event("built")
    for page in ("hostile", "index"):
        assert active((site / f"{page}.html").read_text(encoding="utf-8")) == []
    assert active(markdown_as_html(site / "hostile.ipynb")) == []
    index = (site / "static" / "search-index.js").read_text(encoding="utf-8")
    assert json.loads(index.removeprefix("const SEARCH_INDEX = ").removesuffix(";\n"))


def test_a_browser_shows_hostile_text_as_text(folder):
    notebooks = [written(folder, places_of(payload), f"text-{n}") for n, payload in enumerate(PAYLOADS)]
    site = build(folder / "pages", notebooks).parent
    with chromium() as browser:
        context = browser.new_context()
        wrong = listen(context, site.as_uri())
        page = context.new_page()
        for notebook, payload in zip(notebooks, PAYLOADS, strict=True):
            page.goto(f"{site.as_uri()}/{notebook.stem}.html")
            assert active(page.content()) == []
            assert active((site / f"{notebook.stem}.html").read_text(encoding="utf-8")) == []
            assert active(markdown_as_html(site / f"{notebook.stem}.ipynb")) == []
            shown = page.evaluate("[...document.querySelectorAll('pre code')].map(code => code.textContent.trim())")
            assert " ".join(payload.split()).replace("|", "") in shown
            page.evaluate("document.querySelectorAll('*').forEach(x => x.dispatchEvent(new Event('mouseover')))")
            with page.expect_event("requestfinished", lambda request: request.url.endswith("/search-index.js")):
                page.keyboard.press("/")
            page.keyboard.type(payload.split()[0][:12])
            page.evaluate("document.querySelectorAll('details').forEach(x => { x.open = true; })")
            assert page.evaluate("window.pwned") is None
        context.close()
    assert wrong == []
