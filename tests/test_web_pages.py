from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from web_library import NEWS, FakeLibrary, document, page, thread

import rag
from rag.interfaces.web import pages
from rag.interfaces.web.marking import unmarked
from rag.types import Answer, Quote, Refusal, Sentence, Source, Turn

HOSTILE = (
    "<script>window.pwned=1</script>",
    "<img src=x onerror=window.pwned=1>",
    "</div></div><form action=//evil.example>",
    "${window.pwned=1} `${1}` {{7*7}} {% x %}",
    "![x](http://evil.example/x.png) $$x^2$$ \\(y\\) ```mermaid\ngraph TD```",
    "&amp; &#60; &lt;b&gt; &NotEqualTilde;",
    "left \u202eright\u202c \u2066x\u2069 \u200b\ufeff",
    "\r\n\r mixed \n line ends \x0b\x0c",
    "𝔘𝔫𝔦 👩🏽‍🚀 ﷺ אבג ไทย e\u0301",
    "<!--",
    "]]>",
)


class Reader(HTMLParser):
    """What a browser makes of markup: its text, its tags, its attributes."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.words = ""
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs

    def handle_data(self, data: str) -> None:
        self.words += data


def read(markup: str) -> Reader:
    reader = Reader()
    reader.feed(markup)
    reader.close()
    return reader


TEXT = "Ukraine’s foreign minister spoke. The harbour opened on Tuesday. The minister resigned."
LIBRARY = FakeLibrary([document("a/news.txt", TEXT, title="The News")])
ENTRIES = FakeLibrary(
    [document("a/news.txt", NEWS, title="The <News>"), document("b.pdf", "x.", pages=(0, 1))]
).documents()


def asked(question: str, **options: object) -> Turn:
    return Turn(question, LIBRARY.ask(question, **options))  # type: ignore[arg-type]


def joined(parts: pages.Parts) -> str:
    return "".join(f"[{text}]" if hit else text for text, hit in parts)


@pytest.mark.parametrize("text", HOSTILE)
def test_a_value_in_a_template_stays_text(text: str) -> None:
    reader = read(pages.render("hint.html", words=text))
    assert reader.words.strip("\n") == text.strip("\n")
    assert reader.tags == ["aside", "p"]
    told = read(pages.render("examples.html", questions=[text], folders=[(text, 1, text)], greeting=text, writes=False))
    assert ("data-ask", text) in told.attributes
    assert told.tags == ["div", "p", "h2", "ul", "li", "button", "p", "button", "bdi", "p", "span"]


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")))
def test_every_text_comes_back_whole(text: str) -> None:
    assert read(str(pages.escape(text))).words == text
    assert not set("<>\"'`${}\\\r") & set(re.sub(r"&#?\w+;", "", pages.escape(text)))


def test_what_no_page_can_hold_is_shown_as_missing() -> None:
    assert pages.escape("a\0b\ud800c") == "a\ufffdb\ufffdc"
    assert pages.escape(pages.escape("<")) == "&lt;"


def test_a_value_that_a_template_names_must_be_given() -> None:
    with pytest.raises(Exception, match="'words' is undefined"):
        pages.render("hint.html")


def test_spans_are_marked_where_they_stand() -> None:
    assert joined(pages.marked("one two three", [(0, 3), (8, 13)])) == "[one] two [three]"


def test_spans_count_from_the_document_and_are_cut_to_the_text() -> None:
    assert joined(pages.marked("two three", [(0, 7), (8, 99)], offset=4)) == "[two] [three]"
    assert joined(pages.marked("two", [(0, 4), (7, 9)], offset=4)) == "two"


@given(
    st.text(max_size=40), st.lists(st.tuples(st.integers(-5, 50), st.integers(-5, 50)), max_size=5), st.integers(0, 9)
)
def test_marking_never_changes_the_text(text: str, spans: list[tuple[int, int]], offset: int) -> None:
    assert "".join(part for part, _ in pages.marked(text, sorted(spans), offset=offset)) == text


def test_no_python_file_writes_html() -> None:
    for file in sorted(Path(pages.__file__).parent.glob("*.py")):
        code = re.sub(r'""".*?"""|\bb"[^"\n]*"', "", file.read_text(encoding="utf-8"), flags=re.DOTALL)
        strings = re.findall(r"\"[^\"\n]*</?[a-zA-Z!][^\"\n]*\"", code)
        assert [string for string in strings if "(?" not in string] == [], file.name


def test_no_template_marks_a_value_as_safe() -> None:
    for file in (Path(pages.__file__).parent / "templates").iterdir():
        assert "safe" not in file.read_text(encoding="utf-8")
        assert not re.search(r"\son\w+=|javascript:|style=\"(?!border)", file.read_text(encoding="utf-8"))


def test_an_answer_shows_its_quotes_best_first() -> None:
    turn = asked("Which foreign minister spoke?")
    assert isinstance(turn.reply, Answer)
    html = thread("id", [turn])
    assert html.index(turn.reply.quotes[0].exact.split(".")[0][-6:]) > 0
    assert html.count("<blockquote") == len(turn.reply.quotes) == 2
    assert "<mark>foreign</mark> <mark>minister</mark> <mark>spoke</mark>." in html
    assert html.count("cv-lead") == 1
    assert html.count("Further quotes") == 1


def test_a_citation_says_where_and_carries_the_offsets() -> None:
    turn = asked("harbour")
    assert isinstance(turn.reply, Answer)
    quote = turn.reply.quotes[0]
    html = thread("id", [turn])
    assert f'data-document="a/news.txt" data-start="{quote.start}" data-end="{quote.end}"' in html
    assert 'aria-label="1: The News (a/news.txt), line 1. Show it in the document"' in html
    assert f'data-sha256="{quote.document.sha256}"' in html


@pytest.mark.parametrize(
    ("page", "label", "section", "expected"),
    [
        (None, None, "", "line 7"),
        (3, None, "", "page 3"),
        (3, "3", "", "page 3"),
        (3, "iii", "", "page iii (3)"),
        (None, None, "Harbours", "Harbours, line 7"),
        (3, None, "row 2", "row 2, page 3"),
    ],
)
def test_places(page: int | None, label: str | None, section: str, expected: str) -> None:
    turn = asked("harbour")
    assert isinstance(turn.reply, Answer)
    assert pages.place(replace(turn.reply.quotes[0], page=page, page_label=label, line=7, section=section)) == expected


def test_a_refusal_is_marked_as_none_and_says_what_was_searched() -> None:
    turn = asked("Bread?")
    assert isinstance(turn.reply, Refusal)
    html = thread("id", [turn], searched="1 document, 3 passages")
    assert '<p class="cv-refusal">No clear answer found</p>' in html
    assert '<p class="cv-reason">Searched 1 document, 3 passages.</p>' in html
    assert "<summary>Nearest passages, not an answer</summary>" in html
    assert "<mark>" not in html
    assert "cv-lead" not in html


NEAR = replace(asked("harbour").reply.quotes[0], highlights=((34, 41),))  # type: ignore[union-attr]


def test_a_possible_answer_is_shown_as_one_with_its_odds_and_a_question() -> None:
    reply = Refusal("Which port?", "Which port?", "This may be one.", (NEAR, NEAR), 0.4407, kind="possible")
    html = thread("id", [Turn("Which port?", reply)], searched="1 document")
    assert '<p class="cv-refusal">This may answer it</p>' in html
    assert html.count("<mark>") == 1
    assert html.index("cv-possible") < html.index("How likely that is: about 4 in 10.") < html.index("Other passages")
    assert '<details class="cv-nearest">' in html
    assert [html.count(words) for words in ("Does this answer it?</span>", ">Yes<", ">No<", ">Helpful<")] == [
        1,
        1,
        1,
        0,
    ]
    assert "Searched 1 document" not in html
    assert "Does this answer it?" not in thread("id", [Turn("Which port?", reply)], votes=False)


def test_what_quotes_cannot_answer_is_told_with_what_works() -> None:
    reply = Refusal("Hi", "Hi", "Quotes cannot answer this.", (), 0.0, kind="other")
    html = thread("id", [Turn("Hi", reply)], searched="1 document", examples=["Who spoke?"])
    assert '<p class="cv-refusal">Quotes cannot answer this.</p>' in html
    assert 'data-ask="Who spoke?">Who spoke?</button>' in html
    assert "cv-quote" not in html
    assert "Searched" not in html
    assert "For example" not in thread("id", [Turn("Hi", reply)])


@pytest.mark.parametrize(
    ("confidence", "words"),
    [(0.0, "less than 1 in 10"), (0.049, "less than 1 in 10"), (0.06, "about 1 in 10"), (0.99, "about 9 in 10")],
)
def test_odds_in_words(confidence: float, words: str) -> None:
    assert pages.odds_words(confidence) == words


def test_what_was_searched_for_is_shown_and_only_the_last_can_be_edited() -> None:
    first = asked("And he?", standalone_question="Which minister resigned?")
    assert thread("id", [first]).count('name="text" value="Which minister resigned?"') == 1
    html = thread("id", [first, asked("harbour")])
    assert "Searched for: <bdi>Which minister resigned?</bdi>" in html
    assert 'value="Which minister resigned?"' not in html
    assert 'value="harbour"' in html
    assert "Searched for" not in thread("id", [asked("harbour")])


def test_generated_words_are_told_apart_from_quotes() -> None:
    turn = asked("harbour")
    assert isinstance(turn.reply, Answer)
    html = thread("id", [Turn("harbour", replace(turn.reply, written=(Sentence("It <b>opened</b>.", (1,)),)))])
    assert "Written by a language model from these quotes; it is not a quote" in html
    assert "<span>It &lt;b&gt;opened&lt;/b&gt;.</span>" in html


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_is_shown_as_it_stands(text: str) -> None:
    library = FakeLibrary([document(f"{text[:20]}.txt", f"{text} harbour", title=text)])
    reply = library.ask("harbour")
    plain = read(thread("id", [Turn("Other words", LIBRARY.ask("harbour"))]))
    hostile = read(thread("id", [Turn(text, reply)]))
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
    assert pages.confidence_word(confidence) == word


def test_confidence_is_a_bar_with_its_meaning_beside_it() -> None:
    html = thread("id", [asked("harbour")])
    assert '<progress value="80" max="100" aria-label="Confidence"></progress>' in html
    assert "80 in 100. How likely it is that the documents answer" in html


def test_votes_can_be_left_out() -> None:
    assert "data-vote" in thread("id", [asked("harbour")])
    assert "data-vote" not in thread("id", [asked("harbour")], votes=False)


def test_an_earlier_answer_in_bare_words_is_shown_as_words() -> None:
    html = thread("id", [Turn("Who?", "Somebody said <so>.")])
    assert "Somebody said &lt;so&gt;." in html
    assert "cv-chip" not in html


def test_examples_are_buttons_that_ask() -> None:
    html = pages.render("examples.html", questions=["Who <is> it?"], folders=(), greeting="", writes=False)
    assert '<button type="button" data-ask="Who &lt;is&gt; it?">Who &lt;is&gt; it?</button>' in html
    assert "button" not in pages.render("examples.html", questions=(), folders=(), greeting="", writes=False)


def test_folders_are_buttons_that_limit_the_question() -> None:
    html = pages.render(
        "examples.html", questions=(), folders=[("a b/", 1_200, 'in:"a b/" ')], greeting="Good day", writes=True
    )
    assert 'data-within="in:&quot;a b/&quot; "><bdi>a b/</bdi> 1,200</button>' in html
    assert '<p class="cv-greeting">Good day</p>' in html
    assert "Nothing is written for you" not in html


def test_where_a_quote_stands_is_told_step_by_step() -> None:
    quote = replace(NEAR, section="Ports", page=3)
    assert pages.steps(quote) == ("Ports", "page 3", "a/news.txt")
    assert pages.steps(replace(NEAR, document=replace(NEAR.document, title="a/news.txt"))) == ("line 1",)
    assert pages.steps(replace(quote, section=quote.document.title)) == ("page 3", "a/news.txt")
    row = replace(quote, page=None, line=5, section="Prices, row 12")
    assert pages.steps(row) == ("Prices, row 12", "a/news.txt")
    assert pages.steps(replace(quote, recognised=0.93))[1] == "page 3, recognised in a picture (93 % sure)"


def test_the_demo_page_has_lines_to_paste(tmp_path: Path) -> None:
    demo = page(replace(rag.Settings(), index=tmp_path / "index")).get("/demo")
    codes = [read(code).words for code in re.findall(r"<code>(.*?)</code></pre>", demo.text, re.DOTALL)]
    assert [code.split(maxsplit=1)[0] for code in codes] == ["<iframe", "<script", "import", "const"]
    assert codes[0].startswith('<iframe src="http://127.0.0.1:7860/" title="Ask the documents"\n        width="100%"')
    assert codes[1] == '<script src="http://127.0.0.1:7860/embed.js" data-label="Ask the documents" defer></script>'
    assert all(code == code.strip() for code in codes)


def test_what_several_documents_say_is_set_side_by_side() -> None:
    spots = [("2023-01 plan.txt", "It costs 40 euros."), ("b.txt", "It is 55 euros."), ("c.txt", "I paid 40 euros.")]
    quotes = []
    for name, exact in spots:
        first = exact.index(" euros") - 2
        source = Source(name, name, name, "ab" * 32)
        quotes.append(Quote(source, 0, len(exact), exact, "", "", ((first, first + 8),), None, 1, "", 0.8))
    answered = thread("id", [Turn("What does it cost?", Answer("What?", "What?", tuple(quotes), 0.9))])
    section = answered[answered.index('<section class="cv-further cv-values') :].partition("</section>")[0]
    listed = " ".join(re.sub(r"<[^>]*>", " ", section).split())
    assert "40 euros 2023-01 plan.txt, January 2023 c.txt 55 euros b.txt" in listed
    alone = thread("id", [Turn("What does it cost?", Answer("What?", "What?", tuple(quotes[:1]), 0.9))])
    assert "cv-values" not in alone
    # The first again, in a copy, stands behind a summary: the numbers of the quotes stay.
    assert "cv-repeats" not in answered
    copy = replace(quotes[0], document=replace(quotes[0].document, path="copy.txt"))
    answer = Answer("What?", "What?", (quotes[0], copy, quotes[1]), 0.9)
    shown = thread("id", [Turn("What does it cost?", answer)])
    further, _, repeats = shown.partition('<details class="cv-further')
    assert re.findall(r'data-open="0\.(\d)" data-document="([^"]+)"', further) == [
        ("0", "2023-01 plan.txt"), ("2", "b.txt"),
    ]  # fmt: skip
    assert "One more quote says the same" in repeats
    assert re.findall(r'data-open="0\.(\d)"', repeats) == ["1"]


def test_words_beside_a_quote_of_markdown_are_shown_without_its_signs() -> None:
    quote = Quote(Source("a.md", "a.md", "a.md", ""), 0, 1, "x", "", "", (), None, 1, "", 1)
    text = "- Pay **in advance**, see [the\n  rules](rules.md): `2 * 3`."
    assert unmarked(quote, text) == "Pay in advance, see the rules: 2 * 3."
    assert unmarked(quote, "") == ""
    plain = replace(quote, document=replace(quote.document, path="a.txt"))
    assert unmarked(plain, text) == text


def test_a_row_and_markdown_are_quoted_in_their_shape_and_character_for_character() -> None:
    row, wide = "Port: Ystad | Depth: 7 m", " | ".join(f"Column {number}: {number}" for number in range(9))
    for name, exact, shape in [
        ("a.csv", row, "md-table"), ("a.csv", wide, ""), ("a.md", "- It is **7 m**.", "md-list"), ("a.txt", row, "")
    ]:  # fmt: skip
        at = exact.find("7")
        quote = Quote(
            Source(name, name, name, ""), 9, 9 + len(exact), exact, "", "", ((9 + at, 10 + at),), None, 1, "", 1
        )
        html = thread("id", [Turn("How deep is it?", Answer("How?", "How?", (quote,), 0.9))])
        (quoted,) = re.findall(r"<blockquote[^>]*>(.*?)</blockquote>", html, re.DOTALL)
        assert read(quoted).words == exact
        assert "<mark>7</mark>" in quoted
        assert ("md-" in quoted) == bool(shape)
        assert shape in quoted
