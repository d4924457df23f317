"""Vectors, against brute force."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from rag.errors import IndexDamaged
from rag.store.local import vectors
from rag.store.local.vectors import Vectors


def drawn(rows: int, dimension: int = 32, seed: int = 1) -> np.ndarray:
    found = np.random.default_rng(seed).standard_normal((rows, dimension)).astype(np.float32)
    return found / np.linalg.norm(found, axis=1, keepdims=True)


def written(folder: Path, given: np.ndarray) -> Vectors:
    batches = (given[at : at + 100].astype(np.float16) for at in range(0, len(given), 100))
    vectors.write_raw(folder, batches)
    vectors.write(folder, dimension=given.shape[1], rows=len(given))
    return Vectors(folder, dimension=given.shape[1], rows=len(given))


def brute_force(given: np.ndarray, question: np.ndarray, count: int) -> list[tuple[int, float]]:
    cosines = given.astype(np.float16).astype(np.float32) @ question
    return [(int(row), float(cosines[row])) for row in np.argsort(-cosines, kind="stable")[:count]]


def test_the_search_is_exact_while_there_are_few(tmp_path: Path) -> None:
    given = drawn(1000)
    found = written(tmp_path, given)
    for question in drawn(20, seed=2):
        expected = brute_force(given, question, 10)
        got = found.search(question, 10)
        assert [row for row, _ in got] == [row for row, _ in expected]
        assert [score for _, score in got] == pytest.approx([score for _, score in expected], abs=1e-6)


def test_fewer_rows_than_asked_for(tmp_path: Path) -> None:
    found = written(tmp_path, drawn(3))
    assert sorted(row for row, _ in found.search(drawn(1, seed=2)[0], 50)) == [0, 1, 2]
    assert len(found.take(range(3))) == 3


@pytest.mark.parametrize(("dimension", "kind"), [(32, "PQ8x4fs"), (30, "SQ8")])
def test_many_rows_are_searched_approximately_and_scored_exactly(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, dimension: int, kind: str
) -> None:
    monkeypatch.setattr(vectors, "EXACT_LIMIT", 4_999)
    monkeypatch.setattr(vectors, "_ROWS", 1_999)
    given = drawn(5_000, dimension)
    assert vectors.index_type(len(given), dimension) == kind
    found = written(tmp_path, given)
    same = 0
    for question in drawn(50, dimension, seed=2):
        expected, got = dict(brute_force(given, question, 10)), found.search(question, 10)
        same += len(expected.keys() & {row for row, _ in got})
        assert [score for _, score in got] == sorted((score for _, score in got), reverse=True)
        cosines = given.astype(np.float16).astype(np.float32) @ question
        assert [score for _, score in got] == pytest.approx([cosines[row] for row, _ in got], abs=1e-6)
    assert same >= 0.95 * 500, "vectors drawn by chance, all equally far apart, are the hardest case"


def test_the_type_is_chosen_by_size() -> None:
    assert [vectors.index_type(rows, 384) for rows in (1, 50_000, 50_001, 1_000_000)] == [
        "Flat", "Flat", "PQ96x4fs", "PQ96x4fs",
    ]  # fmt: skip


def test_cosines_and_rows(tmp_path: Path) -> None:
    given = drawn(10)
    found = written(tmp_path, given)
    half = given.astype(np.float16).astype(np.float32)
    assert np.array_equal(found.take([7, 0, 7]), half[[7, 0, 7]])
    assert found.take([3, 4]) @ given[3] == pytest.approx(half[[3, 4]] @ given[3], abs=1e-6)
    assert (found.take([]) @ given[3]).shape == (0,)


@pytest.mark.parametrize(("dimension", "rows"), [(32, 9), (16, 10), (64, 10)])
def test_files_of_another_shape(tmp_path: Path, dimension: int, rows: int) -> None:
    written(tmp_path, drawn(10))
    with pytest.raises(IndexDamaged, match=f"holds 10 vectors of 32 dimensions, not {rows} of {dimension}"):
        Vectors(tmp_path, dimension=dimension, rows=rows)


def test_a_file_that_is_no_index(tmp_path: Path) -> None:
    written(tmp_path, drawn(10))
    (tmp_path / "vectors.faiss").write_bytes(b"not an index at all")
    with pytest.raises(IndexDamaged, match=r"vectors\.faiss cannot be read"):
        Vectors(tmp_path, dimension=32, rows=10)


def test_rows_are_searched_within_ranges_and_no_others(tmp_path: Path) -> None:
    given = drawn(1000)
    found = written(tmp_path, given)
    within = [range(100, 103), range(500, 600), range(999, 1000)]
    rows = [row for run in within for row in run]
    for question in drawn(20, seed=2):
        expected = [rows[at] for at, _ in brute_force(given[rows], question, 10)]
        assert [row for row, _ in found.search(question, 10, within)] == expected
    assert sorted(row for row, _ in found.search(question, 5, within[:1])) == [100, 101, 102]
    assert found.search(question, 5, []) == []


@pytest.mark.parametrize("dimension", [32, 30])
@pytest.mark.parametrize("within", [[range(4_000, 4_001)], [range(900)], [range(2_000), range(2_500, 5_000)]])
def test_an_approximate_search_finds_as_much_within_ranges(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, dimension: int, within: list[range]
) -> None:
    monkeypatch.setattr(vectors, "EXACT_LIMIT", 4_999)
    given = drawn(5_000, dimension)
    found = written(tmp_path, given)
    rows = [row for run in within for row in run]
    same = wanted = 0
    for question in drawn(20, dimension, seed=2):
        expected = {rows[at] for at, _ in brute_force(given[rows], question, 10)}
        got = dict(found.search(question, 10, within))
        assert got.keys() <= set(rows)
        assert len(got) == len(expected)
        same, wanted = same + len(expected & got.keys()), wanted + len(expected)
    assert same >= 0.95 * wanted


def test_what_is_wanted_is_found_though_all_else_is_nearer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vectors, "EXACT_LIMIT", 4_999)
    given = drawn(5_000)
    question = drawn(1, seed=2)[0]
    given = given[np.argsort(-(given @ question))]
    got = written(tmp_path, given).search(question, 10, [range(4_000, 5_000)])
    assert len(got) == 10
    assert all(4_000 <= row < 4_100 for row, _ in got)
