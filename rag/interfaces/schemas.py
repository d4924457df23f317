"""What requests and replies look like: the models that check a request, and describe the JSON for the API and MCP.

Replies are made by ``serialization``; the models of replies here only describe them.
"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from rag.interfaces import samples
from rag.scope import Scope
from rag.types import Turn

TURNS = 100
"""Earlier turns that a question may come with."""
TURN_CHARACTERS = 20_000
"""Characters of such a turn, its question and answer together."""


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


def _shown(*values: dict[str, Any]) -> ConfigDict:
    """Return how a reply's model is described, with examples; fields may be added."""
    return ConfigDict(extra="allow", json_schema_extra={"examples": list(values)})


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

    model_config = _shown(samples.REPLY, samples.REFUSAL)

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

    model_config = _shown(samples.VERIFICATION)

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

    model_config = _shown(samples.CATALOGUE)

    built_at: str
    passages: int
    documents: list[EntryJson]
    skipped: list[dict[str, str]]


class SectionJson(_Told):
    """A run of a document under one heading; it ends where the next begins."""

    start: int
    heading: str


class DocumentJson(SourceJson):
    """A document with its canonical text, which the offsets of quotes count in."""

    model_config = _shown(samples.DOCUMENT)

    text: str
    media_type: str
    pages: list[int] = Field(description="Where each page begins in the text; empty where the format has none.")
    page_labels: list[str] = Field(description="What is printed on each page.")
    recognised: list[float | None] = Field(description="How sure text recognition is, for each page that is a picture.")
    sections: list[SectionJson]
    metadata: list[list[str]] = Field(description="What the file says of itself: [name, value].")
    warnings: list[str]
    language: str = Field(description="ISO 639-1.")


class HealthJson(_Told):
    """Whether questions are answered at once."""

    model_config = _shown({"status": "ok"})

    status: Literal["ok", "loading"]


class ErrorJson(_Told):
    """What went wrong and what to do, in one line."""

    model_config = _shown({"error": "The question is empty: write one."})

    error: str
