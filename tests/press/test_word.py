import zipfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from io import BytesIO

import docx
import pytest
from docx.document import Document as WordFile
from docx.oxml.ns import qn
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from briefing.core.model import Edition, Letterhead, Panel
from briefing.press.formats import Rendition
from briefing.press.theme import Theme
from briefing.press.view import view
from briefing.press.word import page_word
from tests.present import present
from tests.press.shown import from_outside

WEB = "https://desk.example/2026-03-12"


def opened(content: bytes) -> WordFile:
    return docx.Document(BytesIO(content))


def links(content: bytes) -> Iterator[tuple[str, str]]:
    """Yield the words of each link and where it leads; "#" before a bookmark."""
    for paragraph in opened(content).paragraphs:
        for link in paragraph.hyperlinks:
            yield link.text, link.address or f"#{link.fragment}"


@pytest.fixture(scope="module")
def word(edition: Edition, theme: Theme) -> bytes:
    return page_word(edition, Rendition(theme))


def test_its_headings_are_those_of_the_page(edition: Edition, word: bytes) -> None:
    headings = [
        (one.style.name, one.text)
        for one in opened(word).paragraphs
        if one.style and one.style.name in {"Title", "Heading 1", "Heading 2"}
    ]
    assert headings[0] == ("Title", "Ostra Desk")
    assert edition.top
    top = f"{edition.top.status.value.capitalize()}: {edition.top.headline}"
    assert headings[1] == ("Heading 2", top)
    levels = [one for one in opened(word).paragraphs if one._p.xpath("./w:pPr/w:outlineLvl")]
    assert [one.text for one in levels] == [top]
    assert ("Heading 1", "Economy") in headings
    assert [style for style, _ in headings].count("Heading 2") == len(list(edition.briefs()))


def test_each_mark_leads_to_entry_and_check(edition: Edition, word: bytes, theme: Theme) -> None:
    names = [mark.get(qn("w:name")) for mark in opened(word).element.iter(qn("w:bookmarkStart"))]
    assert names == [f"source{source.number}" for source in view(edition).sources]
    marks = [(text, to) for text, to in links(word) if to.startswith("#")]
    assert marks
    assert all(to == f"#source{text}" for text, to in marks)
    addresses = [to for _, to in links(word) if not to.startswith("#")]
    assert addresses == [source.url for source in view(edition).sources if source.url]
    online = page_word(edition, Rendition(theme, web=WEB))
    whole, *linked = (to for _, to in links(online) if to.startswith(WEB))
    assert whole == WEB
    assert linked == [f"{WEB}#c{number}" for number in range(1, len(linked) + 1)]
    assert len(linked) >= len(list(edition.passages()))


def test_it_is_of_its_day_with_its_marking(edition: Edition, theme: Theme, word: bytes) -> None:
    with zipfile.ZipFile(BytesIO(word)) as parts:
        assert {part.date_time[0] for part in parts.infolist()} == {1980}
        assert not [name for name in parts.namelist() if "thumbnail" in name]
    for day in (edition.day, edition.day + timedelta(days=1)):
        core = opened(page_word(replace(edition, day=day), Rendition(theme))).core_properties
        assert (core.author, core.created) == (edition.name, core.modified)
        assert present(core.created).date() == day
    marked = replace(edition, letterhead=Letterhead(marking="Internal", name_line="House of Ostra"))
    section = opened(page_word(marked, Rendition(theme))).sections[0]
    assert section.header.paragraphs[0].text == "INTERNAL"
    assert section.footer.paragraphs[0].text.startswith("INTERNAL · Ostra Desk · ")
    bare = replace(edition, panel=Panel(), dateline="")
    assert not [one for one in opened(page_word(bare, Rendition(theme))).paragraphs if not one.text]


@pytest.mark.parametrize(("paper", "wide"), [("A4", 210.0), ("Letter", 215.9), ("A5", 210.0)])
def test_it_has_its_own_paper(edition: Edition, theme: Theme, paper: str, wide: float) -> None:
    section = opened(page_word(edition, Rendition(theme, paper=paper))).sections[0]
    assert present(section.page_width).mm == pytest.approx(wide, abs=0.1)


@settings(
    max_examples=settings().max_examples // 3,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(words=st.text(min_size=1), url=st.text())
def test_outside_text_is_only_text(edition: Edition, theme: Theme, words: str, url: str) -> None:
    forged = replace(from_outside(edition, words, url=url), name=words * 300)
    content = page_word(forged, Rendition(theme, web=url))
    assert opened(content).paragraphs
    assert all(to.startswith(("#", "http://", "https://")) for _, to in links(content))


def test_markup_and_fields_are_shown_and_not_followed(edition: Edition, theme: Theme) -> None:
    words = '</w:t><w:fldSimple w:instr="INCLUDETEXT /etc/passwd"/>{ DDEAUTO cmd } &amp; _x000D_'
    content = page_word(replace(edition, name=words), Rendition(theme))
    assert opened(content).paragraphs[0].text == words
    assert not list(opened(content).element.iter(qn("w:fldSimple"), qn("w:instrText")))
