"""Quotes as other programs take them: each form is read back by what reads such forms."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from urllib.parse import unquote

import pytest

import rag
from rag import documents
from rag.interfaces.citations import annotation_page, bibtex, csl
from rag.interfaces.exports import FORMS, export
from rag.interfaces.serialization import quote_to_json
from rag.interfaces.web import briefs
from rag.types import Answer, Quote, Refusal, Source

TEXTS = {
    "2024-03-05 minutes.txt": "The crane is moved in May.\nIt costs 40 % of the budget & more_money {so}.\n",
    "ships & co.md": "# Ships\n\nNine *ships* came <b>in</b> on Monday. Nobody left.\n",
}


@pytest.fixture
def seeds(tmp_path: Path) -> Path:
    folder = tmp_path / "seeds"
    folder.mkdir()
    for name, text in TEXTS.items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def quote_of(seeds: Path, name: str, exact: str) -> Quote:
    document = documents.load(seeds / name, seeds)
    at = document.text.index(exact)
    end = at + len(exact)
    source = Source(document.id, document.title, document.path, document.sha256)
    around = document.text[max(0, at - 20) : at], document.text[end : end + 20]
    return Quote(source, at, end, exact, *around, ((at, at + 4),), None, document.text.count("\n", 0, at) + 1, "", 0.8)


@pytest.fixture
def replies(seeds: Path) -> list[Answer | Refusal]:
    minutes, ships = TEXTS
    quotes = (
        quote_of(seeds, ships, "Nine *ships* came <b>in</b> on Monday."),
        quote_of(seeds, minutes, "It costs 40 % of the budget & more_money {so}."),
    )
    later = quote_of(seeds, ships, "Nobody left.")
    near = Refusal("Who sang?", "Who sang?", "No clear answer was found.", (later,), 0.1)
    return [Answer("What came?", "What came?", quotes, 0.9), near, Answer("Who left?", "Who left?", (later,), 0.8)]


def test_annotations_are_of_the_w3c_model(replies: list[Answer | Refusal]) -> None:
    page = json.loads(export("annotation", replies))
    assert page["@context"][0] == "http://www.w3.org/ns/anno.jsonld"
    assert page["type"] == "AnnotationPage"
    assert len(page["items"]) == 3  # what a refusal shows is no answer
    iri = re.compile(r"urn:uuid:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
    assert all(iri.fullmatch(item["id"]) for item in (page, *page["items"]))
    assert len({item["id"] for item in page["items"]}) == 3
    for item in page["items"]:
        assert (item["type"], item["motivation"], item["body"]["purpose"]) == ("Annotation", *["questioning"] * 2)
        target = item["target"]
        assert target["type"] == "SpecificResource"
        text = TEXTS[unquote(target["source"]["id"])]
        quote, position = target["selector"]
        assert (quote["type"], position["type"]) == ("TextQuoteSelector", "TextPositionSelector")
        assert text[position["start"] : position["end"]] == quote["exact"]
        assert text.startswith(
            quote["prefix"] + quote["exact"] + quote["suffix"], position["start"] - len(quote["prefix"])
        )


def test_a_page_of_a_pdf_is_a_selector_too(replies: list[Answer | Refusal]) -> None:
    quote = replies[0].quotes[0]  # type: ignore[union-attr]
    paged = replace(quote, page=3, document=replace(quote.document, path="a.pdf"))
    (item,) = annotation_page([Answer("Q?", "Q?", (paged,), 0.9)])["items"]
    assert item["target"]["selector"][2] == {
        "type": "FragmentSelector",
        "conformsTo": "http://tools.ietf.org/rfc/rfc3778",
        "value": "page=3",
    }


def test_csl_has_an_item_a_document(replies: list[Answer | Refusal]) -> None:
    ships, minutes = csl(replies)
    assert [quote["exact"] for quote in ships["custom"]["quotes"]] == [
        "Nine *ships* came <b>in</b> on Monday.",
        "Nobody left.",
    ]
    assert ships["custom"]["quotes"][1] == quote_to_json(replies[2].quotes[0])  # type: ignore[union-attr]
    assert (ships["type"], ships["title"], "issued" in ships) == ("document", "Ships", False)
    assert minutes["issued"] == {"date-parts": [[2024, 3, 5]]}
    assert re.fullmatch(r"2024-03-05-minutes-[0-9a-f]{8}", minutes["id"])
    assert "SHA-256" in minutes["note"]


def test_bibtex_keeps_what_tex_reads_as_its_own(replies: list[Answer | Refusal]) -> None:
    entries = bibtex(replies)
    assert entries.count("@misc{") == 2
    assert r"It costs 40 \% of the budget \& more\_money \{so\}." in entries
    assert "  year = {2024},\n  month = {3}," in entries
    bare = re.sub(r"\\[{}]", "", entries)
    assert bare.count("{") == bare.count("}")


@pytest.mark.parametrize(("form", "suffix"), [("markdown", ".md"), ("html", ".html"), ("docx", ".docx")])
def test_every_quote_of_a_brief_is_found_again(
    replies: list[Answer | Refusal], seeds: Path, tmp_path: Path, form: str, suffix: str
) -> None:
    file = tmp_path / f"brief{suffix}"
    file.write_bytes(export(form, replies))
    text = documents.load(file, tmp_path).text
    for reply in (replies[0], replies[2]):
        for quote in reply.quotes:  # type: ignore[union-attr]
            said = quote.exact if form != "markdown" else briefs.block_quote(quote.exact)[2:]
            assert said in text
            assert quote.document.sha256 in text
    assert "No clear answer found" in text


def test_footnotes_are_numbered_through_the_whole_brief(replies: list[Answer | Refusal]) -> None:
    assert [number for entry in briefs.entries(replies) for number, _ in entry.quotes] == [1, 2, 3]
    text = briefs.markdown(replies)
    assert [text.count(f"[^{number}]") for number in (1, 2, 3, 4)] == [2, 2, 2, 0]
    page = briefs.html(replies)
    assert re.findall(r'href="#note-(\d)"', page) == re.findall(r'id="note-(\d)"', page) == ["1", "2", "3"]
    assert "<b>in</b>" not in page


def test_word_reads_the_footnotes(replies: list[Answer | Refusal], tmp_path: Path) -> None:
    file = tmp_path / "brief.docx"
    file.write_bytes(briefs.docx(replies))
    text = documents.load(file, tmp_path).text
    first, second = text.index("Nine *ships*"), text.index("It costs 40 %")
    assert first < text.index("Ships (ships & co.md), line 3, characters 9–47. SHA-256") < second


def test_a_control_character_does_no_harm(replies: list[Answer | Refusal], tmp_path: Path) -> None:
    quote = replace(replies[0].quotes[0], exact="a\x00b\ud800c\rd", highlights=())  # type: ignore[union-attr]
    file = tmp_path / "brief.docx"
    file.write_bytes(briefs.docx([Answer("Q\x07?", "Q?", (quote,), 0.9)]))
    assert "a\ufffdb\ufffdc\nd" in documents.load(file, tmp_path).text


@pytest.mark.parametrize("form", FORMS)
def test_every_form_of_nothing(form: str) -> None:
    refusal = Refusal("Who sang?", "Who sang?", "No clear answer was found.", (), 0.1)
    assert export(form, [refusal]) or form == "bibtex"


def test_the_public_reply_can_be_exported(seeds: Path) -> None:
    reply = rag.read("What came on Monday?", {"ships.md": TEXTS["ships & co.md"]})
    assert json.loads(export("json", [reply]))["question"] == "What came on Monday?"


def test_annotations_are_verified_as_replies_are(replies: list[Answer | Refusal], seeds: Path) -> None:
    page = json.loads(export("annotation", replies))
    assert [verdict.kind for verdict in rag.verify(page, seeds) if verdict.holds] == ["exact"] * 3
    (seeds / "ships & co.md").write_text("# Ships\n\nTwo ships came. Nobody left.\n", encoding="utf-8")
    assert [verdict.holds for verdict in rag.verify(page, seeds)] == [False, True, False]
