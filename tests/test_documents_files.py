"""The folder: every kind of entry that can lie in one, and the bytes of a file."""

from __future__ import annotations

import io
import os
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from rag.documents import SUFFIXES, files, find, formats, load
from rag.documents.files import printable, read_bytes
from rag.errors import DocumentError, SeedsError
from rag.types import Skipped

RENAME = "Its name holds line ends, control characters or bytes that are not UTF-8: rename it."


def put(folder: Path, name: str, content: str = "Text.") -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content, encoding="utf-8")
    return path


def found(seeds: Path) -> tuple[list[str], list[tuple[str, str]]]:
    paths, skipped = find(seeds)
    return [path.relative_to(seeds).as_posix() for path in paths], [(item.path, item.reason) for item in skipped]


def test_files_come_sorted_by_id_and_hidden_ones_not_at_all(tmp_path: Path) -> None:
    for name in (
        "b.txt",
        "a/z.md",
        "a.txt",
        "A.TXT",
        "a/ü 😀\u00a0.txt",
        ".hidden.txt",
        ".git/x.txt",
        "~$a.txt",
        "README.md",
    ):
        put(tmp_path, name)
    assert found(tmp_path) == (["A.TXT", "README.md", "a.txt", "a/z.md", "a/ü 😀\u00a0.txt", "b.txt"], [])


def test_other_kinds_are_named(tmp_path: Path) -> None:
    for name in ("a.xyz", "LICENSE", "sub/b.EXE"):
        put(tmp_path, name)
    assert found(tmp_path) == (
        [],
        [
            ("LICENSE", "Its name has no suffix that says what it is: add one, such as .txt."),
            ("a.xyz", "Files of this kind (.xyz) are not read."),
            ("sub/b.EXE", "Files of this kind (.EXE) are not read."),
        ],
    )


def test_links(tmp_path: Path) -> None:
    seeds, outside = tmp_path / "seeds", put(tmp_path, "outside.txt")
    put(seeds, "a.txt")
    put(seeds, ".data/b.txt")
    for name, target in {
        "again.txt": "a.txt",
        "b.txt": ".data/b.txt",
        "broken.txt": "nothing.txt",
        "folder": ".",
        "loop.txt": "loop.txt",
        "one.txt": "two.txt",
        "two.txt": "one.txt",
        "out.txt": str(outside),
        "outdir": "..",
    }.items():
        (seeds / name).symlink_to(target)
    assert found(seeds) == (
        ["a.txt", "b.txt"],
        [
            ("again.txt", "It is a link to a.txt, which is read under that name."),
            ("broken.txt", "It is a link to something that is not there."),
            ("folder", "It is a link to a folder: the files in it are read where they lie."),
            ("loop.txt", "It is a link that leads in a circle."),
            ("one.txt", "It is a link that leads in a circle."),
            ("out.txt", "It is a link that leads out of the folder: put the file itself here."),
            ("outdir", "It is a link that leads out of the folder: put the file itself here."),
            ("two.txt", "It is a link that leads in a circle."),
        ],
    )


def test_the_folder_itself_may_be_a_link(tmp_path: Path) -> None:
    put(tmp_path, "real/a.txt")
    (tmp_path / "seeds").symlink_to("real")
    paths, skipped = find(tmp_path / "seeds")
    assert ([path.name for path in paths], skipped) == (["a.txt"], ())
    assert load(paths[0], tmp_path / "seeds").id == "a.txt"


def test_what_is_not_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    os.mkfifo(tmp_path / "pipe.txt")
    monkeypatch.chdir(tmp_path)  # a socket's address has room for a short path only
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("socket.txt")
        assert found(tmp_path) == (
            [],
            [("pipe.txt", "It is a named pipe, not a file."), ("socket.txt", "It is a socket, not a file.")],
        )
    with pytest.raises(DocumentError, match=r"^It is not a regular file\.$"):
        load(tmp_path / "pipe.txt", tmp_path)


def test_names_that_cannot_be_shown(tmp_path: Path) -> None:
    for name in (b"line\nend.txt", b"bad\xff.txt", b"esc\x1b[2J.txt", b"dir\xfe/a.txt"):
        path = os.path.join(os.fsencode(tmp_path), name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as file:
            file.write(b"text")
    names = ("bad\\xff.txt", "dir\\xfe", "esc\\x1b[2J.txt", "line\\nend.txt")
    assert find(tmp_path) == ((), tuple(Skipped(name, RENAME) for name in names))


def test_a_folder_that_cannot_be_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(tmp_path, "a.txt")
    put(tmp_path, "locked/b.txt")
    scandir = os.scandir

    def refusing(path: str) -> object:
        if str(path).endswith("locked"):
            raise PermissionError(13, "Permission denied")
        return scandir(path)

    monkeypatch.setattr(files.os, "scandir", refusing)
    assert found(tmp_path) == (["a.txt"], [("locked", "The folder cannot be opened: permission denied.")])


def test_a_file_that_cannot_be_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = put(tmp_path, "a.txt")

    def refusing(*_: object) -> int:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(files.os, "open", refusing)
    with pytest.raises(DocumentError, match=r"^It cannot be opened: permission denied\.$"):
        load(path, tmp_path)


@pytest.mark.parametrize("make", [lambda path: None, lambda path: path.write_text("text")])
def test_no_folder(tmp_path: Path, make: Callable[[Path], None]) -> None:
    make(tmp_path / "seeds")
    with pytest.raises(SeedsError, match="--seeds"):
        find(tmp_path / "seeds")


def test_nothing_outside_the_folder_is_read(tmp_path: Path) -> None:
    seeds = tmp_path / "seeds"
    put(seeds, "sub/a.txt")
    put(tmp_path, "secret.txt")
    put(tmp_path, "seeds-other/secret.txt")
    (seeds / "link.txt").symlink_to(tmp_path / "secret.txt")
    for name in ("../secret.txt", "link.txt", "sub/../../secret.txt", "../seeds-other/secret.txt"):
        with pytest.raises(DocumentError, match="outside the folder"):
            load(seeds / name, seeds)
    assert load(seeds / "sub" / ".." / "sub" / "a.txt", seeds).id == "sub/a.txt"


@pytest.mark.parametrize("name", ["a\0.txt", "\ud800.txt"])
def test_a_name_that_no_file_can_have(tmp_path: Path, name: str) -> None:
    with pytest.raises(DocumentError, match="none that a file can have"):
        load(tmp_path / name, tmp_path)


def test_a_file_that_is_gone(tmp_path: Path) -> None:
    with pytest.raises(DocumentError, match=r"^It is no longer there\.$"):
        load(tmp_path / "a.txt", tmp_path)


def test_a_file_larger_than_the_limit_is_refused_by_its_size(tmp_path: Path) -> None:
    path = tmp_path / "huge.txt"
    with open(path, "wb") as file:
        file.truncate(2 << 30)  # a hole: nothing is written, and nothing may be read
    with pytest.raises(DocumentError, match=r"^It is too large: 2,048 MB, where 200 MB is the most\. Split it\.$"):
        load(path, tmp_path)


def test_a_file_that_changes_while_it_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = put(tmp_path, "a.txt", "first")
    changes = ["second one", ""]

    class Changing(io.FileIO):
        def read(self, size: int | None = -1) -> bytes:
            data = super().read(size)
            if change := changes.pop():
                path.write_text(change)
            return data

    monkeypatch.setattr(files, "open", Changing, raising=False)
    assert read_bytes(path, 100) == b"first"
    changes[:] = ["", "changed"]
    assert read_bytes(path, 100) == b"changed"
    changes[:] = ["changed again", "changed"]
    with pytest.raises(DocumentError, match="changed while it was being read"):
        read_bytes(path, 100)


@pytest.mark.parametrize(
    ("name", "shown"), [("ü 😀.txt", "ü 😀.txt"), ("a\nb", "a\\nb"), ("\udcff", "\\xff"), ("\u2028", "\\u2028")]
)
def test_printable(name: str, shown: str) -> None:
    assert printable(name) == shown


def test_what_to_do_about_each_kind_that_is_not_read() -> None:
    kinds = [suffix for suffixes, _ in formats._REMEDIES for suffix in suffixes.split()]
    assert len(kinds) == len(set(kinds))
    assert not set(kinds) & set(SUFFIXES)
    assert formats.unread(".PAGES") == "Files of this kind (.PAGES) are not read: save it as .docx."
    assert formats.unread(".pst").endswith(": export its messages as .mbox, .msg or .eml.")
