"""A database in a file of SQLite, in memory, or at a PostgreSQL server: one transaction after the other.

The SQL is what both take, with ``?`` for each value; what differs between them is in the two classes at the end.
"""

from __future__ import annotations

import sqlite3
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import Any

from rag.errors import RagError, SettingsError
from rag.interfaces.web.sealed import Damaged

Execute = Callable[..., Any]
"""Takes a statement and its values; returns what has ``fetchone`` and ``fetchall``."""
PATIENCE = 5.0
"""Seconds for which one who writes waits for the others, as SQLite does."""
_WRITERS = 0x6361762026  # this program's own number among the server's locks


class ConversationsError(RagError):
    """The database of conversations cannot be used."""


class Database(ABC):
    """One connection, for several threads. Raises ConversationsError where it cannot be used, or is damaged."""

    def __init__(self, faults: tuple[type[Exception], ...], *, named: str, remedy: str) -> None:
        self._faults: tuple[type[Exception], ...] = (*faults, Damaged)
        self._named, self._remedy = named, remedy
        self._lock = Lock()

    @abstractmethod
    def begin(self, *, writing: bool) -> None:
        """Begin a transaction; one that writes waits for the others that do, those of other processes too."""

    @abstractmethod
    def execute(self, sql: str, values: Sequence[object] = ()) -> Any:
        """Run a statement in the transaction that was begun."""

    @abstractmethod
    def version(self) -> int:
        """Return the version of the tables, 0 where there are none; within a transaction."""

    @abstractmethod
    def note_version(self, version: int) -> None:
        """Keep the version of the tables; within a transaction."""

    @abstractmethod
    def close(self) -> None:
        """Close the connection."""

    @contextmanager
    def transaction(self, *, writing: bool = True) -> Iterator[Execute]:
        """Give what runs statements; all of them count, or none where the block raises an error."""
        with self._lock:
            try:
                self.begin(writing=writing)
                try:
                    yield self._execute
                except BaseException:
                    self.execute("ROLLBACK")
                    raise
                self.execute("COMMIT")
            except self._faults as error:
                raise self._unusable(error) from error

    def _unusable(self, error: Exception) -> ConversationsError:
        said = " ".join(str(error).split()).rstrip(".?")
        return ConversationsError(f"The conversations in {self._named} cannot be used: {said}. {self._remedy}")

    def _execute(self, sql: str, values: Sequence[object] = ()) -> Any:
        # PostgreSQL has no NUL in a text.
        return self.execute(sql, [value.replace("\0", "�") if isinstance(value, str) else value for value in values])


class Sqlite(Database):
    """A file, or memory alone, which ends with the process."""

    def __init__(self, file: Path | None) -> None:
        # The second fault is what comes of an error about a damaged name.
        faults = (sqlite3.Error, UnicodeDecodeError)
        super().__init__(faults, named=str(file), remedy="Move the file away, or set conversations = false.")
        try:
            self._connection = sqlite3.connect(file or ":memory:", check_same_thread=False, isolation_level=None)
            self._connection.execute("PRAGMA foreign_keys = ON")
            self._connection.execute("PRAGMA journal_mode = WAL")
        except faults as error:
            raise self._unusable(error) from error

    def begin(self, *, writing: bool) -> None:
        """Begin at once where it writes, so that no other has written between its first look and its change."""
        self._connection.execute("BEGIN IMMEDIATE" if writing else "BEGIN")

    def execute(self, sql: str, values: Sequence[object] = ()) -> Any:
        """Run a statement."""
        return self._connection.execute(sql, values)

    def version(self) -> int:
        """Return what the file says beside its tables."""
        return int(self._connection.execute("PRAGMA user_version").fetchone()[0])

    def note_version(self, version: int) -> None:
        """Write it there."""
        self._connection.execute(f"PRAGMA user_version = {version:d}")

    def close(self) -> None:
        """Close the file."""
        self._connection.close()


class Postgres(Database):
    """A server, connected to again where the connection was lost (the only place that imports psycopg)."""

    def __init__(self, address: str) -> None:
        try:
            import psycopg
        except ModuleNotFoundError as error:
            raise SettingsError(
                "psycopg is not installed, which the setting 'database' needs. Install it with: "
                'pip install "chapter-and-verse[postgres]", in a checkout pip install -r requirements-extras.txt.'
            ) from error
        remedy = "Look after the server, and at the setting 'database'."
        super().__init__((psycopg.Error,), named="PostgreSQL", remedy=remedy)
        self._psycopg = psycopg
        # A server that is gone without a word is given up after a while; the address may say otherwise.
        usual: dict[str, Any] = {
            "connect_timeout": 5,
            "tcp_user_timeout": 20_000,
            "application_name": "chapter-and-verse",
        }
        try:
            given = psycopg.conninfo.conninfo_to_dict(address)
            if not str(given.get("port", "0")).replace(",", "").isdecimal():  # it is the beginning of a password
                raise psycopg.ProgrammingError
            self._address = psycopg.conninfo.make_conninfo(**{**usual, **given})
        except psycopg.Error:  # whose words may hold the password
            raise SettingsError(
                "The setting 'database' is no address such as postgresql://user:password@host:5432/name. "
                "Write / as %2F, @ as %40 and : as %3A in a name or password."
            ) from None
        try:
            self._connection = self._connect()
        except psycopg.Error as error:
            raise self._unusable(error) from error

    def begin(self, *, writing: bool) -> None:
        """Let those who write wait for each other; one that hangs has to give its place up."""
        if writing:
            sql = (
                f"BEGIN; SET LOCAL lock_timeout = '{PATIENCE}s'; SET LOCAL idle_in_transaction_session_timeout = "
                f"'{2 * PATIENCE}s'; SELECT pg_advisory_xact_lock({_WRITERS})"
            )
        else:
            sql = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
        try:
            self._connection.execute(sql)
        except self._psycopg.OperationalError:
            if not self._connection.closed:
                self._connection.execute("ROLLBACK")
                raise
            self._connection = self._connect()
            self._connection.execute(sql)

    def execute(self, sql: str, values: Sequence[object] = ()) -> Any:
        """Run a statement."""
        return self._connection.execute(sql.replace("?", "%s"), values)

    def version(self) -> int:
        """Return the newest of the table of versions, which is made here."""
        self._connection.execute("CREATE TABLE IF NOT EXISTS version (number INTEGER NOT NULL)")
        return int(self._connection.execute("SELECT coalesce(max(number), 0) FROM version").fetchone()[0])

    def note_version(self, version: int) -> None:
        """Add it there."""
        self._connection.execute("INSERT INTO version VALUES (%s)", [version])

    def close(self) -> None:
        """Leave the server."""
        self._connection.close()

    def _connect(self) -> Any:
        return self._psycopg.connect(self._address, autocommit=True)
