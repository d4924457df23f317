"""MSG: a message as Outlook keeps it, read as the e-mail that it is (``email_``), with its attachments.

What is in it are properties (MS-OXMSG), each a stream of its own that is named after its number and type; attachments,
recipients and messages within the message are folders of such streams.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.parser import HeaderParser
from email.utils import format_datetime

import compressed_rtf
import olefile

from rag.documents.encodings import decode_declared, decode_markup
from rag.documents.mail import email_
from rag.documents.office import rtf
from rag.documents.parsed import Parsed, one_line
from rag.errors import DocumentError

Folder = tuple[str, ...]

_CLASS, _SUBJECT, _SUBMITTED, _HEADERS, _DELIVERED = 0x001A, 0x0037, 0x0039, 0x007D, 0x0E06
_SENDER, _SENDER_ADDRESS, _SENDER_SMTP, _SENT_FOR = 0x0C1A, 0x0C1F, 0x5D01, 0x0042
_RECIPIENT_TYPE, _NAME, _ADDRESS, _SMTP = 0x0C15, 0x3001, 0x3003, 0x39FE
_BODY, _RTF, _HTML, _CODE_PAGE, _BODY_CODE_PAGE = 0x1000, 0x1009, 0x1013, 0x3FFD, 0x3FDE
_DATA, _LONG_NAME, _SHORT_NAME, _TYPE, _CONTENT_ID = 0x3701, 0x3707, 0x3704, 0x370E, 0x3712
_TEXT, _BYTES_TEXT, _BINARY, _OBJECT = "001F", "001E", "0102", "000D"
_PROPERTIES = "__properties_version1.0"
_PAGES = {
    **{28590 + part: f"iso-8859-{part}" for part in range(1, 17)},
    **{50220 + kind: "iso-2022-jp" for kind in range(3)},
    20127: "us-ascii",
    20866: "koi8-r",
    21866: "koi8-u",
    50225: "iso-2022-kr",
    51932: "euc-jp",
    51936: "gb2312",
    51949: "euc-kr",
    52936: "hz-gb-2312",
    54936: "gb18030",
    65001: "utf-8",
}
"""Code pages that Python does not call by their numbers."""
_EPOCH = datetime(1601, 1, 1, tzinfo=UTC)


def parse(data: bytes, name: str) -> Parsed:
    """Return the message in ``data``; raises DocumentError where it is none."""
    if not olefile.isOleFile(data=data):
        raise DocumentError("It is damaged, or is not an Outlook message at all.")
    with olefile.OleFileIO(io.BytesIO(data)) as file:
        message = _Message(file, len(data))
        if not message.text(_CLASS) and not message.text(_SUBJECT):
            raise DocumentError("It is not an Outlook message: it has neither a class nor a subject.")
        return email_.parse(message.as_email().as_bytes(), name)


class _Message:
    """The properties of a message, or of a folder within it."""

    def __init__(self, file: olefile.OleFileIO, size: int, folder: Folder = (), *, head: int = 32) -> None:
        self._file, self._size, self._folder = file, size, folder
        inside = [tuple(path) for path in file.listdir() if tuple(path[: len(folder)]) == folder]
        self._streams = {path[-1]: path for path in inside if len(path) == len(folder) + 1}
        self._folders = sorted({path[len(folder)] for path in inside if len(path) > len(folder) + 1})
        stored = self._read(_PROPERTIES)[head:]
        self._fixed = {
            int.from_bytes(stored[at + 2 : at + 4], "little"): int.from_bytes(stored[at + 8 : at + 16], "little")
            for at in range(0, len(stored) - 15, 16)
        }

    def text(self, number: int) -> str:
        """Return a property that is text; empty where there is none."""
        if wide := self._read(_stream(number, _TEXT)):
            return wide.decode("utf-16-le", "replace").rstrip("\0")
        return self._decoded(self._read(_stream(number, _BYTES_TEXT)), number)

    def as_email(self) -> EmailMessage:
        """Return the message as it was sent, or could have been."""
        mail = EmailMessage()
        for key, said in self._headers():
            if said:
                mail[key] = said
        plain, page = self.text(_BODY), self._page()
        if not plain.strip() and not page.strip():
            plain = self._rich_text()
        mail.set_content(_clean(plain))
        if page.strip():
            mail.add_alternative(_clean(page), subtype="html")
        for attached in self._inner("__attach_version1.0_#", 8):
            attached._attach_to(mail)
        return mail

    def _headers(self) -> Iterator[tuple[str, str]]:
        sent = HeaderParser().parsestr(self.text(_HEADERS))
        name = self.text(_SENDER) or self.text(_SENT_FOR)
        sender = _person(name, self.text(_SENDER_SMTP) or self.text(_SENDER_ADDRESS))
        people: dict[int, list[str]] = {}
        for one in self._inner("__recip_version1.0_#", 8):
            who = _person(one.text(_NAME), one.text(_SMTP) or one.text(_ADDRESS))
            people.setdefault(one._fixed.get(_RECIPIENT_TYPE, 1) & 0xF, []).append(who)
        yield "From", one_line(str(sent.get("From") or sender), email_.HEADER_CHARACTERS)
        for kind, key in enumerate(("To", "Cc"), start=1):
            yield key, one_line(str(sent.get(key) or ", ".join(people.get(kind, []))), email_.HEADER_CHARACTERS)
        yield "Date", one_line(str(sent.get("Date") or self._date()))
        yield "Subject", one_line(self.text(_SUBJECT), email_.HEADER_CHARACTERS)

    def _date(self) -> str:
        ticks = self._fixed.get(_SUBMITTED) or self._fixed.get(_DELIVERED) or 0
        try:
            return format_datetime(_EPOCH + timedelta(microseconds=ticks // 10)) if ticks else ""
        except OverflowError:
            return ""

    def _page(self) -> str:
        data = self._read(_stream(_HTML, _BINARY))
        if not data:
            return self.text(_HTML)
        return self._decoded(data, _HTML)

    def _rich_text(self) -> str:
        packed = self._read(_stream(_RTF, _BINARY))
        if not packed:
            return ""
        return rtf.parse(compressed_rtf.decompress(packed), "").text

    def _attach_to(self, mail: EmailMessage) -> None:
        """Add this attachment to a message; pictures that the page of the message shows are no attachments."""
        name = self.text(_LONG_NAME) or self.text(_SHORT_NAME) or self.text(_NAME)
        main, _, sub = self.text(_TYPE).lower().partition("/")
        if main == "image" and self.text(_CONTENT_ID):
            return
        within = _stream(_DATA, _OBJECT)
        if within in self._folders:
            mail.add_attachment(_Message(self._file, self._size, (*self._folder, within), head=24).as_email())
            return
        if main not in ("application", "audio", "image", "text", "video") or not sub.isascii() or not sub:
            main, sub = "application", "octet-stream"
        data = self._read(_stream(_DATA, _BINARY))
        mail.add_attachment(data, maintype=main, subtype=sub, filename=one_line(name) or None)

    def _decoded(self, data: bytes, number: int) -> str:
        page = self._fixed.get(_BODY_CODE_PAGE if number in (_BODY, _HTML) else _CODE_PAGE, 0) & 0xFFFFFFFF
        if not page and number == _HTML:
            return decode_markup(data)[0]
        return decode_declared(data, _PAGES.get(page, f"cp{page or 1252}"))[0]

    def _inner(self, beginning: str, head: int) -> Iterator[_Message]:
        return (
            _Message(self._file, self._size, (*self._folder, name), head=head)
            for name in self._folders
            if name.startswith(beginning)
        )

    def _read(self, name: str) -> bytes:
        if name not in self._streams:
            return b""
        path = "/".join(self._streams[name])
        if self._file.get_size(path) > self._size:  # a chain of sectors that leads in a circle
            raise DocumentError("It is damaged: a part of it is larger than the file.")
        with self._file.openstream(path) as stream:
            data: bytes = stream.read()
        return data


def _stream(number: int, kind: str) -> str:
    return f"__substg1.0_{number:04X}{kind}"


def _person(name: str, address: str) -> str:
    """Return a person as a header names one.

    >>> _person("Lim, Ann", "ann@x.org"), _person("Bo", "/o=x/cn=bo")
    ('"Lim, Ann" <ann@x.org>', 'Bo')
    """
    if "@" not in address:
        return name
    return f'"{name}" <{address}>' if name and name != address else address


def _clean(text: str) -> str:
    return text.encode("utf-8", "replace").decode("utf-8")
