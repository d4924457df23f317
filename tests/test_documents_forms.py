"""What was typed into a PDF: values beside their labels, boxes, choices, and notes."""

from __future__ import annotations

import pytest
from pdf_maker import Line, lines, make_pdf

from rag.documents.pages.pdf import parse


def text_of(page: list[Line], *annotations: str) -> str:
    return parse(make_pdf([page], annotations=annotations), "a.pdf").text


def widget(kind: str, rect: str, more: str) -> str:
    return f"/Subtype /Widget /F 4 /FT /{kind} /T (f{rect.replace(' ', '-')}) /Rect [{rect}] {more}"


def test_values_stand_beside_their_labels() -> None:
    page = [(72.0, 700.0, 12.0, "Keeper of the light:"), (72.0, 670.0, 12.0, "Tower:"), (300.0, 670.0, 12.0, "Height:")]
    assert text_of(
        page,
        widget("Tx", "200 697 400 713", "/V (Ines Moreau)"),
        widget("Tx", "120 667 250 683", "/V (Skerry Rock)"),
        widget("Tx", "350 667 450 683", "/V (31 m)"),
    ) == "Keeper of the light: Ines Moreau\n\nTower: Skerry Rock | Height: 31 m"  # fmt: skip


def test_a_value_below_its_label() -> None:
    page = [(72.0, 700.0, 12.0, "Remarks"), *lines(["Signed at the pier."], top=600)]
    assert text_of(page, widget("Tx", "72 670 400 694", "/V (The lamp is dim.\\rIt flickers.)")) == (
        "Remarks: The lamp is dim. It flickers.\n\nSigned at the pier."
    )


def test_boxes_are_ticked_or_not() -> None:
    page = [(100.0, 700.0, 12.0, "Boat insured"), (100.0, 680.0, 12.0, "Engine on board")]
    on = "/V /Yes /AS /Yes /AP << /N << /Yes 3 0 R /Off 3 0 R >> >>"
    off = "/V /Off /AS /Off /AP << /N << /Yes 3 0 R /Off 3 0 R >> >>"
    assert text_of(page, widget("Btn", "80 698 92 710", on), widget("Btn", "80 678 92 690", off)) == (
        "☒ Boat insured\n☐ Engine on board"
    )


def test_choices_are_written_as_they_are_shown() -> None:
    page = [(72.0, 700.0, 12.0, "Berth:")]
    options = "/Ff 131072 /Opt [[(n) (North pier)] [(s) (South pier)]] /V (s)"
    assert text_of(page, widget("Ch", "120 697 250 713", options)) == "Berth: South pier"


def test_a_field_without_words_near_it_has_the_name_that_the_file_gives_it() -> None:
    page = lines(["An application."])
    assert text_of(page, widget("Tx", "72 400 300 420", "/TU (Name of the boat) /V (Petrel)")) == (
        "An application.\n\nName of the boat: Petrel"
    )


@pytest.mark.parametrize(
    "more", ["/Ff 8192 /V (secret)", "/V (secret) /F 2", "/Ff 65536 /FT /Btn /V (secret)", "/FT /Sig /V (secret)"]
)
def test_passwords_and_what_is_hidden_are_left_out(more: str) -> None:
    page = [(72.0, 700.0, 12.0, "Word:")]
    assert text_of(page, f"/Subtype /Widget /FT /Tx /T (a) /Rect [120 697 250 713] {more}") == "Word:"


def test_words_written_onto_the_page_stand_where_they_were_written() -> None:
    page = [(72.0, 700.0, 12.0, "Date of landing:"), *lines(["The crew went", "ashore."], top=600)]
    typed = "/Subtype /FreeText /DA (/Helv 10 Tf) /Rect [170 697 300 713] /Contents (9 June 2031)"
    assert text_of(page, typed) == "Date of landing: 9 June 2031\n\nThe crew went ashore."


def test_a_note_falls_into_no_sentence() -> None:
    page = lines(["The crew landed. It went", "ashore at noon."])
    note = "/Subtype /Text /Rect [400 712 420 732] /Contents (Was it noon?)"
    assert text_of(page, note) == "The crew landed. It went ashore at noon.\n\nWas it noon?"


def test_labels_above_their_fields_side_by_side() -> None:
    page = [(72.0, 690.0, 12.0, "Surname"), (300.0, 690.0, 12.0, "First name")]
    values = widget("Tx", "72 664 250 682", "/V (Holm)"), widget("Tx", "300 664 480 682", "/V (Ada)")
    assert text_of(page, *values) == "Surname: Holm | First name: Ada"


def test_a_value_takes_the_place_of_the_rule_that_it_is_written_on() -> None:
    page = [(72.0, 700.0, 12.0, "I, ______________ , own the boat.")]
    assert text_of(page, widget("Tx", "90 696 170 712", "/V (Ada Holm)")) == "I, Ada Holm , own the boat."


def test_boxes_stand_before_the_words_that_they_are_nearest_to() -> None:
    page = [(72.0, 700.0, 12.0, "Engine"), (150.0, 700.0, 12.0, "Petrol"), (230.0, 700.0, 12.0, "None")]
    on = "/V /Yes /AS /Yes /AP << /N << /Yes 3 0 R /Off 3 0 R >> >>"
    off = "/V /Off /AS /Off /AP << /N << /Yes 3 0 R /Off 3 0 R >> >>"
    text = text_of(page, widget("Btn", "134 698 146 710", off), widget("Btn", "214 698 226 710", on))
    assert text == "Engine | ☐ Petrol | ☒ None"
