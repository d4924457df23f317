"""What the API's description shows: requests about one small document, ``TEXT`` at ``PATH``, and their replies."""

from __future__ import annotations

import json
from typing import Any

PATH = "news/a.txt"
TEXT = (
    "Kyiv, Friday. Ukraine’s foreign minister, Andriy Sybiha, insisted Kyiv is ready for talks. "
    "He spoke after a meeting in Lviv.\n"
)
PAGED = "manuals/pump.pdf"
"""A document that has pages."""
SHA256 = "3e7bf6e1d3d918e2414fd023c02a0e2ef795c885782868e9a9373cff2b04e188"
"""Of the text in UTF-8."""

_SOURCE: dict[str, Any] = {"id": PATH, "title": "a", "path": PATH, "sha256": SHA256}
_QUOTE: dict[str, Any] = {
    "exact": TEXT[14:90],
    "prefix": TEXT[:14],
    "suffix": TEXT[90:122],
    "start": 14,
    "end": 90,
    "highlights": [[42, 55]],
    "page": None,
    "page_label": None,
    "recognised": None,
    "line": 1,
    "section": "",
    "score": 0.91,
    "document": _SOURCE,
}
ASKED: tuple[dict[str, Any], ...] = (
    {"id": "q1", "question": "Who is the foreign minister?"},
    {
        "question": "What did he insist on?",
        "turns": [{"question": "Who is the foreign minister?", "answer": "Andriy Sybiha"}],
        "in": ["news/"],
        "type": ["txt"],
        "since": "2024-03",
        "quotes": 5,
    },
)
REPLY: dict[str, Any] = {
    "id": "q1",
    "question": "Who is the foreign minister?",
    "standalone_question": "Who is the foreign minister?",
    "status": "answered",
    "kind": None,
    "confidence": 0.93,
    "answer": None,
    "quotes": [_QUOTE],
    "groups": [],
    "nearest": [],
    "reason": None,
    "scope": None,
    "notices": [],
    "written": [],
    "timings_ms": {"encode": 6.1, "search": 1.9, "read": 40.2, "total": 49.0},
}
REFUSAL: dict[str, Any] = {
    **REPLY,
    "id": None,
    "question": "Who is the head of the navy?",
    "standalone_question": "Who is the head of the navy?",
    "status": "refused",
    "kind": "absent",
    "confidence": 0.04,
    "quotes": [],
    "nearest": [{**_QUOTE, "highlights": [], "score": 0.04}],
    "reason": "No clear answer was found in the documents.",
}
EVENTS = "".join(f"event: {name}\ndata: {json.dumps(REPLY, separators=(',', ':'))}\n\n" for name in ("reply", "done"))
VERIFICATION: dict[str, Any] = {
    "verified": True,
    "reasons": [],
    "verdicts": [
        {
            "verdict": "exact",
            "exact": _QUOTE["exact"],
            "document": _SOURCE,
            "start": 14,
            "end": 90,
            "page": None,
            "differences": [],
            "reason": None,
            "text_start": None,
            "text_end": None,
        }
    ],
}
CATALOGUE: dict[str, Any] = {
    "built_at": "2026-11-23T08:00:00+00:00",
    "passages": 1,
    "documents": [
        {
            **_SOURCE,
            "media_type": "text/plain",
            "characters": len(TEXT),
            "pages": 0,
            "passages": 1,
            "warnings": [],
            "date": "2026-11-20",
        }
    ],
    "skipped": [{"path": "old.exe", "reason": "Files of this kind (.exe) are not read."}],
}
DOCUMENT: dict[str, Any] = {
    **_SOURCE,
    "text": TEXT,
    "media_type": "text/plain",
    "pages": [],
    "page_labels": [],
    "recognised": [],
    "sections": [],
    "metadata": [],
    "warnings": [],
    "language": "en",
}
