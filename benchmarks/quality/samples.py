"""Held-out questions put to the program in situations like its users': what it found, and whether that was right.

    read    a question beside one paragraph, or a few
    small   a question over an index of 1 to 50 paragraphs: one document, or several

A question has its answer there; or people wrote it so that its paragraph does not answer it; or its paragraph is not
there, and others of its group are; or it is of another group: see ``BESIDE_TEXTS`` and ``OVER_AN_INDEX``.
"""

from __future__ import annotations

import random
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from benchmarks.quality.data import Labelled
from benchmarks.quality.held_out import HeldOut
from rag.answering.calibration import Features, features
from rag.answering.evidence import gather
from rag.answering.quote import places
from rag.library import build_library
from rag.quality.metrics import holds
from rag.quality.report import Run
from rag.store.memory import MemoryStore
from rag.text.words import is_yes_no
from rag.types import Evidence, Hit, Progress, Span

SIZES = (1, 2, 3, 5, 8, 13, 21, 34, 50)
"""Paragraphs of a small index."""

OVER_AN_INDEX = {"answered": 6, "unanswerable": 3, "taken out": 2, "elsewhere": 1}
"""The kinds of questions, and how many there are of each in a dozen."""

BESIDE_TEXTS = {"answered": 6, "unanswerable": 5, "taken out": 1}
"""The same beside a text: whoever names the text has chosen it, so that questions that it does not answer are of its
subject."""


@dataclass(frozen=True, slots=True)
class Found:
    """A passage, by what search and reader say of it, and whether what is quoted from it answers."""

    features: Features
    right: bool | None
    """None where nobody knows: the answer's words stand in it, but it is not the paragraph that the question is of."""


@dataclass(frozen=True, slots=True)
class Sample:
    """A question and all that was found for it."""

    set: str
    """``field``, or another."""
    article: str
    kind: str
    """Of ``OVER_AN_INDEX``."""
    found: tuple[Found, ...]


@dataclass(frozen=True, slots=True)
class _Gold:
    """Where the answer stands: its document, the paragraph's place, the marked answers' places and words."""

    document: str
    place: Span
    answers: tuple[Span, ...]
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Asked:
    kind: str
    item: Labelled


def read_samples(run: Run, held: HeldOut, *, count: int, seed: int) -> list[Sample]:
    """Return ``count`` questions read beside given paragraphs."""
    rng, samples = random.Random(seed), []
    for done in range(count):
        run.report(Progress("read samples", done, count))
        kind = _drawn(BESIDE_TEXTS, rng)
        group, paragraphs = _paragraphs(held, kind, rng.choice((1, 1, 1, 2, 3, 5, 8)), rng)
        asked = _ask(held, group, paragraphs, kind, 1, rng)
        if not asked:
            continue
        name = rng.choice((_title(held, paragraphs), "passage"))
        texts = {name if number == 0 else f"{name} ({number + 1})": text for number, text in enumerate(paragraphs)}
        evidence = read_beside(run, asked[0].item.question, texts)
        gold = _gold({text: (name, (0, len(text))) for name, text in texts.items()}, asked[0])
        samples.append(_sample(asked[0], evidence, gold))
    return samples


def small_samples(run: Run, held: HeldOut, *, count: int, seed: int) -> list[Sample]:
    """Return some questions over each of ``count`` small indexes."""
    rng, samples = random.Random(seed), []
    for done in range(count):
        run.report(Progress("small indexes", done, count))
        kind = rng.choice(("answered", "unanswerable"))
        group, paragraphs = _paragraphs(held, kind, SIZES[done % len(SIZES)], rng)
        questions = [
            asked for kind, count in OVER_AN_INDEX.items() for asked in _ask(held, group, paragraphs, kind, count, rng)
        ]
        with tempfile.TemporaryDirectory() as folder:
            documents = _documents(held, paragraphs, rng)
            where = _write(Path(folder) / "seeds", documents)
            settings = replace(run.always, seeds=Path(folder) / "seeds", index=Path(folder) / "index")
            library = build_library(settings, models=run.models)
            for asked in questions:
                hits = library.search(asked.item.question, limit=run.settings.read_passages)
                evidence = read_hits(run, asked.item.question, hits)
                samples.append(_sample(asked, evidence, _gold(where, asked)))
    return samples


def _drawn(kinds: Mapping[str, int], rng: random.Random) -> str:
    return rng.choices(list(kinds), [*kinds.values()])[0]


def _paragraphs(held: HeldOut, kind: str, size: int, rng: random.Random) -> tuple[str, list[str]]:
    """Return a group, and ``size`` paragraphs of it, next to each other, that have a question of this kind."""
    if kind == "unanswerable":
        group, paragraph = rng.choice(held.trapped)
    else:
        group = rng.choice(list(held.groups))
        paragraph = rng.choice(held.groups[group])
    every = held.groups[group]
    first = max(0, min(every.index(paragraph) - rng.randrange(size), len(every) - size))
    return group, every[first : first + size]


def _ask(
    held: HeldOut, group: str, paragraphs: Sequence[str], kind: str, count: int, rng: random.Random
) -> list[_Asked]:
    """Return up to ``count`` questions of this kind to these paragraphs; fewer where there are no more."""
    if kind in ("answered", "unanswerable"):
        texts = list(paragraphs)
    elif kind == "taken out":
        texts = [text for text in held.groups[group] if text not in paragraphs]
    else:
        other = rng.choice([name for name in held.groups if name != group])
        texts = held.groups[other]
    items = [item for text in texts for item in held.questions[text] if bool(item.answers) == (kind != "unanswerable")]
    return [_Asked(kind, item) for item in rng.sample(items, min(count, len(items)))]


def _documents(held: HeldOut, paragraphs: Sequence[str], rng: random.Random) -> dict[str, list[str]]:
    """Return file name → paragraphs: one document or one each, named after their titles or after nothing."""
    nameless = f"{rng.getrandbits(64):016x}" if rng.random() < 0.5 else ""
    together = [list(paragraphs)] if rng.random() < 0.5 else [[text] for text in paragraphs]
    documents = {}
    for number, texts in enumerate(together):
        name = "".join(char if char.isalnum() else "_" for char in nameless or _title(held, texts))
        documents[f"{number:03}/{name}.txt"] = texts
    return documents


def _title(held: HeldOut, paragraphs: Sequence[str]) -> str:
    return held.questions[paragraphs[0]][0].title or "passage"


def _write(seeds: Path, documents: Mapping[str, Sequence[str]]) -> dict[str, tuple[str, Span]]:
    """Write the documents; return each paragraph's document and place."""
    where: dict[str, tuple[str, Span]] = {}
    for name, paragraphs in documents.items():
        path, text = seeds / name, ""
        for paragraph in paragraphs:
            text += "\n" if text else ""
            where[paragraph] = (name, (len(text), len(text) + len(paragraph)))
            text += paragraph
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode())
    return where


def _gold(where: Mapping[str, tuple[str, Span]], asked: _Asked) -> _Gold:
    document, place = where.get(asked.item.text, ("", (0, 0)))
    answers = tuple((place[0] + start, place[0] + end) for start, end in asked.item.answers)
    return _Gold(document, place if asked.kind == "answered" else (0, 0), answers, asked.item.golds)


def _sample(asked: _Asked, evidence: Sequence[Evidence], gold: _Gold) -> Sample:
    def is_right(hit: Hit, place: Span, quoted: str) -> bool | None:
        """It has an answer's words, or most of a marked answer. Words that match elsewhere may answer or not."""
        matches = bool(gold.words) and holds(quoted, gold.words)
        if hit.passage.document_id == gold.document and place[0] < gold.place[1] and gold.place[0] < place[1]:
            return matches or any(
                2 * (min(end, place[1]) - max(start, place[0])) > end - start for start, end in gold.answers
            )
        return None if matches else False

    return Sample("squad", asked.item.title, asked.kind, judged(asked.item.question, evidence, is_right))


def read_beside(run: Run, question: str, texts: Mapping[str, str]) -> tuple[Evidence, ...]:
    """Return what is found for a question in texts, name → text."""
    store = MemoryStore(texts, passage_tokens=run.settings.passage_tokens)
    hits = store.search(question, limit=len(texts) + 64, lap=lambda stage: None)
    return _read(run, question, hits, given=True)


def read_hits(run: Run, question: str, hits: Sequence[Hit]) -> tuple[Evidence, ...]:
    """Return what is found for a question in the hits of an index."""
    return _read(run, question, hits, given=False)


def _read(run: Run, question: str, hits: Sequence[Hit], *, given: bool) -> tuple[Evidence, ...]:
    """Return the evidence that is decided on."""
    pipeline = run.models.pipeline(run.settings, given=given)
    evidence = gather(question, hits, pipeline.reader, pipeline.calibration)
    return pipeline.reread(question, evidence)[0]


def judged(
    question: str, evidence: Sequence[Evidence], is_right: Callable[[Hit, Span, str], bool | None]
) -> tuple[Found, ...]:
    """Judge what would be quoted from each passage: ``is_right`` takes hit, place in the document, and words."""
    yes_no, found = is_yes_no(question), []
    for item in evidence:
        right: bool | None = False  # where there is nothing but labels, nothing is quoted
        for place in places([item], limit=1, floor=0.0, yes_no=yes_no):
            right = is_right(item.hit, place.span, item.hit.text[place.start : place.end])
        found.append(Found(features(question, item), right))
    return tuple(found)
