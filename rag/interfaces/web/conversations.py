"""Conversations, kept in a file of SQLite beside the index, or in memory alone; each is its visitor's own.

A visitor is a random text that a browser keeps in a cookie. A snapshot is a copy of a conversation for others to read:
it has an id of its own, from which the conversation's cannot be told.
"""

from __future__ import annotations

import secrets
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock
from typing import Any

from rag.errors import QuestionError, RagError, UnknownDocument
from rag.interfaces.serialization import quote_from_json, quote_to_json, reply_from_json, to_json
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
_VERSION = 2
"""Of the file's tables."""
_TABLES = """
    CREATE TABLE conversation (
        id TEXT PRIMARY KEY, visitor TEXT NOT NULL, title TEXT NOT NULL, changed TEXT NOT NULL, size INTEGER NOT NULL
    ) WITHOUT ROWID;
    CREATE INDEX of_visitor ON conversation (visitor, changed);
    CREATE TABLE turn (
        conversation TEXT NOT NULL REFERENCES conversation ON DELETE CASCADE, number INTEGER NOT NULL,
        request TEXT NOT NULL, question TEXT NOT NULL, reply TEXT NOT NULL, PRIMARY KEY (conversation, number)
    ) WITHOUT ROWID;
    CREATE TABLE snapshot (id TEXT PRIMARY KEY, title TEXT NOT NULL, made TEXT NOT NULL, content TEXT NOT NULL)
    WITHOUT ROWID;
"""
_PINS = """
    CREATE TABLE pin (
        conversation TEXT NOT NULL REFERENCES conversation ON DELETE CASCADE, number INTEGER NOT NULL,
        question TEXT NOT NULL, quote TEXT NOT NULL, note TEXT NOT NULL, PRIMARY KEY (conversation, number)
    ) WITHOUT ROWID;
"""
"""What the second version has besides."""
_GONE = "That conversation is not kept here: it was deleted, or another browser began it."


_FAULTS = (sqlite3.Error, UnicodeDecodeError)  # the second is what comes of an error about a damaged name


class ConversationsError(RagError):
    """The file of conversations cannot be used."""


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
    """Turns by conversation; safe to use from several threads. Without a file they end with the process.

    Raises ConversationsError where the file cannot be opened, or is of another version.
    """

    def __init__(self, file: Path | None = None) -> None:
        self._lock = Lock()
        self._file = file
        try:
            self._database = sqlite3.connect(file or ":memory:", check_same_thread=False, isolation_level=None)
            self._database.execute("PRAGMA foreign_keys = ON")
            self._database.execute("PRAGMA journal_mode = WAL")
            version = self._database.execute("PRAGMA user_version").fetchone()[0]
            if version < _VERSION:
                tables = _PINS if version else _TABLES + _PINS
                self._database.executescript(f"BEGIN; {tables} PRAGMA user_version = {_VERSION}; COMMIT;")
        except _FAULTS as error:
            raise self._unusable(error) from error
        if version > _VERSION:
            raise ConversationsError(f"{file} was written by a newer version: update this one, or move the file away.")
        # SQLite's own ignores case in ASCII alone.
        self._database.create_function("folded", 1, str.casefold, deterministic=True)

    def turns(self, conversation: str, visitor: str) -> tuple[Turn, ...]:
        """Return the turns of a visitor's conversation, oldest first; raises UnknownDocument where it has none."""
        with self._transaction() as database:
            self._check(database, conversation, visitor)
            rows = database.execute(
                "SELECT question, reply FROM turn WHERE conversation = ? ORDER BY number", [conversation]
            ).fetchall()
            return tuple(Turn(question, reply_from_json(unseal(reply))) for question, reply in rows)

    def title(self, conversation: str, visitor: str) -> str:
        """Return its title; raises UnknownDocument."""
        with self._transaction() as database:
            return self._check(database, conversation, visitor)

    def has(self, conversation: str, request: str) -> bool:
        """Tell whether a request was answered already: it came again because its reply was lost on the way."""
        sql = "SELECT 1 FROM turn WHERE conversation = ? AND request = ?"
        with self._transaction() as database:
            return database.execute(sql, [conversation, request]).fetchone() is not None

    def began(self, request: str, visitor: str) -> str:
        """Return the visitor's conversation that a request began, where it was answered already; empty otherwise."""
        sql = (
            "SELECT id FROM conversation JOIN turn ON conversation = id "
            "WHERE visitor = ? AND number = 0 AND request = ? ORDER BY changed DESC"
        )
        with self._transaction() as database:
            found = database.execute(sql, [visitor, request]).fetchone()
        return found[0] if found else ""

    def add(self, conversation: str, visitor: str, turn: Turn, *, request: str, keep: int | None = None) -> str:
        """Keep a turn after the first ``keep`` of the conversation, or all; return the conversation's id.

        An empty id begins a conversation, named after the question. Raises UnknownDocument for one that is not the
        visitor's.
        """
        if isinstance(turn.reply, str):
            raise TypeError("Only replies are kept.")
        reply = seal(to_json(turn.reply))
        with self._transaction() as database:
            if conversation:
                self._check(database, conversation, visitor)
            else:
                conversation = secrets.token_urlsafe(16)
                title = " ".join(turn.question.split())[:LONGEST_TITLE]
                database.execute("INSERT INTO conversation VALUES (?, ?, ?, '', 0)", [conversation, visitor, title])
            rows = database.execute(
                "SELECT number FROM turn WHERE conversation = ? ORDER BY number", [conversation]
            ).fetchall()
            numbers = [number for (number,) in rows]
            dropped = [
                *numbers[len(numbers) if keep is None else keep :],
                *numbers[: max(0, len(numbers) + 1 - LONGEST)],
            ]
            database.executemany(
                "DELETE FROM turn WHERE conversation = ? AND number = ?",
                [(conversation, number) for number in dropped],
            )
            number = max((number for number in numbers if number not in dropped), default=-1) + 1
            database.execute(
                "INSERT INTO turn VALUES (?, ?, ?, ?, ?)", [conversation, number, request, turn.question, reply]
            )
            database.execute(
                "UPDATE conversation SET changed = ?, size = (SELECT sum(length(question) + length(reply)) FROM turn "
                "WHERE conversation = id) WHERE id = ?",
                [_now(), conversation],
            )
            self._make_room(database)
        return conversation

    def put(self, conversation: str, visitor: str, number: int, turn: Turn) -> None:
        """Put a turn in place of that of the same question at a place, counted from 0; raises UnknownDocument.

        Nothing is done where another question stands there by now.
        """
        if isinstance(turn.reply, str):
            raise TypeError("Only replies are kept.")
        with self._transaction() as database:
            self._check(database, conversation, visitor)
            database.execute(
                "UPDATE turn SET reply = ? WHERE conversation = ? AND question = ? AND number = "
                "(SELECT number FROM turn WHERE conversation = ? ORDER BY number LIMIT 1 OFFSET ?)",
                [seal(to_json(turn.reply)), conversation, turn.question, conversation, number],
            )

    def listed(self, visitor: str, words: str = "") -> tuple[tuple[Listed, ...], int]:
        """Return a visitor's conversations, the newest first, at most ``LISTED``, and how many there are.

        With ``words`` those alone in whose title, questions and quotes each of them stands.
        """
        where, values = "visitor = ?", [visitor]
        for word in words.split():
            where += (
                " AND (instr(folded(title), ?) OR EXISTS (SELECT 1 FROM turn WHERE conversation = id "
                "AND (instr(folded(question), ?) OR EXISTS (SELECT 1 FROM json_tree(reply) "
                "WHERE key = 'exact' AND instr(folded(value), ?)))))"
            )
            values += [word.casefold()] * 3
        counted = "(SELECT count(*) FROM turn WHERE conversation = id)"
        with self._transaction() as database:
            found = database.execute(
                f"SELECT id, title, changed, {counted} FROM conversation WHERE {where} ORDER BY changed DESC, id",
                values,
            ).fetchall()
        return tuple(Listed(*row) for row in found[:LISTED]), len(found)

    def rename(self, conversation: str, visitor: str, title: str) -> None:
        """Give a conversation another title; raises UnknownDocument."""
        title = " ".join(title.split())[:LONGEST_TITLE]
        with self._transaction() as database:
            self._check(database, conversation, visitor)
            if title:
                database.execute("UPDATE conversation SET title = ? WHERE id = ?", [title, conversation])

    def delete(self, conversation: str, visitor: str) -> None:
        """Delete a conversation; raises UnknownDocument."""
        with self._transaction() as database:
            self._check(database, conversation, visitor)
            database.execute("DELETE FROM conversation WHERE id = ?", [conversation])

    def pins(self, conversation: str, visitor: str) -> tuple[Pin, ...]:
        """Return the quotes pinned in a visitor's conversation, as they were pinned; raises UnknownDocument."""
        sql = "SELECT number, question, quote, note FROM pin WHERE conversation = ? ORDER BY number"
        with self._transaction() as database:
            self._check(database, conversation, visitor)
            rows = database.execute(sql, [conversation]).fetchall()
            return tuple(Pin(number, asked, quote_from_json(unseal(kept)), note) for number, asked, kept, note in rows)

    def pin(self, conversation: str, visitor: str, question: str, quote: Quote) -> None:
        """Pin a quote, which stays when its turn goes; raises UnknownDocument, and QuestionError above ``PINS``."""
        known = self.pins(conversation, visitor)
        if len(known) >= PINS:
            raise QuestionError(f"At most {PINS} quotes are pinned in one conversation: take one out first.")
        number = max((pin.number for pin in known), default=-1) + 1
        with self._transaction() as database:
            database.execute(
                "INSERT OR REPLACE INTO pin VALUES (?, ?, ?, ?, '')",
                [conversation, number, question, seal(quote_to_json(quote))],
            )

    def unpin(self, conversation: str, visitor: str, number: int) -> None:
        """Take a pinned quote out; raises UnknownDocument."""
        with self._transaction() as database:
            self._check(database, conversation, visitor)
            database.execute("DELETE FROM pin WHERE conversation = ? AND number = ?", [conversation, number])

    def note(self, conversation: str, visitor: str, number: int, note: str) -> None:
        """Keep what a reader writes beside a pinned quote; raises UnknownDocument."""
        sql = "UPDATE pin SET note = ? WHERE conversation = ? AND number = ?"
        with self._transaction() as database:
            self._check(database, conversation, visitor)
            database.execute(sql, [note, conversation, number])

    def share(self, title: str, turns: Sequence[Turn], verdicts: Mapping[str, Any]) -> str:
        """Keep a snapshot of these turns; return its id."""
        id = secrets.token_urlsafe(16)
        replies = [to_json(turn.reply) for turn in turns if not isinstance(turn.reply, str)]
        content = seal({"replies": replies, "verdicts": verdicts})
        with self._transaction() as database:
            database.execute("INSERT INTO snapshot VALUES (?, ?, ?, ?)", [id, title, _now(), content])
            database.execute(
                "DELETE FROM snapshot WHERE id IN (SELECT id FROM snapshot ORDER BY made DESC LIMIT -1 OFFSET ?)",
                [SNAPSHOTS],
            )
        return id

    def snapshot(self, id: str) -> Snapshot:
        """Return a snapshot; raises UnknownDocument."""
        with self._transaction() as database:
            found = database.execute("SELECT title, made, content FROM snapshot WHERE id = ?", [id]).fetchone()
            if found is None:
                raise UnknownDocument("Nothing is shared under that address, or not any more.")
            title, made, kept = str(found[0]), str(found[1]), unseal(found[2])
        turns = tuple(Turn(reply["question"], reply_from_json(reply)) for reply in kept["replies"])
        return Snapshot(title, made, turns, kept["verdicts"])

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._database.close()

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            try:
                self._database.execute("BEGIN IMMEDIATE")
                try:
                    yield self._database
                except BaseException:
                    self._database.execute("ROLLBACK")
                    raise
                self._database.execute("COMMIT")
            except _FAULTS as error:
                raise self._unusable(error) from error

    def _unusable(self, error: Exception) -> ConversationsError:
        return ConversationsError(
            f"The conversations in {self._file} cannot be used: {error}. "
            "Move the file away, or set conversations = false."
        )

    @staticmethod
    def _check(database: sqlite3.Connection, conversation: str, visitor: str) -> str:
        """Return the title of a visitor's conversation; raises UnknownDocument where it has no such."""
        sql = "SELECT title FROM conversation WHERE id = ? AND visitor = ?"
        found = database.execute(sql, [conversation, visitor]).fetchone()
        if found is None:
            raise UnknownDocument(_GONE)
        return str(found[0])

    @staticmethod
    def _make_room(database: sqlite3.Connection) -> None:
        """Delete the conversations that were longest unused, while there are too many or they are too large."""
        count, size = database.execute("SELECT count(*), sum(size) FROM conversation").fetchone()
        oldest = database.execute("SELECT id, size FROM conversation ORDER BY changed")
        while count > 1 and (count > MOST or size > LARGEST):
            id, freed = oldest.fetchone()
            database.execute("DELETE FROM conversation WHERE id = ?", [id])
            count, size = count - 1, size - freed


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="microseconds")
