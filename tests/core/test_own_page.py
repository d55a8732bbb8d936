"""The page of some sections: laid out anew from the stories of the day."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from briefing.core.edition import Made, make_edition
from briefing.core.errors import NothingToPrintError
from briefing.core.model import (
    GENERAL,
    NOT_CHOSEN,
    DateAhead,
    Edition,
    Excerpt,
    Material,
    Saga,
    SagaEntry,
    page_key,
    sections_of,
)
from briefing.core.own_page import DayStories, citing_sections, lay_out_own
from briefing.core.proof import prove
from tests.desk import DAY, FERRY, RECIPE, headlines, make
from tests.fakes import PlainMeasure
from tests.newsday import NICKEL, SECTIONS, TODAY, YESTERDAY, report

ON_THE_WEB = replace(RECIPE, web="https://news.desk.example")
CHOICES = [only for count in (1, 2) for only in combinations(SECTIONS, count)]


@pytest.fixture(scope="module")
def made() -> Made:
    return make(recipe=ON_THE_WEB)


def own(made: Made, *only: str, stories: DayStories | None = None) -> Edition:
    return lay_out_own(stories or made.stories, only, general=made.edition, measure=PlainMeasure())


@pytest.mark.parametrize("only", CHOICES)
def test_every_choice_has_a_page_of_its_sections_and_nothing_else(
    made: Made, only: tuple[str, ...]
) -> None:
    page = own(made, *only)
    assert tuple(headlines(page)) == only == page.only
    assert {named.section for named in page.panel.also} <= {*only}
    assert all({*day.stories} == {*only} for day in page.days)
    told = {one.id: one for one in DAY}
    digests = {name: document.sha256 for name, document in page.documents.items()}
    assert prove(page, sources=told, digests=digests, claimed=page.proof).failures == ()


def test_an_edition_names_the_sections_of_its_briefing(made: Made) -> None:
    assert made.edition.offered == SECTIONS
    assert replace(made.edition, days=()).offered == ()


def test_the_same_choice_has_the_same_page(made: Made) -> None:
    assert own(made, "economy") == own(make(recipe=ON_THE_WEB), "economy")


def test_the_best_story_of_its_sections_opens_it(made: Made) -> None:
    page = own(made, "economy", "diplomacy")
    assert page.top
    assert page.top.headline == NICKEL[0]


def test_it_has_an_address_of_its_own_if_there_is_one(made: Made) -> None:
    assert own(made, "economy", "diplomacy").address == f"https://news.desk.example/{TODAY}/1-3"
    assert not own(make(), "economy").address


def test_the_ledger_counts_the_stories_of_other_sections(made: Made) -> None:
    page = own(made, "economy")
    others = {one.story.id for one in made.stories.excerpts} - {
        brief.story for brief in page.briefs()
    }
    assert {one.story for one in page.ledger.found if one.why == NOT_CHOSEN} == others
    assert page.ledger.dropped_stories[NOT_CHOSEN] == len(others)
    assert page.ledger.stories == made.edition.ledger.stories


def test_a_choice_without_news_has_no_page(made: Made) -> None:
    stories = replace(
        made.stories,
        excerpts=tuple(one for one in made.stories.excerpts if one.briefs[0][0] != "economy"),
    )
    with pytest.raises(NothingToPrintError, match="nothing to print of economy"):
        own(made, "economy", stories=stories)


def test_a_story_of_two_sections_is_told_in_the_chosen_one_alone(made: Made) -> None:
    first = made.stories.excerpts[0]
    (section, lengths), *_ = first.briefs
    other = next(name for name in SECTIONS if name != section)
    double = replace(first, briefs=((section, lengths), (other, lengths)), touches=(other,))
    stories = replace(made.stories, excerpts=(double, *made.stories.excerpts[1:]))
    page = own(made, other, stories=stories)
    (told,) = (one for one in page.briefs() if one.story == first.story.id)
    assert told.touches == ()


def with_saga(one: Excerpt, saga: Saga | None) -> Excerpt:
    return replace(one, saga=saga)


def test_sagas_have_the_ids_of_the_page_of_all_sections(made: Made) -> None:
    words = next(made.edition.sentences())
    entry = SagaEntry("ostra-desk/2026-03-11", YESTERDAY, "s1", "Talks begin", words)
    begun = Saga("", YESTERDAY, (entry,))
    known = replace(begun, id="s4")
    excerpts = made.stories.excerpts
    told, untold, old = (one.story.id for one in excerpts[:3])
    sagas = {told: begun, untold: begun, old: known}
    stories = replace(
        made.stories,
        excerpts=tuple(with_saga(one, sagas.get(one.story.id)) for one in excerpts),
    )
    numbered = {told: replace(begun, id="s7")}
    general = replace(
        made.edition,
        sections=tuple(
            replace(
                section,
                briefs=tuple(
                    replace(brief, saga=numbered.get(brief.story)) for brief in section.briefs
                ),
            )
            for section in made.edition.sections
        ),
    )
    found: dict[str, str] = {}
    for name in SECTIONS:
        page = lay_out_own(stories, (name,), general=general, measure=PlainMeasure())
        found |= {brief.story: brief.saga.id if brief.saga else "" for brief in page.briefs()}
    assert (found[told], found[untold], found[old]) == ("s7", "", "s4")


def test_what_was_announced_returns_to_the_readers_of_its_section() -> None:
    before = make([report("ferry", FERRY)]).edition
    ferry = before.documents["ferry"]
    (section,) = before.sections
    clause = next(before.sentences())
    ahead = DateAhead(TODAY, clause, clause, announced=YESTERDAY)
    assert citing_sections("ferry", editions=[before]) == {section.name}
    assert citing_sections("other", editions=[before]) == frozenset()
    made = make_edition(
        Material(
            [one for one in DAY if one.id != "ferry"], TODAY, due=[(ahead, ferry)], weeks=[before]
        ),
        recipe=RECIPE,
        measure=PlainMeasure(),
    )
    assert [one[2] for one in made.stories.due] == [{section.name}]
    for name in SECTIONS:
        documents = own(made, name).documents
        assert ("ferry" in documents) == (name == section.name)


@given(st.permutations(SECTIONS), st.integers(0, 7))
def test_a_key_names_a_choice_whatever_its_order_and_case(chosen: list[str], count: int) -> None:
    names = [name.upper() for name in chosen[:count]]
    key = page_key([*names, "unknown"], printed=SECTIONS)
    kept = tuple(name for name in SECTIONS if name in chosen[:count])
    if len(kept) in {0, len(SECTIONS)}:
        assert key == GENERAL
    else:
        assert sections_of(key, printed=SECTIONS) == kept
    assert sections_of(GENERAL, printed=SECTIONS) == ()
