from __future__ import annotations

from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from web_library import NEWS, FakeLibrary, document

from rag.interfaces.web import picture
from rag.interfaces.web.picture import Gallery, plane
from rag.types import Passage


class Placed(FakeLibrary):
    """Passages of known vectors: two documents, far apart along one axis."""

    def __init__(self, vectors: Sequence[Sequence[float]]) -> None:
        super().__init__([document("a.txt", NEWS, title="A <a>"), document("b.txt", NEWS, title="B")])
        self.vectors = np.array(vectors, dtype=np.float32)
        self.models = SimpleNamespace(encoder=SimpleNamespace(encode_question=lambda question: self.vectors[0]))

    @property
    def passages(self) -> int:
        return len(self.vectors)

    def vectors_at(self, numbers: Sequence[int]) -> Any:
        return self.vectors[list(numbers)]

    def passages_at(self, numbers: Sequence[int]) -> tuple[tuple[Passage, str], ...]:
        return tuple((_passage(number, "ab"[number % 2] + ".txt"), "") for number in numbers)


def _passage(number: int, id: str) -> Passage:
    return Passage(document_id=id, start=0, end=40, number=number, title="", heading="", sentences=())


FOUR = [[10, 0, 0], [-10, 0, 0], [10, 1, 0], [-10, 1, 0]]


def test_the_plane_is_that_of_the_greatest_spread() -> None:
    places = plane(Placed(FOUR)).places  # type: ignore[arg-type]
    xs = sorted({round(float(x)) for x, _ in places})
    ys = sorted({round(float(y)) for _, y in places})
    assert (xs, ys) == ([16, 704], [16, 404])
    assert abs(places[0][0] - places[2][0]) < 1 < abs(places[0][0] - places[1][0])


def test_a_passage_s_own_vector_lies_where_the_passage_does() -> None:
    found = plane(Placed(FOUR))  # type: ignore[arg-type]
    assert found.place(np.array(FOUR[2], dtype=np.float32)) == pytest.approx(found.places[2].tolist(), abs=0.01)
    x, y = found.place(np.array([999, 0, 0], dtype=np.float32))
    assert 16 <= x <= 704
    assert 16 <= y <= 404


@pytest.mark.parametrize("vectors", [[[1, 0]], [[1, 0], [1, 0]], [[1, 0], [0, 1]]])
def test_few_passages_are_drawn_too(vectors: list[list[float]]) -> None:
    assert np.isfinite(plane(Placed(vectors)).places).all()  # type: ignore[arg-type]


def test_of_many_passages_every_nth_is_drawn() -> None:
    vectors = np.random.default_rng(0).normal(size=(4_000, 5)).tolist()
    assert len(plane(Placed(vectors)).passages) == 1_334  # type: ignore[arg-type]


def test_documents_are_coloured_and_hits_ringed() -> None:
    library = Placed(FOUR)
    html = Gallery().draw(library, library.ask("foreign")).text  # type: ignore[arg-type]
    assert html.count("<circle") == 4
    assert html.count('class="cv-colour-0') == html.count('class="cv-colour-1') == 3
    assert html.count("cv-hit") == 4
    assert html.count("cv-cross") == 1
    assert "<title>A &lt;a&gt;</title>" in html
    assert "<title>foreign</title>" in html


def test_without_a_question_there_is_no_cross() -> None:
    html = Gallery().draw(Placed(FOUR), None).text  # type: ignore[arg-type]
    assert "cv-cross" not in html
    assert "cv-hit" not in html
    assert "The cross" not in html


def test_more_documents_than_colours_share_a_quiet_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(picture, "COLOURS", 1)
    html = Gallery().draw(Placed(FOUR), None).text  # type: ignore[arg-type]
    assert html.count('class="cv-colour-rest"') == 3
    assert "1 other documents" in html


def test_the_plane_is_made_anew_for_a_new_index() -> None:
    library, gallery = Placed(FOUR), Gallery()
    gallery.draw(library, None)  # type: ignore[arg-type]
    library.vectors = library.vectors[:2]
    assert gallery.draw(library, None).text.count("<circle") == 4  # type: ignore[arg-type]
    library.built_at = "2026-11-24T08:00:00Z"
    assert gallery.draw(library, None).text.count("<circle") == 2  # type: ignore[arg-type]
