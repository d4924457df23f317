"""A library for tests of the page: documents in memory, sentences chosen by the words they share with the question."""

from __future__ import annotations

import gc
import hashlib
import re
import threading
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from types import SimpleNamespace

import uvicorn
from starlette.testclient import TestClient

from rag.errors import UnknownDocument
from rag.interfaces.web.pages import render
from rag.interfaces.web.server import application, configuration, listen
from rag.interfaces.web.service import Service
from rag.scope import EVERYTHING, Scope
from rag.settings import Settings
from rag.types import Answer, Document, DocumentEntry, Quote, Refusal, Reply, Skipped, Source, Turn

OTHER_PAGES = (
    {"Origin": "https://evil.example"},
    {"Origin": "https://news.example"},  # may embed the chat, and nothing more
    {"Origin": "null"},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {"Origin": "http://127.0.0.1:7861"},
)
"""Headers of requests that pages of other sites make; ``https://news.example`` is one that is let embed the chat."""

_WORD = re.compile(r"\w{4,}")
_SENTENCE = re.compile(r"[^.]+\.?")


def document(
    id: str, text: str, *, title: str = "", pages: tuple[int, ...] = (), page_labels: tuple[str, ...] = ()
) -> Document:
    """Return a document as the readers make it."""
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
    paged = {"pages": pages, "page_labels": page_labels}
    return Document(id=id, path=id, title=title or id, text=text, sha256=digest, media_type="text/plain", **paged)


class FakeLibrary:
    """What the page uses of ``rag.library.Library``."""

    def __init__(self, documents: Sequence[Document], *, settings: Settings | None = None) -> None:
        self.settings = settings or Settings()
        self._documents = {item.id: item for item in documents}
        self.built_at = "2026-11-23T08:00:00Z"
        self.skipped: tuple[Skipped, ...] = (Skipped("broken.txt", "binary"),)
        self.refreshed = 0
        self.manifest = SimpleNamespace(name="1")
        self.asked: list[tuple[str, tuple[Turn, ...], str | None]] = []

    @property
    def document_count(self) -> int:
        return len(self._documents)

    @property
    def passage_count(self) -> int:
        return sum(item.text.count(".") for item in self._documents.values())

    def documents(self, *, within: Scope = EVERYTHING) -> tuple[DocumentEntry, ...]:
        return tuple(
            DocumentEntry(Source(d.id, d.title, d.path, d.sha256), d.media_type, len(d.text), len(d.pages), 1, ())
            for d in self._documents.values()
        )

    def document(self, document_id: str) -> Document:
        if document_id not in self._documents:
            raise UnknownDocument(f"No document {document_id!r} is in the index.")
        return self._documents[document_id]

    def forget(self) -> None:
        """Let all documents be removed."""
        self._documents = {}

    def around(self, quote: Quote) -> tuple[str, str]:
        text = self.document(quote.document.id).text
        return text[: quote.start].rpartition("\n")[2], text[quote.end :].lstrip().partition("\n")[0]

    def refresh(self) -> bool:
        self.refreshed += 1
        return True

    def ask(
        self,
        question: str,
        *,
        turns: Sequence[Turn] = (),
        standalone_question: str | None = None,
        within: Scope = EVERYTHING,
        quotes: int | None = None,
        write: bool = True,
    ) -> Reply:
        return replace(self._ask(question, turns, standalone_question), scope=within)

    def _ask(self, question: str, turns: Sequence[Turn], standalone_question: str | None) -> Reply:
        self.asked.append((question, tuple(turns), standalone_question))
        asked = standalone_question or question
        words = {word.lower() for word in _WORD.findall(asked)}
        found = [
            (_spans(match, words), item, match)
            for item in self._documents.values()
            for match in _SENTENCE.finditer(item.text)
        ]
        found.sort(key=lambda one: -len(one[0]))
        best = tuple(_quote(item, match.start(), match.end(), spans) for spans, item, match in found[:3] if spans)
        if not best:
            nearest = tuple(_quote(item, match.start(), match.end(), ()) for _, item, match in found[:2])
            return Refusal(question, asked, "Nothing in them is close.", nearest, 0.05)
        if "perhaps" in asked:
            return Refusal(question, asked, "This may be one.", best, 0.44, kind="possible")
        return Answer(question, asked, best, 0.8)


def _spans(match: re.Match[str], words: set[str]) -> tuple[tuple[int, int], ...]:
    start = match.start()
    return tuple(
        (start + w.start(), start + w.end()) for w in _WORD.finditer(match.group()) if w.group().lower() in words
    )


def _quote(item: Document, start: int, end: int, highlights: tuple[tuple[int, int], ...]) -> Quote:
    text = item.text
    page = sum(begin <= start for begin in item.pages) or None
    source = Source(item.id, item.title, item.path, item.sha256)
    line = text.count("\n", 0, start) + 1
    return Quote(
        source,
        start,
        end,
        text[start:end],
        text[max(0, start - 32) : start],
        text[end : end + 32],
        highlights,
        page,
        line,
        "",
        0.8,
    )


NEWS = "Ukraine’s foreign minister spoke.\nThe harbour opened on Tuesday.\nThe minister resigned 👩🏽‍🚀."


def page(settings: Settings, documents: Sequence[Document] | None = None) -> TestClient:
    """Return the whole page over such a library, asked from this machine."""
    known = documents if documents is not None else [document("a/news.txt", NEWS, title="The News")]
    library = FakeLibrary(known, settings=settings)
    service = Service(settings, lambda: library)  # type: ignore[arg-type, return-value]
    service.open()
    client = TestClient(application(service), base_url="http://127.0.0.1:7860", follow_redirects=False)
    client.app_state["service"] = service
    return client


def thread(
    conversation: str,
    turns: Sequence[Turn],
    *,
    searched: str = "",
    votes: bool = True,
    examples: Sequence[str] = (),
) -> str:
    """Return a conversation as the page shows it."""
    values = {"conversation": conversation, "title": "", "turns": turns, "searched": searched, "writes": False}
    return render("thread.html", **values, votes=votes, examples=examples, around=lambda quote: ("", ""))


@contextmanager
def served(settings: Settings, library: object, *, port: int = 0, **tls: str) -> Iterator[str]:
    """Serve a page over ``library`` on a (free) port of this machine while the block runs; gives its address.

    ``tls`` are uvicorn's settings of a certificate.
    """
    service = Service(settings, lambda: library)  # type: ignore[arg-type, return-value]
    service.open()
    listener = listen("127.0.0.1", port)
    config = configuration(timeout_graceful_shutdown=1, **tls)
    config.app = application(service)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    try:
        yield f"http{'s' * bool(tls)}://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(10)
        listener.close()
        with warnings.catch_warnings():  # a server that is stopped in the middle of an answer leaves its connections
            warnings.simplefilter("ignore", ResourceWarning)
            gc.collect()
