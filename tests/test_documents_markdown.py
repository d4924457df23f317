"""Markdown's tables: the text stays as it is, and rows far from their head are told what it says."""

from __future__ import annotations

import pytest

from rag.documents import markdown
from rag.text.boundaries import LONGEST


def test_rows_far_from_a_tables_head_are_a_section_that_names_it() -> None:
    rows = [f"| pier {number:02} | {number} metres | keeper {number} |\n" for number in range(30)]
    text = f"# Harbour\n\n| Pier | *Depth* | Keeper |\n|---|---|---|\n{''.join(rows)}\nCall us.\n\n## Fees\n\nNone.\n"
    parsed = markdown.parse(text.encode(), "a.md")
    assert parsed.text == text
    assert parsed.title == "Harbour"
    assert [(section.heading, text[section.start :].strip().split("\n")[0]) for section in parsed.sections] == [
        ("Harbour", "# Harbour"),
        ("Harbour — Pier | Depth | Keeper", "| pier 11 | 11 metres | keeper 11 |"),
        ("Harbour", "Call us."),
        ("Fees", "## Fees"),
    ]
    far = parsed.sections[1].start
    assert far - text.index("| Pier") > LONGEST >= far - len(rows[10]) - text.index("| Pier")


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        ("", ["Pier | Depth"]),
        ("\n", ["Pier | Depth"]),
        ("\nCall us.", ["Pier | Depth", ""]),
        ("# Fees\nNone.", ["Pier | Depth", "Fees"]),
    ],
)
def test_what_follows_a_long_table(after: str, expected: list[str]) -> None:
    text = "| Pier | Depth |\n|---|---|\n" + f"| {'x' * 90} | 3 |\n" * 5 + after
    parsed = markdown.parse(text.encode(), "a.md")
    assert [section.heading for section in parsed.sections] == expected
    assert parsed.title == ("Fees" if "#" in after else "")
