"""MBOX: a mailbox in one file; each message is a document of its own, ``box.mbox/Subject.eml``, with its attachments.

The box's own text lists its messages: what each is called, who sent it and when. A message begins at a line ``From ``
with a time, behind a blank line and before a header (the standard library takes every line with ``From ``, and reads
files alone).
"""

from __future__ import annotations

import re

from rag.documents.mail.email_ import heads, named
from rag.documents.parsed import Parsed, labelled, named_apart
from rag.errors import DocumentError

_BEGINS = re.compile(rb"(?:\A|(?<=\n\n)|(?<=\n\r\n))From [^\r\n]{0,300}?\d:\d\d[^\r\n]{0,60}\r?\n(?=[!-9;-~]{1,80}:)")
_MARKED = re.compile(rb"^>(?=>{0,20}From )", re.MULTILINE)
"""A line of a message that begins like the first of another is kept apart by such a sign."""


def parse(data: bytes, name: str) -> Parsed:
    """Return the messages of the mailbox in ``data``; raises DocumentError where it is none."""
    data = data.lstrip(b"\xef\xbb\xbf\r\n")
    found = list(_BEGINS.finditer(data))
    if not found or found[0].start() > 0:
        raise DocumentError('It is not a mailbox: it does not begin with the line "From …" of a message.')
    ends = [match.start() for match in found[1:]] + [len(data)]
    messages = (data[match.end() : end].rstrip(b"\r\n") for match, end in zip(found, ends, strict=True))
    attached = named_apart((named(one), one) for one in (_MARKED.sub(b"", m) for m in messages))
    lines = (labelled((("Message", one.name.removesuffix(".eml")), *heads(one.data))) for one in attached)
    return Parsed("\n\n".join(lines), attachments=attached)
