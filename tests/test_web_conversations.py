from __future__ import annotations

from rag.interfaces.web import conversations as module
from rag.interfaces.web.conversations import Conversations
from rag.types import Turn


def test_turns_are_kept_by_an_id_that_cannot_be_guessed() -> None:
    kept = Conversations()
    first, second = kept.begin(), kept.begin()
    kept.keep(first, [Turn("a", "b")])
    assert kept.turns(first) == (Turn("a", "b"),)
    assert kept.turns(second) is None
    assert len({kept.begin() for _ in range(100)}) == 100
    assert len(first) == 22


def test_the_longest_unused_goes_first() -> None:
    kept = Conversations()
    for number in range(module.MOST):
        kept.keep(str(number), [])
    kept.turns("0")
    kept.keep("one more", [])
    assert kept.turns("0") == ()
    assert kept.turns("1") is None


def test_only_the_last_turns_of_a_long_one_are_kept() -> None:
    kept = Conversations()
    kept.keep("id", [Turn(str(number), "") for number in range(module.LONGEST + 5)])
    turns = kept.turns("id")
    assert turns is not None
    assert (len(turns), turns[0].question) == (module.LONGEST, "5")


def test_only_the_newest_answer_of_a_conversation_is_awaited_and_only_until_it_came() -> None:
    kept = Conversations()
    older, newer, other = kept.await_answer("id"), kept.await_answer("id"), kept.await_answer("another")
    assert not kept.is_awaited("id", older)
    assert kept.is_awaited("id", newer)
    assert not kept.is_awaited("id", newer)
    assert kept.is_awaited("another", other)


def test_an_answer_that_was_stopped_is_not_awaited() -> None:
    kept = Conversations()
    ticket = kept.await_answer("id")
    kept.stop("id")
    kept.stop("of which nothing is known")
    assert not kept.is_awaited("id", ticket)
