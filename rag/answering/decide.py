"""Evidence → ``Answer`` or ``Refusal``: the one place where it is decided whether the documents say."""

from __future__ import annotations

import re
from collections.abc import Sequence

from rag.answering.calibration import Calibration
from rag.answering.quote import Place, places, quotes
from rag.protocols import Texts
from rag.text.language import ENGLISH, LANGUAGES, language_of, plain, told_question
from rag.text.words import is_yes_no
from rag.types import Answer, Evidence, Kind, Refusal, Reply

NEAREST = 3
"""Passages shown with a refusal."""

_REASONS: dict[Kind, str] = {
    "possible": "No clear answer was found; this may be one.",
    "absent": "No clear answer was found.",
    "other": "Quotes cannot answer this: ask for something that the documents say.",
}
_OTHER = re.compile(
    r"(?:hi|hello|hey|good (?:morning|afternoon|evening|day)|greetings)(?: there| everyone| all)?"
    r"|(?:many )?thanks?(?: you)?(?: very much| so much| a lot)?|cheers|bye|goodbye|ok(?:ay)?"
    r"|how are you(?: doing)?(?: today)?|who are you|what can you do"
    r"|are you (?:there|human|real|an ai|a (?:bot|robot|human|person|machine|computer))"
    r"|(?:please |can you |could you |would you )?tell (?:me|us) a (?:joke|story)"
    r"|(?:please |can you |could you |would you )?(?:write|compose|draft|translate|rewrite|rephrase|calculate|compute)"
    r" (?:me|us|a|an|the|this|that|it|my|our|some)\b.*"
    r"|(?:what(?:'s| is) |how much is )\d[\d.,]*(?: ?(?:[-+*/x×÷^]|plus|minus|times|(?:divided|multiplied) by|%? of"
    r"|per ?cent of) ?\d[\d.,]*)+|\d[\d.,]*(?: ?[+*×÷^] ?\d[\d.,]*)+ ?=?",
    re.IGNORECASE | re.DOTALL,
)
"""Greetings, requests to write, and sums."""


def decide(
    question: str,
    standalone_question: str,
    evidence: Sequence[Evidence],
    texts: Texts,
    *,
    calibration: Calibration,
    threshold: float | None,
    limit: int,
    of_parts: Sequence[Sequence[Evidence]] = (),
    further: Sequence[Evidence] = (),
) -> Reply:
    """Answer where the confidence reaches ``threshold`` (none: the calibration's own), else refuse.

    ``evidence`` is in order, best first; ``limit`` is the number of quotes at most; ``of_parts`` has the evidence of
    each of several questions asked in one, which are answered where the least sure of them is; ``further`` may be
    quoted in an answer, and decides nothing.
    """
    confidence = calibration.confidence(evidence)
    if of_parts:
        confidence = max(confidence, min(map(calibration.confidence, of_parts)))
    if evidence and confidence >= (calibration.threshold if threshold is None else threshold):
        languages = {item.hit.passage.language: language_of(item.hit.passage.language) for item in evidence}
        yes_no = is_yes_no(standalone_question, told_question(standalone_question, tuple(languages.values())))
        found = places((*evidence, *further), limit=limit, floor=calibration.floor, yes_no=yes_no, of_parts=of_parts)
        if made := quotes(found, texts):
            return Answer(question, standalone_question, made, confidence, notices=_notices(found))
    nearest = places(evidence[:NEAREST], limit=NEAREST, floor=-50.0)
    kind: Kind = "possible" if confidence >= calibration.possible else "absent"
    return refuse(question, standalone_question, nearest, texts, confidence=confidence, kind=kind)


def refuse(
    question: str, standalone_question: str, nearest: Sequence[Place], texts: Texts, *, confidence: float, kind: Kind
) -> Refusal:
    """Return a refusal that shows what is nearest."""
    shown = quotes(nearest, texts)
    return Refusal(
        question, standalone_question, _REASONS[kind], shown, confidence, kind=kind, notices=_notices(nearest)
    )


def _notices(shown: Sequence[Place]) -> tuple[str, ...]:
    """Return what to bear in mind where quotes are in another language than the one that is understood."""
    codes = dict.fromkeys(place.evidence.hit.passage.language for place in shown)
    names = [language_of(code).name for code in codes if code != ENGLISH.code]
    if not names:
        return ()
    told = " and ".join(names)
    return (
        f"Meaning is read in English only: answers in {told} are right less often, and their confidence is lowered.",
    )


def is_other(question: str) -> bool:
    """Tell whether a question is none that quotes can answer.

    >>> is_other("Hello!"), is_other("Write a poem about tea."), is_other("What is 3 + 4?"), is_other("Who wrote it?")
    (True, True, True, False)
    """
    if _OTHER.fullmatch(question.strip(" \t\r\n?.!,")):
        return True
    said = plain(question)
    return any(
        said in language.questions.greetings or said.startswith(tuple(f"{one} " for one in language.questions.requests))
        for language in LANGUAGES.values()
    )
