"""The quotations of any text, held against a folder: is each really in the documents?

Every document is read once and looked through for the words of all quotations; the few that share most of a quotation's
words are compared with it.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from heapq import heappush, heappushpop
from itertools import chain, pairwise

from rag.documents import source_of
from rag.text.segment import page_at
from rag.text.turns import turns
from rag.types import Change, Difference, Document, Span, Verdict, VerdictKind
from rag.verification.changes import CONDITION, NEGATION, pointed_out
from rag.verification.places import Folded, fold, in_print, nearest
from rag.verification.quotations import Part, Quotation

_CANDIDATES = 8
"""Documents that are compared with a quotation, at most."""
_PROBES = 12
"""Words of a quotation, the longest, by which such documents are found."""
_SHARE = 0.4
"""Of those words that a document must have."""
_OMITTED = 600
"""Characters that an ellipsis leaves out, at most: what is farther apart is from different places."""
_REPLACED = 80
"""The same, of what brackets stand for."""
_CUT_WORDS = 1
"""How much a cut word or number weighs, in words."""
_PIECE = 3
"""Words of a stitched quotation's piece, at least."""
_NEAR = 600
"""Characters around a quotation's words in which its speaker is looked for."""
_PLACES = 50
"""Places of the same words that are looked at."""

_WORD = re.compile(r"\w+")
_SENTENCE_END = re.compile(r"[.!?][”’\"')\]]*\s")
_ENDING = " \t\n,.;:-"
"""Signs that a quotation may end with though the document has none, or others."""


@dataclass(frozen=True)
class _Candidate:
    document: Document

    @cached_property
    def folded(self) -> Folded:
        return fold(self.document.text)


@dataclass(frozen=True, slots=True)
class _Found:
    """Where the parts of a quotation stand in a document, and what it leaves out or puts in."""

    candidate: _Candidate
    spans: tuple[Span, ...]
    """Of the document's text."""
    differences: tuple[Difference, ...] = ()
    changed: bool = False
    """Whether what is left out or put in changes the meaning."""
    apart: bool = False


def judge(quotations: Sequence[Quotation], documents: Iterable[Document]) -> tuple[Verdict, ...]:
    """Return a verdict for each quotation of a text, in order."""
    candidates = _candidates(quotations, documents)
    return tuple(_judge(said, found) for said, found in zip(quotations, candidates, strict=True))


def _candidates(quotations: Sequence[Quotation], documents: Iterable[Document]) -> list[list[_Candidate]]:
    """Return the documents that share most of each quotation's words, those with a part of it as it is first."""
    probes = [_probes(said.words) for said in quotations]
    phrases = [[_words(part.words) for part in said.parts] for said in quotations]
    asked: dict[str, list[int]] = defaultdict(list)
    for number, words in enumerate(probes):
        for word in words:
            asked[word].append(number)
    best: list[list[tuple[float, int, Document]]] = [[] for _ in quotations]
    for order, document in enumerate(documents):
        text = _words(document.text)
        votes = Counter(chain.from_iterable(map(asked.__getitem__, asked.keys() & text.split(" "))))
        for number, count in votes.items():
            if count >= _SHARE * len(probes[number]):
                literal = sum(phrase in text for phrase in phrases[number])
                entry = (literal + count / len(probes[number]), -order, document)
                (heappush if len(best[number]) < _CANDIDATES else heappushpop)(best[number], entry)
    made: dict[str, _Candidate] = {}
    return [
        [made.setdefault(document.id, _Candidate(document)) for _, _, document in sorted(heap, reverse=True)]
        for heap in best
    ]


def _words(text: str) -> str:
    """Return the words of a text in small letters, a space between two."""
    return " ".join(_WORD.findall(text.lower()))


def _probes(words: str) -> list[str]:
    return sorted(dict.fromkeys(_WORD.findall(words.lower())), key=len, reverse=True)[:_PROBES]


def _judge(said: Quotation, candidates: Sequence[_Candidate]) -> Verdict:
    parts = said.parts
    found = [place for candidate in candidates for place in _places(parts, candidate)]
    whole = [place for place in found if not place.changed and not place.apart]
    if whole:
        named = [place for place in whole if said.speaker and _is_near(said.speaker, place)]
        likely = named or whole
        kind: VerdictKind = "ambiguous" if len(likely) > 1 else _exactness(parts, likely[0])
        return _verdict(said, kind, likely[0], attributed=bool(named) or not said.speaker)
    if found:
        return _verdict(said, "altered" if found[0].changed else "stitched", found[0])
    return _unlike(said, candidates)


def _places(parts: Sequence[Part], candidate: _Candidate) -> Iterator[_Found]:
    """Yield where all parts stand in a document: together and in order, or else apart."""
    words = [fold(part.words).text.strip(_ENDING) for part in parts]
    first = next((number for number, text in enumerate(words) if text), None)
    if first is None:
        return
    apart = None
    for start in _standing(words[first], candidate.folded.text):
        spans = _follow(words, first, start, candidate.folded.text)
        if spans is None:
            continue
        place = _found(parts, spans, candidate)
        if place.apart:
            apart = apart or place
        else:
            yield place
    if apart:
        yield apart


def _standing(words: str, text: str, start: int = 0) -> Iterator[int]:
    """Yield where words stand as whole words, whatever the case of the first letter."""
    forms = {words, words[:1].swapcase() + words[1:]} if words[:1].swapcase().swapcase() == words[:1] else {words}
    found = 0
    at = start
    while found < _PLACES:
        hits = [hit for form in forms if (hit := text.find(form, at)) >= 0]
        if not hits:
            return
        at = min(hits)
        if _is_whole(text, at, at + len(words)):
            found += 1
            yield at
        at += 1


def _is_whole(text: str, start: int, end: int) -> bool:
    """Tell whether no word or number is cut: neither "art" of "part" nor "200" of "1,200" or of "-200"."""
    before, after = text[max(0, start - 2) : start], text[end : end + 2]
    if before[-1:].isalnum() and text[start].isalnum() and text[start].isascii():
        return False
    if after[:1].isalnum() and text[end - 1].isalnum() and text[end - 1].isascii():
        return False
    if text[start].isdigit() and (re.fullmatch(r"\d[.,]|(?:^|\s)-|.?-", before) and not before[:1].isalpha()):
        return False
    return not (text[end - 1].isdigit() and re.match(r"[.,]\d|%", after))


def _follow(words: Sequence[str], first: int, start: int, text: str) -> list[Span | None] | None:
    """Return where each part stands, those after the first one each as near behind the last as can be."""
    spans: list[Span | None] = [None] * first + [(start, start + len(words[first]))]
    end = start + len(words[first])
    for part in words[first + 1 :]:
        if not part:
            spans.append(None)
            continue
        at = next(_standing(part, text, end), None)
        if at is None:
            at = next(_standing(part, text), None)
        if at is None:
            return None
        end = at + len(part)
        spans.append((at, end))
    return spans


def _found(parts: Sequence[Part], spans: Sequence[Span | None], candidate: _Candidate) -> _Found:
    folded = candidate.folded
    differences: list[Difference] = []
    changed = apart = False
    last: int | None = None
    for part, span in zip(parts, spans, strict=True):
        if part.cut:
            gap = folded.text[last : span[0]] if last is not None and span is not None else ""
            turns = _turns(part, gap)
            differences.append(Difference(part.cut, part.said, gap.strip(_ENDING), turns))
            behind = span is not None and last is not None and span[0] < last
            apart |= behind or len(gap) > (_OMITTED if part.cut == "omission" else _REPLACED)
            changed |= bool(turns)
        if span is not None:
            last = span[1]
    places = tuple(folded.span(*span) for span in spans if span is not None)
    apart = apart or (len(places) > 1 and _are_of_several(places, candidate.document.text))
    return _Found(candidate, places, tuple(differences), changed, apart)


def _are_of_several(places: Sequence[Span], text: str) -> bool:
    """Tell whether these words are of several speakers' turns: what one said goes on in nobody else's words."""
    said = turns(text)
    return len({next((turn for turn in said if turn.start <= start < turn.end), None) for start, _ in places}) > 1


def _turns(part: Part, gap: str) -> tuple[Change, ...]:
    """Return how it turns a quoted sentence's meaning that ``gap`` is left out, or something put in its place."""
    pieces = _SENTENCE_END.split(f"{gap} ")
    kept = " ".join((pieces[0], pieces[-1]))
    put_in = part.said if part.cut == "insertion" else ""
    patterns: tuple[tuple[Change, re.Pattern[str]], ...] = (("negation", NEGATION), ("condition", CONDITION))
    return tuple(name for name, pattern in patterns if bool(pattern.search(kept)) != bool(pattern.search(put_in)))


def _exactness(parts: Sequence[Part], place: _Found) -> VerdictKind:
    text = place.candidate.document.text
    said = [part.words.strip(_ENDING) for part in parts if fold(part.words).text.strip(_ENDING)]
    stands = [text[slice(*span)].strip(_ENDING) for span in place.spans]
    return "exact" if said == stands else "typographic"


def _is_near(speaker: str, place: _Found) -> bool:
    document, (start, end) = place.candidate.document, (place.spans[0][0], place.spans[-1][1])
    around = document.text[max(0, start - _NEAR) : end + _NEAR]
    return speaker.split()[-1] in f"{document.title} {document.path} {around}"


def _unlike(said: Quotation, candidates: Sequence[_Candidate]) -> Verdict:
    """Return the verdict on words that stand nowhere as they are."""
    words = " ".join(part.words for part in said.parts)
    if stitched := _stitched(words, candidates):
        return _verdict(said, "stitched", stitched)
    like = [(candidate, near) for candidate in candidates if (near := nearest(words, candidate.folded))]
    if not like:
        return Verdict(said.words, "absent", text=(said.start, said.end))
    candidate, (place, differences) = min(like, key=lambda item: _weight(item[1][1]) or _CUT_WORDS)
    if not differences:  # a word or a number is cut
        place = _whole(candidate.document.text, place)
        whole = candidate.document.text
        differences = pointed_out((Difference("exact", said.words, whole[slice(*place)]),), whole)
    return _verdict(said, "altered", _Found(candidate, (place,), differences))


def _weight(differences: Sequence[Difference]) -> int:
    return sum(max(len(_WORD.findall(item.said)), len(_WORD.findall(item.stands)), 1) for item in differences)


def _whole(text: str, place: Span) -> Span:
    """Return a place with the rest of the words and numbers that it cuts."""
    start, end = place
    while start and not text[start - 1].isspace():
        start -= 1
    while end < len(text) and not text[end].isspace():
        end += 1
    return start, end


def _stitched(words: str, candidates: Sequence[_Candidate]) -> _Found | None:
    """Return the first piece's place, where the words are pieces from different places, of several words each."""
    tokens = fold(words).text.split()
    pieces: list[str] = []
    places: list[tuple[_Candidate, Span]] = []
    while tokens:
        taken, candidate, at = _longest(tokens, candidates)
        if candidate is None or taken < _PIECE:
            return None
        pieces.append(" ".join(tokens[:taken]).strip(_ENDING))
        places.append((candidate, (at, at + len(pieces[-1]))))
        tokens = tokens[taken:]
    if all(
        one is other and 0 <= after[0] - before[1] <= _REPLACED for (one, before), (other, after) in pairwise(places)
    ):
        return None
    candidate, place = places[0]
    span = candidate.folded.span(*place)
    return _Found(candidate, (span,), tuple(Difference("exact", piece, "") for piece in pieces[1:]))


def _longest(tokens: Sequence[str], candidates: Sequence[_Candidate]) -> tuple[int, _Candidate | None, int]:
    """Return how many of the first words stand together somewhere, at most, and where."""
    best: tuple[int, _Candidate | None, int] = (0, None, 0)
    for candidate in candidates:
        low, high = best[0], len(tokens)
        while low < high:
            middle = (low + high + 1) // 2
            at = next(_standing(" ".join(tokens[:middle]).strip(_ENDING), candidate.folded.text), -1)
            if at >= 0:
                low, best = middle, (middle, candidate, at)
            else:
                high = middle - 1
    return best


def _verdict(said: Quotation, kind: VerdictKind, place: _Found, *, attributed: bool = True) -> Verdict:
    document = place.candidate.document
    start, end = place.spans[0][0], max(end for _, end in place.spans)
    if kind == "stitched":
        end = place.spans[0][1]
    differences = place.differences
    if kind == "typographic" and not differences:
        differences = in_print(said.words, document.text[start:end])
    if not attributed:
        differences = (*differences, Difference("attribution", said.speaker, ""))
    page, _ = page_at(document.pages, document.page_labels, start)
    return Verdict(said.words, kind, source_of(document), start, end, page, differences, text=(said.start, said.end))
