"""Questions about a document as a whole: "Summarise this", "What is it about?" They get its key sentences.

Key sentences are chosen much as SumBasic does (Nenkova and Vanderwende, 2005): by the frequency, in the document, of a
sentence's words, where a word that has been said counts its frequency squared from then on. Sentences that stand on
their own come before those that lean on a neighbour. The opening sentence, in which a text says what it is about, is
always among them. They are quoted in the document's order.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from math import log, sqrt

from rag.answering.quote import Place
from rag.protocols import Corpus, Lap, Texts
from rag.text.boundaries import extend_to_whole_meaning
from rag.text.language import LANGUAGES, Language, language_of
from rag.text.language import plain as plain_words
from rag.text.sentences import is_finished
from rag.text.words import content_words, stems
from rag.types import Evidence, Hit, Passage, Reading

_DOCUMENTS = 64
"""Documents that are looked into for what a whole folder is about."""

_PASSAGES = 400
"""Passages of a document that are looked into, from its beginning."""

_FEWEST_WORDS, _LONGEST = 8, 450
"""Of a key sentence: fewer words say too little, more characters are no sentence."""

_FREQUENT = 10
"""The most frequent words of the texts, by which the key sentences are judged."""

_OPENING = 300
"""Characters of a document's beginning in which a topic must be named, where its title and path do not name it."""

_NOUN = (
    r"(?:documents?|articles?|texts?|files?|pages?|reports?|papers?|books?|letters?|e-?mails?|contracts?|manuals?"
    r"|chapters?|transcripts?|speech(?:es)?|notes?|folders?|collections?)"
)
_WHICH = r"(?:(?:this|that|these|those|the|my|our|your|all(?: of)? the|each|every) )?"
_TOPIC = r"(?: (?:about|on|called|titled|named|of|from) (?P<topic>\S.*?))"
_ALL = rf"(?:it|they|them|this|that|these|everything|all(?: of (?:it|this|them))?|{_WHICH}(?:\w+ )?{_NOUN})"
_DOCUMENT = rf"(?:the|this|that) (?:\w+ )?{_NOUN}"
_POLITE = r"(?:please |(?:can|could|would|will) you (?:please )?|i(?:'d| would) like (?:you to )?|let'?s |now )?"
_GIVE = r"(?:(?:give|show|write|make|get|provide|tell) (?:me |us )?)?"
_SUMMARY = (
    r"(?:(?:a|an|the|some) )?(?:(?:short|brief|quick|concise|general) )?"
    r"(?:summary|overview|gist|outline|synopsis|abstract|key facts|takeaways"
    r"|(?:main|key|most important) (?:point|idea|takeaway|topic|message|theme|finding)s?)"
)
_IS = r"(?:'s| is| are| was| were)"
_TAIL = r"(?: for (?:me|us))?(?: in (?:short|brief|a \w+ \w+|\w+ (?:words|sentences|points)))?(?: please)?"
_REQUESTS = tuple(
    re.compile(_POLITE + form + _TAIL, re.IGNORECASE)
    for form in (
        rf"(?:summari[sz]e|sum up|outline|recap|tl;?dr)(?: {_ALL})?",
        rf"{_GIVE}{_SUMMARY}(?: (?:of|from|in|for) {_ALL})?",
        rf"(?:what{_IS}|list|name) {_SUMMARY}(?: (?:of|from|in) {_ALL})?",
        rf"what{_IS} {_ALL} (?:all |mainly |mostly )?about",
        rf"what do(?:es)? {_ALL} (?:say|cover|discuss|contain|deal with|talk about|tell us)",
        rf"what{_IS} in {_WHICH}{_NOUN}",
        rf"what (?:topic|subject|theme)s? (?:(?:is|are) (?:covered|discussed)(?: in {_ALL})?|do(?:es)? {_ALL} cover)",
        rf"tell (?:me|us) about {_WHICH}{_NOUN}",
        rf"(?:summari[sz]e|sum up|recap) {_DOCUMENT}{_TOPIC}",
        rf"{_GIVE}{_SUMMARY} of {_DOCUMENT}{_TOPIC}",
        rf"what{_IS} {_DOCUMENT}{_TOPIC} about",
    )
)
_WORD = re.compile(r"\w+")


def _forms(language: Language) -> Iterable[re.Pattern[str]]:
    """Yield the forms of such questions in a language other than English; they name no topic."""
    asked = language.questions
    named = "|".join(map(re.escape, sorted(asked.documents)))
    whole = rf"(?:{'|'.join(map(re.escape, sorted(asked.it)))}|(?:[\w']{{1,40}} )?(?:\w')?(?:{named}))"
    return (re.compile(re.escape(form).replace("\\~", whole).replace("\\ ", " ")) for form in asked.summaries)


_REQUESTS_ELSEWHERE = tuple(form for language in LANGUAGES.values() for form in _forms(language))


def topic_asked(question: str) -> str | None:
    """Return what the document that a question wants summed up is about or called; empty where all are meant.

    None where the question is not about a document as a whole.

    >>> topic_asked("What is this document about?"), topic_asked("Summarise the article on NATO.")
    ('', 'NATO')
    """
    plain = " ".join(question.replace("’", "'").strip(" \t\r\n?.!").split())
    for form in _REQUESTS:
        if found := form.fullmatch(plain):
            return found.groupdict().get("topic") or ""
    said = plain_words(question)
    return "" if any(form.fullmatch(said) for form in _REQUESTS_ELSEWHERE) else None


def summarize(topic: str, corpus: Corpus, *, limit: int, lap: Lap) -> tuple[tuple[Place, ...], float]:
    """Return the key sentences, in their order and at most ``limit``, and a confidence between 0 and 1.

    There are none where no document has the topic for its own. The confidence grows with the share of the
    texts' most frequent words that the sentences have; no labelled set here tells how well they sum up.
    """
    texts = corpus.texts
    documents = corpus.document_ids()
    if topic:
        found = corpus.search(topic, limit=8, lap=lap)
        documents = _about(topic, dict.fromkeys(hit.passage.document_id for hit in found), texts)
    passages = _passages(documents, texts)
    lap("search")
    chosen = key_sentences(passages, limit=limit)
    said = {
        word for passage, text, number in chosen for word in _stems(passage, text[slice(*passage.sentences[number])])
    }
    counts = Counter(word for passage, text in passages for word in _stems(passage, text))
    frequent = sorted(counts, key=lambda word: (-counts[word], word))[:_FREQUENT]
    confidence = 0.5 + 0.45 * sum(word in said for word in frequent) / max(1, len(frequent))
    score = log(confidence / (1 - confidence))
    return tuple(_place(passage, text, number, score) for passage, text, number in chosen), confidence


def _stems(passage: Passage, text: str) -> frozenset[str]:
    return stems(text, language_of(passage.language))


def _about(topic: str, documents: Iterable[str], texts: Texts) -> tuple[str, ...]:
    """Return the first of these documents whose title, path or opening names the topic."""
    wanted = stems(topic)
    for name in documents:
        source = texts.source(name)
        if wanted <= stems(" ".join((source.title, source.path, texts.slice(name, 0, _OPENING))).replace("_", " ")):
            return (name,)
    return ()


_Text = tuple[Passage, str]


def _passages(documents: Sequence[str], texts: Texts) -> list[_Text]:
    """Return the passages that are looked into: those of one document, or the first of each."""
    if len(documents) == 1:
        found = list(texts.passages_of(documents[0])[:_PASSAGES])
    else:
        step = max(1, len(documents) // _DOCUMENTS)
        found = [first for name in documents[::step][:_DOCUMENTS] for first in texts.passages_of(name)[:1]]
    return [(passage, texts.slice(passage.document_id, passage.start, passage.end)) for passage in found]


def key_sentences(passages: Sequence[_Text], *, limit: int) -> tuple[tuple[Passage, str, int], ...]:
    """Return up to ``limit`` sentences, each as passage, its text and the sentence's number in it, in their order."""
    candidates = _candidates(passages)
    languages = [language_of(passage.language) for passage, *_ in candidates]
    words = [content_words(item[3], language) for item, language in zip(candidates, languages, strict=True)]
    counts = Counter(
        word for said, language in zip(words, languages, strict=True) for word in said if word not in language.common
    )
    weights = {word: count / max(1, counts.total()) for word, count in counts.items()}
    several = len({passage.document_id for passage, *_ in candidates}) > 1
    chosen: list[int] = []
    while len(chosen) < min(limit, len(candidates)):
        told = {candidates[i][0].document_id for i in chosen} if several else set()  # of several each says one thing
        left = [i for i, item in enumerate(candidates) if i not in chosen and item[0].document_id not in told]
        if not left:
            break
        best = left[0] if not chosen else max(left, key=lambda i: (_worth(words[i], weights), -i))
        chosen.append(best)
        for word in set(words[best]) & set(weights):
            weights[word] **= 2
    return tuple(candidates[i][:3] for i in sorted(chosen))


Candidate = tuple[Passage, str, int, str]


def _candidates(passages: Sequence[_Text]) -> list[Candidate]:
    """Return the sentences that may be chosen, each once though passages overlap: whole ones, where there are such."""
    every: dict[tuple[str, int], Candidate] = {}
    for passage, text in passages:
        for number, (start, end) in enumerate(passage.sentences):
            every.setdefault((passage.document_id, passage.start + start), (passage, text, number, text[start:end]))
    complete = [item for item in every.values() if len(item[3]) <= _LONGEST and is_finished(item[3])]
    complete = [item for item in complete if len(_WORD.findall(item[3])) >= _FEWEST_WORDS]
    apart = [item for item in complete if _stands_alone(*item[:3])]
    return apart or complete or list(every.values())


def _stands_alone(passage: Passage, text: str, number: int) -> bool:
    language = language_of(passage.language)
    return extend_to_whole_meaning(text, passage.sentences, number, number, language) == (number, number)


def _worth(words: Sequence[str], weights: Mapping[str, float]) -> float:
    # Between the sum, which long sentences win, and SumBasic's mean, which short ones win.
    return sum(weights.get(word, 0.0) for word in set(words)) / sqrt(max(1, len(words)))


def _place(passage: Passage, text: str, number: int, score: float) -> Place:
    start, end = passage.sentences[number]
    reading = Reading(start, end, 0.0, 0.0, (0.0,) * len(passage.sentences))
    return Place(Evidence(Hit(passage, text, 0.0), reading, score), start, end, (), score)
