"""Question + corpus → reply: the only way there is.

question ─ rewriter ─▶ candidates ─ search ─▶ hits ─ first reader ─▶ the best few ─ second reader ─▶ evidence
         ─ quote ─▶ quotes ─ decide ─▶ reply
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from rag.answering import agreement
from rag.answering import decide as deciding
from rag.answering import summarize as summarizing
from rag.answering.calibration import Calibration
from rag.answering.evidence import gather, reread
from rag.answering.quote import quotes
from rag.errors import QuestionError, RagError
from rag.protocols import Corpus, Reader, Rewriter, Writer
from rag.text.words import parts
from rag.types import Answer, Evidence, Refusal, Reply, Turn
from rag.written import Sentence, in_words

_BEHIND = 0.01
"""Log-odds by which what decides nothing stands behind what does."""
_SURER = 0.05
"""Confidence by which a less likely candidate must be ahead: without it the name in a question is often lost."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """A reply, and the evidence that it was decided on, best first."""

    reply: Reply
    evidence: tuple[Evidence, ...] = ()


@dataclass(frozen=True, slots=True)
class SecondReading:
    """Who reads the best passages again, how many, and the weights of what both readers say."""

    reader: Reader
    calibration: Calibration
    passages: int


@dataclass(frozen=True, slots=True)
class Pipeline:
    """The parts that a question passes through, and the limits it is held to."""

    reader: Reader
    rewriter: Rewriter
    calibration: Calibration
    """Of what search and reader say: it ranks the passages, and decides where nobody reads again."""
    again: SecondReading | None = None
    threshold: float | None = None
    """Confidence from which a question is answered; none: the calibration's."""
    passages: int = 20
    """Passages that are read."""
    quotes: int = 3
    """Quotes in a reply, at most."""
    characters: int = 2_000
    """The longest question that is taken."""

    def ask(
        self,
        question: str,
        corpus: Corpus,
        *,
        turns: Sequence[Turn] = (),
        standalone_question: str | None = None,
        quotes: int | None = None,
    ) -> Outcome:
        """Answer from the corpus, or refuse; of several things that a follow-up may mean, the surest answered wins.

        ``turns`` are the earlier ones, oldest first; ``standalone_question`` is asked in place of what would be made
        from them; ``quotes`` is how many the asker wants at most: then all that answer are looked for, as they are for
        a question that asks for a list. Raises QuestionError for an empty or over-long question.
        """
        clock = Clock()
        question = check_question(question, self.characters)
        if standalone_question:
            candidates: Sequence[str] = (check_question(standalone_question, self.characters),)
        else:
            candidates = self.rewriter.candidates(question, turns) if turns else (question,)
        outcomes = [self._ask(question, candidate, corpus, clock, quotes) for candidate in candidates]
        best = _surest(outcomes, question)
        return replace(best, reply=replace(best.reply, timings_ms=clock.total()))

    def _ask(self, question: str, searched: str, corpus: Corpus, clock: Clock, wanted: int | None) -> Outcome:
        limit, lists = wanted or self.quotes, wanted is not None or agreement.asks_for_list(searched)
        if lists and wanted is None:
            limit = max(limit, agreement.LISTED)
        if deciding.is_other(searched):
            return Outcome(deciding.refuse(question, searched, (), corpus.texts, confidence=0.0, kind="other"))
        if (topic := summarizing.topic_asked(searched)) is not None:
            places, confidence = summarizing.summarize(topic, corpus, limit=wanted or self.quotes, lap=clock.lap)
            if shown := quotes(places, corpus.texts):
                return Outcome(Answer(question, searched, shown, confidence))
        hits = corpus.search(searched, limit=self.passages, lap=clock.lap)
        evidence = gather(searched, hits, self.reader, self.calibration)
        clock.lap("read")
        surest, calibration = self.reread(searched, evidence)
        of_parts = []
        if self.again is not None:
            of_parts = [self.reread(part, evidence)[0] for part in parts(searched)]
            clock.lap("reread")
        further: tuple[Evidence, ...] = ()
        if lists and self.again is not None:
            further = self._further(searched, evidence[len(surest) :], surest, limit, self.again)
            clock.lap("reread")
        reply = deciding.decide(
            question,
            searched,
            surest,
            corpus.texts,
            calibration=calibration,
            threshold=self.threshold,
            limit=limit,
            of_parts=of_parts,
            further=further,
        )
        if lists and isinstance(reply, Answer):
            reply = replace(reply, notices=(*reply.notices, agreement.counted(reply.quotes, len(hits))))
        clock.lap("decide")
        return Outcome(reply, (*surest, *evidence[len(surest) :]))

    @staticmethod
    def _further(
        question: str, rest: Sequence[Evidence], surest: Sequence[Evidence], limit: int, again: SecondReading
    ) -> tuple[Evidence, ...]:
        """Return what is quoted behind the surest where all that answers is wanted: it decides nothing.

        As many passages are read again as quotes are wanted.
        """
        if not rest:
            return ()
        found = reread(question, rest[:limit], again.reader, again.calibration)
        return tuple(replace(item, score=min(item.score, surest[0].score - _BEHIND)) for item in found)

    def reread(self, question: str, evidence: Sequence[Evidence]) -> tuple[tuple[Evidence, ...], Calibration]:
        """Return the evidence to decide on, best first, and its weights; ``evidence`` is the first reader's, in order.

        Where there is a second reader it is what that one finds in the best few.
        """
        if self.again is None:
            return tuple(evidence), self.calibration
        best = evidence[: self.again.passages]
        return reread(question, best, self.again.reader, self.again.calibration), self.again.calibration


def written(reply: Reply, writer: Writer) -> Iterator[Answer]:
    """Yield an answer each time that its text has grown by a sentence, the last time whole; nothing for a refusal.

    Where the writer fails, its quotes stay, what it had written too, and a notice says what happened.
    """
    if not isinstance(reply, Answer):
        return
    clock, notices = Clock(), reply.notices
    sentences: tuple[Sentence, ...] = ()
    try:
        for sentence in writer.write(reply.standalone_question, reply.quotes):
            sentences = (*sentences, sentence)
            yield replace(reply, text=in_words(sentences), written=sentences)
    except RagError as error:
        notices = (*notices, str(error))
    clock.lap("write")
    spent = clock.total()["write"]
    timings = {**reply.timings_ms, "write": spent, "total": reply.timings_ms.get("total", 0.0) + spent}
    yield replace(reply, text=in_words(sentences), written=sentences, notices=notices, timings_ms=timings)


def _surest(outcomes: Sequence[Outcome], question: str) -> Outcome:
    """Return the surest outcome, answers before refusals; one that is hardly surer does not overrule an earlier one.

    Where none of them finds anything, what was searched for ``question`` as it is asked is what is shown.
    """
    best = outcomes[0]
    for outcome in outcomes[1:]:
        answers = isinstance(outcome.reply, Answer) - isinstance(best.reply, Answer)
        if answers > 0 or (answers == 0 and outcome.reply.confidence > best.reply.confidence + _SURER):
            best = outcome
    if isinstance(best.reply, Refusal) and best.reply.kind == "absent":
        return next((outcome for outcome in outcomes if outcome.reply.standalone_question == question), best)
    return best


class Clock:
    """Adds up the stages of one question, in milliseconds."""

    def __init__(self) -> None:
        self._began = self._last = time.perf_counter()
        self._laps: dict[str, float] = {}

    def lap(self, stage: str) -> None:
        """Add the time since the last lap to this stage's."""
        now = time.perf_counter()
        self._laps[stage] = self._laps.get(stage, 0.0) + (now - self._last) * 1000
        self._last = now

    def total(self) -> Mapping[str, float]:
        """Return the laps by name, and the time since the beginning as "total"."""
        return {**self._laps, "total": (time.perf_counter() - self._began) * 1000}


def check_question(question: str, longest: int) -> str:
    """Return the question as it can be asked: without space around it and without lone surrogates.

    Raises QuestionError for an empty one, and for one over ``longest`` characters.
    """
    question = question.encode("utf-8", "replace").decode("utf-8").strip()
    if not question:
        raise QuestionError("The question is empty: ask something.")
    if len(question) > longest:
        raise QuestionError(
            f"The question has {len(question):,} characters, at most {longest:,} are taken: shorten it."
        )
    return question
