"""The tips of symbols in formulas, in Chromium: which symbols have one, what it says, how it opens and closes."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest
from chromium import chromium, opening
from playwright.sync_api import Page, expect

from pybridge.book.site import build

MINUS = "\N{MINUS SIGN}"

CHAPTER = r"""#+title: Averages
#+chapter: road

Nothing is known of \(v\) here.

* Averages that forget

\begin{align} v_t &= \beta v_{t-1} + (1 - \beta) x_t^2 & g &= \nabla f(w) & u &= f'(v) \end{align}

- What is kept, \(\beta v_{t-1}\).

| symbol           | in the code    | shape | value  |
|------------------+----------------+-------+--------|
| \(x_t\)          | =x=            | ()    | 3      |
| \(v_{t-1}\)      | =v=            | (2)   |        |
| \(\beta\)        | =0.9=          | ()    | 0.9    |
| \(1 - \beta\)    | =0.1=          | ()    | 0.1    |
| \(\nabla f(w)\)  | =slope(w)=     | ()    | 4      |
| \(w\)            | =w=            | ()    | 5      |
| \(f, h\)         | functions      |       |        |
| \(v\)            | =last=         | ()    | 7      |

After the table \(\beta\) has the same tip.

\begin{align} \beta &= w \end{align}

| symbol    | in the code | shape |
|-----------+-------------+-------|
| \(\beta\) | =0.5=       | ()    |

* No table

\begin{align} \beta &= 1 \end{align}

| symbol    | shape |
|-----------+-------|
| \(\beta\) | ()    |
"""


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("book")
    file = folder / "04-averages.org"
    file.write_text(CHAPTER, encoding="utf-8")
    return build(folder / "site", [file]).parent


@pytest.fixture(scope="module")
def browser():
    with chromium() as browser:
        yield browser


@pytest.fixture
def open_page(browser, site):
    """Open the page; at the end, nothing may have gone wrong on it."""
    with opening(browser, site.as_uri()) as open_any:
        yield partial(open_any, "04-averages.html")


def symbols(page: Page, formula: int) -> list[str]:
    """The symbols with a tip in one of the formulas outside tables."""
    return page.evaluate(
        "at => [...[...document.querySelectorAll('main math')].filter(math => !math.closest('table'))[at]"
        ".querySelectorAll('.symbol')].map(symbol => symbol.textContent.trim())",
        formula,
    )


def test_the_symbols_of_the_table_are_found_in_formulas_under_the_same_heading(open_page):
    page = open_page()
    found = [symbols(page, formula) for formula in range(6)]
    # f' is not f; x_t is found under its square, and v in v_t, which the table does not have.
    assert found == [
        [],
        ["v", "β", f"vt{MINUS}1", f"1{MINUS}β", "β", "xt2", "∇f(w)", "f", "w", "v"],
        ["β", f"vt{MINUS}1"],
        ["β"],
        ["β", "w"],
        [],
    ]


def test_a_tip_opens_under_the_pointer_and_says_what_the_table_says(open_page):
    page = open_page()
    tip = page.get_by_role("tooltip")
    formula = page.locator("math[display=block]").first
    formula.locator(".symbol", has_text="β").first.hover()
    expect(tip).to_have_text("βin the code: 0.9shape: ()value: 0.9")
    expect(formula).to_have_attribute("aria-describedby", tip.get_attribute("id"))
    formula.locator("msub.symbol").last.hover(position={"x": 2, "y": 6})
    expect(tip).to_have_text(f"vt{MINUS}1in the code: vshape: (2)")
    tip.hover()
    page.wait_for_timeout(400)
    expect(tip).to_be_visible()
    page.locator("h1").hover()
    expect(tip).to_be_hidden()
    expect(formula).not_to_have_attribute("aria-describedby", "page-symbol")


def test_the_table_that_follows_a_formula_is_its_own(open_page):
    page = open_page()
    page.locator("math[display=block]").nth(1).locator(".symbol").first.hover()
    expect(page.get_by_role("tooltip")).to_contain_text("0.5")


def test_a_tip_closes_by_escape(open_page):
    page = open_page()
    page.locator("math[display=block] .symbol").first.hover()
    expect(page.get_by_role("tooltip")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("tooltip")).to_be_hidden()


def test_by_keyboard_a_formula_is_one_stop_and_arrows_go_through_its_symbols(open_page):
    page = open_page()
    tip, said = page.get_by_role("tooltip"), page.locator("#page-said")
    formulas = page.locator("math[tabindex='0']")
    expect(formulas).to_have_count(2)
    formulas.first.evaluate("math => math.parentElement.before(document.createElement('input'))")
    page.locator("main input").focus()
    page.keyboard.press("Tab")
    expect(formulas.first).to_be_focused()
    expect(tip).to_contain_text("in the code: last")
    page.keyboard.press("ArrowRight")
    expect(tip).to_contain_text("in the code: 0.9")
    page.keyboard.press("ArrowRight")
    expect(said).to_have_text(f"vt{MINUS}1, in the code: v, shape: (2)")
    for _ in range(3):
        page.keyboard.press("ArrowLeft")
    expect(tip).to_contain_text("in the code: last")
    page.keyboard.press("Escape")
    expect(tip).to_be_hidden()
    page.keyboard.press("ArrowRight")
    expect(tip).to_be_visible()
    page.keyboard.press("Tab")
    expect(formulas.nth(1)).to_be_focused()
    expect(tip).to_contain_text("in the code: 0.5")


def test_a_tap_opens_a_tip_and_another_one_closes_it(open_page):
    page = open_page(has_touch=True, viewport={"width": 390, "height": 800})
    page.locator("math[display=block] .symbol", has_text="β").first.tap()
    tip = page.get_by_role("tooltip")
    expect(tip).to_contain_text("0.9")
    box = tip.bounding_box()
    assert box["x"] >= 0 and box["x"] + box["width"] <= 390
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    page.locator("h1").tap()
    expect(tip).to_be_hidden()


def test_on_paper_there_is_no_tip(open_page):
    page = open_page()
    page.locator("math[display=block] .symbol").first.hover()
    page.emulate_media(media="print")
    expect(page.locator("#page-symbol")).to_be_hidden()
