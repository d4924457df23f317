"""Reading and embedding in many processes, on many machines, with Ray Data (the only file that imports ray).

Each task of Ray's reads some files as a local build does, embeds their passages, and leaves all of it in a shard: a
Parquet file in the index folder, named after its own SHA-256. The build takes each file from its shard in the order
of a local build, so what it writes is the same. A shard is written beside and renamed: those of a build that was
stopped hold for the next one as long as their files are as they were.
"""

from __future__ import annotations

import hashlib
import io
import json
import logging
import os
import pickle
import secrets
import shutil
import socket
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import asdict, replace
from functools import cache, lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from rag import documents
from rag.documents import budget
from rag.errors import RagError, SettingsError
from rag.indexing import ingest as local
from rag.indexing.embed import Queue
from rag.indexing.ingest import Ingested, prepared
from rag.indexing.reuse import Reusable, fingerprint, is_unchanged
from rag.protocols import Encoder
from rag.settings import Settings
from rag.store.local.disk import write_atomically
from rag.text.segment import passage_version
from rag.types import Document, Fingerprint, Passage, Section

if TYPE_CHECKING:
    import numpy as np

LOCAL = "local"
"""The address of a Ray of our own, in Ray's own word: it is started on this machine and ends with the build."""

_FORMAT = 1
_SHARDS = "shards-"
_FILES, _BYTES = 32, 4 << 20
"""Of a shard, at most, but always one file: it is what the death of a worker costs."""
_SHARDS_A_CORE = 4
"""At least, where there are so many files: no core waits long for the last one."""
_TRIES = 4
"""Of a shard whose worker dies, as one of its files may be to blame."""
_TRIED = ".tried"
_HELD = 4
"""Shards in memory at once: those of a build that was stopped may lie between those of this one."""
_KNOCK = 10
"""Seconds."""
_STORE_BYTES = 100 << 20
"""Of memory between Ray's processes, where only names pass."""

_ENVIRONMENT = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0",  # whatever the system: only the loopback is listened on
    "RAY_AUTH_MODE": "token",  # other users of this machine can reach that, too
}
"""Of a Ray of our own."""


def ingest(
    files: Sequence[tuple[str, Path]],
    settings: Settings,
    encoder: Encoder,
    reusable: Reusable | None,
    queue: Queue,
    address: str,
) -> Generator[Ingested, None, None]:
    """Yield each of ``files``, (document id, path), in order; ``queue`` gets the vectors of those read by Ray.

    ``address`` is where Ray runs, or ``LOCAL``; where this process is connected to one, that is used.
    Raises SettingsError where Ray is not installed or does not answer, RagError where its workers fail.
    """
    _library(address)
    kept = {name for name, path in files if reusable and reusable.has_all_of(name, path)}
    folder = settings.index.absolute() / f"{_SHARDS}{_hash(_making(settings, encoder).encode())[:16]}"
    folder.mkdir(exist_ok=True)
    for tried in folder.glob(f"*{_TRIED}"):
        tried.unlink()
    shards = _finished(folder, {name: path for name, path in files if name not in kept})
    earlier = frozenset(shards)
    missing = [(name, path) for name, path in files if name not in kept and name not in earlier]
    held = lru_cache(maxsize=_HELD)(lambda shard: _files_in(shard, settings, encoder))
    with (
        closing(local.ingest([file for file in files if file[0] in kept], settings, encoder, reusable)) as unchanged,
        closing(_made(missing, folder, settings, encoder, address)) as made,
    ):
        for name, _ in files:
            if name in kept:
                yield next(unchanged)
                continue
            while name not in shards:
                shards.update(next(made))
            file, vectors = held(shards[name])[name]
            queue.take([*_texts(file)], vectors, computed=name not in earlier)
            yield file


def remove_shards(index: Path) -> None:
    """Delete the shards of every build: what they held is published, or is to be made anew."""
    for folder in index.glob(f"{_SHARDS}*"):
        shutil.rmtree(folder, ignore_errors=True)


def _made(
    files: Sequence[tuple[str, Path]], folder: Path, settings: Settings, encoder: Encoder, address: str
) -> Generator[dict[str, Path], None, None]:
    """Have Ray read and embed ``files``; yield for each shard, as it is finished, where its files lie."""
    if not files:
        return
    ray = _library(address)
    with _connected(address):
        parts = _parts(files, int(ray.cluster_resources().get("CPU", 1)))
        given = {
            "folder": str(folder),
            # Settings hold passwords: no more of them goes to other machines than is needed there.
            "settings": Settings(
                seeds=settings.seeds.absolute(),
                passage_tokens=settings.passage_tokens,
                reading_megabytes=settings.reading_megabytes,
            ),
            "encoder": pickle.dumps(encoder),
            "making": _making(settings, encoder),
        }
        rows = ray.data.from_items([{"names": json.dumps(part)} for part in parts], override_num_blocks=len(parts))
        rows = rows.map(_make, fn_kwargs=given, num_cpus=1)
        try:
            for row in rows.iter_rows():
                if row["error"]:
                    raise RagError(row["error"])
                yield dict.fromkeys(json.loads(row["names"]), folder / row["shard"])
        except ray.exceptions.RayError as error:
            raise RagError(
                f"Ray could not go on ({' '.join(str(error).split())[:200]}). What is finished stays: build again."
            ) from error


def _parts(files: Sequence[tuple[str, Path]], cores: int) -> list[list[str]]:
    """Divide the names of ``files`` into those of one shard each, in order."""
    most = max(1, min(_FILES, len(files) // (_SHARDS_A_CORE * cores)))
    parts: list[list[str]] = []
    room = 0
    for name, path in files:
        size = max(fingerprint(path).size, 0)
        if not parts or len(parts[-1]) == most or size > room:
            parts.append([])
            room = _BYTES
        parts[-1].append(name)
        room -= size
    return parts


def _make(row: dict[str, str], *, folder: str, settings: Settings, encoder: bytes, making: str) -> dict[str, str]:
    """Read and embed the files named in ``row``, in a process of Ray's, and write their shard."""
    names = json.loads(row["names"])
    try:
        return {**row, "shard": _write(names, Path(folder), settings, _unpickled(encoder), making), "error": ""}
    except (RagError, OSError) as error:  # as text: what Ray would raise of it is a page long
        return {**row, "shard": "", "error": f"A worker of Ray's on {socket.gethostname()} cannot go on. {error}"}


_unpickled: Any = lru_cache(maxsize=1)(pickle.loads)
"""A process of Ray's makes one shard after the other: it loads its encoder once."""


@cache
def _share(making: str) -> documents.Share:
    """Return the time that a build may lose in this process on files that cannot be read."""
    return documents.Share(budget.SHARE)


def _write(names: Sequence[str], folder: Path, settings: Settings, encoder: Encoder, making: str) -> str:
    """Write the shard of these files and return its name; raises EncoderError, OSError, or RagError by ``_check``."""
    import pyarrow
    from pyarrow import parquet

    if not (folder.is_dir() and settings.seeds.is_dir()):
        raise RagError(f"{settings.seeds} or {folder.parent} is not there: both have to be on a disk that all share.")
    if making != _making(settings, encoder):
        raise RagError("Another version of this program, of a library or of the encoder is installed there.")
    with (folder / f"{_hash(''.join(names).encode('utf-8', 'surrogatepass'))}{_TRIED}").open("ab") as tries:
        tries.write(b".")
        if tries.tell() > _TRIES:
            raise RagError(f"Its process died {_TRIES} times over these files: {', '.join(names)}.")
    documents.allow_memory(settings.reading_megabytes)
    wanted = [(name, settings.seeds / name) for name in names]
    files = [*local.ingest(wanted, settings, encoder, None, _share(making))]
    texts = {digest: text for file in files for digest, text in _texts(file).items()}
    vectors = dict(zip(texts, encoder.encode_passages([*texts.values()]).astype("<f2"), strict=True))
    table = pyarrow.Table.from_pylist(
        [
            {
                "id": _blob(file.id),
                "size": file.fingerprint.size,
                "stamp": file.fingerprint.stamp,
                "sha256": file.fingerprint.sha256,
                "reason": _blob(file.reason),
                "documents": json.dumps(
                    [
                        (asdict(one.document), [*map(asdict, one.passages)])
                        for one in (file, *file.attached)
                        if one.document
                    ]
                ),
                "vectors": b"".join(vectors[digest].tobytes() for digest in _texts(file)),
            }
            for file in files
        ]
    )
    written = io.BytesIO()
    parquet.write_table(table, written, compression="zstd")
    name = f"{_hash(written.getvalue())}.parquet"
    write_atomically(folder / name, written.getvalue())
    return name


def _read(shard: Path, columns: Sequence[str] | None = None) -> list[dict[str, Any]]:
    """Return the rows of a shard, one a file; none where it is not what was written."""
    from pyarrow import parquet

    written = shard.read_bytes()
    if _hash(written) != shard.stem:
        return []
    rows: list[dict[str, Any]] = parquet.read_table(io.BytesIO(written), columns=columns).to_pylist()
    return rows


def _finished(folder: Path, files: Mapping[str, Path]) -> dict[str, Path]:
    """Return in which shard each of ``files`` lies that was as it is now when that was written."""
    found = {}
    for shard in folder.glob("*.parquet"):
        for row in _read(shard, ["id", "size", "stamp", "sha256"]):
            name = row["id"].decode("utf-8", "surrogatepass")
            if name in files and is_unchanged(files[name], _known(row)):
                found[name] = shard
    return found


def _files_in(shard: Path, settings: Settings, encoder: Encoder) -> dict[str, tuple[Ingested, np.ndarray]]:
    """Return the files in a shard by their ids, each with the vectors of its distinct texts: (n, dimension) float16.

    Raises RagError where it is not what was written.
    """
    import numpy as np

    found = {}
    for row in _read(shard):
        known, name, reason = _known(row), *(row[key].decode("utf-8", "surrogatepass") for key in ("id", "reason"))
        file = Ingested(name, max(known.size, 0), known, reason)
        if said := json.loads(row["documents"]):
            own, *attached = (
                prepared(_document(document), tuple(map(_passage, passages)), known, settings, encoder)
                for document, passages in said
            )
            file = replace(own, size=file.size, attached=tuple(attached))
        found[name] = file, np.frombuffer(row["vectors"], "<f2").reshape(-1, encoder.dimension)
    if not found:
        raise RagError(
            f"{shard} is not what a worker of Ray's wrote. It is not used again: look after the disk, then build again."
        )
    return found


def _known(row: Mapping[str, Any]) -> Fingerprint:
    return Fingerprint(row["size"], row["stamp"], row["sha256"])


def _document(said: Mapping[str, Any]) -> Document:
    return Document(**{**_frozen(said), "sections": tuple(Section(**section) for section in said["sections"])})


def _passage(said: Mapping[str, Any]) -> Passage:
    return Passage(**_frozen(said))


def _frozen(value: Any) -> Any:
    """Return what JSON made of a value's fields with tuples in place of its lists."""
    if isinstance(value, Mapping):
        return {key: _frozen(part) for key, part in value.items()}
    return tuple(map(_frozen, value)) if isinstance(value, list) else value


def _texts(file: Ingested) -> dict[bytes, str]:
    """Return the distinct texts that are embedded of a file, by what identifies them."""
    every = ((one.digests, one.texts) for one in (file, *file.attached))
    return {digest: text for digests, texts in every for digest, text in zip(digests, texts, strict=True)}


def _making(settings: Settings, encoder: Encoder) -> str:
    """Return what the content of a shard depends on, beside its files."""
    made_by = (_FORMAT, encoder.identity, passage_version(), documents.reading_versions())
    return json.dumps((*made_by, settings.passage_tokens), sort_keys=True)


def _blob(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _hash(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


@contextmanager
def _connected(address: str) -> Iterator[None]:
    """Have this process connected to Ray; raises SettingsError where none answers at ``address``."""
    ray = _library(address)
    context = ray.data.DataContext.get_current()
    context.enable_progress_bars = context.print_on_execution_start = False
    logging.getLogger("ray.data").setLevel(logging.CRITICAL)  # what went wrong is raised as well
    if ray.is_initialized():
        yield
        return
    # Not where the system says: the names of Ray's sockets have to stay short.
    place = "/tmp" if os.path.isdir("/tmp") else None
    with TemporaryDirectory(prefix="ray-", dir=place, ignore_cleanup_errors=True) as folder:
        own = {"include_dashboard": False, "object_store_memory": _STORE_BYTES, "_temp_dir": folder}
        try:
            ray.init(address, log_to_driver=False, logging_level=logging.ERROR, **own if address == LOCAL else {})
        except Exception as error:  # it raises bare ones, too
            ray.shutdown()
            where = "on this machine" if address == LOCAL else f"at {address}"
            raise SettingsError(
                f"No Ray could be had {where} ({' '.join(str(error).split())[:200]}). "
                "Try again when it is less busy, or start one with ray start --head and give its address."
            ) from error
        try:
            yield
        finally:
            ray.shutdown()


def _knock(address: str) -> None:
    """Raise OSError where nobody listens at ``address``: Ray would try for many minutes."""
    host, colon, port = address.rpartition("://")[2].rpartition(":")
    if colon and port.isdecimal():
        socket.create_connection((host.strip("[]"), int(port)), timeout=_KNOCK).close()


def _library(address: str) -> Any:
    """Return the library ray; raises SettingsError where it is not installed."""
    if address == LOCAL:  # it looks at most of these when it is imported
        for name, value in {**_ENVIRONMENT, "RAY_AUTH_TOKEN": secrets.token_hex(32)}.items():
            os.environ.setdefault(name, value)
    try:
        import ray.data
    except ImportError as error:
        raise SettingsError(
            'Building with Ray needs the library ray: pip install "chapter-and-verse[ray]", in a checkout '
            "pip install -r requirements-extras.txt"
        ) from error
    return ray
