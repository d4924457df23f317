"""Bytes → text: UTF-8 and what a byte-order mark says; anything else is detected, and said so.

The text is the decoded file itself: no newline is translated and nothing is normalised, so that offsets into it
hold in the file.
"""

from __future__ import annotations

import codecs
import re
from contextlib import suppress

import webencodings

from rag.errors import DocumentError

SAMPLE = 1 << 16
"""Bytes that are looked at to tell an encoding."""
CONTROLS = bytes([*range(0x07), *range(0x0E, 0x1B), *range(0x1C, 0x20), 0x7F])
"""Control characters that no text holds: all but bell to carriage return, and escape (terminal colours)."""
CONTROL_SHARE = 0.005
DAMAGED_SHARE = 0.5
"""Broken sequences to whole ones, up to which a file counts as damaged UTF-8: other encodings seldom look like it."""
STRAYS, STRAY_SHARE = 3, 0.01
"""Broken sequences, and their share of the characters, up to which an encoding could only be guessed from them."""

_SIGNATURES = (
    (b"%PDF-", "a PDF"),
    (b"{\\rtf", "an RTF document"),
    (b"PK\x03\x04", "a zip archive or an office document"),
    (b"\xd0\xcf\x11\xe0", "an old office document"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"\x89PNG", "a picture"),
    (b"GIF8", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
)
_MARKS = (  # the longer first: UTF-16's mark begins UTF-32's
    (codecs.BOM_UTF8, "utf-8", "UTF-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le", "UTF-32"),
    (codecs.BOM_UTF32_BE, "utf-32-be", "UTF-32"),
    (codecs.BOM_UTF16_LE, "utf-16-le", "UTF-16"),
    (codecs.BOM_UTF16_BE, "utf-16-be", "UTF-16"),
)
_LABELS = {  # codec → the Encoding Standard's name for it
    **{f"cp{page}": f"windows-{page}" for page in (1250, 1251, 1252, 1253, 1254, 1255, 1256, 1257, 1258, 874)},
    "cp932": "Shift_JIS",
    "euc_jp": "EUC-JP",
    "iso2022_jp": "ISO-2022-JP",
    "gb18030": "GB18030",
    "big5": "Big5",
    "euc_kr": "EUC-KR",
    "koi8_r": "KOI8-R",
    "koi8_u": "KOI8-U",
    "mac_roman": "macintosh",
}
_SUPERSETS = {  # what a file declares → what it may hold beside: the Encoding Standard reads these labels so
    "ascii": "cp1252",
    "big5": "big5hkscs",
    "euc_kr": "cp949",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "iso2022_jp": "iso2022_jp_ext",
    "iso8859-1": "cp1252",
    "iso8859-9": "cp1254",
    "iso8859-11": "cp874",
    "shift_jis": "cp932",
    "tis-620": "cp874",
}
_UNWANTED = re.compile(r"\Ax-|(?<=iso-8859-8)-[ei]\Z|[^\w.:+-]")
_NO_ENCODING = ("replacement", "x-user-defined")
"""What the standard makes of labels that pages had better not use; Python can decode some of them."""
_SHIFTED = ("iso2022", "hz", "utf-7")
"""Codecs of 7 bits: what is written in them looks like ASCII."""
_JAPANESE = (b"\x1b$B", b"\x1b$@")
"""Shifts into the letters of ISO-2022-JP."""
_WIDE = ("utf-16", "utf-32")
_REPLACED = "\ufffd"
_WESTERN_LETTERS = "àáâãäåæçèéêëìíîïñòóôõöøùúûüœßÀÁÂÃÄÅÆÇÈÉÊËÌÍÎÏÑÒÓÔÕÖØÙÚÛÜŒ"
_WESTERN_SIGNS = "\u00a0“”„‘’‚–—…•€£¥¢©®™°§¶«»‹›¿¡ªº½¼¾¹²³·×÷±µ´†‡‰¨¸"
_NOT_WESTERN = re.compile(
    rf"[^\x00-\x7f{_WESTERN_LETTERS}{_WESTERN_SIGNS}]"
    rf"|[{_WESTERN_LETTERS}]{{3}}"
    rf"|(?<=[a-z{_WESTERN_LETTERS}])[¿¡ªº½¼¾¹²³£¥¢©®±µ¨¸«»](?=[a-z{_WESTERN_LETTERS}])"
)
_HEAD = 16_384
"""Bytes in which a page declares its character set."""
_CHARSET = re.compile(
    rb"""<meta[^>]{0,200}?charset\s*=\s*(?:["']\s*)?([\w.:-]{1,40})"""
    rb"""|<\?xml[^>]{0,60}?encoding\s*=\s*["']([\w.:-]{1,40})""",
    re.IGNORECASE,
)


def decode(data: bytes) -> tuple[str, tuple[str, ...]]:
    """Return the text of ``data`` without its byte-order mark, and warnings about how it was read.

    Raises DocumentError where the bytes are no text, or their encoding cannot be told.
    """
    for mark, codec, name in _MARKS:
        if data.startswith(mark):
            text, warnings = _forgiving(data[len(mark) :], codec, name)
            _refuse_junk(text.encode("utf-8"))
            return text, warnings
    _refuse_junk(data)
    if b"\x1b(" in data and any(shift in data for shift in _JAPANESE):
        with suppress(UnicodeDecodeError):
            return data.decode("iso2022_jp_ext"), ("read as ISO-2022-JP",)
    try:
        return data.decode("utf-8"), ()
    except UnicodeDecodeError:
        return _detect(data)


def decode_markup(data: bytes) -> tuple[str, tuple[str, ...]]:
    """Return the text of HTML, and warnings: UTF-8 where it is valid, else as it declares, else as it looks.

    Raises DocumentError where it is no text.
    """
    declared = _CHARSET.search(data[:_HEAD])
    label = (declared[1] or declared[2]).decode("ascii") if declared else ""
    marked = data.startswith((codecs.BOM_UTF8, codecs.BOM_UTF16_BE, codecs.BOM_UTF16_LE))
    if not label or marked or b"\0" in data:
        return decode(data)
    if not (_codec(label) or "").startswith(_SHIFTED):
        with suppress(UnicodeDecodeError):
            return data.decode("utf-8"), ()
    return decode_declared(data, label)


def decode_declared(data: bytes, label: str) -> tuple[str, tuple[str, ...]]:
    """Return the text of ``data``, which says that its character set is ``label``, and warnings as ``decode``.

    A label stands for the larger set that programs write under it. UTF-8 that is labelled as Western is UTF-8: no
    Western text looks like it. What is not as it says is read as ``decode`` reads it. Raises DocumentError as it does.
    """
    codec = _codec(label)
    marked = any(data.startswith(mark) for mark, _, _ in _MARKS)
    if codec is None or codec == "utf-8" or marked or (codec.startswith(_WIDE) and b"\0" not in data):
        return decode(data)
    for likely in ("utf-8", codec) if codec == "cp1252" else (codec,):
        with suppress(UnicodeError):
            return data.decode(likely), ()
    if not data.isascii():
        return decode(data)
    text = data.decode(codec, errors="replace")  # 7 bits with shifts: nothing else can read it
    return text, (f"{_counted(text.count(_REPLACED))} could not be decoded (shown as \ufffd)",)


def _codec(label: str) -> str | None:
    """Return Python's name of a text encoding, the larger one where there is one; None where it knows none.

    Labels are those of the Encoding Standard, and Python's own beside them.
    """
    standard = webencodings.lookup(label)
    known = standard is not None and standard.name not in _NO_ENCODING
    name = standard.codec_info.name if known else _UNWANTED.sub("", label.strip().lower())
    try:
        found = codecs.lookup(name).name
        b" ".decode(found, "ignore")  # raises where it is none of text
    except (LookupError, ValueError):
        return None
    return _SUPERSETS.get(found, found)


def _refuse_junk(data: bytes) -> None:
    for signature, kind in _SIGNATURES:
        if data.startswith(signature):
            raise DocumentError(f"It is {kind} under the name of a text.")
    if b"\x00" in data:
        raise DocumentError("It holds NUL bytes: it is not a text file, whatever its name says.")
    controls = len(data) - len(data.translate(None, CONTROLS))
    if controls > CONTROL_SHARE * len(data):
        raise DocumentError("It is full of control characters: it is not a text file, whatever its name says.")


def _forgiving(data: bytes, codec: str, name: str) -> tuple[str, tuple[str, ...]]:
    """Decode, replacing what is broken where that is little."""
    try:
        return data.decode(codec), ()
    except UnicodeDecodeError:
        text = data.decode(codec, errors="replace")
    broken = text.count("\ufffd")
    if broken > max(1, 0.01 * len(text)) or broken == len(text):
        raise DocumentError(f"It is marked as {name} but is not: save it again as UTF-8.")
    return text, (f"read as {name}; {_counted(broken)} could not be decoded (shown as \ufffd)",)


def _detect(data: bytes) -> tuple[str, tuple[str, ...]]:
    text = data.decode("utf-8", errors="replace")
    broken = text.count("\ufffd") - data.count(b"\xef\xbf\xbd")
    valid = len(text) - broken - len(data.translate(None, bytes(range(128, 256))))
    damaged = text, (f"read as UTF-8; {_counted(broken)} could not be decoded (shown as \ufffd)",)
    if broken <= DAMAGED_SHARE * valid:
        return damaged
    sample = _sample(data)
    few = broken <= min(STRAYS, STRAY_SHARE * len(text))
    codec = "cp1252" if _is_western(sample) else None if few else _guess(sample)
    if codec is None and broken <= STRAY_SHARE * len(text):
        return damaged
    if codec is None:
        raise DocumentError("The encoding of its text could not be told: save it as UTF-8.")
    text, warnings = _forgiving(data, codec, _LABELS[codec])
    return text, warnings or (f"read as {_LABELS[codec]}",)


def _counted(count: int) -> str:
    return "1 place" if count == 1 else f"{count} places"


def _sample(data: bytes) -> bytes:
    """Return the part of ``data`` around its first byte outside ASCII, cut at line ends."""
    first = next((match.start() for match in re.finditer(rb"[\x80-\xff]", data)), 0)
    start = data.rfind(b"\n", 0, first) + 1 if first > SAMPLE // 4 else 0
    start = max(start, first - SAMPLE // 4)
    sample = data[start : start + SAMPLE]
    end = sample.rfind(b"\n")
    return sample if len(sample) < SAMPLE or end < SAMPLE // 2 else sample[:end]


def _guess(sample: bytes) -> str | None:
    from charset_normalizer import from_bytes

    best = from_bytes(sample, cp_isolation=list(_LABELS)).best()
    return best.encoding if best is not None and best.encoding in _LABELS else None


def _is_western(sample: bytes) -> bool:
    """Tell Western text, which the detector takes for Central European where it is short."""
    try:
        text = sample.decode("cp1252")
    except UnicodeDecodeError:
        return False
    letters = sum(character.isalpha() for character in text)
    accented = sum(character in _WESTERN_LETTERS for character in text)
    return accented <= 0.4 * letters and _NOT_WESTERN.search(text) is None
