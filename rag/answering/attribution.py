"""Who said it? In a talk, what was said is looked for: the name opens the turn, sentences before the words.

To a reader any name in the passage looks as good. The rule for quotes takes in the name (``rag.text.boundaries``).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from rag.protocols import Reader
from rag.text.turns import turns
from rag.text.words import stems
from rag.types import ReaderInput, Reading

_WHO_SAID = re.compile(
    r"(?:so |and )?who (?:(?:has|had|else) )?(?:agree[ds]|announce[ds]|argue[ds]|asserted|believe[ds]|claim(?:ed|s)"
    r"|complain(?:ed|s)|explain(?:ed|s)|mention(?:ed|s)|note[ds]|promise[ds]|report(?:ed|s)|said|says|state[ds]"
    r"|suggest(?:ed|s)|thinks|thought|told \w+|warn(?:ed|s)|writes|wrote) (?:that )?(\S+ \S+ \S.*)",
    re.IGNORECASE | re.DOTALL,
)
_SHARED = 0.5
"""The share of a claim's words that a sentence must have to be the one that makes it."""


def read(question: str, inputs: Sequence[ReaderInput], reader: Reader) -> Sequence[Reading]:
    """Have the passages read; of those that are talks, ask what was said where the question asks who said it."""
    claim = claimed(question)
    talks = [i for i, given in enumerate(inputs) if claim and turns(given.text)]
    if not talks:
        return reader.read(question, inputs)
    others = [i for i in range(len(inputs)) if i not in talks]
    asked = reader.read(f"Is it true that {claim}?", [inputs[i] for i in talks])
    found = {i: _said(claim, inputs[i], reading) for i, reading in zip(talks, asked, strict=True)}
    if others:
        found |= zip(others, reader.read(question, [inputs[i] for i in others]), strict=True)
    return [found[i] for i in range(len(inputs))]


def claimed(question: str) -> str:
    """Return what somebody said, of a question that asks who said it; empty for any other question.

    >>> claimed("Who said that the pump is broken?"), claimed("Who is the chair?")
    ('the pump is broken', '')
    """
    match = _WHO_SAID.match(question)
    return match[1].rstrip("?!. ") if match else ""


def _said(claim: str, given: ReaderInput, reading: Reading) -> Reading:
    """Return the reading with its best sentence's place taken by that one of the same turn which makes the claim."""
    scores, wanted = reading.sentences, stems(claim)
    best = max(range(len(scores)), key=lambda i: scores[i])
    at = given.sentences[best][0]
    turn = next((turn for turn in turns(given.text) if turn.start <= at < turn.end), None)
    shares = [
        len(wanted & stems(given.text[start:end])) if turn and turn.start <= start < turn.end else 0
        for start, end in given.sentences
    ]
    likely = max(range(len(shares)), key=lambda i: shares[i])
    if not wanted or shares[likely] < _SHARED * len(wanted) or likely == best:
        return reading
    swapped = list(scores)
    swapped[best], swapped[likely] = scores[likely], scores[best]
    start, end = given.sentences[likely]
    return replace(reading, start=start, end=end, sentences=tuple(swapped))
