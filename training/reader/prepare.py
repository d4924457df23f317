"""Data sets → arrays on disk, once."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import numpy as np

from training.reader import mixture


def prepare(data: Path, work: Path, seed: int, replay: float, *, limit: int | None = None) -> Path:
    """Write a run's arrays below ``work`` unless they are there; return their file."""
    target = work / f"mixture-{seed}-{replay}{'' if limit is None else f'-{limit}'}.npz"
    if target.exists():
        return target
    work.mkdir(parents=True, exist_ok=True)
    chosen = mixture.examples(data, seed, replay)[:limit]
    made = mixture.arrays(mixture.Encoder(seed)(chosen))
    beside = target.with_suffix(".tmp.npz")
    np.savez(beside, allow_pickle=False, **made)
    beside.rename(target)
    kinds = Counter((example.kind, bool(example.relevant)) for example in chosen)
    counts = {f"{kind}/{'answers' if relevant else 'does not'}": count for (kind, relevant), count in kinds.items()}
    target.with_suffix(".json").write_text(json.dumps(counts, indent=1, sort_keys=True), encoding="utf-8")
    return target
