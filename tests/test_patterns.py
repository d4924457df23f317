"""Every regular expression of the package takes time in proportion to its text, whatever that is: nobody freezes it.

The patterns are found by looking into the modules, and the ways in which each is used by reading their sources. A text
that costs much is the beginning of a match up to one of the pattern's repetitions, then a piece many times over.
"""

from __future__ import annotations

import ast
import importlib
import pkgutil
import re
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from re import _constants as code  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any

import pytest

import rag

Pattern = re.Pattern[str] | re.Pattern[bytes]
ONCE = {"match", "fullmatch", "search"}
AGAIN = {"finditer", "findall", "sub", "subn", "split"}
PIECES = (
    "a", "A", "1", " ", "\t", "\n", "\r\n", ".", ",", ":", "-", "_", "*", "#", "|", "<", "[", "{", "'", '"', "é", "字",
    "a ", "A ", "1 ", ". ", "\n ", "a.", "a-", "a, ", "[]", "{#", "* ",
)  # fmt: skip
TAILS = ("", "?\x01")
PREFIXES = 8
LOOKS = 6
TINY, SMALL, LARGE, LARGEST = 24, 400, 4_000, 16_000
LITTLE = 0.004
"""Seconds that the large text may take without a second look: a quadratic pattern takes some ten times as long."""


def patterns() -> Iterator[tuple[str, Pattern, list[str]]]:
    """Yield the name of each pattern that stands in a module, the pattern, and the methods that are called on it."""
    known: set[int] = set()
    for info in pkgutil.walk_packages(rag.__path__, "rag."):
        if info.name.endswith("__main__"):
            continue
        module = importlib.import_module(info.name)
        called = methods_called(Path(str(module.__file__)))
        for name, value in vars(module).items():
            for pattern in (
                value.values() if isinstance(value, dict) else value if isinstance(value, tuple) else [value]
            ):
                if isinstance(pattern, re.Pattern) and id(pattern) not in known:
                    known.add(id(pattern))
                    used = called[name] or {"search", "finditer"}
                    yield (
                        f"{info.name}.{name}",
                        pattern,
                        sorted(used & ONCE | ({"finditer"} if used & AGAIN else set())),
                    )


def methods_called(path: Path) -> dict[str, set[str]]:
    """Return name → the methods of patterns that a module calls on it."""
    called: dict[str, set[str]] = defaultdict(set)
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.attr in ONCE | AGAIN:
            called[node.value.id].add(node.attr)
    return called


def beginnings(tree: Sequence[tuple[Any, Any]], before: str) -> Iterator[str]:
    """Yield what may stand before each repetition in a pattern's tree; ``before`` is what stands before the tree."""
    for kind, value in tree:
        inner = [part for part in flat(value) if isinstance(part, parser.SubPattern)]
        if kind in (code.MAX_REPEAT, code.MIN_REPEAT, code.POSSESSIVE_REPEAT) and value[1] > 9:
            yield before
        for part in inner:
            yield from beginnings(part, before)
        before += example([(kind, value)])


def flat(value: object) -> Iterator[object]:
    """Yield what is in lists and tuples."""
    for item in value if isinstance(value, list | tuple) else [value]:
        if isinstance(item, list | tuple):
            yield from flat(item)
        else:
            yield item


def example(tree: Sequence[tuple[Any, Any]]) -> str:
    """Return a text that the tree may match, the shortest where something is repeated."""
    text = ""
    for kind, value in tree:
        if kind is code.LITERAL:
            text += chr(value)
        elif kind in (code.ANY, code.NOT_LITERAL):
            text += "x"
        elif kind is code.IN:
            sets = {code.CATEGORY_DIGIT: "1", code.CATEGORY_SPACE: " "}
            first, what = value[0]
            text += chr(what) if first is code.LITERAL else chr(what[0]) if first is code.RANGE else sets.get(what, "x")
        elif kind in (code.MAX_REPEAT, code.MIN_REPEAT, code.POSSESSIVE_REPEAT):
            text += example(value[2]) * value[0]
        elif kind in (code.SUBPATTERN, code.ATOMIC_GROUP):
            text += example(value[-1] if kind is code.SUBPATTERN else value)
        elif kind is code.BRANCH:
            text += example(value[1][0])
    return text


def seconds(pattern: Pattern, method: str, text: str) -> float:
    """Return the processor time of one call."""
    subject: Any = text.encode("utf-8") if isinstance(pattern.pattern, bytes) else text
    began = time.thread_time()
    if method in ONCE:
        getattr(pattern, method)(subject)
    else:
        for _ in pattern.finditer(subject):
            pass
    return time.thread_time() - began


def too_slow(pattern: Pattern, method: str, large: str, largest: str) -> bool:
    """Tell whether one look shows that the time grows much faster than the text."""
    taken = seconds(pattern, method, large)
    return taken > LITTLE and (
        taken > 1
        or seconds(pattern, method, largest) > 2 * min(taken, seconds(pattern, method, large)) * LARGEST / LARGE
    )


def slow_text(pattern: Pattern, method: str) -> str:
    """Return how a text begins for which the time grows faster than its length; empty where there is none."""
    tree = parser.parse(pattern.pattern, pattern.flags & ~re.UNICODE if isinstance(pattern.pattern, str) else 0)
    prefixes = list(dict.fromkeys(["", *beginnings(tree, "")]))[:PREFIXES]
    for prefix in prefixes:
        for piece in (*PIECES, *prefixes[1:]):
            for tail in TAILS:
                tiny, small, large, largest = (
                    prefix + piece * (size // len(piece)) + tail for size in (TINY, SMALL, LARGE, LARGEST)
                )
                if seconds(pattern, method, tiny) > 0.02 or seconds(pattern, method, small) > 0.2:
                    return small[:40]
                # A busy machine may slow down one look, or two, but not always the longer text more than the other.
                if all(too_slow(pattern, method, large, largest) for _ in range(LOOKS)):
                    return large[:40]
    return ""


@pytest.mark.parametrize(("pattern", "methods"), [pytest.param(*rest, id=name) for name, *rest in patterns()])
def test_a_pattern_is_linear(pattern: Pattern, methods: list[str]) -> None:
    assert {method: text for method in methods if (text := slow_text(pattern, method))} == {}


@pytest.mark.parametrize(
    ("pattern", "method"),
    [
        (r"(?:a+)+$", "match"),
        (r"\s+$", "search"),
        (r"<b.*?>x", "finditer"),
    ],
)
def test_a_pattern_that_is_not_is_noticed(pattern: str, method: str) -> None:
    assert slow_text(re.compile(pattern), method)
