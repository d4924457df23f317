"""Conversations, kept in a file of SQLite beside the index, in PostgreSQL or in memory; each is its visitor's own.

A visitor is a random text that a browser keeps in a cookie. A snapshot is a copy of a conversation for others to read:
it has an id of its own, from which the conversation's cannot be told.
"""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rag.errors import QuestionError, UnknownDocument
from rag.interfaces.serialization import quote_from_json, quote_to_json, reply_from_json, to_json
from rag.interfaces.web.database import ConversationsError, Database, Execute, Postgres, Sqlite
from rag.interfaces.web.sealed import seal, unseal
from rag.types import Quote, Turn

MOST = 10_000
"""Conversations kept; the one that was longest unused goes first."""
SNAPSHOTS = 1_000
"""Snapshots kept; the oldest go first."""
LONGEST = 100
"""Turns kept of one conversation; the oldest go first."""
LARGEST = 500_000_000
"""Characters kept of all conversations together."""
LISTED = 200
"""Conversations listed at once; the search finds the others."""
LONGEST_TITLE = 120
"""Characters."""
PINS = 100
"""Quotes pinned in one conversation."""
_CHANGES = (
    """
    CREATE TABLE conversation (
        id TEXT PRIMARY KEY, visitor TEXT NOT NULL, title TEXT NOT NULL, changed TEXT NOT NULL, size INTEGER NOT NULL
    );
    CREATE INDEX of_visitor ON conversation (visitor, changed);
    CREATE TABLE turn (
        conversation TEXT NOT NULL REFERENCES conversation ON DELETE CASCADE, number INTEGER NOT NULL,
        request TEXT NOT NULL, question TEXT NOT NULL, reply TEXT NOT NULL, PRIMARY KEY (conversation, number)
    );
    CREATE TABLE snapshot (id TEXT PRIMARY KEY, title TEXT NOT NULL, made TEXT NOT NULL, content TEXT NOT NULL)
    """,
    """
    CREATE TABLE pin (
        conversation TEXT NOT NULL REFERENCES conversation ON DELETE CASCADE, number INTEGER NOT NULL,
        question TEXT NOT NULL, quote TEXT NOT NULL, note TEXT NOT NULL, PRIMARY KEY (conversation, number)
    )
    """,
    "ALTER TABLE turn ADD COLUMN words TEXT NOT NULL DEFAULT ''",
)
"""What leads from each version of the tables to the next one."""
_GONE = "That conversation is not kept here: it was deleted, or another browser began it."


@dataclass(frozen=True, slots=True)
class Listed:
    """A conversation in a list."""

    id: str
    title: str
    changed: str
    """ISO 8601, UTC."""
    turns: int


@dataclass(frozen=True, slots=True)
class Pin:
    """A quote that a reader keeps for a brief."""

    number: int
    """In its conversation; none is given twice at the same time."""
    question: str
    quote: Quote
    note: str
    """What the reader wrote beside it; may be empty."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A conversation as it was shared."""

    title: str
    made: str
    """ISO 8601, UTC."""
    turns: tuple[Turn, ...]
    verdicts: Mapping[str, Any]
    """What became of its quotes when it was shared, as ``verify`` says it in JSON."""


class Conversations:
    """Turns by conversation; safe to use from several threads, and over the same database from several processes.

    ``where`` is a file of SQLite or the address of a PostgreSQL database; without it they end with the process.
    Raises ConversationsError where it cannot be opened, or is of another version.
    """

    def __init__(self, where: Path | str | None = None) -> None:
        self._database: Database = Postgres(where) if isinstance(where, str) else Sqlite(where)
        try:
            with self._database.transaction() as execute:
                version = self._database.version()
                if version > len(_CHANGES):
                    said = where if isinstance(where, Path) else "The database"
                    raise ConversationsError(
                        f"{said} was written by a newer version: update this one, or name another."
                    )
                if version < len(_CHANGES):
                    for statement in ";".join(_CHANGES[version:]).split(";"):
                        execute(statement)
                    _find_words(execute)
                    self._database.note_version(len(_CHANGES))
        except BaseException:
            self.close()
            raise

    def turns(self, conversation: str, visitor: str) -> tuple[Turn, ...]:
        """Return the turns of a visitor's conversation, oldest first; raises UnknownDocument where it has none."""
        with self._database.transaction(writing=False) as execute:
            self._check(execute, conversation, visitor)
            rows = execute(
                "SELECT question, reply FROM turn WHERE conversation = ? ORDER BY number", [conversation]
            ).fetchall()
            return tuple(Turn(question, reply_from_json(unseal(reply))) for question, reply in rows)

    def title(self, conversation: str, visitor: str) -> str:
        """Return its title; raises UnknownDocument."""
        with self._database.transaction(writing=False) as execute:
            return self._check(execute, conversation, visitor)

    def answered(self, request: str, visitor: str, *, conversation: str = "") -> str:
        """Return the visitor's conversation in which a request was answered already; empty where it was not.

        It came again because its reply was lost on the way. Without a ``conversation`` it is the one that it began.
        """
        with self._database.transaction(writing=False) as execute:
            return self._answered(execute, request, visitor, conversation)

    def add(self, conversation: str, visitor: str, turn: Turn, *, request: str, keep: int | None = None) -> str:
        """Keep a turn after the first ``keep`` of the conversation, or all; return the conversation's id.

        An empty id begins a conversation, named after the question. Where another process has answered the same
        request meanwhile, its turn stands. Raises UnknownDocument for one that is not the visitor's.
        """
        if isinstance(turn.reply, str):
            raise TypeError("Only replies are kept.")
        reply = seal(to_json(turn.reply))
        with self._database.transaction() as execute:
            if known := self._answered(execute, request, visitor, conversation):
                return known
            if conversation:
                self._check(execute, conversation, visitor)
            else:
                conversation = secrets.token_urlsafe(16)
                title = " ".join(turn.question.split())[:LONGEST_TITLE]
                execute("INSERT INTO conversation VALUES (?, ?, ?, '', 0)", [conversation, visitor, title])
            rows = execute("SELECT number FROM turn WHERE conversation = ? ORDER BY number", [conversation]).fetchall()
            numbers = [number for (number,) in rows]
            dropped = [
                *numbers[len(numbers) if keep is None else keep :],
                *numbers[: max(0, len(numbers) + 1 - LONGEST)],
            ]
            for number in dropped:
                execute("DELETE FROM turn WHERE conversation = ? AND number = ?", [conversation, number])
            number = max((number for number in numbers if number not in dropped), default=-1) + 1
            execute(
                "INSERT INTO turn (conversation, number, request, question, reply, words) VALUES (?, ?, ?, ?, ?, ?)",
                [conversation, number, request, turn.question, reply, _words(turn.question, reply)],
            )
            execute(
                "UPDATE conversation SET changed = ?, size = (SELECT sum(length(question) + length(reply)) FROM turn "
                "WHERE conversation = id) WHERE id = ?",
                [_now(), conversation],
            )
            self._make_room(execute)
        return conversation

    def drop(self, request: str, visitor: str) -> None:
        """Forget the visitor's turn that answered a request, and its conversation where that has no other."""
        mine = "IN (SELECT id FROM conversation WHERE visitor = ?)"
        with self._database.transaction() as execute:
            execute(f"DELETE FROM turn WHERE request = ? AND conversation {mine}", [request, visitor])
            empty = "NOT EXISTS (SELECT 1 FROM turn WHERE conversation = id)"
            execute(f"DELETE FROM conversation WHERE visitor = ? AND {empty}", [visitor])

    def put(self, conversation: str, visitor: str, number: int, turn: Turn) -> None:
        """Put a turn in place of that of the same question at a place, counted from 0; raises UnknownDocument.

        Nothing is done where another question stands there by now.
        """
        if isinstance(turn.reply, str):
            raise TypeError("Only replies are kept.")
        with self._database.transaction() as execute:
            self._check(execute, conversation, visitor)
            execute(
                "UPDATE turn SET reply = ? WHERE conversation = ? AND question = ? AND number = "
                "(SELECT number FROM turn WHERE conversation = ? ORDER BY number LIMIT 1 OFFSET ?)",
                [seal(to_json(turn.reply)), conversation, turn.question, conversation, number],
            )

    def listed(self, visitor: str, words: str = "") -> tuple[tuple[Listed, ...], int]:
        """Return a visitor's conversations, the newest first, at most ``LISTED``, and how many there are.

        With ``words`` those alone in whose title, questions and quotes each of them stands.
        """
        counted = "(SELECT count(*) FROM turn WHERE conversation = id)"
        with self._database.transaction(writing=False) as execute:
            found = execute(
                f"SELECT id, title, changed, {counted} FROM conversation WHERE visitor = ? ORDER BY changed DESC, id",
                [visitor],
            ).fetchall()
            for word in words.casefold().split():
                pattern = "%" + re.sub("[%_!]", r"!\g<0>", word) + "%"
                held = set(
                    execute(
                        "SELECT DISTINCT id FROM conversation JOIN turn ON conversation = id "
                        "WHERE visitor = ? AND words LIKE ? ESCAPE '!'",
                        [visitor, pattern],
                    ).fetchall()
                )
                found = [row for row in found if word in str(row[1]).casefold() or (row[0],) in held]
        return tuple(Listed(*row) for row in found[:LISTED]), len(found)

    def rename(self, conversation: str, visitor: str, title: str) -> None:
        """Give a conversation another title; raises UnknownDocument."""
        title = " ".join(title.split())[:LONGEST_TITLE]
        with self._database.transaction() as execute:
            self._check(execute, conversation, visitor)
            if title:
                execute("UPDATE conversation SET title = ? WHERE id = ?", [title, conversation])

    def delete(self, conversation: str, visitor: str) -> None:
        """Delete a conversation; raises UnknownDocument."""
        with self._database.transaction() as execute:
            self._check(execute, conversation, visitor)
            execute("DELETE FROM conversation WHERE id = ?", [conversation])

    def pins(self, conversation: str, visitor: str) -> tuple[Pin, ...]:
        """Return the quotes pinned in a visitor's conversation, as they were pinned; raises UnknownDocument."""
        sql = "SELECT number, question, quote, note FROM pin WHERE conversation = ? ORDER BY number"
        with self._database.transaction(writing=False) as execute:
            self._check(execute, conversation, visitor)
            rows = execute(sql, [conversation]).fetchall()
            return tuple(Pin(number, asked, quote_from_json(unseal(kept)), note) for number, asked, kept, note in rows)

    def pin(self, conversation: str, visitor: str, question: str, quote: Quote) -> None:
        """Pin a quote, which stays when its turn goes; raises UnknownDocument, and QuestionError above ``PINS``."""
        with self._database.transaction() as execute:
            self._check(execute, conversation, visitor)
            sql = "SELECT count(*), coalesce(max(number), -1) FROM pin WHERE conversation = ?"
            count, last = execute(sql, [conversation]).fetchone()
            if count >= PINS:
                raise QuestionError(f"At most {PINS} quotes are pinned in one conversation: take one out first.")
            execute(
                "INSERT INTO pin VALUES (?, ?, ?, ?, '')",
                [conversation, last + 1, question, seal(quote_to_json(quote))],
            )

    def unpin(self, conversation: str, visitor: str, number: int) -> None:
        """Take a pinned quote out; raises UnknownDocument."""
        with self._database.transaction() as execute:
            self._check(execute, conversation, visitor)
            execute("DELETE FROM pin WHERE conversation = ? AND number = ?", [conversation, number])

    def note(self, conversation: str, visitor: str, number: int, note: str) -> None:
        """Keep what a reader writes beside a pinned quote; raises UnknownDocument."""
        sql = "UPDATE pin SET note = ? WHERE conversation = ? AND number = ?"
        with self._database.transaction() as execute:
            self._check(execute, conversation, visitor)
            execute(sql, [note, conversation, number])

    def share(self, title: str, turns: Sequence[Turn], verdicts: Mapping[str, Any]) -> str:
        """Keep a snapshot of these turns; return its id."""
        id = secrets.token_urlsafe(16)
        replies = [to_json(turn.reply) for turn in turns if not isinstance(turn.reply, str)]
        content = seal({"replies": replies, "verdicts": verdicts})
        with self._database.transaction() as execute:
            execute("INSERT INTO snapshot VALUES (?, ?, ?, ?)", [id, title, _now(), content])
            execute(
                "DELETE FROM snapshot WHERE id NOT IN (SELECT id FROM snapshot ORDER BY made DESC LIMIT ?)",
                [SNAPSHOTS],
            )
        return id

    def snapshot(self, id: str) -> Snapshot:
        """Return a snapshot; raises UnknownDocument."""
        with self._database.transaction(writing=False) as execute:
            found = execute("SELECT title, made, content FROM snapshot WHERE id = ?", [id]).fetchone()
            if found is None:
                raise UnknownDocument("Nothing is shared under that address, or not any more.")
            title, made, kept = str(found[0]), str(found[1]), unseal(found[2])
        turns = tuple(Turn(reply["question"], reply_from_json(reply)) for reply in kept["replies"])
        return Snapshot(title, made, turns, kept["verdicts"])

    def close(self) -> None:
        """Close the database."""
        self._database.close()

    @staticmethod
    def _check(execute: Execute, conversation: str, visitor: str) -> str:
        """Return the title of a visitor's conversation; raises UnknownDocument where it has no such."""
        sql = "SELECT title FROM conversation WHERE id = ? AND visitor = ?"
        if (found := execute(sql, [conversation, visitor]).fetchone()) is None:
            raise UnknownDocument(_GONE)
        return str(found[0])

    @staticmethod
    def _answered(execute: Execute, request: str, visitor: str, conversation: str) -> str:
        sql = "SELECT id FROM conversation JOIN turn ON conversation = id WHERE visitor = ? AND request = ? AND "
        which, named = ("id = ?", [conversation]) if conversation else ("number = 0 ORDER BY changed DESC", [])
        found = execute(f"{sql} {which}", [visitor, request, *named]).fetchone()
        return str(found[0]) if found else ""

    @staticmethod
    def _make_room(execute: Execute) -> None:
        """Delete the conversations that were longest unused, while there are too many or they are too large."""
        count, size = execute("SELECT count(*), sum(size) FROM conversation").fetchone()
        while count > 1 and (count > MOST or size > LARGEST):
            id, freed = execute("SELECT id, size FROM conversation ORDER BY changed LIMIT 1").fetchone()
            execute("DELETE FROM conversation WHERE id = ?", [id])
            count, size = count - 1, size - freed


def _words(question: str, reply: str) -> str:
    """Return what a turn is found by: its question and the quotes of a reply in JSON, in small letters."""
    said = json.loads(reply)
    quotes = (quote["exact"] for quote in (*said["quotes"], *said["nearest"]))
    return "\n".join((question, *quotes)).casefold()


def _find_words(execute: Execute) -> None:
    """Find the words of the turns that an earlier version kept; of one that is damaged, those of its question."""
    for place in execute("SELECT conversation, number FROM turn").fetchall():
        sql = "SELECT question, reply FROM turn WHERE conversation = ? AND number = ?"
        question, reply = execute(sql, place).fetchone()
        try:
            words = _words(question, reply)
        except (ValueError, KeyError, TypeError, RecursionError):
            words = question.casefold()
        execute("UPDATE turn SET words = ? WHERE conversation = ? AND number = ?", [words, *place])


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="microseconds")
