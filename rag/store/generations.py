"""Publishing and opening generations: ``index/generations/<name>/``, and ``index/CURRENT`` that names the one in force.

A generation is built in a folder beside the others, its files are hashed into ``manifest.json`` (written last), and
it comes into force by renaming a one-line pointer file: at any moment the last good one is what a reader opens.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

from rag.errors import IndexDamaged, IndexMismatch, IndexMissing, IndexNotWritable

FORMAT = 1
"""The version of what lies in a generation; another is refused."""

POINTER = "CURRENT"
MANIFEST = "manifest.json"


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a generation says of itself; ``files`` maps each file to its size in bytes and its SHA-256."""

    format: int
    name: str
    built_at: str
    """ISO 8601, UTC."""
    seeds: str
    encoder: str
    """The identity of the model that made the vectors."""
    dimension: int
    passage_tokens: int
    documents: int
    passages: int
    vector_type: str
    threshold: float | None
    files: Mapping[str, tuple[int, str]]


def current(index: Path) -> Path:
    """Return the folder of the generation in force.

    Raises IndexMissing where nothing was built, IndexDamaged where the pointer leads nowhere.
    """
    pointer = index / POINTER
    if not pointer.is_file():
        raise IndexMissing(f"There is no index in {index}. Build it with: rag build --index {index}")
    name = pointer.read_text(encoding="utf-8").strip()
    folder = index / "generations" / name
    if not name or Path(name).name != name or not (folder / MANIFEST).is_file():
        raise IndexDamaged(
            f"{pointer} names a generation that is not there. Build anew with: rag build --index {index}"
        )
    return folder


def read_manifest(folder: Path) -> Manifest:
    """Return a generation's manifest; raises IndexMismatch for another format, IndexDamaged for one that is no manifest."""
    path = folder / MANIFEST
    rebuild = f"Build anew with: rag build --index {folder.parent.parent}"
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
        if values["format"] != FORMAT:
            raise IndexMismatch(
                f"The index in {folder.parent.parent} has format {values['format']}, this program reads {FORMAT}. {rebuild}"
            )
        files = {name: (int(size), str(digest)) for name, (size, digest) in values.pop("files").items()}
        return Manifest(files=files, **values)
    except (ValueError, KeyError, TypeError, AttributeError, OSError) as error:
        raise IndexDamaged(f"{path} cannot be read ({error}). {rebuild}") from error


def damaged_files(folder: Path, manifest: Manifest, *, contents: bool = True) -> tuple[str, ...]:
    """Return what is wrong with a generation's files, a line each: missing, of another size, or of another hash."""
    faults = []
    for name, (size, digest) in manifest.files.items():
        path = folder / name
        if not path.is_file():
            faults.append(f"{name} is missing")
        elif path.stat().st_size != size:
            faults.append(f"{name} has {path.stat().st_size} bytes instead of {size}")
        elif contents and hash_file(path) != digest:
            faults.append(f"{name} is damaged: its SHA-256 is not the manifest's")
    return tuple(faults)


def check_files(folder: Path, manifest: Manifest) -> None:
    """Raise IndexDamaged unless every file is what the manifest says.

    Contents are hashed once for each state of the files (size and modification time): a note beside the manifest
    remembers which state was found whole.
    """
    state = _state(folder, manifest)
    note = folder.parent.parent / "verified" / manifest.name
    if note.is_file() and note.read_text(encoding="utf-8") == state:
        return
    faults = damaged_files(folder, manifest)
    if faults:
        raise IndexDamaged(
            f"The index is damaged: {'; '.join(faults[:3])}. Build anew with: rag build --index {folder.parent.parent} --full"
        )
    with suppress(OSError):  # a read-only index is checked in full each time
        note.parent.mkdir(exist_ok=True)
        write_atomically(note, state.encode())


def _state(folder: Path, manifest: Manifest) -> str:
    digest = hashlib.sha256((folder / MANIFEST).read_bytes())
    for name in manifest.files:
        with suppress(OSError):
            status = (folder / name).stat()
            digest.update(f"{name} {status.st_size} {status.st_mtime_ns} {status.st_ino}\n".encode())
    return digest.hexdigest()


@contextmanager
def new_generation(index: Path) -> Iterator[Path]:
    """Give an empty folder to build in; it is removed unless it was published.

    Raises IndexNotWritable where the folder cannot be written or another build is at work in it.
    """
    with _writing(index), _build_lock(index):
        _remove_leftovers(index)
        stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S")
        folder = index / "generations" / f"{stamp}-{secrets.token_hex(3)}.building"
        folder.mkdir(parents=True)
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def publish(index: Path, folder: Path, **values: Any) -> Path:
    """Hash the folder's files into a manifest, give the folder its name, and bring it into force."""
    name = folder.name.removesuffix(".building")
    files = {
        path.relative_to(folder).as_posix(): (path.stat().st_size, hash_file(path))
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.suffix != ".lock"
    }
    built_at = datetime.now(UTC).isoformat(timespec="seconds")
    manifest = Manifest(format=FORMAT, name=name, built_at=built_at, files=files, **values)
    for file in files:
        _flush(folder / file)
    write_atomically(folder / MANIFEST, json.dumps(asdict(manifest), indent=1, ensure_ascii=False).encode())
    final = folder.with_name(name)
    folder.rename(final)
    _flush(final.parent)
    write_atomically(index / POINTER, f"{name}\n".encode())
    remove_old(index, keep=final)
    return final


def remove_old(index: Path, *, keep: Path) -> None:
    """Remove every generation but ``keep`` that no process reads."""
    for folder in (index / "generations").iterdir():
        if folder != keep and folder.is_dir() and not folder.name.endswith(".building"):
            with (folder / "in-use.lock").open("a") as lock:
                if not _lock(lock, shared=False):
                    continue
            shutil.rmtree(folder, ignore_errors=True)
            (index / "verified" / folder.name).unlink(missing_ok=True)


def hold(folder: Path) -> IO[str] | None:
    """Mark a generation as being read, until the returned file is closed; None where the folder is read-only."""
    try:
        lock = (folder / "in-use.lock").open("a")
    except OSError:
        return None
    _lock(lock, shared=True)
    return lock


def write_atomically(path: Path, content: bytes) -> None:
    """Write beside and rename, so that a reader sees the old content or the new, never a part."""
    beside = path.with_name(f"{path.name}.{secrets.token_hex(4)}.tmp")
    try:
        with beside.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)
    _flush(path.parent)


def hash_file(path: Path) -> str:
    """Return the SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextmanager
def _writing(index: Path) -> Iterator[None]:
    """Turn the system's refusals into one line that says what to do."""
    try:
        index.mkdir(parents=True, exist_ok=True)
        yield
    except PermissionError as error:
        raise IndexNotWritable(
            f"{index} cannot be written. Give write permission, or another folder with --index."
        ) from error
    except OSError as error:
        if error.errno in _FULL:
            raise IndexNotWritable(
                f"No space is left for the index in {index}: free some, or name another folder with --index. "
                "The last good index still serves."
            ) from error
        if error.errno == _READ_ONLY:
            raise IndexNotWritable(f"{index} is read-only. Name another folder with --index.") from error
        raise


_FULL = (28, 122)  # ENOSPC, EDQUOT
_READ_ONLY = 30  # EROFS


@contextmanager
def _build_lock(index: Path) -> Iterator[None]:
    with (index / "build.lock").open("a") as lock:
        if not _lock(lock, shared=False):
            raise IndexNotWritable(f"Another build is at work in {index}. Wait for it to end, then build again.")
        yield


def _lock(file: IO[str], *, shared: bool) -> bool:
    """Take an advisory lock without waiting; the system drops it with the process. True where there are none to take."""
    try:
        import fcntl
    except ImportError:
        return True
    try:
        fcntl.flock(file, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _remove_leftovers(index: Path) -> None:
    """Remove what a killed build left; the build lock is held, so nobody works in it."""
    for folder in (index / "generations").glob("*.building"):
        shutil.rmtree(folder, ignore_errors=True)
    for file in index.glob("*.tmp"):
        file.unlink(missing_ok=True)


def _flush(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
