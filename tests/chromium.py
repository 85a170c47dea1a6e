"""Chromium, for tests of pages."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Callable, Iterator

from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]


@contextlib.contextmanager
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        path = shutil.which("chromium")
        assert path, "these tests open the site in Chromium: install the package chromium"
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        expect.set_options(timeout=60_000)  # for a machine with much else to do
        yield browser
        browser.close()


def listen(context: BrowserContext, site: str) -> list[str]:
    """What goes wrong on the pages of a context from now on, and what they ask for outside the site."""
    wrong: list[str] = []
    context.set_default_timeout(60_000)

    def outside(url: str) -> bool:
        return not url.startswith((site, "data:"))

    context.on("console", lambda message: message.type in ("error", "warning") and wrong.append(message.text))
    context.on("weberror", lambda error: wrong.append(str(error.error)))
    context.on("requestfailed", lambda request: wrong.append(f"failed: {request.url}"))
    context.on("request", lambda request: outside(request.url) and wrong.append(f"asked for {request.url}"))
    return wrong


@contextlib.contextmanager
def opening(browser: Browser, site: str) -> Iterator[Callable[..., Page]]:
    """Open pages of a site; at the end, nothing may have gone wrong on them and nothing been asked for outside it."""
    contexts, wrong = [], []

    def open_page(name: str, **options) -> Page:
        context = browser.new_context(**options)
        contexts.append(context)
        wrong.append(listen(context, site))
        page = context.new_page()
        page.goto(f"{site}/{name}")
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert [sentence for heard in wrong for sentence in heard] == []
