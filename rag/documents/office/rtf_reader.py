"""The groups and control words of RTF → paragraphs and rows of cells, with the notes and boxes that hang on them."""

from __future__ import annotations

import codecs
import copy
import re
from collections.abc import Callable
from functools import partial

from rag.documents.marks import NOTE, SUPERSCRIPT, written
from rag.documents.office import rtf_flow
from rag.documents.office.common import HIDDEN, PAGE_FIELD, STRUCK, TRACKED
from rag.documents.office.numbering import BULLET
from rag.documents.office.rtf_flow import BODY, LOOKS, ROWS, Block, Flow, State
from rag.documents.symbols import BOXES, FONTS, symbol
from rag.errors import DocumentError

DEEPEST = 2_000
"""Groups in groups; deeper is an attack."""

_TOKEN = re.compile(
    r"\\([a-zA-Z]{1,32})(-?\d{1,10})? ?|\\'([0-9a-fA-F]{2})|\\([^a-zA-Z'])|([{}])|([^\\{}\r\n]+)|[\r\n]+|\\'?"
)


class Reader:
    """Reads a file at once; ``blocks``, ``headers`` and ``footers`` are what it holds."""

    def __init__(self, data: bytes) -> None:
        if not data.lstrip(b"\xef\xbb\xbf \r\n\t").startswith(b"{\\rtf"):
            raise DocumentError("It is damaged, or is not a Rich Text document (.rtf) at all.")
        self.about: dict[str, str] = {}
        self.warnings: dict[str, None] = {}
        self.headers: list[Block] = []
        self.footers: list[Block] = []
        self.state = State()
        self.flow = Flow()
        self.codec = "cp1252"
        self.named, self.charset = 0, 0
        """The font or style that is being told of, and the font's character set."""
        self.skip = 0
        """Characters to come that only stand in for one that was given as Unicode."""
        self._stack: list[tuple[State, Flow | None]] = []
        self._fonts: dict[int, tuple[int, str]] = {}
        self._styles: dict[int, str] = {}
        self._raw = bytearray()
        self._words: list[str] = []
        """What a group other than text says."""
        self._notes = 0
        self._read(data.decode("latin-1"))
        self._end_flow()
        self.blocks = self.flow.blocks

    def _read(self, text: str) -> None:
        at = 0
        while (token := _TOKEN.match(text, at)) is not None:
            at = token.end()
            word, number, code, sign, brace, plain = token.groups()
            if code:
                self._bytes(bytes((int(code, 16),)))
            elif plain:
                self._bytes(plain.encode("latin-1"))
            elif word or sign or brace:  # a line's end, which says nothing, may stand within a character
                self._decode()
            if word == "bin":
                at += max(0, int(number or 0))
            elif word:
                self._control(word, None if number is None else int(number))
            elif sign:
                self._sign(sign)
            elif brace:
                self._brace(brace)
        while self._stack:  # a file that was cut off
            self._brace("}")
        self._decode()

    def _brace(self, brace: str) -> None:
        self.skip = 0
        if brace == "{":
            if len(self._stack) > DEEPEST:
                raise DocumentError("It is nested too deeply.")
            self._stack.append((copy.copy(self.state), None))
            self.state.is_ignorable = False
        elif self._stack:
            self._leave()
            if self._stack[-1][1] is not None:
                self._close(self._stack[-1][1])
            elif len(self._stack) == 1:
                self.end_paragraph()
            self.state = self._stack.pop()[0]

    def _sign(self, sign: str) -> None:
        if sign == "*":
            self.state.is_ignorable = True
        elif sign in "\r\n":
            self.end_paragraph()
        elif sign in rtf_flow.SIGNS:
            self._say(rtf_flow.SIGNS[sign])

    def _bytes(self, data: bytes) -> None:
        gone = min(self.skip, len(data))
        self.skip -= gone
        if self.state.destination != "none":
            self._raw += data[gone:]

    def _decode(self) -> None:
        """Turn the bytes so far into words, in the character set of the font at hand."""
        if not self._raw:
            return
        data, destination = bytes(self._raw), self.state.destination
        self._raw.clear()
        charset, name = self._fonts.get(self.state.font, (0, ""))
        if name.lower() not in FONTS or destination not in ("text", "label"):
            self._say(data.decode(rtf_flow.CHARSETS.get(charset, self.codec), "replace"))
            return
        signs = [symbol(name, code) for code in data]
        if destination == "label":
            signs = [sign if sign in BOXES else BULLET for sign in signs[:1]]
        self._say("".join(signs))

    def _say(self, text: str) -> None:
        """Add words to whatever is being read."""
        state = self.state
        if state.destination == "label":
            self.flow.label += text
        elif state.destination != "text":
            self._words.append(text)
        elif state.is_hidden or state.is_struck:
            if text.strip() and not state.is_deleted:
                self.warnings[HIDDEN if state.is_hidden else STRUCK] = None
        elif not state.is_deleted:
            pieces = self.flow.pieces
            if pieces and pieces[-1][1] == state.position:
                pieces[-1] = (pieces[-1][0] + text, state.position)
            else:
                pieces.append((text, state.position))

    def _control(self, word: str, number: int | None) -> None:
        state = self.state
        ignorable, state.is_ignorable = state.is_ignorable, False
        if state.destination == "none":
            return
        if word in rtf_flow.SIGNS:
            self._say(rtf_flow.SIGNS[word])
        elif word == "u" and number is not None:
            code = number % 0x10000
            private = 0xF020 <= code < 0xF100
            self._say(symbol(self._fonts.get(state.font, (0, ""))[1], code) if private else chr(code))
            self.skip = state.unicode_skip
        elif word in rtf_flow.SKIPPED:
            state.destination = "none"
        elif self._enter(word):
            pass
        elif ignorable and word not in rtf_flow.SHOWN:
            state.destination = "none"
        elif (action := _ACTIONS.get(word)) is not None:
            action(self, 1 if number is None else number)
        elif word in LOOKS:
            LOOKS[word](state, 1 if number is None else number)
        elif word in ROWS:
            ROWS[word](self.flow, 1 if number is None else number)

    def _enter(self, word: str) -> bool:
        """Begin a group of its own kind; False for a word that begins none."""
        state = self.state
        told = state.destination == "info" and (word in rtf_flow.ABOUT or word in rtf_flow.MOMENTS)
        if word in rtf_flow.FLOWS:
            self._begin(word)
        elif word in ("listtext", "pntext"):
            state.destination = "label"
        elif told or word in ("fonttbl", "stylesheet", "fldinst", "info"):
            state.destination = word
            self._words.clear()
        else:
            return False
        return True

    def _begin(self, word: str) -> None:
        """Begin a note, a header, a box: text that is read for itself."""
        if not self._stack or self._stack[-1][1] is not None:
            return
        flow = Flow(mark=self._note_mark() if word == "footnote" else word)
        self._stack[-1] = (self._stack[-1][0], self.flow)
        state = self.state
        self.state = State(font=state.font, unicode_skip=state.unicode_skip, is_hidden=state.is_hidden)
        self.flow = flow

    def _note_mark(self) -> str:
        """Return the mark of the note that begins: what stands raised before it."""
        pieces = self.flow.pieces
        if pieces and pieces[-1][1] in (NOTE, SUPERSCRIPT):
            pieces[-1] = (pieces[-1][0].strip(), NOTE)
        else:
            pieces.append(("*", NOTE))
        return pieces[-1][0]

    def refer(self, _: int) -> None:
        """Add the mark of a note that is counted; in the note itself it was given already."""
        if not self.flow.mark:
            self._notes += 1
            self.flow.pieces.append((str(self._notes), NOTE))

    def _close(self, outer: Flow) -> None:
        self._end_flow()
        ended, self.flow = self.flow, outer
        if ended.mark.startswith("header"):
            self.headers += ended.blocks
        elif ended.mark.startswith("footer"):
            self.footers += ended.blocks
        elif ended.mark == "shptxt" or not ended.blocks:
            outer.asides += ended.blocks
        else:
            first, *others = ended.blocks
            words = first.text.lstrip().removeprefix(ended.mark).lstrip()
            outer.asides += [Block(words, f"[{ended.mark}] {first.label}", first.kind, first.cells), *others]

    def _leave(self) -> None:
        """End a group: keep what it said, where that is no text."""
        kind = self.state.destination
        if kind == "fonttbl":
            self.keep_font()
        elif kind == "stylesheet":
            self._keep_style()
        elif kind != self._stack[-1][0].destination:
            said = "".join(self._words).strip()
            if kind == "fldinst":
                self.flow.is_counted |= PAGE_FIELD.match(said) is not None
            elif kind in rtf_flow.ABOUT:
                self.about.setdefault(rtf_flow.ABOUT[kind], said)
            elif kind == "label":
                label = self.flow.label.strip()
                self.flow.label = f"{BULLET if label == 'o' else label} " if label else ""

    def keep_font(self) -> None:
        name = "".join(self._words).strip().rstrip(";").strip()
        if name:
            self._fonts[self.named] = (self.charset, name)
        self._words.clear()
        self.charset = 0

    def _keep_style(self) -> None:
        name = "".join(self._words).strip().rstrip(";").strip().lower()
        self._words.clear()
        if name == "title":
            self._styles[self.named] = "title"
        elif name.startswith("toc "):
            self._styles[self.named] = "contents"
        elif name and (name.startswith("heading ") or self.state.outline < BODY):
            self._styles[self.named] = "heading"
        self.named = 0

    def moment(self, number: int, *, part: str) -> None:
        """Take in a part of the date that a group tells."""
        if (name := rtf_flow.MOMENTS.get(self.state.destination)) is not None:
            said = self.about.get(name, "")
            self.about[name] = f"{number:04}" if part == "yr" else f"{said}-{number:02}"

    def end_paragraph(self, _: int = 1) -> None:
        """End the paragraph at hand, which may be one of a cell."""
        flow, state = self.flow, self.state
        text = _whole(written(flow.pieces))
        flow.pieces.clear()
        if flow.in_row or state.in_table:
            flow.lines.append(flow.label + text)
        else:
            kind = self._styles.get(state.style, "heading" if state.outline < BODY else "")
            flow.blocks += [*flow.row_asides, Block(text, flow.label, kind, is_counted=flow.is_counted), *flow.asides]
            flow.row_asides.clear()
            flow.asides.clear()
            flow.is_counted = False
        flow.label = ""

    def _end_flow(self) -> None:
        """End a text that was read for itself, in the midst of a row too."""
        if self.flow.in_row:
            self.end_cell(1)
            self.flow.end_row()
        self.state.in_table = False
        self.end_paragraph()

    def end_cell(self, _: int) -> None:
        flow = self.flow
        flow.in_row = True
        self.end_paragraph()
        flow.end_cell()


def _whole(text: str) -> str:
    """Return ``text`` with the two halves of a character joined."""
    if not any("\ud800" <= letter <= "\udfff" for letter in text):
        return text
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def _codepage(reader: Reader, number: int) -> None:
    name = rtf_flow.CODEPAGES.get(number, f"cp{number}")
    try:
        codecs.lookup(name)
    except LookupError:
        return
    reader.codec = name


def _font(reader: Reader, number: int) -> None:
    if reader.state.destination == "fonttbl":
        reader.keep_font()
        reader.named = number
    else:
        reader.state.font = number


def _style(reader: Reader, number: int) -> None:
    reader.named = number
    reader.state.style = number


def _tracked(reader: Reader, number: int) -> None:
    reader.warnings[TRACKED] = None
    reader.state.is_deleted = number != 0


_ACTIONS: dict[str, Callable[[Reader, int], None]] = {
    **dict.fromkeys(("par", "sect", "page", "column"), Reader.end_paragraph),
    "cell": Reader.end_cell,
    "chftn": Reader.refer,
    "ansicpg": _codepage,
    "fcharset": lambda reader, number: setattr(reader, "charset", number),
    "f": _font,
    "s": _style,
    "deleted": _tracked,
    "revised": lambda reader, _: reader.warnings.setdefault(TRACKED),
    **{part: partial(Reader.moment, part=part) for part in ("yr", "mo", "dy")},
}
