"""Dense and lexical search fused, against the same computed by hand over every passage."""

from __future__ import annotations

from fakes import FakeStore

from rag.answering.retrieve import LEXICAL_WEIGHT, retrieve

TEXTS = (
    "The foreign minister met the press.",
    "Bread is baked in an oven.",
    "A minister of the church bakes bread.",
    "Zelensky and Putin did not meet.",
    "日本の外務大臣が来た。",
)


def a_store() -> FakeStore:
    return FakeStore({"a": "\n".join(TEXTS)})


def found(
    store: FakeStore, question: str, *, candidates: int = 50, limit: int = 20
) -> list[tuple[int, float, float, float]]:
    vector = store.encoder.encode_question(question)
    hits = retrieve(question, vector, store, candidates=candidates, limit=limit)
    return [(hit.passage.number, hit.score, hit.dense, hit.lexical) for hit in hits]


def test_the_score_is_the_cosine_plus_half_the_share_of_the_best_bm25() -> None:
    store = a_store()
    question = "Who is the foreign minister?"
    cosines = store.rows @ store.encoder.encode_question(question)
    shares = [1.0, 0.0, 0.5, 0.0, 0.0]  # "foreign minister", "minister"
    by_hand = {row: float(cosines[row]) + LEXICAL_WEIGHT * shares[row] for row in range(len(TEXTS))}
    result = found(store, question)
    assert [row for row, *_ in result] == sorted(by_hand, key=lambda row: -by_hand[row])
    for row, score, dense, lexical in result:
        assert abs(score - by_hand[row]) < 1e-6
        assert abs(dense - float(cosines[row])) < 1e-6
        assert lexical == shares[row]


def test_the_lexical_search_gets_the_question_as_it_is() -> None:
    store = a_store()
    found(store, "Who is the foreign minister?")
    assert store.asked == ["Who is the foreign minister?"]


def test_a_candidate_of_one_search_alone_gets_its_true_cosine_or_no_bm25() -> None:
    store = a_store()
    vector = store.encoder.encode_question(TEXTS[4])
    hits = retrieve("oven", vector, store, candidates=1, limit=20)
    cosine = float(store.rows[1] @ vector)
    assert [(hit.passage.number, hit.lexical) for hit in hits] == [(4, 0.0), (1, 1.0)]
    assert abs(hits[0].dense - 1.0) < 1e-6
    assert abs(hits[1].dense - cosine) < 1e-6
    assert abs(hits[1].score - cosine - LEXICAL_WEIGHT) < 1e-6


def test_both_searches_keep_to_the_documents_selected() -> None:
    store = FakeStore({"a": "\n".join(TEXTS[:2]), "b": "\n".join(TEXTS[2:])})
    question = "Who is the foreign minister?"
    vector = store.encoder.encode_question(question)
    hits = retrieve(question, vector, store, candidates=5, limit=5, selection={"b": range(2, 5)})
    assert {hit.passage.document_id for hit in hits} == {"b"}
    assert len(hits) == 3
    assert hits[0].lexical == 1.0  # the best of those that are searched


def test_the_limit_holds_and_an_unknown_language_is_searched_by_meaning_alone() -> None:
    store = a_store()
    assert len(found(store, "minister", limit=2)) == 2
    assert all(lexical == 0.0 for *_, lexical in found(store, "qqq"))
