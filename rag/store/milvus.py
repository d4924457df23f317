"""A generation's vectors and words in Milvus, row i for passage i. The only file that imports pymilvus.

Each generation has a collection of its own, named after it. Milvus finds the passages; their cosines come from the
vectors in the generation's folder, their texts and places from its docstore. Words are stemmed here, as for the local
store, so Milvus counts the same words.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any
from urllib.parse import unquote, urlsplit

import numpy as np

from rag.errors import IndexDamaged, IndexUnreachable, SettingsError
from rag.store.local.lexical import asked_words, words_of
from rag.store.local.vectors import EXACT_LIMIT, open_raw
from rag.text.language import language_of

_WORDS = "words.txt"
_LONGEST = 16_000
"""Characters of a passage's words, at most: Milvus takes 65,535 bytes."""
_BATCH = 1_000
"""Passages sent at once."""
_RANGES = 100
"""Ranges of rows in a filter, at most: more are asked for one part after the other."""
_LINKS, _BUILD_WIDTH = 32, 200
"""Of a graph (HNSW): the links of a passage, and the candidates looked at when it is added."""
_TIMES, _FEWEST = 8, 400
"""A graph is searched with 8 × the passages asked for as candidates, and at least 400."""
_CONNECT, _SECONDS, _BUILD_SECONDS = 10, 60, 600
"""How long Milvus may take to answer at first, to search, and to write."""


class Vectors:
    """Inner-product search over unit vectors: the score is the cosine. Searching from several threads is safe."""

    def __init__(self, address: str, folder: Path, *, dimension: int, rows: int) -> None:
        """Open a generation's vectors; raises IndexDamaged where Milvus does not hold them all, IndexUnreachable."""
        if fault := missing(address, folder.name, rows):
            raise IndexDamaged(f"The index is damaged: {fault}. Build anew with: rag build")
        self._address, self._collection = address, collection_of(folder.name)
        self._raw = open_raw(folder, dimension=dimension, rows=rows)

    def search(self, vector: np.ndarray, count: int, within: Sequence[range] | None = None) -> list[tuple[int, float]]:
        """Return up to ``count`` (row, cosine), best first. ``vector``: (dimension,) float32, unit length.

        ``within``: the ranges of rows that are searched, in order; none where all are.
        """
        parameters = {} if len(self._raw) <= EXACT_LIMIT else {"ef": max(count * _TIMES, _FEWEST)}
        asked = vector.astype(np.float32)
        found = _search(self._address, self._collection, "vector", asked, count, within, parameters)
        rows = np.array(sorted(found), dtype=np.int64)
        scores = self.take(rows) @ vector
        best = np.argsort(-scores, kind="stable")[:count]
        return [(int(rows[i]), float(scores[i])) for i in best]

    def take(self, rows: Sequence[int] | np.ndarray) -> np.ndarray:
        """Return these rows' vectors: (n, dimension) float32."""
        return self._raw[np.asarray(rows, dtype=np.int64)].astype(np.float32)


class Lexical:
    """BM25 search; its scores have no upper bound, so only their order and ratios mean something."""

    def __init__(self, address: str, folder: Path) -> None:
        self._address, self._collection = address, collection_of(folder.name)

    def search(
        self, question: str, count: int, within: Sequence[range] | None = None, *, languages: Collection[str]
    ) -> list[tuple[int, float]]:
        """Return up to ``count`` (row, BM25), best first, ties by row; none where only common words are shared.

        ``within``: the ranges of rows that are searched, in order; none where all are. ``languages`` are the codes of
        those that the passages are in.
        """
        words = " ".join(asked_words(question, languages))
        found = _search(self._address, self._collection, "weights", words, count, within) if words else {}
        return sorted(((row, abs(score)) for row, score in found.items()), key=lambda hit: (-hit[1], hit[0]))[:count]


class LexicalWriter:
    """Keeps the passages' words in the generation's folder until their vectors are there; ``with`` closes the file."""

    def __init__(self, folder: Path) -> None:
        self._file = (folder / _WORDS).open("w", encoding="utf-8", newline="\n")

    def __enter__(self) -> LexicalWriter:
        return self

    def __exit__(self, *error: object) -> None:
        self._file.close()

    def add(self, number: int, text: str, language: str = "en") -> None:
        """Add row ``number``, the next one; ``language`` is a code."""
        self._file.write(" ".join(words_of(text, language_of(language)))[:_LONGEST] + "\n")


def write(address: str, generation: str, folder: Path, *, dimension: int, rows: int) -> None:
    """Bring the vectors and words in ``folder`` into the generation's collection.

    Raises IndexUnreachable where Milvus does not answer or takes them not all.
    """
    name, raw = collection_of(generation), open_raw(folder, dimension=dimension, rows=rows)
    with _telling(address) as client, (folder / _WORDS).open(encoding="utf-8", newline="\n") as words:
        _create(client, name, dimension, rows)
        for start in range(0, rows, _BATCH):
            vectors = raw[start : start + _BATCH].astype(np.float32)
            batch = [
                {"row": row, "vector": vector, "words": line.rstrip("\n")}
                for row, (vector, line) in enumerate(zip(vectors, words, strict=False), start)
            ]
            client.insert(name, batch, timeout=_BUILD_SECONDS)
        client.flush(name, timeout=_BUILD_SECONDS)
    if fault := missing(address, generation, rows):
        raise IndexUnreachable(f"Milvus did not take every passage: {fault}. Build again.")
    (folder / _WORDS).unlink()


def missing(address: str, generation: str, rows: int) -> str:
    """Return what Milvus lacks of a generation; empty where all ``rows`` are there. Raises IndexUnreachable."""
    name = collection_of(generation)
    with _telling(address) as client:
        if not client.has_collection(name, timeout=_CONNECT):
            return f"Milvus at {_shown(address)} has no collection {name}"
        client.load_collection(name, timeout=_BUILD_SECONDS)  # a file that is opened again has none loaded
        found = client.query(name, filter="", output_fields=["count(*)"], timeout=_SECONDS)[0]["count(*)"]
        return "" if found == rows else f"the collection {name} in Milvus has {found:,} passages instead of {rows:,}"


def drop(address: str, generation: str) -> None:
    """Remove a generation's collection, where there is one; raises IndexUnreachable."""
    with _telling(address) as client:
        client.drop_collection(collection_of(generation), timeout=_SECONDS)


def collection_of(generation: str) -> str:
    """Return the name of a generation's collection.

    >>> collection_of("20261126T101500-0a1b2c")
    'rag_20261126T101500_0a1b2c'
    """
    return "rag_" + generation.replace("-", "_")


def _search(
    address: str,
    name: str,
    field: str,
    asked: Any,
    count: int,
    within: Sequence[range] | None,
    parameters: Mapping[str, int] = MappingProxyType({}),
) -> dict[int, float]:
    """Return row → score of at least the best ``count`` passages in these ranges; with many ranges, of more."""
    found: dict[int, float] = {}
    with _telling(address) as client:
        for filter in _filters(within):
            hits = client.search(
                name,
                [asked],
                anns_field=field,
                limit=count,
                filter=filter,
                search_params={"params": dict(parameters)},
                timeout=_SECONDS,
            )
            found.update((int(hit["row"]), float(hit["distance"])) for hit in hits[0])
    return found


def _filters(within: Sequence[range] | None) -> Iterator[str]:
    """Yield the conditions on rows, one for each search.

    >>> list(_filters([range(0, 2), range(7, 9)]))
    ['(row >= 0 and row < 2) or (row >= 7 and row < 9)']
    """
    if within is None:
        yield ""
        return
    for start in range(0, len(within), _RANGES):
        yield " or ".join(f"(row >= {run.start} and row < {run.stop})" for run in within[start : start + _RANGES])


def _create(client: Any, name: str, dimension: int, rows: int) -> None:
    from pymilvus import DataType, Function, FunctionType

    schema = client.create_schema(auto_id=False, enable_dynamic_field=False)
    schema.add_field("row", DataType.INT64, is_primary=True)
    schema.add_field("vector", DataType.FLOAT_VECTOR, dim=dimension)
    analyzer = {"tokenizer": "standard"}  # the words are stemmed and stand between spaces: it only divides them
    schema.add_field("words", DataType.VARCHAR, max_length=65_535, enable_analyzer=True, analyzer_params=analyzer)
    schema.add_field("weights", DataType.SPARSE_FLOAT_VECTOR)
    schema.add_function(
        Function(
            name="bm25", function_type=FunctionType.BM25, input_field_names=["words"], output_field_names=["weights"]
        )
    )
    indexes = client.prepare_index_params()
    if rows <= EXACT_LIMIT:
        indexes.add_index("vector", index_type="FLAT", metric_type="IP")
    else:
        graph = {"M": _LINKS, "efConstruction": _BUILD_WIDTH}
        indexes.add_index("vector", index_type="HNSW", metric_type="IP", params=graph)
    parameters = {"bm25_k1": 1.2, "bm25_b": 0.75}  # tantivy's
    indexes.add_index("weights", index_type="SPARSE_INVERTED_INDEX", metric_type="BM25", params=parameters)
    client.create_collection(
        name, schema=schema, index_params=indexes, consistency_level="Strong", timeout=_BUILD_SECONDS
    )


@contextmanager
def _telling(address: str) -> Iterator[Any]:
    """Give the client for an address; what it raises becomes IndexUnreachable, in one line."""
    try:
        from pymilvus.exceptions import MilvusException
    except ImportError as error:
        raise SettingsError(
            'The store milvus needs pymilvus: pip install "chapter-and-verse[milvus]", in a checkout '
            "pip install -r requirements-extras.txt"
        ) from error
    try:
        yield _client(address)
    except MilvusException as error:
        said = " ".join(str(error.message).split("Traceback")[0].split())[:200]
        raise IndexUnreachable(
            f"Milvus at {_shown(address)} does not do what it is asked ({said}). {_remedy(address)}"
        ) from error


def _remedy(address: str) -> str:
    if "://" in address:
        return "Start it, or name another with RAG_MILVUS."
    return "One process at a time can open the file: end the other, or name a server with RAG_MILVUS."


@cache
def _client(address: str) -> Any:
    from pymilvus import MilvusClient

    logging.getLogger("pymilvus").setLevel(logging.CRITICAL)  # what it would log is raised as well
    logging.getLogger("milvus_lite").setLevel(logging.CRITICAL)
    parts = urlsplit(address)
    if "://" not in address:
        Path(address).parent.mkdir(parents=True, exist_ok=True)
    elif parts.username:
        token = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
        return MilvusClient(_shown(address), token=token, timeout=_CONNECT)
    return MilvusClient(address, timeout=_CONNECT)


def _shown(address: str) -> str:
    """Return the address without a password.

    >>> _shown("https://user:secret@milvus.example:19530")
    'https://milvus.example:19530'
    """
    scheme, mark, rest = address.partition("://")
    return scheme + mark + rest.rpartition("@")[2] if mark else address
