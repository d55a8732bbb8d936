"""Printed labels of sections, on everything that prints a section."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import pytest

from briefing.core import record
from briefing.core.model import Edition, Evidence, Letterhead, Score
from briefing.press.letter import letter_parts
from briefing.press.reasons import why_facts, why_text
from briefing.press.screen import screen_html
from briefing.press.text import page_text
from briefing.press.theme import Theme
from briefing.press.view import view

LABEL = "Trade & the cost of a <b>life</b>"


@pytest.fixture(scope="module")
def labeled(edition: Edition) -> Edition:
    names = tuple(section.name for section in edition.sections)
    return replace(edition, letterhead=Letterhead(labels=tuple((name, LABEL) for name in names)))


def test_a_label_stands_in_the_place_of_the_class_and_is_escaped(
    labeled: Edition, theme: Theme
) -> None:
    escaped = LABEL.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    letter = letter_parts(labeled, theme=theme)
    for html in (screen_html(labeled, theme=theme), letter.html):
        assert escaped in html
        assert LABEL not in html
    assert LABEL.upper() in letter.text
    assert LABEL.upper() in page_text(labeled, theme=theme)


def test_the_class_stays_the_key_of_json_and_of_readers(labeled: Edition, theme: Theme) -> None:
    facts = json.loads(record.write(labeled))
    names = [section.name for section in labeled.sections]
    assert [section["name"] for section in facts["sections"]] == names
    assert facts["letterhead"] == {"labels": [[name, LABEL] for name in names]}
    only = record.read(record.write(replace(labeled, only=tuple(names[:1]))), name="own").edition
    assert view(only).ledger.startswith(f"Page of {LABEL}. ")


def test_a_section_that_a_story_touches_is_named_by_its_label(labeled: Edition) -> None:
    top = labeled.top
    assert top is not None
    name = labeled.sections[0].name
    touched = replace(top, touches=(name,))
    sections = tuple(
        replace(
            section, briefs=tuple(touched if brief == top else brief for brief in section.briefs)
        )
        for section in labeled.sections
    )
    page = view(replace(labeled, sections=sections))
    assert page.top is not None
    assert f"also {LABEL}" in page.top.counts  # so long that it may be broken


def test_words_that_matched_are_recorded_and_told(edition: Edition) -> None:
    story = next(edition.briefs()).story
    evidence = Evidence((), {"climate": 1.0}, Score(1.0, {}), ())
    matches = (("emissions", "climate", 2.0), ("carbon price", "climate", 1.0))
    told = replace(edition, evidence={story: replace(evidence, matches=matches)})
    back = record.read(record.write(told), name="x").edition
    assert back.evidence[story].matches == matches
    assert "words of climate: emissions (2), carbon price (1)" in re.sub(
        r"\s+", " ", why_text(back, story)
    )
    assert why_facts(back, story)["matches"] == [list(match) for match in matches]
    assert '"matches"' not in record.write(edition)
