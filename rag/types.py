"""The values that pass between modules: frozen, slotted, and nothing else.

Offsets are characters of ``Document.text`` (Python ``str`` indices, that is Unicode code points), half-open.
Scores: higher is better, everywhere. Log-odds are natural logarithms.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from rag.names import date_in, is_telling, spoken
from rag.scope import EVERYTHING, Scope
from rag.written import Sentence

CONTEXT_VERSION = 2
"""The version of what ``Passage.context`` says: raise it when that changes, so that an index is made anew."""

Span = tuple[int, int]
"""A half-open range of characters: ``text[start:end]``."""


@dataclass(frozen=True, slots=True)
class Section:
    """A run of a document under one heading; it ends where the next begins.

    No passage crosses its edge, but that a heading with nothing below it goes with the section that follows.
    """

    start: int
    heading: str
    """The heading's words, or the name of a row ("row 12"); empty where the document has none."""


@dataclass(frozen=True, slots=True)
class Document:
    """One file, read: its canonical text and the way back from it to pages and sections."""

    id: str
    """The path below the seeds folder, with ``/``; of an attachment its file's, and its own name: ``a.eml/b.pdf``."""
    path: str
    title: str
    text: str
    sha256: str
    """Of the file's bytes, in hexadecimal; of an attachment's own."""
    media_type: str
    pages: tuple[int, ...] = ()
    """Where each page begins in ``text``; empty where the format has no pages. Text before the first is on none."""
    page_labels: tuple[str, ...] = ()
    """What is printed on each page, "xvi" or "A-3", empty where nothing is; none at all where no page has one."""
    recognised: tuple[float | None, ...] = ()
    """Of each page whose text was recognised in a picture, how sure that is (0 to 1); none at all where none was."""
    sections: tuple[Section, ...] = ()
    """In order; the first may begin after 0. Empty where the document has no headings or rows."""
    metadata: tuple[tuple[str, str], ...] = ()
    """What the file says of itself: ``(("author", "…"), ("date", "…"))``."""
    warnings: tuple[str, ...] = ()
    """What a reader of the summary should know, such as a detected encoding."""
    language: str = "en"
    """ISO 639-1; English where none was clearly told."""


@dataclass(frozen=True, slots=True)
class Passage:
    """Whole sentences of one document, short enough for the encoder."""

    document_id: str
    start: int
    end: int
    number: int
    """Its place in the document, counted from 0."""
    title: str
    """The document's."""
    heading: str
    """Of the section it stands in; empty where there is none."""
    sentences: tuple[Span, ...]
    """In order, without overlap; offsets count from the passage's start."""
    language: str = "en"

    @property
    def id(self) -> str:
        """What identifies it, whatever becomes of other documents: ``news/a.txt#3``."""
        return f"{self.document_id}#{self.number}"

    @property
    def context(self) -> str:
        """Title, date and heading, at most 200 characters: said before the passage when it is embedded or read.

        It is never quoted. A title that tells nothing (a file's number) is left out; the date is the file name's.
        """
        title = self.title if is_telling(self.title) else ""
        parts = (title, spoken(date_in(self.document_id)), self.heading)
        return " — ".join(dict.fromkeys(part for part in parts if part))[:200]


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage that the search brought up."""

    passage: Passage
    text: str
    """``document.text[passage.start:passage.end]``."""
    score: float
    dense: float = 0.0
    """Cosine of the question's and the passage's vectors."""
    lexical: float = 0.0
    """BM25 over the question's best; 0 where no word is shared."""


@dataclass(frozen=True, slots=True)
class ReaderInput:
    """A passage as the reader takes it; sentence spans count from the start of ``text``."""

    context: str
    text: str
    sentences: tuple[Span, ...]


NEVER = -20.0
"""The log-odds of what was not read, or has nothing to read."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What the reader found in one passage; offsets count from the start of the passage's text."""

    start: int
    end: int
    span_score: float
    """Log-odds of the best span against no answer."""
    relevance: float
    """Log-odds that the passage answers the question at all."""
    sentences: tuple[float, ...]
    """Log-odds that a sentence belongs to the answer, one for each."""
    marks: tuple[Span, ...] = ()
    """The likeliest answering words of each sentence; none where the reader does not look for them."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """A hit and what the readers found in it."""

    hit: Hit
    reading: Reading
    """Of the reader that read it last: it is what is quoted by."""
    score: float
    """Log-odds that the passage answers, of search and readers together."""
    first: Reading | None = None
    """What the first reader found, where the second has read the passage too."""


@dataclass(frozen=True, slots=True)
class Source:
    """The document a quote stands in, by what identifies it."""

    id: str
    title: str
    path: str
    sha256: str
    reading: str = ""  # by which version the file was read, as formats.reading_of says it; empty where none was


@dataclass(frozen=True, slots=True)
class Quote:
    """A slice of a document: ``document.text[start:end] == exact``.

    ``exact``, ``prefix``, ``suffix`` are the TextQuoteSelector and ``start``, ``end`` the TextPositionSelector
    of the W3C Web Annotation Data Model.
    """

    document: Source
    start: int
    end: int
    exact: str
    prefix: str
    suffix: str
    highlights: tuple[Span, ...]
    """The answering words, as offsets into the document, within ``[start, end)``."""
    page: int | None
    """The page's number counted from 1, where the format has pages."""
    line: int
    """The line's number in ``Document.text``, counted from 1."""
    section: str
    """The heading or row it stands under; empty where there is none."""
    score: float
    """Between 0 and 1: the probability that this quote answers."""
    page_label: str | None = None
    """What is printed on the page, "xvi" on the sixteenth, where the document says so."""
    recognised: float | None = None
    """How sure it is, between 0 and 1, where the page is a picture whose text was recognised."""


@dataclass(frozen=True, slots=True)
class Answer:
    """The documents answer, in these quotes, best first; ``notices`` say what to bear in mind with them."""

    question: str
    standalone_question: str
    quotes: tuple[Quote, ...]
    confidence: float
    """The probability that the documents answer the question and these quotes are that answer."""
    timings_ms: Mapping[str, float] = field(default_factory=dict)
    scope: Scope = EVERYTHING
    text: str | None = None
    """Generated by a language model, where one is attached; never part of a quote."""
    notices: tuple[str, ...] = ()
    written: tuple[Sentence, ...] = ()  # the same text, sentence by sentence


Kind = Literal["possible", "absent", "other"]
"""Of a refusal. ``possible``: the nearest may answer; ``absent``: no clear answer was found; ``other``: the question is
none that quotes can answer, such as a greeting or a request to write."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """No clear answer was found. ``nearest`` are the closest passages."""

    question: str
    standalone_question: str
    reason: str
    nearest: tuple[Quote, ...]
    confidence: float
    timings_ms: Mapping[str, float] = field(default_factory=dict)
    kind: Kind = "absent"
    scope: Scope = EVERYTHING
    notices: tuple[str, ...] = ()


Reply = Answer | Refusal


@dataclass(frozen=True, slots=True)
class Turn:
    """An earlier question of the conversation, and what it got: a reply, or an answer's bare words."""

    question: str
    reply: Reply | str

    @property
    def answer(self) -> str:
        """The words that were shown as the answer; empty after a refusal."""
        if isinstance(self.reply, Answer):
            return " ".join(quote.exact for quote in self.reply.quotes)
        return self.reply if isinstance(self.reply, str) else ""


Change = Literal["number", "name", "unit", "negation", "condition", "order"]
VerdictKind = Literal["exact", "moved", "typographic", "ambiguous", "altered", "stitched", "absent", "missing"]
"""What became of a quote. ``exact``: it stands where said; ``moved``: elsewhere in its document; ``typographic``: but
for marks, dashes, spaces and ligatures; ``ambiguous``: in several other places; ``altered``: with other words among its
own; ``stitched``: in parts, in different places; ``absent``: nothing like it; ``missing``: no such document."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that a citation says otherwise than its document."""

    field: str
    """Of the quote or its document: "exact", "page", "title", …"""
    said: str
    stands: str  # empty where nothing stands in its place
    changes: tuple[Change, ...] = ()
    """What the words change of the statement; none where it is none of these."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of a quote: its kind, where its words stand now, and every claim of its citation that is wrong."""

    exact: str
    kind: VerdictKind
    document: Source | None = None
    """As it lies in the folder; none where it is missing."""
    start: int | None = None
    end: int | None = None
    """Where the words stand: of several places the nearest to the one that was cited; none where they do not."""
    page: int | None = None
    differences: tuple[Difference, ...] = ()
    reason: str = ""  # why a document is missing
    text: Span | None = None
    """Where the words stand in a text whose quotations were checked."""

    @property
    def holds(self) -> bool:
        """Whether the quote stands where it says and all else cited is so; a text's quotation, whether it stands."""
        if self.text is not None:
            return self.kind in ("exact", "typographic", "ambiguous")
        return self.kind == "exact" and not self.differences


@dataclass(frozen=True, slots=True)
class Skipped:
    """A file that was not indexed, and why."""

    path: str
    reason: str


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """A file as it was when it was read, or tried; ``size`` in bytes, −1 where it could not be opened."""

    size: int
    stamp: str
    """Times of change (ns) and inode: while they stay, so does the content. The first alone promises nothing."""
    sha256: str = ""
    """Of the bytes that were read, or tried; empty where the stamp alone has to tell."""


@dataclass(frozen=True, slots=True)
class DocumentEntry:
    """A document as the index's catalogue lists it; ``date`` is as ``rag.scope`` has it, empty where none is known."""

    source: Source
    media_type: str
    characters: int
    pages: int
    passages: int
    warnings: tuple[str, ...]
    date: str = ""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a build has come: ``done`` of ``total`` (0: not known yet) in "reading", "embedding", "writing"."""

    stage: str
    done: int
    total: int
    rate: float = 0.0
    """Passages embedded in a second; 0 where none were yet."""
    seconds_left: float | None = None
    """A guess, for reading and embedding together; none where there is nothing to go by."""


@dataclass(frozen=True, slots=True)
class Summary:
    """What a build did."""

    documents: int
    passages: int
    embedded: int
    """Passages whose vectors were computed; the others were taken over from the last generation."""
    skipped: tuple[Skipped, ...]
    warnings: tuple[str, ...]
    seconds: float
    generation: str
