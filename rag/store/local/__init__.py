"""A generation as the rest of the program sees it: ``LocalStore`` reads one, ``LocalWriter`` writes one.

Documents and passages lie in SQLite. Vectors and words are searched by FAISS and tantivy here, or by Milvus elsewhere.
``Salvage`` is what a build takes over of the last generation, and ``damage`` names the files that are not what was
written.
"""

from __future__ import annotations

import weakref
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rag.documents.formats import SUFFIXES
from rag.errors import IndexDamaged, IndexMismatch
from rag.protocols import Selection
from rag.scope import Scope, chosen
from rag.store.local import docstore, generations
from rag.store.local.docstore import Docstore, DocstoreWriter
from rag.store.local.manifest import Manifest, check_files, damaged_files, forget, not_whole, rebuild
from rag.types import Document, DocumentEntry, Fingerprint, Passage, Skipped

if TYPE_CHECKING:
    import numpy as np

    from rag.store import milvus as engine
    from rag.store.local.lexical import Lexical, LexicalWriter
    from rag.store.local.vectors import Vectors

MILVUS = "milvus"
"""The type of vectors that a manifest names where they lie in Milvus."""

SOURCES = "documents.sha256"
"""In a generation: every document's SHA-256 and id, as ``sha256sum`` writes them."""


class LocalStore(Docstore):
    """One generation: its documents and passages, and two ways to search them. A passage's key is its row.

    Reading from several threads is safe. No build removes the generation until ``close`` is called or nobody refers to
    it; after ``close`` every read raises IndexError_.
    """

    def __init__(
        self, held: generations.Held, vectors: Vectors | engine.Vectors, lexical: Lexical | engine.Lexical
    ) -> None:
        super().__init__(held.folder, held.manifest.reading)
        self.manifest = held.manifest
        self._vectors = vectors
        self._lexical = lexical
        self._languages = self.languages()
        held.lock.callback(self._connection.close)
        self._release = weakref.finalize(self, held.close)

    @classmethod
    def open(cls, index: Path, *, encoder: str, milvus: str = "") -> LocalStore:
        """Open the generation in force; ``encoder`` is the identity of the model that encodes the questions.

        ``milvus`` is the address of Milvus, where that is the store. Raises IndexMissing, IndexDamaged,
        IndexUnreachable, or IndexMismatch where another model made the vectors or another store holds them.
        """
        held = generations.hold(index)
        folder, manifest = held.folder, held.manifest
        try:
            if manifest.encoder != encoder:
                raise IndexMismatch(
                    f"The index in {index} was made with {manifest.encoder}, the settings name {encoder}. "
                    f"{rebuild(index)}"
                )
            if lies_elsewhere(manifest, milvus):
                raise IndexMismatch(
                    f"The index in {index} was built for another store than the settings name. Set store to "
                    f"{'local' if milvus else 'milvus'} (RAG_STORE), or build anew with: rag build --index {index}"
                )
            check_files(folder, manifest)
            return cls(held, *_searches(folder, manifest, milvus))
        except BaseException:
            held.close()
            raise

    def close(self) -> None:
        """Let the generation go, once a query that is under way has ended."""
        super().close()
        self._release()

    @property
    def document_count(self) -> int:
        """How many documents there are."""
        return self.manifest.documents

    @property
    def passage_count(self) -> int:
        """How many passages there are."""
        return self.manifest.passages

    def select(self, scope: Scope) -> Selection:
        """Return the documents in a scope, in order, each with its rows; raises ScopeError."""
        self._check_open()
        types = {suffix: kind.media_type for suffix, kind in SUFFIXES.items()}
        found = chosen(scope, [*self.listed], types=types, seeds=self.manifest.seeds)
        return {document.id: self.listed[document] for document in found}

    def entries_in(self, scope: Scope) -> tuple[DocumentEntry, ...]:
        """Return the catalogue of the documents in a scope, in order; raises ScopeError."""
        selected = self.select(scope)
        return tuple(entry for entry in self.entries() if entry.source.id in selected)

    def nearest(self, vector: np.ndarray, count: int, selection: Selection | None = None) -> dict[int, float]:
        """Return key → cosine of up to ``count`` passages, best first. ``vector``: (dimension,), unit length."""
        self._check_open()
        return dict(self._vectors.search(vector, count, _runs(selection)))

    def matching(self, question: str, count: int, selection: Selection | None = None) -> dict[int, float]:
        """Return key → BM25 of up to ``count`` passages, best first; none where only common words are shared."""
        self._check_open()
        return dict(self._lexical.search(question, count, _runs(selection), languages=self._languages))

    def cosines(self, vector: np.ndarray, keys: Sequence[int]) -> list[float]:
        """Return the cosines of ``vector`` with these passages."""
        self._check_open()
        return [float(cosine) for cosine in self._vectors.take(keys) @ vector]


def lies_elsewhere(manifest: Manifest, milvus: str) -> bool:
    """Tell whether a generation is searched in another store: in Milvus, or not; ``milvus`` is its address, if any."""
    return (manifest.vector_type == MILVUS) != bool(milvus)


def _searches(
    folder: Path, manifest: Manifest, milvus: str
) -> tuple[Vectors | engine.Vectors, Lexical | engine.Lexical]:
    """Open what searches a generation's vectors, and its words."""
    shape = {"dimension": manifest.dimension, "rows": manifest.passages}
    if milvus:
        from rag.store import milvus as engine

        return engine.Vectors(milvus, folder, **shape), engine.Lexical(milvus, folder)
    from rag.store.local.lexical import Lexical
    from rag.store.local.vectors import Vectors

    return Vectors(folder, **shape), Lexical(folder)


class Salvage(Docstore):
    """What a build can take over of the generation in force: its documents, and its vectors where they are whole."""

    def __init__(self, held: generations.Held, damaged: Collection[str]) -> None:
        super().__init__(held.folder, held.manifest.reading)
        self.manifest = held.manifest
        self.is_whole = not damaged
        self._held, self._damaged = held, damaged

    @classmethod
    def open(cls, index: Path) -> Salvage:
        """Hold the generation in force.

        Raises IndexMissing, IndexMismatch, or IndexDamaged where the documents themselves are damaged.
        """
        held = generations.hold(index)
        try:
            damaged = not_whole(held.folder, held.manifest)
            if docstore.FILE in damaged:
                raise IndexDamaged(f"{damaged[docstore.FILE]}. {rebuild(index)}")
            return cls(held, damaged)
        except BaseException:
            held.close()
            raise

    def close(self) -> None:
        """Let the generation go."""
        super().close()
        self._held.close()

    @property
    def has_vectors(self) -> bool:
        """Whether the vectors are whole."""
        from rag.store.local.vectors import RAW

        return RAW not in self._damaged

    def vectors(self, rows: Sequence[int]) -> np.ndarray:
        """Return the vectors of the passages in these rows: (n, dimension) float16."""
        from rag.store.local.vectors import open_raw

        return open_raw(self._held.folder, dimension=self.manifest.dimension, rows=self.manifest.passages)[list(rows)]


class LocalWriter:
    """Writes a generation: documents and their passages, then a vector for each passage; then publishes it."""

    def __init__(
        self,
        index: Path,
        folder: Path,
        milvus: str,
        docstore: DocstoreWriter,
        lexical: LexicalWriter | engine.LexicalWriter,
        texts: ExitStack,
    ) -> None:
        self._index, self._folder, self._milvus = index, folder, milvus
        self._docstore, self._lexical, self._texts = docstore, lexical, texts
        self._sources: list[str] = []
        self._vector_type, self._dimension = "", 0

    @classmethod
    @contextmanager
    def open(cls, index: Path, *, milvus: str = "") -> Iterator[LocalWriter]:
        """Begin a generation; one that was not published is removed, one that was replaces the others.

        ``milvus`` is the address of Milvus, where that is the store. Raises IndexNotWritable where the folder cannot
        be written or another build is at work in it, IndexUnreachable.
        """
        if milvus:
            from rag.store.milvus import LexicalWriter
        else:
            from rag.store.local.lexical import LexicalWriter  # type: ignore[assignment]

        with generations.new_generation(index, release=release(milvus)) as folder, ExitStack() as texts:
            docstore = texts.enter_context(DocstoreWriter(folder))
            lexical = texts.enter_context(LexicalWriter(folder))
            yield cls(index, folder, milvus, docstore, lexical, texts)

    def add(
        self,
        document: Document,
        passages: Sequence[Passage],
        texts: Sequence[str],
        digests: Sequence[bytes],
        fingerprint: Fingerprint,
    ) -> None:
        """Add a document and its passages; for passage i ``texts[i]`` is searched, ``digests[i]`` names its vector."""
        for row, text in enumerate(texts, self._docstore.passages):
            self._lexical.add(row, text, document.language)
        self._docstore.add(document, passages, digests, fingerprint)
        if fingerprint.sha256 in ("", document.sha256):  # else it lies within a file
            self._sources.append(_checksum_line(document.sha256, document.id))

    def skip(self, entry: Skipped, fingerprint: Fingerprint | None = None) -> None:
        """Note a file that is left out; ``fingerprint`` where it was tried, and need not be while it stays the same."""
        self._docstore.skip(entry, fingerprint)

    def write_vectors(self, batches: Iterable[np.ndarray], *, dimension: int) -> None:
        """Write the passages' vectors in the order of adding, given as (n, dimension) float16."""
        from rag.store.local import vectors

        self._texts.close()
        self._dimension, rows = dimension, self._docstore.passages
        vectors.write_raw(self._folder, batches)
        if self._milvus:
            from rag.store import milvus

            name = generations.name_of(self._folder)
            self._vector_type = MILVUS
            milvus.write(self._milvus, name, self._folder, dimension=dimension, rows=rows)
        else:
            self._vector_type = vectors.write(self._folder, dimension=dimension, rows=rows)

    def publish(self, **made: Any) -> str:
        """Bring the generation into force and return its name; ``made`` are the manifest's other fields."""
        (self._folder / SOURCES).write_bytes("".join(self._sources).encode("utf-8", "surrogatepass"))
        return generations.publish(
            self._index,
            self._folder,
            dimension=self._dimension,
            documents=self._docstore.documents,
            passages=self._docstore.passages,
            vector_type=self._vector_type,
            **made,
        ).name


def release(milvus: str) -> generations.Release:
    """Return what removes a generation's part that lies in Milvus; ``milvus`` is its address, empty for none."""
    if not milvus:
        return lambda name: None
    from rag.store.milvus import drop

    return lambda name: drop(milvus, name)


def damage(index: Path) -> tuple[str, ...]:
    """Hash every file of the generation in force, whatever was verified before; return a line for each damaged one.

    Raises IndexMissing, IndexMismatch, or IndexDamaged where its manifest cannot be read.
    """
    with closing(generations.hold(index)) as held:
        if damaged := damaged_files(held.folder, held.manifest):
            forget(held.folder)  # so that the next build and the next reader see it too
        return tuple(damaged.values())


def _runs(selection: Selection | None) -> list[range] | None:
    """Return the rows selected, in as few ranges as they make."""
    if selection is None:
        return None
    runs: list[range] = []
    for rows in sorted(selection.values(), key=lambda rows: rows.start):
        if runs and runs[-1].stop == rows.start:
            runs[-1] = range(runs[-1].start, rows.stop)
        elif rows:
            runs.append(rows)
    return runs


def _checksum_line(sha256: str, name: str) -> str:
    """Return a line that ``sha256sum --check`` reads; it wants a backslash doubled, and told of before the line."""
    return f"\\{sha256}  " + name.replace("\\", "\\\\") + "\n" if "\\" in name else f"{sha256}  {name}\n"
