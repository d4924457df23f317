"""Replies and verdicts → the JSON of the contract, and a batch's requests from it: one shape everywhere."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from math import isfinite
from typing import Any

from rag.answering.agreement import Group, groups, sources
from rag.errors import ReplyError
from rag.interfaces.terminal import fault_line
from rag.names import date_in
from rag.scope import EVERYTHING, Scope
from rag.types import Answer, Difference, DocumentEntry, Quote, Refusal, Reply, Skipped, Source, Turn, Verdict
from rag.verification import Checked
from rag.written import sentence_of

_TYPED = re.compile(r'(in|type|since|until):("[^"]*"|[^\s"]+)(?:\s+|$)')
_LINE_ENDS = {ord(char): f"\\u{ord(char):04x}" for char in "\x85\u2028\u2029"}


def to_json(reply: Reply, id: object = None) -> dict[str, Any]:
    """Return the reply as a JSON object; ``id`` is the caller's own name for the question."""
    answer, refusal = (reply, None) if isinstance(reply, Answer) else (None, reply)
    return {
        "id": id,
        "question": reply.question,
        "standalone_question": reply.standalone_question,
        "status": "answered" if answer else "refused",
        "kind": refusal.kind if refusal else None,
        "confidence": round(reply.confidence, 4),
        "answer": answer.text if answer else None,
        "quotes": [quote_to_json(quote) for quote in answer.quotes] if answer else [],
        "groups": [_group_to_json(group, answer.quotes) for group in groups(answer.quotes)] if answer else [],
        "nearest": [quote_to_json(quote) for quote in refusal.nearest] if refusal else [],
        "reason": refusal.reason if refusal else None,
        "scope": _scope_to_json(reply.scope),
        "notices": list(reply.notices),
        "written": [asdict(sentence) for sentence in answer.written] if answer else [],
        "timings_ms": {stage: round(time, 1) for stage, time in reply.timings_ms.items()},
    }


def _group_to_json(group: Group, quotes: Sequence[Quote]) -> dict[str, Any]:
    """Return which quotes say the same, and in which documents; a date is that in a document's name."""
    return {
        "says": group.says,
        "quotes": list(group.quotes),
        "documents": [
            {**asdict(document), "date": date_in(document.path) or None} for document in sources(group, quotes)
        ],
    }


def reply_from_json(value: Mapping[str, Any]) -> Reply:
    """Return the reply that ``to_json`` made this object of; raises ReplyError for another one.

    Confidence, scores and times are as round as they are in JSON.
    """
    try:
        shared: dict[str, Any] = {
            "question": value["question"],
            "standalone_question": value["standalone_question"],
            "confidence": value["confidence"],
            "timings_ms": value["timings_ms"],
            "scope": scope_of(value["scope"] or {}),
            "notices": tuple(value["notices"]),
        }
        if value["status"] == "answered":
            sentences = tuple(sentence_of(**one) for one in value.get("written", ()))
            quotes = tuple(map(quote_from_json, value["quotes"]))
            return Answer(quotes=quotes, text=value["answer"], written=sentences, **shared)
        nearest = tuple(map(quote_from_json, value["nearest"]))
        return Refusal(reason=value["reason"], nearest=nearest, kind=value["kind"], **shared)
    except (KeyError, TypeError) as error:
        raise ReplyError(f"This is not a reply of this program: {error!r}.") from error


def _scope_to_json(scope: Scope) -> dict[str, Any] | None:
    """Return a scope with the fields by which a request names it; nothing where everything is searched."""
    if scope == EVERYTHING:
        return None
    return {
        "in": list(scope.within),
        "type": list(scope.types),
        "since": scope.since or None,
        "until": scope.until or None,
    }


def error_to_json(error: str, id: object = None, question: str = "") -> dict[str, Any]:
    """Return what stands in a batch for a line that got no answer."""
    return {"id": id, "question": question, "status": "error", "error": error, "quotes": [], "nearest": []}


def verdicts_to_json(verdicts: Sequence[Verdict]) -> dict[str, Any]:
    """Return the verdicts as one JSON object."""
    shown = [
        {
            "verdict": verdict.kind,
            "exact": verdict.exact,
            "document": asdict(verdict.document) if verdict.document else None,
            "start": verdict.start,
            "end": verdict.end,
            "page": verdict.page,
            "differences": [_difference_to_json(item) for item in verdict.differences],
            "reason": verdict.reason or None,
            "text_start": verdict.text[0] if verdict.text else None,
            "text_end": verdict.text[1] if verdict.text else None,
        }
        for verdict in verdicts
    ]
    return {"verdicts": shown}


def checked_to_json(checked: Checked) -> dict[str, Any]:
    """Return what became of a text's quotations as one JSON object, with the hints beside the verdicts."""
    hints = [
        {
            "said": hint.said,
            "kind": hint.kind,
            "speaker": hint.speaker,
            "text_start": hint.start,
            "text_end": hint.end,
        }
        for hint in checked.hints
    ]
    return {**verdicts_to_json(checked.verdicts), "hints": hints}


def verification_to_json(verdicts: Sequence[Verdict]) -> dict[str, Any]:
    """Return the verdicts as one JSON object that also says whether all hold, and a reason for each that does not."""
    reasons = [fault_line(verdict) for verdict in verdicts if not verdict.holds]
    return {"verified": not reasons, "reasons": reasons, **verdicts_to_json(verdicts)}


def catalogue_to_json(
    built_at: str, passages: int, entries: Iterable[DocumentEntry], skipped: Iterable[Skipped]
) -> dict[str, Any]:
    """Return what is in an index as a JSON object; ``passages`` is how many in all."""
    return {
        "built_at": built_at,
        "passages": passages,
        "documents": [_entry_to_json(asdict(entry)) for entry in entries],
        "skipped": [asdict(one) for one in skipped],
    }


def _entry_to_json(entry: dict[str, Any]) -> dict[str, Any]:
    return {**entry.pop("source"), **entry}


def verdicts_from_json(value: Mapping[str, Any]) -> tuple[Verdict, ...]:
    """Return the verdicts that ``verdicts_to_json`` made this object of."""
    return tuple(
        Verdict(
            exact=item["exact"],
            kind=item["verdict"],
            document=Source(**item["document"]) if item["document"] else None,
            start=item["start"],
            end=item["end"],
            page=item["page"],
            differences=tuple(map(_difference_from_json, item["differences"])),
            reason=item["reason"] or "",
            text=None if item["text_start"] is None else (item["text_start"], item["text_end"]),
        )
        for item in value["verdicts"]
    )


def _difference_from_json(value: Mapping[str, Any]) -> Difference:
    return Difference(value["field"], value["said"], value["stands"], tuple(value.get("changes", ())))


def _difference_to_json(difference: Difference) -> dict[str, Any]:
    """Return what a citation says and what stands; ``changes`` only where that changes a number, a name and so on."""
    said = {"field": difference.field, "said": difference.said, "stands": difference.stands}
    return {**said, "changes": list(difference.changes)} if difference.changes else said


def dumps(value: object) -> str:
    """Return a value as one line of JSON, whatever a reader takes for a line's end.

    Lone surrogates and Unicode's own line ends are written as their escapes, which are JSON too.
    """
    text = json.dumps(value, ensure_ascii=False).translate(_LINE_ENDS)
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def item_of(line: str, number: int) -> dict[str, Any]:
    """Return the JSON object in a line of a batch; raises ReplyError for anything else."""
    try:
        item = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise ReplyError(f"Line {number} is not JSON: {error}.") from error
    if not isinstance(item, dict):
        raise ReplyError(f"Line {number} is not a JSON object.")
    return item


def replies_of(text: str, file: str) -> list[Any]:
    """Return the replies in a file's text: one, a list, or one a line; raises ReplyError."""
    if not text.strip():
        raise ReplyError(f"{file} is empty. Give what rag ask --json printed.")
    try:
        try:
            value = json.loads(text)
            return value if isinstance(value, list) else [value]
        except ValueError:
            return [json.loads(line) for line in text.split("\n") if line.strip()]
    except (ValueError, RecursionError) as error:
        raise ReplyError(f"{file} is not JSON: {error}. Give what rag ask --json printed.") from error


def id_of(item: Mapping[str, object]) -> str | int | float | None:
    """Return the caller's own name for a question; raises ReplyError where JSON could not give it back as it is."""
    id = item.get("id")
    if id is None or isinstance(id, (str, int)) or (isinstance(id, float) and isfinite(id)):
        return id
    raise ReplyError('The "id" must be text or a number.')


def question_of(item: Mapping[str, object]) -> str:
    """Return the question of a request; raises ReplyError where there is none."""
    question = item.get("question")
    if not isinstance(question, str):
        raise ReplyError('The line has no "question" that is text.')
    return question


def turns_from_json(values: object) -> tuple[Turn, ...]:
    """Return the earlier turns of a request, objects with "question" and "answer"; raises ReplyError for others."""
    turns = [] if values is None else values
    if isinstance(turns, list) and all(isinstance(turn, dict) for turn in turns):
        pairs = [(turn.get("question"), turn.get("answer") or "") for turn in turns]
        if all(isinstance(question, str) and isinstance(answer, str) for question, answer in pairs):
            return tuple(Turn(question, answer) for question, answer in pairs)
    raise ReplyError('"turns" must be a list of objects with "question" and "answer", both text.')


def scope_of(item: Mapping[str, object], default: Scope = EVERYTHING) -> Scope:
    """Return the scope that a request names: "in" and "type" are texts or lists of them, "since" and "until" dates.

    ``default`` stands for each field that is missing. Raises ReplyError for other values.
    """
    return Scope(
        within=_listed(item, "in", default.within),
        types=_listed(item, "type", default.types),
        since=_text(item, "since", default.since),
        until=_text(item, "until", default.until),
    )


def limit_of(item: Mapping[str, object], default: int | None) -> int | None:
    """Return how many quotes a request wants at most, its "quotes"; raises ReplyError for no number from 1 on."""
    value = item.get("quotes")
    if value is None:
        return default
    if type(value) is int and value > 0:
        return value
    raise ReplyError('"quotes" must be a whole number from 1 on.')


def _listed(item: Mapping[str, object], field: str, default: tuple[str, ...]) -> tuple[str, ...]:
    value = item.get(field)
    values = default if value is None else (value,) if isinstance(value, str) else value
    if isinstance(values, list | tuple) and all(isinstance(text, str) for text in values):
        return tuple(values)
    raise ReplyError(f'"{field}" must be a list of texts.')


def _text(item: Mapping[str, object], field: str, default: str) -> str:
    value = item.get(field)
    if value is None or isinstance(value, str):
        return value or default
    raise ReplyError(f'"{field}" must be a date that is text, such as "2024-03".')


def typed_scope(text: str) -> tuple[Scope, str]:
    """Return the scope that stands before a question, as people type it, and the question.

    >>> typed_scope('in:news/ in:"old mail" since:2024 Who came?')
    (Scope(within=('news/', 'old mail'), types=(), since='2024', until=''), 'Who came?')
    """
    named: dict[str, list[str]] = {"in": [], "type": [], "since": [], "until": []}
    text = text.lstrip()
    while match := _TYPED.match(text):
        named[match[1]].append(match[2].strip('"'))
        text = text[match.end() :]
    since, until = named["since"], named["until"]
    return Scope((*named["in"],), (*named["type"],), *(dates[-1] if dates else "" for dates in (since, until))), text


def scope_typed(scope: Scope) -> str:
    """Return a scope as ``typed_scope`` takes it, with a space behind it; empty where everything is searched."""
    fields = (("in", scope.within), ("type", scope.types), ("since", (scope.since,)), ("until", (scope.until,)))
    return "".join(
        f'{field}:"{value}" ' if " " in value else f"{field}:{value} "
        for field, values in fields
        for value in values
        if value
    )


def texts_of(item: Mapping[str, object]) -> dict[str, str]:
    """Return the passages of a request by name, those of one name told apart by a number; raises ReplyError."""
    passages = item.get("passages")
    if not isinstance(passages, list) or not all(_is_passage(passage) for passage in passages):
        raise ReplyError('"passages" must be a list of objects with "name" and "text".')
    texts: dict[str, str] = {}
    for number, passage in enumerate(passages, start=1):
        name = str(passage["name"])
        while name in texts:
            name = f"{name} ({number})"
        texts[name] = passage["text"]
    return texts


def _is_passage(value: object) -> bool:
    return isinstance(value, dict) and isinstance(value.get("name"), (str, int)) and isinstance(value.get("text"), str)


def quote_to_json(quote: Quote) -> dict[str, Any]:
    """Return a quote as a JSON object."""
    return {
        "exact": quote.exact,
        "prefix": quote.prefix,
        "suffix": quote.suffix,
        "start": quote.start,
        "end": quote.end,
        "highlights": [list(span) for span in quote.highlights],
        "page": quote.page,
        "page_label": quote.page_label,
        "recognised": quote.recognised,
        "line": quote.line,
        "section": quote.section,
        "score": round(quote.score, 4),
        "document": asdict(quote.document),
    }


def quote_from_json(value: Mapping[str, Any]) -> Quote:
    """Return the quote that ``quote_to_json`` made this object of."""
    spans = tuple((first, last) for first, last in value["highlights"])
    return Quote(**{**value, "document": Source(**value["document"]), "highlights": spans})
