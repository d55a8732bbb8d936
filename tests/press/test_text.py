from __future__ import annotations

from dataclasses import replace

import pytest

from briefing.core.model import Edition, Panel, Section
from briefing.core.record import digest_of
from briefing.press.formats import Rendition
from briefing.press.text import COLUMNS, page_text
from briefing.press.theme import Theme
from briefing.press.view import view
from tests.fakes import document, draft
from tests.press.lettering import joined


@pytest.fixture(scope="module")
def text(edition: Edition, theme: Theme) -> str:
    return page_text(edition, Rendition(theme))


def test_every_sentence_is_said_whole_with_its_marks(edition: Edition, text: str) -> None:
    content = joined(text)
    assert all(joined(passage.text) in content for passage in edition.passages())
    for band in view(edition).bands:
        for brief in band.briefs:
            for line in brief.lines:
                assert f"{line.text}[{line.marks[0].number}]" in content
    lines = text.splitlines()
    for item in edition.briefs():
        heading = f"{item.status.value.upper()}: {item.headline}"
        assert any(heading.startswith(line) for line in lines if line.startswith(heading[:20]))


def test_blocks_come_in_the_order_of_the_page(edition: Edition, text: str) -> None:
    lines = text.splitlines()
    for section in edition.sections:
        assert lines[lines.index(section.name.upper()) + 1] == "-" * COLUMNS
    names = ("ECONOMY", "SECURITY", "DIPLOMACY", "AHEAD", "FIGURES", "IN THEIR WORDS", "SOURCES")
    places = [text.index(f"\n{name}\n") for name in names]
    assert places == sorted(places)
    assert "\n\n\n\n" not in text
    assert "\n\n\nSECURITY\n" in text


def test_it_opens_with_the_name_in_brackets_and_ends_with_the_proof(
    edition: Edition, text: str
) -> None:
    assert text.splitlines()[0] == "[Ostra Desk]"
    assert text.splitlines()[1] == "Thursday 12 March 2026 · Ostra, 06:30 · Edition 3"
    assert text.splitlines()[-1].startswith("[1] ostra-desk/2026-03-12 · sha256 ")
    assert text.splitlines()[-1].replace(" ", "").endswith(digest_of(edition)[:12])


def test_no_line_is_wider_than_a_mail_shows_but_for_an_address(
    edition: Edition, theme: Theme, text: str
) -> None:
    assert max(len(line) for line in text.splitlines() if "://" not in line) <= COLUMNS == 72
    long = "https://courier.example/" + "very-long-" * 20
    (first, source), *_ = edition.documents.items()
    documents = {**edition.documents, first: replace(source, url=long)}
    text = page_text(replace(edition, documents=documents), Rendition(theme))
    assert f"  [1] {long}" in text.splitlines()


def test_no_block_stands_empty(edition: Edition, theme: Theme) -> None:
    bare = replace(edition, panel=Panel(), dateline="")
    text = page_text(bare, Rendition(theme))
    assert "Thursday 12 March 2026 · Edition 3" in text
    assert "\n\n\n\n" not in text


def test_on_the_web_its_stories_link_their_checks_and_no_source(
    edition: Edition, theme: Theme
) -> None:
    web = "https://desk.example/2026-03-12"
    text = page_text(edition, Rendition(theme, web=web))
    addresses = [line.strip() for line in text.splitlines() if "://" in line]
    assert addresses[:2] == [web, f"{web}#c1"]
    assert len(addresses) == 1 + len(list(edition.briefs()))
    assert page_text(edition, Rendition(theme, web="javascript:alert(1)")) == page_text(
        edition, Rendition(theme)
    )


def test_a_brief_without_headline_and_a_source_without_address_are_said(
    edition: Edition, theme: Theme
) -> None:
    source = replace(document(0), url="", publisher="", title="")
    brief = replace(next(edition.briefs()), headline="", top=False, sources=("d0",))
    content = replace(
        draft(0, beside=False).edition,
        sections=(Section("economy", (brief,)),),
        documents={"d0": source},
    )
    text = page_text(content, Rendition(theme))
    assert "NEW:" not in text
    assert "no publisher named [1]\n" in text
    assert "://" not in text
