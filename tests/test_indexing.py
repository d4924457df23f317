"""Builds: a rebuild reads and embeds what changed and nothing else, and gives what a full build gives."""

from __future__ import annotations

import json
import os
import random
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest
from fakes import FakeEncoder

from rag import documents
from rag.documents import formats
from rag.errors import RagError, SeedsError
from rag.indexing import ingest
from rag.indexing.build import build, candidates
from rag.library import Library, Models
from rag.settings import Settings
from rag.store.local import generations
from rag.store.local.docstore import Docstore
from rag.text import segment
from rag.types import Document, Passage, Progress, Summary

WORDS = "fox river minister treaty bread harbour 東京 café Österreich night engine seven letters über Ελλάδα".split()


def prose(chance: random.Random, paragraphs: int = 3) -> str:
    """Return paragraphs of a few sentences each, drawn by chance."""

    def sentence() -> str:
        return " ".join(chance.choices(WORDS, k=chance.randint(3, 12))).capitalize() + "."

    return "\n\n".join(" ".join(sentence() for _ in range(chance.randint(1, 12))) for _ in range(paragraphs))


def tables(index: Path) -> dict[str, list[tuple[object, ...]]]:
    """Return everything in the docstore in force but the files' times."""
    connection = sqlite3.connect(generations.current(index) / "docstore.sqlite")
    names = [row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    rows = {name: connection.execute(f"SELECT * FROM {name} ORDER BY 1, 2").fetchall() for name in names}
    connection.close()
    rows["documents"] = [(*row[:8], *row[9:]) for row in rows["documents"]]
    return {**rows, "skipped": [row[:2] for row in rows["skipped"]]}


def opened(settings: Settings, encoder: FakeEncoder | None = None) -> Library:
    return Library(settings, Models(settings, encoder=encoder or FakeEncoder()))


def ids(settings: Settings) -> list[str]:
    docstore = Docstore(generations.current(settings.index))
    found = [entry.source.id for entry in docstore.entries()]
    docstore.close()
    return found


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The name of every file that is read, as it is read."""
    names: list[str] = []
    read = documents.load_all

    def noted(path: Path, seeds: Path, *_: object) -> tuple[Document, ...]:
        names.append(path.relative_to(seeds).as_posix())
        return read(path, seeds)

    monkeypatch.setattr(documents, "load_all", noted)
    return names


@pytest.fixture
def three(settings: Settings, write_seeds: Callable[..., Path]) -> Settings:
    """Three documents, built."""
    write_seeds(
        {"fable.txt": "The fox sleeps.", "sub/b.md": "# Rivers\n\nThe river runs.", "loaf.txt": "Bread is baked."}
    )
    build(settings, FakeEncoder())
    return settings


def edit(folder: Path, chance: random.Random) -> None:
    """Do to a folder what people do."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    name = f"{chance.choice(['', 'sub/', 'ü/'])}{chance.randint(0, 99)}{chance.choice(['.txt', '.md'])}"
    action = chance.choice(["add", "add", "edit", "delete", "rename", "copy", "touch", "swap", "junk"])
    target = folder / name
    target.parent.mkdir(exist_ok=True)
    if action == "add" or len(files) < 3:
        target.write_text(f"# Heading {chance.choice(WORDS)}\n\n{prose(chance)}", encoding="utf-8")
    elif action == "edit":
        chance.choice(files).write_text(prose(chance), encoding="utf-8")
    elif action == "delete":
        chance.choice(files).unlink()
    elif action == "rename":
        chance.choice(files).replace(target)
    elif action == "copy":
        shutil.copyfile(chance.choice(files), folder / f"copy{name.replace('/', '-')}")
    elif action == "touch":
        os.utime(chance.choice(files))
    elif action == "swap":
        one, two = chance.sample(files, 2)
        one.replace(folder / "swapping")
        two.replace(one)
        (folder / "swapping").replace(two)
    else:
        target.write_bytes(b"\x00\xff\x00\x01" * 50)


@pytest.mark.parametrize("seed", range(3))
def test_a_rebuild_gives_what_a_full_build_gives(settings: Settings, tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    settings.seeds.mkdir()
    other = replace(settings, index=tmp_path / "full")
    for _ in range(4):
        for _ in range(chance.randint(1, 6)):
            edit(settings.seeds, chance)
        if not any(path.is_file() for path in settings.seeds.rglob("*")):
            continue
        summary = build(settings, FakeEncoder())
        full = build(other, FakeEncoder(), full=True)
        assert tables(settings.index) == tables(other.index)
        files = [generations.current(each.index) / "vectors.f16" for each in (settings, other)]
        assert files[0].read_bytes() == files[1].read_bytes()
        assert _comparable(summary) == _comparable(full)
    one, two = opened(settings), opened(other)
    for question in (*WORDS, "the fox and the river", "treaty of 東京"):
        assert one.search(question, limit=10) == two.search(question, limit=10)


def _comparable(summary: Summary) -> Summary:
    return replace(summary, embedded=0, seconds=0.0, generation="")


def test_only_new_text_is_read_and_embedded(three: Settings, reads: list[str]) -> None:
    (three.seeds / "port.txt").write_text("The harbour is open.")
    (three.seeds / "fable.txt").write_text("The fox sleeps no more.")
    encoder = FakeEncoder()
    summary = build(three, encoder)
    assert sorted(reads) == ["fable.txt", "port.txt"]
    assert sorted(encoder.encoded) == ["fable\nThe fox sleeps no more.", "port\nThe harbour is open."]
    assert (summary.documents, summary.passages, summary.embedded) == (4, 4, 2)


def test_a_folder_that_did_not_change_costs_nothing(three: Settings, reads: list[str]) -> None:
    def everything() -> dict[str, tuple[int, int]]:
        return {str(p): (p.stat().st_mtime_ns, p.stat().st_ino) for p in [three.index, *three.index.rglob("*")]}

    before, name = everything(), generations.current(three.index).name
    encoder = FakeEncoder()
    summary = build(three, encoder)
    assert everything() == before
    assert (reads, encoder.encoded) == ([], [])
    assert (summary.generation, summary.documents, summary.passages, summary.embedded) == (name, 3, 3, 0)


def test_touching_costs_a_hash(three: Settings, reads: list[str]) -> None:
    name = generations.current(three.index).name
    os.utime(three.seeds / "fable.txt", (1, 1))
    assert build(three, FakeEncoder()).generation == name
    assert reads == []


def test_a_change_that_keeps_size_and_time_is_seen(three: Settings) -> None:
    path = three.seeds / "fable.txt"
    before = path.stat()
    path.write_text("The dog sleeps.")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    encoder = FakeEncoder()
    build(three, encoder)
    assert encoder.encoded == ["fable\nThe dog sleeps."]


def test_a_renamed_file_is_recognised(three: Settings, reads: list[str]) -> None:
    (three.seeds / "sub/b.md").rename(three.seeds / "elsewhere.md")
    encoder = FakeEncoder()
    summary = build(three, encoder)
    assert (reads, encoder.encoded, summary.embedded) == ([], [], 0)
    assert ids(three) == ["elsewhere.md", "fable.txt", "loaf.txt"]
    hit = opened(three).search("river", limit=1)[0]
    assert (hit.passage.document_id, hit.passage.number, hit.text) == ("elsewhere.md", 0, "# Rivers\n\nThe river runs.")


def test_a_name_that_is_the_title_is_read_again(three: Settings, reads: list[str]) -> None:
    (three.seeds / "fable.txt").rename(three.seeds / "story.txt")
    encoder = FakeEncoder()
    build(three, encoder)
    assert (reads, encoder.encoded) == (["story.txt"], ["story\nThe fox sleeps."])


def test_another_suffix_is_another_format(three: Settings, reads: list[str]) -> None:
    (three.seeds / "sub/b.md").rename(three.seeds / "sub/b.txt")
    build(three, FakeEncoder())
    assert reads == ["sub/b.txt"]
    assert opened(three).document("sub/b.txt").media_type == "text/plain"


def test_a_deleted_file_cannot_be_quoted(three: Settings) -> None:
    assert opened(three).search("bread", limit=1)[0].text == "Bread is baked."
    (three.seeds / "loaf.txt").unlink()
    build(three, FakeEncoder())
    assert ids(three) == ["fable.txt", "sub/b.md"]
    assert all("Bread" not in hit.text for hit in opened(three).search("bread", limit=9))


def test_the_same_text_is_embedded_once(settings: Settings, write_seeds: Callable[..., Path]) -> None:
    write_seeds({f"{folder}/same.txt": "The fox sleeps." for folder in "abc"})
    encoder = FakeEncoder()
    summary = build(settings, encoder)
    assert encoder.encoded == ["same\nThe fox sleeps."]
    assert (summary.passages, summary.embedded) == (3, 1)


def test_full_reads_and_embeds_everything(three: Settings, reads: list[str]) -> None:
    encoder = FakeEncoder()
    summary = build(three, encoder, full=True)
    assert (len(reads), len(encoder.encoded), summary.embedded) == (3, 3, 3)


def test_other_passages_or_another_encoder(three: Settings, reads: list[str]) -> None:
    encoder = FakeEncoder()
    assert build(replace(three, passage_tokens=40), encoder).embedded == 0
    assert (reads, encoder.encoded) == ([], [])
    assert build(three, FakeEncoder(identity="other")).embedded == 3
    assert reads == []


def test_a_fitted_threshold_stays_in_the_index_and_that_of_the_settings_does_not(three: Settings) -> None:
    build(replace(three, threshold=0.0), FakeEncoder(), full=True)
    assert opened(three).manifest.threshold is None
    assert build(three, FakeEncoder(), threshold=0.4).embedded == 0
    assert opened(three).manifest.threshold == 0.4
    build(replace(three, threshold=0.0, passage_tokens=40), FakeEncoder())
    assert opened(three).manifest.threshold == 0.4
    build(three, FakeEncoder(), full=True)
    assert opened(three).manifest.threshold is None


def read_anew(monkeypatch: pytest.MonkeyPatch, suffix: str) -> None:
    """Let files with this suffix be read by a new version."""
    now = formats.SUFFIXES[suffix]
    monkeypatch.setattr(formats, "SUFFIXES", {**formats.SUFFIXES, suffix: replace(now, reading=now.reading + 1)})


def test_another_version_of_a_format_reads_its_files_alone_and_embeds_nothing(
    three: Settings, reads: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    read_anew(monkeypatch, ".md")
    encoder = FakeEncoder()
    summary = build(three, encoder)
    assert (reads, encoder.encoded, summary.embedded) == (["sub/b.md"], [], 0)
    reads.clear()
    build(three, encoder)
    assert reads == []


def test_a_file_that_could_not_be_read_is_tried_by_another_version(
    three: Settings, reads: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (three.seeds / "broken.json").write_text("{")
    build(three, FakeEncoder())
    reads.clear()
    read_anew(monkeypatch, ".json")
    build(three, FakeEncoder())
    assert reads == ["broken.json"]


def test_a_comment_in_a_loader_changes_nothing(three: Settings, reads: list[str], tmp_path: Path) -> None:
    """The same program from other source files, each with a comment more, finds the index current."""
    package = tmp_path / "rag"
    shutil.copytree(
        Path(documents.__file__).parents[1], package, ignore=shutil.ignore_patterns("__pycache__", "*.safetensors")
    )
    for source in [*package.glob("documents/*.py"), *package.glob("text/*.py"), package / "types.py"]:
        source.write_text(f"{source.read_text(encoding='utf-8')}\n# a remark\n", encoding="utf-8")
    code = (
        "import json, rag; from rag import documents; from rag.text.segment import passage_version\n"
        "print(json.dumps([rag.__file__, documents.reading_versions(), passage_version()]))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, env={}, capture_output=True, check=True)
    manifest = opened(three).manifest
    assert json.loads(done.stdout) == [str(package / "__init__.py"), manifest.reading, manifest.passage_version]


def test_another_context_embeds_what_it_changes(
    three: Settings, reads: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    old = Passage.context.fget
    assert old is not None
    monkeypatch.setattr(Passage, "context", property(lambda passage: old(passage).replace("Rivers", "RIVERS")))
    assert build(three, FakeEncoder()).embedded == 0  # nobody has said that it changed
    monkeypatch.setattr(segment, "CONTEXT_VERSION", segment.CONTEXT_VERSION + 1)
    encoder = FakeEncoder()
    assert build(three, encoder).embedded == 1
    assert (reads, encoder.encoded) == ([], ["RIVERS\n# Rivers\n\nThe river runs."])


def test_a_file_that_changes_after_it_was_read(three: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    path = three.seeds / "fable.txt"
    path.write_text("The first version.")
    read = documents.load_all

    def read_then_changed(path: Path, seeds: Path, *_: object) -> tuple[Document, ...]:
        document = read(path, seeds)
        path.write_text("The other version.")
        return document

    monkeypatch.setattr(documents, "load_all", read_then_changed)
    build(three, FakeEncoder())
    assert opened(three).document("fable.txt").text == "The first version."
    monkeypatch.setattr(documents, "load_all", read)
    build(three, FakeEncoder())
    assert opened(three).document("fable.txt").text == "The other version."


def test_what_could_not_be_read_is_tried_again_when_it_changed(three: Settings, reads: list[str]) -> None:
    (three.seeds / "junk.txt").write_bytes(b"\x00\x01\xff\xfe" * 100)
    summary = build(three, FakeEncoder())
    assert [entry.path for entry in summary.skipped] == ["junk.txt"]
    assert opened(three).skipped == summary.skipped
    again = build(three, FakeEncoder())
    assert (again.generation, again.skipped, reads) == (summary.generation, summary.skipped, ["junk.txt"])
    (three.seeds / "junk.txt").write_text("Not junk any more.")
    assert build(three, FakeEncoder()).skipped == ()
    assert reads == ["junk.txt", "junk.txt"]


def test_a_file_that_may_not_be_opened_is_tried_again_when_it_may(
    three: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    (three.seeds / "secret.txt").write_text("The letters are hidden.")
    really = os.open

    def refused(path: str | Path, *rest: int) -> int:
        if str(path).endswith("secret.txt"):
            raise PermissionError(13, "Permission denied", str(path))
        return really(path, *rest)

    with monkeypatch.context() as patch:
        patch.setattr(os, "open", refused)
        summary = build(three, FakeEncoder())
        assert [entry.reason for entry in summary.skipped] == ["It cannot be opened: permission denied."]
        assert build(three, FakeEncoder()).generation == summary.generation
    assert build(three, FakeEncoder()).documents == 4


def test_a_mistake_in_reading_one_file_does_not_cost_the_others(
    three: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    (three.seeds / "port.txt").write_text("The harbour is open.")
    (three.seeds / "e.txt").write_text("The night is long.")
    read = documents.load_all

    def mistaken(path: Path, seeds: Path, *_: object) -> tuple[Document, ...]:
        return read(path, seeds) if path.name != "port.txt" else {}["no such key"]

    monkeypatch.setattr(documents, "load_all", mistaken)
    summary = build(three, FakeEncoder())
    assert [(entry.path, "KeyError: 'no such key'" in entry.reason) for entry in summary.skipped] == [
        ("port.txt", True)
    ]
    assert summary.documents == 4


def test_an_index_below_the_documents_is_not_read(settings: Settings, write_seeds: Callable[..., Path]) -> None:
    write_seeds({"a.txt": "The fox sleeps."})
    inside = replace(settings, index=settings.seeds / "my index")
    for _ in range(2):
        (settings.seeds / "a.txt").write_text(f"The fox sleeps. {_}")
        assert build(inside, FakeEncoder()).documents == 1
    assert candidates(inside) == ({"a.txt": settings.seeds / "a.txt"}, ())


def test_nothing_readable_leaves_the_index_as_it_was(three: Settings) -> None:
    for path in (three.seeds / "fable.txt", three.seeds / "loaf.txt", three.seeds / "sub/b.md"):
        path.unlink()
    with pytest.raises(SeedsError, match=r"Nothing readable is in .*seeds: put documents there"):
        build(three, FakeEncoder())
    assert len(opened(three).search("fox", limit=9)) == 3
    assert [path.name for path in (three.index / "generations").iterdir()] == [opened(three).manifest.name]


def test_one_seeds_folder_is_not_taken_for_another(three: Settings, tmp_path: Path) -> None:
    other = tmp_path / "other seeds"
    other.mkdir()
    (other / "fable.txt").write_text("The cat sleeps.")
    os.utime(other / "fable.txt", ns=(0, (three.seeds / "fable.txt").stat().st_mtime_ns))
    build(replace(three, seeds=other), FakeEncoder())
    assert opened(three).document("fable.txt").text == "The cat sleeps."


def test_the_list_of_hashes_is_what_sha256sum_checks(settings: Settings, write_seeds: Callable[..., Path]) -> None:
    write_seeds({"a.txt": "The fox sleeps.", "back\\slash.txt": "Bread.", "é 東京.txt": "Night."})
    build(settings, FakeEncoder())
    listed = (generations.current(settings.index) / "documents.sha256").read_text(encoding="utf-8").splitlines()
    digests = [sha256(content).hexdigest() for content in (b"The fox sleeps.", b"Bread.", b"Night.")]
    assert listed == [f"{digests[0]}  a.txt", f"\\{digests[1]}  back\\\\slash.txt", f"{digests[2]}  é 東京.txt"]


def test_progress_tells_how_fast_and_how_long(settings: Settings, write_seeds: Callable[..., Path]) -> None:
    write_seeds({f"{i}.txt": f"Text number {i}." for i in range(3)})
    shown: list[Progress] = []
    build(settings, FakeEncoder(), report=shown.append)
    assert [(p.stage, p.done, p.total) for p in shown] == [
        ("reading", 1, 3), ("reading", 2, 3), ("embedding", 0, 3), ("embedding", 3, 3),
        ("writing", 0, 3), ("writing", 3, 3),
    ]  # fmt: skip
    assert shown[3].rate > 0
    assert shown[3].seconds_left == 0


def test_reading_goes_ahead_and_errors_of_the_encoder_end_it(three: Settings, reads: list[str]) -> None:
    class Broken(FakeEncoder):
        def pieces(self, texts: object) -> list[int]:
            raise RagError("The encoder is broken.")

    (three.seeds / "port.txt").write_text("The harbour is open.")
    with pytest.raises(RagError, match="The encoder is broken"):
        build(three, Broken())
    assert reads == ["port.txt"]


def test_a_large_file_waits_for_those_before_it(three: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ingest, "_BYTES_AHEAD", 1)
    files = [(name, three.seeds / name) for name in ("fable.txt", "loaf.txt", "sub/b.md")]
    ingested = list(ingest.ingest(files, three, FakeEncoder(), None))
    assert [item.id for item in ingested] == ["fable.txt", "loaf.txt", "sub/b.md"]
    assert [item.size for item in ingested] == [15, 15, 25]


def test_a_vanished_file_is_skipped(three: Settings) -> None:
    ingested = list(ingest.ingest([("gone.txt", three.seeds / "gone.txt")], three, FakeEncoder(), None))
    assert (ingested[0].document, ingested[0].reason) == (None, "It is no longer there.")
