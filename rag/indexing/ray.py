"""Reading and embedding on many machines, with Ray Data (the only file that imports ray).

Each of Ray's tasks reads some files as a local build does, embeds their passages, and leaves all of it in a shard. The
build takes each file from its shard in the order of a local build, so what it writes is the same.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import pickle
import secrets
import socket
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing, contextmanager
from functools import cache, lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from rag import documents
from rag.documents import budget
from rag.errors import RagError, SettingsError, one_line
from rag.indexing import ingest as local
from rag.indexing import shards
from rag.indexing.embed import Queue
from rag.indexing.ingest import Ingested
from rag.indexing.reuse import Reusable, fingerprint
from rag.protocols import Encoder
from rag.settings import Settings

LOCAL = "local"
"""The address of a Ray of our own, in Ray's own word: it is started on this machine and ends with the build."""

_FILES, _BYTES = 32, 4 << 20
"""Of a shard, at most, but always one file: it is what the death of a worker costs."""
_SHARDS_A_CORE = 4
"""At least, where there are so many files: no core waits long for the last one."""
_SHARDS_HELD = 4
"""In memory: those of a build that was stopped may lie between those of this one."""
_TRIES = 4
"""Of a shard whose worker dies, as one of its files may be to blame."""
_TRIED = ".tried"
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
    folder = shards.folder_of(settings.index.absolute(), shards.made_by(settings, encoder))
    folder.mkdir(exist_ok=True)
    for tried in folder.glob(f"*{_TRIED}"):
        tried.unlink()
    places = shards.finished(folder, {name: path for name, path in files if name not in kept})
    earlier = frozenset(places)
    missing = [(name, path) for name, path in files if name not in kept and name not in earlier]
    held = lru_cache(maxsize=_SHARDS_HELD)(lambda shard: shards.read(shard, settings, encoder))
    with (
        closing(local.ingest([file for file in files if file[0] in kept], settings, encoder, reusable)) as unchanged,
        closing(_made(missing, folder, settings, encoder, address)) as made,
    ):
        for name, _ in files:
            if name in kept:
                yield next(unchanged)
                continue
            while name not in places:
                places.update(next(made))
            file, vectors = held(places[name])[name]
            queue.take([*shards.texts_of(file)], vectors, computed=name not in earlier)
            yield file


def _made(
    files: Sequence[tuple[str, Path]], folder: Path, settings: Settings, encoder: Encoder, address: str
) -> Generator[dict[str, Path], None, None]:
    """Have Ray read and embed ``files``; yield for each shard, as it is finished, where its files lie."""
    if not files:
        return
    ray = _library(address)
    given = {
        "folder": folder,
        # Settings hold passwords: no more of them goes to other machines than is needed there.
        "settings": Settings(
            seeds=settings.seeds.absolute(),
            passage_tokens=settings.passage_tokens,
            reading_megabytes=settings.reading_megabytes,
        ),
        "encoder": pickle.dumps(encoder),
        "made": shards.made_by(settings, encoder),
    }
    with _connected(address):
        parts = _parts(files, int(ray.cluster_resources().get("CPU", 1)))
        rows = ray.data.from_items([{"names": json.dumps(part)} for part in parts], override_num_blocks=len(parts))
        try:
            for row in rows.map(_make, fn_kwargs=given, num_cpus=1).iter_rows():
                if row["error"]:
                    raise RagError(row["error"])
                yield dict.fromkeys(json.loads(row["names"]), folder / row["shard"])
        except ray.exceptions.RayError as error:
            raise RagError(f"Ray failed ({one_line(error)}). What is finished stays: build again.") from error


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


def _make(row: dict[str, str], *, folder: Path, settings: Settings, encoder: bytes, made: str) -> dict[str, str]:
    """Read and embed the files named in ``row``, in a process of Ray's; return it with the name of their shard."""
    try:
        _note_try(folder, settings, row["names"])
        shard = _shard(json.loads(row["names"]), folder, settings, _unpickled(encoder), made)
    except (RagError, OSError) as error:  # as text: what Ray would raise of it is a page long
        return {**row, "shard": "", "error": f"A worker of Ray's on {socket.gethostname()} cannot go on. {error}"}
    return {**row, "shard": shard, "error": ""}


_unpickled: Any = lru_cache(maxsize=1)(pickle.loads)
"""A process of Ray's makes one shard after the other: it loads its encoder once."""


@cache
def _share(made: str) -> documents.Share:
    """Return the time that a build may lose in this process on files that cannot be read."""
    return documents.Share(budget.SHARE)


def _shard(names: Sequence[str], folder: Path, settings: Settings, encoder: Encoder, made: str) -> str:
    if made != shards.made_by(settings, encoder):
        raise RagError("Another version of this program, of a library or of the encoder is installed there.")
    documents.allow_memory(settings.reading_megabytes)
    files = [(name, settings.seeds / name) for name in names]
    return shards.write(folder, [*local.ingest(files, settings, encoder, None, _share(made))], encoder)


def _note_try(folder: Path, settings: Settings, names: str) -> None:
    """Note that a shard is begun; raises RagError where that was in vain too often, or cannot be done here."""
    if not (folder.is_dir() and settings.seeds.is_dir()):
        raise RagError(f"{settings.seeds} or {folder.parent} is not there: both have to be on a disk that all share.")
    with (folder / f"{hashlib.sha256(names.encode()).hexdigest()}{_TRIED}").open("ab") as tries:
        tries.write(b".")
        if tries.tell() > _TRIES:
            raise RagError(f"Its process died {_TRIES} times over these files: {', '.join(json.loads(names))}.")


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
        options: dict[str, Any] = {"log_to_driver": False, "logging_level": logging.ERROR}
        if address == LOCAL:
            options |= {"include_dashboard": False, "object_store_memory": _STORE_BYTES, "_temp_dir": folder}
        try:
            _knock(address)
            ray.init(address, **options)
        except Exception as error:  # it raises bare ones, too
            ray.shutdown()
            where = "on this machine" if address == LOCAL else f"at {address}"
            raise SettingsError(
                f"No Ray could be had {where} ({one_line(error)}). "
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
