"""What the values say of themselves."""

from __future__ import annotations

import pytest

from rag.names import is_telling
from rag.types import Passage

TELLING = (
    "AI|EU|G20|B12|C|5G|東京|第12号|ЕС|ไทย|हिन्दी|Über|Scan|Image of a fox|MH370|F16 2024|Boeing 747|deadbeef|facade 2|"
    "annual report 2024|R&D|IMG formats"
)
NAMELESS = (
    "| |42|2024-03-05|12 (3)|…—…|٤٢|_1|a1|d12|IMG_0042|IMG-20240305-WA0001|DSC00012|dscf 7|P1010001|scan0007|"
    "PXL_20240305_101010123|3f2a9c1e|DEADBEEF00|000 0667f5|123e4567-e89b-12d3-a456-426614174000"
)


@pytest.mark.parametrize("title", TELLING.split("|"))
def test_a_title_that_tells_something_is_context(title: str) -> None:
    assert is_telling(title)
    assert Passage("a.txt", 0, 1, 0, title, "Aims", ()).context == f"{title} — Aims"


@pytest.mark.parametrize("title", NAMELESS.split("|"))
def test_a_title_that_tells_nothing_is_left_out(title: str) -> None:
    assert not is_telling(title)
    assert Passage("a.txt", 0, 1, 0, title, "Aims", ()).context == "Aims"
    assert Passage("a.txt", 0, 1, 0, title, "", ()).context == ""


def test_a_context_says_nothing_twice_and_is_bounded() -> None:
    assert Passage("a.txt", 0, 1, 0, "Aims", "Aims", ()).context == "Aims"
    assert Passage("a.txt", 0, 1, 0, "x" * 300, "Aims", ()).context == "x" * 200


@pytest.mark.parametrize(
    ("name", "said"),
    [("minutes/20240918.txt", "18 September 2024"), ("council 2023-01-05.md", "5 January 2023"),
     ("2024-01/notes.txt", "January 2024"), ("a20241301.txt", ""), ("1202409180.txt", "")],
)  # fmt: skip
def test_the_date_of_a_files_name_is_context(name: str, said: str) -> None:
    assert Passage(name, 0, 1, 0, "Council", "Aims", ()).context == " — ".join(filter(None, ("Council", said, "Aims")))
