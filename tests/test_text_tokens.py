"""``rag/text/tokens.py`` and the script that trained its vocabulary."""

from __future__ import annotations

import base64
import gzip
import hashlib
import importlib.util
import math
import random
import re
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from types import ModuleType

import pytest
import regex
from hypothesis import given, settings
from hypothesis import strategies as st
from tiktoken import load, registry

from rag.errors import ModelError
from rag.text import tokens

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def training() -> ModuleType:
    """The training script, which is no part of the package."""
    spec = importlib.util.spec_from_file_location("training_tokens", ROOT / "training" / "tokens.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@lru_cache
def ranks() -> dict[bytes, int]:
    return tokens._ranks((ROOT / "rag" / "data" / "tokens.txt").read_bytes())


def naive(word: str) -> int:
    """Byte-pair encoding as it is defined: merge the adjacent pair of the lowest rank until none is left."""
    table = ranks()
    parts = [bytes([byte]) for byte in word.encode("utf-8")]
    while True:
        pairs = [first + second for first, second in pairwise(parts)]
        found = [(table[pair], place) for place, pair in enumerate(pairs) if pair in table]
        if not found:
            return len(parts)
        place = min(found)[1]
        parts[place : place + 2] = [parts[place] + parts[place + 1]]


def test_counts_are_the_same_on_every_machine() -> None:
    texts = [
        "",
        "Who is Ukraine's foreign minister?",
        "“We do not negotiate,” he said.\n\nThe U.S. President paid $1,234.56.",
        "Привет, как дела?",
        "汶川大地震发生于2008年",
        "한국어 문장입니다",
        "यह एक वाक्य है।",
        "👩‍👩‍👧 naïve façade",
    ]
    assert tokens.counts(texts) == [0, 7, 25, 17, 20, 17, 15, 19]
    assert [tokens.count(text) for text in texts] == tokens.counts(texts)


def test_special_tokens_and_lone_surrogates_are_text() -> None:
    assert tokens.count("<|endoftext|>") == 7
    assert tokens.count("a\ud800b\udfff") == tokens.count("a\ufffdb\ufffd") == 8


@pytest.mark.parametrize(
    "letters",
    ["éßñőł", "αβγδω", "Привет", "שלום", "مرحبا", "नमस्ते", "สวัสดี", "ひらがな", "カタカナ", "ệắ"],
)
def test_a_letter_of_another_alphabet_is_one_token(letters: str) -> None:
    assert tokens.counts(letters) == [1] * len(letters)


@settings(deadline=None)
@given(st.text(max_size=30))
def test_tiktoken_counts_as_the_definition_does(text: str) -> None:
    words = regex.findall(tokens.PATTERN, text)
    assert "".join(words) == text
    assert tokens.count(text) == sum(naive(word) for word in words)


def test_a_large_text_and_a_word_without_end_take_no_time() -> None:
    letters = random.Random(0)
    word = "".join(letters.choices("abcdefghijklmnopqrstuvwxyz", k=50_000))
    prose = "The minister said on 12 May that talks had not begun; “nobody knows”. " * 14_000
    tokens.count("")
    began = time.process_time()
    assert tokens.count(word) > 10_000
    assert tokens.count(prose) == 14_000 * tokens.count(prose[:71]) - 13_999
    for run in (" ", "\n", "!", "7", "ж", "\u0301"):
        assert tokens.count(run * 200_000) > 0
    # A second leaves tenfold room; a quadratic loop over the word alone would take a minute.
    assert time.process_time() - began < 3


def test_the_file_is_small_and_every_token_once() -> None:
    file = ROOT / "rag" / "data" / "tokens.txt"
    assert file.stat().st_size < 500_000
    table = ranks()
    assert len(table) == 32_768 == len(set(table.values()))
    assert list(table)[:256] == [bytes([byte]) for byte in range(256)]


def test_a_damaged_or_missing_vocabulary_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tokens, "files", lambda _: tmp_path)
    with pytest.raises(ModelError, match=r"tokens\.txt cannot be read \(No such file or directory\): reinstall"):
        tokens._shipped()
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "tokens.txt").write_bytes(tokens.HEADER + b"\n")
    with pytest.raises(ModelError, match=r"tokens\.txt is damaged"):
        tokens._shipped()
    with pytest.raises(ValueError, match="not a vocabulary of this format"):
        tokens._ranks(b"something else\n")


@pytest.fixture
def a_models_encoding(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The file in which tiktoken keeps the vocabulary of gpt-4, here of our own making: it is not there yet."""
    address = "https://vocabularies.example/ours.tiktoken"

    def make() -> dict[str, object]:
        ranks = load.load_tiktoken_bpe(address)
        return {
            "name": "cl100k_base",
            "pat_str": r"\S+|\s+",
            "mergeable_ranks": ranks,
            "special_tokens": {"<|end|>": 999},
        }

    registry.list_encoding_names()
    monkeypatch.setenv("TIKTOKEN_CACHE_DIR", str(tmp_path))
    monkeypatch.setitem(registry.ENCODING_CONSTRUCTORS, "cl100k_base", make)
    monkeypatch.setattr(registry, "ENCODINGS", {})
    tokens._encoding_of.cache_clear()
    yield tmp_path / hashlib.sha1(address.encode()).hexdigest()
    tokens._encoding_of.cache_clear()


def test_a_models_own_encoding_counts_where_it_is_on_disk(a_models_encoding: Path) -> None:
    text = "harbour harbour <|end|> \ud800"
    learnt = [bytes([byte]) for byte in range(256)] + [b"ha", b"rb", b"harb"]
    lines = (b"%s %d\n" % (base64.b64encode(token), rank) for rank, token in enumerate(learnt))
    a_models_encoding.write_bytes(b"".join(lines))
    # Each harbour is harb-o-u-r; what looks like a special token is text; the surrogate stands as U+FFFD, of 3 bytes.
    assert tokens.count_for("gpt-4", text) == 4 + 1 + 4 + 1 + 7 + 1 + 3
    assert tokens.count_for("gpt-4-0613", text) == 21


def test_elsewhere_the_shipped_encoding_counts_with_a_margin_and_nothing_is_fetched(a_models_encoding: Path) -> None:
    text = "The harbour opened on Tuesday. " * 40
    for model in ("gpt-4", "qwen3:4b", "", "/models/small.gguf"):
        assert tokens.count_for(model, text) == math.ceil(1.2 * tokens.count(text))
    assert not list(a_models_encoding.parent.iterdir())


def test_importing_does_not_import_tiktoken() -> None:
    program = "import sys, rag.text.tokens; sys.exit('tiktoken' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=False).returncode == 0


def test_learning_merges_the_most_frequent_pair_first(training: ModuleType) -> None:
    size = 256 + len(training.characters())
    assert training.learn(Counter({"low": 5, "lower": 2, "slow": 3}), size + 2)[size:] == [b"lo", b"low"]


@settings(deadline=None)
@given(st.dictionaries(st.text("abcé漢", min_size=1, max_size=8), st.integers(1, 9), max_size=12))
def test_learning_keeps_its_counts_right(training: ModuleType, counts: dict[str, int]) -> None:
    """A twin that counts all pairs anew for every merge learns the same."""
    table = [*(bytes([byte]) for byte in range(256)), *training.characters()]
    spelt = training._spell(Counter(counts), {token: rank for rank, token in enumerate(table)})
    words = [[table[rank] for rank in word] for word in spelt[0]]
    size = len(table) + 6
    while len(table) < size:
        found: Counter[tuple[bytes, bytes]] = Counter()
        for word, weight in zip(words, spelt[1], strict=True):
            for pair in pairwise(word):
                found[pair] += weight
        if not found:
            break
        best = max(found.values())
        first, second = min((a + b, a, b) for (a, b), count in found.items() if count == best)[1:]
        if first + second not in table:
            table.append(first + second)
        for word in words:
            place = 0
            while place < len(word) - 1:
                if (word[place], word[place + 1]) == (first, second):
                    word[place : place + 2] = [first + second]
                place += 1
    assert training.learn(Counter(counts), size) == table


def test_every_text_counts_once(training: ModuleType, tmp_path: Path) -> None:
    file = tmp_path / "a.jsonl.gz"
    file.write_bytes(gzip.compress(b'{"context": "one"}\n{"text": "two"}\n{"context": "one"}\n'))
    assert list(training.texts([file, file])) == ["one", "two"]


def test_words_and_punctuation_bound_the_estimate() -> None:
    """The docstring's figure for the news document: 1.12 tokens for each word or punctuation mark."""
    texts = [file.read_text(encoding="utf-8") for file in sorted((ROOT / "seeds").glob("000_*.txt"))]
    marks = sum(len(re.findall(r"\w+|[^\w\s]", text)) for text in texts)
    assert sum(tokens.counts(texts)) / marks == pytest.approx(1.12, abs=0.005)
