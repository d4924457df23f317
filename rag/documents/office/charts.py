"""What a chart and a diagram of an office document say: the figures behind the chart, the words in the boxes."""

from __future__ import annotations

from collections.abc import Iterator

from rag.documents.office.common import Element
from rag.documents.office.ooxml import qn
from rag.documents.tables.grid import Row

POINTS = 10_000
"""Categories of a chart that are read."""


def title(chart: Element) -> str:
    """Return what stands above a chart."""
    found = chart.find(f".//{qn('c:chart')}/{qn('c:title')}")
    return "" if found is None else " ".join(part.text or "" for part in found.iter(qn("a:t")))


def rows(chart: Element) -> Iterator[Row]:
    """Yield a row for each category of a chart, with the figure of each series."""
    series = list(chart.iter(qn("c:ser")))
    names = [_points(item, "c:tx").get(0, "") for item in series]
    figures = [_points(item, "c:val") or _points(item, "c:yVal") for item in series]
    categories: dict[int, str] = {}
    for item in series:
        categories = categories or _points(item, "c:cat") or _points(item, "c:xVal")
    places = sorted(set(categories).union(*figures))[:POINTS]
    for number, place in enumerate(places):
        said = zip(("", *names), (categories.get(place, ""), *(each.get(place, "") for each in figures)), strict=True)
        if fields := tuple((name, text) for name, text in said if text.strip()):
            yield Row(number, fields)


def diagram_lines(diagram: Element) -> Iterator[str]:
    """Yield the words in each box of a diagram (SmartArt), in the order of its list."""
    for point in diagram.iter(qn("dgm:pt")):
        for paragraph in point.iter(qn("a:p")):
            yield "".join(part.text or "" for part in paragraph.iter(qn("a:t")))


def _points(series: Element, name: str) -> dict[int, str]:
    """Return place → what stands there, as the file keeps it."""
    found = series.find(qn(name))
    if found is None:
        return {}
    several = {
        int(place): point.findtext(qn("c:v")) or ""
        for point in found.iter(qn("c:pt"))
        if (place := point.get("idx", "")).isascii() and place.isdigit() and len(place) < 7
    }
    alone = found.findtext(qn("c:v"))
    return several or ({0: alone} if alone else {})
