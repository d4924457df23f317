"""JSON: what is a record, what names it, and how it reads."""

from __future__ import annotations

import json

import pytest

from rag.documents.tables import json_

SHIPS = [
    {"fee": 12, "code": "S-1", "port": {"town": "Oslo"}, "crew": [{"who": "Ann"}, {"who": "Bo"}]},
    {"fee": 12, "code": "S-2", "port": {"town": "Rome"}, "crew": []},
]
SHIP_LINES = [
    "code: S-1 | fee: 12 | port town: Oslo | crew 1 who: Ann | crew 2 who: Bo",
    "code: S-2 | fee: 12 | port town: Rome",
]


def read(value: object) -> list[tuple[str, str]]:
    """Return (heading, text) of each section."""
    parsed = json_.parse(json.dumps(value).encode(), "a.json")
    starts = [section.start for section in parsed.sections]
    ends = [*starts[1:], len(parsed.text)]
    return [
        (section.heading, parsed.text[start:end].strip())
        for section, start, end in zip(parsed.sections, starts, ends, strict=True)
    ]


def named(*names: str) -> list[tuple[str, str]]:
    return list(zip(names, SHIP_LINES, strict=True))


def test_records_are_named_by_the_first_field_that_tells_them_apart() -> None:
    assert read(SHIPS) == named("code S-1", "code S-2")


@pytest.mark.parametrize(
    ("value", "before"),
    [
        ({"harbour": {"vat": "X1"}, "ships": SHIPS}, [("", "harbour vat: X1")]),
        ({"ships": SHIPS}, []),
        ({"keepers": [{"name": "Ann"}], "ships": SHIPS}, [("keepers, Ann", "name: Ann")]),
    ],
)
def test_records_beside_other_fields_are_records_and_called_by_their_list(
    value: object, before: list[tuple[str, str]]
) -> None:
    assert read(value) == [*before, *named("ships, code S-1", "ships, code S-2")]


def test_a_list_within_an_object_is_called_by_its_path() -> None:
    beside = ("", "data count: 2 | notes: a, b")
    value = {"data": {"ships": SHIPS, "count": 2}, "notes": ["a", "b"]}
    assert read(value) == [beside, *named("data ships, code S-1", "data ships, code S-2")]


def test_the_objects_under_keys_are_records_where_they_are_alike() -> None:
    alike = {"ann": {"age": 3, "town": "Oslo"}, "bob": {"age": 4, "town": "Rome"}}
    assert read(alike) == [("ann", "ann | age: 3 | town: Oslo"), ("bob", "bob | age: 4 | town: Rome")]
    assert [heading for heading, _ in read({"people": alike, "year": 2024})] == ["", "people, ann", "people, bob"]
    assert read({"ann": {"age": 3}, "shop": {"vat": "X1"}}) == [("", "ann age: 3 | shop vat: X1")]


def test_a_short_object_with_a_name_is_one_record_and_a_long_one_holds_records() -> None:
    assert read({"name": "Sea", "ships": SHIPS[:1]})[0][0] == "Sea"
    assert len(read({"name": "Sea", "ships": SHIPS[:1]})) == 1
    many = {"name": "Sea", "ships": [{"code": f"S-{number}", "fee": "twelve euros"} for number in range(30)]}
    assert read(many)[:2] == [("Sea", "name: Sea"), ("ships, code S-0", "code: S-0 | fee: twelve euros")]
    assert json_.parse(json.dumps(many).encode(), "a.json").title == "Sea"


def test_a_record_without_a_name_is_called_by_its_place() -> None:
    assert read({"ships": [{"fee": 1}, {"fee": 1}], "year": 2024}) == [
        ("", "year: 2024"),
        ("ships, 1", "fee: 1"),
        ("ships, 2", "fee: 1"),
    ]


def test_a_long_record_repeats_its_name() -> None:
    record = {**{f"skill {number}": "has been checked" for number in range(20)}, "title": "Ann"}
    [(heading, text)] = read([record])
    assert heading == "Ann"
    assert [line.startswith("title: Ann | skill 0: has been checked") for line in text.split("\n\n")] == [True, True]


@pytest.mark.parametrize("value", ["[]", "{}", "[{}, {}]", '{"a": {}}', '{"a": []}'])
def test_nothing(value: str) -> None:
    assert json_.parse(value.encode(), "a.json").text == ""
