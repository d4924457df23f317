"""Train the vocabulary of ``rag/text/tokens.py``: byte-pair encoding over counted words.

    python -m training.tokens ../shared/data/reading/{pool,train,train_squad,train_more}.jsonl.gz

Each distinct text counts once. Sennrich, Haddow, Birch: Neural Machine Translation of Rare Words with Subword Units
(2016), over bytes, with one addition: before anything is learnt, every letter of the alphabets in ``ALPHABETS`` is a
token, and the first two bytes of a Chinese or Korean character are one. The texts are English; without that, one
Cyrillic letter would count as two tokens and one Devanagari letter as three.
"""

from __future__ import annotations

import argparse
import base64
import gzip
import hashlib
import heapq
import json
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from pathlib import Path

import regex  # type: ignore[import-untyped]  # comes with tiktoken

from rag.text.tokens import HEADER, PATTERN

VOCABULARY = 32_768
OUTPUT = Path(__file__).parent.parent / "rag" / "data" / "tokens.txt"
# From Latin-1 to Tibetan, Georgian, Latin with Vietnamese letters, typographic punctuation, currencies, kana.
ALPHABETS = ((0x80, 0x1000), (0x10A0, 0x1100), (0x1E00, 0x1F00), (0x2010, 0x2030), (0x20A0, 0x20C0), (0x3000, 0x3100))
HALVES = ((0x4E00, 0xA000), (0xAC00, 0xD7A4))

Word = list[int]
Pair = tuple[int, int]


def texts(files: Iterable[Path]) -> Iterator[str]:
    """Yield every distinct ``text`` or ``context`` of the files."""
    seen: set[bytes] = set()
    for file in files:
        with gzip.open(file, "rt", encoding="utf-8") as lines:
            for line in lines:
                row = json.loads(line)
                text = str(row.get("text") or row["context"])
                digest = hashlib.sha256(text.encode()).digest()
                if digest not in seen:
                    seen.add(digest)
                    yield text


def characters() -> list[bytes]:
    """Return the tokens that stand before the learnt ones: the beginnings of characters, then characters."""
    letters = [
        chr(code)
        for first, end in ALPHABETS
        for code in range(first, end)
        if unicodedata.category(chr(code))[0] in "LMPSN"
    ]
    halves = [chr(code) for first, end in HALVES for code in range(first, end)]
    encoded = [letter.encode() for letter in letters]
    beginnings = {code[:2] for code in encoded if len(code) == 3} | {half.encode()[:2] for half in halves}
    return sorted(beginnings) + sorted(encoded)


def learn(counts: Counter[str], size: int) -> list[bytes]:
    """Return a vocabulary of that many tokens, in the order of their ranks.

    >>> learn(Counter({"low": 5, "lower": 2, "slow": 3}), 256 + len(characters()) + 2)[-2:]
    [b'lo', b'low']
    """
    ranks = {token: rank for rank, token in enumerate([*(bytes([byte]) for byte in range(256)), *characters()])}
    words, weights = _spell(counts, ranks)
    found, places = _pairs(words, weights)
    # Most frequent first; of equals, the pair that is spelt first, so that a run repeats exactly.
    tokens = list(ranks)
    heap = [(-count, tokens[a] + tokens[b], (a, b)) for (a, b), count in found.items()]
    heapq.heapify(heap)
    while len(tokens) < size and heap:
        count, spelling, pair = heapq.heappop(heap)
        if -count != found[pair]:
            if found[pair] > 0:
                heapq.heappush(heap, (-found[pair], spelling, pair))
            continue
        # "a" + "bc" and "ab" + "c" are one token: ranks are by spelling, as tiktoken reads them.
        if spelling not in ranks:
            ranks[spelling] = len(tokens)
            tokens.append(spelling)
        grown = _merge(pair, ranks[spelling], words, weights, found, places)
        for a, b in grown:
            heapq.heappush(heap, (-found[a, b], tokens[a] + tokens[b], (a, b)))
    return tokens


def _spell(counts: Counter[str], ranks: dict[bytes, int]) -> tuple[list[Word], list[int]]:
    words, weights = [], []
    for word, weight in sorted(counts.items()):
        spelt: Word = []
        for letter in word:
            code = letter.encode()
            spelt += [ranks[code]] if code in ranks else _halves(code, ranks)
        words.append(spelt)
        weights.append(weight)
    return words, weights


def _halves(code: bytes, ranks: dict[bytes, int]) -> Word:
    whole = [ranks[code[:2]]] if code[:2] in ranks else [code[0], code[1]]
    return whole + list(code[2:])


def _pairs(words: Sequence[Word], weights: Sequence[int]) -> tuple[Counter[Pair], dict[Pair, set[int]]]:
    found: Counter[Pair] = Counter()
    places: dict[Pair, set[int]] = defaultdict(set)
    for row, word in enumerate(words):
        for pair in pairwise(word):
            found[pair] += weights[row]
            places[pair].add(row)
    return found, places


def _merge(
    pair: Pair,
    new: int,
    words: list[Word],
    weights: Sequence[int],
    found: Counter[Pair],
    places: dict[Pair, set[int]],
) -> set[Pair]:
    """Replace the pair by the new token in every word, keep the counts right, return the pairs that came to be."""
    grown: set[Pair] = set()
    for row in sorted(places.pop(pair)):
        before, weight = words[row], weights[row]
        after = _replace(before, pair, new)
        for old in pairwise(before):
            found[old] -= weight
        for made in pairwise(after):
            found[made] += weight
            if new in made:
                places[made].add(row)
                grown.add(made)
        words[row] = after
    return grown


def _replace(word: Word, pair: Pair, new: int) -> Word:
    out: Word = []
    place = 0
    while place < len(word):
        if word[place] == pair[0] and word[place + 1 : place + 2] == [pair[1]]:
            out.append(new)
            place += 2
        else:
            out.append(word[place])
            place += 1
    return out


def main() -> None:
    """Count, learn, write the file and say its SHA-256."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="+", type=Path)
    parser.add_argument("--output", type=Path, default=OUTPUT)
    arguments = parser.parse_args()
    pattern = regex.compile(PATTERN)
    counts: Counter[str] = Counter()
    for text in texts(arguments.files):
        counts.update(pattern.findall(text))
    counts = Counter({word: count for word, count in counts.items() if count > 1})
    tokens = learn(counts, VOCABULARY)
    lines = [HEADER, *(base64.b64encode(token) for token in tokens[256:])]
    content = b"\n".join(lines) + b"\n"
    arguments.output.write_bytes(content)
    print(f"{len(counts):,} words, {len(tokens):,} tokens, SHA-256 {hashlib.sha256(content).hexdigest()}")


if __name__ == "__main__":
    main()
