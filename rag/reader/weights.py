"""The weights on disk: matrices as 8-bit integers with a scale a row, the rest in full; and back."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import load, save
from torch import Tensor
from torch.overrides import TorchFunctionMode

from rag.errors import ReaderError
from rag.reader.model import ReaderNetwork

FILE = "weights.safetensors"
SHIPPED = Path(__file__).parent
SHA256 = "a561b3d3d07ce5229483b4d1cd3dcea99e8aafb5c667d17732a037521e0b45fc"
"""Of the shipped file; ``python -m training.reader export`` sets it."""
FORMAT = "1"
_SCALE = ".scale"
_PRECISE = ("pieces.", "relevance.")


def quantise(state: dict[str, Tensor]) -> dict[str, Tensor]:
    """Return the weights as stored: each matrix as int8, with the float32 scale of its rows beside it.

    The heads and all vectors stay in float32. A row of zeros keeps the scale 1.
    """
    stored = {}
    for name, weight in state.items():
        if weight.ndim == 2 and not name.startswith(_PRECISE):
            largest = weight.abs().amax(dim=1, keepdim=True)
            scale = torch.where(largest > 0, largest / 127, torch.ones_like(largest)).float()
            stored[name] = torch.round(weight / scale).clamp(-127, 127).to(torch.int8)
            stored[name + _SCALE] = scale
        else:
            stored[name] = weight.float()
    return stored


def restore(stored: dict[str, Tensor], dtype: torch.dtype) -> dict[str, Tensor]:
    """Return the weights as computed with: ``quantise`` undone, in ``dtype``."""
    return {
        name: (weight * stored[name + _SCALE]).to(dtype) if weight.dtype == torch.int8 else weight.to(dtype)
        for name, weight in stored.items()
        if not name.endswith(_SCALE)
    }


def write(file: Path, state: dict[str, Tensor]) -> str:
    """Write the weights, beside and renamed; return the file's SHA-256."""
    stored = {name: weight.contiguous() for name, weight in quantise(state).items()}
    content = save(stored, metadata={"format": FORMAT})
    beside = file.with_suffix(".tmp")
    beside.write_bytes(content)
    beside.replace(file)
    return hashlib.sha256(content).hexdigest()


class _Unfilled(TorchFunctionMode):
    """Makes modules without drawing their first weights; torch's meta device does too, but takes a second to import."""

    def __torch_function__(
        self, func: Callable[..., Any], types: object, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        if getattr(func, "__module__", None) == "torch.nn.init":
            return (kwargs or {}).get("tensor", args[0] if args else None)
        return func(*args, **(kwargs or {}))


def read(folder: Path | None, dtype: torch.dtype) -> ReaderNetwork:
    """Return the network with the weights of a folder, or the shipped ones, whose SHA-256 is checked.

    Raises ReaderError where the file is absent, damaged or not of this format.
    """
    file = (folder or SHIPPED) / FILE
    try:
        content = file.read_bytes()
    except OSError as error:
        raise ReaderError(f"The reader's weights {file} cannot be read ({error.strerror}): {_REMEDY}") from error
    if folder is None and hashlib.sha256(content).hexdigest() != SHA256:
        raise ReaderError(f"The reader's weights {file} are damaged (not the SHA-256 expected): {_REMEDY}")
    with _Unfilled():
        network = ReaderNetwork()
    try:
        with safe_open(file, framework="pt") as opened:
            if (opened.metadata() or {}).get("format") != FORMAT:
                raise ReaderError(f"The reader's weights {file} are not of format {FORMAT}: {_REMEDY}")
        network.load_state_dict(restore(load(content), dtype), assign=True)
    except (SafetensorError, KeyError, RuntimeError) as error:
        raise ReaderError(f"The reader's weights {file} are damaged ({type(error).__name__}): {_REMEDY}") from error
    network.eval()
    network.requires_grad_(False)
    return network


_REMEDY = "install the package again, or run without the reader (reader = false in rag.toml)."
