"""Follow-ups made to stand on their own, on the seed document's words and others."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.conversation import standalone
from rag.conversation.choose import FEATURES
from rag.conversation.ellipsis import complete
from rag.conversation.gate import GATE_FEATURES
from rag.conversation.history import Past, entities
from rag.conversation.mentions import mentions
from rag.conversation.pointers import pointers
from rag.conversation.rewrite import RECENT_TURNS, recent
from rag.conversation.tokenise import tokens
from rag.conversation.weights import GATE, WEIGHTS
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
            [Turn("How many people live in Austria?", "About nine million")],
            "And in Switzerland?",
            "How many people live in Switzerland?",
        ),
    ],
)
def test_a_follow_up_is_resolved(turns: list[Turn], question: str, expected: str) -> None:
    assert standalone(question, turns) == expected


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
        "Warum hat er das gesagt?",
        "Что он сказал о переговорах?",
        "他说了什么？",
        "\ud83d",
        "?",
        "  ",
    ],
)
def test_a_question_that_stands_on_its_own_is_left_as_it_is(question: str) -> None:
    assert standalone(question, [MINISTER]) == question
    assert standalone(question, [WARNING, MINISTER]) == question


def test_without_turns_nothing_is_changed() -> None:
    assert standalone("What did he say?", []) == "What did he say?"


def test_after_nothing_but_places_he_stays_he() -> None:
    assert standalone("What did he say?", [Turn("Which cities lie in Ukraine?", "Kyiv, Lviv")]) == "What did he say?"


def test_the_highlighted_words_say_who_is_meant() -> None:
    exact = "Kremlin spokesman Dmitry Peskov and French President Emmanuel Macron met."
    for name in ("Dmitry Peskov", "Emmanuel Macron"):
        turn = answered("Who criticised NATO?", exact, name)
        assert standalone("When did he say so?", [turn]) == f"When did {name} say so?"


def test_an_earlier_question_counts_as_it_was_understood() -> None:
    turn = answered("And what did he say?", "Kyiv is ready.", "ready", "And what did Andriy Sybiha say?")
    assert standalone("Where does he live?", [turn]) == "Where does Andriy Sybiha live?"
    assert standalone("Where does he live?", [MINISTER, Turn("And what did he say?", "Kyiv is ready.")]) == (
        "Where does Andriy Sybiha live?"
    )


def test_what_a_long_answer_names_in_passing_is_not_what_is_meant() -> None:
    answer = (
        "Osmosis moves a solvent through a membrane. " * 4 + "Jean-Antoine Nollet of the Paris Academy described it."
    )
    assert standalone("Is it reversible?", [Turn("What is osmosis?", answer)]) == "Is osmosis reversible?"
    assert standalone("Is it in NATO?", [Turn("Why?", answer)]) == "Is it in NATO?"


def test_after_a_refusal_the_question_is_what_was_spoken_of() -> None:
    question = "Who is Ukraine's foreign minister?"
    turn = Turn(question, Refusal(question, question, "not in the documents", (), 0.1))
    assert standalone("What did he say?", [turn]) == "What did Ukraine's foreign minister say?"


def test_only_the_first_and_the_latest_turns_are_looked_back_upon() -> None:
    turns = [Turn(f"What is number {number}?", "") for number in range(RECENT_TURNS + 4)]
    assert list(recent(turns)) == [turns[0], *turns[4:]]
    assert list(recent(turns[: RECENT_TURNS + 1])) == turns[: RECENT_TURNS + 1]


@given(st.text(max_size=60), st.lists(st.tuples(st.text(max_size=40), st.text(max_size=60)), max_size=3))
def test_any_text_is_taken_and_the_same_comes_out_each_time(question: str, said: list[tuple[str, str]]) -> None:
    turns = [Turn(asked, answer) for asked, answer in said]
    assert standalone(question, turns) == standalone(question, turns)


def test_words_keep_their_places_in_any_script() -> None:
    text = "Où est l’État? Київ — \U0001d54f U.S. Zelensky’s"
    assert [token.text for token in tokens(text)] == ["Où", "est", "l", "État", "Київ", "𝕏", "U.S.", "Zelensky"]
    assert all(text[token.start : token.end] == token.text for token in tokens(text))


def test_names_are_told_from_titles_countries_and_origins() -> None:
    found = mentions("North Korean leader Kim Jong Un met U.S. President Donald Trump and NATO in the Holy See.")
    assert [(m.text, m.person, m.place) for m in found] == [
        ("Kim Jong Un", 1, False),
        ("U.S.", -1, True),
        ("Donald Trump", 1, False),
        ("NATO", -1, False),
        ("Holy See", -1, True),
    ]


@pytest.mark.parametrize(
    ("question", "kinds"),
    [
        ("What did he say about her plan?", [("he", False), ("she", True)]),
        ("Where is it?", [("it", False)]),
        ("What is the name of its capital?", [("it", True)]),
        ("How many people live there?", [("there", False)]),
        ("Are there any others?", []),
        ("Who wrote that book?", [("this", False)]),
        ("Who claimed that Kyiv is ready?", []),
        ("Was Mozart's father proud of him?", []),
    ],
)
def test_what_points_back(question: str, kinds: list[tuple[str, bool]]) -> None:
    assert [(pointer.kind, pointer.possessive) for pointer in pointers(question)] == kinds


def test_mentions_of_one_person_are_one_entity_under_the_longest_name() -> None:
    found = entities([Past("What did Putin warn against?", PUTIN)])
    putin = next(entity for entity in found if "putin" in entity.words)
    assert (putin.text, putin.asked, putin.answered, putin.person, putin.gender) == (
        "Vladimir Putin",
        (0,),
        (0,),
        1,
        "he",
    )


def test_a_whole_question_is_not_taken_for_a_fragment() -> None:
    assert complete("Who founded Apple?", "Who photographed Honkala?") is None
    assert complete("What about his wife?", "Who photographed Honkala?") is None


def test_the_weights_fit_their_features() -> None:
    assert {len(row) for row in WEIGHTS.values()} == {len(FEATURES)}
    assert set(WEIGHTS) == {"he", "she", "it", "they", "there", "this", "none"}
    assert len(GATE) == len(GATE_FEATURES)
