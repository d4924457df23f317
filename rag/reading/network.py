"""The network: a six-layer BERT (MiniLM) and three small heads, in plain torch.

One pass over ``[CLS] question [SEP] context [SEP] text [SEP]`` gives, as log-odds or logits,
where an answer starts and ends, whether the text answers at all, and how much each piece
speaks for its sentence.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from rag.tensors import attend

VOCABULARY = 30_522
WIDTH = 384
HEADS = 12
LAYERS = 6
POSITIONS = 512


class Findings(NamedTuple):
    """What one pass gives, in float32: ``pieces`` (batch, length, 3) holds start, end and evidence
    logits of every piece; ``relevance`` (batch,) is the log-odds that the text answers."""

    pieces: Tensor
    relevance: Tensor


class Embeddings(nn.Module):
    """Word, position and segment embeddings, summed and normalised."""

    def __init__(self) -> None:
        super().__init__()
        self.word = nn.Embedding(VOCABULARY, WIDTH)
        self.position = nn.Embedding(POSITIONS, WIDTH)
        self.segment = nn.Embedding(2, WIDTH)
        self.norm = nn.LayerNorm(WIDTH, eps=1e-12)

    def forward(self, ids: Tensor, segments: Tensor) -> Tensor:
        places = self.position.weight[: ids.shape[1]]
        summed: Tensor = self.norm(self.word(ids) + self.segment(segments) + places)
        return summed


class Layer(nn.Module):
    """One transformer block, normalised after each half as in BERT."""

    def __init__(self) -> None:
        super().__init__()
        self.query_key_value = nn.Linear(WIDTH, 3 * WIDTH)
        self.attended = nn.Linear(WIDTH, WIDTH)
        self.attended_norm = nn.LayerNorm(WIDTH, eps=1e-12)
        self.up = nn.Linear(WIDTH, 4 * WIDTH)
        self.down = nn.Linear(4 * WIDTH, WIDTH)
        self.down_norm = nn.LayerNorm(WIDTH, eps=1e-12)

    def forward(self, states: Tensor, mask: Tensor) -> Tensor:
        states = self.attended_norm(states + self.attended(self._attend(states, mask)))
        normed: Tensor = self.down_norm(states + self.down(functional.gelu(self.up(states))))
        return normed

    def _attend(self, states: Tensor, mask: Tensor) -> Tensor:
        batch, length, _ = states.shape
        query, key, value = (
            part.view(batch, length, HEADS, WIDTH // HEADS).transpose(1, 2)
            for part in self.query_key_value(states).split(WIDTH, dim=-1)
        )
        return attend(query, key, value, mask, (WIDTH // HEADS) ** -0.5).view(batch, length, WIDTH)


class ReaderNetwork(nn.Module):
    """The reader's network; see the module's docstring."""

    def __init__(self) -> None:
        super().__init__()
        self.embeddings = Embeddings()
        self.layers = nn.ModuleList(Layer() for _ in range(LAYERS))
        self.pieces = nn.Linear(WIDTH, 3)
        self.pooled = nn.Linear(WIDTH, WIDTH)
        self.relevance = nn.Linear(WIDTH, 1)

    def forward(self, ids: Tensor, segments: Tensor, lengths: Tensor) -> Findings:
        """Read a padded batch.

        ``ids`` and ``segments`` are (batch, length) integers, segments 0 for the question and
        1 after it; ``lengths`` (batch,) counts each row's pieces that are not padding.
        """
        states = self.embeddings(ids, segments)
        padding = torch.arange(ids.shape[1]) >= lengths[:, None]
        mask = torch.zeros(padding.shape, dtype=states.dtype).masked_fill_(padding, -1e4)
        for layer in self.layers:
            states = layer(states, mask[:, None, None, :])
        pooled = torch.tanh(self.pooled(states[:, 0]))
        return Findings(self.pieces(states).float(), self.relevance(pooled).float()[:, 0])
