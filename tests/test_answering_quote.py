"""From evidence to quotes: which sentences, in which order, apart from each other, and equal to their documents."""

from __future__ import annotations

from dataclasses import replace

from evidence import Shelf, evidence
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rag.answering.calibration import probability
from rag.answering.quote import CONTEXT, Place, places, quotes, whole_passage
from rag.types import Reading

FLOOR = -0.85


def words(place: Place) -> str:
    return place.evidence.hit.text[place.start : place.end]


def test_the_sentence_that_holds_the_span_is_quoted_and_the_span_highlighted() -> None:
    found = evidence("Rain fell. |Ann met Bob in Rome. |Carl left.", "Rome", start=100)
    [place] = places([found], limit=3, floor=FLOOR)
    assert (words(place), place.start, place.end, place.span) == ("Ann met Bob in Rome.", 11, 31, (111, 131))
    assert place.highlights == ((26, 30),)


def test_of_a_long_span_the_likeliest_sentences_own_words_are_marked() -> None:
    said = "Ann met Bob on a cold day in May near the old mill by the river. |She gave him a key for the boat house."
    found = evidence(said, said[:-1].replace("|", ""), sentences=[0.5, 1.0])
    unmarked, [place] = found.reading, places([found], limit=1, floor=FLOOR)
    assert place.highlights == ((unmarked.start, unmarked.end),)
    marked = replace(found, reading=replace(unmarked, marks=((0, 3), (78, 83))))
    [place] = places([marked], limit=1, floor=FLOOR)
    assert (place.start, place.end, place.highlights) == (0, len(said) - 1, ((78, 83),))


def test_a_sentence_that_settles_it_is_marked_where_its_answer_stands() -> None:
    found = evidence("Ann met Bob. |Carl met Dora in Rome.", "Bob", sentences=[-2.0, 2.0])
    marked = replace(found, reading=replace(found.reading, marks=((0, 3), (31, 35))))
    assert [place.highlights for place in places([marked], limit=1, floor=FLOOR)] == [((31, 35),)]
    a_stop = replace(found, reading=replace(found.reading, marks=((0, 3), (34, 35))))
    assert [place.highlights for place in places([a_stop], limit=1, floor=FLOOR)] == [((13, 35),)]


def test_neighbours_that_answer_nearly_as_well_are_joined() -> None:
    found = evidence("Rain fell. |Ann met Bob. |Carl met Dora. |Emil left.", "Bob", sentences=[-2.0, 1.2, 0.4, 0.1])
    assert [words(place) for place in places([found], limit=3, floor=FLOOR)] == ["Ann met Bob. Carl met Dora."]


def test_a_sentence_that_is_unlikely_is_not_joined_however_near_it_is() -> None:
    found = evidence("Ann met Bob. |Carl met Dora.", "Bob", sentences=[-0.9, -1.1])
    assert [words(place) for place in places([found], limit=3, floor=FLOOR)] == ["Ann met Bob."]


def test_a_tables_head_is_no_answer_but_goes_with_its_row() -> None:
    lines = ["| Code | Meaning |", "|---|---|", "| E1 | Empty |", "| E2 | Hot |"]
    text, ends = "\n".join(lines), [len("\n".join(lines[: i + 1])) for i in range(4)]
    found = evidence("x", "x")
    passage = replace(
        found.hit.passage,
        end=len(text),
        sentences=tuple((end - len(line), end) for line, end in zip(lines, ends, strict=True)),
    )
    reading = Reading(0, len(lines[0]), 2.0, 2.0, (3.0, 1.0, -4.0, 2.0))
    [place] = places(
        [replace(found, hit=replace(found.hit, passage=passage, text=text), reading=reading)], limit=3, floor=FLOOR
    )
    assert words(place) == text
    assert [text[slice(*marked)] for marked in place.highlights] == [lines[3]]


def test_a_label_leads_only_with_what_it_names() -> None:
    form = "Lamps returned:\n|Ropes returned:\n|Nine ropes came back."
    found = evidence(form, "Lamps returned", sentences=[3.0, -5.0, 1.0])
    assert [words(place) for place in places([found], limit=3, floor=FLOOR)] == [
        "Ropes returned:\nNine ropes came back."
    ]
    [place] = places([evidence(form, "Ropes returned")], limit=3, floor=FLOOR)
    assert words(place) == "Ropes returned:\nNine ropes came back."
    assert places([evidence("Lamps returned: ____", "Lamps returned")], limit=3, floor=FLOOR) == ()


def test_a_span_over_two_sentences_takes_both() -> None:
    found = evidence("Rain fell. |Ann met Bob. |Carl left.", "Bob. Carl")
    assert [words(place) for place in places([found], limit=3, floor=FLOOR)] == ["Ann met Bob. Carl left."]


def test_a_sentence_further_down_the_passage_is_a_quote_of_its_own() -> None:
    found = evidence("Ann met Bob. |Rain fell. |Carl met Dora.", "Bob", sentences=[2.0, -3.0, 1.25])
    first, second = places([found], limit=3, floor=FLOOR)
    assert (words(first), words(second)) == ("Ann met Bob.", "Carl met Dora.")
    assert (first.score, second.score) == (2.0, 1.24)


def test_quotes_come_best_first_from_all_documents_and_no_more_than_asked_for() -> None:
    found = [
        evidence("Ann met Bob.", "Bob", score=3.0, document_id="a.txt"),
        evidence("It was Bob whom Ann met.", "Bob", score=1.0, document_id="b.txt"),
        evidence("Bob, said Ann.", "Bob", score=0.5, document_id="c.txt"),
    ]
    chosen = places(found, limit=2, floor=FLOOR)
    assert [place.evidence.hit.passage.document_id for place in chosen] == ["a.txt", "b.txt"]


def test_what_lies_below_the_floor_is_left_out_but_the_best_stays() -> None:
    weak = [evidence("Ann met Bob.", "Bob", score=-3.0), evidence("Carl.", "Carl", score=-4.0, document_id="b.txt")]
    assert [words(place) for place in places(weak, limit=3, floor=FLOOR)] == ["Ann met Bob."]


def test_overlapping_passages_give_one_quote() -> None:
    one = evidence("Rain fell. |Ann met Bob.", "Bob", score=2.0)
    other = evidence("Ann met Bob. |Carl left.", "Bob", score=1.5, start=11)
    assert [words(place) for place in places([one, other], limit=3, floor=FLOOR)] == ["Ann met Bob."]


def test_quotes_that_come_to_touch_become_one() -> None:
    # "She left for Rome." is a quote of its own until the pronoun takes in the sentence between the two.
    marked = "Ann met Bob. |Carl met Dora. |She left for Rome. |Rain fell."
    found = evidence(marked, "Bob", sentences=[1.0, -4.0, 0.5, -4.0])
    [place] = places([found], limit=3, floor=FLOOR)
    assert words(place) == "Ann met Bob. Carl met Dora. She left for Rome."
    assert place.highlights == ((8, 11),)


def test_a_sentence_that_settles_it_is_quoted_in_the_spans_place() -> None:
    marked = "Ann went to Rome. |No visa is needed there. |Rain fell."
    doubtful = evidence(marked, "Rome", sentences=[-1.5, -0.5, -4.0])
    sure = evidence(marked, "Rome", sentences=[-2.5, 1.5, -4.0])
    for found, yes_no in ((doubtful, True), (sure, True), (sure, False)):
        [place] = places([found], limit=1, floor=FLOOR, yes_no=yes_no)
        assert (words(place), place.highlights) == ("No visa is needed there.", ((18, 42),))
    [place] = places([doubtful], limit=1, floor=FLOOR)
    assert (words(place), place.highlights) == ("Ann went to Rome. No visa is needed there.", ((12, 16),))


def test_a_quote_is_its_document_with_what_stands_around_it() -> None:
    text = "é" * 60 + "\n\U0001f600 Ann met Bob. Carl left. " + "z" * 60
    found = evidence("\U0001f600 Ann met Bob. |Carl left.", "Bob", start=61)
    [quote] = quotes(places([found], limit=1, floor=FLOOR), Shelf({"a.txt": text}, pages=(0, 50, 200)))
    assert (quote.exact, quote.start, quote.end) == ("\U0001f600 Ann met Bob.", 61, 75)
    assert text[quote.start : quote.end] == quote.exact
    assert (quote.prefix, quote.suffix) == ("é" * (CONTEXT - 1) + "\n", " Carl left. " + "z" * (CONTEXT - 12))
    assert (quote.page, quote.line) == (2, 2)
    assert [text[start:end] for start, end in quote.highlights] == ["Bob"]
    assert quote.score == probability(2.0)


def test_a_quote_at_its_passages_edge_finds_what_it_needs_beyond() -> None:
    text = "Ann won the race. She trains daily. “I run at dawn. I rest at noon,” she said. Bob slept."
    before = evidence("Ann won the race.", "Ann", score=3.0)
    leaning = evidence("She trains daily.", "daily", start=18)
    quoted = evidence("She trains daily. |“I run at dawn.", "dawn", start=18)
    behind = evidence("I rest at noon,” she said. |Bob slept.", "noon", start=52)
    shelf = Shelf({"a.txt": text}, passages=[item.hit.passage for item in (before, behind)])
    [first] = quotes(places([leaning], limit=1, floor=FLOOR), shelf)
    assert first.exact == "Ann won the race. She trains daily."
    [second] = quotes(places([quoted], limit=1, floor=FLOOR), shelf)
    assert second.exact == "“I run at dawn. I rest at noon,” she said."
    assert text[second.start : second.end] == second.exact
    both = quotes(places([before, leaning], limit=2, floor=FLOOR), shelf)
    assert [quote.exact for quote in both] == ["Ann won the race.", "She trains daily."]


def test_what_stands_beyond_in_another_section_is_not_taken_in() -> None:
    text = "Ann won the race. She trains daily."
    leaning = evidence("She trains daily.", "daily", start=18)
    other = replace(evidence("Ann won the race.", "Ann").hit.passage, heading="Results")
    [quote] = quotes(places([leaning], limit=1, floor=FLOOR), Shelf({"a.txt": text}, passages=[other]))
    assert quote.exact == "She trains daily."


def test_a_whole_passage_is_a_quote_with_the_searchs_score() -> None:
    hit = replace(evidence("Ann met Bob. |Carl left.", "Bob", start=5).hit, score=1.25)
    quote = whole_passage(hit, Shelf({"a.txt": "1234 Ann met Bob. Carl left. Rain."}))
    assert (quote.exact, quote.start, quote.end, quote.score) == ("Ann met Bob. Carl left.", 5, 28, 1.25)
    assert (quote.prefix, quote.suffix, quote.highlights) == ("1234 ", " Rain.", ())


def test_a_quote_that_its_document_does_not_have_is_never_shown() -> None:
    found = evidence("Ann met Bob.", "Bob")
    assert quotes(places([found], limit=1, floor=FLOOR), Shelf({"a.txt": "Ann met Rob."})) == ()


@settings(suppress_health_check=[HealthCheck.too_slow])  # slow to draw where the machine is busy
@given(
    st.lists(
        st.tuples(
            st.lists(st.floats(-5, 5), min_size=4, max_size=4),
            st.floats(-5, 5),
            st.integers(0, 3),
            st.sampled_from(["a.txt", "b.txt"]),
            st.integers(0, 3),
        ),
        min_size=1,
        max_size=6,
    ),
    st.integers(1, 4),
)
def test_quotes_never_overlap_and_are_never_too_many(
    drawn: list[tuple[list[float], float, int, str, int]], limit: int
) -> None:
    names = ("Ann", "Bob", "Carl", "Dora")
    found = [
        evidence(
            "Ann won. |Bob ran. |She met Carl. |Dora left.", names[i], score=s, sentences=x, document_id=d, start=9 * o
        )
        for x, s, i, d, o in drawn
    ]
    chosen = places(found, limit=limit, floor=FLOOR)
    assert 1 <= len(chosen) <= limit
    for i, one in enumerate(chosen):
        assert one.start < one.end
        assert all(one.start <= start < end <= one.end for start, end in one.highlights)
        for other in chosen[:i]:
            same = one.evidence.hit.passage.document_id == other.evidence.hit.passage.document_id
            assert not same or one.span[1] <= other.span[0] or other.span[1] <= one.span[0]
