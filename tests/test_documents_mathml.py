"""Formulas on one line: fractions, powers, roots, sums, and what is no formula at all."""

from __future__ import annotations

import pytest
from lxml import etree

from rag.documents.web.mathml import line


@pytest.mark.parametrize(
    ("markup", "said"),
    [
        ("<mi>E</mi><mo>=</mo><mi>m</mi><msup><mi>c</mi><mn>2</mn></msup>", "E = mc^2"),
        ("<mn>7</mn><mi>a</mi><mo>&#x2212;</mo><mn>0,5</mn>", "7a − 0,5"),
        ("<mo>&#x2212;</mo><mn>4</mn><mo>&lt;</mo><mo>-</mo><mi>x</mi>", "−4 < -x"),
        ("<mfrac><mrow><mi>a</mi><mo>+</mo><mi>b</mi></mrow><mn>2</mn></mfrac>", "(a + b)/2"),
        ("<mfrac><mn>1</mn><mrow><mn>2</mn><mi>c</mi></mrow></mfrac>", "1/(2c)"),
        ("<mfrac><mrow><mn>3</mn><mi>d</mi></mrow><mi>t</mi></mfrac>", "3d/t"),
        ("<msup><mrow><mo>(</mo><mi>a</mi><mo>)</mo></mrow><mrow><mi>n</mi><mo>+</mo><mn>1</mn></mrow></msup>",
         "(a)^(n + 1)"),
        ("<msqrt><mi>a</mi><mo>+</mo><mi>b</mi></msqrt>", "sqrt(a + b)"),
        ("<mroot><mi>x</mi><mn>3</mn></mroot>", "x^(1/3)"),
        ("<msub><mi>x</mi><mi>i</mi></msub><mo>,</mo><msubsup><mi>y</mi><mn>1</mn><mn>2</mn></msubsup>", "x_i, y_1^2"),
        ("<munderover><mo>∑</mo><mrow><mi>i</mi><mo>=</mo><mn>1</mn></mrow><mi>n</mi></munderover><mi>i</mi>",
         "∑_(i = 1)^n i"),
        ("<mi>sin</mi><mi>x</mi><mi>f</mi><mo>&#x2061;</mo><mo>(</mo><mi>x</mi><mo>)</mo>", "sin xf(x)"),
        ("<mfenced><mi>a</mi><mi>b</mi></mfenced>", "(a, b)"),
        ("<mtable><mtr><mtd><mn>1</mn></mtd><mtd><mn>2</mn></mtd></mtr><mtr><mtd><mn>3</mn></mtd></mtr></mtable>",
         "[1, 2; 3]"),
        ("<mover><mi>x</mi><mo>¯</mo></mover>", "x\u0304"),
        ("<mi>fee</mi><mo>=</mo><mn>3</mn><mtext> for each day</mtext>", "fee = 3 for each day"),
        ("<mfrac><mi>a</mi></mfrac><msup/><mphantom><mi>x</mi></mphantom>", "a"),
        ("<semantics><mi>a</mi><annotation>\\alpha</annotation></semantics>", "a"),
        ("", ""),
    ],
)  # fmt: skip
def test_a_formula_is_a_line(markup: str, said: str) -> None:
    assert line(etree.fromstring(f"<math>{markup}</math>")) == said
    prefixed = markup.replace("</", "<//").replace("<m", "<m:m").replace("<//m", "</m:m").replace("<//", "</")
    assert prefixed.count("semantics") or line(etree.fromstring(f'<m:math xmlns:m="x">{prefixed}</m:math>')) == said


def test_a_formula_that_is_nested_without_end_is_read_flat_from_there() -> None:
    deep = "<mrow>" * 2_000 + "<mi>x</mi>" + "</mrow>" * 2_000
    parser = etree.XMLParser(huge_tree=True)
    assert line(etree.fromstring(f"<math>{deep}</math>", parser)) == "x"
