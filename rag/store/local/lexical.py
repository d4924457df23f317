"""BM25 over stemmed words, row i for passage i. The only file that imports tantivy.

A passage's words lose the endings of its document's language.
"""

from __future__ import annotations

import os
import re
from bisect import bisect_right
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import cache
from heapq import nlargest
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import tantivy

from rag.errors import IndexDamaged
from rag.store.local.disk import refusal
from rag.text.language import ENGLISH, Language, language_of, told_question
from rag.text.words import content_words

FOLDER = "lexical"
_UNSPACED = re.compile(
    r"([\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff])"
)
"""Characters of scripts that put no space between words: each is indexed as a word of its own."""

_LONGEST_QUERY = 64
"""Different words of a question that are searched for, at most."""

_RANGES = 8
"""Ranges of rows that a query is limited to, at most: each is looked through. Where they are more, hits are sifted."""
_MORE = 4
"""Times as many hits are taken where too few of them were wanted."""

_HEAP = 128_000_000
"""Bytes of words gathered in memory before they are written as a segment."""


class Lexical:
    """BM25 search; its scores have no upper bound, so only their order and ratios mean something."""

    def __init__(self, folder: Path) -> None:
        self._index, self._searcher = _open(folder / FOLDER)

    def search(
        self,
        question: str,
        count: int,
        within: Sequence[range] | None = None,
        *,
        languages: Collection[str] = (ENGLISH.code,),
    ) -> list[tuple[int, float]]:
        """Return up to ``count`` (row, BM25), best first, ties by row; none where only common words are shared.

        ``within``: the ranges of rows that are searched, in order; none where all are. ``languages`` are the codes of
        those that the passages are in.
        """
        # Terms rather than a query in words: nothing in a question is an operator.
        terms = [
            tantivy.Query.term_query(self._index.schema, "body", word, index_option="freq")
            for word in asked_words(question, languages)
        ]
        query = tantivy.Query.boolean_query([(tantivy.Occur.Should, term) for term in terms])
        found = self._found(query, count) if within is None else self._found_within(query, count, within)
        return sorted(found, key=lambda hit: (-hit[1], hit[0]))

    def _found(self, query: tantivy.Query, count: int) -> list[tuple[int, float]]:
        hits = self._searcher.search(query, count, count=False).hits
        rows = self._searcher.fast_field_values("number", [address for _, address in hits])
        return [(int(row), float(score)) for row, (score, _) in zip(rows, hits, strict=True)]

    def _found_within(self, query: tantivy.Query, count: int, within: Sequence[range]) -> list[tuple[int, float]]:
        if not within:
            return []
        covering = _covering(within)
        covered, wanted = (sum(map(len, runs)) for runs in (covering, within))
        if covered < self._searcher.num_docs / 2:  # else the filter takes longer than what it saves
            query = self._limited(query, covering)
            taken = count * covered // wanted
        else:
            taken = count * self._searcher.num_docs // wanted
        starts = [run.start for run in within]
        while True:
            hits = self._found(query, taken)
            chosen = [hit for hit in hits if hit[0] in within[bisect_right(starts, hit[0]) - 1]]
            if len(chosen) >= count or len(hits) < taken:
                return chosen[:count]
            taken *= _MORE

    def _limited(self, query: tantivy.Query, runs: Sequence[range]) -> tantivy.Query:
        """Return the query with the same scores, in these ranges."""
        filters = [(tantivy.Occur.Should, self._in_range(run)) for run in runs]
        filter = tantivy.Query.const_score_query(tantivy.Query.boolean_query(filters), 0.0)
        return tantivy.Query.boolean_query([(tantivy.Occur.Must, query), (tantivy.Occur.Must, filter)])

    def _in_range(self, run: range) -> tantivy.Query:
        kind = tantivy.FieldType.Integer
        return tantivy.Query.range_query(
            self._index.schema, "number", kind, run.start, run.stop, include_lower=True, include_upper=False
        )


class LexicalWriter:
    """Writes a generation's words; ``with`` finishes them. What the library cannot write is raised as OSError."""

    def __init__(self, folder: Path) -> None:
        path = folder / FOLDER
        path.mkdir()
        builder = tantivy.SchemaBuilder()
        builder.add_integer_field("number", fast=True)
        builder.add_text_field("body", stored=False, tokenizer_name="words", index_option="freq")
        with _refusals():
            index = tantivy.Index(builder.build(), path=str(path))
            index.register_tokenizer("words", _analyzer(ENGLISH))
            self._writer = index.writer(heap_size=_HEAP, num_threads=1)

    def __enter__(self) -> LexicalWriter:
        return self

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        with _refusals() if kind is None else suppress(ValueError):
            if kind is None:
                self._writer.commit()
            self._writer.wait_merging_threads()  # one that still wrote would keep the folder from being removed

    def add(self, number: int, text: str, language: str = "en") -> None:
        """Add row ``number``; ``language`` is a code."""
        with _refusals():
            self._writer.add_document(tantivy.Document(number=number, body=_prepared(text, language_of(language))))


def asked_words(question: str, codes: Collection[str]) -> list[str]:
    """Return what is searched for: the question's words but the common ones, as each language stems them."""
    languages = list(dict.fromkeys(map(language_of, codes)))
    asked = " ".join(content_words(question, told_question(question, languages)))
    found = (word for language in languages for word in words_of(asked, language))
    return list(dict.fromkeys(found))[:_LONGEST_QUERY]


def words_of(text: str, language: Language) -> list[str]:
    """Return the words of a text as they are counted: stemmed, in lower case, without accents."""
    return list(_analyzer(ENGLISH).analyze(_prepared(text, language)))


def _covering(runs: Sequence[range]) -> list[range]:
    """Return at most ``_RANGES`` ranges that cover these, by closing the smallest gaps between them.

    >>> _covering([range(0, 2), range(3, 5), range(90, 95)])
    [range(0, 2), range(3, 5), range(90, 95)]
    """
    gaps = [(after.start - before.stop, number) for number, (before, after) in enumerate(pairwise(runs), start=1)]
    first = [0, *sorted(number for _, number in nlargest(_RANGES - 1, gaps))]
    return [range(runs[a].start, runs[b - 1].stop) for a, b in pairwise((*first, len(runs)))]


@contextmanager
def _refusals() -> Iterator[None]:
    try:
        yield
    except ValueError as error:
        raise refusal(error) from error


def _open(path: Path) -> tuple[Any, Any]:
    if os.access(path, os.W_OK):
        return _searcher(path)
    # The library makes a lock file in the folder it opens: one that cannot be written is reached through links. A
    # thread of its own may make the file again while the folder is removed, which then stays with that alone in it.
    with TemporaryDirectory(prefix="rag-", ignore_cleanup_errors=True) as links:
        for file in path.iterdir():
            if file.suffix != ".lock":
                Path(links, file.name).symlink_to(file.resolve())
        return _searcher(Path(links))


def _searcher(path: Path) -> tuple[Any, Any]:
    try:
        index = tantivy.Index.open(str(path))
        index.reload()
        return index, index.searcher()
    except ValueError as error:
        raise IndexDamaged(f"{path} cannot be read ({error}). Build anew with: rag build") from error


def _prepared(text: str, language: Language) -> str:
    """Return the text as the field's own analyser, which stems English, is given it: other languages stemmed before.

    So all passages stand in one field, and their scores can be compared.
    """
    spaced = _spaced(text)
    return spaced if language is ENGLISH else " ".join(_analyzer(language).analyze(spaced))


@cache
def _analyzer(language: Language) -> tantivy.TextAnalyzer:
    return (
        tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.simple())
        .filter(tantivy.Filter.remove_long(64))
        .filter(tantivy.Filter.lowercase())
        .filter(tantivy.Filter.ascii_fold())
        .filter(tantivy.Filter.stemmer(language.stemmer))
        .build()
    )


def _spaced(text: str) -> str:
    """Return the text as the analyser can take it: lone surrogates replaced, unspaced scripts spaced."""
    return _UNSPACED.sub(r" \1 ", text.encode("utf-8", "replace").decode("utf-8"))
