"""Jupyter notebooks: a cell is a section, ``cell 4``, with the heading it stands under; code is followed by its output.

Cells are counted from 1, words and code alike. Pictures are left out; of a table shown in HTML the rows are read.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping

from rag.documents import markdown
from rag.documents.encodings import decode
from rag.documents.parsed import Assembler, Parsed
from rag.documents.web import markup
from rag.errors import DocumentError

_TERMINAL = re.compile(r"\x1b\[[0-9;?]{0,20}[A-Za-z]")


def parse(data: bytes, name: str) -> Parsed:
    """Return the cells of the notebook in ``data``; raises DocumentError where it is none."""
    text, warnings = decode(data)
    try:
        notebook = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise DocumentError(f"It is not a notebook: it is not JSON ({error}).") from error
    cells = list(_cells(notebook))
    if not cells:
        raise DocumentError("It is not a notebook, or one without cells.")
    content = Assembler()
    heading = title = ""
    for number, cell in enumerate(cells, start=1):
        place = f"cell {number}"
        source = _joined(cell.get("source", cell.get("input")))
        if cell.get("cell_type") in ("markdown", "heading"):
            source = f"{'#' * _level(cell)} {source}" if cell["cell_type"] == "heading" else source
            heading = _write_words(content, source, place, heading)
            title = title or heading
        else:
            content.section(f"{heading}, {place}" if heading else place)
            content.block(source)
            for output in _list(cell.get("outputs")):
                _write_output(content, output)
    metadata = _mapping(_mapping(notebook).get("metadata"))
    authors = ", ".join(str(_mapping(author).get("name", "")) for author in _list(metadata.get("authors")))
    title = str(metadata.get("title") or title)
    return content.finish(title=title, metadata=[("author", authors)], warnings=warnings)


def _write_words(content: Assembler, source: str, place: str, heading: str) -> str:
    """Add a cell of Markdown, divided at its headings; return the last of them, or else the one before."""
    parsed = markdown.parse(source.encode("utf-8", "replace"), "")
    edges = [(section.start, section.heading) for section in parsed.sections]
    if not edges or edges[0][0] > 0:
        edges.insert(0, (0, ""))
    for (start, said), end in zip(edges, [*(start for start, _ in edges[1:]), len(parsed.text)], strict=True):
        heading = said or heading
        content.section(f"{heading}, {place}" if heading else place)
        content.block(parsed.text[start:end])
    return heading


def _write_output(content: Assembler, output: object) -> None:
    shown = _mapping(output)
    if shown.get("output_type") in ("error", "pyerr"):
        content.block(f"{shown.get('ename', '')}: {shown.get('evalue', '')}")
        return
    data = {**shown, **_mapping(shown.get("data"))}
    page = _joined(data.get("text/html", data.get("html")))
    if "<table" in page:
        markup.write(content, markup.blocks(markup.tree(page)))
        return
    words = data.get("text/plain", data.get("text/markdown", data.get("text")))
    content.block(_TERMINAL.sub("", _joined(words)))


def _cells(notebook: object) -> Iterator[Mapping[str, object]]:
    """Yield the cells, of the older kind too, in which they stand on worksheets."""
    whole = _mapping(notebook)
    for sheet in [whole, *map(_mapping, _list(whole.get("worksheets")))]:
        yield from (cell for cell in map(_mapping, _list(sheet.get("cells"))) if cell.get("cell_type"))


def _level(cell: Mapping[str, object]) -> int:
    level = cell.get("level")
    return level if isinstance(level, int) and 1 <= level <= 6 else 1


def _joined(value: object) -> str:
    """Return text that is written as one string, or as a list of its lines."""
    return "".join(part for part in (value if isinstance(value, list) else [value]) if isinstance(part, str))


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else []


def _mapping(value: object) -> Mapping[str, object]:
    return value if isinstance(value, dict) else {}
