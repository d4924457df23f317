"""Files that were read and embedded elsewhere, in shards: Parquet files in the index folder (pyarrow's only home).

A shard is named after its own SHA-256, written beside and renamed. A folder of them is named after what their content
depends on beside the files. Those of a build that was stopped hold for the next one, as long as their files are as
they were. A row is a file: its id, its fingerprint, its documents with their passages, and their vectors.
"""

from __future__ import annotations

import hashlib
import io
import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rag import documents
from rag.errors import IndexDamaged
from rag.indexing.ingest import Ingested, prepared
from rag.indexing.reuse import is_unchanged
from rag.protocols import Encoder
from rag.settings import Settings
from rag.store.local.disk import write_atomically
from rag.text.segment import passage_version
from rag.types import Document, Fingerprint, Passage, Section

if TYPE_CHECKING:
    import numpy as np

_FORMAT = 1
_FOLDERS = "shards-"
_FINGERPRINT = ("size", "stamp", "sha256")


def made_by(settings: Settings, encoder: Encoder) -> str:
    """Return what the content of a shard depends on, beside its files."""
    versions = (_FORMAT, encoder.identity, passage_version(), documents.reading_versions())
    return json.dumps((*versions, settings.passage_tokens), sort_keys=True)


def folder_of(index: Path, made: str) -> Path:
    """Return where the shards lie that were made so."""
    return index / f"{_FOLDERS}{_hash(made.encode())[:16]}"


def remove(index: Path) -> None:
    """Delete every shard: what they held is published, or is to be made anew."""
    for folder in index.glob(f"{_FOLDERS}*"):
        shutil.rmtree(folder, ignore_errors=True)


def texts_of(file: Ingested) -> dict[bytes, str]:
    """Return the distinct texts that are embedded of a file, by what identifies them."""
    every = ((one.digests, one.texts) for one in (file, *file.attached))
    return {digest: text for digests, texts in every for digest, text in zip(digests, texts, strict=True)}


def write(folder: Path, files: Sequence[Ingested], encoder: Encoder) -> str:
    """Embed what is in ``files``, write their shard, and return its name; raises EncoderError and OSError."""
    import pyarrow
    from pyarrow import parquet

    texts = {digest: text for file in files for digest, text in texts_of(file).items()}
    vectors = dict(zip(texts, encoder.encode_passages([*texts.values()]).astype("<f2"), strict=True))
    content = io.BytesIO()
    parquet.write_table(pyarrow.Table.from_pylist([_row(file, vectors) for file in files]), content, compression="zstd")
    name = f"{_hash(content.getvalue())}.parquet"
    write_atomically(folder / name, content.getvalue())
    return name


def finished(folder: Path, files: Mapping[str, Path]) -> dict[str, Path]:
    """Return in which shard each of ``files`` lies that is as it was when that was written."""
    found = {}
    for shard in folder.glob("*.parquet"):
        for row in _rows(shard, ["id", *_FINGERPRINT]):
            name = json.loads(row["id"])
            if name in files and is_unchanged(files[name], _fingerprint(row)):
                found[name] = shard
    return found


def read(shard: Path, settings: Settings, encoder: Encoder) -> dict[str, tuple[Ingested, np.ndarray]]:
    """Return the files in a shard by their ids, each with the vectors of its distinct texts: (n, dimension) float16.

    Raises IndexDamaged where it is not what was written.
    """
    import numpy as np

    found = {}
    for row in _rows(shard):
        known, (reason, said) = _fingerprint(row), json.loads(row["content"])
        file = Ingested(json.loads(row["id"]), max(known.size, 0), known, reason)
        if said:
            own, *attached = (
                prepared(_document(document), tuple(map(_passage, passages)), known, settings, encoder)
                for document, passages in said
            )
            file = replace(own, size=file.size, attached=tuple(attached))
        found[file.id] = file, np.frombuffer(row["vectors"], "<f2").reshape(-1, encoder.dimension)
    if not found:
        raise IndexDamaged(f"{shard} is not what was written. Look after the disk, then build again.")
    return found


def _row(file: Ingested, vectors: Mapping[bytes, np.ndarray]) -> dict[str, object]:
    said = [(asdict(one.document), [*map(asdict, one.passages)]) for one in (file, *file.attached) if one.document]
    return {
        "id": json.dumps(file.id),  # as JSON, as names and texts may hold what is no UTF-8
        **asdict(file.fingerprint),
        "content": json.dumps((file.reason, said)),
        "vectors": b"".join(vectors[digest].tobytes() for digest in texts_of(file)),
    }


def _rows(shard: Path, columns: Sequence[str] | None = None) -> list[dict[str, Any]]:
    """Return the rows of a shard; none where it is not what was written."""
    from pyarrow import parquet

    content = shard.read_bytes()
    if _hash(content) != shard.stem:
        return []
    rows: list[dict[str, Any]] = parquet.read_table(io.BytesIO(content), columns=columns).to_pylist()
    return rows


def _fingerprint(row: Mapping[str, Any]) -> Fingerprint:
    return Fingerprint(*(row[name] for name in _FINGERPRINT))


def _document(said: Mapping[str, Any]) -> Document:
    return Document(**{**_frozen(said), "sections": tuple(Section(**section) for section in said["sections"])})


def _passage(said: Mapping[str, Any]) -> Passage:
    return Passage(**_frozen(said))


def _frozen(said: Any) -> Any:
    """Return what JSON made of a value, with tuples in place of lists."""
    if isinstance(said, Mapping):
        return {key: _frozen(part) for key, part in said.items()}
    return tuple(map(_frozen, said)) if isinstance(said, list) else said


def _hash(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
