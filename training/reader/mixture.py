"""What the main run reads, how much of each, and as which arrays."""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tokenizers import Encoding, Tokenizer

from rag.reading.network import CLS, SEP
from rag.reading.windows import load_tokenizer
from training.reader import negatives, tables
from training.reader.sources import Allowed, Example, field_examples, sentence_examples, span_examples

QUESTION_PIECES = 64
TITLE_PIECES = 32
NO_SENTENCE = 255

# Examples with an answer, at most, of each source; "all" where nothing is named.
ANSWERABLE = {
    "squad_train_v1.1_recon": 66_000,
    "squadshifts_new_wiki": 6_000,
    "squadshifts_reddit": 5_000,
    "squadshifts_amazon_reviews": 4_000,
    "policyqa": 4_000,
    "fairytaleqa_train": 3_500,
    "quoref_superni": 800,
    "quoref_contrast": 500,
    "iirc_superni": 1_500,
}
# How many times each source's own unanswerable questions are read.
UNANSWERABLE = {"iirc_superni": 0, "adversarialqa_superni_swapped": 1}
WRONG, NEIGHBOURS, CUT, ALTERED = 25_000, 5_000, 6_000, 18_000
FIELD_TIMES, FIELD_WRONG_TIMES = 4, 1
"""How many times the questions as people ask them are read, and each of their wrong passages."""
TABLE_DOCUMENTS = 20
"""How many documents are made of each schema of a table."""
SENTENCE_SETS = {"bioasq_evidence": 5_000}


def examples(data: Path, seed: int, replay: float) -> list[Example]:
    """The examples of a run, shuffled: all of ``field`` and of tables, and a share ``replay`` of everything else."""
    rng = random.Random(seed)
    field = list(field_examples(data))
    wrong = list(negatives.wrong_field_passages(data, field, rng))
    chosen = [example for example, _ in field] * FIELD_TIMES + wrong * FIELD_WRONG_TIMES
    chosen += _near_misses(field, rng) * FIELD_WRONG_TIMES
    chosen += tables.examples(rng, TABLE_DOCUMENTS)
    others = _others(data, rng)
    chosen += rng.sample(others, round(len(others) * replay))
    rng.shuffle(chosen)
    return chosen


def _near_misses(field: Sequence[tuple[Example, str]], rng: random.Random) -> list[Example]:
    """The answerable questions of ``field`` with something changed, and beside their passages without what answers."""
    documents = {id(example): document for example, document in field}
    answered = [example for example, _ in field if example.answers]
    changed = negatives.altered(answered, rng, lambda example: documents[id(example)])
    cut = negatives.cut_away(answered)
    return [replace(example, kind=f"field_{example.kind}") for example in (*changed, *cut)]


def _others(data: Path, rng: random.Random) -> list[Example]:
    allowed = Allowed(data)
    spans = list(span_examples(data, allowed))
    rng.shuffle(spans)
    answerable = [example for example in spans if example.answers]
    marked = _at_most(sentence_examples(data, allowed), SENTENCE_SETS)
    chosen = _at_most(answerable, ANSWERABLE) + marked
    for example in spans:
        if not example.answers:
            chosen += [example] * UNANSWERABLE.get(example.kind, 1)
    search = negatives.paragraphs(data, allowed, [*spans, *marked])
    squad = [example for example in answerable if example.kind.startswith("squad_train")]
    asked = [example for example in answerable if not example.kind.startswith(("doqa", "fairytale", "quoref"))]
    yesno = [example for example in marked if example.kind == "yesno"][: WRONG // 5]
    chosen += list(negatives.wrong_paragraphs([*rng.sample(asked, WRONG), *yesno], search, rng))
    chosen += list(negatives.wrong_neighbours(rng.sample(squad, NEIGHBOURS + NEIGHBOURS // 10), rng))
    chosen += list(negatives.cut_away(rng.sample(asked, CUT + CUT // 3)))[:CUT]
    chosen += list(negatives.altered(rng.sample(squad, len(squad)), rng))[:ALTERED]
    return chosen


def _at_most(some: Iterable[Example], limits: dict[str, int]) -> list[Example]:
    taken: Counter[str] = Counter()
    kept = []
    for example in some:
        taken[example.kind] += 1
        if taken[example.kind] <= limits.get(example.kind, 1_000_000):
            kept.append(example)
    return kept


@dataclass(frozen=True, slots=True)
class Encoded:
    """One example as the network reads it. ``sentence_of`` names each piece's sentence (``NO_SENTENCE`` for none);
    ``start`` and ``end`` are places of pieces, 0 for "none here", -1 where unknown; ``relevant`` is 1, 0 or -1."""

    ids: list[int]
    question_length: int
    sentence_of: list[int]
    labels: list[tuple[float, float]]
    start: int
    end: int
    relevant: int


class Encoder:
    """Turns examples into pieces, cutting long texts to a window of whole sentences."""

    def __init__(self, seed: int) -> None:
        self._tokenizer: Tokenizer = load_tokenizer()
        self._rng = random.Random(seed)

    def __call__(self, some: Sequence[Example]) -> Iterator[Encoded]:
        for first in range(0, len(some), 4096):
            block = some[first : first + 4096]
            questions = self._tokenizer.encode_batch(
                [self._worded(e.question) for e in block], add_special_tokens=False
            )
            titles = self._tokenizer.encode_batch([e.title for e in block], add_special_tokens=False)
            texts = self._tokenizer.encode_batch([e.text for e in block], add_special_tokens=False)
            for example, question, title, text in zip(block, questions, titles, texts, strict=True):
                if encoded := self._one(example, question.ids[:QUESTION_PIECES], title.ids[:TITLE_PIECES], text):
                    yield encoded

    def _worded(self, question: str) -> str:
        bare = question.strip()
        return bare.rstrip("?").rstrip() if self._rng.random() < 0.2 else bare

    def _one(self, example: Example, question: list[int], title: list[int], text: Encoding) -> Encoded | None:
        head = [CLS, *question, SEP]
        question_length = len(head)
        if title and self._rng.random() < (0.75 if example.kind.startswith(("field", "table")) else 0.5):
            head += [*title, SEP]
        budget = self._rng.choice((104, 128, 152, 208, 232)) - len(head) - 1
        places, sentence_of = _placed(example, text)
        answer = self._rng.choice((example.answers[0], *example.answers)) if example.answers else None
        first, last = self._window(example, sentence_of, answer or example.anchor, budget)
        span = (0, 0) if example.null else (-1, -1)
        if answer:
            span = _pieces_of(places, answer, first, last)
            if span == (-1, -1):
                return None
            span = (span[0] - first + len(head), span[1] - first + len(head))
        labels = list(example.labels) or _labels(example)
        kept = sentence_of[first:last]
        base = min((s for s in kept if s != NO_SENTENCE), default=0)
        count = max((s for s in kept if s != NO_SENTENCE), default=-1) + 1
        return Encoded(
            [*head, *text.ids[first:last], SEP],
            question_length,
            [*[NO_SENTENCE] * len(head), *[s if s == NO_SENTENCE else s - base for s in kept], NO_SENTENCE],
            labels[base:count],
            *span,
            -1 if example.relevant is None else int(example.relevant),
        )

    def _window(
        self, example: Example, sentence_of: list[int], anchor: tuple[int, int] | None, budget: int
    ) -> tuple[int, int]:
        """The pieces of whole sentences around the anchor (or any sentence), grown at random to the budget."""
        total = len(sentence_of)
        if total <= budget:
            return 0, total
        sizes = Counter(sentence_of)
        first = last = self._start_sentence(example, anchor)
        size = sizes[first]
        while True:
            left = first > 0 and size + sizes[first - 1] <= budget
            right = last + 1 < len(example.sentences) and size + sizes[last + 1] <= budget
            if not left and not right:
                break
            if left and (not right or self._rng.random() < 0.5):
                first -= 1
                size += sizes[first]
            else:
                last += 1
                size += sizes[last]
        inside = [i for i, sentence in enumerate(sentence_of) if first <= sentence <= last]
        if not inside:
            return 0, min(total, budget)
        return inside[0], min(inside[-1] + 1, inside[0] + budget)

    def _start_sentence(self, example: Example, anchor: tuple[int, int] | None) -> int:
        if anchor is None:
            return self._rng.randrange(min(len(example.sentences), NO_SENTENCE))
        return next((i for i, (_, end) in enumerate(example.sentences) if anchor[0] < end), 0)


def _placed(example: Example, text: Encoding) -> tuple[list[tuple[int, int]], list[int]]:
    places: list[tuple[int, int]] = text.offsets
    sentence_of, current = [], 0
    for start, _ in places:
        while current + 1 < len(example.sentences) and start >= example.sentences[current + 1][0]:
            current += 1
        sentence_of.append(min(current, NO_SENTENCE - 1))
    return places, sentence_of


def _pieces_of(places: list[tuple[int, int]], answer: tuple[int, int], first: int, last: int) -> tuple[int, int]:
    inside = [i for i in range(first, last) if places[i][0] < answer[1] and answer[0] < places[i][1]]
    whole = inside and places[inside[0]][0] <= answer[0] and places[inside[-1]][1] >= answer[1]
    return (inside[0], inside[-1]) if whole else (-1, -1)


def _labels(example: Example) -> list[tuple[float, float]]:
    """Sentence labels from the answers: those that overlap one; those that merely repeat its words are left open."""
    if not example.answers:
        return [(0.0, 1.0 if example.null else 0.0)] * len(example.sentences)
    words = [example.text[start:end].lower() for start, end in example.answers]
    labels = []
    for start, end in example.sentences:
        if any(a < end and start < b for a, b in example.answers):
            labels.append((1.0, 1.0))
        else:
            repeats = any(answer in example.text[start:end].lower() for answer in words)
            labels.append((0.0, 0.0 if repeats else 1.0))
    return labels


Arrays = dict[str, NDArray[np.generic]]


def arrays(encoded: Iterable[Encoded]) -> Arrays:
    """Encoded examples as flat arrays: what differs in length is joined, with offsets beside it."""
    columns: dict[str, list[float]] = defaultdict(list)
    ends, label_ends = [0], [0]
    for one in encoded:
        columns["ids"] += one.ids
        columns["sentence_of"] += one.sentence_of
        columns["labels"] += [label for label, _ in one.labels]
        columns["weights"] += [weight for _, weight in one.labels]
        ends.append(ends[-1] + len(one.ids))
        label_ends.append(label_ends[-1] + len(one.labels))
        columns["question"].append(one.question_length)
        columns["start"].append(one.start)
        columns["end"].append(one.end)
        columns["relevant"].append(one.relevant)
    types: dict[str, type[np.generic]] = {
        "ids": np.uint16,
        "sentence_of": np.uint8,
        "labels": np.float32,
        "weights": np.float32,
        "relevant": np.float32,
    }
    made: Arrays = {name: np.asarray(values, types.get(name, np.int16)) for name, values in columns.items()}
    return made | {"ends": np.asarray(ends, np.int64), "label_ends": np.asarray(label_ends, np.int64)}
