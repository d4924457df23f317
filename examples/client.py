"""A client of the JSON API, with nothing but Python's own library.

    python examples/client.py http://127.0.0.1:7860 "Who is the foreign minister?"

Offsets count characters of a document's canonical text: ``document(quote.document)["text"][quote.start:quote.end]`` is
``quote.exact``, which is what makes a quote checkable.
"""

from __future__ import annotations

import json
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote as escaped


class ApiError(Exception):
    """The server turned a request away; its words say why."""


@dataclass(frozen=True, slots=True)
class Quote:
    """A slice of a document."""

    exact: str
    document: str
    sha256: str
    start: int
    end: int
    page: int | None
    line: int | None


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer in quotes, or a refusal; ``raw`` is what ``verify`` takes."""

    answered: bool
    confidence: float
    quotes: tuple[Quote, ...]
    raw: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Client:
    """The chat at an address; ``password`` where it asks for one."""

    address: str
    password: str = ""
    seconds: float = 60

    def ask(self, question: str, *, within: Sequence[str] = (), quotes: int | None = None) -> Reply:
        """Ask, of these documents and folders alone where some are named; raises ApiError."""
        body = {"question": question, "in": list(within), "quotes": quotes}
        return _reply(self._json("/api/ask", body))

    def stream(self, question: str) -> Iterator[tuple[str, dict[str, Any]]]:
        """Yield events: "reply" with the quotes at once, "sentence" as a language model writes, "done" at last."""
        name = ""
        with self._open("/api/ask/stream", {"question": question}) as response:
            for raw in response:
                field, _, value = raw.decode("utf-8").rstrip("\n").partition(": ")
                if field == "event":
                    name = value
                elif field == "data":
                    yield name, json.loads(value)

    def verify(self, reply: Reply) -> list[str]:
        """Return a verdict for each quote, from the files as they are now: exact, moved, altered, absent …"""
        return [verdict["verdict"] for verdict in self._json("/api/verify", reply.raw)["verdicts"]]

    def documents(self) -> list[dict[str, Any]]:
        """Return what is in the index."""
        found: list[dict[str, Any]] = self._json("/api/documents")["documents"]
        return found

    def document(self, id: str) -> dict[str, Any]:
        """Return a document with its text."""
        return self._json(f"/api/documents/{escaped(id)}")

    def _json(self, path: str, body: object = None) -> dict[str, Any]:
        with self._open(path, body) as response:
            found: dict[str, Any] = json.load(response)
            return found

    def _open(self, path: str, body: object = None) -> Any:
        headers = {"Content-Type": "application/json"}
        if self.password:
            headers["Authorization"] = f"Bearer {self.password}"
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.address.rstrip("/") + path, data, headers)
        try:
            return urllib.request.urlopen(request, timeout=self.seconds)
        except urllib.error.HTTPError as error:
            with error:
                raise ApiError(f"{error.code}: {error.read().decode('utf-8', 'replace')}") from None


def _reply(raw: dict[str, Any]) -> Reply:
    quotes = tuple(
        Quote(
            found["exact"], found["document"]["id"], found["document"]["sha256"], found["start"], found["end"],
            found["page"], found["line"],
        )
        for found in raw["quotes"]
    )  # fmt: skip
    return Reply(raw["status"] == "answered", raw["confidence"], quotes, raw)


def main() -> None:
    client = Client(sys.argv[1])
    reply = client.ask(sys.argv[2])
    for quote, verdict in zip(reply.quotes, client.verify(reply), strict=True):
        print(f"“{quote.exact}” – {quote.document}, characters {quote.start} to {quote.end}: {verdict}")
    if not reply.answered:
        print("No clear answer was found.")


if __name__ == "__main__":
    main()
