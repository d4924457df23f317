"""What requests and replies look like: the models that check a request, and describe the JSON for the API and MCP.

Replies are made by ``serialization``; the models of replies here only describe them.
"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from rag.scope import Scope
from rag.types import Turn

TURNS = 100
"""Earlier turns that a question may come with."""
TURN_CHARACTERS = 20_000
"""Characters of such a turn, its question and answer together."""
_QUOTE: dict[str, Any] = {
    "exact": "Ukraine’s foreign minister, Andriy Sybiha, insisted Kyiv is ready for talks.",
    "prefix": "on Friday.\n",
    "suffix": " He spoke in",
    "start": 2428,
    "end": 2504,
    "highlights": [[2456, 2469]],
    "page": None,
    "page_label": None,
    "recognised": None,
    "line": 6,
    "section": "",
    "score": 0.91,
    "document": {"id": "news/a.txt", "title": "Talks", "path": "news/a.txt", "sha256": "9f86d081884c7d65…"},
}
_REPLY: dict[str, Any] = {
    "id": "q1",
    "question": "Who is the foreign minister?",
    "standalone_question": "Who is the foreign minister?",
    "status": "answered",
    "kind": None,
    "confidence": 0.93,
    "answer": None,
    "quotes": [_QUOTE],
    "groups": [],
    "nearest": [],
    "reason": None,
    "scope": None,
    "notices": [],
    "written": [],
    "timings_ms": {"encode": 6.1, "search": 1.9, "read": 40.2, "total": 49.0},
}


class EarlierTurn(BaseModel):
    """A question asked before, and the words that answered it."""

    question: str
    answer: str = ""


class Where(BaseModel):
    """Which documents are searched; all of them where nothing is said."""

    within: list[str] = Field(
        default=[],
        alias="in",
        description="Documents and folders, with all below them, that alone are searched: paths below the folder of "
        "documents.",
        examples=[["news/"]],
    )
    types: list[str] = Field(
        default=[], alias="type", description="Suffixes of the documents that are searched.", examples=[["pdf"]]
    )
    since: str = Field(default="", description="The first day, month or year: 2024-03-05, 2024-03 or 2024.")
    until: str = Field(default="", description="The last one, it included.")

    @property
    def scope(self) -> Scope:
        """The same as a scope."""
        return Scope(tuple(self.within), tuple(self.types), self.since, self.until)


class Asked(Where):
    """A question."""

    question: str = Field(examples=["Who is the foreign minister?"])
    turns: list[EarlierTurn] = Field(
        default=[],
        description=f"The earlier ones, oldest first: at most {TURNS}, each of at most {TURN_CHARACTERS:,} characters.",
    )
    standalone_question: str | None = Field(
        default=None, description="Searched for as it is, in place of our own reading of a follow-up."
    )
    quotes: int | None = Field(default=None, ge=1, le=50, description="All that answer are wanted, so many at most.")

    @property
    def earlier(self) -> tuple[Turn, ...]:
        """The earlier turns, oldest first."""
        return tuple(Turn(turn.question, turn.answer) for turn in self.turns)


class _Told(BaseModel):
    """Part of a reply; fields may be added."""

    model_config = ConfigDict(extra="allow")


class SourceJson(_Told):
    """The document that a quote stands in."""

    id: str
    title: str
    path: str
    sha256: str


class QuoteJson(_Told):
    """A slice of a document: ``document.text[start:end] == exact``; offsets are characters (Unicode code points)."""

    exact: str
    prefix: str
    suffix: str
    start: int
    end: int
    highlights: list[list[int]] = Field(description="The answering words: [start, end] in the document.")
    page: int | None
    page_label: str | None
    recognised: float | None = Field(description="How sure text recognition is, on a page that is a picture.")
    line: int
    section: str
    score: float
    document: SourceJson


class SentenceJson(_Told):
    """A language model's sentence, held against the quotes that it points to."""

    text: str
    quotes: list[int] = Field(description="The quotes that it points to, counted from 1.")
    struck: str = Field(description="Why it is struck out; empty where it stands.")
    unsupported: list[str] = Field(description="Numbers, names and negations that stand in none of these quotes.")


class ReplyJson(_Told):
    """The documents' answer in quotes, or a refusal with the nearest passages."""

    model_config = ConfigDict(extra="allow", json_schema_extra={"examples": [_REPLY]})

    id: str | int | float | None
    question: str
    standalone_question: str
    status: Literal["answered", "refused"]
    kind: Literal["possible", "absent", "other"] | None = Field(description="Of a refusal.")
    confidence: float = Field(description="The probability that these quotes answer the question.")
    answer: str | None = Field(description="Written by a language model, where one is attached; never a quote.")
    quotes: list[QuoteJson]
    groups: list[dict[str, Any]] = Field(description="Quotes that say the same, by their numbers, with their sources.")
    nearest: list[QuoteJson] = Field(description="Of a refusal: the nearest passages, not an answer.")
    reason: str | None
    scope: dict[str, Any] | None
    notices: list[str]
    written: list[SentenceJson] = Field(description="The text of the language model, sentence by sentence.")
    timings_ms: dict[str, float]


class PassagesJson(_Told):
    """Passages, best first; nothing is decided about them."""

    passages: list[QuoteJson]


class RangeJson(_Told):
    """Characters ``start`` to ``end`` of a document that has ``characters``, and the page that they begin on."""

    document: SourceJson
    text: str
    start: int
    end: int
    characters: int
    page: int | None
    page_label: str | None


class VerdictJson(_Told):
    """What became of one quote."""

    verdict: Literal["exact", "moved", "typographic", "ambiguous", "altered", "stitched", "absent", "missing"]
    exact: str
    document: SourceJson | None
    start: int | None
    end: int | None
    page: int | None
    differences: list[dict[str, Any]] = Field(description='Each with "field", "said" and "stands".')
    reason: str | None
    text_start: int | None = Field(description="Where the quotation stands in a checked text.")
    text_end: int | None


class VerificationJson(_Told):
    """Whether every quote stands where it says, and a verdict for each."""

    verified: bool
    reasons: list[str] = Field(description="A line for each quote that does not hold.")
    verdicts: list[VerdictJson]


class EntryJson(SourceJson):
    """A document in the index."""

    media_type: str
    characters: int
    pages: int
    passages: int
    warnings: list[str]
    date: str = Field(description="ISO 8601, as exactly as it is known; empty where none is.")


class CatalogueJson(_Told):
    """What is in the index."""

    built_at: str
    passages: int
    documents: list[EntryJson]
    skipped: list[dict[str, str]]
