"""The document beside the answer: its shape, and what is found in it; reading with little sight, or without a mouse."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from browser.conftest import ask
from playwright.sync_api import Browser, Locator, Page, expect
from web_library import FakeLibrary, document, served

import rag
from rag.types import Section

Open = Callable[..., Page]
PLAIN = "".join(f"Entry {number} of the ledger records the *tide* and nothing else.\n\n" for number in range(900))
GUIDE = (
    f"# The harbour guide\n\nThe harbour **office** opens at eight.\n\n{PLAIN}## Fees\n\n"
    f"| Length | Fee |\n|---|---|\n| 10 m | 12 € |\n\n{PLAIN}"
)
LIGHT = "Who keeps the lighthouse lamp?"
LAMP = f"The lighthouse lamp is lit at dusk.\n\n{PLAIN}Nobody keeps the lighthouse lamp by day.\n"
SHORT = GUIDE.replace(PLAIN, PLAIN[:1_500]) + "The office of the harbour closes in winter.\n"
OFFICE = "When is the harbour office open?"


@pytest.fixture(scope="module")
def at(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    guides = [
        replace(document(name, text, title=name), media_type="text/markdown", sections=sections(text))
        for name, text in (("long.md", GUIDE), ("short.md", SHORT.replace("# The harbour", "# The short")))
    ]
    guides.append(replace(document("lamp.md", LAMP, title="lamp.md"), media_type="text/markdown"))
    folder = tmp_path_factory.mktemp("pane")
    with served(rag.Settings(seeds=folder, index=folder / "index"), FakeLibrary(guides)) as address:
        yield address


def sections(text: str) -> tuple[Section, ...]:
    return Section(0, "The guide"), Section(text.index("## Fees"), "Fees")


def see(page: Page, part: str) -> None:
    """Wait until a part of the document is in sight, within what scrolls it."""
    page.wait_for_function(
        """(part) => [...document.querySelectorAll(part)].filter((one) => one.offsetParent).slice(0, 1).some((one) => {
            const box = one.getBoundingClientRect();
            const frame = one.closest(".cv-text").getBoundingClientRect();
            return box.height > 0 && box.top >= frame.top - 1 && box.bottom <= Math.min(frame.bottom, innerHeight) + 1;
        })""",
        arg=part,
    )


@pytest.mark.parametrize(("width", "theme"), [("desk", "light"), ("phone", "dark")])
def test_a_document_has_its_shape_and_one_moves_about_in_it(open_page: Open, at: str, width: str, theme: str) -> None:
    page = open_page(at=at, width=width, theme=theme)
    turn = ask(page, OFFICE)
    chip = turn.locator(".cv-chip[data-document='long.md']").first
    chip.click()
    source = page.locator(".cv-source:visible")
    see(page, ".cv-here")
    # The shape: the same characters, some of them hidden; and back to what stands in the file.
    piece = source.locator(".cv-piece")
    assert (piece.text_content() or "") in GUIDE
    expect(source.get_by_role("heading", name="The harbour guide")).to_be_visible()
    expect(source.locator(".md-syntax").first).to_be_hidden()
    source.get_by_role("button", name="As in the file").click()
    expect(source.locator(".md-syntax").first).to_be_visible()
    see(page, ".cv-here")
    source.get_by_role("button", name="Text", exact=True).click()
    # Words, far away: counted over the whole document, and shown.
    box = source.get_by_label("Find in this document")
    box.fill("entry 899 OF the")
    expect(source.get_by_role("status")).to_have_text("1 of 2")
    see(page, ".cv-now")
    source.get_by_role("button", name="Previous match").click()
    expect(source.get_by_role("status")).to_have_text("2 of 2")
    see(page, ".cv-now")
    box.press("Enter")
    expect(source.get_by_role("status")).to_have_text("1 of 2")
    box.fill("entry 9999")
    expect(source.get_by_role("status")).to_have_text("Not found")
    expect(source.get_by_role("button", name="Next match")).to_be_disabled()
    # A heading, and the table below it.
    source.get_by_text("Outline").click()
    source.get_by_role("button", name="Fees").click()
    see(page, ".cv-at")
    expect(source.get_by_role("columnheader")).to_have_text(["Length", "Fee"], use_inner_text=True)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_ticks_show_where_the_quotes_of_the_reply_stand(open_page: Open, at: str) -> None:
    page = open_page(at=at)
    turn = ask(page, OFFICE)
    chips = turn.locator(".cv-chip[data-document='short.md']")
    expect(chips).to_have_count(2)
    chips.first.click()
    source = page.locator(".cv-source[data-document='short.md']:visible")
    ticks = page.locator(".cv-source:visible .cv-ticks i")
    expect(ticks).to_have_count(2)
    expect(source.locator(".cv-also")).not_to_have_count(0)
    places = ticks.evaluate_all("ticks => ticks.map((tick) => Number.parseFloat(tick.style.top))")
    assert abs(places[0] - places[1]) > 30
    other = ticks.locator("xpath=self::*[not(contains(@class, 'here'))]")
    other.click()
    expect(chips.nth(1)).to_have_attribute("aria-current", "true")
    see(page, ".cv-here")
    # Of a long document a part is shown: a quote beyond it has its tick at that end, which brings its part.
    turn = ask(page, LIGHT)
    piece = page.locator(".cv-source[data-document='lamp.md']:visible .cv-piece")
    expect(piece).to_contain_text("Nobody keeps")
    for number, words in ((1, "is lit at dusk"), (0, "Nobody keeps")):
        expect(piece).not_to_contain_text(words)
        other.click()
        expect(turn.locator(".cv-chip").nth(number)).to_have_attribute("aria-current", "true")
        expect(piece).to_contain_text(words)


def test_by_keyboard_alone_enlarged_four_times_in_colours_of_ones_own(browser: Browser, at: str) -> None:
    context = browser.new_context(
        viewport={"width": 320, "height": 256}, forced_colors="active", reduced_motion="reduce"
    )
    page = context.new_page()
    page.goto(at)
    box = page.locator("#cv-question :is(textarea, input)")
    box.wait_for()
    press_until(page, "Tab", box)
    page.keyboard.type(OFFICE)
    page.keyboard.press("Enter")
    lead = page.locator(".cv-lead")
    lead.wait_for()
    fits = "document.documentElement.scrollWidth <= innerWidth"
    assert page.evaluate(fits)
    assert page.locator("#cv-thread").evaluate("part => part.clientHeight") >= 90
    colours = "part => getComputedStyle(part).backgroundColor"
    paper = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert lead.locator("mark").first.evaluate(colours) != paper
    press_until(page, "Shift+Tab", lead.locator(".cv-chip"))
    page.keyboard.press("Enter")
    source = page.locator(".cv-source:visible")
    expect(source.locator("h2")).to_be_focused()
    see(page, ".cv-here strong")
    assert source.locator(".cv-here strong").first.evaluate(colours) != paper
    assert page.evaluate(fits)
    press_until(page, "Tab", source.get_by_label("Find in this document"))
    page.keyboard.type("Entry 3 ")
    expect(source.get_by_role("status")).to_contain_text("1 of")
    see(page, ".cv-now")
    press_until(page, "Tab", source.get_by_role("button", name="Next match"))
    page.keyboard.press("Enter")
    expect(source.get_by_role("status")).to_contain_text("2 of")
    assert page.evaluate("document.getAnimations().filter((one) => one.effect.getTiming().duration > 1).length") == 0
    page.keyboard.press("Escape")
    expect(source).to_have_count(0)
    expect(lead.locator(".cv-chip")).to_be_focused()
    press_until(page, "Tab", box)
    context.close()


def press_until(page: Page, key: str, goal: Locator) -> None:
    """Press a key until the focus is where it is wanted; each place on the way shows that it has it."""
    for _ in range(40):
        page.keyboard.press(key)
        outlined = page.evaluate(
            """() => { const at = getComputedStyle(document.activeElement);
            return at.outlineStyle !== "none" || document.activeElement.matches("textarea, body, h2"); }"""
        )
        assert outlined, page.evaluate("document.activeElement.outerHTML")
        if goal.evaluate("part => part === document.activeElement"):
            return
    pytest.fail("The focus never came there.")
