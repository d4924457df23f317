"""The control words of RTF: character sets, signs, groups to be shown, left out, or read for themselves."""

from __future__ import annotations

CODEPAGES = {10000: "mac_roman", 65001: "utf-8"}
CHARSETS = {77: "mac_roman", 128: "cp932", 129: "cp949", 134: "cp936", 136: "cp950", 161: "cp1253", 162: "cp1254",
             163: "cp1258", 177: "cp1255", 178: "cp1256", 186: "cp1257", 204: "cp1251", 222: "cp874",
             238: "cp1250"}  # fmt: skip
SIGNS = {"tab": "\t", "line": "\n", "lbr": "\n", "emdash": "—", "endash": "–", "lquote": "‘", "rquote": "’",
          "ldblquote": "“", "rdblquote": "”", "bullet": "•", "emspace": " ", "enspace": " ", "qmspace": " ",
          "nestcell": "\n", "~": "\xa0", "_": "\u2011", "{": "{", "}": "}", "\\": "\\"}  # fmt: skip
SHOWN = frozenset("shpinst shptxt ud".split())
"""Groups marked as to be left out by whom does not know them, that hold text."""
SKIPPED = frozenset(
    "colortbl pict objdata listtable listoverridetable xe tc txe rxe generator filetbl revtbl rsidtbl themedata sp "
    "shprslt nonshppict bkmkstart bkmkend annotation atnid atnauthor atnref atndate pnseclvl background template "
    "nonesttables latentstyles datastore mmathPr mmath falt panose do ftnsep ftnsepc aftnsep formfield".split()
)
FLOWS = frozenset("footnote header headerf headerl headerr footer footerf footerl footerr shptxt".split())
ABOUT = {"title": "title", "author": "author", "subject": "subject", "keywords": "keywords"}
MOMENTS = {"creatim": "created", "revtim": "modified"}
