"""Questions about a document as a whole: "Summarise this", "What is it about?" They get its key sentences.

Key sentences are chosen much as SumBasic does (Nenkova and Vanderwende, 2005): by the frequency, in the document, of a
sentence's words, where a word that has been said counts its frequency squared from then on. Sentences that stand on
their own come before those that lean on a neighbour. The opening sentence, in which a text says what it is about, is
always among them. They are quoted in the document's order.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from math import log, sqrt

from rag.answering.quote import Place, Texts, cut
from rag.text.boundaries import extend_to_whole_meaning
from rag.text.sentences import is_finished
from rag.text.words import COMMON, content_words
from rag.types import Answer, Evidence, Hit, Passage, Reading, Refusal, Reply

CONFIDENCE = 0.9
"""A document's own key sentences do answer what it is about; how well, no labelled set here tells."""

_DOCUMENTS = 64
"""Documents that are looked into for what a whole folder is about."""

_PASSAGES = 400
"""Passages of a document that are looked into, from its beginning."""

_FEWEST_WORDS, _LONGEST = 8, 450
"""Of a key sentence: fewer words say too little, more characters are no sentence."""

_SCORE = log(CONFIDENCE / (1 - CONFIDENCE))

_NOUN = (
    r"(?:documents?|articles?|texts?|files?|pages?|stor(?:y|ies)|reports?|papers?|books?|letters?|e-?mails?|contracts?|"
    r"manuals?|chapters?|transcripts?|speech(?:es)?|notes?|folders?|collections?|seeds?|sources?|material|news|pieces?|"
    r"posts?|content)"
)
_THIS = rf"(?:(?:this|that|these|those|the|my|our|your|all(?: of)? the|each|every)\s+)?(?:\w+\s+)?{_NOUN}"
_IT = rf"(?:it|they|them|this|that|these|everything|all(?: of (?:it|this|them))?|{_THIS})"
_IS = r"(?:'s|’s|\s+is|\s+are|\s+was|\s+were)"
_POLITE = r"(?:please\s+|(?:can|could|would|will) you (?:please )?|i(?:'d| would) like (?:you to )?|let'?s\s+|now\s+)*"
_SUMMARY = (
    r"(?:(?:a|an|the|some)\s+)?(?:(?:short|brief|quick|concise|general|one[- ]\w+)\s+)*"
    r"(?:summary|overview|gist|outline|synopsis|abstract|tl;?dr|key facts|"
    r"(?:main|key|most important)\s+(?:point|idea|takeaway|topic|message|theme|finding)s?|points|takeaways)"
)
_OF = rf"(?:\s+(?:of|from|in|for|about|on)\s+{_IT})?"
_TAIL = (
    r"\s*(?:for (?:me|us)\s*)?(?:in\s+(?:short|brief|a\s+\w+\s+\w+|\w+\s+(?:words|sentences|points))\s*)?"
    r"(?:please)?[?.!\s]*"
)
_WHOLE = re.compile(
    rf"\s*{_POLITE}(?:(?:summari[sz]e|sum up|outline|recap|tl;?dr)(?:\s+{_IT})?"
    rf"|(?:(?:give|show|write|make|get|provide|tell)\s+(?:me\s+|us\s+)?)?{_SUMMARY}{_OF}"
    rf"|(?:what{_IS}|list|name)\s+{_SUMMARY}{_OF}"
    rf"|what{_IS}\s+{_IT}\s+(?:all\s+|mainly\s+|mostly\s+)?about"
    rf"|what\s+do(?:es)?\s+{_IT}\s+(?:say|cover|discuss|contain|deal with|talk about|tell us)"
    rf"|what{_IS}\s+in\s+{_THIS}"
    rf"|what\s+(?:topics?|subjects?|themes?)\s+(?:(?:is|are)\s+(?:covered|discussed|treated|there|in\s+{_THIS})"
    rf"|do(?:es)?\s+{_IT}\s+(?:cover|discuss|treat|contain))"
    rf"|tell\s+(?:me|us)\s+(?:something\s+)?about\s+(?:it|them|{_THIS})){_TAIL}",
    re.IGNORECASE,
)
_NAMED = re.compile(
    rf"\s*{_POLITE}(?:summari[sz]e|sum up|recap|what{_IS}|(?:give\s+(?:me|us)\s+)?{_SUMMARY}\s+of)\s+"
    rf"(?:the|this|that)\s+(?:\w+\s+)?{_NOUN}\s+(?:about|on|called|titled|named|of|from)\s+(?P<topic>.+?)"
    r"(?:\s+about)?[?.!\s]*",
    re.IGNORECASE,
)
_WORD = re.compile(r"\w+")

Passages = Sequence[tuple[Passage, str]]


def asked(question: str) -> bool:
    """Tell whether a question asks about a document, or all of them, as a whole.

    >>> asked("What is this document about?"), asked("Summarise the article on NATO."), asked("What is NATO about?")
    (True, True, False)
    """
    return bool(_WHOLE.fullmatch(question) or _NAMED.fullmatch(question))


def topic(question: str) -> str:
    """Return which document is meant ("NATO" in "Summarise the article on NATO"); empty where none is named."""
    found = None if _WHOLE.fullmatch(question) else _NAMED.fullmatch(question)
    return found["topic"] if found else ""


def scope(documents: Sequence[str], passages_of: Callable[[str], Sequence[Passage]], texts: Texts) -> Passages:
    """Return the passages that are looked into, with their texts: those of one document, or the first of each."""
    if len(documents) == 1:
        found = list(passages_of(documents[0])[:_PASSAGES])
    else:
        step = max(1, len(documents) // _DOCUMENTS)
        found = [first for name in documents[::step][:_DOCUMENTS] for first in passages_of(name)[:1]]
    return [(passage, texts.slice(passage.document_id, passage.start, passage.end)) for passage in found]


def reply(
    question: str,
    standalone_question: str,
    passages: Passages,
    texts: Texts,
    *,
    limit: int,
    timings: Mapping[str, float],
) -> Reply:
    """Return the key sentences of these passages, in their order, as an answer; ``limit`` of them at most."""
    found = cut(
        [_place(passage, text, number) for passage, text, number in key_sentences(passages, limit=limit)], texts
    )
    if not found:
        return Refusal(question, standalone_question, "There is no text.", (), 0.0, timings)
    return Answer(question, standalone_question, found, CONFIDENCE, timings)


def key_sentences(passages: Passages, *, limit: int) -> tuple[tuple[Passage, str, int], ...]:
    """Return up to ``limit`` sentences, each as passage, its text and the sentence's number in it, in their order."""
    candidates = _candidates(passages)
    words = [content_words(sentence) for *_, sentence in candidates]
    counts = Counter(word for said in words for word in said if word not in COMMON)
    weights = {word: count / max(1, counts.total()) for word, count in counts.items()}
    several = len({passage.document_id for passage, *_ in candidates}) > 1
    chosen: list[int] = []
    while len(chosen) < min(limit, len(candidates)):
        left = [i for i in range(len(candidates)) if i not in chosen and not (several and _told(candidates, i, chosen))]
        if not left:
            break
        best = left[0] if not chosen else max(left, key=lambda i: (_worth(words[i], weights), -i))
        chosen.append(best)
        for word in set(words[best]) & set(weights):
            weights[word] **= 2
    return tuple(candidates[i][:3] for i in sorted(chosen))


Candidate = tuple[Passage, str, int, str]


def _candidates(passages: Passages) -> list[Candidate]:
    """Return the sentences that may be chosen, each once though passages overlap: whole ones, where there are such."""
    every: dict[tuple[str, int], Candidate] = {}
    for passage, text in passages:
        for number, (start, end) in enumerate(passage.sentences):
            sentence = text[start - passage.start : end - passage.start]
            every.setdefault((passage.document_id, start), (passage, text, number, sentence))
    complete = [item for item in every.values() if _is_whole(item[3])]
    apart = [item for item in complete if _stands_alone(item)]
    return apart or complete or list(every.values())


def _is_whole(sentence: str) -> bool:
    enough = len(_WORD.findall(sentence)) >= _FEWEST_WORDS
    return enough and len(sentence) <= _LONGEST and is_finished(sentence)


def _stands_alone(item: Candidate) -> bool:
    passage, text, number, _ = item
    spans = [(start - passage.start, end - passage.start) for start, end in passage.sentences]
    return extend_to_whole_meaning(text, spans, number, number) == (number, number)


def _worth(words: Sequence[str], weights: Mapping[str, float]) -> float:
    # Between the sum, which long sentences win, and SumBasic's mean, which short ones win.
    return sum(weights.get(word, 0.0) for word in set(words)) / sqrt(max(1, len(words)))


def _told(candidates: Sequence[Candidate], number: int, chosen: Sequence[int]) -> bool:
    """Tell whether a sentence of the same document has been chosen: of several documents each says one thing."""
    return any(candidates[i][0].document_id == candidates[number][0].document_id for i in chosen)


def _place(passage: Passage, text: str, number: int) -> Place:
    start, end = passage.sentences[number]
    reading = Reading(start - passage.start, end - passage.start, 0.0, 0.0, (0.0,) * len(passage.sentences))
    return Place(Evidence(Hit(passage, text, 0.0), reading, _SCORE), start, end, (), _SCORE)
