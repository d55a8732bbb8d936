"""Who says the words of a party stands before them, in every form of the page."""

from __future__ import annotations

import html
import json
import re
import zipfile
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from io import BytesIO

import docx
import pytest

from briefing.core import record
from briefing.core.model import Brief, CorrectionBrief, CorrectionKind, Edition, Kind, Scale
from briefing.core.page.fit import fit
from briefing.press import theme as themes
from briefing.press.epub import page_epub
from briefing.press.letter import letter_parts
from briefing.press.markdown import page_markdown
from briefing.press.measure import Press
from briefing.press.readback import missing, read_back, squeezed
from briefing.press.screen import screen_html
from briefing.press.text import page_text
from briefing.press.theme import Theme
from briefing.press.view import view
from briefing.press.word import page_word
from tests.fakes import document, draft, naming

#: As hostile as a publisher can be.
SPEAKER = "Sec. O’Lind <Port & Sea>"


def _of_party(brief: Brief) -> Brief:
    return replace(brief, sentences=tuple(replace(one, speaker=SPEAKER) for one in brief.sentences))


@pytest.fixture(scope="module")
def said(edition: Edition) -> Edition:
    """An edition of nothing but words of a party, with a correction of some."""
    sections = tuple(
        replace(
            section,
            briefs=tuple(map(_of_party, section.briefs)),
        )
        for section in edition.sections
    )
    (first, *_), noticed = sections[0].briefs[0].sentences, datetime(2026, 3, 12, tzinfo=UTC)
    correction = CorrectionBrief(
        CorrectionKind.CHANGED, first, first, edition.id, edition.day, noticed
    )
    return replace(edition, sections=sections, corrections=(correction,))


def words(markup: str) -> str:
    """Return what markup says."""
    return " ".join(html.unescape(re.sub("<[^>]*>", "", markup)).split())


def _epub(edition: Edition, theme: Theme) -> str:
    with zipfile.ZipFile(BytesIO(page_epub(edition, theme=theme))) as packed:
        return words(packed.read("EPUB/page.xhtml").decode())


def _word(edition: Edition, theme: Theme) -> str:
    file = docx.Document(BytesIO(page_word(edition, theme=theme)))
    return " ".join(" ".join(one.text.split()) for one in file.paragraphs)


def _markdown(edition: Edition, theme: Theme) -> str:
    return re.sub(r"\*\*|\\", "", page_markdown(edition, theme=theme))


FORMS: dict[str, Callable[[Edition, Theme], str]] = {
    "screen": lambda edition, theme: words(screen_html(edition, theme=theme)),
    "mail": lambda edition, theme: words(letter_parts(edition, theme=theme).html),
    "mail as text": lambda edition, theme: letter_parts(edition, theme=theme).text,
    "text": lambda edition, theme: page_text(edition, theme=theme),
    "markdown": _markdown,
    "word": _word,
    "epub": _epub,
}


@pytest.mark.parametrize("form", FORMS)
def test_each_sentence_of_a_party_has_its_speaker_before_it(
    said: Edition, edition: Edition, theme: Theme, form: str
) -> None:
    text = " ".join(FORMS[form](said, theme).split())
    corrected = [one.old for one in said.corrections] * 2
    for sentence in (*said.sentences(), *corrected):
        assert f"{SPEAKER}: {sentence.text}" in text
    assert text.count(f"{SPEAKER}: ") == len([*said.sentences()]) + len(corrected)
    assert SPEAKER not in FORMS[form](edition, theme)


@pytest.mark.parametrize("make", [themes.classic, themes.memo, themes.large])
def test_the_page_has_room_for_the_speakers_in_every_theme(
    make: Callable[[], Theme],
) -> None:
    theme, paper = make(), draft(6)
    top, *briefs = (
        replace(one, lengths=tuple(map(_of_party, one.lengths)))
        for one in (paper.top, *paper.briefs)
    )
    paper = replace(paper, top=top, briefs=tuple(briefs))
    press = Press(theme, theme.paper("A4"))
    fitted = fit(paper, press).edition
    printed = read_back(press.print(fitted))
    assert missing(fitted, printed) == ()
    text = squeezed(printed.text)
    for sentence in fitted.sentences():
        assert squeezed(f"{SPEAKER}: {sentence.text}") in text


def test_the_title_of_a_party_is_never_without_its_publisher(theme: Theme) -> None:
    party = replace(document(31, title="Fleet Inspected", publisher="Navy (Sund)"), kind=Kind.STATE)
    press = Press(theme, theme.paper("A4"))
    fitted = fit(naming(draft(12), party, document(32, title="Fog in Sund")), press).edition
    assert fitted.setting.scale in {Scale.NORMAL, Scale.HEAVY}
    panel = view(fitted).panel
    assert panel is not None
    assert [(item.publisher, item.party) for item in panel.also] == [
        ("Navy", True),
        ("Wire Meridian", False),
    ]
    text = squeezed(read_back(press.print(fitted)).text)
    assert re.search(r"FleetInspected\[\d+\]Navy", text)
    assert re.search(r"FoginSund\[\d+\](?!WireMeridian)", text)


def test_the_record_keeps_the_speaker_and_the_digest_covers_it(said: Edition) -> None:
    written = json.loads(record.write(said))
    first = written["sections"][0]["briefs"][0]["sentences"][0]
    assert first["speaker"] == SPEAKER
    again = record.read(record.write(said), name="x").edition
    assert [one.speaker for one in again.sentences()] == [SPEAKER] * len([*said.sentences()])
    forged = record.write(said).replace(SPEAKER, "Nobody")
    assert not record.read(forged, name="x").intact
