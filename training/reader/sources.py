"""Reading the data sets into examples, with what may not be trained on left out."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.quality.data import held_out_articles, is_held_out

_BREAK = re.compile(r"[.!?]+[\"'”’)\]]*\s+(?=[\"'“‘(\[]*[A-Z0-9À-Þ])|\n+")
_ABBREVIATION = re.compile(
    r"(?:\b(?:Mr|Mrs|Ms|Dr|St|Jr|Sr|vs|No|Gen|Col|Lt|Sgt|Capt|Prof|Rev|Hon|Gov|Sen|Rep|Mt|Ft|cf|ca)|\b[A-Z])\.\s+$"
)


@dataclass(frozen=True, slots=True)
class Example:
    """A question beside one text, and what is known about them.

    ``answers`` are character spans of ``text`` (empty where it has none or none is marked);
    ``relevant`` is True, False or, where nobody knows, None; ``anchor`` is a span that a window
    of the text must keep; ``labels`` holds (label, weight) for every sentence, weight 0 where unknown;
    ``null`` says that the span's target is "none here".
    """

    kind: str
    question: str
    title: str
    text: str
    sentences: tuple[tuple[int, int], ...]
    answers: tuple[tuple[int, int], ...] = ()
    relevant: bool | None = None
    null: bool = False
    anchor: tuple[int, int] | None = None
    labels: tuple[tuple[float, float], ...] = ()


def rows(path: Path) -> list[dict[str, Any]]:
    """The rows of a gzipped JSON Lines file."""
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def split_sentences(text: str) -> tuple[tuple[int, int], ...]:
    """Sentence spans by simple rules: "A b. C d." → (0, 4), (5, 9)."""
    spans, start = [], 0
    for match in _BREAK.finditer(text):
        if _ABBREVIATION.search(text, max(start, match.end() - 12), match.end()):
            continue
        end = match.end() - (len(match.group()) - len(match.group().rstrip()))
        if text[start:end].strip():
            spans.append((start, end))
        start = match.end()
    if text[start:].strip():
        spans.append((start, len(text)))
    return tuple(spans)


def dev_titles(data: Path) -> frozenset[str]:
    """The 40 articles of ``train_squad`` held out for choices and calibration: the lowest SHA-256 of the title."""
    return held_out_articles(row["title"] for row in rows(data / "reading/train_squad.jsonl.gz"))


def dev_rows(data: Path) -> list[dict[str, Any]]:
    """The held-out questions of ``train_squad``."""
    held = dev_titles(data)
    return [row for row in rows(data / "reading/train_squad.jsonl.gz") if row["title"] in held]


class Allowed:
    """Tells whether a text may be trained on: not of half A's articles, not near one of its paragraphs,
    not of the held-out articles, not one of the smaller sets' held-out texts."""

    def __init__(self, data: Path) -> None:
        half_a = rows(data / "reading/dev_squad2_half_a.jsonl.gz")
        self._titles = {_plain(row["title"]) for row in half_a} | {_plain(title) for title in dev_titles(data)}
        self._grams: set[str] = set()
        for text in {row["context"] for row in half_a} | {row["context"] for row in dev_rows(data)}:
            self._grams |= _grams(text)
        self._questions = {row["input"] for row in rows(data / "evidence/clapnq_dev.jsonl.gz")}
        smaller = (
            row["context"]
            for name in ("train", "train_more", "yesno")
            for row in rows(data / f"reading/{name}.jsonl.gz")
        )
        self._seen = {text: False for text in smaller if is_held_out(text)}

    def __call__(self, title: str, text: str, question: str = "") -> bool:
        if _plain(title) in self._titles or question in self._questions:
            return False
        if text not in self._seen:
            self._seen[text] = len(_grams(text) & self._grams) < 3
        return self._seen[text]


def span_examples(data: Path, allowed: Allowed) -> Iterator[Example]:
    """Questions with marked answers, or marked as having none, of all reading sets."""
    for name in ("train_squad", "train", "train_more"):
        for row in rows(data / f"reading/{name}.jsonl.gz"):
            if not allowed(row["title"], row["context"], row["question"]):
                continue
            answers = tuple((a["start"], a["start"] + len(a["text"])) for a in row["answers"] if a["text"])
            tempting = row.get("plausible") or []
            anchor = None
            if not answers and tempting:
                anchor = (tempting[0]["start"], tempting[0]["start"] + len(tempting[0]["text"]))
            yield Example(
                row["source"],
                row["question"],
                row["title"].replace("_", " "),
                row["context"],
                split_sentences(row["context"]),
                answers,
                bool(answers),
                not answers,
                anchor,
            )


QUESTIONS = Path(__file__).parent.parent / "data/field_questions.jsonl"
"""Questions written beside passages of ``reading/field_passages``: places instead of words, so that no text is kept."""


def field_examples(data: Path) -> Iterator[tuple[Example, str]]:
    """Questions as people ask them, with their documents: ``field``'s train part, and those in ``training/data``."""
    passages = {row["pid"]: row for row in rows(data / "reading/field_passages.jsonl.gz")}
    for line in QUESTIONS.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        passage = passages[row["pid"]]
        answers = tuple((start, end) for start, end in row["answers"])
        yield _field({**passage, **row, "context": passage["text"]}, answers, row.get("plausible")), passage["document"]
    for row in rows(data / "reading/field.jsonl.gz"):
        if row["split"] == "train":
            places = [
                [(a["start"], a["start"] + len(a["text"])) for a in row.get(k) or []] for k in ("answers", "plausible")
            ]
            yield _field(row, tuple(places[0]), next(iter(places[1]), None)), row["document"]


def _field(row: dict[str, Any], answers: tuple[tuple[int, int], ...], tempting: Sequence[int] | None) -> Example:
    spans = tuple((start, end) for start, end in row["sentences"])
    return Example(
        f"field_{row['type']}",
        row["question"],
        heading_context(row),
        row["context"],
        spans,
        answers,
        bool(answers),
        not answers,
        (tempting[0], tempting[1]) if tempting else None,
        tuple((float(number in row["evidence"]), 1.0) for number in range(len(spans))),
    )


def heading_context(row: dict[str, Any]) -> str:
    """Title and heading, as ``Passage.context`` has them."""
    return " — ".join(dict.fromkeys(part for part in (row["title"], row["heading"]) if part))[:200]


def sentence_examples(data: Path, allowed: Allowed) -> Iterator[Example]:
    """Questions with marked sentences, or with nothing but "it answers" (yes/no questions)."""
    for row in rows(data / "reading/yesno.jsonl.gz"):
        if allowed(row["title"], row["context"], row["question"]):
            spans = split_sentences(row["context"])
            yield Example("yesno", row["question"], row["title"], row["context"], spans, relevant=True)
    for row in rows(data / "evidence/selqa.jsonl.gz"):
        if allowed(row["article"], " ".join(row["candidates"])):
            yield _marked("selqa", row["question"], row["article"], row["candidates"], row["answers"], 1.0, True)
    for row in rows(data / "evidence/bioasq.jsonl.gz"):
        yield _marked("bioasq_evidence", row["question"], "", row["sentences"], row["evidence"], 0.3, True)
    for row in rows(data / "evidence/multihop.jsonl.gz"):
        yield _marked("multihop", row["question"], "", row["sentences"], row["evidence"], 1.0, None)


def _marked(
    kind: str,
    question: str,
    title: str,
    sentences: list[str],
    chosen: list[int],
    unmarked_weight: float,
    relevant: bool | None,
) -> Example:
    spans, start = [], 0
    for sentence in sentences:
        spans.append((start, start + len(sentence)))
        start += len(sentence) + 1
    labels = tuple((1.0, 1.0) if i in chosen else (0.0, unmarked_weight) for i in range(len(sentences)))
    anchor = spans[chosen[0]] if chosen else None
    return Example(
        kind, question, title, " ".join(sentences), tuple(spans), relevant=relevant, anchor=anchor, labels=labels
    )


def _plain(title: str) -> str:
    return title.replace("_", " ").strip().lower() or "\0"


def _grams(text: str) -> set[str]:
    words = re.findall(r"\w+", text.lower())
    return {" ".join(words[i : i + 10]) for i in range(len(words) - 9)}
