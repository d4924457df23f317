"""Which row of a table a question means, which block of a listing, or which field of a form: the one with its name.

To a reader the rows of a table are much alike, and another row's cell looks as good. What tells a row from its sisters
are the question's words that stand in it and not in all of them. A field that is left empty is answered by no other.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from math import log
from typing import TypeAlias

from rag.text.boundaries import is_bare_label, is_field, is_row, line_at
from rag.text.language import Language, language_of
from rag.text.listings import parents
from rag.text.words import stems
from rag.types import Hit, Reading

_Shared: TypeAlias = tuple[frozenset[str], frozenset[str]]
"""The question's words in a row, and in its first cell, which is its name."""


@dataclass(frozen=True, slots=True)
class _Part:
    """A sentence that is (or is in) a row: which table and row, the row's name, and what the sentence says of it."""

    sentence: int
    table: str
    row: str
    name: str
    said: str
    listed: bool = False
    """Whether it is a line of a listing."""


_CELL = 90
"""Characters of the longest cell whose words tell a row from others: what a longer one says is no name."""
_WORSE = 1.0
"""How much less likely than the line that was taken one of the block that is meant may be, in log-odds."""
_OTHER = 6.0
"""What a row that is not the one meant loses, in log-odds."""


def meant(question: str, hits: Sequence[Hit], readings: Sequence[Reading]) -> list[Reading]:
    """Return the readings with the rows held back that lack what another row of their document has of the question."""
    tables: dict[tuple[str, str], dict[str, _Shared]] = defaultdict(dict)
    places: dict[tuple[str, str], list[tuple[int, int]]] = defaultdict(list)
    parts = [[*_rows(hit), *_blocks(hit)] for hit in hits]
    for number, hit in enumerate(hits):
        language, document = language_of(hit.passage.language), hit.passage.document_id
        asked = _asked(question, language)
        for part in parts[number]:
            before = tables[document, part.table].get(part.row, (frozenset(), frozenset()))
            shared = before[0] | asked & stems(part.said, language), asked & stems(part.name, language)
            tables[document, part.table][part.row] = shared
            places[document, part.row].append((number, part.sentence))
    others: dict[int, set[int]] = defaultdict(set)
    for (document, _), rows in tables.items():
        for number, i in (place for row in _not_meant(rows) for place in places[document, row]):
            others[number].add(i)
    return [
        _held_back(hits[i], reading, others[i], parts[i]) if others[i] else reading
        for i, reading in enumerate(readings)
    ]


def _asked(question: str, language: Language) -> frozenset[str]:
    """Return the stems of a question; who asks for the second one may mean number 2."""
    asked, counted = stems(question, language), _counted(language.code)
    return asked | {counted[stem] for stem in asked if stem in counted}


@lru_cache
def _counted(code: str) -> Mapping[str, str]:
    """Return the number that each ordinal of a language stands for, by its stem."""
    language = language_of(code)
    words = enumerate(language.counted, start=1)
    return {stem: str(number) for number, word in words for stem in stems(word, language)}


def _rows(hit: Hit) -> Iterator[_Part]:
    """Yield the rows of tables, without a head and the rule below that.

    A row is named by its first cell. A record (a row of CSV, of a sheet or of JSON) may have several lines, all with
    its name, and stands alone under a heading of its own, which may begin with what the table is called. The rows of a
    Markdown table far below its head stand under a heading that names the columns besides.
    """
    heading = hit.passage.heading
    above, _, columns = heading.rpartition(" — ")
    for i in _row_sentences(hit):
        start, end = line_at(hit.text, hit.passage.sentences[i][0])
        name, *cells = hit.text[start:end].strip("| ").split(" | ")
        said = " ".join((name, *(cell for cell in cells if len(cell) <= _CELL)))
        label, told, _ = name.partition(": ")
        if told and heading and all(line.startswith(name) for line in hit.text.splitlines() if line):
            yield _Part(i, f"{heading.rpartition(', ')[0]}: {label}", heading, name, said)
        else:
            table = above if " | " in columns else heading
            yield _Part(i, table, f"{hit.passage.number} {start}", name, said)


def _blocks(hit: Hit) -> Iterator[_Part]:
    """Yield the lines of listings, each of the block below what it belongs to, and that with them.

    Blocks that begin with the same word and belong to the same line are the rows of a table.
    """
    spans, base = hit.passage.sentences, hit.passage.start
    above = parents(hit.text, spans)
    for parent in set(above.values()):
        name = hit.text[slice(*spans[parent])]
        outer = spans[above[parent]][0] + base if parent in above else -1
        table, row = f"{hit.passage.heading} {outer} {name.split()[0]}", f"listed {spans[parent][0] + base}"
        for i in (parent, *(i for i, own in above.items() if own == parent)):
            yield _Part(i, table, row, name, f"{name} {hit.text[slice(*spans[i])]}", listed=True)


def filled(question: str, hits: Sequence[Hit], readings: Sequence[Reading]) -> list[Reading]:
    """Return the readings, unlikely where they take another field for the one that is asked for and left empty."""
    return [
        _lowered(reading) if _is_beside_empty(question, hit, reading) else reading
        for hit, reading in zip(hits, readings, strict=True)
    ]


def _is_beside_empty(question: str, hit: Hit, reading: Reading) -> bool:
    """Tell whether the likeliest sentence is a field that has no word of the question, and one beside it has, empty."""
    spans, language = hit.passage.sentences, language_of(hit.passage.language)
    said = [hit.text[start:end] for start, end in spans]
    best = max(range(len(said)), key=lambda i: reading.sentences[i])
    asked = stems(question, language)
    if not is_field(said[best]) or asked & stems(said[best], language):
        return False
    beside = (i for i in (best - 1, best + 1) if 0 <= i < len(said))
    return any(is_bare_label(hit.text, spans, i) and asked & stems(said[i], language) for i in beside)


def _lowered(reading: Reading) -> Reading:
    scores = tuple(score - _OTHER for score in reading.sentences)
    return replace(
        reading, sentences=scores, span_score=reading.span_score - _OTHER, relevance=reading.relevance - _OTHER
    )


def _row_sentences(hit: Hit) -> list[int]:
    """Return which sentences are rows of a table, without its head and the rule below that."""
    said = [hit.text[start:end] for start, end in hit.passage.sentences]
    rules = [not any(map(str.isalnum, text)) for text in (*said, "")]
    rules[-1] = False
    starts = [start for start, _ in hit.passage.sentences]
    return [i for i, at in enumerate(starts) if is_row(hit.text, at) and not rules[i] and not rules[i + 1]]


def _not_meant(table: dict[str, _Shared]) -> list[str]:
    """Return the rows that have less of what tells rows apart than another: rarer words tell more, names besides."""
    weights = dict.fromkeys(table, 0.0)
    for part in zip(*table.values(), strict=True):
        having = Counter(stem for shared in part for stem in shared)
        for row, told in zip(table, part, strict=True):
            weights[row] += sum(log(len(table) / having[stem]) for stem in told)
    most = max(weights.values())
    return [row for row, weight in weights.items() if weight < most - 1e-9]


def _held_back(hit: Hit, reading: Reading, others: set[int], parts: Sequence[_Part]) -> Reading:
    """Return a reading whose span is in none of the rows ``others``, where there is any other sentence.

    The rows of a table are alike: what was thought of one holds for another. The lines of a listing are not.
    """
    spans = hit.passage.sentences
    scores = tuple(score - _OTHER * (i in others) for i, score in enumerate(reading.sentences))
    taken = [i for i in others if spans[i][0] < reading.end and reading.start < spans[i][1]]
    if not taken:
        return replace(reading, sentences=scores)
    left = [part for part in parts if part.sentence not in others]
    best = max(left, key=lambda part: scores[part.sentence], default=None)
    likely = max(reading.sentences[i] for i in taken)
    if best is None or (best.listed and scores[best.sentence] < likely - _WORSE):
        return replace(_lowered(reading), sentences=scores)
    marked = reading.marks[best.sentence] if reading.marks else (0, 0)
    start, end = marked if marked[1] else spans[best.sentence]
    return replace(reading, start=start, end=end, sentences=scores)
