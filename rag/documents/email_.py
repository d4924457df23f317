"""E-mail: its headers and its text, plain where there is any; attachments are named, not read.

The headers that a reader sees (From, To, Date, Subject) are metadata, and also the first section of the text, so
that they can be quoted.
"""

from __future__ import annotations

import email
import email.policy
from email.message import EmailMessage, Message
from email.utils import parsedate_to_datetime

from rag.documents.encodings import decode
from rag.documents.parsed import Assembler, Parsed, one_line
from rag.errors import DocumentError

HEADERS = ("From", "To", "Cc", "Date", "Subject")
HEADER_CHARACTERS = 2_000


def parse(data: bytes, name: str) -> Parsed:
    """Return the message in ``data``; raises DocumentError where it has no headers of an e-mail."""
    message = email.message_from_bytes(data, policy=email.policy.default)
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


def _header(message: EmailMessage | Message, key: str) -> str:
    try:
        return one_line(str(message.get(key) or ""), HEADER_CHARACTERS)
    except Exception:  # the standard library's parser of headers breaks on some; the rest of the message is good
        raw = next((value for header, value in message.raw_items() if header.lower() == key.lower()), "")
        return one_line(str(raw), HEADER_CHARACTERS)


def _sent(message: Message) -> str:
    """Return the date as ISO 8601 has it."""
    try:
        return parsedate_to_datetime(_header(message, "Date")).isoformat()
    except (TypeError, ValueError, IndexError, OverflowError):
        return ""


def _write_body(content: Assembler, message: EmailMessage | Message) -> tuple[str, ...]:
    body = message.get_body(("plain", "html")) if isinstance(message, EmailMessage) else message
    if body is None:
        return ("it has no text",)
    text, warnings = _text(body)
    if body.get_content_type() == "text/html":
        from rag.documents import html

        html.write(content, html.tree(text))
    else:
        content.block(text)
    return warnings


def _text(part: Message) -> tuple[str, tuple[str, ...]]:
    """Return a part's text in the character set it declares, or else the one it looks like."""
    data = part.get_payload(decode=True)
    if not isinstance(data, bytes):
        return "", ("it has no text",)
    charset = part.get_content_charset() or ""
    try:
        return data.decode(charset or "utf-8"), ()
    except (LookupError, UnicodeError):
        if part.get_content_type() == "text/html":
            from rag.documents import html

            return html.decode_markup(data)
        return decode(data)


def _attachments(message: EmailMessage | Message) -> list[Message]:
    return [part for part in message.walk() if part.get_content_disposition() == "attachment"]


def _filename(part: Message) -> str:
    try:
        return one_line(part.get_filename() or part.get_content_type(), 80)
    except Exception:  # as in _header
        return part.get_content_type()
