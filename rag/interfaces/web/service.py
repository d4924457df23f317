"""The library behind the page: opened while the page is already up, asked within limits, rebuilt while it serves."""

from __future__ import annotations

import tempfile
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar

import rag
from rag import documents
from rag.documents import Format
from rag.errors import DocumentError, IndexError_, QuestionError, RagError
from rag.interfaces.schemas import TURN_CHARACTERS, TURNS, Asked
from rag.interfaces.web.clients import Places
from rag.interfaces.web.jobs import Job
from rag.library import Library
from rag.pipeline import check_question
from rag.protocols import OnProgress
from rag.scope import EVERYTHING, Scope
from rag.settings import Settings
from rag.types import Answer, Quote, Reply, Span, Summary, Turn, Verdict
from rag.verification import Checked, check_text
from rag.verification.claims import claims

AT_ONCE = 2
"""Questions answered at the same moment: one for each core of an ordinary machine."""
WAITING = 128
"""Questions that may wait for their turn; one more is turned away."""
EACH = 64
"""Questions of one client, those being answered included: whoever sends more leaves room for the others."""
WRITING = 4
"""Texts that a language model writes at the same moment."""
CITATIONS = 1_000
"""Citations of a reply, or of a whole conversation, that are verified at once."""
PICTURES = 64
"""Pictures of pages that are kept, some hundred kilobytes each."""
TO_LOOK_AT = 32
"""Verifications and files that may wait; they wait for no question, and one more is turned away."""
TO_DRAW = 16
"""Pictures of pages that may wait, for each other alone: a scan takes seconds."""
HELD = AT_ONCE + WAITING + AT_ONCE + TO_LOOK_AT + 1 + TO_DRAW
"""Requests that may hold a thread of the server, all places taken."""
DRAFTS = (".docx", ".html", ".htm", ".md", ".markdown", ".txt")
"""Files whose quotations are checked."""
DRAFT_CHARACTERS = 200_000
"""Characters of a text whose quotations are checked."""
_TAKE_OVER = 2.0
"""Seconds between two looks for a newer index."""

T = TypeVar("T")


class TooLong(RagError):
    """A conversation with more turns, longer ones, or more citations than are taken."""


class Service:
    """A library that many people use at once.

    ``open_library`` opens (or builds) it, ``build_library`` reads the seeds again with the models of an open one, and
    ``find_examples`` makes example questions; all of them run outside the caller's thread.
    """

    def __init__(
        self,
        settings: Settings,
        open_library: Callable[[], Library],
        *,
        build_library: Callable[[Library, OnProgress], Library] | None = None,
        find_examples: Callable[[Library], tuple[str, ...]] = lambda library: (),
    ) -> None:
        self.settings = settings
        self.examples: tuple[str, ...] = ()
        self.rebuilding = Job(
            self._rebuild,
            name="rebuild",
            busy="The documents are being read already.",
            broken="The documents could not be read",
        )
        """The rebuilds that are asked for here, and the first build while it goes on."""
        self.failure: RagError | None = None
        """Why the library could not be opened."""
        self._open_library = open_library
        self._build_library = build_library
        self._find_examples = find_examples
        self._opened: Future[Library] = Future()
        self._warm = threading.Event()
        self._settled = threading.Event()
        self._places = Places(at_once=AT_ONCE, waiting=WAITING, each=EACH)
        self._writing = threading.Semaphore(WRITING)
        self._looked = time.monotonic()
        self._looking = Places(at_once=AT_ONCE, waiting=TO_LOOK_AT, each=AT_ONCE + TO_LOOK_AT)
        self._drawing = Places(at_once=1, waiting=TO_DRAW, each=1 + TO_DRAW)
        self._drawn: OrderedDict[Hashable, bytes] = OrderedDict()

    @property
    def library(self) -> Library:
        """The open library; waits for it, and raises the error with which it could not be opened."""
        return self._opened.result()

    @property
    def ready(self) -> bool:
        """Whether a question is answered at once: the models are loaded."""
        return self._warm.is_set()

    @property
    def opened(self) -> Library | None:
        """The library where it is open already; waits for nothing."""
        return self._opened.result() if self._opened.done() and self.failure is None else None

    @property
    def settled(self) -> bool:
        """Whether the models are loaded and the examples found, or it is clear that they cannot be."""
        return self._settled.is_set()

    def open(self, failed: Callable[[], None] = lambda: None, wait: Callable[[], object] = lambda: None) -> None:
        """Open the library and load the models by asking once; calls ``failed`` where that cannot be.

        ``wait`` is called before the models are loaded: importing them slows down whatever else is imported.
        """
        try:
            library = self._open_library()
            self.rebuilding.state = None
            self._opened.set_result(library)
            wait()
            library.ask("Who said so?", write=False)
            self._warm.set()
            self.examples = self._find_examples(library)
        except BaseException as error:
            known = error if isinstance(error, RagError) else None
            self.failure = known or RagError(f"The documents cannot be opened: {error!r}.")
            failed()
            if not self._opened.done():
                self._opened.set_exception(self.failure)
            if known is None:
                raise
        finally:
            self._warm.set()
            self._settled.set()

    def ask(
        self,
        question: str,
        *,
        turns: Sequence[Turn] = (),
        standalone: str | None = None,
        scope: Scope = EVERYTHING,
        quotes: int | None = None,
    ) -> Reply:
        """Return the library's reply, when it is this question's turn.

        Raises QuestionError for an empty or over-long question, ScopeError for a scope that names what is not there,
        Busy where too many wait already.
        """
        question = check_question(question, self.settings.question_characters)
        searched = check_question(standalone, self.settings.question_characters) if standalone else None

        def answer(library: Library) -> Reply:
            self.look()
            limits: dict[str, Any] = {"within": scope, "quotes": quotes, "write": False}
            return library.ask(question, turns=tuple(turns), standalone_question=searched, **limits)

        return self._in_turn(answer)

    @property
    def writes(self) -> bool:
        """Whether a language model writes from the quotes, when they are shown."""
        return bool(self.settings.llm)

    def write(self, reply: Reply) -> Iterator[Reply]:
        """Yield the reply as its text grows, as the library's ``write`` does; few are written at the same moment."""
        if self.writes:
            with self._writing:
                yield from self.library.write(reply)

    def asked(self, body: Asked) -> Reply:
        """Return the reply to a program's question; raises what ``ask`` does, and TooLong for its turns."""
        turns = body.earlier
        check_turns(turns)
        return self.ask(
            body.question, turns=turns, standalone=body.standalone_question, scope=body.scope, quotes=body.quotes
        )

    def search(self, words: str, *, limit: int, scope: Scope = EVERYTHING) -> tuple[Quote, ...]:
        """Return passages, best first, when it is these words' turn; raises what ``ask`` does."""

        def answer(library: Library) -> tuple[Quote, ...]:
            self.look()
            return library.search_quotes(words, limit=limit, within=scope)

        return self._in_turn(answer)

    def look(self) -> None:
        """Take over a newer index, now and then, whoever built it; where it is a broken one, this one stays."""
        now = time.monotonic()
        if now - self._looked >= _TAKE_OVER:
            self._looked = now
            with suppress(IndexError_):
                if self.library.refresh():
                    threading.Thread(target=self._ask_examples_again, name="examples", daemon=True).start()

    def _ask_examples_again(self) -> None:
        """Leave out the examples that a newer index answers no more; where none is left, find others."""
        library, known = self.library, self.examples
        still = tuple(one for one in known if isinstance(library.ask(one, write=False), Answer))
        self.examples = still or self._find_examples(library)

    def verify(self, reply: Mapping[str, Any]) -> tuple[Verdict, ...]:
        """Return a verdict for each quote of a reply, when it is this reply's turn.

        Raises ReplyError where it is no reply, TooLong where it cites too much, Busy where too many wait already.
        """
        cited = len(claims(reply))
        if cited > CITATIONS:
            raise TooLong(
                f"There are {cited:,} citations, at most {CITATIONS:,} are verified at once: send them in parts."
            )
        return self._looking.do(lambda: rag.verify(reply, self.settings.seeds))

    def original(self, document_id: str) -> tuple[bytes, Format]:
        """Return the bytes of a document and its format; raises UnknownDocument, ChangedDocument or DocumentError."""
        document = self.library.document(document_id)
        return self._looking.do(lambda: documents.original(document, self.settings.seeds))

    def page_picture(self, document_id: str, page: int, span: Span) -> bytes:
        """Return a page as PNG, what stands at a span of its document marked; the last ones drawn are kept.

        Raises UnknownPage, ChangedDocument, DocumentError, QuestionError for a span outside the text, Busy.
        """
        document = self.library.document(document_id)
        if not 0 <= span[0] <= span[1] <= len(document.text):
            raise QuestionError(f"start and end must lie within the text, which has {len(document.text):,} characters.")
        key = (document.sha256, document.path, page, span)

        def draw() -> bytes:
            if key not in self._drawn:
                self._drawn[key] = documents.page_picture(document, page, span, self.settings.seeds)
            self._drawn.move_to_end(key)
            while len(self._drawn) > PICTURES:
                self._drawn.popitem(last=False)
            return self._drawn[key]

        return self._drawing.do(draw)

    def draft(self, name: str, data: bytes) -> str:
        """Return the text of a file whose quotations are to be checked; raises DocumentError, or Busy."""
        suffix = documents.suffix_of(name)
        if suffix not in DRAFTS:
            raise DocumentError(f"The quotations of {', '.join(DRAFTS)} files are checked here, and no others.")

        def read() -> str:
            with tempfile.TemporaryDirectory() as folder:
                file = Path(folder, f"draft{suffix}")
                file.write_bytes(data)
                return documents.draft_text(file)

        return self._looking.do(read)

    def check(self, text: str) -> Checked:
        """Return what became of a text's quotations, when it is this text's turn; raises TooLong, or Busy."""
        if len(text) > DRAFT_CHARACTERS:
            raise TooLong(
                f"The text has {len(text):,} characters, at most {DRAFT_CHARACTERS:,} are checked: send it in parts."
            )
        return self._looking.do(lambda: check_text(text, self.settings.seeds, index=self.settings.index))

    def _in_turn(self, work: Callable[[Library], T]) -> T:
        """Do what takes a core, at most ``AT_ONCE`` at the same moment, each client in its turn."""

        def ready() -> T:
            library = self.library
            self._warm.wait()
            return work(library)

        return self._places.do(ready)

    def searched(self) -> str:
        """Return in words what a question is searched in."""
        documents, passages = self.library.document_count, self.library.passage_count
        return f"{documents:,} document{'s' * (documents != 1)}, {passages:,} passage{'s' * (passages != 1)}"

    def reading(self) -> str:
        """Return in words how much of it is read for a question: the passages that the search brings up."""
        passages = self.library.passage_count
        return f"{min(self.settings.read_passages, passages):,} of {passages:,} passages"

    def _rebuild(self, tell: OnProgress) -> Summary | None:
        """Read the seeds again; the old index serves meanwhile."""
        if self._build_library is None:
            raise RagError("The documents are not read again from here.")
        built = self._build_library(self.library, tell)
        self.library.refresh()
        self.examples = self._find_examples(self.library)
        return built.summary


def check_turns(turns: Sequence[Turn]) -> None:
    """Raise TooLong where a program sends more or longer turns than are taken."""
    if len(turns) > TURNS:
        raise TooLong(f"There are {len(turns):,} earlier turns, at most {TURNS} are taken: send the last ones.")
    longest = max((len(turn.question) + len(turn.answer) for turn in turns), default=0)
    if longest > TURN_CHARACTERS:
        raise TooLong(f"An earlier turn has {longest:,} characters, at most {TURN_CHARACTERS:,} are taken: shorten it.")
