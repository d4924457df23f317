"""Counting tokens (the only file that imports tiktoken).

tiktoken fetches its vocabularies at first use, which fails offline. So this package ships an encoding of its own,
``chapter-and-verse``, trained by ``training/tokens.py``: the counts are the same on every machine, and so are the
passages that are cut by them.

They are an **estimate** of what a language model counts: about 1.1 tokens for each of o200k_base's in prose, 1.2 with
tables, 1.3 with formulas, so that a budget errs on the safe side. Other alphabets count one token a letter, Chinese and
Korean one to two a character.
"""

from __future__ import annotations

import base64
import hashlib
import re
import threading
from collections.abc import Sequence
from functools import lru_cache
from importlib.resources import files
from math import ceil
from typing import TYPE_CHECKING

from rag.errors import ModelError

if TYPE_CHECKING:
    from tiktoken import Encoding

NAME = "chapter-and-verse"
HEADER = b"chapter-and-verse tokens, format 1"
"""The vocabulary file's first line; line n after it is token 255 + n in base64. The 256 bytes come before them."""
PATTERN = r"[ '’]?[\p{L}\p{M}]+|\p{N}{1,3}| ?[^\s\p{L}\p{M}\p{N}]+|\s+"
"""What no token reaches across: a word with the space or apostrophe before it, three digits, a run of other signs
with the space before it, a run of white space. It never looks back or ahead, so it stays linear on any text."""
_SURROGATE = re.compile("[\ud800-\udfff]")
_FILE = "tokens.txt"
_SHA256 = "5b1e514661658b5c0c872c31e58594f8d28b58bd132d5d5dec78ec2a8fe01ad3"


def encodable(text: str) -> str:
    """Return the text with every lone surrogate, which a model's tokenizer refuses, replaced by U+FFFD."""
    return _SURROGATE.sub("\ufffd", text)


def count(text: str) -> int:
    """Return how many tokens of ``chapter-and-verse`` the text is; any text, lone surrogates included."""
    return len(_encoding().encode_ordinary(text))


def counts(texts: Sequence[str]) -> list[int]:
    """Return ``count`` of each text, in order."""
    encode = _encoding().encode_ordinary
    return [len(encode(text)) for text in texts]


MARGIN = 1.2
"""What a count by the shipped encoding is multiplied by where it stands for a model's own."""
_LOOKING = threading.Lock()


def count_for(model: str, text: str) -> int:
    """Return how many tokens of a language model the text is.

    By the model's own encoding where tiktoken knows it and has it on disk (``TIKTOKEN_CACHE_DIR``), for nothing is
    fetched; else by the shipped one, with a margin.
    """
    if (own := _encoding_of(model)) is not None:
        return len(own.encode_ordinary(encodable(text)))
    return ceil(count(text) * MARGIN)


@lru_cache(maxsize=8)
def _encoding_of(model: str) -> Encoding | None:
    import tiktoken
    from tiktoken import load

    def refuse(blobpath: str) -> bytes:
        raise FileNotFoundError(blobpath)

    with _LOOKING:
        fetch, load.read_file = load.read_file, refuse
        try:
            return tiktoken.encoding_for_model(model)
        except (KeyError, OSError, ValueError):
            return None
        finally:
            load.read_file = fetch


@lru_cache(maxsize=1)
def _encoding() -> Encoding:
    from tiktoken import Encoding

    return Encoding(NAME, pat_str=PATTERN, mergeable_ranks=_ranks(_shipped()), special_tokens={})


def _shipped() -> bytes:
    file = files("rag") / "data" / _FILE
    try:
        content = file.read_bytes()
    except OSError as error:
        raise ModelError(f"The vocabulary {file} cannot be read ({error.strerror}): reinstall the program.") from error
    if hashlib.sha256(content).hexdigest() != _SHA256:
        raise ModelError(f"The vocabulary {file} is damaged (its SHA-256 is wrong): reinstall the program.")
    return content


def _ranks(content: bytes) -> dict[bytes, int]:
    """Return each token's rank, of a vocabulary file in the format of ``HEADER``; ValueError for another."""
    header, *lines = content.splitlines()
    if header != HEADER:
        raise ValueError(f"not a vocabulary of this format: {header[:60]!r}")
    learnt = (base64.b64decode(line, validate=True) for line in lines)
    return {token: rank for rank, token in enumerate([*(bytes([byte]) for byte in range(256)), *learnt])}
