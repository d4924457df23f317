"""A draft's quotations, true and changed, held against the folder that they were taken from: kind of change × verdict.

    python -m benchmarks.quality.quotations --data ../shared/data

1,000 quotations as they stand and 1,000 with one change each, from the paragraphs of ``reading/pool``, each in a
sentence of its own of one draft. Half are whole sentences, half 6 to 16 words of one. The choice and the changes are
drawn with a fixed seed.
"""

from __future__ import annotations

import argparse
import random
import re
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Callable
from pathlib import Path

from benchmarks.quality.data import DATA, rows, write_paragraphs
from rag.text.sentences import sentences
from rag.types import Verdict
from rag.verification import check_text

SEED, EACH = 14, 125
FRAMES = ("It is written: {}", "The text reads {}", "{} is what one reads there.", "As the record has it, {}")
VERDICTS = "exact ambiguous typographic altered stitched absent".split()
PASSING = ("exact", "ambiguous", "typographic")

_QUOTE_MARK = re.compile("[“”„«»‘’\"'\\[\\]…]|\\.\\.\\.")
_NEGATION = re.compile(r" (?:not|never)(?= )")
_NUMBER = re.compile(r"(?<![\w.,])\d+(?:[.,]\d+)*(?![\w])")
_NAME = re.compile(r"(?<=[a-z,] )[A-Z][a-z]{3,}(?: [A-Z][a-z]+)*")
_LOOKS_LIKE = (("rn", "m"), ("m", "rn"), ("cl", "d"), ("li", "h"), ("l", "1"), ("e", "c"), ("h", "b"), ("o", "0"))

Change = Callable[[str, random.Random], str | None]
"""(true words, chance) → changed words; None where these words have nothing to change."""


def drop_negation(words: str, chance: random.Random) -> str | None:
    return _NEGATION.sub("", words, count=1) if _NEGATION.search(words) else None


def change_number(words: str, chance: random.Random) -> str | None:
    found = list(_NUMBER.finditer(words))
    if not found:
        return None
    number = chance.choice(found)
    at = chance.choice([at for at in range(*number.span()) if words[at].isdigit()])
    digit = chance.choice([digit for digit in "123456789" if digit != words[at]])
    return words[:at] + digit + words[at + 1 :]


def swap_name(words: str, chance: random.Random) -> str | None:
    found = list(_NAME.finditer(words))
    if not found:
        return None
    name = chance.choice(found)
    other = chance.choice([other for other in ("Lindvik", "Ada Holm", "Marsden", "Okafor") if other not in words])
    return words[: name.start()] + other + words[name.end() :]


def omit_over_a_change(words: str, chance: random.Random) -> str | None:
    """Leave a few words out behind an ellipsis, and change one of the words that stay."""
    tokens = words.split()
    if len(tokens) < 12:
        return None
    cut = len(tokens) // 2
    tokens[cut : cut + 3] = ["…"]
    changed = (change_number(" ".join(tokens), chance), swap_name(" ".join(tokens), chance))
    return next((words for words in changed if words), None)


def change_order(words: str, chance: random.Random) -> str | None:
    """Swap two words that stand one word apart."""
    tokens = words.split()
    if len(tokens) < 8:
        return None
    at = chance.randrange(2, len(tokens) - 4)
    one, other = tokens[at], tokens[at + 2]
    if one.casefold() == other.casefold():
        return None
    tokens[at], tokens[at + 2] = other, one
    return " ".join(tokens)


def retype(words: str, chance: random.Random) -> str | None:
    """Type dashes, spaces and letters as another keyboard has them."""
    changed = words.replace("–", "-").replace("—", "–").replace("-", "‑").replace("fi", "ﬁ").replace("fl", "ﬂ")
    at = chance.choice([at for at, char in enumerate(words) if char == " "])
    changed = changed.replace(" ", "\u00a0", 1) if at % 2 else changed.replace(" ", "  ", 1)
    return changed if changed != words else None


def misread(words: str, chance: random.Random) -> str | None:
    """Take a letter for one that looks like it, as a scan is misread."""
    places = [
        (at, seen, taken)
        for seen, taken in _LOOKS_LIKE
        for at in (match.start() for match in re.finditer(seen, words))
        if words[at - 1 : at].isalpha()
    ]
    if not places:
        return None
    at, seen, taken = chance.choice(places)
    return words[:at] + taken + words[at + len(seen) :]


CHANGES: dict[str, Change] = {
    "a dropped “not”": drop_negation,
    "a changed number": change_number,
    "a swapped name": swap_name,
    "an ellipsis over a change": omit_over_a_change,
    "a changed order": change_order,
    "retyped marks": retype,
    "a letter misread": misread,
}
JOINED = "two places joined"


def paragraphs(data: Path) -> dict[str, list[str]]:
    """Return the paragraphs of the pool, by title."""
    made: dict[str, list[str]] = defaultdict(list)
    for row in rows(data, "reading/pool"):
        made[row["title"]].append(row["text"])
    return made


def quotable(texts: dict[str, list[str]]) -> list[str]:
    """Return all sentences that can stand between marks; each once."""
    found: dict[str, None] = {}
    for several in texts.values():
        for text in several:
            for start, end in sentences(text):
                words = text[start:end]
                if 40 <= len(words) <= 300 and not _QUOTE_MARK.search(words) and "\n" not in words:
                    found[words] = None
    return list(found)


def part(words: str, chance: random.Random) -> str:
    """Return the words, or as often 6 to 16 of them in a row."""
    tokens = words.split(" ")
    count = chance.randrange(6, 17)
    if chance.random() < 0.5 or count >= len(tokens):
        return words
    at = chance.randrange(len(tokens) - count + 1)
    return " ".join(tokens[at : at + count])


def drawn(texts: dict[str, list[str]]) -> list[tuple[str, str]]:
    """Return (kind of change, quotation): 1,000 true ones, and 1,000 with a change, mixed."""
    chance = random.Random(SEED)
    pool = quotable(texts)
    chance.shuffle(pool)
    waiting = (part(words, chance) for words in pool)
    made = [("none", next(waiting)) for _ in range(1_000)]
    for kind, change in CHANGES.items():
        count = 0
        while count < EACH:
            if changed := change(next(waiting), chance):
                made.append((kind, changed))
                count += 1
    for _ in range(EACH):
        one, other = next(waiting), next(waiting)
        made.append((JOINED, f"{' '.join(one.split()[:8])} {' '.join(other.split()[-8:])}"))
    chance.shuffle(made)
    return made


def judged(data: Path) -> tuple[list[tuple[str, str, Verdict]], float]:
    """Return (kind of change, quotation, verdict) for all, and the seconds that the check took."""
    texts = paragraphs(data)
    made = drawn(texts)
    draft = "\n\n".join(FRAMES[n % len(FRAMES)].format(f"“{words}”") for n, (_, words) in enumerate(made))
    with tempfile.TemporaryDirectory() as name:
        write_paragraphs(Path(name), [(title, text) for title, several in texts.items() for text in several])
        began = time.perf_counter()
        verdicts = check_text(draft, Path(name)).verdicts
        seconds = time.perf_counter() - began
    found = {" ".join(verdict.exact.split()): verdict for verdict in verdicts}
    return [(kind, words, found[" ".join(words.split())]) for kind, words in made], seconds


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--show", metavar="N", type=int, default=0, help="print N quotations of each wrong cell")
    options = parser.parse_args()
    results, seconds = judged(options.data)
    table: dict[str, Counter[str]] = defaultdict(Counter)
    for kind, _, verdict in results:
        table[kind][verdict.kind] += 1
    print(f"| change | n | {' | '.join(VERDICTS)} |\n{'|---' * (len(VERDICTS) + 2)}|")
    for kind in ("none", *CHANGES, JOINED):
        print(f"| {kind} | {table[kind].total()} | " + " | ".join(str(table[kind][name]) for name in VERDICTS) + " |")
    print(f"{len(results)} quotations in {seconds:.1f} s")
    shown: Counter[tuple[str, str]] = Counter()
    for kind, words, verdict in results:
        right = kind in ("none", "retyped marks")
        if right != (verdict.kind in PASSING) and shown[kind, verdict.kind] < options.show:
            shown[kind, verdict.kind] += 1
            print(
                f"\n{kind}: {verdict.kind}\n  {words}\n  {[(d.field, d.said, d.stands) for d in verdict.differences]}"
            )


if __name__ == "__main__":
    main()
