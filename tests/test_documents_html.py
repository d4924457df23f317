"""HTML: what a page shows reaches the text as it is meant, digit for digit."""

from __future__ import annotations

import pytest

from rag.documents.web import html, lists
from rag.documents.web.markup import blocks, tree


def text_of(markup: str) -> str:
    return "\n".join(block.text for block in blocks(tree(markup)))


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("<p>It is 40 km<sup>2</sup> wide.</p>", "It is 40 km² wide."),
        ("<p>About 3 &times; 10<sup>-9</sup> m.</p>", "About 3 × 10^-9 m."),
        ("<p>The 21<sup>st</sup> and the XIX<sup>e</sup></p>", "The 21st and the XIXe"),
        ("<p>x<sup>n+1</sup> and (a+b)<sup>2</sup></p>", "x^(n+1) and (a+b)^2"),
        ("<p>Acme<sup>TM</sup> H<sub>2</sub>O, CO<sub>2</sub></p>", "AcmeTM H2O, CO2"),
        ("<p>x<sub>1</sub>, T<sub>max</sub>, 101<sub>2</sub>, log<sub>2</sub> 8</p>", "x_1, T_max, 101_2, log_2 8"),
        ("<p>5<sup>2</sup> = 25</p><p>2 Notes</p>", "5^2 = 25\n2 Notes"),
        ("<p>Of 17<sup>2</sup> boats.</p><p><sup>2</sup> Without canoes.</p>", "Of 17 [2] boats.\n[2] Without canoes."),
        ("<p>Of 17<sup>b</sup> boats.</p><p><sup>b</sup> Counted twice.</p>", "Of 17 [b] boats.\n[b] Counted twice."),
        ("<p>Of 17<sup><a href='#n4'>4</a></sup> boats.</p>", "Of 17 [4] boats."),
        ("<p>Of 17<a href='#n4'><sup>4</sup></a> boats.</p>", "Of 17 [4] boats."),
        ("<p>Of 17 boats<sup>4</sup>.</p>", "Of 17 boats[4]."),
        ("<p>They sank.<sup>4, 5</sup></p>", "They sank.[4, 5]"),
        ("<p>They sank<sup>†</sup></p>", "They sank[†]"),
        ("<p>Of <b>17</b><sup class='noteref'>4</sup></p>", "Of 17 [4]"),
        ("<p>900 m<span style='vertical-align: super'>2</span></p>", "900 m²"),
        ("<p>a<sup> </sup>b</p>", "a b"),
        ("<p><sup>14</sup>C decays</p>", "14C decays"),
    ],
)
def test_raised_and_lowered_digits_are_told_from_the_others(markup: str, text: str) -> None:
    assert text_of(markup) == text


def test_a_link_that_goes_on_behind_the_power_is_no_note() -> None:
    assert text_of("<p><a href='/size#m'>900 m<sup>2</sup> of floor</a></p>") == "900 m² of floor"


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("It is <math><mi>d</mi><mo>=</mo><mn>2</mn><mi>t</mi></math> km.", "It is d = 2t km."),
        (
            '<span style="display:none"><math><mi>x</mi></math></span><img src="x.svg"> is it',
            "x is it",
        ),
        (
            '<span class="katex"><span><math><semantics><mi>y</mi>'
            '<annotation>\\y</annotation></semantics></math></span><span aria-hidden="true">yyy</span></span>',
            "y",
        ),
        ('Then <math alttext="a to b"></math>.', "Then a to b."),
    ],
)
def test_a_formula_is_read_once(markup: str, text: str) -> None:
    assert text_of(f"<p>{markup}</p>") == text


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ('<ol start="4"><li>a<li>b</ol>', "4. a\n5. b"),
        ('<ol type="a"><li>x<li value="5">y<li>z</ol>', "a. x\ne. y\nf. z"),
        ('<ol type="I" start="3"><li>x</ol>', "III. x"),
        ("<ol reversed><li>x<li>y</ol>", "2. x\n1. y"),
        ('<ol style="list-style-type: lower-roman"><li>x<ol><li>y</ol><li>z</ol>', "i. x\n1. y\nii. z"),
        ('<ol start="nine"><li>x</ol>', "1. x"),
        ('<ul style="list-style: none"><li>x</ul>', "x"),
    ],
)
def test_the_numbers_of_a_list_stand_in_the_text(markup: str, text: str) -> None:
    assert text_of(markup) == text


def test_numerals() -> None:
    assert [lists.numeral(number, "a") for number in (1, 26, 27, 702, 703)] == ["a", "z", "aa", "zz", "aaa"]
    assert [lists.numeral(number, "i") for number in (4, 9, 1994, 0, 4000)] == ["iv", "ix", "mcmxciv", "0", "4000"]


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        (
            "<dl><dt>Ebb</dt><dd>It falls.</dd><dt>Flow:</dt><dt>Flood</dt><dd>It rises.</dd></dl>",
            "Ebb: It falls.\nFlow, Flood: It rises.",
        ),
        ("<dl><dt>When is it open?<dd><p>At nine.<p>Not on Monday.</dl>", "When is it open? At nine.\nNot on Monday."),
        ("<dl><dt>Alone</dl><p>After.", "Alone\nAfter."),
    ],
)
def test_a_definition_stands_with_its_term(markup: str, text: str) -> None:
    assert text_of(markup) == text


def test_a_table_through_its_head_and_merged_cells() -> None:
    table = (
        "<table><thead><tr><th rowspan=2>Ship<th colspan=2>Cargo<tr><th>In<th>Out</thead>"
        "<tr><td rowspan=2>Ada<td>4<td>5<tr><td>6<td>7<sup>a</sup><tr><td>Bo<td>Mon 9<br>Tue 10<td>8</table>"
    )
    assert text_of(table) == (
        "Ship: Ada | Cargo In: 4 | Cargo Out: 5\n"
        "Ship: Ada | Cargo In: 6 | Cargo Out: 7a\n"
        "Ship: Bo | Cargo In: Mon 9, Tue 10 | Cargo Out: 8"
    )


def test_struck_words_are_left_out_and_said_to_be() -> None:
    parsed = html.parse(b"<p>It costs <s>20</s> <del>18</del> <ins>15</ins> euros.</p>", "a.html")
    assert parsed.text == "It costs 15 euros."
    assert parsed.warnings == ("words that are struck out in it were left out",)


PROSE = "<p>The ferry to the outer islands leaves from the north quay at seven in the morning, and at noon.</p>"


def test_a_page_inside_one_form_is_read() -> None:
    page = f'<form action="x.aspx"><input type=hidden name=__S value=abc><div>{PROSE * 3}</div></form>'
    assert html.parse(page.encode(), "a.html").text == "\n\n".join([PROSE[3:-4]] * 3)


def test_a_form_that_is_filled_in_is_content_and_an_empty_one_is_not() -> None:
    filled = (
        "<form><label>Ship</label> <input name=ship value='Ada Bell'><br><label>Flag: <select><option>Malta"
        "<option selected>Cyprus</select></label><br><input type=checkbox checked> Fishing <input type=checkbox> Ferry"
        "<br>Cargo <textarea>Salt\nand tar</textarea><input type=password value=x><button>Send</button></form>"
    )
    search = "<form><input name=q value=boats><select><option selected>All</select></form>"
    page = f"{PROSE * 4}{filled}{search}"
    assert html.parse(page.encode(), "a.html").text.endswith(
        "noon.\n\nShip: Ada Bell\nFlag: Cyprus\n☒ Fishing ☐ Ferry\nCargo: Salt and tar"
    )


@pytest.mark.parametrize(
    ("page", "title"),
    [
        ("<title>Pool shut | Town</title><header><h1>Town</h1></header><h2>Pool shut</h2>{}", "Pool shut"),
        ("<title>Town: Pool shut</title><h1><a href='/'>Town</a></h1><h2>Pool shut</h2>{}", "Pool shut"),
        ("<title>Pool shut - Town</title><div><h1>Town</h1></div><h2>Pool shut</h2>{}", "Pool shut"),
        ("<title>Pool shut - Town</title><div><h1>Town</h1></div><h2>It is shut</h2>{}", "It is shut"),
        ("<title>Town</title><meta property=og:site_name content=Town><h1>Town</h1><h2>Pool</h2>{}", "Pool"),
        ("<title>News</title><meta property=og:title content='Pool shut - Town'>"
         "<meta property=og:site_name content=Town>{}", "Pool shut"),
        ("<title>Pool-shut - Town</title>{}", "Pool-shut - Town"),
        ("<title>Fees</title><article><header><h1>Fees of 2024</h1></header>{}</article>", "Fees of 2024"),
        ("<nav><h1>Menu</h1></nav><h1>Fees</h1>{}", "Fees"),
    ],
)  # fmt: skip
def test_the_title_is_the_pages_and_not_the_sites(page: str, title: str) -> None:
    assert html.parse(page.format(PROSE).encode(), "a.html").title == title


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("<p>Bell Works<br>Quay 5<br>D-24103 Kiel</p>", "Bell Works, Quay 5, D-24103 Kiel"),
        ("<address>Quay 5<br>Portland, ME 04101</address>", "Quay 5, Portland, ME 04101"),
        ("<p>Quay 5<br>Leith EH6 6SW</p>", "Quay 5, Leith EH6 6SW"),
        ("<p>The sea is wide<br>and I am old</p>", "The sea is wide\nand I am old"),
        ("<p>We came in 1999.<br>1999 Kiel was cold</p>", "We came in 1999.\n1999 Kiel was cold"),
    ],
)
def test_the_lines_of_an_address_are_one(markup: str, text: str) -> None:
    assert text_of(markup) == text


def test_a_list_in_a_table_with_heads_is_a_value() -> None:
    table = "<table><tr><th>Built</th><td>1901</td></tr><tr><th>Uses</th><td><ul><li>a<li>b</ul></td></tr></table>"
    assert text_of(table) == "Built: 1901\nUses: a, b"


@pytest.mark.parametrize(
    ("head", "codec", "words"),
    [
        ('<meta charset="iso-8859-1">', "cp1252", "“Łódź”".replace("Łódź", "Köln")),
        ('<meta charset="gb2312">', "gb18030", "朱镕基在北京"),
        ('<?xml version="1.0" encoding="koi8-r"?><html>', "koi8-r", "Привет, гавань"),
        ('<meta charset="utf-8">', "cp1252", "Straße nach Köln über München"),
        (" " * 6_000 + '<meta charset="windows-1253">', "cp1253", "Καλημέρα"),
    ],
)
def test_a_page_is_decoded_as_browsers_do(head: str, codec: str, words: str) -> None:
    assert html.parse(f"{head}<body><p>{words}</p>".encode(codec), "a.html").text == words
