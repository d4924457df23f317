"""Publishing and opening generations: ``index/generations/<name>/``, and ``index/CURRENT`` that names the one in force.

A generation is built in a folder beside the others. Its files are hashed into ``manifest.json``, which is written last.
It comes into force when a one-line file is renamed, the pointer: the generation's name and its manifest's SHA-256. So
a reader always opens the last good one. A reader holds a shared lock on a file in its generation; removing a generation
takes that lock exclusively.
"""

from __future__ import annotations

import hashlib
import re
import secrets
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, nullcontext, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rag.errors import IndexDamaged, IndexMissing, IndexNotWritable
from rag.store.local import disk
from rag.store.local.manifest import FORMAT, MANIFEST, Manifest, forget, note_whole, read_manifest, rebuild, state

POINTER = "CURRENT"
FOLDER = "generations"
IN_USE = "in-use.lock"
BUILDING = ".building"

_LINE = re.compile(rb"(\d{8}T\d{6}-[0-9a-f]{6}) ([0-9a-f]{64})\n")
_TRIES = 20

Release = Callable[[str], None]
"""Called with a generation's name before its folder is removed: removes what of it lies elsewhere."""


@dataclass(frozen=True, slots=True)
class Held:
    """A generation that no build removes until ``close`` is called."""

    folder: Path
    manifest: Manifest
    lock: ExitStack

    def close(self) -> None:
        """Let it go."""
        self.lock.close()


def current(index: Path) -> Path:
    """Return the folder of the generation in force.

    Raises IndexMissing where nothing was built, IndexDamaged where the pointer cannot be read or leads nowhere.
    """
    folder, _ = _follow(index)
    if not (folder / MANIFEST).is_file():
        if _follow(index)[0] != folder:  # another came into force at this moment
            return current(index)
        raise IndexDamaged(f"{index / POINTER} names a generation that is not there. {rebuild(index)}")
    return folder


def hold(index: Path) -> Held:
    """Return the generation in force, held so that it stays; raises IndexMissing, IndexMismatch or IndexDamaged."""
    for _ in range(_TRIES):
        folder, digest = _follow(index)
        with ExitStack() as lock:
            with suppress(OSError):  # there can be none, or the generation is being removed
                lock.enter_context(disk.lock(folder / IN_USE, shared=True) or nullcontext())
            try:
                manifest = read_manifest(folder, digest)
            except IndexDamaged:
                if _follow(index)[0] == folder:
                    raise
                continue
            if _follow(index)[0] == folder:  # one that the pointer names is not being removed, and now it cannot be
                return Held(folder, manifest, lock.pop_all())
    raise IndexDamaged(f"{index / POINTER} changes faster than it can be followed. Wait for the builds to end.")


@contextmanager
def new_generation(index: Path, *, release: Release = lambda name: None) -> Iterator[Path]:
    """Give an empty folder to build in; one that was not published is removed, one that was replaces the others.

    Raises IndexNotWritable where the folder cannot be written or another build is at work in it.
    """
    with disk.writing(index), _build_lock(index):
        _remove_leftovers(index, release)
        stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S")
        folder = index / FOLDER / f"{stamp}-{secrets.token_hex(3)}{BUILDING}"
        folder.mkdir(parents=True)
        try:
            yield folder
        finally:
            if not folder.with_name(name_of(folder)).is_dir():
                _remove(folder, release)
        _remove_leftovers(index, release)


def name_of(folder: Path) -> str:
    """Return the name of the generation that lies, or is built, in a folder."""
    return folder.name.removesuffix(BUILDING)


def publish(index: Path, folder: Path, **values: Any) -> Path:
    """Hash the folder's files into a manifest, give the folder its name, and bring it into force.

    ``values`` are the manifest's other fields. Old generations stay: see ``remove_old``.
    """
    name = name_of(folder)
    files = {}
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.suffix != ".lock":
            files[path.relative_to(folder).as_posix()] = (path.stat().st_size, disk.hash_file(path))
            disk.flush(path)
    built_at = datetime.now(UTC).isoformat(timespec="seconds")
    manifest = Manifest(format=FORMAT, name=name, built_at=built_at, files=files, **values)
    content = manifest.to_json()
    (folder / IN_USE).touch()
    for inner in {path.parent for path in folder.rglob("*")}:
        disk.flush(inner)
    disk.write_atomically(folder / MANIFEST, content)
    final = folder.with_name(name)
    folder.rename(final)
    try:
        disk.flush(final.parent)
        note_whole(final, state(final, manifest))
        line = f"{name} {hashlib.sha256(content).hexdigest()}\n"
        disk.write_atomically(index / POINTER, line.encode())
    except BaseException:
        if not _is_current(index, final):
            shutil.rmtree(final, ignore_errors=True)
        raise
    return final


def remove_old(index: Path, *, keep: Path, release: Release = lambda name: None) -> None:
    """Remove every generation but ``keep`` that nobody reads; the caller holds the build lock."""
    for folder in (index / FOLDER).iterdir():
        if folder != keep and folder.is_dir() and not folder.name.endswith(BUILDING):
            with suppress(OSError):
                if lock := disk.lock(folder / IN_USE, shared=False):
                    with lock:
                        _remove(folder, release)
                        forget(folder)


def tidy(index: Path, *, release: Release = lambda name: None) -> None:
    """Remove what killed builds and closed readers left, unless a build is at work."""
    with suppress(OSError, IndexNotWritable):
        if len(list((index / FOLDER).iterdir())) > 1:
            with _build_lock(index):
                _remove_leftovers(index, release)


def _follow(index: Path) -> tuple[Path, str]:
    """Return the folder that the pointer names, and the SHA-256 of its manifest."""
    try:
        line = (index / POINTER).read_bytes()
    except (FileNotFoundError, NotADirectoryError) as error:
        raise IndexMissing(f"There is no index in {index}. Build it with: rag build --index {index}") from error
    except OSError as error:
        raise IndexDamaged(f"{index / POINTER} cannot be read ({error.strerror}). {rebuild(index)}") from error
    found = _LINE.fullmatch(line)
    if found is None:
        raise IndexDamaged(f"{index / POINTER} names no generation. {rebuild(index)}")
    return index / FOLDER / found[1].decode(), found[2].decode()


def _is_current(index: Path, folder: Path) -> bool:
    with suppress(IndexMissing, IndexDamaged):
        return _follow(index)[0] == folder
    return False


@contextmanager
def _build_lock(index: Path) -> Iterator[None]:
    index.mkdir(parents=True, exist_ok=True)
    lock = disk.lock(index / "build.lock", shared=False)
    if lock is None:
        raise IndexNotWritable(f"Another build is at work in {index}. Wait for it to end, then build again.")
    with lock:
        yield


def _remove(folder: Path, release: Release) -> None:
    release(name_of(folder))
    shutil.rmtree(folder, ignore_errors=True)


def _remove_leftovers(index: Path, release: Release) -> None:
    """Remove what killed builds left; the build lock is held, so nobody works in it."""
    for folder in (index / FOLDER).glob(f"*{BUILDING}"):
        _remove(folder, release)
    for file in (*index.glob("*.tmp"), *index.glob("verified/*.tmp")):
        file.unlink(missing_ok=True)
    with suppress(IndexMissing, IndexDamaged):
        remove_old(index, keep=current(index), release=release)
