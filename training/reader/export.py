"""Checkpoints → the weights that ship, and their SHA-256 in the code."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import Tensor

from rag.reading import weights


def mean(checkpoints: Sequence[Path]) -> dict[str, Tensor]:
    """Return the mean of the weights of several runs: where one went on from another, it reads better than either."""
    states = [load_file(str(file)) for file in checkpoints]
    return {name: torch.stack([state[name] for state in states]).mean(dim=0) for name in states[0]}


def export(state: dict[str, Tensor], out: Path, shipped: weights.Shipped) -> str:
    """Write ``out``, and pin its SHA-256 in ``rag/reading/weights.py`` where it ships. Return the SHA-256."""
    digest = weights.write(out, state, shipped)
    if out.resolve() == (weights.FOLDER / shipped.file).resolve():
        code = weights.FOLDER / "weights.py"
        text = code.read_text(encoding="utf-8")
        pinned = re.compile(rf'("{re.escape(shipped.file)}",\s+\w+,\s+)"[0-9a-f]*"')
        code.write_text(pinned.sub(rf'\g<1>"{digest}"', text), encoding="utf-8")
    return digest
