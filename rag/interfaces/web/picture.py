"""A picture of the corpus: every passage a point on a plane, documents by colour, a question's passages ringed.

The plane is the first two principal components of the passages' vectors: near points are passages about like things.
The axes have no meaning of their own.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from rag.interfaces.web.markup import Html, element
from rag.types import Answer, Passage, Reply

if TYPE_CHECKING:
    from rag.library import Library

POINTS = 1_500
"""Passages drawn; of more, every n-th."""
COLOURS = 8
"""Documents with a colour of their own, those with most passages; the others share a quiet one."""
Point = tuple[float, float]
_WIDTH, _HEIGHT, _EDGE = 720.0, 420.0, 16.0


@dataclass(frozen=True, slots=True)
class Plane:
    """Where passages lie: made once for a generation of the index."""

    built_at: str
    passages: tuple[Passage, ...]
    centre: NDArray[np.float32]
    """(dimension,): subtracted before projecting."""
    axes: NDArray[np.float32]
    """(dimension, 2)."""
    places: NDArray[np.float32]
    """(n, 2), in units of the picture."""
    low: NDArray[np.float32]
    """(2,): the projection's least values."""
    span: NDArray[np.float32]
    """(2,): from there to its greatest."""

    def place(self, vector: NDArray[np.floating[Any]]) -> Point:
        """Return where a vector of shape (dimension,) lies in the picture, at its edge if it lies beyond."""
        x, y = _fit((vector - self.centre)[None] @ self.axes, self.low, self.span)[0].tolist()
        return x, y


class Gallery:
    """Draws a library's picture; keeps the plane of the generation that was drawn last."""

    def __init__(self) -> None:
        self._plane: Plane | None = None

    def draw(self, library: Library, reply: Reply | None) -> Html:
        """Return the picture, with the last reply's question and passages where there is one."""
        kept = self._plane
        if kept is None or kept.built_at != library.built_at:
            kept = self._plane = plane(library)
        titles = {entry.source.id: entry.source.title for entry in library.documents()}
        if reply is None:
            return picture(kept, titles)
        vector = library.models.encoder.encode_question(reply.standalone_question)
        return picture(kept, titles, (reply, kept.place(np.asarray(vector, dtype=np.float32).reshape(-1))))


def plane(library: Library) -> Plane:
    """Return the plane of the library's passages."""
    numbers = range(0, library.passages, max(1, -(-library.passages // POINTS)))
    vectors = np.asarray(library.vectors_at(list(numbers)), dtype=np.float32)
    passages = tuple(passage for passage, _ in library.passages_at(list(numbers)))
    centre = vectors.mean(axis=0)
    # Few enough passages to decompose at once; a plane needs two components even of a single passage.
    axes = np.zeros((vectors.shape[1], 2), dtype=np.float32)
    components = np.linalg.svd(vectors - centre, full_matrices=False)[2][:2]
    axes[:, : len(components)] = components.T
    flat = (vectors - centre) @ axes
    low = flat.min(axis=0)
    span = np.maximum(flat.max(axis=0) - low, 1e-6)
    return Plane(library.built_at, passages, centre, axes, _fit(flat, low, span), low, span)


def _fit(flat: NDArray[np.floating[Any]], low: NDArray[np.float32], span: NDArray[np.float32]) -> NDArray[np.float32]:
    size = np.array([_WIDTH - 2 * _EDGE, _HEIGHT - 2 * _EDGE], dtype=np.float32)
    fitted: NDArray[np.float32] = (np.clip((flat - low) / span, 0, 1) * size + _EDGE).astype(np.float32)
    return fitted


def picture(plane: Plane, titles: Mapping[str, str], asked: tuple[Reply, Point] | None = None) -> Html:
    """Return the plane as SVG with its legend; ``asked`` is the last reply and where its question lies."""
    counts = Counter(passage.document_id for passage in plane.passages)
    ranks = {document: rank for rank, (document, _) in enumerate(counts.most_common(COLOURS))}
    hits = _hits(plane, asked[0]) if asked else frozenset()
    dots = [
        _dot(
            passage,
            at,
            titles.get(passage.document_id, passage.document_id),
            ranks.get(passage.document_id),
            number in hits,
        )
        for number, (passage, at) in enumerate(zip(plane.passages, plane.places.tolist(), strict=True))
    ]
    drawing = element(
        "svg",
        *dots,
        _cross(asked[1], asked[0].standalone_question) if asked else None,
        viewBox=f"0 0 {_WIDTH:.0f} {_HEIGHT:.0f}",
        role="group",
        aria_label=f"{len(plane.passages):,} passages of {len(counts):,} documents on a plane",
    )
    caption = "Each dot is a passage; near ones are about like things."
    if asked:
        caption += " The cross is your last question, and ringed are the passages it was answered from."
    keys = [_key(titles.get(document, document), rank) for document, rank in ranks.items()]
    if len(counts) > len(ranks):
        keys.append(_key(f"{len(counts) - len(ranks):,} other documents", None))
    return element(
        "figure", drawing, element("figcaption", caption), element("ul", *keys, class_="cv-key"), class_="cv-picture"
    )


def _hits(plane: Plane, reply: Reply) -> frozenset[int]:
    """The passages (by row of the plane) that the reply quotes from."""
    quotes = reply.quotes if isinstance(reply, Answer) else reply.nearest
    return frozenset(
        number
        for number, passage in enumerate(plane.passages)
        for quote in quotes
        if passage.document_id == quote.document.id and passage.start < quote.end and quote.start < passage.end
    )


def _dot(passage: Passage, at: Sequence[float], title: str, rank: int | None, hit: bool) -> Html:
    return element(
        "circle",
        element("title", title),
        cx=round(at[0], 1),
        cy=round(at[1], 1),
        r=6 if hit else 4,
        class_=f"{_colour(rank)} cv-hit" if hit else _colour(rank),
        data_show=True,
        data_document=passage.document_id,
        data_start=passage.start,
        data_end=passage.end,
    )


def _cross(at: Point, question: str) -> Html:
    x, y = at
    arms = f"M{x - 9:.1f} {y:.1f}h18M{x:.1f} {y - 9:.1f}v18"
    return element("path", element("title", question), d=arms, class_="cv-cross")


def _key(title: str, rank: int | None) -> Html:
    return element("li", element("span", class_=_colour(rank)), element("bdi", title))


def _colour(rank: int | None) -> str:
    return "cv-colour-rest" if rank is None else f"cv-colour-{rank}"
