"""Characters of the symbol fonts, which have no letters: Symbol, Wingdings; what each looks like, in Unicode."""

from __future__ import annotations

from functools import lru_cache

_CAPITALS = "ΑΒΧΔΕΦΓΗΙϑΚΛΜΝΟΠΘΡΣΤΥςΩΞΨΖ"
_SMALL = "αβχδεφγηιϕκλμνοπθρστυϖωξψζ"
_SYMBOL = {0x22: "∀", 0x24: "∃", 0x27: "∋", 0x2D: "−", 0x40: "≅", 0x5C: "∴", 0x5E: "⊥", 0x7E: "∼", 0xA0: "€",
           0xA1: "ϒ", 0xA2: "′", 0xA3: "≤", 0xA4: "/", 0xA5: "∞", 0xA6: "ƒ", 0xA7: "♣", 0xA8: "♦", 0xA9: "♥",
           0xAA: "♠", 0xAB: "↔", 0xAC: "←", 0xAD: "↑", 0xAE: "→", 0xAF: "↓", 0xB0: "°", 0xB1: "±", 0xB2: "″",
           0xB3: "≥", 0xB4: "×", 0xB5: "∝", 0xB6: "∂", 0xB7: "•", 0xB8: "÷", 0xB9: "≠", 0xBA: "≡", 0xBB: "≈",
           0xBC: "…", 0xC0: "ℵ", 0xC1: "ℑ", 0xC2: "ℜ", 0xC3: "℘", 0xC4: "⊗", 0xC5: "⊕", 0xC6: "∅", 0xC7: "∩",
           0xC8: "∪", 0xC9: "⊃", 0xCA: "⊇", 0xCB: "⊄", 0xCC: "⊂", 0xCD: "⊆", 0xCE: "∈", 0xCF: "∉", 0xD0: "∠",
           0xD1: "∇", 0xD2: "®", 0xD3: "©", 0xD4: "™", 0xD5: "∏", 0xD6: "√", 0xD7: "⋅", 0xD8: "¬", 0xD9: "∧",
           0xDA: "∨", 0xDB: "⇔", 0xDC: "⇐", 0xDD: "⇑", 0xDE: "⇒", 0xDF: "⇓", 0xE0: "◊", 0xE1: "⟨", 0xE5: "∑",
           0xF1: "⟩", 0xF2: "∫"}  # fmt: skip
_WINGDINGS = {0x28: "☎", 0x2A: "✉", 0x4A: "☺", 0x4C: "☹", 0x6C: "●", 0x6E: "■", 0x6F: "☐", 0x71: "☐", 0x72: "☐",
              0x75: "◆", 0x76: "❖", 0x78: "☒", 0x9F: "•", 0xA7: "▪", 0xA8: "☐", 0xAB: "★", 0xD8: "➢", 0xDF: "←",
              0xE0: "→", 0xE1: "↑", 0xE2: "↓", 0xE8: "➔", 0xEF: "⇦", 0xF0: "⇨", 0xF3: "⇔", 0xFB: "✗", 0xFC: "✓",
              0xFD: "☒", 0xFE: "☑"}  # fmt: skip
_WINGDINGS_2 = {0x4F: "✗", 0x50: "✓", 0x51: "☒", 0x52: "☑", 0x53: "☒", 0x54: "☒", 0x97: "•", 0xA3: "☐"}
FONTS = {
    "symbol": {0x41 + at: letter for at, letter in enumerate(_CAPITALS)}
    | {0x61 + at: letter for at, letter in enumerate(_SMALL)}
    | _SYMBOL,
    "wingdings": _WINGDINGS,
    "wingdings 2": _WINGDINGS_2,
}
LETTERS = "".join(map(chr, {*_WINGDINGS, *_WINGDINGS_2}))
"""The letters by which a PDF may name signs of Wingdings."""
BOXES = frozenset("☐☑☒✓✗")
"""Signs before an item that say whether it is ticked."""

_PRIVATE = range(0xF020, 0xF100)
"""Where word processors keep the characters of such fonts."""


def symbol(font: str, code: int) -> str:
    """Return the character ``code`` of ``font``; empty for a picture that Unicode has no sign for here.

    >>> symbol("Wingdings", 0xF0FE), symbol("Symbol", 0x6D), symbol("Arial", 0x6D)
    ('☑', 'μ', 'm')
    """
    table = FONTS.get(font.lower())
    place = code - 0xF000 if code in _PRIVATE else code
    if table is None:
        return "" if code in _PRIVATE or not 0 < code < 0xD800 else chr(code)
    plain = chr(place) if font.lower() == "symbol" and place < 0x7F else ""
    return table.get(place, plain)


def drawn(font: str, code: int) -> str:
    """Return what a PDF shows for ``code`` of the font it names so; empty where that is not known.

    >>> drawn("ABCDEF+Wingdings-Regular", 0xFC), drawn("SymbolMT", 0xF06D), drawn("Arial", 0xFC), drawn("", 0xF0B7)
    ('✓', 'μ', '', '•')
    """
    kind = _kind(font)
    if kind and (code in _PRIVATE or kind != "symbol"):  # readers of PDF know Symbol's letters
        return symbol(kind, code)
    found = (symbol(likely, code) for likely in ("wingdings", "symbol") if code in _PRIVATE)
    return next((sign for sign in found if sign and not sign.isalpha()), "")


@lru_cache(maxsize=256)
def _kind(font: str) -> str:
    """Return which of ``FONTS`` a PDF means by a font's name; empty for any other."""
    name = font.rpartition("+")[2].lower().replace(" ", "")
    return next((kind for kind in sorted(FONTS, reverse=True) if name.startswith(kind.replace(" ", ""))), "")


def shown(text: str, font: str) -> str:
    """Return ``text`` as ``font`` shows it.

    >>> shown("5 \uf0b1 2", "Symbol"), shown("5 m", "Arial")
    ('5 ± 2', '5 m')
    """
    if font.lower() in FONTS or any(ord(letter) in _PRIVATE for letter in text):
        return "".join(
            symbol(font, ord(letter)) if ord(letter) in _PRIVATE or ord(letter) < 0x100 else letter for letter in text
        )
    return text
