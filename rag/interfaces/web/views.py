"""A conversation → HTML: questions, quotes with their citations, refusals.

Everything here is made by ``rag.interfaces.web.markup``, so that nothing in a document can become markup.
"""

from __future__ import annotations

from collections.abc import Sequence

from rag.interfaces.web.markup import Html, element, join, marked
from rag.types import Answer, Quote, Refusal, Turn

CONFIDENCE_NOTE = (
    "How likely it is that the documents answer the question and that these quotes are the answer. "
    "It is a probability, fitted on questions whose answers are known, and not a mark for the documents themselves."
)
"""What the small bar means."""

_WORDS = ((0.9, "very likely"), (0.75, "likely"), (0.5, "more likely than not"), (0.25, "doubtful"), (0.0, "unlikely"))


def confidence_word(confidence: float) -> str:
    """Return the words for a probability between 0 and 1.

    >>> confidence_word(0.93)
    'very likely'
    """
    return next(word for least, word in _WORDS if confidence >= least or least == 0.0)


def place(quote: Quote) -> str:
    """Return where a quote stands, for people: its section, and its page or its line."""
    where = f"page {quote.page}" if quote.page is not None else f"line {quote.line}"
    return f"{quote.section}, {where}" if quote.section else where


def citation(quote: Quote) -> str:
    """Return a quote's citation as one line of text: title, place and path."""
    title = quote.document.title
    name = title if title == quote.document.path else f"{title} ({quote.document.path})"
    return f"{name}, {place(quote)}"


def thread(
    conversation: str,
    turns: Sequence[Turn],
    *,
    searched: str = "",
    notice: str = "",
    votes: bool = True,
    stamp: str = "",
) -> Html:
    """Return a conversation.

    ``conversation`` is its id, ``searched`` names what is searched ("3 documents"), ``notice`` is a line for the user
    about the last thing asked, ``votes`` offers thumbs, and a new ``stamp`` tells the page's script that something
    came, even the same as before.
    """
    last = len(turns) - 1
    parts = [
        _turn(number, turn, last=number == last, searched=searched, votes=votes) for number, turn in enumerate(turns)
    ]
    if notice:
        parts.append(element("p", notice, class_="cv-notice", role="alert"))
    return element(
        "div",
        *parts,
        class_="cv-thread",
        role="log",
        aria_live="polite",
        aria_label="Questions and answers",
        data_conversation=conversation,
        data_turns=len(turns),
        data_stamp=stamp,
    )


def examples(questions: Sequence[str]) -> Html:
    """Return example questions as buttons."""
    if not questions:
        return element("div", class_="cv-examples")
    items = [element("li", element("button", question, type="button", data_ask=question)) for question in questions]
    return element("div", element("h2", "For example"), element("ul", *items), class_="cv-examples")


def _turn(number: int, turn: Turn, *, last: bool, searched: str, votes: bool) -> Html:
    reply = turn.reply
    if isinstance(reply, Answer):
        body, kind = _answer(number, reply), "answered"
    elif isinstance(reply, Refusal):
        body, kind = _refusal(number, reply, searched), "refused"
    else:
        body, kind = element("p", reply, class_="cv-words"), "earlier"
    foot = None if isinstance(reply, str) else _foot(number, turn.question, reply, last, votes)
    head = _question(turn.question, number)
    understood = (
        None if isinstance(reply, str) else _searched_for(number, turn.question, reply.standalone_question, last)
    )
    return element("article", head, understood, body, foot, class_="cv-turn", data_turn=number, data_status=kind)


def _question(question: str, number: int) -> Html:
    return element("h2", question, class_="cv-question", id=f"cv-question-{number}", dir="auto", tabindex=-1)


def _searched_for(number: int, question: str, standalone: str, last: bool) -> Html | None:
    if standalone == question:
        return None
    said = join(["Searched for: ", element("bdi", standalone)])
    if not last:
        return element("p", said, class_="cv-searched")
    form = _ask_form(number, "Search for", standalone, "Search again", question=question)
    return element(
        "details", element("summary", said, element("span", "Edit", class_="cv-verb")), form, class_="cv-searched"
    )


def _ask_form(number: int, label: str, value: str, verb: str, **data: str) -> Html:
    """A line of text to ask again from; the page's script sends it in place of turn ``number``."""
    field = f"cv-{label.split()[0].lower()}-{number}"
    attributes = {f"data_{name}": text for name, text in data.items()}
    return element(
        "form",
        element("label", label, for_=field),
        element("input", id=field, name="text", value=value, type="text", autocomplete="off", required=True),
        element("button", verb, type="submit"),
        class_="cv-again",
        data_keep=number,
        **attributes,
    )


def _answer(number: int, reply: Answer) -> Html:
    written = None
    if reply.text:
        label = element("p", "Written by a language model, not a quote", class_="cv-label")
        written = element("section", label, element("p", reply.text, dir="auto"), class_="cv-written")
    lead, *further = (_quote(number, place_, quote) for place_, quote in enumerate(reply.quotes))
    more = None
    if further:
        more = element("section", element("h3", "Further quotes"), *further, class_="cv-further")
    return join([lead, more, written])


def _refusal(number: int, reply: Refusal, searched: str) -> Html:
    said = element("p", "The documents do not say.", class_="cv-refusal")
    looked = f"Searched {searched}. {reply.reason}" if searched else reply.reason
    parts = [said, element("p", looked, class_="cv-reason")]
    if reply.nearest:
        count = len(reply.nearest)
        title = "The nearest passage, not an answer" if count == 1 else f"The {count} nearest passages, not an answer"
        passages = [_quote(number, place_, quote, answer=False) for place_, quote in enumerate(reply.nearest)]
        parts.append(element("details", element("summary", title), *passages, class_="cv-nearest", open=True))
    return join(parts)


def _quote(number: int, position: int, quote: Quote, *, answer: bool = True) -> Html:
    text = marked(quote.exact, quote.highlights if answer else (), offset=quote.start)
    words = element("blockquote", text, dir="auto", data_exact=True)
    chip = element(
        "button",
        element("span", str(position + 1), class_="cv-number"),
        element("cite", quote.document.title, dir="auto"),
        element("span", place(quote), class_="cv-place", dir="auto"),
        type="button",
        class_="cv-chip",
        aria_label=f"{position + 1}: {citation(quote)}. Show it in the document",
        data_open=f"{number}.{position}",
        data_document=quote.document.id,
        data_start=quote.start,
        data_end=quote.end,
        data_marks=",".join(f"{begin}-{end}" for begin, end in quote.highlights) if answer else "",
        data_sha256=quote.document.sha256,
    )
    copy = element(
        "button",
        "Copy",
        type="button",
        class_="cv-quiet",
        data_copy=citation(quote),
        aria_label="Copy this quote with its citation",
    )
    kind = "cv-near" if not answer else "cv-lead" if position == 0 else "cv-other"
    return element("figure", words, element("figcaption", chip, copy), class_=f"cv-quote {kind}")


def _foot(number: int, question: str, reply: Answer | Refusal, last: bool, votes: bool) -> Html:
    parts = [_confidence(number, reply)] if isinstance(reply, Answer) else []
    if last:
        edit = element(
            "details",
            element("summary", "Edit"),
            _ask_form(number, "Edit the question", question, "Ask"),
            class_="cv-edit",
        )
        retry = element("button", "Ask again", type="button", class_="cv-quiet", data_ask=question, data_keep=number)
        parts += [retry, edit, _take_away()]
    if votes:
        parts.append(_votes(number))
    return element("footer", *parts, class_="cv-foot")


def _confidence(number: int, reply: Answer) -> Html:
    percent = round(100 * reply.confidence)
    note = f"cv-confidence-{number}"
    bar = element("progress", value=percent, max=100, aria_label="Confidence")
    told = element("span", f"{percent} in 100. {CONFIDENCE_NOTE}", id=note, role="tooltip", class_="cv-tip")
    word = element("button", confidence_word(reply.confidence), type="button", class_="cv-quiet", aria_describedby=note)
    return element("span", bar, word, told, class_="cv-confidence")


def _take_away() -> Html:
    """Links to the whole conversation as a file; the page's script knows its id."""
    links = [
        element("button", name, type="button", class_="cv-quiet", data_export=kind)
        for name, kind in (("Markdown", "md"), ("JSON", "json"))
    ]
    return element("span", "Save as ", *links, class_="cv-save")


def _votes(number: int) -> Html:
    votes = [
        element("button", words, type="button", class_="cv-quiet", data_vote=vote, aria_pressed="false")
        for vote, words in (("up", "Helpful"), ("down", "Not helpful"))
    ]
    field = f"cv-reason-{number}"
    form = element(
        "form",
        element("label", "Why? (kept in a file on this server)", for_=field),
        element("input", id=field, name="text", type="text", maxlength=500, autocomplete="off"),
        element("button", "Send", type="submit"),
        class_="cv-why",
        hidden=True,
    )
    return element("span", *votes, form, class_="cv-votes", data_turn=number)


def masthead(searched: str) -> Html:
    """Return the page's head: its name and what it searches."""
    name = element("h1", "Chapter & Verse", class_="cv-name")
    themes = element(
        "button",
        *(element("span", name, class_=f"cv-in-{other}") for name, other in (("Dark", "light"), ("Light", "dark"))),
        type="button",
        class_="cv-quiet",
        data_theme=True,
        aria_label="Change between light and dark",
    )
    return element("header", name, element("p", searched, class_="cv-searching"), themes, class_="cv-masthead")


def empty_panel(words: str) -> Html:
    """Return the panel before a document is opened in it."""
    return element(
        "aside", element("p", words, class_="cv-hint"), class_="cv-panel", aria_label="Document", aria_live="off"
    )
