import zipfile
from dataclasses import replace
from io import BytesIO

import pytest

from briefing.core import record
from briefing.core.model import Edition, Evidence, Score
from briefing.press.epub import page_epub
from briefing.press.formats import Rendition
from briefing.press.html import page_html, screen_html
from briefing.press.ledger import ledger_text
from briefing.press.letter import letter_parts
from briefing.press.online import backgrounds
from briefing.press.reasons import why_facts, why_text
from briefing.press.theme import Theme
from briefing.press.view import view
from tests.fakes import document, named_story
from tests.newsday import with_story
from tests.present import present
from tests.press.shown import PRINTED, shown

FOREIGN = {
    name: replace(document(number, title=title, publisher=f"Blatt {number}"), id=name, language=tag)
    for number, (name, tag, title) in enumerate(
        (
            ("h1", "de", "Hafen Ostra verpachtet zwei Liegeplätze"),
            ("h2", "de-CH", "Küstenwache pachtet Liegeplätze"),
            ("h3", "fr", "Ostra loue deux quais aux garde-côtes"),
            ("h4", "xx", "Ostra"),
        ),
        start=50,
    )
}
ALSO = "also reported in German, French, xx (4)"


@pytest.fixture(scope="module")
def heard(edition: Edition) -> Edition:
    """An edition whose top story is told in three more languages, and which names one of them."""
    top = present(edition.top)
    foreign = (("de", ("h1", "h2")), ("fr", ("h3",)), ("xx", ("h4",)))
    made = with_story(edition, top.story, foreign=foreign)
    panel = replace(made.panel, also=(replace(named_story(FOREIGN["h2"]), story="f1"),))
    links = tuple((name, 0.625) for name in FOREIGN)
    evidence = Evidence(((top.sources[0], 1.0),), {}, Score(1.0), (), foreign=links)
    return replace(
        made,
        panel=panel,
        documents={**made.documents, **FOREIGN},
        ledger=replace(made.ledger, foreign=4),
        evidence={top.story: evidence},
    )


def test_the_brief_says_in_which_languages_and_links_a_report_of_each(heard: Edition) -> None:
    page = view(heard)
    top = present(page.top)
    assert top.counts.replace("\xa0", " ").endswith(ALSO)
    numbers = {source.number: source.document for source in page.sources}
    assert [numbers[mark.number] for mark in top.lines[0].marks][1:] == ["h1", "h3", "h4"]
    assert present(page.panel).also[0].notes == "Blatt 51, in German"
    assert "4 in other languages among them" in ledger_text(heard)


def test_every_format_marks_the_language_of_titles(heard: Edition, theme: Theme) -> None:
    for form in PRINTED:
        text = shown(form, heard, theme)
        assert ALSO in text
        assert "Blatt 51, in German" in text
    rendition = Rendition(theme)
    with zipfile.ZipFile(BytesIO(page_epub(heard, rendition))) as file:
        book = file.read("EPUB/page.xhtml").decode()
    page = page_html(heard, theme=theme, paper=theme.paper("A4"))
    mail = letter_parts(heard, theme=theme).html
    for text in (page, screen_html(heard, rendition), mail, book):
        (named,) = [line for line in text.splitlines() if "pachtet Liegeplätze</" in line][:1]
        assert 'lang="de"' in named


def test_the_reasons_name_each_of_them_and_the_record_keeps_them(heard: Edition) -> None:
    top = present(heard.top)
    lines = why_text(heard, top.story).splitlines()
    assert lines[lines.index("  in other languages") + 1] == "    0.62  Blatt 50, h1, de"
    assert why_facts(heard, top.story)["foreign"][0] == ["h1", 0.625]
    behind = backgrounds(heard, sources={**heard.documents}, numbers={})[top.story]
    assert behind.summary.startswith("1 report, 4 in other languages")
    again = record.read(record.write(heard), name="x").edition
    assert present(again.top).foreign == top.foreign
    assert again.evidence == heard.evidence
    assert again.documents["h3"].language == "fr"
