"""Two clauses that differ, side by side in every form of an edition."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from html import unescape
from io import BytesIO

import docx
import pytest

from briefing.core.model import Discrepancy, Edition, Panel, Week
from briefing.core.page.fit import fit
from briefing.core.ports import Draft
from briefing.core.record import read, write
from briefing.core.text.segment import segment
from briefing.press.epub import page_epub
from briefing.press.letter import letter_parts
from briefing.press.markdown import page_markdown
from briefing.press.online import online
from briefing.press.readback import missing, read_back, squeezed
from briefing.press.screen import screen_html
from briefing.press.text import page_text
from briefing.press.theme import Theme
from briefing.press.word import page_word
from tests.fakes import draft, panel
from tests.press.conftest import Page


def with_pair(edition: Edition, *, revised: bool = False) -> Edition:
    """Return an edition with dates and a pair of figures of two documents beside its news."""
    told = dict.fromkeys(brief.sources[0] for brief in edition.briefs())
    left, right = (panel(edition.documents[name]).figures[0] for name in [*told][:2])
    pair = Discrepancy(left, right, revised=revised)
    return replace(edition, panel=Panel(discrepancies=(pair,), ahead=edition.panel.ahead))


def drafted(briefs: int) -> Draft:
    """Return a draft of so many briefs with a pair of figures of its first two stories."""
    paper = draft(briefs)
    first, second = (one.lengths[0].sources[0] for one in (paper.top, paper.briefs[0]))
    figures = [panel(paper.edition.documents[name]).figures[0] for name in (first, second)]
    pair = Discrepancy(figures[0], figures[1])
    beside = replace(paper.edition.panel, figures=(), quotes=(), discrepancies=(pair,))
    return replace(paper, edition=replace(paper.edition, panel=beside))


def page_of_book(content: bytes) -> str:
    with zipfile.ZipFile(BytesIO(content)) as book:
        return book.read("EPUB/page.xhtml").decode()


FORMS: dict[str, Callable[[Edition, Theme], str]] = {
    "screen": lambda edition, theme: bare(screen_html(edition, theme=theme)),
    "mail": lambda edition, theme: bare(letter_parts(edition, theme=theme).html),
    "text": lambda edition, theme: page_text(edition, theme=theme),
    "markdown": lambda edition, theme: page_markdown(edition, theme=theme).replace("\\", ""),
    "epub": lambda edition, theme: bare(page_of_book(page_epub(edition, theme=theme))),
    "word": lambda edition, theme: "\n".join(
        one.text for one in docx.Document(BytesIO(page_word(edition, theme=theme))).paragraphs
    ),
}


def bare(html: str) -> str:
    return unescape(re.sub(r"<[^>]*>", "", html))


@pytest.mark.parametrize("form", FORMS)
def test_both_clauses_are_in_every_form_below_publisher_and_number(
    form: str, edition: Edition, theme: Theme
) -> None:
    both = with_pair(edition)
    text = squeezed(FORMS[form](both, theme))
    assert squeezed("Where sources differ").casefold() in text.casefold()
    for side in both.panel.discrepancies[0].sides:
        publisher = both.documents[side.clause.document].publisher
        assert squeezed(f"{publisher}: {side.numeral.text}") in text
        assert squeezed(side.clause.text) in text


@pytest.mark.parametrize("form", FORMS)
def test_in_a_week_both_clauses_stand_below_day_and_number(
    form: str, edition: Edition, theme: Theme
) -> None:
    both = with_pair(edition)
    (pair,) = both.panel.discrepancies
    days = date(2026, 3, 9), date(2026, 3, 13)
    sides = replace(pair.left, day=days[0]), replace(pair.right, day=days[1])
    dated = replace(both.panel, discrepancies=(Discrepancy(*sides),))
    week = replace(both, panel=dated, week=Week(days[0], ("ostra-desk/2026-03-09",)))
    text = squeezed(FORMS[form](week, theme))
    assert squeezed("First and last").casefold() in text.casefold()
    for name, side in zip(("Mon", "Fri"), sides, strict=True):
        assert squeezed(f"{name}: {side.numeral.text}") in text
        assert squeezed(side.clause.text) in text


def test_a_later_report_of_one_publisher_is_shown_as_its_revision(
    edition: Edition, theme: Theme
) -> None:
    revised = with_pair(edition, revised=True)
    left, right = revised.panel.discrepancies[0].sides
    publisher = revised.documents[left.clause.document].publisher
    text = squeezed(page_text(revised, theme=theme))
    assert squeezed(f"{publisher}, revised from {left.numeral.text}. {left.clause.text}") in text
    assert squeezed(f"to {right.numeral.text}. {right.clause.text}") in text


def test_a_pair_is_printed_read_back_and_recorded(page: Page) -> None:
    made = fit(drafted(12), page.press).edition
    assert made.panel.discrepancies
    assert missing(made, read_back(page.press.print(made))) == ()
    assert read(write(made), name="it").edition.panel == made.panel


def test_a_pair_stands_side_by_side_on_a_thin_page(page: Page) -> None:
    made = fit(drafted(1), page.press).edition
    assert made.setting.scale.below
    printed = read_back(page.press.print(made))
    assert missing(made, printed) == ()
    labels = [run for run in printed.runs if run.text.strip().endswith(": $14 million")]
    assert len({run.base for run in labels}) == 1


def test_the_web_checks_both_clauses(edition: Edition) -> None:
    both = with_pair(edition)
    shown = online(read(write(both), name="it"), sources=edition.documents, segment=segment)
    places = [check for check in shown.checks if check.place == "Where sources differ"]
    assert len(places) == 2
    assert not any(check.fault for check in places)
