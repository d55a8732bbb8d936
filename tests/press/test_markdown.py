import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from briefing.core.model import Edition
from briefing.press.formats import Rendition
from briefing.press.markdown import escaped, page_markdown
from briefing.press.theme import Theme
from briefing.press.view import view
from tests.examples import examples
from tests.press.shown import from_outside, of_markdown

WEB = "https://desk.example/2026-03-12"


@pytest.fixture(scope="module")
def markdown(edition: Edition, theme: Theme) -> str:
    return page_markdown(edition, Rendition(theme))


def test_headings_and_sources_are_listed(edition: Edition, markdown: str, theme: Theme) -> None:
    headings = re.findall("^(#+) (.*)$", markdown, re.MULTILINE)
    assert headings[0] == ("#", "Ostra Desk")
    assert edition.top
    assert headings[1] == ("##", f"{edition.top.status.value.capitalize()}: {edition.top.headline}")
    assert ("##", "Economy") in headings
    briefs = [brief for brief in edition.briefs() if not brief.top]
    assert [level for level, _ in headings].count("###") == len(briefs)
    for source in view(edition).sources:
        assert f"\n{source.number}. **{source.publisher}:** [" in markdown
        assert f"](<{source.url}>)\n" in markdown
    linked = page_markdown(edition, Rendition(theme, web=WEB))
    assert f"[\\[1\\]](<{WEB}#c1>)" in linked
    assert of_markdown(linked).count("[1]") >= of_markdown(
        page_markdown(edition, Rendition(theme))
    ).count("[1]")


@examples("words")
def test_outside_text_is_only_text(edition: Edition, theme: Theme, words: str) -> None:
    forged = from_outside(edition, words, url="https://x.example/<b>\\'\"")
    markdown = page_markdown(forged, Rendition(theme))
    html = MarkdownIt("commonmark", {"html": True}).render(markdown)
    plain = page_markdown(replace(forged, name="x"), Rendition(theme))
    assert set(re.findall("<([a-z0-9]+)", html)) <= set(
        "h1 h2 h3 p ul ol li a em strong blockquote hr".split()
    )
    for address in re.findall('href="([^"]*)"', html):
        assert address.startswith("https://x.example/%3Cb%3E%5C")
    assert html.count("<h1>") == 1
    assert html.count("<hr") == MarkdownIt("commonmark").render(plain).count("<hr") == 1
    assert " ".join(words.split()) in of_markdown(markdown)


@given(st.text())
def test_an_escaped_line_shows_the_text_that_was_given(text: str) -> None:
    clean = "".join(one for one in text if one.isprintable() or one == " ")
    words = " ".join(clean.split())
    assert of_markdown(f"Before {escaped(clean)}") == f"Before {words}".strip()
    assert of_markdown(escaped(clean)) == words
