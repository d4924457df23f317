"""The journal: what was written whole is found again, and nothing else."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from rag.store.local.vectors import Journal

DIGESTS = [bytes([i]) * 16 for i in range(5)]
VECTORS = np.arange(20, dtype=np.float32).reshape(5, 4)
RECORD = 16 + 8 + 4


def journal(folder: Path, **options: object) -> Journal:
    return Journal(folder, encoder="fake", dimension=4, **options)  # type: ignore[arg-type]


def filled(folder: Path) -> Path:
    with journal(folder) as first:
        first.append(DIGESTS[:3], VECTORS[:3])
        first.append(DIGESTS[3:], VECTORS[3:])
        return first.path


def test_what_was_written_is_found_again(tmp_path: Path) -> None:
    filled(tmp_path)
    with journal(tmp_path) as again:
        assert [digest in again for digest in [*DIGESTS, b"x" * 16]] == [True] * 5 + [False]
        found = again.vectors([DIGESTS[4], DIGESTS[0]])
        assert found.dtype == np.float16
        assert found.tolist() == VECTORS[[4, 0]].tolist()


@pytest.mark.parametrize("size", [RECORD * 3 + 1, RECORD * 4 - 1, RECORD * 3])
def test_a_record_that_was_cut_short_is_not_used(tmp_path: Path, size: int) -> None:
    path = filled(tmp_path)
    path.write_bytes(path.read_bytes()[:size])
    with journal(tmp_path) as again:
        assert [digest in again for digest in DIGESTS] == [True] * 3 + [False] * 2
        again.append(DIGESTS[4:], VECTORS[4:])
        assert again.vectors([DIGESTS[4]]).tolist() == VECTORS[[4]].tolist()
    assert path.stat().st_size == RECORD * 4


def test_nothing_behind_a_damaged_record_is_used(tmp_path: Path) -> None:
    path = filled(tmp_path)
    content = bytearray(path.read_bytes())
    content[RECORD * 2 + 20] ^= 1
    path.write_bytes(content)
    with journal(tmp_path) as again:
        assert [digest in again for digest in DIGESTS] == [True] * 2 + [False] * 3


def test_another_model_has_another_journal(tmp_path: Path) -> None:
    filled(tmp_path)
    with Journal(tmp_path, encoder="other", dimension=4) as other:
        assert DIGESTS[0] not in other
        other.remove()
    assert list(tmp_path.iterdir()) == []


def test_beginning_anew(tmp_path: Path) -> None:
    filled(tmp_path)
    with journal(tmp_path, anew=True) as again:
        assert DIGESTS[0] not in again
