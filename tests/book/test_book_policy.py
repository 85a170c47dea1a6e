"""A page works under its policy, from disk and from a server, and asks for nothing but the site's own files."""

from __future__ import annotations

import functools
import re
import threading
from html.parser import HTMLParser
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from chromium import chromium, listen
from hostile import active
from playwright.sync_api import expect

from pybridge import plot
from pybridge.book.site import build

OWN = ["Search", "Query", "Results", "Found", "Theme", "Menu", "Find", "Contents", "Main", "Keys", "Shortcuts", "Said"]
NOTEBOOK = """#+title: </script> proto "quoted" \u2028 title

#+begin_src python
f(1)
#+end_src

#+RESULTS:
: <b>1</b>

\\begin{align} y &= \\frac{1}{2} & x &= 1 \\end{align}

| a | <r> |
|---+-----|
|   | <r> |
| 1 | 2   |

[[file:dot.svg]]

""" + "\n".join(f"* {name}\nWords." for name in OWN)


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("policy")
    plot.save(plot.heatmap([[1, 2], [3, 4]]), str(folder / "dot.svg"))
    (folder / "mine.org").write_text(NOTEBOOK, encoding="utf-8")
    return build(folder / "site", [folder / "mine.org"]).parent


@pytest.fixture(scope="module")
def browser():
    with chromium() as browser:
        yield browser


@pytest.fixture(params=["disk", "server"])
def address(request, site):
    if request.param == "disk":
        yield site.as_uri()
        return
    with ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=site)) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_every_page_works_and_asks_for_nothing_else(browser, site, address):
    context = browser.new_context(java_script_enabled=True)
    wrong = listen(context, address)
    page = context.new_page()
    for file in sorted(site.glob("*.html")):
        page.goto(f"{address}/{file.name}", wait_until="load")
        expect(page.locator("html")).to_have_class("scripted")
        assert all(page.evaluate("[...document.images].map(image => image.naturalWidth > 0)"))
    page.goto(f"{address}/mine.html")
    page.get_by_role("button", name="Search").click()
    page.keyboard.type("proto")
    expect(page.locator("#page-results li strong").first).to_have_text(re.compile(r'^</script> proto "quoted"'))
    page.keyboard.press("Enter")
    expect(page.locator("dialog")).to_be_hidden()
    page.get_by_role("radio", name="Clojure").check()
    expect(page.locator("html")).to_have_attribute("data-lang", "clojure")
    page.get_by_role("button", name="Dark").click()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    page.goto(f"{address}/mine.html#%")
    expect(page.locator("html")).to_have_class("scripted")
    widths = "[...document.querySelectorAll('.blocks')].map(x => getComputedStyle(x).getPropertyValue('--longest'))"
    assert page.evaluate(widths) == ["4"]
    aligned = (
        "[...document.querySelectorAll('td.align-right, mtd.align-right')].map(x => getComputedStyle(x).textAlign)"
    )
    assert set(page.evaluate(aligned)) == {"right"}
    context.close()
    assert wrong == []


def test_the_policy_stops_what_a_page_may_not_do(browser, site):
    context = browser.new_context()
    page = context.new_page()
    refused: list[str] = []
    context.on("console", lambda message: refused.append(message.text))
    page.goto(f"{site.as_uri()}/mine.html")
    page.evaluate(
        """() => {
            const add = (html) => document.body.append(document.createRange().createContextualFragment(html));
            add('<script>window.pwned = 1</script>');
            add('<button id="trap" onclick="window.pwned = 2">x</button>');
            add('<p style="color: red" id="red">x</p>');
            document.getElementById('trap').click();
        }"""
    )
    assert page.evaluate("window.pwned") is None
    assert page.evaluate("getComputedStyle(document.getElementById('red')).color") != "rgb(255, 0, 0)"
    context.close()
    assert len(refused) >= 3 and all("Content Security Policy" in text for text in refused)


class Policies(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.seen: list[tuple[str, str]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        self.seen.append((tag, values.get("content", "") if "http-equiv" in values else ""))


def test_every_page_has_the_policy_before_anything_it_loads(site):
    for file in site.glob("*.html"):
        html = file.read_text(encoding="utf-8")
        reader = Policies()
        reader.feed(html)
        before = [tag for tag, _ in reader.seen[: reader.seen.index(("link", ""))]]
        policy = next(content for _, content in reader.seen if content)
        assert before == ["html", "head", "meta", "meta", "meta", "title", "meta"], before
        rules = dict(rule.split(" ", 1) for rule in policy.split("; "))
        assert rules == {
            "default-src": "'none'",
            "script-src": "'self'",
            "style-src": "'self'",
            "font-src": "'self'",
            "img-src": "'self' data:",
            "object-src": "'none'",
            "base-uri": "'none'",
            "form-action": "'none'",
        }
        assert active(html) == []


def test_no_script_of_the_site_writes_html(site):
    for file in (site / "static").glob("*.js"):
        if file.name != "search-index.js":
            text = file.read_text(encoding="utf-8")
            assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b|new Function", text)
