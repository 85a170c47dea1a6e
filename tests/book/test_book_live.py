"""The figures that compute: their numbers are those of the fixtures, and they work by keyboard and without scripts."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from chromium import chromium, opening
from playwright.sync_api import Page, expect
from test_book_site import axe, violations  # noqa: F401 - a fixture is found by its name

from pybridge._places import place
from pybridge.book.fixtures import read_cases
from pybridge.book.site import build

NAMES = ["learning-rate", "descent", "matrix"]
CASES = {case.id: case for case in read_cases(place("fixtures"))}


@pytest.fixture(scope="module")
def live_site(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("live")
    (folder / "page.org").write_text("#+title: A page\n\nFigures.\n", encoding="utf-8")
    page = build(folder / "site", [folder / "page.org"]).parent / "page.html"
    figures = "".join(f'<div class="live" data-live="{name}"><p>Still {name}.</p></div>' for name in NAMES)
    html = page.read_text(encoding="utf-8")
    page.write_text(html.replace("<p>Figures.</p>", figures), encoding="utf-8")
    return page


@pytest.fixture(scope="module")
def window():
    with chromium() as browser:
        yield browser


@pytest.fixture
def open_live(window, live_site):
    with opening(window, live_site.parent.as_uri()) as open_page:

        def open_live(*, width: int = 1200, **options) -> Page:
            page = open_page(live_site.name, viewport={"width": width, "height": 900}, **options)
            if options.get("java_script_enabled", True):
                expect(page.locator(".live-figure")).to_have_count(len(NAMES))
            return page

        yield open_live


def figure(page: Page, name: str):
    return page.locator(f"[data-live={name}]")


def computed(page: Page, code: str):
    return json.loads(page.evaluate(f"JSON.stringify({code})"))


@pytest.mark.parametrize(
    "id, code",
    [
        ("ch02/gradient-descent", "live['learning-rate'].path(0.01, 400)[400]"),
        ("ch02/gradient-descent-steps", "live['learning-rate'].path(0.01, 3)"),
        ("ch02/learning-rate-swings", "live['learning-rate'].path(1, 4)"),
        ("ch02/learning-rate-diverges", "live['learning-rate'].path(1.01, 400).at(-1)"),
        ("ch02/learning-rate-too-small", "live['learning-rate'].path(0.001, 400).at(-1)"),
        ("road/rotation-sixty", "live.matrix.presets['rotate by 60°']"),
        ("road/shear", "live.matrix.presets.shear"),
        ("road/determinant-area", "live.matrix.determinant([[3, 0], [0, 2]])"),
        ("road/determinant-sign", "live.matrix.determinant([[0, 2], [1, 0]])"),
        ("road/determinant-flat", "live.matrix.determinant([[2, 4], [1, 2]])"),
        (
            "ch02/geometry-rotation",
            "[[1, 0], [0, 1]].map(p => live.matrix.move(live.matrix.presets['rotate by 90°'], p))",
        ),
        ("ch02/geometry-scaling", "[[1, 2], [3, 4]].map(p => live.matrix.move(live.matrix.presets.scale, p))"),
    ],
)
def test_a_figure_computes_what_the_fixture_has(open_live, id, code):
    case = CASES[id]
    np.testing.assert_allclose(computed(open_live(), code), case.expected, rtol=case.rtol or 1e-12, atol=case.atol)


def test_the_bowl_by_hand(open_live):
    walked = computed(open_live(), "live.descent.path(0.1, 20, [2, 1])")
    np.testing.assert_allclose(walked, [[2 * 0.8**k, 0.4**k] for k in range(21)], rtol=1e-12)
    assert computed(open_live(), "live.descent.f([2, 1])") == 7


def test_a_figure_says_what_it_shows_and_works_by_keyboard(open_live):
    page = open_live()
    rate = figure(page, "learning-rate").get_by_role("slider", name="learning rate")
    said = figure(page, "learning-rate").get_by_role("status")
    expect(said).to_contain_text("After 20 steps at a rate of 0.1, w is 29.6887")
    rate.focus()
    page.keyboard.press("ArrowRight")
    expect(said).to_contain_text("at a rate of 0.101,")
    figure(page, "learning-rate").get_by_role("button", name="1.01").press("Enter")
    expect(said).to_contain_text("it diverges")
    figure(page, "matrix").get_by_role("button", name="reflect").press("Enter")
    expect(figure(page, "matrix").get_by_role("status")).to_have_text(
        "(1, 0) goes to (0, 1), (0, 1) to (1, 0). The determinant is \u22121: areas are multiplied by 1, and the plane "
        "is turned over."
    )


def test_a_click_on_the_map_starts_there(open_live):
    page = open_live()
    map = figure(page, "descent").get_by_role("img")
    map.scroll_into_view_if_needed()
    map.click()
    expect(figure(page, "descent").get_by_role("status")).not_to_contain_text("from (2, 1)")


@pytest.mark.parametrize("motion, name", [("no-preference", "Run"), ("reduce", "Next step")])
def test_nothing_moves_by_itself_where_motion_is_not_wanted(open_live, motion, name):
    page = open_live(reduced_motion=motion)
    steps = figure(page, "descent").get_by_role("slider", name="steps")
    before = steps.input_value()
    figure(page, "descent").get_by_role("button", name=name).click()
    if motion == "reduce":
        assert int(steps.input_value()) == int(before) + 1
        page.wait_for_timeout(400)
        assert int(steps.input_value()) == int(before) + 1
    else:
        expect(steps).to_have_value(steps.get_attribute("max"), timeout=60_000)


def test_the_still_figure_is_there_on_paper_and_without_scripts(open_live):
    page = open_live()
    expect(page.get_by_text("Still descent.")).to_be_hidden()
    page.emulate_media(media="print")
    expect(page.get_by_text("Still descent.")).to_be_visible()
    expect(page.locator(".live-figure").first).to_be_hidden()
    expect(open_live(java_script_enabled=False).get_by_text("Still descent.")).to_be_visible()


@pytest.mark.parametrize("width, scheme", [(360, "light"), (1200, "dark")])
def test_no_figure_breaks_a_rule_of_accessibility_or_scrolls_sideways(open_live, axe, width, scheme):  # noqa: F811
    page = open_live(width=width, color_scheme=scheme)
    assert page.evaluate("document.documentElement.scrollWidth") == width
    assert violations(page, axe) == []
