"""Captions: cues joined to what each speaker says, and the time of each quote."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from fakes import FakeEncoder

import rag
from rag.documents import captions, load
from rag.errors import DocumentError
from rag.indexing.build import build
from rag.interfaces.serialization import to_json
from rag.interfaces.web.pages import place
from rag.interfaces.web.pane import Marks, document_pane
from rag.library import Library, Models
from rag.settings import Settings
from rag.types import Answer

MEETING = """WEBVTT - Harbour board, 12 March

NOTE Confidence: 0.9

8f1c-1
00:00:01.200 --> 00:00:04.000
<v Ann Lim>Good morning. The new crane</v>

00:00:04.000 --> 00:00:07.500
<v Ann Lim>was <i>delivered</i> on Monday &amp; costs 5&nbsp;€.</v>

00:00:08.000 --> 00:00:11.000
<v Bo Ott>Who pays for it?
<v.loud Ann Lim>The city does, in

01:02:03.900 --> 01:02:05.000
three parts.
"""


def said(text: str, name: str = "a.vtt") -> str:
    return captions.parse(text.encode(), name).text


def srt(*cues: tuple[str, str]) -> str:
    """Return a file of cues, each with the time "first second-last second" at which it is shown."""
    written = []
    for number, (time, words) in enumerate(cues, start=1):
        start, end = (f"00:00:{float(second):06.3f}".replace(".", ",") for second in time.split("-"))
        written.append(f"{number}\n{start} --> {end}\n{words}\n")
    return "\n".join(written)


def test_the_cues_of_a_meeting_are_joined_under_their_speakers() -> None:
    parsed = captions.parse(MEETING.encode(), "board.vtt")
    assert parsed.text == (
        "Ann Lim: Good morning. The new crane was delivered on Monday & costs 5 €.\n\n"
        "Bo Ott: Who pays for it?\n\n"
        "Ann Lim: The city does, in three parts."
    )
    assert parsed.title == "Harbour board, 12 March"
    assert [
        (label, parsed.text[at:].split()[0]) for label, at in zip(parsed.page_labels, parsed.pages, strict=True)
    ] == [
        ("00:00:01", "Ann"),
        ("00:00:04", "was"),
        ("00:00:08", "Bo"),
        ("01:02:03", "three"),
    ]


def test_speakers_that_the_words_name_and_marks_of_another_speaker() -> None:
    text = srt(
        ("1-2", "- Is the pump on?\n- No. It broke."),
        ("2-4", "{\\an8}MRS. HALE: We turned\nthe valve at nine,"),
        ("4-6", "and the water went down."),
        ("6-8", 'MR. OTT: By <font color="#fff">how much?</font>'),
        ("8-9", "MR. OTT: In litres."),
        ("9-10", ">> MRS. HALE: Two hundred."),
    )
    assert said(text, "a.srt").split("\n\n") == [
        "Is the pump on?",
        "No. It broke.",
        "MRS. HALE: We turned the valve at nine, and the water went down.",
        "MR. OTT: By how much? In litres.",
        "MRS. HALE: Two hundred.",
    ]


def test_lines_that_roll_on_are_read_once_and_words_said_twice_stay() -> None:
    text = srt(("1-2", "so today we"), ("2-2.01", "so today we"), ("2.01-4", "so today we\ntalk about tides"))
    assert said(text, "a.srt") == "so today we talk about tides"
    assert said(srt(("1-2", "No."), ("2-3", "No.")), "a.srt") == "No. No."


def test_a_pause_ends_a_paragraph_but_no_sentence() -> None:
    assert said(srt(("1-2", "The tide"), ("20-21", "turns."), ("40-41", "It ebbs.")), "a.srt") == (
        "The tide turns.\n\nIt ebbs."
    )


def test_words_without_a_full_stop_are_divided_at_a_cue() -> None:
    cue = "and then the water rose again"
    paragraphs = said(srt(*((f"{n}-{n + 1}", cue) for n in range(20))), "a.srt").split("\n\n")
    assert len(paragraphs) == 3
    assert all(paragraph.endswith(cue) for paragraph in paragraphs)


@pytest.mark.parametrize(("name", "text"), [
    ("a.sbv", "0:00:01.000,0:00:02.000\nIt ebbs.\n"),
    ("a.srt", "\ufeff\n\n7\r\n0:0:1.0 --> 0:0:2.0\r\nIt ebbs.\r\n"),
    ("a.srt", "WEBVTT\n\n00:01.000 --> 00:02.000\nIt ebbs.\n"),
])  # fmt: skip
def test_other_kinds_and_names(name: str, text: str) -> None:
    parsed = captions.parse(text.encode(), name)
    assert (parsed.text, parsed.page_labels) == ("It ebbs.", ("00:00:01",))


@pytest.mark.parametrize("name", ["a.vtt", "a.srt", "a.sbv"])
def test_what_has_no_captions(name: str) -> None:
    with pytest.raises(DocumentError, match="It has no captions"):
        said("It ebbs.", name)


def test_a_quote_has_its_time_and_is_found_again(settings: Settings, write_seeds: Callable[..., Path]) -> None:
    write_seeds({"board.vtt": MEETING})
    build(settings, FakeEncoder())
    library = Library(settings, Models(settings, encoder=FakeEncoder()))
    [quote] = library.search_quotes("Who pays for the crane?", limit=1)
    assert (quote.page, quote.page_label, place(quote)) == (1, "00:00:01", "at 00:00:01")
    [verdict] = rag.verify(to_json(Answer("Q?", "Q?", (quote,), 0.9)), settings.seeds)
    assert verdict.holds


def test_a_document_shows_the_times_at_which_a_paragraph_begins(tmp_path: Path) -> None:
    (tmp_path / "board.vtt").write_text(MEETING, encoding="utf-8")
    document = load(tmp_path / "board.vtt", tmp_path)
    start = document.text.index("three parts")
    pane = document_pane(document, Marks((start, start + 5)))
    assert "at 01:02:03" in pane
    assert re.findall('data-label="([^"]*)"', pane) == ["At 00:00:01", "At 00:00:08"]
