from __future__ import annotations

from pathlib import Path

import pytest

from rag.errors import SettingsError
from rag.settings import Settings, load_settings


def test_defaults(tmp_path: Path) -> None:
    assert load_settings(environment={}, file=tmp_path / "rag.toml") == Settings()


def test_file_below_variables_below_command_line(tmp_path: Path) -> None:
    file = tmp_path / "rag.toml"
    file.write_text(
        'quotes = 1\nport = 1\nhost = "a"\nembed = ["https://x.example", "https://y.example"]\nreader = false\n'
    )
    found = load_settings({"host": "c", "port": None}, environment={"RAG_PORT": "2", "RAG_HOST": "b"}, file=file)
    assert (found.quotes, found.port, found.host, found.reader) == (1, 2, "c", False)
    assert found.embed == ("https://x.example", "https://y.example")


@pytest.mark.parametrize(
    ("variable", "value", "field", "expected"),
    [
        ("RAG_SEEDS", "docs", "seeds", Path("docs")),
        ("RAG_READER", "off", "reader", False),
        ("RAG_READER", "1", "reader", True),
        ("RAG_THRESHOLD", "0.25", "threshold", 0.25),
        ("RAG_THRESHOLD", "", "threshold", None),
        ("RAG_EMBED", "https://a.example, https://b.example", "embed", ("https://a.example", "https://b.example")),
        ("RAG_EMBED", "", "embed", ()),
    ],
)
def test_variables(variable: str, value: str, field: str, expected: object, tmp_path: Path) -> None:
    found = load_settings(environment={variable: value}, file=tmp_path / "rag.toml")
    assert getattr(found, field) == expected


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("quotes =", "cannot be read as TOML"),
        ("colour = 1", "unknown setting 'colour'"),
        ('quotes = "many"', "'quotes' cannot be 'many': int is expected"),
        ('reader = "perhaps"', "'reader' cannot be 'perhaps': bool is expected"),
        ("embed = 5", "'embed' cannot be 5"),
    ],
)
def test_what_cannot_be_used_is_named(content: str, message: str, tmp_path: Path) -> None:
    file = tmp_path / "rag.toml"
    file.write_text(content)
    with pytest.raises(SettingsError, match=message):
        load_settings(environment={}, file=file)
