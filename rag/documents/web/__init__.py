"""Markup that a browser shows: HTML and the chapters of EPUB; blocks of text, formulas, lists."""
