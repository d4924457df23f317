"""The weights on disk, and back."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import load, save
from torch import Tensor
from torch.overrides import TorchFunctionMode

from rag.errors import ReaderError
from rag.reading.network import ReaderNetwork
from rag.reading.windows import model_folder

FILE = "weights.safetensors"
SHIPPED = Path(__file__).parent
SHA256 = "f1039d1bea7f20896bcf7c45c175ace278d5a2a3845c540c502c9a0533fdd472"
"""Of the shipped file; ``python -m training.reader export`` sets it."""
FORMAT = "2"
_PRECISE = ("pieces.", "relevance.")
_WORDS = "embeddings.word.weight"


def write(file: Path, state: Mapping[str, Tensor]) -> str:
    """Write the weights, beside and renamed; return the file's SHA-256.

    Matrices are stored in half precision, heads and vectors in full. The word embeddings are MiniLM's, which is
    installed beside the reader, and are not stored again.
    """
    stored = {
        name: (weight.half() if weight.ndim == 2 and not name.startswith(_PRECISE) else weight.float()).contiguous()
        for name, weight in state.items()
        if name != _WORDS
    }
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
        state = {_WORDS: _words(), **load(content)}
        network.load_state_dict({name: weight.to(dtype) for name, weight in state.items()}, assign=True)
    except (SafetensorError, KeyError, RuntimeError) as error:
        raise ReaderError(f"The reader's weights {file} are damaged ({type(error).__name__}): {_REMEDY}") from error
    network.eval()
    network.requires_grad_(False)
    return network


def _words() -> Tensor:
    file = model_folder() / "model.safetensors"
    try:
        with safe_open(file, framework="pt") as opened:
            words: Tensor = opened.get_tensor("embeddings.word_embeddings.weight")
            return words
    except (OSError, SafetensorError) as error:
        raise ReaderError(f"The reader's words {file} cannot be read ({error}): {_REMEDY}") from error


_REMEDY = "install the package again, or run without the reader (reader = false in rag.toml)."
