"""Tables in plain text whose columns are aligned by spaces: each is a section under the names of its columns."""

from __future__ import annotations

import re

import pytest

from rag.documents.text import parse

TIDES = """\
Day        High   Low    Height
Monday     06:12  12:20   3.4 m
Tuesday    07:01  13:10   3.6 m
Wednesday  07:50  14:00  10.7 m
"""
ENGINES = """\
                 Petrel          Skua
-------------------------------------------
Fuel             diesel, 40 l    petrol, 12 l
Power            55 kW           9 kW
Serviced         in March        in May
"""
PROCESSES = "PID   USER   CPU  CMD\n  1   root   0.0  init\n 22   ann    1.2  bash\n345   ann    0.0  less\n"


def headings(text: str) -> list[str]:
    """Return the headings of the sections, each of which must begin and end with the table."""
    parsed = parse(text.encode(), "notes.txt")
    assert parsed.text == text
    return [section.heading for section in parsed.sections]


@pytest.mark.parametrize(
    ("table", "heading"),
    [
        (TIDES, "Day | High | Low | Height"),
        (re.sub(" {2,}", "\t", TIDES), "Day | High | Low | Height"),
        (ENGINES, "Petrel | Skua"),
        (PROCESSES, "PID | USER | CPU | CMD"),
    ],
)
def test_a_table_is_a_section_under_the_names_of_its_columns(table: str, heading: str) -> None:
    above, below = "Dear all,\n\nthese are the figures:\n\n", "\nThe boat waits for nobody.\n"
    assert headings(above + table + below) == [heading, ""]
    parsed = parse((above + table + below).encode(), "notes.txt")
    assert [parsed.text[section.start :].lstrip()[:3] for section in parsed.sections] == [table.split()[0][:3], "The"]


@pytest.mark.parametrize(
    "text",
    [
        "Name:    Ada Holm\nBoat:    Petrel\nBerth:   14\nSince:   2019\n",  # labels and values
        "09:12  4  INFO   started\n09:13  5  WARN   slow\n09:14  5  INFO   done\n09:15  1  INFO   quiet\n",  # no head
        "The  ferry leaves  at   eight from the\nold  quay,  and   whoever comes later\nwaits for  the next.\n",
        "Day    High   Low\nMonday   06:12   12:20\n",  # a row is no table
        "plain words\nand more of them\n",
    ],
)
def test_other_text_has_no_sections(text: str) -> None:
    assert headings(text) == []
