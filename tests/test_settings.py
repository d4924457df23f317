from __future__ import annotations

import re
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest

import rag
from rag.errors import SettingsError
from rag.settings import Settings, change, load_settings


def from_variables(**variables: str) -> Settings:
    return load_settings(environment=variables, file=Path("none.toml"))


def test_defaults(tmp_path: Path) -> None:
    assert load_settings(environment={"PATH": "x", "SPACE_HOST": "y"}, file=tmp_path / "rag.toml") == Settings()


def test_file_below_variables_below_command_line(tmp_path: Path) -> None:
    file = tmp_path / "rag.toml"
    file.write_text(
        'quotes = 1\nport = 1\nhost = "a"\nembed = ["https://x.example", "https://y.example"]\nreader = false\n'
        "threshold = 1\n"
    )
    found = load_settings({"host": "c", "port": None}, environment={"RAG_PORT": "2", "RAG_HOST": "b"}, file=file)
    assert (found.quotes, found.port, found.host, found.reader, found.threshold) == (1, 2, "c", False, 1.0)
    assert found.embed == ("https://x.example", "https://y.example")


@pytest.mark.parametrize(
    ("variable", "value", "field", "expected"),
    [
        ("RAG_SEEDS", "docs", "seeds", Path("docs")),
        ("RAG_SEEDS", ".", "seeds", Path(".")),
        ("RAG_READER", "off", "reader", False),
        ("RAG_READER", "1", "reader", True),
        ("RAG_THRESHOLD", "0.25", "threshold", 0.25),
        ("RAG_THRESHOLD", "", "threshold", None),
        ("RAG_PORT", "0", "port", 0),
        ("RAG_PASSWORD", "", "password", ""),
        ("RAG_EMBED", "https://a.example, https://b.example", "embed", ("https://a.example", "https://b.example")),
        ("RAG_EMBED", "", "embed", ()),
    ],
)
def test_variables(variable: str, value: str, field: str, expected: object) -> None:
    assert getattr(from_variables(**{variable: value}), field) == expected


@pytest.mark.parametrize(
    ("variable", "value", "taken"),
    [
        ("RAG_CANDIDATES", "0", "a whole number from 1 to 10,000"),
        ("RAG_QUOTES", "0", "a whole number from 1 to 100"),
        ("RAG_QUOTES", "1.5", "a whole number from 1 to 100"),
        ("RAG_QUOTES", "9" * 5_000, "a whole number from 1 to 100"),
        ("RAG_READ_PASSAGES", "-1", "a whole number from 1 to 1,000"),
        ("RAG_PASSAGE_TOKENS", "0", "a whole number from 16 to 1,000"),
        ("RAG_QUESTION_CHARACTERS", "-5", "a whole number from 1 to 100,000"),
        ("RAG_THRESHOLD", "nan", "a number from 0 to 1"),
        ("RAG_THRESHOLD", "inf", "a number from 0 to 1"),
        ("RAG_THRESHOLD", "1.01", "a number from 0 to 1"),
        ("RAG_THRESHOLD", "-0.01", "a number from 0 to 1"),
        ("RAG_PORT", "99999", "a whole number from 0 to 65,535"),
        ("RAG_PORT", "", "a whole number from 0 to 65,535"),
        ("RAG_READER", "perhaps", "true or false"),
        ("RAG_SEEDS", "", "the path of a folder"),
        ("RAG_INDEX", "  ", "the path of a folder"),
        ("RAG_HOST", "", "text that is not empty"),
        ("RAG_ENCODER", " ", "text that is not empty"),
    ],
)
def test_a_value_out_of_range_is_refused_with_what_is_taken(variable: str, value: str, taken: str) -> None:
    with pytest.raises(SettingsError) as error:
        from_variables(**{variable: value})
    said = str(error.value)
    assert said.startswith(f"{variable} cannot be ")
    assert said.endswith(f": it must be {taken}.")
    assert len(said) < 200


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("quotes", 0), ("quotes", True), ("quotes", 2.0), ("quotes", "3"), ("quotes", None),
        ("threshold", float("nan")), ("threshold", 2), ("threshold", False), ("candidates", -1), ("port", 65_536),
        ("seeds", "docs"), ("seeds", None), ("seeds", Path("a\0b")), ("host", ""), ("encoder", b"x"), ("reader", 1),
        ("embed", "https://x.example"), ("embed", ["https://x.example"]), ("hosts", (1,)), ("password", None),
    ],
)  # fmt: skip
def test_a_value_given_in_python_is_checked_too(field: str, value: Any) -> None:
    with pytest.raises(SettingsError, match=f"^{field} cannot be "):
        Settings(**{field: value})
    with pytest.raises(SettingsError, match=f"^{field} cannot be "):
        replace(Settings(), **{field: value})


@pytest.mark.parametrize(
    ("variable", "remedy"),
    [
        ("RAG_QUOTE", "Did you mean RAG_QUOTES?"),
        ("RAG_TRESHOLD", "Did you mean RAG_THRESHOLD?"),
        ("RAG_quotes", "Did you mean RAG_QUOTES?"),
        ("RAG_COLOUR", "Remove it; the settings are seeds, index, "),
    ],
)
def test_a_variable_that_is_no_setting_is_named(variable: str, remedy: str) -> None:
    with pytest.raises(SettingsError, match=re.escape(f"{variable} is no setting. {remedy}")):
        from_variables(**{variable: "1"})


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"quotes =", "cannot be read as TOML"),
        (b"quotes = '\xff'", "cannot be read as TOML"),
        (b"a = " + b"[" * 100_000, "cannot be read as TOML"),
        (b"quotes = " + b"9" * 5_000, "cannot be read as TOML"),
        (b"colour = 1", "colour is no setting. Remove it; the settings are seeds"),
        (b"quote = 1", "quote is no setting. Did you mean quotes?"),
        (b"[server]\nport = 1", "server is no setting"),
        (b'quotes = "many"', "quotes cannot be 'many': it must be a whole number"),
        (b"quotes = true", "quotes cannot be True"),
        (b"threshold = nan", "threshold cannot be nan"),
        (b'reader = "perhaps"', "reader cannot be 'perhaps': it must be true or false"),
        (b"embed = 5", "embed cannot be 5: it must be a list of texts"),
        (b"hosts = [[]]", "hosts cannot be"),
        (b"seeds = 5", "seeds cannot be 5: it must be the path of a folder"),
        (b"password = 5", "password cannot be what it is: it must be text"),
    ],
)
def test_what_the_file_says_wrongly_is_named(content: bytes, message: str, tmp_path: Path) -> None:
    file = tmp_path / "rag.toml"
    file.write_bytes(content)
    with pytest.raises(SettingsError, match=re.escape(message)) as error:
        load_settings(environment={}, file=file)
    assert str(file) in str(error.value)


def test_an_empty_folder_name_is_not_the_working_directory() -> None:
    for use in (lambda: rag.build("", "index"), lambda: rag.open(""), lambda: change(Settings(), seeds="")):
        with pytest.raises(SettingsError, match="cannot be '': it must be the path of a folder"):
            use()


def test_the_password_is_not_shown() -> None:
    assert "sesame" not in repr(Settings(password="sesame"))
    with pytest.raises(SettingsError) as error:
        Settings(password=b"sesame")  # type: ignore[arg-type]
    assert "sesame" not in str(error.value)


def test_every_number_has_its_range() -> None:
    for entry in fields(Settings):
        assert ("least" in entry.metadata) == (str(entry.type) in {"int", "float | None"}), entry.name


@pytest.mark.parametrize("accent", ["red", "#12345", "#8c2318;}", "#8c2318\n", "url(x)"])
def test_an_accent_is_a_colour_and_nothing_else(accent: str) -> None:
    with pytest.raises(SettingsError, match="it must be a colour such as #8c2318"):
        load_settings({"accent": accent}, environment={}, file=Path("missing.toml"))
    assert Settings(accent="#8C2318").accent == "#8C2318"
