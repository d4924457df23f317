"""Notebooks: cells with their numbers and headings, code with its output."""

from __future__ import annotations

import json

import pytest

from rag.documents import notebook
from rag.errors import DocumentError

TABLE = "<table><thead><tr><th><th>ship<th>crew</thead><tr><th>0</th><td>Ada<td>4</table>"
CELLS = [
    {"cell_type": "markdown", "source": ["# Tides\n", "\n", "Measured in May."]},
    {"cell_type": "code", "source": "low = 2\nlow", "outputs": [
        {"output_type": "stream", "text": ["\x1b[31mreading\x1b[0m\n", "done\n"]},
        {"output_type": "execute_result", "data": {"text/plain": ["2"], "image/png": "iVBO"}},
    ]},
    {"cell_type": "markdown", "source": "Then ships.\n\n## Ships\n\nOne."},
    {"cell_type": "code", "source": "ships", "outputs": [
        {"output_type": "display_data", "data": {"text/html": TABLE, "text/plain": "  ship\n0 Ada"}},
        {"output_type": "error", "ename": "KeyError", "evalue": "'mast'", "traceback": ["…"]},
    ]},
    {"cell_type": "raw", "source": "As it is."},
]  # fmt: skip


def parsed(value: object) -> notebook.Parsed:
    return notebook.parse(json.dumps(value).encode(), "a.ipynb")


def test_cells_are_sections_under_their_headings() -> None:
    found = parsed({"cells": CELLS, "nbformat": 4, "metadata": {"authors": [{"name": "Ann"}]}})
    assert found.text == (
        "# Tides\n\nMeasured in May.\n\nlow = 2\nlow\n\nreading\ndone\n\n2\n\nThen ships.\n\n## Ships\n\nOne.\n\n"
        "ships\n\n0 | ship: Ada | crew: 4\n\nKeyError: 'mast'\n\nAs it is."
    )
    assert [(found.text[section.start :].split("\n")[0], section.heading) for section in found.sections] == [
        ("# Tides", "Tides, cell 1"),
        ("low = 2", "Tides, cell 2"),
        ("Then ships.", "Tides, cell 3"),
        ("## Ships", "Ships, cell 3"),
        ("ships", "Ships, cell 4"),
        ("As it is.", "Ships, cell 5"),
    ]
    assert (found.title, found.metadata) == ("Tides", (("author", "Ann"),))


def test_the_older_kind() -> None:
    cells = [
        {"cell_type": "heading", "level": 2, "source": "Tides"},
        {"cell_type": "code", "input": ["low = 2"], "outputs": [{"output_type": "pyout", "text": ["2"]}]},
    ]
    found = parsed({"worksheets": [{"cells": cells}], "nbformat": 3})
    assert found.text == "## Tides\n\nlow = 2\n\n2"
    assert [section.heading for section in found.sections] == ["Tides, cell 1", "Tides, cell 2"]


@pytest.mark.parametrize("value", [[], {}, {"cells": 3}, {"cells": [1, {"source": "x"}]}, "x", {"worksheets": [None]}])
def test_what_is_no_notebook(value: object) -> None:
    with pytest.raises(DocumentError, match="not a notebook"):
        parsed(value)


def test_odd_values_are_passed_over() -> None:
    cells = [{"cell_type": "code", "source": {"a": 1}, "outputs": [7, {"data": []}, {"text": [1, "x"]}]}]
    assert parsed({"cells": cells}).text == "x"
