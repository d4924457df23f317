"""Making questions that a text does not answer, from those that it does."""

from __future__ import annotations

import random
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import tantivy

from training.reader.sources import Allowed, Example, heading_context, rows, split_sentences

_NAME = re.compile(r"(?<![.?!] )(?<!^)\b[A-Z][\w’'-]+(?: (?:of|the|de|and) (?=[A-Z])| [A-Z][\w’'-]+)*")
_YEAR = re.compile(r"\b1[0-9]{3}\b|\b20[0-2][0-9]\b")
_NUMBER = re.compile(r"\b[0-9][0-9,.]*[0-9]\b|\b[2-9]\b")
_PAIRS = (
    "first last,largest smallest,biggest smallest,highest lowest,most least,more less,before after,increase decrease,"
    "increased decreased,north south,east west,northern southern,eastern western,early late,earliest latest,"
    "oldest youngest,older younger,won lost,win lose,male female,men women,begin end,began ended,start finish,"
    "started stopped,open close,opened closed,born buried,always never,high low,higher lower,strongest weakest,"
    "inside outside,above below,upper lower,maximum minimum,best worst,accepted rejected,allowed banned,joined left,"
    "supported opposed,import export,imports exports,longest shortest,major minor,gained lost,rise fall,common rare,"
    "with without,public private,positive negative,advantage disadvantage,success failure,original final"
)
_OPPOSITES = {a: b for pair in _PAIRS.split(",") for a, b in (tuple(pair.split()), tuple(reversed(pair.split())))}
_AUXILIARY = re.compile(r"\b(is|are|was|were|did|does|do|can|could|has|have|had|will|would|should)\b( n't| not)?")


class Paragraphs:
    """All paragraphs that may be trained on, searched by BM25."""

    def __init__(self, texts: Iterable[tuple[str, str]]) -> None:
        builder = tantivy.SchemaBuilder()
        builder.add_text_field("text", stored=False, tokenizer_name="en_stem")
        builder.add_unsigned_field("row", stored=True)
        self.texts = list(dict.fromkeys(texts))
        self._index = tantivy.Index(builder.build())
        writer = self._index.writer(heap_size=64_000_000, num_threads=1)
        for row, (title, text) in enumerate(self.texts):
            writer.add_document(tantivy.Document(text=f"{title} {text}", row=row))
        writer.commit()
        self._index.reload()

    def search(self, question: str, count: int) -> list[tuple[str, str]]:
        """The ``count`` best (title, text) for the words of a question."""
        words = " ".join(re.findall(r"\w+", question))
        if not words:
            return []
        searcher = self._index.searcher()
        query = self._index.parse_query(words.lower(), ["text"])
        return [self.texts[searcher.doc(place)["row"][0]] for _, place in searcher.search(query, count).hits]


def paragraphs(data: Path, allowed: Allowed, examples: Sequence[Example]) -> Paragraphs:
    """The pool's paragraphs and those of the examples, what is held out left out."""
    pool = [(row["title"].replace("_", " "), row["text"]) for row in rows(data / "reading/pool.jsonl.gz")]
    own = [(example.title, example.text) for example in examples if len(example.text) > 200]
    return Paragraphs((title, text) for title, text in [*pool, *own] if allowed(title, text))


def _without_answer(example: Example, kind: str, title: str, text: str) -> Example:
    return Example(kind, example.question, title, text, split_sentences(text), relevant=False, null=True)


def wrong_paragraphs(
    examples: Iterable[Example], search: Paragraphs, rng: random.Random, *, best_of: int = 6
) -> Iterator[Example]:
    """Each question beside one of the best wrong paragraphs, one that holds none of its answers."""
    for example in examples:
        answers = [example.text[start:end].lower() for start, end in example.answers]
        found = [
            (title, text)
            for title, text in search.search(example.question, best_of + 1)
            if text != example.text and not any(answer in text.lower() for answer in answers)
        ]
        if found:
            yield _without_answer(example, "wrong", *rng.choice(found))


def wrong_field_passages(data: Path, examples: Sequence[tuple[Example, str]], rng: random.Random) -> Iterator[Example]:
    """Each answerable question of ``field`` beside a passage of its own document that shares its words but does not
    answer, and beside one of another document."""
    stored = rows(data / "reading/field_passages.jsonl.gz")
    passages = {
        row["text"]: (heading_context(row), tuple((a, b) for a, b in row["sentences"]), row["document"])
        for row in stored
    }
    passages |= {example.text: (example.title, example.sentences, document) for example, document in examples}
    search = Paragraphs((context, text) for text, (context, *_) in passages.items())
    for example, document in examples:
        if not example.answers:
            continue
        answers = [example.text[start:end].lower() for start, end in example.answers]
        # Passages overlap by a sentence, which may be the one that answers.
        needed = [
            example.text[a:b] for (a, b), (label, _) in zip(example.sentences, example.labels, strict=True) if label
        ]
        wrong = [
            text
            for _, text in search.search(example.question, 12)
            if text != example.text
            and not any(sentence in text for sentence in needed)
            and not any(len(answer) > 3 and answer in text.lower() for answer in answers)
        ]
        for same in (True, False):
            if some := [text for text in wrong if (passages[text][2] == document) is same][:4]:
                text = rng.choice(some)
                yield replace(
                    _without_answer(example, "field_wrong", passages[text][0], text), sentences=passages[text][1]
                )


def wrong_neighbours(examples: Sequence[Example], rng: random.Random) -> Iterator[Example]:
    """Each question beside another paragraph of its own article."""
    by_title: dict[str, set[str]] = defaultdict(set)
    for example in examples:
        by_title[example.title].add(example.text)
    ordered = {title: sorted(texts) for title, texts in by_title.items()}
    for example in examples:
        text = rng.choice(ordered[example.title])
        answers = [example.text[start:end].lower() for start, end in example.answers]
        if text != example.text and not any(answer in text.lower() for answer in answers):
            yield _without_answer(example, "neighbour", example.title, text)


def cut_away(examples: Iterable[Example]) -> Iterator[Example]:
    """Each question beside its paragraph without the sentences of the answer."""
    for example in examples:
        answering = {span for span, (label, _) in zip(example.sentences, example.labels, strict=False) if label}
        kept = [
            span
            for span in example.sentences
            if span not in answering and not any(start < span[1] and span[0] < end for start, end in example.answers)
        ]
        text = " ".join(example.text[start:end] for start, end in kept)
        answers = [example.text[start:end].lower() for start, end in example.answers]
        if len(kept) >= 2 and not any(answer in text.lower() for answer in answers):
            yield _without_answer(example, "cut", example.title, text)


def altered(
    examples: Sequence[Example], rng: random.Random, source: Callable[[Example], str] = lambda example: example.title
) -> Iterator[Example]:
    """Each question with a name, a number or a meaning changed, so that its text no longer answers it.

    Another name is one of the same ``source``.
    """
    names: dict[str, list[str]] = defaultdict(list)
    for example in examples:
        names[source(example)] += _NAME.findall(example.text)
    ways: tuple[Callable[[Example], str | None], ...] = (
        lambda e: _swap(e, _NAME, names[source(e)], rng),
        lambda e: _swap(e, _NAME, names[source(e)], rng),
        lambda e: _swap_year(e, rng),
        lambda e: _swap_number(e, rng),
        _opposite,
        _opposite,
        lambda e: _negated(e) if rng.random() < 0.08 else None,
    )
    for example in examples:
        questions = [question for way in ways if (question := way(example))]
        if questions:
            yield replace(
                example,
                kind="altered",
                question=rng.choice(questions),
                answers=(),
                relevant=False,
                null=True,
                anchor=example.answers[0],
                labels=tuple((0.0, weight) for _, weight in example.labels),
            )


def _swap(example: Example, pattern: re.Pattern[str], others: list[str], rng: random.Random) -> str | None:
    found = [match for match in pattern.finditer(example.question) if match.group() in example.text]
    if not found or not others:
        return None
    match = rng.choice(found)
    for _ in range(12):
        other = rng.choice(others)
        alike = abs(len(other.split()) - len(match.group().split())) <= 1
        if alike and other not in example.text and other.lower() not in example.question.lower():
            return example.question[: match.start()] + other + example.question[match.end() :]
    return None


def _swap_year(example: Example, rng: random.Random) -> str | None:
    match = _YEAR.search(example.question)
    if not match:
        return None
    year = str(int(match.group()) + rng.choice((-40, -12, -7, -5, -3, -2, -1, 1, 2, 3, 5, 8, 11, 30)))
    return None if year in example.text else example.question[: match.start()] + year + example.question[match.end() :]


def _swap_number(example: Example, rng: random.Random) -> str | None:
    match = _NUMBER.search(example.question)
    if not match or _YEAR.fullmatch(match.group()) or not match.group().isdigit():
        return None
    number = str(int(match.group()) + rng.choice((1, 2, 3, 5, 10, 25)))
    return (
        None if number in example.text else example.question[: match.start()] + number + example.question[match.end() :]
    )


def _opposite(example: Example) -> str | None:
    for match in re.finditer(r"[a-z]+", example.question):
        other = _OPPOSITES.get(match.group())
        if other and other not in example.text.lower():
            return example.question[: match.start()] + other + example.question[match.end() :]
    return None


def _negated(example: Example) -> str | None:
    match = _AUXILIARY.search(example.question)
    if not match or example.question.lower().startswith("how"):
        return None
    rest = example.question[match.end() :]
    if match.group(2):
        return example.question[: match.end(1)] + rest
    subject = re.match(r" (the |a |an )?\w+", rest)
    if match.group(1) in ("did", "does", "do", "can", "could", "will", "would", "should") and subject:
        place = match.end() + subject.end()
        return f"{example.question[:place]} not{example.question[place:]}"
    return f"{match.group(1)} not{rest}" if match.start() == 0 else f"{example.question[: match.end()]} not{rest}"
