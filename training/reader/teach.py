"""What the second reader thinks of a mixture → targets for the first, which learns from both it and the labels."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch

from rag.reading.network import ReaderNetwork
from training.reader.train import Examples, sentence_logits

SHARE = 0.5
"""Of a taught target, what comes from the teacher; where nobody knows, all of it."""
_PIECES = 4_096


def teach(path: Path, teacher: ReaderNetwork, *, limit: int | None = None) -> Path:
    """Write the arrays of a mixture, or its first ``limit`` examples, with taught targets beside them; return the file.

    Relevance and sentences become probabilities; spans stay as they are.
    """
    with np.load(path) as stored:
        columns = {name: stored[name] for name in stored.files}
    examples = Examples(path)
    count = len(examples) if limit is None else min(limit, len(examples))
    relevant, labels = columns["relevant"].astype(np.float32), columns["labels"].astype(np.float32)
    order = np.argsort(examples.lengths[:count], kind="stable")
    first = 0
    with torch.inference_mode():
        while first < count:
            size = max(1, _PIECES // int(examples.lengths[order[min(first + 32, count - 1)]]))
            chosen = order[first : first + size]
            batch = examples.batch(chosen)
            pieces, relevance = teacher(batch.ids, batch.segments, batch.lengths)
            believed = torch.sigmoid(relevance).numpy()
            known = relevant[chosen] >= 0
            relevant[chosen] = np.where(known, _mixed(relevant[chosen], believed), believed)
            said = sentence_logits(pieces[:, :, 2], batch.sentence_of, batch.labels.shape[1])
            for row, example in enumerate(chosen):
                begin, end = columns["label_ends"][example : example + 2]
                thought = torch.sigmoid(said[row, : end - begin]).numpy()
                labels[begin:end] = _mixed(labels[begin:end], thought)
            first += size
    target = path.with_name(f"{path.stem}-taught.npz")
    cut = {"ends": count + 1, "label_ends": count + 1}
    cut |= dict.fromkeys(("question", "start", "end", "relevant"), count)
    cut |= {name: int(columns["ends"][count]) for name in ("ids", "sentence_of")}
    cut |= {name: int(columns["label_ends"][count]) for name in ("labels", "weights")}
    made = columns | {"relevant": relevant, "labels": labels}
    np.savez(target, allow_pickle=False, **{name: made[name][:size] for name, size in cut.items()})
    return target


def _mixed(said: np.ndarray, believed: np.ndarray) -> np.ndarray:
    return (1 - SHARE) * said + SHARE * believed
