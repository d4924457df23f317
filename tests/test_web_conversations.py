from __future__ import annotations

import re
import sqlite3
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest
from web_library import NEWS, FakeLibrary, document

from rag.errors import SettingsError, UnknownDocument
from rag.interfaces.web import conversations as module
from rag.interfaces.web import database
from rag.interfaces.web.conversations import Conversations
from rag.interfaces.web.database import ConversationsError
from rag.types import Turn

LIBRARY = FakeLibrary([document("a/news.txt", NEWS, title="The News")])
ME, YOU = "m" * 32, "y" * 32


@pytest.fixture
def kept(where: Path | str) -> Iterator[Conversations]:
    """Conversations of each test's own, in either database."""
    with closing(Conversations(where)) as kept:
        yield kept


def turn(question: str) -> Turn:
    return Turn(question, LIBRARY.ask(question))


def begun(kept: Conversations, question: str = "Who opened the harbour?", visitor: str = ME) -> str:
    return kept.add("", visitor, turn(question), request=f"request of {question}")


def questions(kept: Conversations, conversation: str, visitor: str = ME) -> list[str]:
    return [turn.question for turn in kept.turns(conversation, visitor)]


def test_what_is_kept_is_there_again_after_a_restart(where: Path | str) -> None:
    with closing(Conversations(where)) as first:
        id = begun(first)
        first.add(id, ME, turn("bread?"), request="r2")
    with closing(Conversations(where)) as again:
        assert again.turns(id, ME) == (turn("Who opened the harbour?"), turn("bread?"))
        assert again.title(id, ME) == "Who opened the harbour?"
    assert not (Conversations().listed(ME)[0])


def test_a_conversation_is_its_visitor_s_alone(kept: Conversations) -> None:
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


def test_a_turn_stands_after_those_that_are_kept(kept: Conversations) -> None:
    id = begun(kept, "One harbour?")
    for number, question in enumerate(("Two?", "Three?")):
        kept.add(id, ME, turn(question), request=str(number))
    kept.add(id, ME, turn("Instead of two?"), request="x", keep=1)
    assert questions(kept, id) == ["One harbour?", "Instead of two?"]
    kept.add(id, ME, turn("Instead of one?"), request="y", keep=0)
    assert questions(kept, id) == ["Instead of one?"]


def test_a_request_that_comes_again_is_known(kept: Conversations) -> None:
    id = kept.add("", ME, turn("harbour?"), request="first request")
    assert kept.answered("first request", ME) == kept.answered("first request", ME, conversation=id) == id
    assert kept.answered("first request", YOU) == kept.answered("another", ME) == ""
    kept.add(id, ME, turn("bread?"), request="another")
    assert kept.answered("another", ME, conversation=id) == id
    assert kept.answered("another", ME, conversation="made up") == kept.answered("another", ME) == ""


def test_a_request_that_two_processes_answer_is_kept_once(where: Path | str) -> None:
    with closing(Conversations(where)) as one, closing(Conversations(where)) as other:
        id = begun(one)
        assert begun(other) == id
        for kept in (one, other):
            assert kept.add(id, ME, turn("bread?"), request="the second") == id
        assert questions(other, id) == ["Who opened the harbour?", "bread?"]


def test_only_the_last_turns_of_a_long_one_are_kept(kept: Conversations, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LONGEST", 3)
    id = begun(kept, "0")
    for number in range(1, 6):
        kept.add(id, ME, turn(str(number)), request=str(number))
    assert questions(kept, id) == ["3", "4", "5"]


def test_the_longest_unused_goes_first(kept: Conversations, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST", 2)
    ids = [begun(kept, str(number)) for number in range(2)]
    kept.add(ids[0], ME, turn("again"), request="r")
    begun(kept, "2")
    assert [entry.title for entry in kept.listed(ME)[0]] == ["2", "0"]


def test_all_conversations_together_are_bounded(kept: Conversations, monkeypatch: pytest.MonkeyPatch) -> None:
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
def test_a_conversation_is_found_by_the_words_of_its_title_questions_and_quotes(
    kept: Conversations, words: str, found: list[str]
) -> None:
    begun(kept)
    begun(kept, "Wo liegt der ÄRMEL?")
    begun(kept, "Who opened the harbour?", YOU)
    listed, count = kept.listed(ME, words)
    assert [entry.title for entry in listed] == found
    assert count == len(found)


def test_a_title_is_given_and_a_blank_one_is_not(kept: Conversations) -> None:
    id = begun(kept)
    kept.rename(id, ME, " The \n port ")
    kept.rename(id, ME, "  ")
    assert kept.title(id, ME) == "The port"
    kept.delete(id, ME)
    assert kept.listed(ME) == ((), 0)


def test_a_snapshot_stays_as_it_was_and_tells_nothing_of_its_conversation(kept: Conversations) -> None:
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


def test_threads_and_processes_add_without_losing_a_turn(where: Path | str) -> None:
    with ThreadPoolExecutor(8) as people, closing(Conversations(where)) as one, closing(Conversations(where)) as other:
        id = begun(one)
        list(people.map(lambda n: (one, other)[n % 2].add(id, ME, turn(str(n)), request=str(n)), range(40)))
        assert sorted(questions(one, id)[1:], key=int) == [str(number) for number in range(40)]


def test_databases_that_are_begun_at_the_same_moment(where: Path | str) -> None:
    with ThreadPoolExecutor(8) as servers:
        for kept in servers.map(Conversations, [where] * 8):
            with closing(kept):
                begun(kept, visitor=f"{id(kept)}")


def test_what_is_no_text_in_every_database_is_kept_without_it(kept: Conversations) -> None:
    id = kept.add("", ME, turn("harbour\0?"), request="r\0")
    kept.rename(id, ME, "A\0B")
    assert kept.title(id, ME) == "A\N{REPLACEMENT CHARACTER}B"
    assert kept.turns(id, ME)[0].reply == turn("harbour\0?").reply
    assert kept.listed(ME, "\0")[1] == 1
    with pytest.raises(UnknownDocument):
        kept.snapshot("\0")


def test_so_many_snapshots_and_no_more(kept: Conversations, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "SNAPSHOTS", 2)
    ids = [kept.share(title, (), {"verdicts": []}) for title in "abc"]
    assert [kept.snapshot(id).title for id in ids[1:]] == ["b", "c"]
    with pytest.raises(UnknownDocument):
        kept.snapshot(ids[0])


def test_a_file_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    file = tmp_path / "kept.sqlite3"
    file.write_text("no database " * 1_000, encoding="utf-8")
    with pytest.raises(ConversationsError, match=r"kept.sqlite3 cannot be used: .*conversations = false\.$"):
        Conversations(file)
    newer = tmp_path / "newer.sqlite3"
    with sqlite3.connect(newer) as database:
        database.execute("PRAGMA user_version = 4")
    database.close()
    with pytest.raises(ConversationsError, match="newer version"):
        Conversations(newer)


@pytest.mark.parametrize("version", [1, 2])
def test_a_file_of_an_earlier_version_is_taken_over(tmp_path: Path, version: int) -> None:
    file = tmp_path / "kept.sqlite3"
    with closing(Conversations(file)) as kept:
        id = begun(kept)
        begun(kept, "Whose reply was damaged?")
    with closing(sqlite3.connect(file, isolation_level=None)) as old:
        old.execute("UPDATE turn SET reply = '{' WHERE question LIKE '%damaged?'")
        old.execute("ALTER TABLE turn DROP COLUMN words")
        old.execute("DROP TABLE pin" if version == 1 else "SELECT 1")
        old.execute(f"PRAGMA user_version = {version}")
    with closing(Conversations(file)) as kept:
        assert (questions(kept, id), kept.pins(id, ME)) == (["Who opened the harbour?"], ())
        assert [entry.id for entry in kept.listed(ME, "TUESDAY")[0]] == [id]
        assert kept.listed(ME, "damaged")[1] == 1


def test_a_lost_connection_is_made_again(postgres: Callable[[], str], monkeypatch: pytest.MonkeyPatch) -> None:
    psycopg = pytest.importorskip("psycopg")
    address = postgres()
    with closing(Conversations(address)) as kept, psycopg.connect(address, autocommit=True) as other:
        id = begun(kept)
        ended = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'chapter-and-verse'"
        assert other.execute(f"{ended} AND datname = current_database()").fetchall() == [(True,)]
        assert questions(kept, id) == ["Who opened the harbour?"]
        # Somebody who holds the writers' place is waited for a while, and then named.
        monkeypatch.setattr(database, "PATIENCE", 0.2)
        with other.transaction():
            other.execute("SELECT pg_advisory_xact_lock(%s)", [database._WRITERS])
            assert questions(kept, id) == ["Who opened the harbour?"]
            with pytest.raises(ConversationsError, match=r"PostgreSQL cannot be used: .*lock timeout"):
                kept.add(id, ME, turn("bread?"), request="r")
        kept.add(id, ME, turn("bread?"), request="r")
        assert questions(kept, id)[1:] == ["bread?"]


def test_a_database_that_cannot_be_used_is_named_without_its_password(postgres: Callable[[], str]) -> None:
    address = postgres()
    for wrong, kind, words in (
        (address.replace("%2Fword", ""), ConversationsError, "password authentication failed"),
        (f"{address}x", ConversationsError, r'database "kept\d+x" does not exist'),
        (address.replace("%2F", "/"), SettingsError, "Write / as %2F"),
        (f"{address}?colour=red", SettingsError, "is no address such as postgresql://user"),
    ):
        with pytest.raises(kind, match=words) as raised:
            Conversations(wrong)
        assert not re.search("p(@|%40)ss", str(raised.value))
        assert "\n" not in str(raised.value)


def test_without_the_extra_it_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(SettingsError, match=r'chapter-and-verse\[postgres\]"'):
        Conversations("postgresql://localhost/none")
