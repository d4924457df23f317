"""Which language a text or a question is in, and what the tables say of each."""

from __future__ import annotations

import pytest

from rag.text.language import ENGLISH, LANGUAGES, READ, language_of, told, told_question

TEXTS = {
    "en": "The ferry leaves the pier at noon, and it is back by dark unless there is fog on the water.",
    "de": "Die Fähre legt um zwölf Uhr ab und ist bei Einbruch der Nacht zurück, wenn kein Nebel über dem Fluss ist.",
    "fr": "Le bac quitte le quai à midi et il est de retour avant la nuit, sauf s'il y a du brouillard sur l'eau.",
    "es": "El barco sale del muelle a mediodía y vuelve antes de la noche, salvo que haya niebla sobre el río.",
    "it": "Il traghetto lascia il molo a mezzogiorno ed è di ritorno prima della notte, se non c'è nebbia sul fiume.",
    "ru": "Паром уходит от причала в полдень и возвращается до темноты, если на воде нет тумана и если он не занят.",
}


@pytest.mark.parametrize("code", TEXTS)
def test_a_text_is_told_by_its_common_words(code: str) -> None:
    assert told(TEXTS[code]).code == code
    assert told(TEXTS[code].upper()).code == code


@pytest.mark.parametrize(
    "text",
    ["", "Die Miete", "item: .uno:Bold | item: .uno:Italic | " * 20,
     "id,name,price\n" + "7,bolt,3.40\n" * 50, "Le Monde, Der Spiegel and El País are newspapers.",
     TEXTS["en"] * 3 + TEXTS["de"], " " * READ + TEXTS["de"]],
)  # fmt: skip
def test_what_is_not_told_counts_as_english(text: str) -> None:
    assert told(text) is ENGLISH


@pytest.mark.parametrize(
    ("question", "codes", "expected"),
    [
        ("Wann legt die Fähre ab?", ("en", "de"), "de"),
        ("When does the ferry leave?", ("en", "de", "fr", "es", "ru"), "en"),
        ("Quand part le bac ?", ("en", "fr"), "fr"),
        ("Fähre?", ("en", "de"), "en"),
        ("Fähre?", ("de", "en"), "en"),
        ("Wann legt die Fähre ab?", ("en",), "en"),
        ("Wann legt die Fähre ab?", (), "en"),
    ],
)
def test_a_question_is_in_one_of_the_languages_of_the_documents(
    question: str, codes: tuple[str, ...], expected: str
) -> None:
    assert told_question(question, [LANGUAGES[code] for code in codes]).code == expected


@pytest.mark.parametrize("code", LANGUAGES)
def test_a_table_is_whole(code: str) -> None:
    language = LANGUAGES[code]
    assert (language.code, language.name.istitle()) == (code, True)
    assert all(
        (language.common, language.openers, language.within, language.may_end, language.leans, language.qualifies)
    )
    assert not language.within & language.may_end
    assert language.clauses
    asked = language.questions
    told = (
        asked.greetings,
        asked.requests,
        asked.summaries,
        asked.documents,
        asked.yes_no,
        asked.pointers,
        asked.heading,
    )
    assert language is ENGLISH or all((*told, asked.clauses, asked.topics, asked.which))
    assert all(form.count("~") == 1 for form in (*asked.clauses, *asked.topics))


def test_english_comes_first_of_the_tables() -> None:
    assert [*LANGUAGES] == ["en", "de", "es", "fr", "it", "ru"]
    assert [LANGUAGES[code].stemmer for code in LANGUAGES] == [
        "english", "german", "spanish", "french", "italian", "russian",
    ]  # fmt: skip
    assert (language_of("de"), language_of("xx")) == (LANGUAGES["de"], ENGLISH)
