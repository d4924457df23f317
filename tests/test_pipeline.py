"""The way from a question to a reply, over fakes: which candidate wins, who reads what, and what is timed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
from fakes import FakeCorpus, FakeReader, FakeRewriter, FakeWriter
from test_answering_decide import WEIGHTS

from rag.errors import QuestionError
from rag.pipeline import Clock, Pipeline, SecondReading, check_question, written
from rag.types import Answer, ReaderInput, Reading, Refusal, Turn

TEXTS = {
    "talks.txt": "Sybiha spoke about talks in Rome.\nPeskov spoke about gas.",
    "bread.txt": "Bread is baked in an oven.",
}
TURNS = (Turn("Who is the minister?", "Sybiha"),)


def pipeline(*candidates: str) -> Pipeline:
    return Pipeline(reader=FakeReader(), rewriter=FakeRewriter(*candidates), calibration=WEIGHTS)


def test_a_question_is_searched_read_and_answered() -> None:
    corpus = FakeCorpus(TEXTS)
    outcome = pipeline("never asked").ask("  Sybiha spoke about talks in Rome?  ", corpus)
    assert isinstance(outcome.reply, Answer)
    assert corpus.searched == ["Sybiha spoke about talks in Rome?"]
    assert outcome.reply.quotes[0].exact == "Sybiha spoke about talks in Rome."
    assert outcome.reply.confidence == pytest.approx(1 / (1 + 2.718281828**-3.0), abs=1e-6)
    assert [item.hit.passage.id for item in outcome.evidence] == ["talks.txt#0", "talks.txt#1", "bread.txt#0"]
    assert set(outcome.reply.timings_ms) == {"search", "read", "decide", "total"}
    assert outcome.reply.timings_ms["total"] >= sum(
        time for stage, time in outcome.reply.timings_ms.items() if stage != "total"
    )


def test_of_what_a_follow_up_may_mean_the_surest_answer_wins() -> None:
    corpus = FakeCorpus(TEXTS)
    made = ("What did the baker say?", "Sybiha spoke about talks in Rome")
    reply = pipeline(*made).ask("What did he say?", corpus, turns=TURNS).reply
    assert corpus.searched == list(made)
    assert isinstance(reply, Answer)
    assert (reply.question, reply.standalone_question) == ("What did he say?", made[1])


def test_a_candidate_that_is_hardly_surer_does_not_overrule_an_earlier_one() -> None:
    made = ("Sybiha spoke about talks in Rome now", "Sybiha spoke about talks in Rome")
    sure = replace(pipeline(*made), reader=FakeReader(scale=24.0))
    reply = sure.ask("And?", FakeCorpus(TEXTS), turns=TURNS).reply
    assert reply.standalone_question == made[0]


def test_where_no_candidate_finds_anything_the_question_is_shown_as_it_was_asked() -> None:
    made = ("Which moon is farther than Rome?", "Which moon is farther?")
    reply = pipeline(*made).ask(made[1], FakeCorpus(TEXTS), turns=TURNS).reply
    assert isinstance(reply, Refusal)
    assert (reply.kind, reply.standalone_question) == ("absent", made[1])


def test_a_standalone_question_of_the_users_own_is_asked_alone() -> None:
    corpus = FakeCorpus(TEXTS)
    own = "Bread is baked in an oven?"
    reply = pipeline("other").ask("And?", corpus, turns=TURNS, standalone_question=own).reply
    assert (corpus.searched, reply.standalone_question) == ([own], own)


def test_what_quotes_cannot_answer_is_not_searched() -> None:
    corpus = FakeCorpus(TEXTS)
    reply = pipeline().ask("Hello!", corpus).reply
    assert isinstance(reply, Refusal)
    assert (reply.kind, reply.nearest, corpus.searched) == ("other", (), [])


def test_a_question_about_the_whole_gets_key_sentences_and_a_topic_must_be_a_documents() -> None:
    about = pipeline().ask("Summarise the document about bread", FakeCorpus(TEXTS)).reply
    assert isinstance(about, Answer)
    assert [quote.exact for quote in about.quotes] == ["Bread is baked in an oven."]
    nile = pipeline().ask("Summarise the document about the Nile", FakeCorpus(TEXTS))
    assert nile.evidence  # it was read like any other question
    assert isinstance(nile.reply, Refusal)


def test_a_writers_text_stands_beside_the_quotes_and_only_with_an_answer() -> None:
    answered = pipeline().ask("Sybiha spoke about talks in Rome?", FakeCorpus(TEXTS)).reply
    grown = [*written(answered, FakeWriter("It broke off."))]
    assert [len(reply.written) for reply in grown] == [1, 2, 2]
    assert {reply.quotes for reply in grown} == {answered.quotes}
    whole = grown[-1]
    assert whole.text == (
        "Sybiha spoke about talks in Rome? 1 quotes. [1] "
        "~~So it is.~~ {struck out: it does not end in a pointer to a quote}"
    )
    assert whole.notices == (*answered.notices, "It broke off.")
    assert "write" in whole.timings_ms
    assert [*written(pipeline().ask("Why so?", FakeCorpus(TEXTS)).reply, FakeWriter())] == []


@pytest.mark.parametrize(("question", "clean"), [("  Why?\n", "Why?"), ("a\ud800b", "a?b")])
def test_a_question_is_cleaned(question: str, clean: str) -> None:
    assert check_question(question, 10) == clean


@pytest.mark.parametrize("question", ["", " \n\t", "x" * 11])
def test_a_question_that_cannot_be_asked_is_refused(question: str) -> None:
    with pytest.raises(QuestionError, match=r"empty|at most 10"):
        check_question(question, 10)


def test_laps_of_one_name_add_up() -> None:
    clock = Clock()
    clock.lap("read")
    first = clock.total()["read"]
    clock.lap("read")
    assert clock.total()["read"] > first


class Scripted:
    """A second reader: the log-odds of the passages that hold its words are given, others get -9."""

    def __init__(self, **scores: float) -> None:
        self._scores = scores
        self.read_passages: list[tuple[str, str]] = []

    def read(self, question: str, passages: Sequence[ReaderInput]) -> tuple[Reading, ...]:
        self.read_passages += [(question, item.text) for item in passages]
        return tuple(self._reading(item) for item in passages)

    def _reading(self, item: ReaderInput) -> Reading:
        for word, score in self._scores.items():
            if word in item.text:
                at = item.text.index(word)
                return Reading(at, at + len(word), score, score, tuple(-9.0 for _ in item.sentences))
        return Reading(0, 1, -9.0, -9.0, tuple(-9.0 for _ in item.sentences))


def test_the_second_reader_reads_the_best_few_again_and_decides() -> None:
    second = Scripted(Peskov=6.0)
    twice = replace(pipeline(), again=SecondReading(second, replace(WEIGHTS, bias=0.0), passages=2))
    outcome = twice.ask("Sybiha spoke about talks in Rome?", FakeCorpus(TEXTS))
    assert isinstance(outcome.reply, Answer)
    assert outcome.reply.quotes[0].exact == "Peskov spoke about gas."
    assert [item.hit.passage.id for item in outcome.evidence] == ["talks.txt#1", "talks.txt#0", "bread.txt#0"]
    assert len(second.read_passages) == 2  # the third passage is not read again
    assert outcome.evidence[2].first is None
    assert outcome.reply.confidence == pytest.approx(1 / (1 + 2.718281828**-6.0), abs=1e-6)
    assert set(outcome.reply.timings_ms) == {"search", "read", "reread", "decide", "total"}


def test_of_several_questions_in_one_each_gets_its_quote() -> None:
    class Asked:
        def read(self, question: str, passages: Sequence[ReaderInput]) -> tuple[Reading, ...]:
            return tuple(self._reading(question.split()[0].lower(), item) for item in passages)

        def _reading(self, word: str, item: ReaderInput) -> Reading:
            right = (word == "who" and "Peskov" in item.text) or (word == "where" and "Rome" in item.text)
            score = 4.0 if right else -4.0
            return Reading(0, 3, score, score, tuple(-9.0 for _ in item.sentences))

    twice = replace(pipeline(), again=SecondReading(Asked(), replace(WEIGHTS, bias=0.0), passages=4), quotes=2)
    reply = twice.ask("Who spoke about gas, and where were the talks?", FakeCorpus(TEXTS)).reply
    assert isinstance(reply, Answer)
    assert [quote.exact for quote in reply.quotes] == ["Peskov spoke about gas.", "Sybiha spoke about talks in Rome."]


def test_all_that_answer_are_quoted_behind_the_surest_which_alone_decides() -> None:
    texts = {f"{name}.txt": f"The {name} ship sailed." for name in ("red", "blue", "green", "white", "black")}
    second = Scripted(red=3.0, blue=2.0, green=9.0, white=4.0, black=-9.0)
    twice = replace(pipeline(), again=SecondReading(second, replace(WEIGHTS, bias=0.0), passages=2), quotes=2)
    plain, corpus = twice.ask("Who says the red ship sailed?", FakeCorpus(texts)).reply, FakeCorpus(texts)
    wanted = twice.ask("Who says the red ship sailed?", corpus, quotes=4).reply
    assert isinstance(plain, Answer)
    assert isinstance(wanted, Answer)
    assert wanted.quotes[0] == plain.quotes[0]  # though the green ship's score is higher
    assert wanted.confidence == plain.confidence
    assert (len(plain.quotes), len(wanted.quotes)) == (2, 4)
    assert "The black ship sailed." not in [quote.exact for quote in wanted.quotes]
    assert plain.notices == ()
    assert wanted.notices == ("4 quotes from 4 documents, found in the 5 nearest passages; there may be more.",)


def test_a_question_that_asks_for_a_list_gets_it() -> None:
    texts = {f"{name}.txt": f"The {name} ships sailed." for name in ("red", "blue", "green", "white")}
    reply = replace(pipeline(), quotes=2).ask("Which ships sailed?", FakeCorpus(texts)).reply
    assert isinstance(reply, Answer)
    assert len(reply.quotes) == 4
