from __future__ import annotations

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from web_library import NEWS, FakeLibrary, document

from rag.errors import UnknownDocument
from rag.interfaces.web import conversations as module
from rag.interfaces.web.conversations import Conversations, ConversationsError
from rag.types import Turn

LIBRARY = FakeLibrary([document("a/news.txt", NEWS, title="The News")])
ME, YOU = "m" * 32, "y" * 32


def turn(question: str) -> Turn:
    return Turn(question, LIBRARY.ask(question))


def begun(kept: Conversations, question: str = "Who opened the harbour?", visitor: str = ME) -> str:
    return kept.add("", visitor, turn(question), request=f"request of {question}")


def questions(kept: Conversations, conversation: str, visitor: str = ME) -> list[str]:
    return [turn.question for turn in kept.turns(conversation, visitor)]


def test_what_is_kept_in_a_file_is_there_again_after_a_restart(tmp_path: Path) -> None:
    first = Conversations(tmp_path / "kept.sqlite3")
    id = begun(first)
    first.add(id, ME, turn("bread?"), request="r2")
    first.close()
    again = Conversations(tmp_path / "kept.sqlite3")
    assert again.turns(id, ME) == (turn("Who opened the harbour?"), turn("bread?"))
    assert again.title(id, ME) == "Who opened the harbour?"
    assert not (Conversations().listed(ME)[0])


def test_a_conversation_is_its_visitor_s_alone() -> None:
    kept = Conversations()
    id = begun(kept)
    for act in (
        lambda: kept.turns(id, YOU),
        lambda: kept.title(id, YOU),
        lambda: kept.add(id, YOU, turn("bread?"), request="r"),
        lambda: kept.rename(id, YOU, "Mine"),
        lambda: kept.delete(id, YOU),
        lambda: kept.turns("made up", ME),
    ):
        with pytest.raises(UnknownDocument, match="not kept here"):
            act()
    assert kept.listed(YOU) == ((), 0)
    assert questions(kept, id) == ["Who opened the harbour?"]


def test_a_turn_stands_after_those_that_are_kept() -> None:
    kept = Conversations()
    id = begun(kept, "One harbour?")
    for number, question in enumerate(("Two?", "Three?")):
        kept.add(id, ME, turn(question), request=str(number))
    kept.add(id, ME, turn("Instead of two?"), request="x", keep=1)
    assert questions(kept, id) == ["One harbour?", "Instead of two?"]
    kept.add(id, ME, turn("Instead of one?"), request="y", keep=0)
    assert questions(kept, id) == ["Instead of one?"]


def test_a_request_that_comes_again_is_known() -> None:
    kept = Conversations()
    id = kept.add("", ME, turn("harbour?"), request="first request")
    assert kept.began("first request", ME) == id
    assert kept.began("first request", YOU) == kept.began("another", ME) == ""
    assert kept.has(id, "first request")
    assert not kept.has(id, "another")


def test_only_the_last_turns_of_a_long_one_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LONGEST", 3)
    kept = Conversations()
    id = begun(kept, "0")
    for number in range(1, 6):
        kept.add(id, ME, turn(str(number)), request=str(number))
    assert questions(kept, id) == ["3", "4", "5"]


def test_the_longest_unused_goes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST", 2)
    kept = Conversations()
    ids = [begun(kept, str(number)) for number in range(2)]
    kept.add(ids[0], ME, turn("again"), request="r")
    begun(kept, "2")
    assert [entry.title for entry in kept.listed(ME)[0]] == ["2", "0"]


def test_all_conversations_together_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    kept = Conversations()
    begun(kept, "x" * 2_000)
    monkeypatch.setattr(module, "LARGEST", 5_000)
    begun(kept, "bread?")
    begun(kept, "y" * 3_000)
    assert [entry.title[:6] for entry in kept.listed(ME)[0]] == ["yyyyyy"]


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("", ["Wo liegt der ÄRMEL?", "Who opened the harbour?"]),
        ("WHO harbour", ["Who opened the harbour?"]),
        ("who tuesday", ["Who opened the harbour?"]),
        ("who monday", []),
        ("ärmel", ["Wo liegt der ÄRMEL?"]),
        ("%", []),
        ("status", []),
    ],
)
def test_a_conversation_is_found_by_the_words_of_its_title_questions_and_quotes(words: str, found: list[str]) -> None:
    kept = Conversations()
    begun(kept)
    begun(kept, "Wo liegt der ÄRMEL?")
    begun(kept, "Who opened the harbour?", YOU)
    listed, count = kept.listed(ME, words)
    assert [entry.title for entry in listed] == found
    assert count == len(found)


def test_a_title_is_given_and_a_blank_one_is_not() -> None:
    kept = Conversations()
    id = begun(kept)
    kept.rename(id, ME, " The \n port ")
    kept.rename(id, ME, "  ")
    assert kept.title(id, ME) == "The port"
    kept.delete(id, ME)
    assert kept.listed(ME) == ((), 0)


def test_a_snapshot_stays_as_it_was_and_tells_nothing_of_its_conversation(tmp_path: Path) -> None:
    kept = Conversations(tmp_path / "kept.sqlite3")
    id = begun(kept)
    shared = kept.share("The harbour", kept.turns(id, ME), {"verdicts": []})
    kept.add(id, ME, turn("bread?"), request="r")
    kept.delete(id, ME)
    snapshot = kept.snapshot(shared)
    assert (snapshot.title, snapshot.turns, snapshot.verdicts) == (
        "The harbour",
        (turn("Who opened the harbour?"),),
        {"verdicts": []},
    )
    assert id != shared
    with pytest.raises(UnknownDocument):
        kept.snapshot(id)


def test_several_threads_add_without_losing_a_turn(tmp_path: Path) -> None:
    kept = Conversations(tmp_path / "kept.sqlite3")
    id = begun(kept)
    with ThreadPoolExecutor(8) as people:
        list(people.map(lambda number: kept.add(id, ME, turn(str(number)), request=str(number)), range(40)))
    assert sorted(questions(kept, id)[1:], key=int) == [str(number) for number in range(40)]


def test_a_file_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    file = tmp_path / "kept.sqlite3"
    file.write_text("no database " * 1_000, encoding="utf-8")
    with pytest.raises(ConversationsError, match=r"kept.sqlite3 cannot be used: .*conversations = false\.$"):
        Conversations(file)
    newer = tmp_path / "newer.sqlite3"
    with sqlite3.connect(newer) as database:
        database.execute("PRAGMA user_version = 3")
    database.close()
    with pytest.raises(ConversationsError, match="newer version"):
        Conversations(newer)
