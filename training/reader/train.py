"""The training loop: bfloat16 weights, a float32 master copy in the optimiser, frozen word embeddings."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import load_file, save_file
from torch import Tensor
from torch.nn import functional

from rag.reading.network import FIRST, SECOND, ReaderNetwork, Trunk
from training.reader.mixture import NO_SENTENCE

FROZEN = {
    FIRST: ("embeddings.word.", "embeddings.position."),
    SECOND: ("embeddings.", "relative.", *(f"layers.{number}." for number in range(4))),
}
"""What keeps the weights of the model that training begins with."""


@dataclass(frozen=True, slots=True)
class Plan:
    """A run's settings. It ends after ``steps``, or at ``minutes`` of training time, whichever comes first."""

    trunk: Trunk = FIRST
    steps: int = 8_000
    minutes: float = math.inf
    rate: float = 2e-4
    head_rate: float = 1e-3
    rate_decay: float = 0.9
    warm_up: float = 0.05
    weight_decay: float = 0.01
    pieces: int = 3_072
    average: float = 0.995
    checkpoint_minutes: float = 5.0
    seed: int = 1


@dataclass(frozen=True, slots=True)
class Batch:
    """Padded examples; columns as in ``mixture.Encoded``."""

    ids: Tensor
    segments: Tensor
    lengths: Tensor
    sentence_of: Tensor
    start: Tensor
    end: Tensor
    relevant: Tensor
    labels: Tensor
    weights: Tensor


class Examples:
    """The arrays of ``mixture.arrays``, batched by length."""

    def __init__(self, path: Path) -> None:
        with np.load(path) as stored:
            self._columns: dict[str, NDArray[Any]] = {name: stored[name] for name in stored.files}
        self.lengths = np.diff(self._columns["ends"])

    def __len__(self) -> int:
        return len(self.lengths)

    def batches(self, seed: int, pieces: int) -> list[NDArray[np.int64]]:
        """One epoch: examples of like length together, at most ``pieces`` with padding, in random order."""
        rng = np.random.default_rng(seed)
        order = rng.permutation(len(self))
        batches = []
        for pool in np.array_split(order, max(1, len(self) // 4096)):
            by_length = pool[np.argsort(self.lengths[pool], kind="stable")]
            first = 0
            while first < len(by_length):
                count = 1
                while first + count < len(by_length) and self.lengths[by_length[first + count]] * (count + 1) <= pieces:
                    count += 1
                batches.append(by_length[first : first + count])
                first += count
        return [batches[i] for i in rng.permutation(len(batches))]

    def batch(self, chosen: NDArray[np.int64]) -> Batch:
        """The padded tensors of the chosen examples."""
        # Widths in steps of 16: each new shape costs the processor's library a kernel of its own.
        columns, width = self._columns, -(-int(self.lengths[chosen].max()) // 16) * 16
        ids = np.zeros((len(chosen), width), np.int64)
        sentence_of = np.full((len(chosen), width), NO_SENTENCE, np.int64)
        most = int((columns["label_ends"][chosen + 1] - columns["label_ends"][chosen]).max())
        labels, weights = np.zeros((2, len(chosen), max(most, 1)), np.float32)
        for row, example in enumerate(chosen):
            first, last = columns["ends"][example : example + 2]
            ids[row, : last - first] = columns["ids"][first:last]
            sentence_of[row, : last - first] = columns["sentence_of"][first:last]
            first, last = columns["label_ends"][example : example + 2]
            labels[row, : last - first] = columns["labels"][first:last]
            weights[row, : last - first] = columns["weights"][first:last]
        segments = np.arange(width) >= columns["question"][chosen][:, None]
        spans = (columns[name][chosen].astype(np.int64) for name in ("start", "end"))
        relevant = columns["relevant"][chosen].astype(np.float32)
        tensors = (ids, segments.astype(np.int64), self.lengths[chosen], sentence_of, *spans, relevant, labels, weights)
        return Batch(*(torch.from_numpy(np.ascontiguousarray(tensor)) for tensor in tensors))


def start_network(trunk: Trunk, seed: int, folder: Path) -> ReaderNetwork:
    """A network with the weights of MiniLM (or, for the second reader, of all-mpnet-base-v2) below fresh heads.

    ``folder`` holds their ``model.safetensors``.
    """
    torch.manual_seed(seed)
    network = ReaderNetwork(trunk)
    theirs = {key.removeprefix("mpnet."): value for key, value in load_file(str(folder / "model.safetensors")).items()}
    ours = network.state_dict()
    for name in ours:
        if not name.startswith(("pieces", "pooled", "relevance")):
            ours[name] = torch.cat([theirs[other] for other in _names(name, trunk)])
    for head in ("pieces", "relevance"):
        torch.nn.init.normal_(ours[f"{head}.weight"], std=0.02)
        torch.nn.init.zeros_(ours[f"{head}.bias"])
    network.load_state_dict(ours)
    return network


_BERT = {
    "query_key_value": "attention.self.query attention.self.key attention.self.value",
    "attended": "attention.output.dense",
    "attended_norm": "attention.output.LayerNorm",
}
_MPNET = {
    "query_key_value": "attention.attn.q attention.attn.k attention.attn.v",
    "attended": "attention.attn.o",
    "attended_norm": "attention.LayerNorm",
}
_BOTH = {"up": "intermediate.dense", "down": "output.dense", "down_norm": "output.LayerNorm"}
_EMBEDDINGS = {"word": "word_embeddings", "position": "position_embeddings", "segment": "token_type_embeddings"}


def _names(name: str, trunk: Trunk) -> list[str]:
    """The names, in the model that training begins with, of what makes one of our weights."""
    part, *rest = name.split(".")
    if part == "embeddings":
        return [f"embeddings.{_EMBEDDINGS.get(rest[0], 'LayerNorm')}.{rest[1]}"]
    if part == "relative":
        return [f"encoder.relative_attention_bias.{rest[0]}"]
    number, module, kind = rest
    modules = {**_BOTH, **(_BERT if trunk is FIRST else _MPNET)}[module]
    return [f"encoder.layer.{number}.{other}.{kind}" for other in modules.split()]


def loss_of(network: ReaderNetwork, batch: Batch) -> tuple[Tensor, Tensor]:
    """The loss of a batch, and its three parts: span, passage, sentences."""
    pieces, relevance = network(batch.ids, batch.segments, batch.lengths)
    inside = batch.sentence_of != NO_SENTENCE
    eligible = inside.clone()
    eligible[:, 0] = True
    spans = pieces[:, :, :2].masked_fill(~eligible[:, :, None], -1e4)
    span = (
        0.5
        * (
            functional.cross_entropy(spans[:, :, 0], batch.start, ignore_index=-1, reduction="sum")
            + functional.cross_entropy(spans[:, :, 1], batch.end, ignore_index=-1, reduction="sum")
        )
        / (batch.start >= 0).sum().clamp_min(1)
    )
    known = (batch.relevant >= 0).float()
    passage = functional.binary_cross_entropy_with_logits(
        relevance, batch.relevant.clamp_min(0), known, reduction="sum"
    ) / known.sum().clamp_min(1)
    sentences = functional.binary_cross_entropy_with_logits(
        sentence_logits(pieces[:, :, 2], batch.sentence_of, batch.labels.shape[1]),
        batch.labels,
        batch.weights,
        reduction="sum",
    ) / batch.weights.sum().clamp_min(1)
    parts = torch.stack((span, passage, sentences))
    return span + 0.5 * passage + sentences, parts.detach()


def sentence_logits(evidence: Tensor, sentence_of: Tensor, count: int) -> Tensor:
    """The mean over each sentence's pieces: (batch, length) → (batch, count)."""
    places = sentence_of.clamp_max(count)
    sums = evidence.new_zeros(len(evidence), count + 1).scatter_add_(1, places, evidence)
    sizes = torch.zeros_like(sums).scatter_add_(1, places, torch.ones_like(evidence))
    return (sums / sizes.clamp_min(1))[:, :count]


class Optimiser:
    """AdamW on float32 copies of the bfloat16 weights, with a running average of the copies."""

    def __init__(self, network: ReaderNetwork, plan: Plan) -> None:
        self.names = [name for name, _ in network.named_parameters() if name not in FROZEN]
        parameters = dict(network.named_parameters())
        self.weights = [parameters[name] for name in self.names]
        self.copies = [weight.detach().float().clone() for weight in self.weights]
        self.averages = [copy.clone() for copy in self.copies]
        groups = [
            {
                "params": [copy],
                "lr": 0.0,
                "peak": _peak(name, plan),
                "weight_decay": plan.weight_decay * (copy.ndim > 1),
            }
            for name, copy in zip(self.names, self.copies, strict=True)
        ]
        self._adam = torch.optim.AdamW(groups, betas=(0.9, 0.98), eps=1e-8, fused=True)
        self._plan = plan
        self.half()

    def half(self) -> None:
        """Copy the float32 weights into the network."""
        for weight, copy in zip(self.weights, self.copies, strict=True):
            weight.data = copy.to(torch.bfloat16)

    def step(self, progress: float) -> None:
        """Apply the gradients; ``progress`` in [0, 1] sets the learning rate."""
        for copy, weight in zip(self.copies, self.weights, strict=True):
            copy.grad = None if weight.grad is None else weight.grad.float()
            weight.grad = None
        torch.nn.utils.clip_grad_norm_(self.copies, 1.0, foreach=True)
        warm = self._plan.warm_up
        share = min(progress / warm, (1 - progress) / (1 - warm)) if warm else 1 - progress
        for group in self._adam.param_groups:
            group["lr"] = group["peak"] * max(share, 0.0)
        self._adam.step()
        torch._foreach_lerp_(self.averages, self.copies, 1 - self._plan.average)
        for weight, copy in zip(self.weights, self.copies, strict=True):
            weight.data.copy_(copy)

    def state(self) -> dict[str, Any]:
        """What a checkpoint keeps."""
        return {"copies": self.copies, "averages": self.averages, "adam": self._adam.state_dict()}

    def restore(self, state: dict[str, Any]) -> None:
        """Take up a checkpoint."""
        for name in ("copies", "averages"):
            for mine, stored in zip(getattr(self, name), state[name], strict=True):
                mine.copy_(stored)
        self._adam.load_state_dict(state["adam"])
        self.half()


def _peak(name: str, plan: Plan) -> float:
    if name.startswith(("pieces", "pooled", "relevance")):
        return plan.head_rate
    depth = int(name.split(".")[1]) + 1 if name.startswith("layers") else 0
    return float(plan.rate * plan.rate_decay ** (plan.trunk.depth - depth))


def train(
    examples: Examples, work: Path, plan: Plan, *, model: Path, begin: Mapping[str, Tensor] | None = None
) -> None:
    """Train to the end of the plan, from the last checkpoint in ``work`` where there is one.

    ``model`` is the folder of the model whose weights the trunk begins with; ``begin`` holds weights that take their
    place, all of them or some.
    """
    stored = {name: weight.float() for name, weight in (begin or {}).items()}
    network = ReaderNetwork(plan.trunk)
    if stored.keys() != network.state_dict().keys():
        network = start_network(plan.trunk, plan.seed, model)
    network.load_state_dict({**network.state_dict(), **stored})
    network.requires_grad_(True).bfloat16()
    for name, weight in network.named_parameters():
        weight.requires_grad_(not name.startswith(FROZEN[plan.trunk]))
    optimiser = Optimiser(network, plan)
    step, spent = 0, 0.0
    last = work / "checkpoint.pt"
    if last.exists():
        state = torch.load(last, weights_only=True)
        optimiser.restore(state["optimiser"])
        step, spent = state["step"], state["minutes"]
        print(f"resumed at step {step}, {spent:.1f} minutes", flush=True)
    began, saved = time.monotonic(), spent
    for batch in _stream(examples, plan, step):
        minutes = spent + (time.monotonic() - began) / 60
        progress = max((step + 1) / plan.steps, minutes / plan.minutes)
        if progress >= 1:
            break
        loss, parts = loss_of(network, batch)
        torch.autograd.backward(loss)
        optimiser.step(progress)
        step += 1
        if step % 50 == 0:
            _log(work, step, minutes, progress, parts.tolist(), len(batch.ids))
        if minutes - saved >= plan.checkpoint_minutes:
            saved = minutes
            _checkpoint(work, network, optimiser, step, minutes)
    _checkpoint(work, network, optimiser, step, spent + (time.monotonic() - began) / 60, name="final")


def _stream(examples: Examples, plan: Plan, skip: int) -> Iterator[Batch]:
    step, epoch = 0, 0
    while True:
        for chosen in examples.batches(plan.seed + epoch, plan.pieces):
            if step >= skip:
                yield examples.batch(chosen)
            step += 1
        epoch += 1


def _log(work: Path, step: int, minutes: float, progress: float, parts: list[float], size: int) -> None:
    line = {"step": step, "minutes": round(minutes, 2), "progress": round(progress, 4), "batch": size}
    line |= {name: round(value, 4) for name, value in zip(("span", "passage", "sentences"), parts, strict=True)}
    print(json.dumps(line), flush=True)


def _checkpoint(
    work: Path, network: ReaderNetwork, optimiser: Optimiser, step: int, minutes: float, *, name: str = "latest"
) -> None:
    """Write the resumable state, and the running average as plain float32 weights, each beside and renamed."""
    work.mkdir(parents=True, exist_ok=True)
    torch.save({"optimiser": optimiser.state(), "step": step, "minutes": minutes}, work / "checkpoint.tmp")
    (work / "checkpoint.tmp").rename(work / "checkpoint.pt")
    for kind, weights in (("average", optimiser.averages), ("last", optimiser.copies)):
        state = {key: value.detach().float().clone() for key, value in network.state_dict().items()}
        state |= {key: value.clone() for key, value in zip(optimiser.names, weights, strict=True)}
        save_file(state, str(work / "weights.tmp"), metadata={"step": str(step), "minutes": f"{minutes:.1f}"})
        (work / "weights.tmp").rename(work / f"{name}-{kind}.safetensors")
    print(json.dumps({"checkpoint": name, "step": step, "minutes": round(minutes, 2)}), flush=True)
