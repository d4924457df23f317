"""Citations held against a folder: every claim that is forged is named, and only what a build reads is looked at."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from pdf_maker import lines, make_pdf

import rag
from rag import documents
from rag.documents import reading_of
from rag.errors import ReplyError, SeedsError
from rag.interfaces.citations import annotation_page
from rag.interfaces.serialization import to_json
from rag.interfaces.terminal import fault_line
from rag.types import Answer, Difference, Quote, Refusal, Source, Verdict

SAID = "He said ‘no’ to it – twice."
FINE = "The ﬁne was 35² or 1,200 dollars a day for the port."
TEXT = f"# Harbour\r\n\r\nZuerst 😀.\r\n{SAID} {FINE}\r\n\r\n# Bread\r\n\r\nThen he left. Then he left."
SOURCE = Source("sub/a.md", "Harbour", "sub/a.md", sha256(TEXT.encode()).hexdigest(), reading_of(".md"))


@pytest.fixture
def folder(write_seeds: Callable[..., Path]) -> Path:
    return write_seeds({"sub/a.md": TEXT, "b.txt": "Other.", ".secret.txt": SAID, "sub/.hidden/c.txt": SAID})


def quote(words: str, **changes: Any) -> Quote:
    start = TEXT.find(words)
    end = start + len(words)
    around = (TEXT[:start][-9:], TEXT[end:][:9])
    section = "Harbour" if start < TEXT.find("# Bread") else "Bread"
    line = TEXT[:start].count("\n") + 1
    whole = Quote(SOURCE, start, end, words, *around, ((start, start + 2),), None, line, section, 0.5)
    return replace(whole, **changes)


def reply(*quotes: Quote) -> dict[str, Any]:
    return json.loads(json.dumps(to_json(Answer("Q?", "Q?", quotes, 0.9))))


def verdict(folder: Path, words: str, **changes: Any) -> Verdict:
    [found] = rag.verify(reply(quote(words, **changes)), folder)
    return found


def fields(found: Verdict) -> list[tuple[str, str, str]]:
    return [(item.field, item.said, item.stands) for item in found.differences]


def test_quotes_that_stand(folder: Path) -> None:
    cited = (quote(SAID), quote("Zuerst 😀."), quote(FINE))
    refusal = Refusal("Q?", "Q?", "No.", (quote("Then he left."),), 0.1)
    for value in (
        reply(*cited),
        Answer("Q?", "Q?", cited, 0.9),
        refusal,
        {"replies": [reply(*cited), {"status": "error", "error": "x"}, to_json(refusal)]},
        [reply(*cited), {"replies": [to_json(refusal)]}],
    ):
        found = rag.verify(value, folder)
        assert [item.kind for item in found] == ["exact"] * len(found)
        assert all(item.holds for item in found), found
    assert rag.verify(reply(quote(SAID)), folder) == (
        Verdict(SAID, "exact", SOURCE, TEXT.find(SAID), TEXT.find(SAID) + len(SAID)),
    )


@pytest.mark.parametrize(
    ("changes", "field", "said", "stands"),
    [
        ({"page": 7}, "page", "7", ""),
        ({"line": 99}, "line", "99", "4"),
        ({"line": -1}, "line", "-1", "4"),
        ({"section": "Bread"}, "section", "Bread", "Harbour"),
        ({"section": "\ud800"}, "section", "\ud800", "Harbour"),
        ({"page_label": "xvi"}, "page_label", "xvi", ""),
        ({"prefix": "elsewhere"}, "prefix", "elsewhere", "st 😀.\r\n"[-9:]),
        ({"suffix": "elsewhere"}, "suffix", "elsewhere", " The ﬁne "),
        ({"end": 999}, "end", "999", str(TEXT.find(SAID) + len(SAID))),
        ({"end": -1, "highlights": ()}, "end", "-1", str(TEXT.find(SAID) + len(SAID))),
        ({"highlights": ((0, 5),)}, "highlights", "0–5", ""),
        ({"highlights": ((30, 30),)}, "highlights", "30–30", ""),
        ({"document": replace(SOURCE, id="b.txt")}, "id", "b.txt", "sub/a.md"),
        ({"document": replace(SOURCE, title="Minutes")}, "title", "Minutes", "Harbour"),
        ({"document": replace(SOURCE, sha256="00")}, "sha256", "00", SOURCE.sha256),
    ],
)
def test_a_forged_claim_is_named(changes: dict[str, Any], field: str, said: str, stands: str, folder: Path) -> None:
    found = verdict(folder, SAID, **changes)
    assert (found.kind, found.holds) == ("exact", False)
    [difference] = found.differences
    assert (difference.field, difference.said) == (field, said)
    assert difference.stands.endswith(stands) if field == "prefix" else difference.stands == stands


def test_a_page_is_checked(tmp_path: Path) -> None:
    pages = [lines(["The first page."]), lines(["The second page."])]
    (tmp_path / "a.pdf").write_bytes(make_pdf(pages))
    value = reply(quote(SAID))
    value["quotes"][0] = {"exact": "The second page.", "page": 1, "document": {"path": "a.pdf"}}
    [found] = rag.verify(value, tmp_path)
    assert (found.kind, found.page, fields(found)) == ("exact", 2, [("page", "1", "2")])


def test_a_page_label_is_checked(tmp_path: Path) -> None:
    (tmp_path / "a.pdf").write_bytes(make_pdf([lines(["One page."]), lines(["Two pages."])], labels="0 << /S /r >>"))
    cited = {"exact": "Two pages.", "page": 2, "document": {"path": "a.pdf"}}
    value = {"status": "answered", "quotes": [{**cited, "page_label": label} for label in ("ii", "2", "\ud800")]}
    right, *forged = rag.verify(value, tmp_path)
    assert right.holds
    assert [fields(item) for item in forged] == [[("page_label", said, "ii")] for said in ("2", "\ud800")]


def test_another_reading_is_told_from_another_file(folder: Path) -> None:
    def told(**changes: Any) -> tuple[Verdict, str]:
        found = verdict(folder, SAID, start=3, end=3 + len(SAID), highlights=(), **changes)
        return found, fault_line(found)

    same, line = told()
    assert "reading" not in [name for name, _, _ in fields(same)]
    assert "the file" not in line
    older, line = told(document=replace(SOURCE, reading="markdown 1"))
    assert fields(older)[-1] == ("reading", "markdown 1", SOURCE.reading)
    assert "the file is the same, but another version of this program reads it" in line
    changed, line = told(document=replace(SOURCE, reading="markdown 1", sha256="00"))
    assert (changed.kind, "the file has changed" in line) == ("moved", True)
    # Where all stands as it is cited, it does not matter who read it.
    assert verdict(folder, SAID, document=replace(SOURCE, reading="\ud800 99")).holds
    assert fields(verdict(folder, SAID, exact="Never.", document=replace(SOURCE, reading="x")))[-1][0] == "reading"


def test_words_that_stand_elsewhere(folder: Path) -> None:
    at = TEXT.find(SAID)
    moved = verdict(folder, SAID, start=at + 1, end=at + 1 + len(SAID), highlights=())
    assert (moved.kind, moved.start, moved.end) == ("moved", at, at + len(SAID))
    assert [name for name, _, _ in fields(moved)] == ["start", "end"]
    for start in (-3, 10**30, len(TEXT)):
        assert verdict(folder, SAID, start=start, end=start + len(SAID)).kind == "moved"


def test_of_several_places_the_words_around_choose_one(folder: Path) -> None:
    second = TEXT.rfind("Then he left.")
    around = {"prefix": TEXT[:second][-9:], "suffix": ""}
    found = verdict(folder, "Then he left.", start=0, end=13, highlights=(), **around)
    assert (found.kind, found.start) == ("moved", second)
    found = verdict(folder, "Then he left.", start=second + 1, end=0, prefix="", suffix="", highlights=())
    assert (found.kind, found.start) == ("ambiguous", second)


def test_a_text_inserted_before_moves_the_quote(folder: Path) -> None:
    value = reply(quote(SAID))
    (folder / "sub/a.md").write_text("New.\n" + TEXT, newline="", encoding="utf-8")
    [found] = rag.verify(value, folder)
    assert (found.kind, found.start) == ("moved", TEXT.find(SAID) + 5)
    assert [name for name, _, _ in fields(found)] == ["sha256", "start", "end", "line"]


@pytest.mark.parametrize(
    ("said", "differing"),
    [
        ("He said 'no' to it - twice.", [("exact", "'no'", "‘no’"), ("exact", "-", "–")]),
        ("He said ‘no’ to it — twice.", [("exact", "—", "–")]),
    ],
)
def test_typography_alone(said: str, differing: list[tuple[str, str, str]], folder: Path) -> None:
    found = verdict(folder, SAID, exact=said)
    assert found.kind == "typographic"
    assert fields(found)[: len(differing)] == differing
    assert verdict(folder, FINE, exact=FINE.replace("ﬁ", "fi")).kind == "typographic"


@pytest.mark.parametrize(
    ("words", "said", "differences"),
    [
        (SAID, SAID.replace("no", "yes"), [("yes", "no")]),
        (SAID, SAID.replace(" to it", ""), [("", "to it")]),
        (FINE, FINE.replace("1,200", "1,300"), [("300", "200")]),
        (FINE, FINE.replace("35²", "352"), [("352", "35²")]),
        (FINE, FINE.replace("was", "was never"), [("never", "")]),
        (FINE, FINE.replace("dollars a", "pounds each"), [("pounds each", "dollars a")]),
        (FINE, FINE.replace("The", "A"), [("A", "The")]),
        (FINE, FINE.replace("port.", "town."), [("town", "port")]),
    ],
)
def test_altered_words_are_told_one_by_one(
    words: str, said: str, differences: list[tuple[str, str]], folder: Path
) -> None:
    found = verdict(folder, words, exact=said, end=TEXT.find(words) + len(said), highlights=())
    assert found.kind == "altered"
    assert [(item.said, item.stands) for item in found.differences if item.field == "exact"] == differences
    assert (found.start, found.end) == (TEXT.find(words), TEXT.find(words) + len(words))


@pytest.mark.parametrize(
    "said", ["", "Bread is made from flour, water and salt.", "leave", "\ud800", "‘’", "\u00ad", "\u2003"]
)
def test_words_that_do_not_stand(said: str, folder: Path) -> None:
    found = verdict(folder, SAID, exact=said, highlights=())
    assert (found.kind, found.start, found.end, found.page) == ("absent", None, None, None)


@pytest.mark.parametrize(
    "path",
    [
        ".secret.txt", "sub/.hidden/c.txt", "../outside.txt", "sub/../sub/a.md", "./sub/a.md", "sub", "", "none.txt",
        "/etc/passwd", "a\0b", "\ud800", "x" * 5_000, "link.txt", "linked/a.txt", "sub\\a.md",
    ],
)  # fmt: skip
def test_only_documents_of_the_folder_are_looked_at(path: str, folder: Path) -> None:
    outside = folder.parent / "elsewhere"
    outside.mkdir()
    for file in (folder.parent / "outside.txt", outside / "a.txt"):
        file.write_text(SAID, encoding="utf-8")
    (folder / "link.txt").symlink_to(folder.parent / "outside.txt")
    (folder / "linked").symlink_to(outside)
    found = verdict(folder, SAID, document=Source(path, "", path, ""))
    assert (found.kind, found.document, found.start, found.differences) == ("missing", None, None, ())
    assert "is not among the documents in" in found.reason


def test_a_document_that_cannot_be_read_is_missing(folder: Path) -> None:
    (folder / "b.txt").write_bytes(b"\x00\x01\x02" * 100)
    found = verdict(folder, SAID, document=Source("b.txt", "", "b.txt", ""))
    assert found.kind == "missing"
    assert found.reason.startswith("b.txt cannot be read: ")


def test_no_folder(tmp_path: Path) -> None:
    with pytest.raises(SeedsError, match="There is no folder"):
        rag.verify(reply(quote(SAID)), tmp_path / "none")


def broken(**changes: Any) -> dict[str, Any]:
    value = reply(quote(SAID))
    value["quotes"][0] |= changes
    return value


@pytest.mark.parametrize(
    "value",
    [
        [5], {}, ["text"], None, 5, {"status": "answered"}, {"status": "odd", "quotes": []}, {"status": ["answered"]},
        {"status": "answered", "quotes": 5}, {"status": "answered", "quotes": [5]}, {"replies": [{"replies": []}]},
        broken(exact=None), broken(exact=5), broken(start="1"), broken(start=1.5), broken(start=True),
        broken(end=[]), broken(page={}), broken(line="x"), broken(section=5), broken(prefix=[]),
        broken(highlights=5), broken(highlights=[5]), broken(highlights=[[1]]), broken(highlights=[["a", "b"]]),
        broken(document=None), broken(document="b.txt"), broken(document={}), broken(document={"path": 5}),
    ],
)  # fmt: skip
def test_what_is_no_reply(value: Any, folder: Path) -> None:
    with pytest.raises(ReplyError):
        rag.verify(value, folder)


def test_what_is_not_said_is_not_checked(folder: Path) -> None:
    bare = {"status": "answered", "quotes": [{"exact": SAID, "document": {"id": "sub/a.md"}}]}
    assert [item.holds for item in rag.verify(bare, folder)] == [True]
    bare["quotes"][0]["exact"] = "Then he left."  # type: ignore[index]
    assert [item.kind for item in rag.verify(bare, folder)] == ["ambiguous"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a" * 1_000_000, "a" * 10_000 + "b"),
        ("the of and " * 100_000, "of the and " * 2_000),
        ("word " * 200_000, "word other " * 1_000),
        (
            " ".join(f"w{number % 977} x{number}" for number in range(100_000)),
            " ".join(f"w{n % 89}" for n in range(900)),
        ),
    ],
)
def test_no_quote_takes_long(text: str, words: str, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text(text)
    began = time.process_time()
    rag.verify({"status": "answered", "quotes": [{"exact": words, "document": {"path": "a.txt"}}]}, tmp_path)
    assert time.process_time() - began < 5.0


def test_the_difference_of_a_long_quote_is_whole(tmp_path: Path) -> None:
    text = " ".join(f"word{number}" for number in range(3_000))
    (tmp_path / "a.txt").write_text(text)
    cited = text[:19_999].replace("word7 ", "word8 ")
    [found] = rag.verify({"status": "answered", "quotes": [{"exact": cited, "document": {"path": "a.txt"}}]}, tmp_path)
    assert found.kind == "altered"
    assert found.differences[0] == Difference("exact", "word8", "word7", ("number",))
    assert (found.start, found.end) == (0, 19_999)


def test_verifying_loads_nothing_heavy(folder: Path, tmp_path: Path) -> None:
    file = tmp_path / "reply.json"
    file.write_text(json.dumps(reply(quote(SAID))))
    heavy = "torch faiss gradio tiktoken tantivy sentence_transformers transformers fastapi numpy pydantic".split()
    code = (
        "import sys; from rag.interfaces.cli import main; "
        f"status = main(['verify', {str(file)!r}, '--seeds', {str(folder)!r}]); "
        f"print(status, [name for name in {heavy!r} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=os.environ)
    assert done.stdout.splitlines() == ["Every quote stands where it says.", "0 []"]


def test_each_document_is_read_once_and_the_verdicts_keep_their_order(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[str] = []
    load = documents.load_all

    def counted(file: Path, seeds: Path) -> Any:
        read.append(file.name)
        return load(file, seeds)

    monkeypatch.setattr(documents, "load_all", counted)
    other = quote("Other.", document=Source("b.txt", "b", "b.txt", ""))
    found = rag.verify(reply(quote(SAID), other, quote(FINE), other, quote("Never.")), folder)
    assert sorted(read) == ["a.md", "b.txt"]
    assert [verdict.exact for verdict in found] == [SAID, "Other.", FINE, "Other.", "Never."]


def test_annotations_are_checked_by_their_selectors(folder: Path) -> None:
    page = annotation_page([Answer("Q?", "Q?", (quote(SAID), quote(FINE)), 0.9)])
    assert [item.holds for item in rag.verify(page, folder)] == [True, True]
    first, second = page["items"]
    first["target"]["selector"][0]["exact"] = SAID.replace("twice", "once")
    second["target"]["source"]["sha256"] = "00"
    altered, other = rag.verify(page["items"], folder)
    assert (altered.kind, fields(altered)[0]) == ("altered", ("exact", "once", "twice"))
    assert (other.kind, fields(other)) == ("exact", [("sha256", "00", SOURCE.sha256)])
    first["target"]["source"]["id"] = "../a.md"
    assert rag.verify(first, folder)[0].kind == "missing"
    with pytest.raises(ReplyError):
        rag.verify({"target": "a.md"}, folder)
