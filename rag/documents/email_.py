"""E-mail: its headers and its text, plain where there is any; attachments are named, not read.

The headers that a reader sees (From, To, Date, Subject) are metadata, and also the first section of the text, so
that they can be quoted.
"""

from __future__ import annotations

import email
import email.policy
from collections.abc import Iterator
from email.message import EmailMessage, MIMEPart
from email.utils import parsedate_to_datetime

from rag.documents import markup
from rag.documents.encodings import decode, decode_markup
from rag.documents.parsed import Assembler, Parsed, one_line
from rag.errors import DocumentError

HEADERS = ("From", "To", "Cc", "Date", "Subject")
HEADER_CHARACTERS = 2_000


def parse(data: bytes, name: str) -> Parsed:
    """Return the message in ``data``; raises DocumentError where it has no headers of an e-mail."""
    message: EmailMessage = email.message_from_bytes(data, policy=email.policy.default)
    headers = [(key, text) for key in HEADERS if (text := _header(message, key))]
    if not headers and not message.get("Received"):
        raise DocumentError("It is not an e-mail: it has none of an e-mail's headers.")
    content = Assembler()
    content.section("")
    content.block("\n".join(f"{key}: {text}" for key, text in headers))
    content.section("")
    warnings = _write_body(content, message)
    attachments = [_filename(part) for part in _attachments(message)]
    if attachments:
        named = ", ".join(attachments[:5]) + (" …" if len(attachments) > 5 else "")
        warnings = (*warnings, f"attachments are not read: {named}")
    metadata = [(key.lower(), text) for key, text in headers]
    return content.finish(
        title=dict(headers).get("Subject", ""), metadata=[*metadata, ("sent", _sent(message))], warnings=warnings
    )


def _header(message: EmailMessage, key: str) -> str:
    try:
        return one_line(str(message.get(key) or ""), HEADER_CHARACTERS)
    except Exception:  # the standard library's parser of headers breaks on some; the rest of the message is good
        raw = next((value for header, value in message.raw_items() if header.lower() == key.lower()), "")
        return one_line(str(raw), HEADER_CHARACTERS)


def _sent(message: EmailMessage) -> str:
    """Return the date as ISO 8601 has it."""
    try:
        return parsedate_to_datetime(_header(message, "Date")).isoformat()
    except (TypeError, ValueError, IndexError, OverflowError):
        return ""


def _write_body(content: Assembler, message: EmailMessage) -> tuple[str, ...]:
    """Add the parts that a reader of the message sees."""
    warnings: list[str] = []
    before = content.length
    for part in _bodies(message):
        text, more = _text(part)
        warnings += more
        if part.get_content_type() == "text/html":
            markup.write(content, markup.blocks(markup.tree(text or "<p>")))
        else:
            content.block(text)
    return (*warnings, *(() if content.length > before else ("it has no text",)))


def _bodies(part: MIMEPart) -> Iterator[MIMEPart]:
    """Yield the parts with text: of alternatives the plain one, or else HTML; of a page and its pictures the page."""
    if part.is_attachment():
        return
    kind = part.get_content_type()
    if kind.startswith("multipart/") and kind not in ("multipart/alternative", "multipart/related"):
        for child in part.iter_parts():
            yield from _bodies(child)
    elif (body := part.get_body(("plain", "html"))) is not None:
        yield body


def _text(part: MIMEPart) -> tuple[str, tuple[str, ...]]:
    """Return a part's text in the character set it declares, or else the one it looks like."""
    data = part.get_payload(decode=True)
    if not isinstance(data, bytes):
        return "", ()
    charset = part.get_content_charset() or ""
    try:
        return data.decode(charset or "utf-8"), ()
    except (LookupError, UnicodeError):
        if part.get_content_type() == "text/html":
            return decode_markup(data)
        return decode(data)


def _attachments(message: EmailMessage) -> list[EmailMessage]:
    parts = list(message.walk())[1:]
    return [part for part in parts if part.is_attachment() or part.get_content_type() == "message/rfc822"]


def _filename(part: EmailMessage) -> str:
    try:
        return one_line(part.get_filename() or part.get_content_type(), 80)
    except Exception:  # as in _header
        return part.get_content_type()
