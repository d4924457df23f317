"""One frozen ``Settings``: defaults < ``rag.toml`` < ``RAG_*`` variables < command line."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path

from rag.errors import SettingsError

Value = str | int | float | bool | tuple[str, ...] | Path


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that can be set; each field is a key of ``rag.toml`` and, in capitals, a ``RAG_…`` variable."""

    seeds: Path = Path("seeds")
    index: Path = Path("index")
    encoder: str = "all-MiniLM-L6-v2"
    """The shipped model, or the name or folder of any sentence-transformers model."""
    reader: bool = True
    """Read with the shipped reader; without it sentences are chosen by encoder and words alone."""
    passage_tokens: int = 160
    """Tokens (of the shipped encoding) in a passage, at most."""
    candidates: int = 100
    """Passages that each of the two searches brings up."""
    read_passages: int = 20
    """The best of them, which the reader reads."""
    quotes: int = 3
    """Quotes in a reply, at most."""
    threshold: float | None = None
    """Confidence under which the reply is a refusal; none: the one fitted at build time, or the shipped one."""
    question_characters: int = 2_000
    """The longest question that is taken."""
    host: str = "127.0.0.1"
    port: int = 7860
    embed: tuple[str, ...] = ()
    """Origins whose pages may embed the chat, such as ``https://news.example``; our own always may."""
    hosts: tuple[str, ...] = ()
    """Names under which the page is reached besides localhost and plain addresses, such as ``chat.news.example``."""
    password: str = ""
    """Asked for by the page and the API when set."""
    feedback: bool = True
    """Keep thumbs up and down in ``feedback.jsonl`` beside the index."""


def load_settings(
    overrides: Mapping[str, object] | None = None,
    *,
    environment: Mapping[str, str] | None = None,
    file: Path = Path("rag.toml"),
) -> Settings:
    """Return the settings in force.

    ``overrides`` come from the command line; a value of None means "not given".
    Raises SettingsError for a file that is not TOML, an unknown key, or a value of the wrong kind.
    """
    environment = os.environ if environment is None else environment
    known = {field.name: field.type for field in fields(Settings)}
    given: dict[str, Value | None] = {}
    for key, value in _read_file(file).items():
        if key not in known:
            raise SettingsError(f"{file}: unknown setting {key!r}; known are {', '.join(known)}.")
        given[key] = _convert(key, value, str(known[key]))
    for key, kind in known.items():
        text = environment.get(f"RAG_{key.upper()}")
        if text is not None:
            given[key] = _convert(key, text, str(kind))
    for key, value in (overrides or {}).items():
        if value is not None:
            given[key] = _convert(key, value, str(known[key]))
    return replace(Settings(), **given)  # type: ignore[arg-type]  # each was converted to its field's kind


def _read_file(file: Path) -> dict[str, object]:
    if not file.is_file():
        return {}
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        raise SettingsError(f"{file} cannot be read as TOML: {error}. Correct it or remove it.") from error


def _convert(key: str, value: object, kind: str) -> Value | None:
    try:
        if kind == "Path":
            return Path(str(value))
        if kind.startswith("tuple"):
            items = value.split(",") if isinstance(value, str) else list(value)  # type: ignore[call-overload]
            return tuple(str(item).strip() for item in items if str(item).strip())
        if kind == "bool":
            return _boolean(value)
        if kind == "int":
            return int(str(value))
        if kind.startswith("float"):
            return None if value in ("", "none") else float(str(value))
        return str(value)
    except (TypeError, ValueError) as error:
        raise SettingsError(f"The setting {key!r} cannot be {value!r}: {kind} is expected.") from error


def _boolean(value: object) -> bool:
    words = {"1": True, "true": True, "yes": True, "on": True, "0": False, "false": False, "no": False, "off": False}
    return words[str(value).lower()] if str(value).lower() in words else _refuse(value)


def _refuse(value: object) -> bool:
    raise ValueError(value)
