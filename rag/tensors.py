"""Attention as two matrix products and a softmax, which both networks use.

On a processor, in bfloat16, torch's fused attention takes 1.6 times as long forward and 4 times forward and backward.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    from torch import Tensor


def attend(query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None, scale: float) -> Tensor:
    """Return (batch, length, heads, width), of query, key and value as (batch, heads, length, width); ``mask`` is
    added to the scores, ``scale`` times query times key."""
    scores = (query * scale) @ key.transpose(-1, -2)
    if mask is not None:
        scores = scores + mask
    attended: Tensor = torch.softmax(scores, dim=-1) @ value
    return attended.transpose(1, 2).contiguous()
