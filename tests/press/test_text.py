from dataclasses import replace

import pytest

from briefing.core.model import Edition
from briefing.core.record import digest_of
from briefing.press.formats import Rendition
from briefing.press.letter import letter_parts
from briefing.press.text import COLUMNS, fill, page_text
from briefing.press.theme import Theme
from tests.fakes import document, edition_with


@pytest.fixture(scope="module")
def text(edition: Edition, theme: Theme) -> str:
    return page_text(edition, Rendition(theme))


def test_it_opens_with_the_name_and_ends_with_the_proof(edition: Edition, text: str) -> None:
    assert text.splitlines()[0] == "[Ostra Desk]"
    assert text.splitlines()[1] == "Thursday 12 March 2026 · Ostra, 06:30 · Edition 3"
    assert text.splitlines()[-1].startswith("[1] ostra-desk/2026-03-12 · sha256 ")
    assert text.splitlines()[-1].replace(" ", "").endswith(digest_of(edition)[:12])
    assert fill("The order     directs the harbor\n    board.", first=2) == (
        "  The order directs the harbor board."
    )
    assert fill("12\u00a0March") == "12\u00a0March"


def test_no_line_is_wider_than_a_mail_shows(edition: Edition, theme: Theme, text: str) -> None:
    letter = letter_parts(edition, theme=theme)
    for whole in (text, letter.text, letter.link):
        assert max(len(line) for line in whole.splitlines() if "://" not in line) <= COLUMNS == 72
        assert "\n\n\n\n" not in whole
    lines = text.splitlines()
    for name in ("ECONOMY", "SECURITY", "DIPLOMACY", "SOURCES"):
        assert lines[lines.index(name) + 1] == "-" * COLUMNS
    long = "https://courier.example/" + "very-long-" * 20
    (first, source), *_ = edition.documents.items()
    documents = {**edition.documents, first: replace(source, url=long)}
    text = page_text(replace(edition, documents=documents), Rendition(theme))
    assert f"  [1] {long}" in text.splitlines()


def test_on_the_web_stories_link_checks_not_sources(edition: Edition, theme: Theme) -> None:
    web = "https://desk.example/2026-03-12"
    text = page_text(edition, Rendition(theme, web=web))
    addresses = [line.strip() for line in text.splitlines() if "://" in line]
    assert addresses[:2] == [web, f"{web}#c1"]
    assert len(addresses) == 1 + len(list(edition.briefs()))
    assert page_text(edition, Rendition(theme, web="javascript:alert(1)")) == page_text(
        edition, Rendition(theme)
    )


def test_what_lacks_a_headline_or_an_address_is_said(edition: Edition, theme: Theme) -> None:
    source = replace(document(0), url="", publisher="", title="")
    brief = replace(next(edition.briefs()), headline="", top=False, sources=("d0",))
    text = page_text(edition_with(brief, sources=[source]), Rendition(theme))
    assert "NEW:" not in text
    assert "no publisher named [1]\n" in text
    assert "://" not in text
