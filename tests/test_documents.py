"""Plain text and Markdown exactly, and the reading of one file from a folder."""

from __future__ import annotations

import codecs
import hashlib
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.documents import SUFFIXES, load, markdown
from rag.documents.encodings import decode
from rag.documents.markdown import parse as parse_markdown
from rag.documents.markdown import plain
from rag.documents.text import parse as parse_text
from rag.errors import DocumentError
from rag.types import Document, Section

RUSSIAN = "Привет, как дела? Это обычный текст на русском языке."


def put(folder: Path, name: str, content: bytes | str) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))
    return path


def test_a_text_file_is_its_own_canonical_text(tmp_path: Path) -> None:
    content = "One 😀 line.\r\nTwo\rthree\x0c\u2028 e\u0301 é \ufb01.\n\n"
    path = put(tmp_path, "news/été_1.TXT", content)
    assert load(path, tmp_path) == Document(
        id="news/été_1.TXT",
        path="news/été_1.TXT",
        title="été 1",
        text=content,
        sha256=hashlib.sha256(content.encode("utf-8")).hexdigest(),
        media_type="text/plain",
    )


@pytest.mark.parametrize(
    ("data", "text", "warnings"),
    [
        (codecs.BOM_UTF8 + "Ångström".encode(), "Ångström", ()),
        ("\ufeffÅ 😀".encode("utf-16-le"), "Å 😀", ()),
        ("\ufeffÅ 😀".encode("utf-16-be"), "Å 😀", ()),
        ("\ufeffÅ 😀".encode("utf-32-le"), "Å 😀", ()),
        ("\ufeffÅ 😀".encode("utf-32-be"), "Å 😀", ()),
        ("It’s a dog’s life.".encode("cp1252"), "It’s a dog’s life.", ("read as windows-1252",)),
        ("Café".encode("cp1252"), "Café", ("read as windows-1252",)),
        (RUSSIAN.encode("cp1251"), RUSSIAN, ("read as windows-1251",)),
        (RUSSIAN.encode("koi8_r"), RUSSIAN, ("read as KOI8-R",)),
        ("日本語のテキストです。".encode("cp932"), "日本語のテキストです。", ("read as Shift_JIS",)),
        ("今天天气很好，我们去公园。".encode("gb18030"), "今天天气很好，我们去公园。", ("read as GB18030",)),
    ],
)
def test_encodings(data: bytes, text: str, warnings: tuple[str, ...]) -> None:
    assert decode(data) == (text, warnings)


def test_a_damaged_utf8_file_stays_utf8() -> None:
    data = RUSSIAN.encode() + b"\xff" + RUSSIAN.encode()
    warning = "read as UTF-8; 1 place could not be decoded (shown as \ufffd)"
    assert decode(data) == (RUSSIAN + "\ufffd" + RUSSIAN, (warning,))


def test_stray_bytes_do_not_cost_the_file() -> None:
    text = "“Quoted” words, and then many more of them in plain English. " * 4
    warnings = ("read as UTF-8; 1 place could not be decoded (shown as \ufffd)",)
    assert decode(text.encode() + b"\x9d") == (text + "\ufffd", warnings)
    plain = "plain English, and nothing else. " * 10
    assert decode(plain.encode() + b"\x9d") == (plain + "\ufffd", warnings)


def test_the_encoding_is_told_from_where_it_shows() -> None:
    text = "plain words\n" * 100_000 + "L’été à la plage.\n"
    assert decode(text.encode("cp1252")) == (text, ("read as windows-1252",))


@pytest.mark.parametrize("data", [b"abc\x00def", b"\x01\x02\x03\x04 abc", b"%PDF-1.7\n\x00\x01", b"\xff\xfe\x00\xd8a"])
def test_junk_under_a_text_name_is_refused(data: bytes) -> None:
    with pytest.raises(DocumentError):
        parse_text(data, "a.txt")


def test_another_kind_of_file_under_a_text_name_is_named() -> None:
    with pytest.raises(DocumentError, match=r"^It is an RTF document under the name of a text\.$"):
        decode(b"{\\rtf1 text}")


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("A walk in the park\n\nIt was raining.", "A walk in the park"),
        ("\r\n  A walk\r\n\r\nIt rained.", "A walk"),
        ("It was raining.\n\nThen it stopped.", ""),
        ("He said ‘no.’\n\nThen left.", ""),
        ("A walk\nin the park\n\nText.", ""),
        ("A walk in the park", ""),
        ("A walk in the park\n\n", ""),
        ("word " * 40 + "\n\nText.", ""),
        ("* * *\n\nText.", ""),
    ],
)
def test_the_title_of_a_text_is_a_line_that_stands_alone(text: str, title: str) -> None:
    assert parse_text(text.encode(), "a.txt").title == title


def test_markdown_headings_are_sections() -> None:
    text = (
        "Before.\n\n# Using **`rag`** with [seeds](x.md) #\nText.\n```sh\n# a comment\n```\n   ## Two\r\n\r\n"
        "Three 😀\n===\nText\nof a paragraph\n---\n\n<!--\n# hidden\n-->\n####### seven\n#no\n"
        "    # code\n- item\n---\n### \n"
    )
    sections = parse_markdown(text.encode(), "a.md").sections
    assert sections == (
        Section(text.index("# Using"), "Using rag with seeds"),
        Section(text.index("   ## Two"), "Two"),
        Section(text.index("Three"), "Three 😀"),
        Section(text.index("### \n"), ""),
    )


def test_front_matter_is_metadata_and_a_section_of_its_own() -> None:
    text = (
        "---\r\ntitle: \"A: b\"\r\ntags: [x, 'y']\r\nauthors:\r\n  - Ann\r\n  - Bob\r\n# no\r\n---\r\nHello.\r\n# H\r\n"
    )
    parsed = parse_markdown(codecs.BOM_UTF8 + text.encode(), "a.md")
    assert parsed.text == text
    assert parsed.title == "A: b"
    assert parsed.metadata == (("title", "A: b"), ("tags", "x, y"), ("authors", "Ann, Bob"))
    assert parsed.sections == (Section(0, ""), Section(text.index("Hello"), ""), Section(text.index("# H"), "H"))


@pytest.mark.parametrize(
    ("front", "metadata"),
    [
        ("version: 1.10\nday: 2024-03-05\ndraft: no\ntime: 12:30\nid: 007\nnone:\n",
         (("version", "1.10"), ("day", "2024-03-05"), ("draft", "no"), ("time", "12:30"), ("id", "007"))),
        ("by:\n  - name: Ann\n    age: 7\n  - Bob\nabout: >\n  one\n  two\n",
         (("by", "name: Ann, age: 7, Bob"), ("about", "one two"))),
        ("title: One: two\nlast name: 'Lee' \n- x\n", (("title", "One: two"), ("last name", "Lee"))),
        ("title: " + "[" * 9_000 + "\n", (("title", "[" * 499 + "…"),)),
        ("a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]\n", (("a", "&a [x, x]"), ("b", "&b [*a, *a]"), ("c", "[*b, *b]"))),
    ],
)  # fmt: skip
def test_front_matter_stays_as_it_is_written(front: str, metadata: tuple[tuple[str, str], ...]) -> None:
    parsed = parse_markdown(f"---\n{front}---\nText.".encode(), "a.md")
    assert parsed.metadata == metadata
    assert parsed.sections == (Section(0, ""), Section(len(front) + 8, ""))


def test_a_heading_in_a_list_a_quotation_or_html_is_text() -> None:
    text = "- item\n\n  # in a list\n\n> # quoted\n\n<div>\n# in HTML\n</div>\n\n\\# no\n\n# R&amp;D ~~old~~ `a * b`"
    assert parse_markdown(text.encode(), "a.md").sections == (Section(text.index("# R&"), "R&D old a * b"),)


def test_the_headings_of_an_enormous_file_are_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(markdown, "LARGEST", 10)
    parsed = parse_markdown(b"# Heading\n\nText.", "a.md")
    assert (parsed.title, parsed.sections) == ("", ())
    assert parsed.warnings == ("it is too large for its headings to be found",)


@pytest.mark.parametrize(
    "text", ["---\n\nA rule above.\n\n---\n", "---\nkey: value\n", "--- x\nkey: value\n---\n", "text\n"]
)
def test_what_is_not_front_matter(text: str) -> None:
    parsed = parse_markdown(text.encode(), "a.md")
    assert (parsed.metadata, parsed.sections) == ((), ())


@pytest.mark.parametrize(
    ("heading", "words"),
    [("a_b *c*", "a_b c"), ("![i](u) x <b>y</b>", "i x y"), (r"1\. One", "1. One"), ("A < B", "A < B")],
)
def test_heading_words(heading: str, words: str) -> None:
    assert plain(heading) == words


@pytest.mark.parametrize(
    ("content", "reason"),
    [(b"", "It is empty."), (b" \n\t\n", "It holds no text."), (codecs.BOM_UTF8, "It holds no text.")],
)
def test_nothing_to_read(tmp_path: Path, content: bytes, reason: str) -> None:
    with pytest.raises(DocumentError) as caught:
        load(put(tmp_path, "a.txt", content), tmp_path)
    assert str(caught.value) == reason


def test_an_unknown_kind(tmp_path: Path) -> None:
    with pytest.raises(DocumentError, match=r"Files of this kind \(\.xyz\) are not read"):
        load(put(tmp_path, "a.xyz", "text"), tmp_path)


def test_reading_the_package_loads_no_format() -> None:
    code = "import sys, rag.documents; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    heavy = {
        "charset_normalizer",
        "docx",
        "lxml",
        "markdown_it",
        "pypdfium2",
        "trafilatura",
        "yaml",
        "rag.documents.text",
    }
    assert heavy.isdisjoint(done.stdout.split())


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1))
def test_any_text_comes_back_whole(text: str) -> None:
    assert decode(text.encode("utf-8")) == (text.removeprefix("\ufeff"), ())
    assert decode(codecs.BOM_UTF16_LE + text.encode("utf-16-le")) == (text, ())


@given(st.text(st.sampled_from("#=-`~ \n\ta>*1.\r<!/pre[]()_😀\\\x0b\x0c\x85\u2028:")))
def test_markdown_sections_are_in_order(text: str) -> None:
    sections = parse_markdown(text.encode(), "a.md").sections
    starts = [section.start for section in sections]
    assert starts == sorted(set(starts))
    assert all(0 <= start <= len(text) for start in starts)
    assert all(start == 0 or text[start - 1] in "\r\n" for start in starts)


def test_the_table_names_modules_that_exist() -> None:
    folder = Path(__file__).parents[1] / "rag" / "documents"
    files = {folder.joinpath(*kind.module.split(".")).with_suffix(".py") for kind in SUFFIXES.values()}
    assert [path for path in files if not path.is_file()] == []
