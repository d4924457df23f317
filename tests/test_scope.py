"""Which documents a scope names: by path, by type and by date, and what it says where it names none."""

from __future__ import annotations

import pytest

from rag.errors import ScopeError
from rag.scope import Listed, Scope, chosen, date_of, plain, scope_of

TYPES = {".txt": "text/plain", ".log": "text/plain", ".pdf": "application/pdf", ".eml": "message/rfc822"}
DATES = {
    "mail/a.eml": "2024-03-05",
    "mail/a.eml/offer.pdf": "2024-03",
    "mail/b.eml": "2025-01-31",
    "mails.txt": "2023",
    "notes/caf\u00e9.txt": "",
    "notes/old/x.pdf": "2024-02-29",
    "notes/old-x.log": "2024-12-01",
}
LISTED = [Listed(name, plain(name), TYPES["." + name.rsplit(".", 1)[1]], DATES[name]) for name in sorted(DATES)]


def names(seeds: str = "seeds", **fields: tuple[str, ...] | str) -> list[str]:
    return [found.id for found in chosen(Scope(**fields), LISTED, types=TYPES, seeds=seeds)]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("mail", ["mail/a.eml", "mail/a.eml/offer.pdf", "mail/b.eml"]),
        ("mail/", ["mail/a.eml", "mail/a.eml/offer.pdf", "mail/b.eml"]),
        ("./mail/a.eml", ["mail/a.eml", "mail/a.eml/offer.pdf"]),
        ("mail/../notes/old", ["notes/old/x.pdf"]),
        ("notes/cafe\u0301.txt", ["notes/caf\u00e9.txt"]),
        ("seeds/notes/old/", ["notes/old/x.pdf"]),
        ("", sorted(DATES)),
        (".", sorted(DATES)),
        ("seeds", sorted(DATES)),
    ],
)
def test_a_path_names_a_document_or_all_below_a_folder_or_mail(path: str, found: list[str]) -> None:
    assert names(within=(path,)) == found


def test_several_paths_name_each_document_once_in_order() -> None:
    assert names(within=("notes/old", "mail/b.eml", "mail", "mail")) == [
        "mail/a.eml", "mail/a.eml/offer.pdf", "mail/b.eml", "notes/old/x.pdf",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("path", "hint"),
    [
        ("Note/", "Near it: notes."),
        ("elsewhere/mails.tx", "Near it: mails.txt"),
        ("mail/c.eml", "Near it: mail/b.eml, mail/a.eml."),
        ("mai", "Near it: mail."),
        ("zzz", "Paths count from the folder of documents."),
        ("../mail", "Near it: mail, mails.txt"),
        ("a\0b", "Paths count from the folder of documents."),
        ("x" * 100_000, "Paths count from the folder of documents."),
    ],
)
def test_a_path_where_nothing_lies_is_an_error_that_names_near_ones(path: str, hint: str) -> None:
    with pytest.raises(ScopeError, match="No document or folder ") as error:
        names(within=("mail", path))
    assert hint in str(error.value)
    assert len(str(error.value)) < 400
    assert "\0" not in str(error.value)


def test_a_type_stands_for_every_suffix_of_its_format() -> None:
    assert names(types=("txt",)) == ["mails.txt", "notes/caf\u00e9.txt", "notes/old-x.log"]
    assert names(types=(".PDF", "eml"), within=("mail",)) == ["mail/a.eml", "mail/a.eml/offer.pdf", "mail/b.eml"]
    with pytest.raises(ScopeError, match="'exe' is no type of document that is read: name one of txt, log, pdf, eml"):
        names(types=("exe",))


@pytest.mark.parametrize(
    ("since", "until", "found"),
    [
        ("2024", "", ["mail/a.eml", "mail/a.eml/offer.pdf", "mail/b.eml", "notes/old-x.log", "notes/old/x.pdf"]),
        ("2024-03-05", "2024-03-05", ["mail/a.eml", "mail/a.eml/offer.pdf"]),
        ("2024-03-06", "2024-12", ["mail/a.eml/offer.pdf", "notes/old-x.log"]),
        ("", "2024-02", ["mails.txt", "notes/old/x.pdf"]),
        ("2023-06", "2023-07", ["mails.txt"]),
        ("2026", "", []),
    ],
)
def test_dates_are_compared_as_exactly_as_they_are_known(since: str, until: str, found: list[str]) -> None:
    assert names(since=since, until=until) == found


@pytest.mark.parametrize("date", ["2024-3-5", "05.03.2024", "2024-13", "2023-02-29", "0000", "\u0662024", "yesterday"])
def test_what_is_no_date_is_an_error(date: str) -> None:
    with pytest.raises(ScopeError, match="is no date: write it as 2024, 2024-03 or 2024-03-05"):
        names(since=date)
    with pytest.raises(ScopeError, match="is no date"):
        names(until=date)


def test_a_scope_that_ends_before_it_begins_is_an_error() -> None:
    with pytest.raises(ScopeError, match="since 2024-03-05 and until 2024-02: turn them round"):
        names(since="2024-03-05", until="2024-02")


@pytest.mark.parametrize(
    ("name", "metadata", "date"),
    [
        ("a.eml", {"date": "Tue, 5 Mar 2024 10:00:00 +0100", "sent": "2024-03-05T10:00:00+01:00"}, "2024-03-05"),
        ("2020-01-01 a.md", {"Date": "2024-03"}, "2024-03"),
        ("a.md", {"date": "March 5, 2024"}, "2024-03-05"),
        ("a.md", {"date": "5 March 2024", "created": "2013-12-23"}, "2024-03-05"),
        ("a.md", {"date": "soon"}, "2001-09-09"),
        ("a.epub", {"date": "1998"}, "1998"),
        ("20240305_minutes.docx", {"created": "2013-12-23"}, "2024-03-05"),
        ("a.docx", {"modified": "2014-01-02", "created": "2013-12-23"}, "2013-12-23"),
        ("2024-03/minutes.txt", {}, "2024-03"),
        ("2024-03/2024_04_01 minutes.txt", {}, "2024-04-01"),
        ("room 2024.txt", {}, "2001-09-09"),
        ("tel 120240305.txt", {}, "2001-09-09"),
        ("2024-02-30.txt", {}, "2001-09-09"),
    ],
)
def test_a_documents_date_is_what_it_says_or_its_name_says_or_its_files(
    name: str, metadata: dict[str, str], date: str
) -> None:
    assert date_of(name, metadata.items(), 1_000_000_000 * 10**9 + 86_400 * 10**9 // 4) == date


def test_without_any_date_there_is_none() -> None:
    assert date_of("a.txt", (), None) == ""


def test_a_scope_is_made_of_paths_or_is_one() -> None:
    assert scope_of("news/") == scope_of(["news/"]) == Scope(("news/",))
    assert scope_of(Scope(types=("pdf",))) == Scope(types=("pdf",))
    assert Scope(("a", "b"), ("pdf", "docx"), "2024", "2025-03").words == (
        "in a or b, of type pdf or docx, dated 2024 to 2025-03"
    )
    assert [scope.words for scope in (Scope(since="2024"), Scope(until="2025"), Scope())] == [
        "dated 2024 or later", "dated 2025 or earlier", "",
    ]  # fmt: skip
