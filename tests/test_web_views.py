from __future__ import annotations

from dataclasses import replace

import pytest
from test_web_markup import HOSTILE, read
from web_library import FakeLibrary, document

from rag.interfaces.web import views
from rag.types import Answer, Refusal, Turn

TEXT = "Ukraine’s foreign minister spoke. The harbour opened on Tuesday. The minister resigned."
LIBRARY = FakeLibrary([document("a/news.txt", TEXT, title="The News")])


def asked(question: str, **options: object) -> Turn:
    return Turn(question, LIBRARY.ask(question, **options))  # type: ignore[arg-type]


def test_an_answer_shows_its_quotes_best_first() -> None:
    turn = asked("Which foreign minister spoke?")
    assert isinstance(turn.reply, Answer)
    html = views.thread("id", [turn]).text
    assert html.index(turn.reply.quotes[0].exact.split(".")[0][-6:]) > 0
    assert html.count("<blockquote") == len(turn.reply.quotes) == 2
    assert "<mark>foreign</mark> <mark>minister</mark> <mark>spoke</mark>." in html
    assert html.count("cv-lead") == 1
    assert html.count("Further quotes") == 1


def test_a_citation_says_where_and_carries_the_offsets() -> None:
    turn = asked("harbour")
    assert isinstance(turn.reply, Answer)
    quote = turn.reply.quotes[0]
    html = views.thread("id", [turn]).text
    assert f'data-document="a/news.txt" data-start="{quote.start}" data-end="{quote.end}"' in html
    assert 'aria-label="1: The News (a/news.txt), line 1. Show it in the document"' in html
    assert f'data-sha256="{quote.document.sha256}"' in html


@pytest.mark.parametrize(
    ("page", "section", "expected"),
    [(None, "", "line 7"), (3, "", "page 3"), (None, "Harbours", "Harbours, line 7"), (3, "row 2", "row 2, page 3")],
)
def test_places(page: int | None, section: str, expected: str) -> None:
    turn = asked("harbour")
    assert isinstance(turn.reply, Answer)
    assert views.place(replace(turn.reply.quotes[0], page=page, line=7, section=section)) == expected


def test_a_refusal_is_marked_as_none_and_says_what_was_searched() -> None:
    turn = asked("Bread?")
    assert isinstance(turn.reply, Refusal)
    html = views.thread("id", [turn], searched="1 document, 3 passages").text
    assert "The documents do not say." in html
    assert "Searched 1 document, 3 passages. Nothing in them is close." in html
    assert "The 2 nearest passages, not an answer" in html
    assert "<mark>" not in html
    assert "cv-lead" not in html


def test_what_was_searched_for_is_shown_and_only_the_last_can_be_edited() -> None:
    first = asked("And he?", standalone_question="Which minister resigned?")
    assert views.thread("id", [first]).text.count('name="text" value="Which minister resigned?"') == 1
    html = views.thread("id", [first, asked("harbour")]).text
    assert "Searched for: <bdi>Which minister resigned?</bdi>" in html
    assert 'value="Which minister resigned?"' not in html
    assert 'value="harbour"' in html
    assert "Searched for" not in views.thread("id", [asked("harbour")]).text


def test_generated_words_are_told_apart_from_quotes() -> None:
    turn = asked("harbour")
    assert isinstance(turn.reply, Answer)
    html = views.thread("id", [Turn("harbour", replace(turn.reply, text="It <b>opened</b>."))]).text
    assert "Written by a language model, not a quote" in html
    assert "It &lt;b&gt;opened&lt;/b&gt;." in html


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_is_shown_as_it_stands(text: str) -> None:
    library = FakeLibrary([document(f"{text[:20]}.txt", f"{text} harbour", title=text)])
    reply = library.ask("harbour")
    plain = read(views.thread("id", [Turn("Other words", LIBRARY.ask("harbour"))], notice="!"))
    hostile = read(views.thread("id", [Turn(text, reply)], notice=text))
    assert isinstance(reply, Answer)
    assert reply.quotes[0].exact in hostile.words
    assert set(hostile.tags) == set(plain.tags)
    assert {name for name, _ in hostile.attributes} == {name for name, _ in plain.attributes}


@pytest.mark.parametrize(
    ("confidence", "word"),
    [
        (1.0, "very likely"),
        (0.9, "very likely"),
        (0.75, "likely"),
        (0.5, "more likely than not"),
        (0.3, "doubtful"),
        (0, "unlikely"),
    ],
)
def test_confidence_in_words(confidence: float, word: str) -> None:
    assert views.confidence_word(confidence) == word


def test_confidence_is_a_bar_with_its_meaning_beside_it() -> None:
    html = views.thread("id", [asked("harbour")]).text
    assert '<progress value="80" max="100" aria-label="Confidence"></progress>' in html
    assert f"80 in 100. {views.CONFIDENCE_NOTE}" in html


def test_votes_can_be_left_out() -> None:
    assert "data-vote" in views.thread("id", [asked("harbour")]).text
    assert "data-vote" not in views.thread("id", [asked("harbour")], votes=False).text


def test_an_earlier_answer_in_bare_words_is_shown_as_words() -> None:
    html = views.thread("id", [Turn("Who?", "Somebody said <so>.")]).text
    assert "Somebody said &lt;so&gt;." in html
    assert "cv-chip" not in html


def test_examples_are_buttons_that_ask() -> None:
    html = views.examples(["Who <is> it?"]).text
    assert '<button type="button" data-ask="Who &lt;is&gt; it?">Who &lt;is&gt; it?</button>' in html
    assert "button" not in views.examples(()).text
