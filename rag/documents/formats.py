"""The formats: which suffix is read by which module, within which limits. A new format is one line here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import PurePath
from types import MappingProxyType

MEGABYTE = 1 << 20
SMALL = 1 << 16
"""Bytes of text that are read sooner here than a child process is started, whatever they are."""


@dataclass(frozen=True, slots=True)
class Format:
    """How one kind of file is read."""

    suffixes: str
    """With their dots, in small letters, a space between two."""
    module: str
    """The module of ``rag.documents`` that has its ``parse(data, name)``; imported when such a file is met."""
    media_type: str
    kind: str
    """What a person calls it, for messages."""
    limit: int
    """Megabytes; a larger file is refused without being read."""
    reading: int = 1
    """The version of what ``parse`` gives back: raise it when the text, the title or the sections of a file change.

    It stands here, so that nobody has to load a format's libraries to learn whether an index is current.
    """
    libraries: str = ""
    """The distributions that ``parse`` relies on, a space between two: another version of them may read otherwise."""
    recognises: bool = False
    """Whether text in pictures is recognised: by whom matters too."""
    pictured: str = ""
    """The module of ``rag.documents`` that has its ``picture(data, …)``; empty where it has no pages to be shown."""
    holds: bool = False
    """Whether such files hold others, which are documents of their own: how these are read then matters too."""
    simple: bool = False
    """Whether it is text that is only decoded and looked through: a small one is read without a child process."""

    def is_sandboxed(self, size: int) -> bool:
        """Tell whether a child process with limits reads a file of so many bytes."""
        return not self.simple or size > SMALL


_WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
_SLIDES = "application/vnd.openxmlformats-officedocument.presentationml.presentation"
_EXCEL = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_ODS = "application/vnd.oasis.opendocument.spreadsheet"
_TEXT = "application/vnd.oasis.opendocument.text"
_MARKDOWN = "charset-normalizer markdown-it-py PyYAML"
_CAPTIONS = "charset-normalizer webvtt-py"
_OUTLOOK = "charset-normalizer compressed-rtf lxml olefile"
_HTML = "charset-normalizer lxml trafilatura"

FORMATS = (
    Format(".txt .text .log", "text", "text/plain", "a text file", 200, 3, "charset-normalizer", simple=True),
    Format(".md .markdown", "markdown", "text/markdown", "a Markdown file", 200, 3, _MARKDOWN, simple=True),
    Format(
        ".pdf",
        "pages.pdf",
        "application/pdf",
        "a PDF",
        200,
        8,
        "pypdfium2",
        recognises=True,
        pictured="pages.pdf_picture",
    ),
    Format(".docx .docm .dotx", "office.docx", _WORD, "a Word document (.docx)", 100, 2, "lxml"),
    Format(".html .htm .xhtml", "web.html", "text/html", "an HTML page", 20, 4, _HTML),
    Format(".epub", "web.epub", "application/epub+zip", "an EPUB book", 200, 5, "charset-normalizer lxml"),
    Format(".pptx .pptm .ppsx", "office.pptx", _SLIDES, "a PowerPoint presentation (.pptx)", 200, 1, "lxml"),
    Format(".odt .ott", "office.odt", _TEXT, "an OpenDocument text (.odt)", 100, 1, "lxml"),
    Format(".rtf", "office.rtf", "application/rtf", "a Rich Text document (.rtf)", 100),
    Format(".xml", "tables.xml_", "application/xml", "an XML file", 50, 2, "charset-normalizer lxml"),
    Format(".rst .rest", "rst", "text/x-rst", "a reStructuredText file", 20, 2, "charset-normalizer docutils"),
    Format(".ipynb", "notebook", "application/x-ipynb+json", "a notebook", 100, 2, f"{_MARKDOWN} lxml"),
    Format(".csv", "tables.table", "text/csv", "a CSV table", 50, 4, "charset-normalizer"),
    Format(".tsv .tab", "tables.table", "text/tab-separated-values", "a TSV table", 50, 4, "charset-normalizer"),
    Format(".json", "tables.json_", "application/json", "a JSON file", 50, 5, "charset-normalizer"),
    Format(".jsonl .ndjson", "tables.json_", "application/jsonl", "a JSON Lines file", 100, 5, "charset-normalizer"),
    Format(".xlsx .xlsm", "tables.spreadsheet", _EXCEL, "an Excel workbook", 50, 1, "python-calamine"),
    Format(
        ".xls", "tables.spreadsheet", "application/vnd.ms-excel", "an Excel workbook (.xls)", 50, 1, "python-calamine"
    ),
    Format(".ods", "tables.spreadsheet", _ODS, "an OpenDocument spreadsheet", 50, 1, "python-calamine"),
    Format(".png", "pages.picture", "image/png", "a picture", 50, 4, recognises=True, pictured="pages.picture"),
    Format(".jpg .jpeg", "pages.picture", "image/jpeg", "a picture", 50, 4, recognises=True, pictured="pages.picture"),
    Format(".tif .tiff", "pages.picture", "image/tiff", "a picture", 200, 4, recognises=True, pictured="pages.picture"),
    Format(".webp", "pages.picture", "image/webp", "a picture", 50, 4, recognises=True, pictured="pages.picture"),
    Format(".bmp", "pages.picture", "image/bmp", "a picture", 100, 4, recognises=True, pictured="pages.picture"),
    Format(".gif", "pages.picture", "image/gif", "a picture", 50, 4, recognises=True, pictured="pages.picture"),
    Format(".vtt", "captions", "text/vtt", "a WebVTT file", 20, 1, _CAPTIONS),
    Format(".srt", "captions", "application/x-subrip", "a SubRip file (.srt)", 20, 1, _CAPTIONS),
    Format(".sbv", "captions", "text/x-sbv", "an SBV file", 20, 1, _CAPTIONS),
    Format(".eml", "mail.email_", "message/rfc822", "an e-mail", 100, 8, "charset-normalizer lxml", holds=True),
    Format(".msg", "mail.msg", "application/vnd.ms-outlook", "an Outlook message", 100, 3, _OUTLOOK, holds=True),
    Format(".mbox .mbx", "mail.mbox", "application/mbox", "a mailbox", 200, 2, "charset-normalizer lxml", holds=True),
)

SUFFIXES: Mapping[str, Format] = MappingProxyType(
    {suffix: kind for kind in FORMATS for suffix in kind.suffixes.split()}
)
"""Suffix, in small letters → its format."""


_REMEDIES = (
    (".doc .dot .dotm .wps .wpd .pages .sxw .abw .hwp .hwpx .fodt .sdw", "save it as .docx"),
    (".ppt .pps .pot .potx .ppsm .key .odp .otp .sxi", "save it as .pptx"),
    (".xlsb .xltx .xltm .xlt .ots .fods .numbers .sxc .wk1", "save it as .xlsx"),
    (".mobi .azw .azw3 .prc .lit .fb2 .chm .djvu .xps .oxps .ps .eps .one .pub .vsd .vsdx .odg .mht .mhtml .webarchive",
     "save it as .epub or .pdf"),
    (".heic .heif .avif .svg .psd", "save it as .png"),
    (".pst .ost .olm .mbs", "export its messages as .mbox, .msg or .eml"),
    (".ass .ssa .sub .ttml .dfxp", "save it as .srt or .vtt"),
    (".mp3 .m4a .wav .ogg .opus .flac .mp4 .m4v .mov .avi .mkv .webm .wmv", "save what is said in it as .vtt or .txt"),
    (".tex .adoc .asciidoc .org .yaml .yml .toml .ini .cfg .conf .textile .wiki", "save it, or a copy, as .txt"),
    (".zip .rar .7z .tar .gz .tgz .bz2 .xz .zst", "unpack it"),
)  # fmt: skip
"""What to do about files that are not read."""


def unread(suffix: str) -> str:
    """Return why a file with a suffix that is none of ``SUFFIXES`` is left out, and what to do.

    >>> unread(".doc"), unread(".exe")
    ('Files of this kind (.doc) are not read: save it as .docx.', 'Files of this kind (.exe) are not read.')
    """
    advice = next((f": {what}" for suffixes, what in _REMEDIES if suffix.lower() in suffixes.split()), "")
    return f"Files of this kind ({suffix or 'no suffix'}) are not read{advice}."


def suffix_of(path: PurePath | str) -> str:
    """Return the suffix of a file's name as ``SUFFIXES`` has it: in small letters, with its dot; empty without one."""
    return PurePath(path).suffix.lower()


def reading_versions() -> dict[str, str]:
    """Return suffix → what identifies the way in which such files are read: the module, its version, its libraries.

    Where it differs from that of an index, these files have to be read again, and no others.
    """
    own = {suffix: reading_of(suffix) for suffix in SUFFIXES}
    every = ", ".join(f"{suffix} {said}" for suffix, said in own.items())
    return {suffix: f"{said}: {every}" if SUFFIXES[suffix].holds else said for suffix, said in own.items()}


def reading_of(suffix: str) -> str:
    """Return by which module, version and libraries files with a suffix are read; empty for those that are not.

    What a file holds beside its own text is a document with a reading of its own.
    """
    kind = SUFFIXES.get(suffix)
    if kind is None:
        return ""
    recognised = [_recognition()] if kind.recognises else []
    return " ".join((kind.module, str(kind.reading), *map(_installed, kind.libraries.split()), *recognised))


@cache
def _recognition() -> str:
    from rag.documents.pages import recognition

    return recognition.identity()


@cache
def _installed(library: str) -> str:
    from importlib import metadata  # it takes longer to load than all of this

    try:
        return f"{library}-{metadata.version(library)}"
    except metadata.PackageNotFoundError:
        return f"{library}-none"
