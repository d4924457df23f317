"""Follow-ups made to stand on their own, on the seed document's words and others."""

from __future__ import annotations

from time import perf_counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.conversation import READ_CHARACTERS, RECENT_TURNS, CandidateRewriter
from rag.conversation.mentions import mentions, split_words
from rag.types import Answer, Quote, Refusal, Source, Turn

SYBIHA = (
    "Ukraine’s foreign minister, Andriy Sybiha, insisted Kyiv is ready for direct talks but only on neutral ground."
)
PUTIN = (
    "Russian President Vladimir Putin has issued stark warnings against the idea of Western troops being stationed in "
    "Ukraine, calling such deployments ‘legitimate targets for defeat.’"
)
MACRON = (
    "French President Emmanuel Macron described these commitments as potential deployments ‘by land, sea, or air’ once "
    "hostilities have ceased."
)
BEIJING = (
    "The Kremlin’s comments follow a week of high-profile diplomacy for Putin, who traveled to Beijing to appear "
    "alongside Chinese President Xi Jinping and North Korean leader Kim Jong Un."
)
MINISTER = Turn("Who is Ukraine's foreign minister?", SYBIHA)
WARNING = Turn("What did Putin warn against?", PUTIN)


def candidates(question: str, turns: list[Turn], characters: int = 2_000) -> tuple[str, ...]:
    return CandidateRewriter(characters=characters).candidates(question, turns)


def answered(question: str, exact: str, highlight: str, standalone_question: str = "") -> Turn:
    start = exact.index(highlight) + 100
    quote = Quote(
        document=Source("a.txt", "a", "a.txt", "0" * 64),
        start=100,
        end=100 + len(exact),
        exact=exact,
        prefix="",
        suffix="",
        highlights=((start, start + len(highlight)),),
        page=None,
        line=1,
        section="",
        score=0.9,
    )
    return Turn(question, Answer(question, standalone_question or question, (quote,), 0.9))


@pytest.mark.parametrize(
    ("turns", "question", "expected"),
    [
        # A person, not the country beside her or him.
        ([MINISTER], "And what did he say about talks?", "And what did Andriy Sybiha say about talks?"),
        ([MINISTER], "What did he write on social media?", "What did Andriy Sybiha write on social media?"),
        ([MINISTER], "Is it in NATO?", "Is Ukraine in NATO?"),
        ([MINISTER], "What is its population?", "What is Ukraine's population?"),
        ([WARNING], "Who agreed with him?", "Who agreed with Vladimir Putin?"),
        ([Turn("Who wrote Frankenstein?", "Mary Shelley")], "When was she born?", "When was Mary Shelley born?"),
        (
            [Turn("Who painted the Mona Lisa?", "Leonardo da Vinci")],
            "Where is it now?",
            "Where is the Mona Lisa now?",
        ),
        (
            [Turn("who is andriy sybiha", "foreign minister of ukraine")],
            "what did he say",
            "what did andriy sybiha say",
        ),
        (
            [Turn("Who is the Kremlin spokesman?", "Kremlin spokesman Dmitry Peskov said that Putin was ready.")],
            "What did he say about talks?",
            "What did Dmitry Peskov say about talks?",
        ),
        (
            [Turn("Who runs the bakery?", "Mrs Anna Lind and Mr Jan Lind")],
            "When did she open it?",
            "When did Anna Lind open the bakery?",
        ),
        # The subject changes.
        (
            [MINISTER, Turn("Who is the French president?", MACRON)],
            "What did he say?",
            "What did Emmanuel Macron say?",
        ),
        (
            [
                Turn("Who is Angela Merkel?", "A former chancellor of Germany"),
                Turn("Who succeeded her?", "Olaf Scholz"),
            ],
            "When did he take office?",
            "When did Olaf Scholz take office?",
        ),
        (
            [
                Turn("What is solar power?", "Energy from sunlight"),
                Turn("Tell me about wind power.", "It uses turbines"),
            ],
            "What are its advantages?",
            "What are wind power's advantages?",
        ),
        # Places and things.
        ([Turn("Where did Putin travel?", BEIJING)], "Who else was there?", "Who else was in Beijing?"),
        (
            [Turn("What is the capital of Austria?", "Vienna")],
            "How many people live there?",
            "How many people live in Vienna?",
        ),
        (
            [Turn("What are the side effects of ibuprofen?", "Nausea, headache")],
            "Are they dangerous?",
            "Are the side effects dangerous?",
        ),
        (
            [Turn("What is solar power?", "Energy from sunlight")],
            "How does it compare to wind power?",
            "How does solar power compare to wind power?",
        ),
        # Demonstratives are explained, not replaced.
        (
            [Turn("What is the notice period?", "The tenant may end the lease with three months' notice.")],
            "Does this apply to the landlord?",
            "Does this apply to the landlord (the notice period)?",
        ),
        ([Turn("What is throat cancer?", "A tumour")], "Is this cancer treatable?", "Is throat cancer treatable?"),
        # What was left out.
        (
            [Turn("Did Putin invite Zelensky to Moscow?", "Yes")],
            "Why?",
            "Why did Putin invite Zelensky to Moscow?",
        ),
        ([WARNING], "Why?", "Why? (What did Putin warn against?)"),
        ([WARNING, Turn("Why?", "")], "Since when?", "Since when? (What did Putin warn against?)"),
        ([WARNING], "And Macron?", "What did Macron warn against?"),
        ([MINISTER], "What about France?", "Who is France's foreign minister?"),
        ([Turn("Who won the 2018 World Cup?", "France")], "And in 2014?", "Who won the 2014 World Cup?"),
        ([Turn("Who photographed Honkala?", "Richard Avedon")], "Who else?", "Who else photographed Honkala?"),
        (
            [Turn("Which countries are ready to host a meeting?", "Austria, the Holy See, Switzerland")],
            "What about Switzerland?",
            "What about Switzerland? (Which countries are ready to host a meeting?)",
        ),
        (
            [Turn("Who was the first president of Poland?", "Gabriel Narutowicz")],
            "What about the second one?",
            "Who was the second president of Poland?",
        ),
        ([Turn("How much rain fell in 2018?", "610 mm")], "and in 2019?", "How much rain fell in 2019?"),
        (
            [Turn("How many people live in Austria?", "About nine million")],
            "And in Switzerland?",
            "How many people live in Switzerland?",
        ),
    ],
)
def test_a_follow_up_is_resolved(turns: list[Turn], question: str, expected: str) -> None:
    assert candidates(question, turns)[0] == expected


@pytest.mark.parametrize(
    "question",
    [
        "Who is the French president?",
        "What is the capital of Poland?",
        "How do I cook rice?",
        "What is photosynthesis?",
        "What does Zelensky think?",
        "Is it possible to learn Spanish in a month?",
        "What is it like to live in Norway?",
        "How long does it take to boil an egg?",
        "Did Einstein publish his theory before 1910?",
        "When did Apple release the iPhone and how much did it cost?",
        "how do bats find their prey",
        "Are there penguins in Africa?",
        "Does a California roll have fish in it?",
        "Why did Locke believe that one person cannot own another?",
        "I just had a biopsy. Is it dangerous?",
        "I have read that bread is cheap to bake. Is that true?",
        "If the rent rises, is that legal?",
        "Can a tenant lose his or her deposit?",
        "What are the rules that govern chess?",
        "Who said that all men are equal?",
        "What happened this year in Spain?",
        'Who sang "It Had to Be You"?',
        "Besides his debut, what did Mozart write?",
        "Warum wurde das gesagt?",
        "Что сказали о переговорах?",
        "他说了什么？",
        "\ud83d",
        "?",
        "  ",
    ],
)
def test_a_question_that_stands_on_its_own_is_left_as_it_is(question: str) -> None:
    assert candidates(question, [MINISTER]) == (question,)
    assert candidates(question, [WARNING, MINISTER]) == (question,)


def test_without_turns_nothing_is_changed() -> None:
    assert candidates("What did he say?", []) == ("What did he say?",)


def test_the_candidates_come_likeliest_first_and_the_question_as_it_is_last_or_not_where_a_person_is_meant() -> None:
    assert candidates("And what did he say about talks?", [MINISTER]) == (
        "And what did Andriy Sybiha say about talks?",
        "And what did Ukraine's foreign minister say about talks?",
    )
    assert candidates("Is it in NATO?", [MINISTER])[-1] == "Is it in NATO?"
    assert candidates("Who won the debate?", [Turn("Where was Marta Holm elected?", "In Oslo")]) == (
        "Who won the debate (Marta Holm)?",
        "Who won the debate?",
    )


@pytest.mark.parametrize(
    ("before", "question", "expected"),
    [
        ("Wer leitet den Verein?", "Wann wurde er gegründet?", "Wann wurde er gegründet (Verein)?"),
        ("Wo liegt Weimar?", "Können Sie dort parken?", "Können Sie dort parken (Weimar)?"),
        ("Wer leitet den Verein?", "Was kostet die Miete?", "Was kostet die Miete?"),
        ("Wer leitet den Verein?", "Wo kaufen Sie die Karten?", "Wo kaufen Sie die Karten?"),
        ("Wer leitet den Verein?", "Wann hat Müller sein Buch verkauft?", "Wann hat Müller sein Buch verkauft?"),
        ("Qui dirige Médiane ?", "Où est son siège ?", "Où est son siège (Médiane) ?"),
        ("¿Qué incluye el alquiler?", "¿Quién fija su importe?", "¿Quién fija su importe (incluye alquiler)?"),
        ("Chi dirige Verdiana?", "Dove è la sua sede?", "Dove è la sua sede (Verdiana)?"),
        ("Кто руководит Маяком?", "Когда его построили?", "Когда его построили (Маяком)?"),
    ],
)
def test_in_another_language_what_was_spoken_of_is_put_behind_what_points_back(
    before: str, question: str, expected: str
) -> None:
    made = candidates(question, [Turn(before, "")])
    assert (made[0], made[-1]) == (expected, question)


def test_after_nothing_but_places_he_stays_he() -> None:
    turn = Turn("Which cities lie in Ukraine?", "Kyiv, Lviv")
    assert candidates("What did he say?", [turn]) == ("What did he say?",)


def test_the_highlighted_words_say_who_is_meant() -> None:
    exact = "Kremlin spokesman Dmitry Peskov and French President Emmanuel Macron met."
    for name in ("Dmitry Peskov", "Emmanuel Macron"):
        turn = answered("Who criticised NATO?", exact, name)
        assert candidates("When did he say so?", [turn])[0] == f"When did {name} say so?"


def test_an_earlier_question_counts_as_it_was_understood() -> None:
    turn = answered("And what did he say?", "Kyiv is ready.", "ready", "And what did Andriy Sybiha say?")
    assert candidates("Where does he live?", [turn])[0] == "Where does Andriy Sybiha live?"
    assert candidates("Where does he live?", [MINISTER, Turn("And what did he say?", "Kyiv is ready.")])[0] == (
        "Where does Andriy Sybiha live?"
    )


def test_after_a_refusal_the_question_is_what_was_spoken_of() -> None:
    question = "Who is Ukraine's foreign minister?"
    turn = Turn(question, Refusal(question, question, "not in the documents", (), 0.1))
    assert candidates("What did he say?", [turn])[0] == "What did Ukraine's foreign minister say?"


def test_a_candidate_that_would_be_too_long_is_left_out() -> None:
    question = "What did he say about talks?"
    assert candidates(question, [MINISTER], characters=len(question)) == (question,)
    assert candidates("Why?", [WARNING], characters=12) == ("Why?",)


def test_only_the_first_and_the_latest_turns_are_looked_back_upon() -> None:
    between = [Turn("Is bread cheap?", "Yes") for _ in range(RECENT_TURNS)]
    assert candidates("Where is she?", [Turn("Who is Mrs Lind?", ""), *between])[0] == "Where is Lind?"
    assert candidates("Where is she?", [between[0], Turn("Who is Mrs Lind?", ""), *between])[0] == "Where is she?"


def test_no_more_than_the_beginning_of_an_earlier_turn_is_read() -> None:
    answer = "x" * READ_CHARACTERS + " Mary Shelley"
    assert candidates("When was she born?", [Turn("Tell me of a book.", answer)]) == ("When was she born?",)


@pytest.mark.parametrize(
    "text",
    [
        "about " * 20_000, "what about " * 10_000, "and " * 30_000, "it is a b c " * 9_000, '"' * 100_000,
        "A." * 50_000, "he " * 30_000, " " * 100_000, "’s" * 50_000, "? (" * 30_000, "Aa bb, " * 15_000,
        "in it " * 20_000,
    ],
)  # fmt: skip
def test_hostile_texts_take_time_in_proportion_to_their_length(text: str) -> None:
    began = perf_counter()
    candidates(text[:2_000], [MINISTER, Turn(text, text), Turn(text[:2_000], text)])
    candidates("What did he say about it there?", [Turn(text, text)] * 6)
    assert perf_counter() - began < 2


@given(st.text(max_size=60), st.lists(st.tuples(st.text(max_size=40), st.text(max_size=60)), max_size=3))
def test_any_text_is_taken_and_the_same_comes_out_each_time(question: str, said: list[tuple[str, str]]) -> None:
    turns = [Turn(asked, answer) for asked, answer in said]
    found = candidates(question, turns)
    assert found == candidates(question, turns)
    assert 1 <= len(found) <= 4


def test_words_keep_their_places_in_any_script() -> None:
    text = "Où est l’État? Київ — \U0001d54f U.S. Zelensky’s"
    assert [word.text for word in split_words(text)] == ["Où", "est", "l", "État", "Київ", "𝕏", "U.S.", "Zelensky"]
    assert all(text[word.start : word.end] == word.text for word in split_words(text))


def test_names_are_told_from_titles_and_places() -> None:
    found = mentions("North Korean leader Kim Jong Un met Mr Donald Trump and NATO in the Holy See, near Rome.")
    names = [(mention.text, mention.person, mention.gender, mention.place) for mention in found if mention.name]
    assert names == [
        ("North Korean", 0, "", False),
        ("Kim Jong Un", 1, "", False),
        ("Donald Trump", 1, "he", False),
        ("NATO", -1, "", False),
        ("the Holy See", -1, "", False),
        ("Rome", -1, "", True),
    ]
