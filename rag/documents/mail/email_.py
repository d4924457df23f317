"""E-mail: its headers and its text, of alternatives the plain one; its attachments, messages among them.

The headers that a reader sees (From, To, Date, Subject) are metadata, and also the first section of the text, so
that they can be quoted.
"""

from __future__ import annotations

import base64
import binascii
import email
import email.policy
import quopri
import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from email.header import decode_header
from email.message import EmailMessage
from email.utils import parsedate_to_datetime
from urllib.parse import unquote

from rag.documents.encodings import decode_declared, decode_markup
from rag.documents.formats import FORMATS, SUFFIXES, suffix_of
from rag.documents.mail.replies import readable
from rag.documents.pages import picture
from rag.documents.parsed import Assembler, Parsed, named_apart, one_line
from rag.documents.tables.aligned import with_tables
from rag.documents.web import markup
from rag.documents.web.markup import Block
from rag.errors import DocumentError

HEADERS = ("From", "To", "Cc", "Date", "Subject")
HEADER_CHARACTERS = 2_000
_AS_WRITTEN = email.policy.default.clone(refold_source="none")
_STUB = 3
"""Times as many letters as the plain text that another alternative has where the plain one only points to it."""
_DELIMITER = re.compile(rb"^--(\S[^\r\n]{0,70})\r?\ncontent-", re.IGNORECASE | re.MULTILINE)
_END_OF_HEADERS = re.compile(rb"\r?\n\r?\n")
_PICTURE = re.compile(r"""\bcid:([^"'\s<>)]{1,200})""", re.IGNORECASE)
_PAGE = re.compile(r"\s{0,99}<(?:!doctype html|html)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class _Shown:
    """What a part of a message shows."""

    blocks: list[Block]
    is_page: bool = False

    @property
    def letters(self) -> int:
        return sum(character.isalnum() for block in self.blocks for character in block.text)


@dataclass(frozen=True, slots=True)
class _Found:
    """What else is met in a message on the way."""

    messages: list[EmailMessage] = field(default_factory=list)
    files: list[EmailMessage] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    pictures: set[str] = field(default_factory=set)
    """The Content-IDs that pages name to show pictures in them (RFC 2392)."""


def parse(data: bytes, name: str) -> Parsed:
    """Return the message in ``data``; raises DocumentError where it has no headers of an e-mail."""
    message = _message(data)
    headers = _headers(message)
    if not headers and not message.get("Received"):
        raise DocumentError("It is not an e-mail: it has none of an e-mail's headers.")
    content, found = Assembler(), _Found()
    content.section("")
    content.block("\n".join(f"{key}: {text}" for key, text in headers))
    content.section("")
    shown = _shown(message, found)
    markup.write(content, shown.blocks)
    files = [(_named(inner), inner.as_bytes(policy=_AS_WRITTEN)) for inner in found.messages]
    for part in found.files:
        name = _filename(part)
        data = _payload(part) if suffix_of(name) in SUFFIXES else b""
        if not _is_ornament(part, name, data, found.pictures):
            files.append((name, data))
    attachments = named_apart(files)
    if not shown.blocks and not attachments:
        found.warnings.append("it has no text")
    metadata = [*((key.lower(), text) for key, text in headers), ("sent", _sent(message))]
    parsed = content.finish(title=dict(headers).get("Subject", ""), metadata=metadata, warnings=found.warnings)
    return replace(with_tables(parsed), attachments=attachments)


def named(data: bytes) -> str:
    """Return what a message that lies in another file is called: after its subject.

    >>> named(b"Subject: Fence\\n\\nIt is green.")
    'Fence.eml'
    """
    head = _END_OF_HEADERS.split(data, maxsplit=1)[0]
    return _named(_message(head))


def heads(data: bytes) -> tuple[tuple[str, str], ...]:
    """Return who sent a message and when, as it says.

    >>> heads(b"Subject: Fence\\nFrom: Ann <a@x.example>\\n\\nIt is green.")
    (('From', 'Ann <a@x.example>'), ('Date', ''))
    """
    message = _message(_END_OF_HEADERS.split(data, maxsplit=1)[0])
    return tuple((name, _header(message, name)) for name in ("From", "Date"))


def _named(message: EmailMessage) -> str:
    return f"{_header(message, 'Subject') or 'message'}.eml"


def _is_ornament(part: EmailMessage, name: str, data: bytes, shown: set[str]) -> bool:
    """Tell whether an attachment is a picture that the message's page shows, or one that is too small for a page."""
    if part.get_content_maintype() == "image" and str(part.get("Content-ID", "")).strip().strip("<>") in shown:
        return True
    kind = SUFFIXES.get(suffix_of(name))
    return kind is not None and kind.module == "pages.picture" and bool(data) and picture.is_small(data)


def _payload(part: EmailMessage) -> bytes:
    data = part.get_payload(decode=True)
    return data if isinstance(data, bytes) else b""


def _message(data: bytes) -> EmailMessage:
    message: EmailMessage = email.message_from_bytes(data.lstrip(b"\xef\xbb\xbf\r\n"), policy=email.policy.default)
    return message


def _headers(message: EmailMessage) -> list[tuple[str, str]]:
    return [(key, text) for key in HEADERS if (text := _header(message, key))]


def _header(message: EmailMessage, key: str) -> str:
    """Return a header's text; bytes outside ASCII are read as a text's would be."""
    raw = str(next((value for header, value in message.raw_items() if header.lower() == key.lower()), ""))
    try:
        text = str(message.get(key) or "")
    except Exception:  # the standard library's parser of headers breaks on some; the rest of the message is good
        text = raw
    whole = text.isprintable() and "\ufffd" not in text
    return one_line(text if whole else _words(raw), HEADER_CHARACTERS)


def _words(raw: str) -> str:
    """Return a header's text by our own reading of its character sets."""
    try:
        whole, _ = decode_declared(raw.encode("ascii", "surrogateescape"), "")
        pieces = decode_header(whole)
        said = [piece if isinstance(piece, str) else _piece(piece, charset) for piece, charset in pieces]
    except (ValueError, DocumentError, binascii.Error):
        return raw
    return "".join(said)


def _piece(piece: bytes, charset: str | None) -> str:
    return decode_declared(piece, charset)[0] if charset else piece.decode("raw-unicode-escape")


def _sent(message: EmailMessage) -> str:
    """Return the date as ISO 8601 has it."""
    try:
        return parsedate_to_datetime(_header(message, "Date")).isoformat()
    except (TypeError, ValueError, IndexError, OverflowError):
        return ""


def _shown(part: EmailMessage, found: _Found) -> _Shown:
    """Return what a reader of the message sees of a part; messages and attachments in it are added to ``found``."""
    kind = part.get_content_type()
    if kind in ("message/rfc822", "message/global", "message/news"):
        found.messages.extend(_inner(part))
    elif part.is_attachment():
        found.files.append(part)
    elif kind.startswith("multipart/"):
        shown = [_shown(child, found) for child in _children(part)]
        if kind == "multipart/alternative":
            return _best(shown)
        if kind == "multipart/related":  # a page and its pictures
            return next((one for one in shown if one.blocks), _Shown([]))
        return _Shown([block for one in shown for block in one.blocks], any(one.is_page for one in shown))
    elif kind in ("text/plain", "text/html"):
        return _text(part, found)
    elif part.get_content_maintype() != "image" and _filename(part) != kind.replace("/", " "):
        found.files.append(part)
    return _Shown([])


def _best(alternatives: Sequence[_Shown]) -> _Shown:
    """Return the plain alternative, unless it is empty or says only that there is another."""
    ordered = sorted(alternatives, key=lambda shown: shown.is_page)
    richest = max(ordered, key=lambda shown: shown.letters, default=_Shown([]))
    return next((shown for shown in ordered if shown.letters * _STUB >= richest.letters), richest)


def _children(part: EmailMessage) -> list[EmailMessage]:
    """Return the parts of a part; where its boundary is not the declared one, it is looked for."""
    payload = part.get_payload()
    if isinstance(payload, list):
        return [child for child in payload if isinstance(child, EmailMessage)]
    data = str(payload).encode("utf-8", "surrogateescape")
    if delimiter := _DELIMITER.search(data):
        boundary = delimiter[1].strip().replace(b'"', b'\\"')
        found = _message(b'Content-Type: multipart/mixed; boundary="%s"\n\n%s' % (boundary, data)).get_payload()
        return [child for child in found if isinstance(child, EmailMessage)] if isinstance(found, list) else []
    return [_message(b"Content-Type: text/plain\n\n" + data)]


def _inner(part: EmailMessage) -> list[EmailMessage]:
    """Return the message that a part holds, one that was encoded against the rules (RFC 2046, 5.2.1) too."""
    payload = part.get_payload()
    inner = [child for child in payload if isinstance(child, EmailMessage)] if isinstance(payload, list) else []
    encoding = str(part.get("Content-Transfer-Encoding", "")).strip().lower()
    if inner and encoding in ("base64", "quoted-printable") and not _headers(inner[0]):
        written = str(inner[0].get_payload()).encode("utf-8", "surrogateescape")
        try:
            return [_message(base64.b64decode(written) if encoding == "base64" else quopri.decodestring(written))]
        except binascii.Error:
            return []
    return inner


def _text(part: EmailMessage, found: _Found) -> _Shown:
    """Return a part's text, read in the character set it declares, or else in the one it looks like."""
    data = _payload(part)
    charset = part.get_content_charset() or ""
    page = part.get_content_type() == "text/html"
    try:
        text, warnings = decode_declared(data, charset) if charset or not page else decode_markup(data)
    except DocumentError as error:
        text, warnings = "", (f"a part of it could not be read: {error}",)
    found.warnings.extend(warnings)
    if page or _PAGE.match(text):
        found.pictures.update(map(unquote, _PICTURE.findall(text)))
        return _Shown(markup.blocks(markup.tree(text or "<p>")), True)
    flowed = str(part.get_param("format", "")).lower() == "flowed"
    text = readable(text, flowed=flowed, delete_space=str(part.get_param("delsp", "")).lower() == "yes")
    return _Shown([Block(text)] if text.strip() else [])


def _filename(part: EmailMessage) -> str:
    """Return an attachment's name, with the suffix of its type where it has none of a format."""
    kind = part.get_content_type()
    try:
        name = part.get_filename() or ""
    except Exception:  # as in _header
        name = ""
    suffix = next((kind_.suffixes.split()[0] for kind_ in FORMATS if kind_.media_type == kind), "")
    return name if suffix_of(name) in SUFFIXES else f"{name or kind.replace('/', ' ')}{suffix}"
