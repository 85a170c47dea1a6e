"""The book's site, opened from disk in Chromium: the switch, search, keys, no request to elsewhere, accessibility."""

from __future__ import annotations

import re
import subprocess
import tarfile
from pathlib import Path

import pytest
from chromium import chromium, opening
from playwright.sync_api import Page, expect

from pybridge import plot
from pybridge.book.site import build

PAGES = ["index", "02-blocks", "03-more", "glossary", "reference", "reference-autodiff"]
SCHEMES = ["light", "dark"]
WIDTHS = [390, 900, 1500]

BLOCKS = r"""#+title: Building blocks
#+chapter: ch02

Training makes the loss small.

* Slopes

\begin{align} y &= 2x + 3 & \frac{dy}{dx} &= 2 \end{align}

| symbol | shape |
|--------+-------|
| \(x\)  | ()    |

| says                      | in Python                    | in Clojure                                |
|---------------------------+------------------------------+-------------------------------------------|
| nothing                   | None                         | nil                                       |
| how fast something changes | =tape.gradient(y, [w, b])= | =(autodiff/differentiate tape y [w b])= |

#+begin_clojure
In Clojure, a map is a [[*Slopes][function]] too.
#+end_clojure

#+name: gradient-tape.py
#+begin_src python
tape.gradient(y, x)
#+end_src

#+RESULTS: gradient-tape.py
: #tensor[float32 () 2.0]

#+name: gradient-tape.clj
#+begin_src clojure
(autodiff/differentiate tape y x)
#+end_src

#+RESULTS: gradient-tape.clj
: #tensor[float32 () 2.0]

#+begin_quote
*Erratum.* A box.
#+end_quote

#+name: figure.py
#+begin_src python
plot.heatmap([[1, 2], [3, 4]])
#+end_src

#+RESULTS: figure.py
[[file:figures/matrix.svg]]

* Exercises
How many weights? See [[*Slopes][the slopes]].

** Solution
Four, said a zebra.
"""

MORE = """#+title: More
#+chapter: ch03

Back to [[file:02-blocks.org][the blocks]].

#+begin_src python
wide = "a line that no phone is wide enough to show, and any screen is"
#+end_src
"""


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("book")
    (folder / "figures").mkdir()
    plot.save(plot.heatmap([[1, 2], [3, 4]]), str(folder / "figures" / "matrix.svg"))
    files = {folder / "02-blocks.org": BLOCKS, folder / "03-more.org": MORE}
    for path, text in files.items():
        path.write_text(text, encoding="utf-8")
    return build(folder / "site", list(files)).parent


@pytest.fixture(scope="module")
def browser():
    with chromium() as browser:
        yield browser


@pytest.fixture
def open_page(browser, site):
    """Open a page; at the end, nothing may have gone wrong on it and nothing been asked for outside the site."""
    with opening(browser, site.as_uri()) as open_any:

        def open_page(name: str, *, width: int = 1500, **options) -> Page:
            return open_any(name, viewport={"width": width, "height": 900}, **options)

        yield open_page


@pytest.fixture(scope="module")
def axe(tmp_path_factory) -> str:
    """The text of axe-core, from npm."""
    folder = tmp_path_factory.mktemp("axe")
    subprocess.run(["npm", "pack", "axe-core@4", "--silent"], cwd=folder, check=True, stdout=subprocess.DEVNULL)
    with tarfile.open(next(folder.glob("axe-core-*.tgz"))) as archive:
        return archive.extractfile("package/axe.min.js").read().decode()


def violations(page: Page, axe: str) -> list[str]:
    page.evaluate(axe)
    # Preloading would ask for the style sheet once more, which a page opened from disk may not.
    found = page.evaluate(
        "axe.run({preload: false}).then(({violations, passes}) => ({violations, passes: passes.length}))"
    )
    assert found["passes"] > 10
    return [f"{rule['id']}: {rule['nodes'][0]['html']}" for rule in found["violations"]]


def expect_python_and_clojure(page: Page, shown: tuple[bool, bool]) -> None:
    """See that the page comes to show code in these of the two languages."""
    for name, visible in zip(("python", "clojure"), shown, strict=True):
        expect(page.locator(f".example pre > code.{name}").first).to_be_visible(visible=visible)


def test_the_switch_shows_one_language_or_both(open_page):
    page = open_page("02-blocks.html")
    expect_python_and_clojure(page, (True, True))
    for label, shown in [("Python", (True, False)), ("Clojure", (False, True)), ("Both", (True, True))]:
        page.get_by_role("radio", name=label).check()
        expect_python_and_clojure(page, shown)
        expect(page.get_by_text("#tensor[float32 () 2.0]")).to_have_count(1)
        expect(page.get_by_text("#tensor[float32 () 2.0]")).to_be_visible()


def test_an_example_in_one_language_stays_whatever_is_chosen(open_page):
    page = open_page("03-more.html?lang=clojure")
    expect(page.locator("code.python")).to_be_visible()


def test_the_choice_is_in_the_address_and_remembered(open_page):
    page = open_page("02-blocks.html")
    page.get_by_role("radio", name="Clojure").check()
    assert page.url.endswith("02-blocks.html?lang=clojure")
    page.get_by_role("link", name="More", exact=True).click()
    page.wait_for_url("**/03-more.html?lang=clojure")
    page.goto("reference-losses.html".join(page.url.rsplit("03-more.html", 1)))
    expect_python_and_clojure(page, (False, True))
    page.goto(page.url.partition("?")[0])
    expect_python_and_clojure(page, (False, True))


def test_the_address_has_the_last_word(open_page):
    page = open_page("02-blocks.html?lang=python#slopes")
    expect_python_and_clojure(page, (True, False))
    page.goto(page.url.replace("lang=python", "lang=clojure"))
    expect_python_and_clojure(page, (False, True))
    assert page.url.endswith("?lang=clojure#slopes")
    page.goto(page.url.replace("lang=clojure", "lang=nonsense"))
    expect_python_and_clojure(page, (False, True))


def test_the_switch_by_keyboard(open_page):
    page = open_page("02-blocks.html")
    for key, shown in [("p", (True, False)), ("c", (False, True)), ("b", (True, True))]:
        page.keyboard.press(key)
        expect_python_and_clojure(page, shown)
    page.get_by_role("radio", name="Both").focus()
    page.keyboard.press("ArrowLeft")
    expect_python_and_clojure(page, (False, True))


def test_single_keys_can_be_turned_off_and_leave_browser_shortcuts_alone(open_page):
    page = open_page("02-blocks.html")
    page.keyboard.press("Alt+p")
    expect_python_and_clojure(page, (True, True))
    page.get_by_role("checkbox").uncheck()
    page.reload()
    page.keyboard.press("p")
    expect_python_and_clojure(page, (True, True))


def test_the_place_in_the_text_stays_when_blocks_above_it_go(open_page):
    page = open_page("reference-losses.html")
    heading = page.locator("[id='losses.mean_squared_error']")
    heading.scroll_into_view_if_needed()
    before = heading.bounding_box()["y"]
    page.keyboard.press("p")
    assert abs(heading.bounding_box()["y"] - before) < 300


@pytest.mark.parametrize(
    "words, title, address",
    [
        ("slopes", "Slopes", "02-blocks.html?lang=both#slopes"),
        ("cost function", "loss function", "glossary.html?lang=both#term-loss-function"),
        (
            "mean-squared-error",
            "losses.mean_squared_error",
            "reference-losses.html?lang=both#losses.mean_squared_error",
        ),
        ("t/matmul", "tensors.matmul", "reference-tensors.html?lang=both#tensors.matmul"),
        ("t.matmul", "tensors.matmul", "reference-tensors.html?lang=both#tensors.matmul"),
        ("with-tape", "autodiff/with-tape", "reference-autodiff.html?lang=both#autodiff.with-tape"),
        ("pb/call", "core/call", "reference-core.html?lang=both#core.call"),
        ("relu", "tensors.relu", "reference-tensors.html?lang=both#tensors.relu"),
        ("y = 2x + 3", "Slopes", "02-blocks.html?lang=both#slopes"),
        ("tape.gradient(y", "Slopes", "02-blocks.html?lang=both#slopes"),
        ("WEIGHTS how many", "Exercises", "02-blocks.html?lang=both#exercises"),
    ],
)
def test_the_search_leads_to_a_section_a_term_and_a_function(open_page, words, title, address):
    page = open_page("index.html")
    page.keyboard.press("/")
    page.keyboard.type(words)
    expect(page.locator("#page-results li").first).to_contain_text(title)
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/{address}")


def test_an_excerpt_keeps_its_formulas_and_marks_what_was_asked_for(open_page):
    page = open_page("index.html")
    page.keyboard.press("/")
    page.keyboard.type("dy/dx")
    excerpt = page.locator("#page-results .excerpt").first
    expect(excerpt).to_contain_text("y = 2x + 3 dy/dx = 2")
    expect(excerpt.locator("mark")).to_have_text("dy/dx")


def test_the_index_of_the_search_is_read_when_somebody_searches(open_page):
    page = open_page("index.html")
    assert page.locator("script[src*=search-index]").count() == 0
    page.keyboard.press("/")
    page.keyboard.type("slopes")
    expect(page.locator("#page-results li").first).to_contain_text("Slopes")


def test_the_search_by_keyboard(open_page):
    page = open_page("02-blocks.html")
    page.get_by_role("button", name="Search").press("Enter")
    expect(page.get_by_role("searchbox")).to_be_focused()
    page.keyboard.type("tensor")
    expect(page.locator("#page-found")).to_contain_text(re.compile(r"of \d+ places"))
    page.keyboard.press("ArrowDown")
    expect(page.locator("#page-results a").nth(0)).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(page.locator("#page-results a").nth(1)).to_be_focused()
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowUp")
    expect(page.get_by_role("searchbox")).to_be_focused()
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    expect(page.locator("dialog")).to_be_hidden()
    expect_python_and_clojure(page, (True, True))


def test_the_search_says_when_it_finds_nothing(open_page):
    page = open_page("index.html")
    page.keyboard.press("/")
    page.keyboard.type("pcb <b>zzz")
    expect(page.locator("#page-found")).to_have_text("Nothing found")
    expect(page.locator("#page-results li")).to_have_count(0)


def test_a_solution_is_folded_until_it_is_asked_for(open_page):
    page = open_page("02-blocks.html")
    solution = page.get_by_text("said a zebra")
    expect(solution).to_be_hidden()
    page.get_by_text("Solution", exact=True).click()
    expect(solution).to_be_visible()


def test_a_button_copies_the_code(open_page):
    page = open_page("02-blocks.html", permissions=["clipboard-read", "clipboard-write"])
    page.get_by_role("button", name="Copy Clojure: gradient tape").click()
    expect(page.locator("#page-said")).to_have_text("Copied")
    assert page.evaluate("navigator.clipboard.readText()") == "(autodiff/differentiate tape y x)"


def test_the_colours_follow_the_system_until_the_reader_chooses(open_page):
    page = open_page("02-blocks.html", color_scheme="dark")
    white = "rgb(255, 255, 255)"
    expect(page.locator("body")).not_to_have_css("background-color", white)
    page.get_by_role("button", name="Light").click()
    expect(page.locator("body")).to_have_css("background-color", white)
    page.get_by_role("link", name="Glossary").click()
    page.wait_for_url("**/glossary.html*")
    expect(page.locator("body")).to_have_css("background-color", white)


def test_the_contents_open_on_a_phone(open_page):
    page = open_page("02-blocks.html", width=390)
    contents = page.get_by_role("navigation", name="Contents")
    expect(contents).to_be_hidden()
    page.get_by_role("button", name="Contents").click()
    contents.get_by_role("link", name="Exercises").click()
    expect(contents).to_be_hidden()
    expect(page.get_by_role("heading", name="Exercises")).to_be_in_viewport()
    page.get_by_role("button", name="Contents").click()
    page.keyboard.press("Escape")
    expect(contents).to_be_hidden()


def test_one_page_leads_to_the_next(open_page):
    page = open_page("index.html")
    for title in ["Building blocks", "More", "Glossary", "API reference"]:
        page.locator("a[rel=next]").click()
        expect(page.get_by_role("heading", level=1)).to_have_text(title)
        assert page.title() == f"{title} · pybridge"
    page.locator("a[rel=prev]").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Glossary")


def test_a_formula_is_drawn_from_mathml(open_page):
    page = open_page("02-blocks.html")
    box = page.locator("math[display=block]").bounding_box()
    assert box["width"] > 100 and box["height"] > 20


def test_formulas_have_the_font_of_the_site_and_its_brackets_stretch(open_page):
    page = open_page("02-blocks.html")
    page.evaluate("document.fonts.ready")
    assert page.evaluate("[...document.fonts].map(font => font.family + ' ' + font.status)") == ["STIX Two Math loaded"]
    tall, low = page.evaluate(
        """() => {
          const row = (inside) => `<mrow><mo stretchy="true">(</mo>${inside}</mrow>`;
          const math = document.querySelector("main math");
          math.innerHTML = row("<mfrac><mi>a</mi><mi>b</mi></mfrac>") + row("<mi>a</mi>");
          return [...math.querySelectorAll("mo")].map((bracket) => bracket.getBoundingClientRect().height);
        }"""
    )
    assert tall > 1.5 * low


def test_the_figure_is_drawn_and_said(open_page):
    page = open_page("02-blocks.html")
    assert page.get_by_role("img", name="Figure: figure").evaluate("image => image.naturalWidth") > 100


def test_what_is_too_wide_scrolls_by_keyboard_and_nothing_else_is_a_stop(open_page):
    page = open_page("02-blocks.html", width=390)
    formula = page.locator(".formula").first
    page.evaluate("document.querySelector('.formula math').style.width = '500px'")
    page.set_viewport_size({"width": 380, "height": 900})
    expect(formula).to_have_attribute("tabindex", "0")
    page.set_viewport_size({"width": 1500, "height": 900})
    expect(formula).not_to_have_attribute("tabindex", "0")


def test_code_is_broken_on_a_phone_rather_than_scrolled(open_page):
    page = open_page("03-more.html", width=360)
    assert page.locator("pre").evaluate("block => block.scrollWidth <= block.clientWidth")
    assert page.locator("pre").evaluate("block => parseFloat(getComputedStyle(block).fontSize)") >= 10.5


def test_a_deep_link_lands_below_the_bar_at_once(open_page):
    for width in (360, 768, 1440):
        page = open_page("02-blocks.html", width=width)
        page.goto(f"{page.url.partition('?')[0]}#exercises")
        bar, heading = (page.locator(part).bounding_box() for part in (".bar", "#exercises"))
        at_end = page.evaluate("scrollY + innerHeight >= document.documentElement.scrollHeight - 1")
        assert heading["y"] >= bar["y"] + bar["height"]
        assert at_end or heading["y"] < bar["height"] + 60


def test_the_contents_mark_the_section_in_view(open_page):
    page = open_page("reference-autodiff.html")
    expect(page.get_by_role("navigation", name="Contents").locator("[aria-current=page]")).to_have_text(
        "pybridge.autodiff"
    )
    page = open_page("02-blocks.html")
    page.set_viewport_size({"width": 1500, "height": 300})
    page.evaluate("document.getElementById('exercises').scrollIntoView()")
    expect(page.locator("#page-contents [aria-current=location]")).to_have_text("Exercises")


def test_copy_buttons_are_one_stop_and_the_arrow_keys_lead_from_one_to_the_next(open_page):
    page = open_page("02-blocks.html")
    expect(page.locator(".copy[tabindex='0']")).to_have_count(1)
    page.locator(".copy[tabindex='0']").focus()
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("button", name="Copy Clojure: gradient tape")).to_be_focused()
    expect(page.locator(".copy[tabindex='0']")).to_have_count(1)


def test_columns_named_after_the_languages_follow_the_switch(open_page):
    page = open_page("02-blocks.html?lang=clojure")
    expect(page.get_by_role("cell", name="nil")).to_be_visible()
    expect(page.get_by_role("cell", name="None")).to_be_hidden()
    page.keyboard.press("b")
    expect(page.get_by_role("cell", name="None")).to_be_visible()


def test_prose_about_one_language_follows_the_switch(open_page):
    page = open_page("02-blocks.html?lang=python")
    expect(page.get_by_text("In Clojure, a map")).to_be_hidden()
    for key in "cb":
        page.keyboard.press(key)
        expect(page.get_by_text("In Clojure, a map")).to_be_visible()
    expect(page.get_by_role("link", name="function", exact=True)).to_have_attribute("href", "#slopes")


def test_code_in_a_table_stays_in_one_line_on_a_phone(open_page):
    page = open_page("02-blocks.html", width=390)
    cell = page.get_by_role("cell", name="tape.gradient").locator("code")
    expect(cell).to_be_visible()
    assert cell.evaluate("code => code.getClientRects().length") == 1


def test_on_paper_there_is_only_the_text(open_page):
    page = open_page("02-blocks.html", color_scheme="dark")
    page.emulate_media(media="print")
    for name in [".bar", "#page-contents", ".copy", "footer"]:
        expect(page.locator(name).first).to_be_hidden()
    expect(page.locator(".example code").first).to_be_visible()
    expect(page.get_by_text("said a zebra")).to_be_visible()
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"


def test_without_scripts_everything_can_be_read(open_page):
    page = open_page("02-blocks.html", width=390, java_script_enabled=False)
    expect_python_and_clojure(page, (True, True))
    expect(page.get_by_role("navigation", name="Contents")).to_be_visible()
    expect(page.get_by_role("button")).to_have_count(0)


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize("width", WIDTHS)
def test_no_page_scrolls_sideways(open_page, name, width):
    page = open_page(f"{name}.html", width=width)
    assert page.evaluate("document.documentElement.scrollWidth") == width


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize("width, scheme", [(390, "light"), (1500, "dark")])
def test_no_page_breaks_a_rule_of_accessibility(open_page, axe, name, scheme, width):
    page = open_page(f"{name}.html", width=width, color_scheme=scheme)
    assert violations(page, axe) == []


def test_the_check_of_accessibility_finds_what_is_wrong(open_page, axe):
    page = open_page("02-blocks.html")
    page.evaluate("document.querySelector('main p').style.color = '#ccc'")
    page.evaluate("document.querySelector('main img').removeAttribute('alt')")
    assert [found.partition(":")[0] for found in violations(page, axe)] == ["color-contrast", "image-alt"]


@pytest.mark.parametrize("scheme", SCHEMES)
def test_neither_do_the_search_and_an_open_solution(open_page, axe, scheme):
    page = open_page("02-blocks.html", color_scheme=scheme)
    page.get_by_text("Solution", exact=True).click()
    page.keyboard.press("/")
    page.keyboard.type("tensor")
    assert violations(page, axe) == []


def test_the_focus_can_be_seen(open_page):
    page = open_page("02-blocks.html")
    for _ in range(12):
        page.keyboard.press("Tab")
        outline = page.evaluate(
            "(at => getComputedStyle(at.type === 'radio' ? at.nextElementSibling : at).outlineStyle)"
            "(document.activeElement)"
        )
        assert outline == "solid"
