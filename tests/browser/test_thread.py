"""The thread beside a library of a few lines, whose replies are known: what it shows, and what stays of it."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import pytest
from browser.conftest import ZONE, ask
from office_maker import make_word, paragraph
from playwright.sync_api import FilePayload, Page, expect
from web_library import NEWS, FakeLibrary, document, served

import rag
from rag.types import Reply

Open = Callable[..., Page]
BOTH = pytest.mark.parametrize(("width", "theme"), [("desk", "light"), ("phone", "dark")])
OPENED = "Who opened the harbour?"
BOX = "#cv-question :is(textarea, input)"
NOTICE = ".cv-notices .cv-notice"


class Slow(FakeLibrary):
    """Answers what is asked to wait when it is let to."""

    def __init__(self) -> None:
        super().__init__([document("a/news.txt", NEWS, title="The News"), document("b.txt", "The bridge closed.")])
        self.go_on = threading.Event()

    def ask(self, question: str, **options: Any) -> Reply:
        assert "wait" not in question or self.go_on.wait(60)
        return super().ask(question, **options)


@pytest.fixture
def settings(tmp_path: Path) -> rag.Settings:
    (tmp_path / "seeds" / "a").mkdir(parents=True)
    (tmp_path / "seeds" / "a" / "news.txt").write_text(NEWS, encoding="utf-8", newline="")
    return rag.Settings(index=tmp_path / "index", seeds=tmp_path / "seeds")


@pytest.fixture
def library() -> Iterator[Slow]:
    library = Slow()
    yield library
    library.go_on.set()


@pytest.fixture
def at(settings: rag.Settings, library: Slow) -> Iterator[str]:
    with served(settings, library) as address:
        yield address


@BOTH
def test_a_possible_answer_is_marked_opened_and_asked_about(
    open_page: Open, at: str, tmp_path: Path, width: str, theme: str
) -> None:
    page = open_page(at=at, width=width, theme=theme)
    turn = ask(page, "Has the harbour perhaps opened?")
    expect(turn).to_have_attribute("data-kind", "possible")
    expect(turn.locator(".cv-lead mark")).to_have_text(["harbour", "opened"])
    expect(turn.locator(".cv-doubt")).to_contain_text("about 4 in 10")
    if width == "desk":
        expect(page.locator(".cv-source:visible .cv-here").first).to_contain_text("The harbour opened")
    turn.get_by_role("button", name="Yes").click()
    turn.get_by_label("Why?").press("Enter")
    expect(page.locator("#cv-said")).to_have_text("Thank you.")
    kept = json.loads((tmp_path / "feedback.jsonl").read_text(encoding="utf-8").splitlines()[-1])
    assert (kept["vote"], kept["reply"]["kind"]) == ("up", "possible")


@BOTH
def test_a_question_stands_in_the_thread_at_once_and_the_box_is_empty(
    open_page: Open, at: str, library: Slow, width: str, theme: str
) -> None:
    page = open_page(at=at, width=width, theme=theme)
    expect(page.locator(".cv-searching")).to_contain_text("2 documents")
    page.locator(BOX).fill("Can the <b>harbour</b> wait?")
    page.locator(BOX).press("Enter")
    pending = page.locator(".cv-pending")
    expect(pending.locator(".cv-question")).to_have_text("Can the <b>harbour</b> wait?")
    expect(pending.locator(".cv-doing")).to_have_text("Reading 4 of 4 passages…")
    expect(pending).to_be_in_viewport()
    expect(page.locator(BOX)).to_have_value("")
    page.locator(BOX).fill("And then")
    library.go_on.set()
    expect(page.locator(".cv-turn[data-status=answered] .cv-question")).to_have_text("Can the <b>harbour</b> wait?")
    expect(pending).to_have_count(0)
    expect(page.locator(BOX)).to_have_value("And then")


def test_a_stopped_question_is_gone_and_is_not_kept(open_page: Open, at: str, library: Slow) -> None:
    page = open_page(at=at)
    ask(page, OPENED)
    page.locator(BOX).fill("Can the harbour wait?")
    page.locator(BOX).press("Enter")
    page.get_by_role("button", name="Stop").click()
    expect(page.locator(".cv-turn")).to_have_count(1)
    library.go_on.set()
    ask(page, "Which minister resigned?")
    page.reload()
    expect(page.locator(".cv-question")).to_have_text([OPENED, "Which minister resigned?"])
    # What is not answered is said above the box, and goes back into it.
    page.locator(BOX).fill("in:x until:tomorrow   ")
    page.locator(BOX).press("Enter")
    expect(page.locator(NOTICE)).to_contain_text("The question is empty")
    expect(page.locator(NOTICE)).to_be_in_viewport()
    expect(page.locator(".cv-turn")).to_have_count(2)
    assert page.locator(BOX).input_value().startswith("in:x until:tomorrow")


@BOTH
def test_a_restart_in_the_middle_of_an_answer_loses_nothing(
    open_page: Open, settings: rag.Settings, width: str, theme: str
) -> None:
    first, second = Slow(), Slow()
    second.go_on.set()
    try:
        with served(settings, first) as at:
            page = open_page(at=at, width=width, theme=theme)
            ask(page, OPENED)
            page.locator(BOX).fill("Can the minister wait?")
            page.locator(BOX).press("Enter")
            expect(page.locator(".cv-pending")).to_have_count(1)
            page.locator(BOX).fill("My next question")
        expect(page.locator(NOTICE)).to_contain_text("The server does not answer. Nothing is lost")
        expect(page.locator(NOTICE)).to_be_in_viewport()
        expect(page.locator(BOX)).to_have_value("My next question")
        with served(settings, second, port=urlsplit(at).port or 0):
            expect(page.locator(".cv-turn[data-status=answered]")).to_have_count(2)
            expect(page.locator(NOTICE)).to_be_hidden()
            if width == "desk":  # what the address names is written when the quote is open: not while reloading
                page.wait_for_url(re.compile(r"q=0-\d+"))
            page.reload()
            expect(page.locator(".cv-question")).to_have_text([OPENED, "Can the minister wait?"])
            expect(page.locator(BOX)).to_have_value("My next question")
    finally:
        first.go_on.set()


def test_a_reply_that_is_lost_on_the_way_is_fetched_and_not_asked_twice(
    open_page: Open, at: str, library: Slow
) -> None:
    page = open_page(at=at)
    lost = []

    def lose(route: Any) -> None:
        if lost:
            route.continue_()
        else:
            lost.append(route.fetch().status)
            route.abort()

    page.route("**/own/ask", lose)
    ask(page, OPENED)
    assert lost == [200]
    assert [question for question, _, _ in library.asked].count(OPENED) == 1
    expect(page.locator(".cv-turn")).to_have_count(1)


def test_a_reload_while_waiting_goes_on_waiting(open_page: Open, at: str, library: Slow) -> None:
    page = open_page(at=at)
    page.locator(BOX).fill("Can the harbour wait?")
    page.locator(BOX).press("Enter")
    expect(page.locator(".cv-pending")).to_have_count(1)
    page.reload()
    expect(page.locator(".cv-pending .cv-question")).to_have_text("Can the harbour wait?")
    library.go_on.set()
    expect(page.locator(".cv-turn[data-status=answered]")).to_have_count(1)


@BOTH
def test_conversations_are_listed_searched_renamed_and_deleted(
    open_page: Open, at: str, width: str, theme: str
) -> None:
    page = open_page(at=at, width=width, theme=theme)
    ask(page, OPENED)
    page.get_by_role("button", name="New", exact=True).click()
    ask(page, "Which minister resigned?")
    page.get_by_role("tab", name="Conversations").click()
    titles = page.locator(".cv-list .cv-title")
    expect(titles).to_have_text(["Which minister resigned?", OPENED])
    changed = page.locator(".cv-list time").first
    then = datetime.fromisoformat(changed.get_attribute("datetime") or "").astimezone(ZoneInfo(ZONE))
    expect(changed).to_have_text(f"{then:%-d %B %Y} at {then:%H:%M}")
    page.get_by_label("Find a conversation").fill("TUESDAY harbour")
    expect(titles).to_have_text([OPENED])
    page.locator(".cv-rename summary").click()
    page.get_by_label("Title").fill("The port <b>")
    page.get_by_role("button", name="Rename").click()
    expect(titles).to_have_text(["The port <b>"])
    page.get_by_label("Find a conversation").fill("")
    expect(titles).to_have_count(2)
    titles.filter(has_text="The port").click()
    expect(page.locator(".cv-question:visible")).to_have_text(OPENED)
    expect(page).to_have_title(re.compile("The port <b> – "))
    page.get_by_role("tab", name="Conversations").click()
    entry = page.locator(".cv-list li").filter(has_text="The port")
    entry.locator(".cv-delete summary").click()
    entry.get_by_role("button", name="Delete it").click()
    expect(titles).to_have_text(["Which minister resigned?"])


def test_another_browser_neither_sees_nor_continues_a_conversation(open_page: Open, at: str) -> None:
    mine = open_page(at=at)
    ask(mine, OPENED)
    theirs = open_page(f"/#{urlsplit(mine.url).fragment}", at=at)
    expect(theirs.locator(NOTICE)).to_contain_text("another browser began it")
    expect(theirs.locator(".cv-turn")).to_have_count(0)
    theirs.get_by_role("tab", name="Conversations").click()
    expect(theirs.locator(".cv-list")).to_contain_text("listed here, for this browser alone")


@BOTH
def test_what_is_shared_is_read_by_others_with_its_verdicts_and_stays_as_it_was(
    open_page: Open, at: str, settings: rag.Settings, width: str, theme: str
) -> None:
    mine = open_page(at=at, width=width, theme=theme)
    ask(mine, OPENED)
    (settings.seeds / "a" / "news.txt").write_text(NEWS.replace("Tuesday", "Monday"), encoding="utf-8", newline="")
    mine.get_by_role("button", name="Share").click()
    link = mine.locator(".cv-shared a").get_attribute("href") or ""
    ask(mine, "Which minister resigned?")
    theirs = open_page(urlsplit(link).path, at=at, width=width, theme=theme, ready=False)
    expect(theirs).to_have_title(f"{OPENED} – Chapter & Verse")
    expect(theirs.locator("h2")).to_have_text(OPENED)
    expect(theirs.locator("blockquote")).to_have_text("The harbour opened on Tuesday.")
    expect(theirs.locator(".fault")).to_contain_text("the document has “Monday”")
    assert theirs.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert theirs.locator("form, textarea").count() == 0


def test_the_address_names_document_quote_and_tab_and_back_walks_through_them(open_page: Open, at: str) -> None:
    page = open_page(at=at)
    ask(page, OPENED)
    expect(page.locator(".cv-here:visible")).to_have_text("The harbour opened on Tuesday.")
    page.wait_for_url(re.compile(r"#c=[\w-]+&d=a/news\.txt&q=\d+-\d+"))
    kept = page.url
    page.get_by_role("tab", name="Documents").click()
    page.wait_for_url(re.compile("tab=documents"))
    page.locator(".cv-table button", has_text="b.txt").click()
    expect(page.locator(".cv-source:visible .cv-piece")).to_have_text("The bridge closed.")
    page.reload()
    expect(page.locator(".cv-source:visible .cv-piece")).to_have_text("The bridge closed.")
    page.go_back()
    expect(page.locator(".cv-here:visible")).to_have_text("The harbour opened on Tuesday.")
    assert page.url == kept
    page.get_by_role("button", name="New", exact=True).click()
    expect(page.locator(".cv-turn")).to_have_count(0)
    page.go_back()
    expect(page.locator(".cv-question")).to_have_text(OPENED)
    page.goto("about:blank")
    page.goto(kept)
    expect(page.locator(".cv-here:visible strong")).to_have_text(["harbour", "opened"])


def test_on_a_phone_back_closes_the_document(open_page: Open, at: str) -> None:
    page = open_page(at=at, width="phone")
    ask(page, OPENED)
    for close in (page.go_back, lambda: page.get_by_role("button", name="Close").click()):
        page.locator(".cv-lead .cv-chip").click()
        expect(page.locator(".cv-here")).to_be_in_viewport()
        close()
        expect(page.locator(".cv-source")).to_be_hidden()
        expect(page.locator(".cv-question")).to_have_text(OPENED)


def test_a_folder_limits_the_question_and_without_cookies_a_conversation_goes_on(open_page: Open, at: str) -> None:
    page = open_page(at=at)
    page.context.clear_cookies()
    folder = page.locator(".cv-folder")
    expect(folder).to_have_text("a/ 1")
    page.locator(BOX).fill(OPENED)
    folder.click()
    expect(page.locator(BOX)).to_have_value(f"in:a/ {OPENED}")
    page.locator(BOX).press("Enter")
    expect(page.locator(".cv-searched")).to_have_text("Searched documents in a/")
    page.context.clear_cookies()
    ask(page, "Which minister resigned?")
    expect(page.locator(".cv-question")).to_have_text([OPENED, "Which minister resigned?"])


def test_the_page_has_its_own_name_colour_and_preview(open_page: Open, settings: rag.Settings, library: Slow) -> None:
    named = replace(settings, name="The <Archive>", greeting="Ask the archive.", accent="#005a9c")
    with served(named, library) as at:
        page = open_page(at=at)
        expect(page).to_have_title("The <Archive>")
        expect(page.locator(".cv-name")).to_have_text("The <Archive>")
        expect(page.locator(".cv-greeting")).to_have_text("Ask the archive.")
        selected = page.get_by_role("tab", name="Ask")
        assert selected.evaluate("tab => getComputedStyle(tab).borderBottomColor") == "rgb(0, 90, 156)"
        sent = page.request.get(at).text()
        assert '<meta property="og:title" content="The &lt;Archive&gt;">' in sent
        assert "gradio.app" not in sent.partition("<script")[0]
        assert 'content="Gradio"' not in sent


@BOTH
def test_the_quotations_of_a_draft_are_held_against_the_documents(
    open_page: Open, at: str, width: str, theme: str
) -> None:
    page = open_page(at=at, width=width, theme=theme)
    page.get_by_role("tab", name="Check").click()
    draft = (
        "They write: “The harbour opened on Tuesday.” It also says “The harbour opened on Sunday.”\n"
        "And <b>“nobody has ever seen such a thing before”</b>. Dahl said that 36 ships came."
    )
    page.get_by_label("Paste a text with quotations").fill(draft)
    page.get_by_role("button", name="Check the quotations").click()
    verdicts = page.locator(".cv-verdict")
    expect(verdicts).to_have_count(3)
    assert [one.get_attribute("data-verdict") for one in verdicts.all()] == ["exact", "altered", "absent"]
    expect(page.locator(".cv-report .cv-refusal")).to_have_text("1 of 3 quotations stand in the documents")
    expect(verdicts.nth(1)).to_contain_text("Tuesday")
    expect(page.locator(".cv-hints li")).to_have_text("no document mentions Dahl")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    with page.expect_download() as saved:
        page.get_by_role("button", name="JSON").click()
    report = json.loads(Path(saved.value.path()).read_text(encoding="utf-8"))
    assert [verdict["verdict"] for verdict in report["verdicts"]] == ["exact", "altered", "absent"]
    with page.expect_download() as saved:
        page.get_by_role("button", name="Web page").click()
    assert "The harbour opened on Sunday." in Path(saved.value.path()).read_text(encoding="utf-8")
    verdicts.nth(0).locator(".cv-chip").click()
    expect(page.locator(".cv-source:visible .cv-here")).to_contain_text("The harbour opened on Tuesday")
    expect(page.locator(".cv-source:visible .cv-here")).to_be_in_viewport()


@BOTH
def test_what_is_pressed_stays_in_its_place_and_what_it_shows_is_in_view(
    open_page: Open, at: str, width: str, theme: str
) -> None:
    page = open_page(at=at, width=width, theme=theme)
    turn = ask(page, OPENED)
    bottom = """(part) => {
        const range = document.createRange();
        range.selectNodeContents(part);
        return Math.round(range.getBoundingClientRect().bottom);
    }"""
    acts = [turn.get_by_text(words, exact=True).first for words in ("Copy", "Pin", "Link")]
    assert len({act.evaluate(bottom) for act in acts}) == 1
    for name, shown in (("Edit", ".cv-edit input"), ("Save", ".cv-save [data-export=json]")):
        summary = turn.locator("summary", has_text=name)
        before = summary.bounding_box()
        summary.click()
        expect(turn.locator(shown)).to_be_in_viewport(ratio=1)
        after = summary.bounding_box()
        assert before
        assert after
        assert before["x"] == after["x"]
    turn.get_by_role("button", name="Share").click()
    expect(turn.locator(".cv-shared a")).to_be_in_viewport(ratio=1)
    page.get_by_role("tab", name="Documents").click()
    listed, head = page.locator(".cv-listing").bounding_box(), page.locator(".cv-masthead").bounding_box()
    assert listed
    assert head
    assert width == "desk" or listed["x"] + listed["width"] == head["x"] + head["width"]


def test_a_word_file_is_read_into_the_box(open_page: Open, at: str) -> None:
    page = open_page(at=at)
    page.get_by_role("tab", name="Check").click()
    file, draft = page.locator("[data-draft]"), make_word(paragraph("“The harbour opened”, he wrote."))
    file.set_input_files(FilePayload(name="draft.docx", mimeType="", buffer=draft))
    expect(page.get_by_label("Paste a text with quotations")).to_have_value("“The harbour opened”, he wrote.")
    file.set_input_files(FilePayload(name="draft.pdf", mimeType="", buffer=draft))
    expect(page.locator(".cv-report")).to_contain_text("and no others")


def test_a_window_of_320_pixels_is_wide_enough_and_buttons_have_room_for_their_words(open_page: Open, at: str) -> None:
    page = open_page(at=at)
    room = """(button) => {
        const range = document.createRange();
        range.selectNodeContents(button);
        return button.getBoundingClientRect().width - range.getBoundingClientRect().width;
    }"""
    for width in (1440, 390, 320):
        page.set_viewport_size({"width": width, "height": 640})
        for button in ("Ask", "New"):
            found = page.get_by_role("button", name=button, exact=True)
            assert found.evaluate(room) >= 12
            box = found.bounding_box()
            assert box
            assert box["x"] + box["width"] <= width
    ask(page, OPENED)
    expect(page.get_by_role("tab")).to_have_count(4)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
