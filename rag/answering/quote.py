"""Evidence → quotes: whole sentences, apart from each other, best first.

A quote is a slice of its document by construction; ``quotes`` reads that slice from the stored text, compares it with
what the reader saw, and leaves out what does not agree. Offsets count from the passage's start until a quote is made.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice

from rag.answering.calibration import probability
from rag.protocols import Texts
from rag.text.boundaries import extend_to_whole_meaning, is_bare_label, is_row
from rag.text.language import language_of
from rag.text.sentences import is_finished, sentences
from rag.types import NEVER, Evidence, Hit, Passage, Quote, Span

CONTEXT = 48
"""Characters of ``prefix`` and ``suffix``."""

_NEAR, _LIKELY = 1.0, -1.0
"""A sentence belongs to the answer too where it is so near, in log-odds, to the passage's best, and as likely as that.

These two and the next were chosen on BioASQ's marked sentences, of questions that the reader was not trained on: they
quote 76 % of the marked characters with an IoU of 0.64, the span's sentence alone 66 % with 0.65."""

_SETTLES, _SETTLES_YES_NO = 1.5, 0.5
"""Log-odds by which a sentence must beat the span's own to be quoted in its place: a span is a poor "yes" or "no"."""


_REACH = 400
"""Characters on either side of a quote in which the sentences around it are looked for."""
_TIGHT = 12
"""Words of a span, at most, that are marked as they are: of a longer one the likeliest sentence's own are."""


@dataclass(frozen=True, slots=True)
class Place:
    """Sentences of one passage that are to be quoted. Offsets count from the passage's start."""

    evidence: Evidence
    start: int
    end: int
    highlights: tuple[Span, ...]
    score: float
    """Log-odds that these sentences answer."""

    @property
    def span(self) -> Span:
        """The place in the document."""
        base = self.evidence.hit.passage.start
        return base + self.start, base + self.end

    def overlaps(self, other: Place) -> bool:
        """Tell whether the two share a character of one document."""
        (start, end), (begin, stop) = self.span, other.span
        same = self.evidence.hit.passage.document_id == other.evidence.hit.passage.document_id
        return same and start < stop and begin < end


def places(
    evidence: Sequence[Evidence],
    *,
    limit: int,
    floor: float,
    yes_no: bool = False,
    of_parts: Sequence[Sequence[Evidence]] = (),
) -> tuple[Place, ...]:
    """Return up to ``limit`` places to quote, best first, none overlapping.

    The best is always among them, a further one where its log-odds reach ``floor``. ``yes_no``: the question asks
    whether something is so, and a sentence settles it rather than a few words. ``of_parts``: what was found for each
    of the questions that are asked in one, whose best places come before all others.
    """
    best = [found[0] for found in of_parts if found and found[0].score >= floor]
    leads = [place for item in best for place in islice(_of(item, yes_no), 1)]
    further = sorted((place for item in evidence for place in _of(item, yes_no)), key=lambda place: -place.score)
    chosen: list[Place] = []
    for place in (*leads, *further):
        if chosen and place.score < floor:
            break
        touching = [i for i, other in enumerate(chosen) if _touch(place, other)]
        if touching:
            other = chosen[touching[0]]
            if len(touching) == 1 and (place in leads or not place.overlaps(other)):
                chosen[touching[0]] = _joined(other, place, marks=place.highlights if place in leads else ())
        elif len(chosen) < limit:
            chosen.append(place)
    return tuple(chosen)


def quotes(chosen: Sequence[Place], texts: Texts) -> tuple[Quote, ...]:
    """Return the quotes at these places, each compared with its document; one that does not agree is left out.

    A place at its passage's edge takes in what it needs from the passages around, unless that is quoted already.
    """
    wide = list(chosen)
    for i, place in enumerate(chosen):
        wider = _widened(place, texts)
        if not any(wider.overlaps(other) for other in (*wide[:i], *wide[i + 1 :])):
            wide[i] = wider
    return tuple(quote for place in wide if (quote := _quote(place, texts)) is not None)


def _widened(place: Place, texts: Texts) -> Place:
    """Return the place with what it needs of the neighbouring passages of its section."""
    hit, passage = place.evidence.hit, place.evidence.hit.passage
    inside = place.start > passage.sentences[0][0] and place.end < passage.sentences[-1][1]
    if inside and not is_row(hit.text, 0):  # a row's head may stand in the passage before
        return place
    around = [other for other in texts.neighbours(passage) if other.heading == passage.heading]
    if not around:
        return place
    begin = min(passage.start, *(other.start for other in around))
    text = texts.slice(passage.document_id, begin, max(passage.end, *(other.end for other in around)))
    base = passage.start - begin
    if text[base : base + len(hit.text)] != hit.text:
        return place
    # Passages overlap by a sentence: each is counted once.
    spans = sorted({(p.start - begin + a, p.start - begin + b) for p in (passage, *around) for a, b in p.sentences})
    first = next(i for i, (_, end) in enumerate(spans) if end > base + place.start)
    last = next(i for i, (_, end) in enumerate(spans) if end >= base + place.end)
    first, last = extend_to_whole_meaning(text, spans, first, last, language_of(passage.language))
    start, end = min(place.start, spans[first][0] - base), max(place.end, spans[last][1] - base)
    return replace(place, start=start, end=end)


def _quote(place: Place, texts: Texts) -> Quote | None:
    hit, base = place.evidence.hit, place.evidence.hit.passage.start
    highlights = tuple((base + start, base + end) for start, end in place.highlights)
    quote = _slice(hit.passage, *place.span, texts, highlights, probability(place.score))
    seen = hit.text[max(place.start, 0) : place.end]
    at = max(-place.start, 0)
    stands = len(quote.exact) == place.end - place.start and quote.exact[at : at + len(seen)] == seen
    return quote if stands and seen else None


def whole_passage(hit: Hit, texts: Texts) -> Quote:
    """Return a passage as a quote, with the search's score."""
    return _slice(hit.passage, hit.passage.start, hit.passage.end, texts, (), hit.score)


def _slice(passage: Passage, start: int, end: int, texts: Texts, highlights: tuple[Span, ...], score: float) -> Quote:
    """Return the quote that stands at ``start`` to ``end`` of the passage's document."""
    document_id, before = passage.document_id, min(start, CONTEXT)
    around = texts.slice(document_id, start - before, end + CONTEXT)
    page, label = texts.page(document_id, start)
    return Quote(
        document=texts.source(document_id),
        start=start,
        end=end,
        exact=around[before : before + end - start],
        prefix=around[:before],
        suffix=around[before + end - start :],
        highlights=highlights,
        page=page,
        line=texts.line(document_id, start),
        section=passage.heading,
        score=score,
        page_label=label,
        recognised=texts.recognised(document_id, start),
    )


def _of(evidence: Evidence, yes_no: bool) -> Iterator[Place]:
    """Yield the sentences that hold the answer's words, and others of the passage that answer too."""
    scores, spans = _scores(evidence), evidence.hit.passage.sentences
    best = max(range(len(scores)), key=lambda i: scores[i])
    if scores[best] <= NEVER:
        return
    first, last, highlight = _lead(evidence, scores, _SETTLES_YES_NO if yes_no else _SETTLES)
    belongs = [score >= max(scores[best] - _NEAR, _LIKELY) for score in scores]
    while first > 0 and belongs[first - 1]:
        first -= 1
    while last + 1 < len(spans) and belongs[last + 1]:
        last += 1
    yield _place(evidence, first, last, highlight, evidence.score)
    for i, score in enumerate(scores):
        if belongs[i] and not first <= i <= last:
            # Behind the lead, and further the less the reader thinks of the sentence.
            yield _place(evidence, i, i, _mark(evidence, i), evidence.score - (scores[best] - score) - 0.01)


def _scores(evidence: Evidence) -> tuple[float, ...]:
    """Return the log-odds of the passage's sentences; a table's head, a rule, a bare label say nothing."""
    said = [evidence.hit.text[start:end] for start, end in evidence.hit.passage.sentences]
    rules = [not _says(text) for text in said]
    heads = [rule and text.startswith("|") for rule, text in zip([*rules[1:], False], [*said[1:], ""], strict=True)]
    labels = [is_bare_label(evidence.hit.text, evidence.hit.passage.sentences, i) for i in range(len(said))]
    return tuple(
        NEVER if rule or head or label else score
        for rule, head, label, score in zip(rules, heads, labels, evidence.reading.sentences, strict=True)
    )


def _lead(evidence: Evidence, scores: Sequence[float], settles: float) -> tuple[int, int, Span]:
    """Return the first and last sentence of the span, and the span; or the best sentence where that one settles it."""
    spans, best = evidence.hit.passage.sentences, max(range(len(scores)), key=lambda i: scores[i])
    span = (evidence.reading.start, evidence.reading.end)
    touched = [i for i, (start, end) in enumerate(spans) if start < span[1] and span[0] < end]
    likeliest = max(touched, key=lambda i: scores[i], default=best)
    if not touched or scores[best] > scores[likeliest] + settles:
        return best, best, _mark(evidence, best)
    said = evidence.hit.text[slice(*span)]
    if _says(said) and (len(said.split()) <= _TIGHT or not evidence.reading.marks):
        return touched[0], touched[-1], span
    return touched[0], touched[-1], _mark(evidence, likeliest)


def _mark(evidence: Evidence, sentence: int) -> Span:
    """Return the answering words of a sentence; all of it where the reader finds none in it."""
    marks = evidence.reading.marks
    if marks and _says(evidence.hit.text[slice(*marks[sentence])]):
        return marks[sentence]
    return evidence.hit.passage.sentences[sentence]


def _says(text: str) -> bool:
    """Tell whether there is a letter or a digit in a text."""
    return any(map(str.isalnum, text))


def _place(evidence: Evidence, first: int, last: int, highlight: Span, score: float) -> Place:
    """Return the place of these sentences and of what they need, with the answering words among them."""
    sentences, language = evidence.hit.passage.sentences, language_of(evidence.hit.passage.language)
    first, last = extend_to_whole_meaning(evidence.hit.text, sentences, first, last, language)
    start, end = sentences[first][0], sentences[last][1]
    inside = (max(start, highlight[0]), min(end, highlight[1]))
    return Place(evidence, start, end, (inside,) if inside[0] < inside[1] else (), score)


def _joined(one: Place, other: Place, *, marks: Sequence[Span]) -> Place:
    """Return two places, overlapping or next to each other, as one: the better's words are marked, and ``marks``.

    Offsets are those of the better's passage, whichever the other is of.
    """
    moved = other.evidence.hit.passage.start - one.evidence.hit.passage.start
    marked = list(one.highlights)
    for start, end in ((start + moved, end + moved) for start, end in marks):
        if all(end <= begin or stop <= start for begin, stop in marked):
            marked.append((start, end))
    start, end = min(one.start, other.start + moved), max(one.end, other.end + moved)
    return replace(one, start=start, end=end, highlights=tuple(sorted(marked)))


def _touch(one: Place, other: Place) -> bool:
    """Tell whether two places overlap or, in one passage, have nothing but white space between them."""
    if one.overlaps(other):
        return True
    if one.evidence is not other.evidence:
        return False
    return not one.evidence.hit.text[min(one.end, other.end) : max(one.start, other.start)].strip()


def around(quote: Quote, texts: Texts) -> tuple[str, str]:
    """Return the whole sentences before and after a quote, empty where none is near: a heading or a row is none.

    Both are empty where the document is another one by now. Raises UnknownDocument.
    """
    document, begin = quote.document, max(0, quote.start - _REACH)
    if texts.source(document.id).sha256 != document.sha256:
        return "", ""
    before = texts.slice(document.id, begin, quote.start)
    after = texts.slice(document.id, quote.end, quote.end + _REACH)
    spans = sentences(before)
    last = spans[-1:] if begin == 0 else spans[1:][-1:]
    following = sentences(after)[:1]
    return _told(before, *last), _told(after, *following)


def _told(text: str, span: Span = (0, 0)) -> str:
    """Return the sentence at ``span``; nothing where it is none."""
    said = text[slice(*span)]
    return said if is_finished(said) and not is_row(said, 0) else ""
