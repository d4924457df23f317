"""What other words change is pointed out: each kind of change, and none where nothing of the kind is changed."""

from __future__ import annotations

import pytest

from rag.types import Difference
from rag.verification.changes import pointed_out
from rag.verification.places import fold, nearest

TEXT = "The council of Lindvik did not pay 1,200 euros in May. Bread is dear. It was legal if Ada Holm signed it."


@pytest.mark.parametrize(
    ("said", "changes"),
    [
        ("The council of Lindvik did pay 1,200 euros in May", {"negation"}),
        ("The council of Lindvik didn't not pay 1,200 euros in May", {"negation"}),
        ("The council of Lindvik did not pay 1,300 euros in May", {"number"}),
        ("The council of Lindvik did not pay two euros in May", {"number"}),
        ("The council of Lindvik did not pay 1,200 crowns in May", {"unit"}),
        ("The council of Marsden did not pay 1,200 euros in May", {"name"}),
        ("The council of Lindvik did not take 1,200 euros in May", set()),
        ("The council of Lindvik did pay 1,300 crowns in May", {"negation", "number", "unit"}),
        ("The euros of Lindvik did not pay 1,200 council in May", {"order"}),
        ("It was illegal if Ada Holm signed it", {"negation"}),
        ("It was legal and Ada Holm signed it", {"condition"}),
    ],
)
def test_a_change_is_pointed_out(said: str, changes: set[str]) -> None:
    found = nearest(said, fold(TEXT))
    assert found is not None
    assert {change for difference in found[1] for change in difference.changes} == changes


@pytest.mark.parametrize(
    ("said", "stands"),
    [("ist", "ist nicht"), ("il vient", "il ne vient pas"), ("viene", "no viene"), ("был", "не был")],
)
def test_a_negation_of_another_language(said: str, stands: str) -> None:
    [found] = pointed_out((Difference("exact", said, stands),), stands)
    assert found.changes == ("negation",)


def test_signs_alone_change_nothing() -> None:
    found = pointed_out((Difference("exact", "(", ""), Difference("exact", ")", "")), "a b")
    assert [item.changes for item in found] == [(), ()]


def test_a_word_with_a_capital_is_no_name_where_the_document_has_it_in_small_letters() -> None:
    [found] = pointed_out((Difference("exact", "the loaf", "Bread"),), "Bread is dear. He bakes bread.")
    assert found.changes == ()
    [found] = pointed_out((Difference("exact", "Holm", "Dahl"),), "Dahl left.")
    assert found.changes == ("name",)
