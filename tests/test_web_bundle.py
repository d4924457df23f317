from __future__ import annotations

import re

import pytest
from web_library import page

import rag
from rag.interfaces.web.bundle import BUNDLES, address, joined
from rag.interfaces.web.pages import STATIC

ALONE = {"page.css", "linked.css", "linked.js", "demo.js", "embed.js", "quality.css", "quality.js"}
"""Files of pages that are not the chat."""


def test_every_file_of_the_chat_is_in_a_bundle_once() -> None:
    bundled = [name for names in BUNDLES.values() for name in names]
    assert sorted(bundled) == sorted(file.name for file in STATIC.iterdir() if file.name not in ALONE)


@pytest.mark.parametrize("bundle", BUNDLES)
def test_a_bundle_holds_its_files_and_lasts(settings: rag.Settings, bundle: str) -> None:
    client = page(settings)
    assert address(bundle).replace("&", "&amp;") in client.get("/").text
    answer = client.get(address(bundle))
    assert answer.text == joined(bundle)
    for name in BUNDLES[bundle]:
        assert (STATIC / name).read_text(encoding="utf-8") in answer.text
    assert answer.headers["cache-control"] == "private, max-age=31536000, immutable"
    assert re.fullmatch(r"text/(css|javascript); charset=utf-8", answer.headers["content-type"])
    assert client.post(address(bundle)).status_code == 405
