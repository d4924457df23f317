"""What a generation says of itself, and whether its files are still what it says.

``manifest.json`` names every file with its size and SHA-256; the pointer file names the manifest's own. Contents are
hashed once for each state of the files on the disk: a note in ``index/verified/`` remembers which was found whole.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from rag.errors import IndexDamaged, IndexMismatch
from rag.store.local.disk import hash_file, write_atomically

FORMAT = 5
"""The version of what lies in a generation; another is refused."""

MANIFEST = "manifest.json"
_SHOWN = 3


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
    passage_version: str
    """What divided the texts into passages, and put them into context."""
    reading: Mapping[str, str]
    """Suffix → the version of what read the files with it; another may read them otherwise."""
    documents: int
    """How many; ``documents.sha256`` in the generation has their names and hashes."""
    passages: int
    vector_type: str
    threshold: float | None
    files: Mapping[str, tuple[int, str]]

    def to_json(self) -> bytes:
        """Return the manifest as it is written."""
        return json.dumps(asdict(self), indent=1, ensure_ascii=False).encode("utf-8", "surrogatepass")


def read_manifest(folder: Path, digest: str) -> Manifest:
    """Return a generation's manifest; ``digest`` is the SHA-256 that the pointer gives it.

    Raises IndexMismatch for another format, IndexDamaged where it cannot be parsed or has another hash.
    """
    index = folder.parent.parent
    try:
        content = (folder / MANIFEST).read_bytes()
        values = json.loads(content.decode("utf-8", "surrogatepass"))
        if values["format"] != FORMAT:
            raise IndexMismatch(
                f"The index in {index} has format {values['format']}, this program reads {FORMAT}. {rebuild(index)}"
            )
        if hashlib.sha256(content).hexdigest() != digest:
            raise ValueError("its SHA-256 is not the pointer's")
        files = {str(name): (int(size), str(sha256)) for name, (size, sha256) in values.pop("files").items()}
        return Manifest(files=files, **values)
    except (ValueError, KeyError, TypeError, AttributeError, OSError) as error:
        raise IndexDamaged(f"{folder / MANIFEST} is damaged ({error}). {rebuild(index)}") from error


def damaged_files(folder: Path, manifest: Manifest) -> dict[str, str]:
    """Return what is wrong with a generation's files, a line for each: missing, of another size, or of another hash."""
    with ThreadPoolExecutor(max_workers=min(4, os.cpu_count() or 1)) as pool:  # hashing lets other threads run
        found = pool.map(lambda item: (item[0], _fault(folder, item[0], *item[1])), manifest.files.items())
        return {name: fault for name, fault in found if fault}


def not_whole(folder: Path, manifest: Manifest) -> dict[str, str]:
    """Return what ``damaged_files`` would, but hash nothing where a note says that the files as they lie are whole."""
    before = state(folder, manifest)
    with suppress(OSError):
        if _note(folder).read_bytes() == before:
            return {}
    damaged = damaged_files(folder, manifest)
    if not damaged:
        note_whole(folder, before)
    return damaged


def check_files(folder: Path, manifest: Manifest) -> None:
    """Raise IndexDamaged unless every file is what the manifest says."""
    if faults := [*not_whole(folder, manifest).values()]:
        more = f" and {len(faults) - _SHOWN} more" if len(faults) > _SHOWN else ""
        raise IndexDamaged(f"The index is damaged: {'; '.join(faults[:_SHOWN])}{more}. {rebuild(folder.parent.parent)}")


def note_whole(folder: Path, found: bytes) -> None:
    """Remember that the files were found whole when ``state`` was ``found``."""
    with suppress(OSError):  # a read-only index is hashed each time it is opened
        _note(folder).parent.mkdir(exist_ok=True)
        write_atomically(_note(folder), found)


def forget(folder: Path) -> None:
    """Forget that a generation was found whole, so that its next reader looks again."""
    with suppress(OSError):
        _note(folder).unlink(missing_ok=True)


def rebuild(index: Path) -> str:
    """Return the sentence that tells how to build the index anew."""
    return f"Build anew with: rag build --index {index}"


def _fault(folder: Path, name: str, size: int, digest: str) -> str:
    path = folder / name
    try:
        now = path.stat().st_size
        if now != size:
            return f"{name} has {now:,} bytes instead of {size:,}"
        return "" if hash_file(path) == digest else f"{name} is not what was written (its SHA-256 differs)"
    except FileNotFoundError:
        return f"{name} is missing"
    except OSError as error:
        return f"{name} cannot be read ({error.strerror})"


def _note(folder: Path) -> Path:
    return folder.parent.parent / "verified" / folder.name


def state(folder: Path, manifest: Manifest) -> bytes:
    """Return a digest of what the system knows of each file without reading it; a change of content changes it."""
    digest = hashlib.sha256()
    for name, (size, sha256) in sorted(manifest.files.items()):
        with suppress(OSError):
            now = (folder / name).stat()
            line = f"{name} {size} {sha256} {now.st_size} {now.st_mtime_ns} {now.st_ctime_ns} {now.st_ino}\n"
            digest.update(line.encode())
    return digest.hexdigest().encode()
