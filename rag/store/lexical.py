"""BM25 over stemmed words, row i for passage i. The only file that imports tantivy."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

import tantivy

FOLDER = "lexical"
_WORDS = re.compile(r"\w+")
_UNSPACED = re.compile(
    r"([\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff])"
)
"""Characters of scripts that put no space between words: each is indexed as a word of its own."""

_LONGEST_QUERY = 64
"""Different words of a question that are searched for."""


class Lexical:
    """BM25 search; its scores have no upper bound, so only their order and ratios mean something."""

    def __init__(self, folder: Path) -> None:
        self._index = tantivy.Index.open(str(folder / FOLDER))
        self._index.register_tokenizer("words", _analyzer())
        self._index.reload()
        self._searcher = self._index.searcher()

    def search(self, question: str, count: int) -> list[tuple[int, float]]:
        """Return up to ``count`` (row, BM25), best first; none where no word is shared."""
        words = list(dict.fromkeys(_WORDS.findall(_spaced(question).lower())))[:_LONGEST_QUERY]
        if not words:
            return []
        # Bare lower-case words: nothing in them is an operator of the query language.
        query = self._index.parse_query(" ".join(f'"{word}"' for word in words), ["body"])
        hits = self._searcher.search(query, count, count=False).hits
        return [(int(self._searcher.doc(address)["number"][0]), float(score)) for score, address in hits]


def write(folder: Path, texts: Iterable[tuple[int, str]]) -> None:
    """Index (row, text) pairs into the generation's folder."""
    path = folder / FOLDER
    path.mkdir()
    builder = tantivy.SchemaBuilder()
    builder.add_unsigned_field("number", stored=True)
    builder.add_text_field("body", stored=False, tokenizer_name="words", index_option="freq")
    index = tantivy.Index(builder.build(), path=str(path))
    index.register_tokenizer("words", _analyzer())
    writer = index.writer(heap_size=64_000_000, num_threads=1)
    for number, text in texts:
        writer.add_document(tantivy.Document(number=number, body=_spaced(text)))
    writer.commit()
    writer.wait_merging_threads()


def _analyzer() -> tantivy.TextAnalyzer:
    return (
        tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.simple())
        .filter(tantivy.Filter.remove_long(64))
        .filter(tantivy.Filter.lowercase())
        .filter(tantivy.Filter.ascii_fold())
        .filter(tantivy.Filter.stemmer("english"))
        .build()
    )


def _spaced(text: str) -> str:
    """Return the text as the analyser can take it: lone surrogates replaced, unspaced scripts spaced."""
    return _UNSPACED.sub(r" \1 ", text.encode("utf-8", "replace").decode("utf-8"))
