"""What ends a sentence in each language: abbreviations, ordinals and brackets, lines set narrow, the end of a page."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.text.language import LANGUAGES
from rag.text.sentences import sentences


def split(text: str, code: str = "en") -> list[str]:
    return [text[start:end] for start, end in sentences(text, LANGUAGES[code])]


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        # what follows an abbreviation in brackets
        ("en", ["Moreau et al. (2011) counted terns.", "Few came."]),
        ("en", ["Northern Salt Corp. (“NSC”) owns the quay.", "It is old."]),
        ("en", ["She left Harbour Ltd. [now closed] in May."]),
        ("en", ["They sold Harbour Ltd.", "(It had debts.)", "Then they left."]),
        # references
        ("en", ["Cal. Civ. Code § 1950 caps it.", "So does Tex. Prop. Code Ann. § 92.104 in part."]),
        ("en", ["Read No. 7 and Arts. 3 and 4.", "No. 8 is lost."]),
        ("en", ["The U.N. Secretary wrote to the U.S. President.", "Both agreed."]),
        ("en", ["It was J. R. R. Moss who called A. A. Finch.", "He came."]),
        ("en", ["The case of Art. 5 Abs. 2 Satz 1 is plain.", "Others are not."]),
        # what numbers a clause at the beginning of a line
        ("en", ["Section 4.2. The rent is due.", "They cite Rule 4.", "The court agrees."]),
        ("fr", ["Article 6. Les animaux ne sont pas admis.", "Voir plus bas."]),
        ("es", ["Cláusula IV. La sede está en Baeza.", "Nada más."]),
        ("de", ["Ziffer 2.2. Der Mieter zahlt.", "Mehr nicht."]),
        ("en", ["b. Charities pay nothing.", "Others pay."]),
        # capitals
        ("en", ["We drove to Tex. Ranch country.", "It is a text.", "Ranch or not."]),
        ("de", ["Am 7. Mai kam er.", "Der 2. Versuch gelang im 19. Jahrhundert."]),
        ("de", ["Sie wurde 82.", "Danach schwieg man."]),
        ("de", ["Es waren 1904.", "März war es nicht."]),
        ("de", ["Gem. § 7 Abs. 3 Nr. 2 Buchst. a zahlt er, vgl. Anl. 4.", "Mehr nicht."]),
        ("de", ["Er nahm z. B. Brot, d. h. Roggen.", "Das Vitamin D.", "Es fehlt."]),
        ("de", ["Der Ruderclub e.V. Lindau lädt ein.", "Frau Dr. Heim spricht usw.", "Alle kommen."]),
        ("fr", ["M. Roux et Mme Petit citent l'art. 9.", "Ils vivent av. Foch, etc.", "Le reste suit."]),
        ("es", ["El Sr. Gil vive en EE. UU. desde enero.", "La Dra. Sol cita el art. 9, pág. 4.", "¿Y Luis?"]),
        ("ru", ["А. П. Орлов живёт на ул. Садовой, д. 3.", "См. п. 4 ст. 9.", "В 1990 г. он уехал."]),
    ],
)
def test_what_ends_a_sentence(code: str, expected: list[str]) -> None:
    assert split(" ".join(expected), code) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "The ferry left the pier\nat noon with Captain\nIda Holm and a crew of\n12 men aboard. It was\nfull.",
            ["The ferry left the pier\nat noon with Captain\nIda Holm and a crew of\n12 men aboard.", "It was\nfull."],
        ),
        (
            "THE FERRY\nThe ferry left the pier\nat noon with Captain\nIda Holm and was back\nby dark.",
            ["THE FERRY", "The ferry left the pier\nat noon with Captain\nIda Holm and was back\nby dark."],
        ),
        ("Ida Holm\nHarbour Road 12\nLindau\nSweden", ["Ida Holm", "Harbour Road 12", "Lindau", "Sweden"]),
        (
            "The sea is wide\nThe sea is deep\nAnd no one knows",
            ["The sea is wide", "The sea is deep", "And no one knows"],
        ),
        ("Bring a lamp\n\fand a rope. Wait.", ["Bring a lamp\n\fand a rope.", "Wait."]),
        ("Bring a lamp.\n\fWait here.", ["Bring a lamp.", "Wait here."]),
        ("Lamps\n\fRopes", ["Lamps", "Ropes"]),
    ],
)
def test_lines_and_pages_do_not_end_a_sentence_that_goes_on(text: str, expected: list[str]) -> None:
    assert split(text) == expected


def plainly_split(text: str) -> list[str]:
    """The naive twin: an end mark, a space, a capital."""
    return re.split(r"(?<=[.!?]) (?=[A-Z])", text)


@given(st.lists(st.sampled_from(["Boats", "passed", "quickly", "seven", "ropes.", "lamps!", "Who?"]), min_size=1))
def test_plain_text_is_divided_as_by_a_naive_rule(words: list[str]) -> None:
    assert split(" ".join(words)) == plainly_split(" ".join(words))


@pytest.mark.parametrize("code", LANGUAGES)
@given(
    text=st.lists(st.sampled_from(["Er", "z.", "B.", "etc.", "am", "3.", "Mai", "§", "(", ")", "\n", "\f", "г.", "«"]))
)
def test_every_character_but_white_space_is_in_one_sentence(code: str, text: list[str]) -> None:
    whole = " ".join(text)
    assert "".join("".join(split(whole, code)).split()) == "".join(whole.split())


def test_dots_that_lead_to_a_value_end_nothing_and_each_line_of_them_stands_alone() -> None:
    form = "1. Name ......... Astrid Moe\n   Boat ......... Skua, the old one\n   Fee....... 12 euros\nSigned in May."
    assert split(form) == [
        "1. Name ......... Astrid Moe",
        "Boat ......... Skua, the old one",
        "Fee....... 12 euros",
        "Signed in May.",
    ]
    assert split("Nobody knew..... The ferry left.") == ["Nobody knew.....", "The ferry left."]


def test_the_rows_of_an_aligned_table_stand_alone_and_justified_text_does_not() -> None:
    rows = ["Day        High   Low    Height", "Monday     06:12  12:20   3.4 m", "Tuesday    07:01  13:10   3.6 m"]
    assert split("\n".join(rows)) == rows
    justified = "The  ferry leaves  at   eight from the\nold  quay,  and   whoever comes later\nwaits for  the next."
    assert split(justified) == [justified]
