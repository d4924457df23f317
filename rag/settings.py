"""One frozen ``Settings``: defaults < ``rag.toml`` < ``RAG_*`` variables < command line.

What each field takes stands beside it, and is checked wherever a value comes from, Python included.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import Field, dataclass, field, fields, replace
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from rag.errors import SettingsError

PREFIX = "RAG_"
"""A variable that begins so is a setting, or a mistake."""


def _number(default: float | None, least: float, most: float) -> Any:
    return field(default=default, metadata={"least": least, "most": most})


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that can be set; each field is a key of ``rag.toml`` and, in capitals, a ``RAG_…`` variable.

    Raises SettingsError for a value that its field does not take.
    """

    seeds: Path = Path("seeds")
    index: Path = Path("index")
    store: str = field(default="local", metadata={"pattern": "local|milvus", "taken": "local or milvus"})
    """Where vectors and words are searched: in the index folder, or in Milvus (the extra ``milvus``)."""
    milvus: str = field(
        default="",
        repr=False,
        metadata={
            "pattern": r"(?:https?://\S+|.+\.db)?",
            "taken": "an address such as http://127.0.0.1:19530, or a file that ends in .db",
        },
    )
    """Its address, or a file for Milvus Lite; none: ``milvus.db`` in the index folder."""
    reading_megabytes: int = _number(512, 64, 65_536)
    """Memory that the reading of a file may take, beside eight times its size; recognising text may take 3 GB."""
    encoder: str = "all-MiniLM-L6-v2"
    """The shipped model, or the name or folder of any sentence-transformers model."""
    reader: bool = True
    """Read with the shipped readers; without them sentences are chosen by encoder and words alone."""
    second_reader: bool = True
    """Let the second reader read the best passages again: surer answers, for a fraction of a second more."""
    reread_passages: int = _number(4, 1, 64)
    """The best of those read, which the second reader reads."""
    passage_tokens: int = _number(160, 16, 1_000)
    """Tokens (of the shipped encoding) in a passage, at most."""
    candidates: int = _number(100, 1, 10_000)
    """Passages that each of the two searches finds."""
    read_passages: int = _number(20, 1, 1_000)
    """The best of them, which the reader reads."""
    quotes: int = _number(3, 1, 100)
    """Quotes in a reply, at most."""
    threshold: float | None = _number(None, 0, 1)
    """Confidence under which the reply is a refusal; none: the one fitted to the index, or the shipped one."""
    question_characters: int = _number(2_000, 1, 100_000)
    """The longest question that is taken."""
    llm: str = field(default="", metadata={"empty": True})
    """The address of a language model that writes from the quotes, such as ``http://127.0.0.1:11434/v1``; none: no
    text is written."""
    llm_model: str = field(default="", metadata={"empty": True})
    """Its name there; none: the first that the endpoint offers."""
    llm_key: str = field(default="", repr=False, metadata={"empty": True})
    """What the endpoint asks for, where it does."""
    llm_seconds: int = _number(60, 1, 3_600)
    """How long a text may take, at most."""
    llm_context: int = _number(4_096, 1_000, 10_000_000)
    """Tokens that the model takes, question, quotes and answer together."""
    llm_rewrites: bool = False
    """Let it also rewrite follow-ups into questions that stand on their own; quotes then wait for it."""
    host: str = "127.0.0.1"
    port: int = _number(7860, 0, 65_535)
    """0: any free one."""
    embed: tuple[str, ...] = ()
    """Origins whose pages may embed the chat, such as ``https://news.example``; our own always may."""
    hosts: tuple[str, ...] = ()
    """Names under which the page is reached besides localhost and plain addresses, such as ``chat.news.example``."""
    password: str = field(default="", repr=False, metadata={"empty": True})
    """Asked for by the page and the API when set."""
    mcp: bool = False
    """Let assistants ask at ``/mcp`` of the page, over the Model Context Protocol (the extra ``mcp``)."""
    feedback: bool = True
    """Keep thumbs up and down in ``feedback.jsonl`` beside the index."""
    conversations: bool = True
    """Keep conversations in ``conversations.sqlite3`` beside the index; without it they end with the server."""
    database: str = field(
        default="",
        repr=False,
        metadata={
            "pattern": r"(?:postgres(?:ql)?://\S+)?",
            "taken": "an address such as postgresql://user:password@host:5432/name",
        },
    )
    """A PostgreSQL that keeps them in place of that file, for servers on several machines (the extra ``postgres``)."""
    upload_megabytes: int = _number(50, 0, 2_000)
    """The largest file that people may drop into the page, where they may at all; 0: none is taken."""
    name: str = "Chapter & Verse"
    """What the page is called."""
    greeting: str = field(default="", metadata={"empty": True})
    """A sentence above the example questions."""
    examples: tuple[str, ...] = ()
    """Example questions in place of those that are found in the documents; shown are those that are answered."""
    accent: str = field(default="", metadata={"pattern": r"(?:#[0-9a-fA-F]{6})?", "taken": "a colour such as #8c2318"})
    """The page's accent colour."""

    def __post_init__(self) -> None:
        for entry in fields(self):
            _check(entry, getattr(self, entry.name), entry.name)

    @property
    def milvus_address(self) -> str:
        """Where Milvus is, or its file; empty where the store is another."""
        return "" if self.store != "milvus" else self.milvus or str(self.index / "milvus.db")


_FIELDS: Mapping[str, Field[Any]] = {entry.name: entry for entry in fields(Settings)}
_VARIABLES = {PREFIX + key.upper() for key in _FIELDS}
_BOOLEANS = {"1": True, "true": True, "yes": True, "on": True, "0": False, "false": False, "no": False, "off": False}
_TAKEN = {
    "Path": "the path of a folder",
    "str": "text that is not empty",
    "bool": "true or false",
    "tuple[str, ...]": "a list of texts",
    "int": "a whole number",
    "float | None": "a number",
}


def load_settings(
    overrides: Mapping[str, object] | None = None,
    *,
    environment: Mapping[str, str] | None = None,
    file: Path = Path("rag.toml"),
) -> Settings:
    """Return the settings in force.

    ``overrides`` come from the command line; a value of None means "not given".
    Raises SettingsError for a file that is not TOML, a name that is no setting, or a value that is not taken.
    """
    environment = os.environ if environment is None else environment
    given: dict[str, Any] = {}
    for key, value in _read_file(file).items():
        if key not in _FIELDS:
            raise _unknown(f"{file}: {key}", key)
        given[key] = _value(key, value, f"{file}: {key}")
    for name in sorted(name for name in environment if name.startswith(PREFIX)):
        key = name.removeprefix(PREFIX).lower()
        if name not in _VARIABLES:
            raise _unknown(name, key, PREFIX)
        given[key] = _value(key, environment[name], name)
    return change(replace(Settings(), **given), **dict(overrides or {}))


def change(settings: Settings, **values: object) -> Settings:
    """Return the settings with these values, which may be text as a command line has it; None means "not given"."""
    given: dict[str, Any] = {key: _value(key, value, key) for key, value in values.items() if value is not None}
    return replace(settings, **given)


def _read_file(file: Path) -> dict[str, object]:
    if not file.is_file():
        return {}
    try:
        return tomllib.loads(file.read_text(encoding="utf-8-sig"))
    except (ValueError, OSError, RecursionError) as error:
        raise SettingsError(f"{file} cannot be read as TOML: {error}. Correct it or remove it.") from error


def _unknown(said: str, key: str, prefix: str = "") -> SettingsError:
    names = [prefix + (name.upper() if prefix else name) for name in get_close_matches(key.lower(), _FIELDS, n=1)]
    remedy = f"Did you mean {names[0]}?" if names else f"Remove it; the settings are {', '.join(_FIELDS)}."
    return SettingsError(f"{said} is no setting. {remedy}")


def _value(key: str, value: object, said: str) -> object:
    """Return what ``value`` says for the setting ``key``; raises SettingsError where it says nothing that is taken."""
    entry = _FIELDS[key]
    if isinstance(value, str):
        with suppress(ValueError, KeyError):
            value = _parsed(value, str(entry.type))
    elif isinstance(value, list):
        value = tuple(value)
    _check(entry, value, said)
    return value


def _parsed(text: str, kind: str) -> object:
    if kind == "Path":
        return Path(text) if text.strip() else text
    if kind == "bool":
        return _BOOLEANS[text.strip().lower()]
    if kind == "int":
        return int(text)
    if kind == "float | None":
        return None if text.strip().lower() in {"", "none"} else float(text)
    if kind.startswith("tuple"):
        return tuple(item.strip() for item in text.split(",") if item.strip())
    return text


def _check(entry: Field[Any], value: object, said: str) -> None:
    if not _is_taken(entry, str(entry.type), value):
        shown = f"{value!r:.80}" if entry.repr else "what it is"
        least, most = (entry.metadata.get(name) for name in ("least", "most"))
        taken = entry.metadata.get("taken", _TAKEN[str(entry.type)])
        between = "" if least is None else f" from {least:,} to {most:,}"
        raise SettingsError(f"{said} cannot be {shown}: it must be {taken}{between}.")


def _is_taken(entry: Field[Any], kind: str, value: object) -> bool:
    if kind == "bool":
        return isinstance(value, bool)
    if kind == "Path":
        return isinstance(value, Path) and "\0" not in str(value)
    if "pattern" in entry.metadata:
        return isinstance(value, str) and re.fullmatch(entry.metadata["pattern"], value) is not None
    if kind == "str":
        return isinstance(value, str) and "\0" not in value and bool(value.strip() or entry.metadata.get("empty"))
    if kind.startswith("tuple"):
        return isinstance(value, tuple) and all(isinstance(item, str) and item.strip() for item in value)
    if value is None:
        return kind == "float | None"
    if isinstance(value, bool) or not isinstance(value, int if kind == "int" else (int, float)):
        return False
    return bool(entry.metadata["least"] <= value <= entry.metadata["most"])  # not so for nan
