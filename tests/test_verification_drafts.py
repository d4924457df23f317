"""A text's quotations held against a folder: what stands passes, and nothing with another meaning does."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from fakes import FakeEncoder
from pdf_maker import lines, make_pdf

import rag
from rag import documents
from rag.indexing.build import build
from rag.interfaces.cli import main
from rag.settings import Settings
from rag.types import Document, Verdict
from rag.verification import _documents, check_text

PORT = (
    "The port of Lindvik was opened in June. Mayor Ada Holm said it had cost 1,200 crowns a day. She did not promise "
    "a second pier, but the council would look into it next year.\n\nForty ships came. Nobody was hurt."
)
ROAD = "“The road is safe,” said Per Dahl, who built it – twice. The ﬁne is 35² or 9.5 euros. Forty ships came."


@pytest.fixture
def folder(write_seeds: Callable[..., Path]) -> Path:
    return write_seeds({"port.txt": PORT, "news/road.md": ROAD, "bad.pdf": "no PDF", "other.txt": "Bread is baked."})


def judged(folder: Path, words: str, before: str = "") -> Verdict:
    text = f"{before}“{words}”"
    [found] = rag.verify(text, folder)
    assert found.text is not None
    assert text[slice(*found.text)] == words
    return found


def differences(found: Verdict) -> list[tuple[str, str, str]]:
    return [(item.field, item.said, item.stands) for item in found.differences]


@pytest.mark.parametrize(
    ("words", "kind", "place", "shown"),
    [
        ("The port of Lindvik was opened in June.", "exact", "The port of Lindvik was opened in June", []),
        ("the port of Lindvik was opened,", "typographic", "The port of Lindvik was opened", None),
        ("it had cost 1,200 crowns", "exact", "it had cost 1,200 crowns", []),
        ("The fine is 35²", "typographic", "The ﬁne is 35²", None),
        ("who built it - twice", "typographic", "who built it – twice", None),
        ("The port … was opened", "exact", "The port of Lindvik was opened", [("omission", "…", "of Lindvik")]),
        ("[Holm] did not promise a [new] pier", "exact", "did not promise a second pier",
         [("insertion", "[Holm]", ""), ("insertion", "[new]", "second")]),
        ("[S]he did not promise", "exact", "She did not promise", []),
        ("opened in June. … She did not", "exact", None,
         [("omission", "…", "Mayor Ada Holm said it had cost 1,200 crowns a day")]),
    ],
)  # fmt: skip
def test_words_that_stand(
    words: str, kind: str, place: str | None, shown: list[tuple[str, str, str]] | None, folder: Path
) -> None:
    found = judged(folder, words)
    assert (found.kind, found.holds) == (kind, True)
    assert found.document is not None
    text = {"port.txt": PORT, "news/road.md": ROAD}[found.document.id]
    if place is not None:
        assert text[found.start : found.end] == place
    if shown is not None:
        assert differences(found) == shown


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        ("She did promise a second pier", "altered"),
        ("She did … promise a second pier", "altered"),
        ("She did [certainly] promise a second pier", "altered"),
        ("She did not [never] promise a second pier", "altered"),
        ("it had cost 200 crowns a day", "altered"),
        ("200 crowns a day", "altered"),
        ("it had cost 1,200", "exact"),
        ("it had cost 1", "altered"),
        ("5 euros. Forty ships came", "altered"),
        ("Mayor Per Holm said it had cost 1,200 crowns", "altered"),
        ("it had cost 1,200 dollars a day", "altered"),
        ("The port of Lindvik was opened next year", "altered"),
        ("Nobody was hurt. The port of Lindvik was opened in June.", "stitched"),
        ("Nobody was hurt … The port of Lindvik", "stitched"),
        ("The road is safe, a second pier, but the council would", "stitched"),
        ("The fine is 352 or 9.5 euros", "altered"),
        ("Nothing of that kind has ever been heard anywhere", "absent"),
        ("ort of Lindvik was", "altered"),
    ],
)
def test_what_is_changed_never_passes(words: str, kind: str, folder: Path) -> None:
    found = judged(folder, words)
    assert found.kind == kind
    assert found.holds is (kind == "exact")
    if kind == "altered":
        assert found.differences


def test_an_ellipsis_does_not_join_what_two_have_said(write_seeds: Callable[..., Path]) -> None:
    talk = "ADA: I never saw the barge. It was dark.\n\nPER: It lay at the pier.\n\nADA: Not then."
    seeds = write_seeds({"talk.txt": talk})
    assert judged(seeds, "I never saw … It was dark").kind == "exact"
    assert judged(seeds, "I never saw … at the pier").kind == "stitched"


def test_of_several_places_the_speakers_is_taken(folder: Path) -> None:
    several = judged(folder, "Forty ships came")
    assert (several.kind, several.holds) == ("ambiguous", True)
    named = judged(folder, "Forty ships came", "Per Dahl said: ")
    assert named.document is not None
    assert (named.kind, named.document.id, named.differences) == ("exact", "news/road.md", ())
    wrong = judged(folder, "The port of Lindvik was opened", "Kaja Kallas said: ")
    assert (wrong.kind, differences(wrong)) == ("exact", [("attribution", "Kaja Kallas", "")])


def test_a_draft_is_checked_from_the_command_line(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    draft = folder / "draft.md"  # it lies among the documents, and is no source for itself
    draft.write_text("It said “Forty ships came.” and “Fifty ships came there.”\n", encoding="utf-8")
    assert main(["verify", "--text", str(draft), "--seeds", str(folder)]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "ambiguous: “Forty ships came.”"
    assert lines[-1] in ("2 quotations: 1 ambiguous, 1 altered.", "2 quotations: 1 ambiguous, 1 absent.")
    assert main(["verify", "--text", str(draft), "--seeds", str(folder), "--json"]) == 1
    first, second = json.loads(capsys.readouterr().out)["verdicts"]
    assert (first["verdict"], first["text_start"], first["text_end"]) == ("ambiguous", 9, 26)
    assert second["exact"] == "Fifty ships came there."
    draft.write_text("No quotation.", encoding="utf-8")
    assert main(["verify", "--text", str(draft), "--seeds", str(folder)]) == 0
    assert capsys.readouterr().out == "0 quotations.\n"


@pytest.mark.parametrize(
    "arguments", [["verify"], ["verify", "a.json", "--text", "b.md"], ["verify", "--text", "no.md"]]
)
def test_what_cannot_be_checked_is_one_line(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_files_that_are_read_aside_keep_their_order(tmp_path: Path) -> None:
    for number in range(24):
        (tmp_path / f"{number:02d}.pdf").write_bytes(make_pdf([lines([f"Ship {number} came."])]))
        (tmp_path / f"{number:02d}.txt").write_text(f"Text {number} came.", encoding="utf-8")
    (tmp_path / "11.pdf").write_bytes(b"no PDF")
    files = sorted(tmp_path.iterdir())
    read = [document.path for document in _documents(files, tmp_path)]
    assert read == [file.name for file in files if file.name != "11.pdf"]
    begun = _documents(files, tmp_path)
    assert next(begun).path == "00.pdf"
    begun.close()  # what is not begun is not read any more


def test_what_did_not_change_since_it_was_indexed_is_not_read_again(
    settings: Settings, write_seeds: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    seeds = write_seeds({"a.txt": "Nine ships came in the morning."})
    (seeds / "b.pdf").write_bytes(make_pdf([lines(["Ten ships left."])]))
    (seeds / "c.pdf").write_bytes(b"no PDF")
    build(settings, FakeEncoder())
    read: list[str] = []
    load = documents.load_all

    def counted(file: Path, seeds: Path) -> tuple[Document, ...]:
        read.append(file.name)
        return load(file, seeds)

    monkeypatch.setattr(documents, "load_all", counted)

    def kinds(index: Path | None) -> list[str]:
        read.clear()
        text = "“Nine ships came in the morning.” “Ten ships left.”"
        return [verdict.kind for verdict in check_text(text, seeds, index=index).verdicts]

    assert (kinds(settings.index), read) == (["exact", "exact"], ["a.txt"])
    assert (kinds(None), sorted(read)) == (["exact", "exact"], ["a.txt", "b.pdf", "c.pdf"])
    (seeds / "b.pdf").write_bytes(make_pdf([lines(["Six ships left."])]))
    assert (kinds(settings.index), sorted(read)) == (["exact", "altered"], ["a.txt", "b.pdf"])
    (settings.index / "CURRENT").write_text("nothing", encoding="utf-8")  # a damaged one is not used
    assert (kinds(settings.index), sorted(read)) == (["exact", "altered"], ["a.txt", "b.pdf", "c.pdf"])


def test_an_attachment_is_a_source(folder: Path) -> None:
    mail = (
        'From: ann@example.org\r\nSubject: Offer\r\nContent-Type: multipart/mixed; boundary="x"\r\n\r\n'
        "--x\r\n\r\nSee the file.\r\n--x\r\nContent-Type: text/plain\r\n"
        'Content-Disposition: attachment; filename="offer.txt"\r\n\r\nThe roof costs nine thousand crowns.\r\n--x--\r\n'
    )
    (folder / "mail.eml").write_bytes(mail.encode())
    found = judged(folder, "The roof costs nine thousand crowns.")
    assert (found.kind, found.document and found.document.id) == ("exact", "mail.eml/offer.txt")


def test_a_report_in_markdown_and_html(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    draft = tmp_path / "<b>draft.md"
    draft.write_text("It said “Nobody was hurt.” and “Mayor Per Holm <i>said</i> it had cost”.\n", encoding="utf-8")
    assert main(["verify", "--text", str(draft), "--seeds", str(folder), "--format", "html"]) == 1
    page = capsys.readouterr().out
    assert "Forty ships came. <mark>Nobody was hurt</mark>" in page
    assert '<h3 class="cv-holds">exact: the words stand here</h3>' in page
    assert "“Per” is said, the document has “Ada” (another name)" in page
    assert "<i>" not in page
    assert "<b>" not in page
    assert "http" not in page
    assert "<img" not in page
    (folder / "ships.pdf").write_bytes(make_pdf([lines(["It rained all day."]), lines(["Nine ships sank."])]))
    draft.write_text("“It rained all day.” “Nine ships sank.” “Mayor Per Holm <i>said</i> it”", encoding="utf-8")
    for asked, shown in (([], 2), (["--pictures", "1"], 1), (["--pictures", "0"], 0)):
        assert main(["verify", "--text", str(draft), "--seeds", str(folder), "--format", "html", *asked]) == 1
        page = capsys.readouterr().out
        assert page.count('<img src="data:image/png;base64,') == page.count("ships.pdf, the place marked") == shown
    draft.write_text("It said “Nobody was hurt.” and “Mayor Per Holm <i>said</i> it had cost”.\n", encoding="utf-8")
    assert main(["verify", str(draft), "--seeds", str(folder), "--format", "markdown"]) == 1
    text = capsys.readouterr().out
    assert "## exact: the words stand here\n\n> Nobody was hurt\\.\n\nport\\.txt, characters" in text
    assert "Forty ships came\\. **Nobody was hurt**" in text


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        ("‘The road is safe,’ said Per Dahl", "typographic"),
        ("'The road is safe,' said Per Dahl", "typographic"),
        ("The road is safe, said Per Dahl", "altered"),
        ("‘The road’s safe,’ said Per Dahl", "altered"),
    ],
)
def test_single_marks_within_a_quotation_stand_for_double_ones(folder: Path, words: str, kind: str) -> None:
    assert judged(folder, words).kind == kind


@pytest.mark.parametrize(
    ("stands", "said"),
    [
        ("The dogs’ owners paid the fine.", "The dog’s owners paid the fine."),
        ("The dogs’ owners paid the fine.", "The dogs owners paid the fine."),
        ("We’re the workers of the mill.", "Were the workers of the mill."),
        ("The shelf is 6′ wide and no more.", "The shelf is 6″ wide and no more."),
    ],
)
def test_an_apostrophe_that_makes_another_word_is_no_matter_of_type(
    stands: str, said: str, write_seeds: Callable[..., Path]
) -> None:
    assert judged(write_seeds({"a.txt": stands}), said).kind == "altered"
