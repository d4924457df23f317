"""The networks of two readers, in plain torch: a trunk of transformer blocks below the same small heads.

One pass over ``[CLS] question [SEP] context [SEP] text [SEP]`` gives, as log-odds or logits,
where an answer starts and ends, whether the text answers at all, and how much each piece
speaks for its sentence.

The first reader's trunk is MiniLM's, a BERT of six layers of width 384. The second's is MPNet's (Song et al., 2020):
twelve layers of width 768, whose scores know how far apart two pieces stand.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

HEADS = 12
CLS, SEP = 101, 102
"""Of BERT's uncased vocabulary, in which texts come in."""


class Findings(NamedTuple):
    """What one pass gives, in float32: ``pieces`` (batch, length, 3) holds start, end and evidence
    logits of every piece; ``relevance`` (batch,) is the log-odds that the text answers."""

    pieces: Tensor
    relevance: Tensor


class Block(nn.Module):
    """One transformer block, normalised after each half as in BERT."""

    def __init__(self, width: int, epsilon: float) -> None:
        super().__init__()
        self.query_key_value = nn.Linear(width, 3 * width)
        self.attended = nn.Linear(width, width)
        self.attended_norm = nn.LayerNorm(width, eps=epsilon)
        self.up = nn.Linear(width, 4 * width)
        self.down = nn.Linear(4 * width, width)
        self.down_norm = nn.LayerNorm(width, eps=epsilon)

    def forward(self, states: Tensor, lengths: Sequence[int], bias: Tensor | None) -> Tensor:
        """Return the new states of some rows' pieces, one row after the other: (pieces of all rows, width).

        ``bias`` (1, heads, length, length) is added to the scores; the longest row is ``length`` pieces long.
        """
        states = self.attended_norm(states + self.attended(self._attend(states, lengths, bias)))
        normed: Tensor = self.down_norm(states + self.down(functional.gelu(self.up(states))))
        return normed

    def _attend(self, states: Tensor, lengths: Sequence[int], bias: Tensor | None) -> Tensor:
        # Row by row: what a row needs stays in the processor's cache, and nothing is computed for padding.
        width = states.shape[1]
        attended = []
        for row in self.query_key_value(states).split(lengths):
            length = len(row)
            query, key, value = row.view(1, length, 3, HEADS, width // HEADS).permute(2, 0, 3, 1, 4)
            mask = None if bias is None else bias[:, :, :length, :length]
            attended.append(attend(query, key, value, mask, (width // HEADS) ** -0.5).view(length, width))
        return torch.cat(attended)


class FirstEmbeddings(nn.Module):
    """Word, position and segment embeddings, summed and normalised, as in BERT."""

    def __init__(self, width: int, epsilon: float) -> None:
        super().__init__()
        self.word = nn.Embedding(30_522, width)
        self.position = nn.Embedding(512, width)
        self.segment = nn.Embedding(2, width)
        self.norm = nn.LayerNorm(width, eps=epsilon)

    def forward(self, ids: Tensor, segments: Tensor, places: Tensor) -> Tensor:
        summed: Tensor = self.norm(self.word(ids) + self.segment(segments) + self.position(places))
        return summed


class SecondEmbeddings(nn.Module):
    """Word and position embeddings, summed and normalised, as in MPNet: its vocabulary is BERT's, moved by four."""

    def __init__(self, width: int, epsilon: float) -> None:
        super().__init__()
        self.word = nn.Embedding(30_527, width)
        self.position = nn.Embedding(514, width)
        self.norm = nn.LayerNorm(width, eps=epsilon)

    def forward(self, ids: Tensor, segments: Tensor, places: Tensor) -> Tensor:
        own = torch.where(ids == CLS, 0, torch.where(ids == SEP, 2, ids + 4))
        summed: Tensor = self.norm(self.word(own) + self.position(places + 2))
        return summed


@dataclass(frozen=True, slots=True)
class Trunk:
    """What makes one network another."""

    width: int
    depth: int
    epsilon: float
    embeddings: Callable[[int, float], nn.Module]
    relative: bool
    """Whether the scores of attention know how far apart two pieces stand."""


FIRST = Trunk(width=384, depth=6, epsilon=1e-12, embeddings=FirstEmbeddings, relative=False)
SECOND = Trunk(width=768, depth=12, epsilon=1e-5, embeddings=SecondEmbeddings, relative=True)


class ReaderNetwork(nn.Module):
    """A trunk below the heads; see the module's docstring."""

    def __init__(self, trunk: Trunk) -> None:
        super().__init__()
        self.embeddings = trunk.embeddings(trunk.width, trunk.epsilon)
        self.relative = nn.Embedding(32, HEADS) if trunk.relative else None
        self.layers = nn.ModuleList(Block(trunk.width, trunk.epsilon) for _ in range(trunk.depth))
        self.pieces = nn.Linear(trunk.width, 3)
        self.pooled = nn.Linear(trunk.width, trunk.width)
        self.relevance = nn.Linear(trunk.width, 1)

    def forward(self, ids: Tensor, segments: Tensor, lengths: Tensor) -> Findings:
        """Read a padded batch; findings for padding are zero.

        ``ids`` and ``segments`` are (batch, length) integers, segments 0 for the question and
        1 after it; ``lengths`` (batch,) counts each row's pieces that are not padding.
        """
        places = torch.arange(ids.shape[1]).expand_as(ids)
        inside = places < lengths[:, None]
        states = self.embeddings(ids[inside], segments[inside], places[inside])
        bias = None if self.relative is None else self.relative(_distances(ids.shape[1])).permute(2, 0, 1)[None]
        rows = lengths.tolist()
        for layer in self.layers:
            states = layer(states, rows, bias)
        pieces = torch.zeros(*ids.shape, 3)
        pieces[inside] = self.pieces(states).float()
        pooled = torch.tanh(self.pooled(states[lengths.cumsum(0) - lengths]))
        return Findings(pieces, self.relevance(pooled).float()[:, 0])


def _distances(length: int) -> Tensor:
    """Return the bucket, 0 to 31, of the distance between each two pieces: (length, length), as in T5.

    Distances up to 7 have a bucket each, larger ones share eight on a logarithmic scale that ends at 128; pieces
    behind have the other sixteen.
    """
    places = torch.arange(length)
    distance = places[None, :] - places[:, None]
    far = distance.abs()
    logarithmic = 8 + (torch.log(far.clamp_min(1).float() / 8) / math.log(128 / 8) * 8).long()
    return (distance > 0).long() * 16 + torch.where(far < 8, far, logarithmic.clamp_max(15))


def attend(query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None, scale: float) -> Tensor:
    """Return (batch, length, heads, width), of query, key and value as (batch, heads, length, width).

    ``mask`` is added to the scores, which are ``scale`` times query times key. In bfloat16 torch's fused attention
    takes 1.6 times as long forward, and 4 times forward and backward.
    """
    scores = (query * scale) @ key.transpose(-1, -2)
    if mask is not None:
        scores = scores + mask
    attended: Tensor = torch.softmax(scores, dim=-1) @ value
    return attended.transpose(1, 2).contiguous()


def precision() -> torch.dtype:
    """Return bfloat16 where the processor multiplies it in hardware, else float32.

    It takes half the time; the encoder's cosine to float32 is at least 0.9999.
    """
    return torch.bfloat16 if _has("amx_bf16") or _has("avx512_bf16") else torch.float32


@lru_cache(maxsize=1)
def prefers_8_bits() -> bool:
    """Tell whether wide products are faster in 8 bits (``EightBitLinear``) than in ``precision``; measured once.

    They are nearly everywhere but where the processor has matrix units for bfloat16: by 2.1 times on an AMD EPYC that
    has AVX2 alone.
    """
    layer, rows = nn.Linear(768, 3072, dtype=precision()), torch.ones(128, 768, dtype=precision())
    with torch.inference_mode():
        try:
            short = EightBitLinear(layer)
            return _fastest(short, rows) < 0.9 * _fastest(layer, rows)
        except (AttributeError, RuntimeError):  # this build of torch has no such products
            return False


def _fastest(layer: nn.Module, rows: Tensor) -> float:
    """Return the seconds that a layer takes, at best."""
    seconds = []
    for _ in range(3):
        began = time.perf_counter()
        layer(rows)
        seconds.append(time.perf_counter() - began)
    return min(seconds)


def _has(instruction: str) -> bool:
    # Older versions of torch cannot be asked.
    return bool(hasattr(torch.cpu, "get_capabilities") and torch.cpu.get_capabilities().get(instruction))


class EightBitLinear(nn.Module):
    """A linear layer that multiplies whole numbers, each row of its input and of its weight with a scale of its own.

    One scale for all of an input would not do: a few of MPNet's activations are a hundred times as large as most.
    Weights have 7 bits, so that no sum of two products overflows 16 on processors that add them so. Inputs have no
    sign: with one, products take fifty times as long on processors that know none such.
    """

    def __init__(self, layer: nn.Linear) -> None:
        super().__init__()
        scale = layer.weight.float().abs().amax(dim=1, keepdim=True).clamp_min(1e-8) / 63
        whole = (layer.weight.float() / scale).round().to(torch.int8)
        self._weight = torch.ops.onednn.qlinear_prepack(whole, None)
        self._scale = scale[:, 0].clone()
        self._middles = torch.zeros(len(whole), dtype=torch.long)
        self._bias = layer.bias.float()

    def forward(self, states: Tensor) -> Tensor:
        rows = states.reshape(-1, states.shape[-1])
        scale = rows.abs().amax(dim=1, keepdim=True).float().clamp_min(1e-8) / 127
        whole = (rows / scale + 128).round().to(torch.uint8)
        products = torch.ops.onednn.qlinear_pointwise(
            whole, _ONE, _MIDDLE, self._weight, self._scale, self._middles, None, 1.0, 0, torch.float32, "none", [], ""
        )
        return torch.addcmul(self._bias, products, scale).to(states.dtype).view(*states.shape[:-1], -1)


_ONE, _MIDDLE = torch.tensor(1.0), torch.tensor(128)
"""Scale and zero of inputs: the rows' own scales come after the product."""


def in_8_bits(network: ReaderNetwork) -> ReaderNetwork:
    """Return the network with the products of its layers in 8 bits; it is changed in place."""
    for block in network.layers:
        for name, part in list(block.named_children()):
            if isinstance(part, nn.Linear):
                setattr(block, name, EightBitLinear(part))
    return network
