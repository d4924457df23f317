"""The shape in which a document is shown: every character stays at its offset; tables, headings and lists are known."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from web_library import document

from rag.documents import load
from rag.interfaces.web import blocks, markdown
from rag.interfaces.web.blocks import SYNTAX, Block, Run, styled
from rag.types import Document, Section

GUIDE = """# The *harbour* guide #

Ships **must** [register](rules.md) with `a*b` and snake_case_names, 2 * 3 * 4, \\*not\\* it.
Second line  
after a break.

| Length | Fee `a|b` |
|:-------|----:|
| up to 10 m | 12 € |
over 10 m | paid **in advance**

- (i) by letter;
  going on
- (ii) by e-mail

  and again
  1. at the desk
> The office may refuse
> dangerous *goods*.

Title below
===========
```py
# no heading
| a | b |
```
---
"""


def guide(text: str) -> Document:
    return replace(document("guide.md", text), media_type="text/markdown")


def runs(found: list[Block]) -> list[Run]:
    return [run for block in found for row in block.rows for cell in row.cells for run in cell]


def covers(found: list[Block], start: int, end: int) -> bool:
    """Tell whether the runs are the text from ``start`` to ``end``, one after the other."""
    edges = [(run.start, run.end) for run in runs(found)]
    return [a for a, _ in edges] + [end] == [start] + [b for _, b in edges] and all(a < b for a, b in edges)


def visible(item: Document, block: Block) -> list[list[str]]:
    """Return what is seen of a block's cells, white space as a browser sets it."""
    seen = [
        ["".join(item.text[run.start : run.end] for run in cell if SYNTAX not in run.style) for cell in row.cells]
        for row in block.rows
    ]
    return [[" ".join(cell.split()) for cell in row] for row in seen]


def styles(item: Document, block: Block) -> list[tuple[str, str]]:
    return [
        (run.style, item.text[run.start : run.end]) for run in runs([block]) if run.style and SYNTAX not in run.style
    ]


def test_markdown_has_its_shape() -> None:
    item = guide(GUIDE)
    found = markdown.blocks(item, 0, len(GUIDE))
    assert covers(found, 0, len(GUIDE))
    heading, text, table, items, quoted, below, code, rule = found
    assert [block.kind for block in found] == ["h1", "text", "table", "list", "quoted", "h1", "code", "rule"]
    assert visible(item, heading) == [["The harbour guide"]]
    assert styles(item, heading) == [("em", "harbour")]
    words = "Ships must register with a*b and snake_case_names, 2 * 3 * 4, *not* it. Second line after a break."
    assert visible(item, text) == [[words]]
    assert styles(item, text) == [("strong", "must"), ("code", "a*b"), ("break", "\n")]
    assert visible(item, table) == [["Length", "Fee a|b"], ["up to 10 m", "12 €"], ["over 10 m", "paid in advance"]]
    assert [row.is_head for row in table.rows] == [True, False, False]
    assert visible(item, items) == [["(i) by letter; going on"], ["(ii) by e-mail and again"], ["1. at the desk"]]
    assert [row.level for row in items.rows] == [0, 0, 1]
    assert visible(item, quoted) == [["The office may refuse dangerous goods."]]
    assert visible(item, below) == [["Title below"]]
    assert visible(item, code) == [["# no heading | a | b |"]]
    assert visible(item, rule) == [[""]]


def test_a_part_of_code_is_code_where_its_fence_is_before_it() -> None:
    text = "~~~\n# one\n# two\n~~~\n# three\n"
    item = guide(text)
    found = markdown.blocks(item, text.index("# two"), len(text))
    assert [block.kind for block in found] == ["code", "h1"]


def test_front_matter_is_shown_as_it_stands(tmp_path: Path) -> None:
    path = tmp_path / "a.md"
    path.write_text("---\ntitle: A *b* c\n---\n# Head\nText.\n", encoding="utf-8")
    item = load(path, tmp_path)
    front, head, _ = markdown.blocks(item, 0, len(item.text))
    assert visible(item, front) == [["--- title: A *b* c ---"]]
    assert (front.kind, head.kind) == ("code", "h1")


PIECES = st.sampled_from(
    "a|B c| |  |\n|\n\n|\r\n|\r|*|**|_|`|``|# |- |1. |> |```\n|~~~|[x](y)|](|\\|---\n|===\n|    |\t|𝔘|~~".split("|")
) | st.sampled_from(["|", " | ", "| a | b |\n|---|---|\n", "A: b | C: d\n", "A: ", "<http://x>"])


@given(st.lists(PIECES, max_size=30), st.integers(0, 40), st.booleans())
def test_no_character_is_lost_or_moved(pieces: list[str], start: int, is_markdown: bool) -> None:
    text = "".join(pieces)
    start = min(start, len(text))
    item = replace(guide(text), sections=(Section(0, ""), Section(len(text) // 2, "a")))
    read = [markdown.blocks, partial(markdown.blocks, part=True)] if is_markdown else [blocks.blocks]
    for found in (one(item, start, len(text)) for one in read):
        assert covers(found, start, len(text)) or (start == len(text) and not runs(found))


def test_rows_that_name_their_columns_are_a_table(tmp_path: Path) -> None:
    path = tmp_path / "ports.csv"
    path.write_text(
        'Port,Country,Depth\nYstad,Sweden,7\nRauma,,"10: at low | water"\nPori,Finland,\n', encoding="utf-8"
    )
    item = load(path, tmp_path)
    (table,) = blocks.blocks(item, 0, len(item.text))
    assert table.names == ["Port", "Country", "Depth"]
    assert visible(item, table)[0] == ["Ystad", "Sweden", "7"]
    assert visible(item, table)[1] == ["Rauma", "", "10: at low | water"]
    assert visible(item, table)[2] == ["Pori", "Finland", ""]


def test_other_formats_keep_their_text_and_show_headings_and_tables() -> None:
    text = (
        "Fees\n\nThese hold: all of them | none.\n\nPlan: A | Price: 9\nPlan: B | Price: 10\n\nName: C | Age: 3\nEnd."
    )
    item = replace(document("a.docx", text), media_type="x/y", sections=(Section(0, "Fees"),))
    found = blocks.blocks(item, 0, len(text))
    assert [block.kind for block in found] == ["h3", "", "table", "table", ""]
    assert covers(found, 0, len(text))
    assert [block.names for block in found[2:4]] == [["Plan", "Price"], ["Name", "Age"]]


@pytest.mark.parametrize(
    "hostile", ["*" * 3_000, "**a" * 3_000, "[a](" * 3_000, "`a``" * 3_000, "| " * 3_000, "> " * 3_000]
)
def test_a_hostile_line_stays_whole(hostile: str) -> None:
    text = f"{hostile}\n{hostile}\n|-|-|\n{hostile}\n"
    assert covers(markdown.blocks(guide(text), 0, len(text)), 0, len(text))


def test_styles_may_overlap() -> None:
    found = list(styled(0, 10, [(2, 6, "a"), (4, 8, "b"), (9, 99, "c")]))
    assert [(run.start, run.end, run.style) for run in found] == [
        (0, 2, ""), (2, 4, "a"), (4, 6, "a b"), (6, 8, "b"), (8, 9, ""), (9, 10, "c"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("quoted", "seen"),
    [
        ("Keys are returned.** Rent is due.", ["Keys are returned.", " Rent is due."]),
        ("Rent is due. **Keys are", ["Rent is due. ", "Keys are"]),
        ("returned**, and ~~never", ["returned", ", and ", "never"]),
        ("a ** b and 2**3", ["a ** b and 2**3"]),
        ("see note* and *so*", ["see note* and ", "so"]),
    ],
)
def test_half_of_a_mark_is_not_shown_in_a_part_of_a_text(quoted: str, seen: list[str]) -> None:
    document = guide(quoted)
    part = markdown.blocks(document, 0, len(quoted), part=True)
    assert covers(part, 0, len(quoted))
    told = [quoted[run.start : run.end] for run in runs(part) if "syntax" not in run.style]
    assert told == seen
    assert "".join(quoted[run.start : run.end] for run in runs(markdown.blocks(document, 0, len(quoted)))) == quoted
