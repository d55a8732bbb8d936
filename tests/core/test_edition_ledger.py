"""The whole pipeline on an invented day: what is told of the making, and what may change it."""

import math
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from briefing.core.edition import STEPS, make_edition, slug
from briefing.core.errors import InputError
from briefing.core.model import Correction, Corrections, Document, Edition, Effect, Mark, Material
from tests.desk import DAY, EDITION, OPINION, RECIPE, STUB, chosen, day_before, make
from tests.examples import examples
from tests.fakes import PlainMeasure
from tests.newsday import HARBOR, NICKEL, ORCHIDS, RIVER, STRAIT, TODAY, report
from tests.present import present

#: Make the edition of the invented desk with what only a store can tell.
of_the_desk = partial(make_edition, recipe=RECIPE, measure=PlainMeasure())


def test_the_ledger_tells_what_came_in_what_became_of_it_and_what_had_no_room() -> None:
    ledger = EDITION.ledger
    assert (ledger.documents, ledger.publishers) == (9, 3)
    assert ledger.dropped_documents == {
        "copy of another report": 1,
        "opinion": 1,
        "too little text": 1,
    }
    assert ledger.dropped_sentences == {"page furniture": 1, "question": 1}
    assert dict(ledger.drops) == {
        "opinion": "opinion",
        "stub": "too little text",
        "copied": "copy of another report",
    }
    assert (ledger.stories, ledger.printed) == (5, 4)
    assert ledger.sentences_printed == sum(1 for _ in EDITION.sentences())
    assert ledger.sentences == 5 * 4 + 6 + 4  # the copy's too
    made = make_edition(Material(DAY, TODAY), recipe=RECIPE, measure=PlainMeasure(room=250.0))
    ledger = made.edition.ledger
    assert ledger.no_room
    assert ledger.printed + len(ledger.no_room) == 4
    printed = {brief.headline for brief in made.edition.briefs()}
    assert all(headline not in printed for _, headline, _ in ledger.no_room)


@settings(max_examples=settings().max_examples // 2)
@given(st.sets(st.sampled_from(range(len(DAY))), min_size=1).filter(lambda kept: kept != {8}))
def test_the_counts_of_the_ledger_add_up(chosen: set[int]) -> None:
    came_in = [DAY[place] for place in sorted(chosen)]
    try:
        edition = make(came_in).edition
    except InputError:
        assert {document.id for document in came_in} <= {"orchids", "opinion", "stub"}
        return
    ledger = edition.ledger
    assert ledger.documents == len(came_in)
    assert ledger.dropped_documents == Counter(reason for _, reason in ledger.drops)
    kept = {document.id for document in came_in} - dict(ledger.drops).keys()
    assert len(kept) + len(ledger.drops) == ledger.documents
    assert kept >= set(edition.documents)
    # Of the stub nothing but its headline is used, where it is worth naming.
    belonging = ledger.stories - ("orchids" in kept) - ("stub" in kept)
    assert (
        ledger.printed + len(ledger.no_room) == belonging == sum(edition.days[-1].stories.values())
    )


def test_documents_that_were_not_given_are_counted_with_the_others() -> None:
    left_out = {"published too long ago": 3, "opinion": 2}
    ledger = of_the_desk(Material(DAY, TODAY, left_out=left_out)).edition.ledger
    assert ledger.documents == len(DAY) + 5
    assert ledger.dropped_documents == {
        "copy of another report": 1,
        "opinion": 3,
        "published too long ago": 3,
        "too little text": 1,
    }
    assert ledger.drops == EDITION.ledger.drops
    with pytest.raises(InputError, match="4 reports, 3 published too long ago, 1 too little"):
        of_the_desk(Material([report("stub", STUB)], TODAY, left_out={"published too long ago": 3}))


def test_corrections_and_unread_inputs_stand_in_the_ledger_and_change_nothing_else() -> None:
    correction = Correction(
        document="strait-early",
        title=STRAIT[0],
        publisher="Ostra Courier",
        url="",
        what="vanished",
        noticed=datetime(2026, 3, 12, 5, tzinfo=UTC),
        edition="ostra-desk/2026-03-10",
    )
    edition = of_the_desk(
        Material(DAY, TODAY, corrections=Corrections(sources=(correction,)))
    ).edition
    assert edition == replace(EDITION, ledger=replace(EDITION.ledger, corrections=(correction,)))
    failed = (("feed.xml", "not a feed"), ("b.txt", "not UTF-8"))
    assert make(failed=failed).edition.ledger.failed == failed


# Reports of which nothing but the headline came in

VOTE = "Parliament of Vellmark votes to leave the trade treaty with Ostra"


@pytest.mark.parametrize(
    ("text", "marks"),
    [("", ()), ("Sign in to go on.", (Mark.PAYWALL,)), ("Read on.", (Mark.BLURB,))],
)
def test_a_weighty_story_of_a_headline_alone_is_named(text: str, marks: tuple[Mark, ...]) -> None:
    bare = replace(report("bare", (VOTE, text)), marks=marks)
    edition = make((*DAY, bare)).edition
    (title,) = [named.title for named in edition.panel.also if named.title.document == "bare"]
    assert title.text == VOTE
    assert edition.documents["bare"].title == VOTE
    (story,) = [each for each in edition.ledger.ranked if "bare" in each.documents]
    assert story.why == "without a new sentence that can stand alone"
    # It counts as a report of a story, and takes no place of one that can be told.
    assert "bare" not in dict(edition.ledger.drops)
    assert not any(brief.story == story.story for brief in edition.briefs())
    assert edition.days[-1].stories == EDITION.days[-1].stories


def test_an_editor_chooses_by_which_headline_a_story_is_named() -> None:
    bare = report("bare", (VOTE, ""))
    material = Material((*DAY, bare), TODAY, choices=(chosen("headline", bare),))
    edition = of_the_desk(material).edition
    assert [outcome.effect for outcome in edition.choices] == [Effect.MET]
    assert VOTE in [named.title.text for named in edition.panel.also]


def test_a_headline_that_is_not_worth_naming_is_too_little_text() -> None:
    for told in (("Orchids of the botanic garden", ""), ("", "Read on.")):
        edition = make((*DAY, report("bare", told))).edition
        assert dict(edition.ledger.drops)["bare"] == "too little text"
        assert edition.ledger.stories == EDITION.ledger.stories


# Nothing to print


def test_the_error_says_why_there_is_nothing_to_print() -> None:
    with pytest.raises(InputError, match=r"^nothing to print: 0 reports, no text$"):
        make([])
    texts = (OPINION, STUB, ("Fog", ""), ORCHIDS, ORCHIDS)
    left_out = [report(f"d{hour}", text, hour=hour) for hour, text in enumerate(texts)]
    told = [report("d1", STRAIT), report("d2", ORCHIDS)]
    for day, before, why in (
        (left_out, None, "5 reports, 1 copy of another report, 1 opinion, 2 too little text, 1"),
        (told, day_before(told[0]), "2 reports, 1"),
    ):
        with pytest.raises(InputError) as error:
            make(day, previous=before)
        wordless = ", 1 without a new sentence that can stand alone" if before else ""
        expected = f"nothing to print: {why} of no section of this briefing{wordless}"
        assert str(error.value) == expected


# Evidence, name and order


def test_each_story_has_its_evidence_and_reports_and_beaten_stories_are_named() -> None:
    assert set(EDITION.evidence) == {brief.story for brief in EDITION.briefs()}
    printed = {sentence.text for sentence in EDITION.sentences()}
    for evidence in EDITION.evidence.values():
        assert sum(evidence.sections.values()) == pytest.approx(1.0)
        assert {"base", "section", "novelty"} <= evidence.salience.terms.keys()
        assert math.prod(evidence.salience.terms.values()) == pytest.approx(evidence.salience.value)
        assert all(shown is (text in printed) for text, _, _, shown in evidence.sentences)
    evidence = EDITION.evidence[present(EDITION.top).story]
    assert [document for document, _ in evidence.links] == ["harbor", "again"]
    assert evidence.links[0][1] == pytest.approx(1.0)
    assert set(evidence.beaten) == {NICKEL[0], RIVER[0], STRAIT[0]}
    made = make_edition(Material(DAY, TODAY), recipe=RECIPE, measure=PlainMeasure(room=250.0))
    left_out = {story for story, _, _ in made.edition.ledger.no_room}
    assert left_out.isdisjoint(made.edition.evidence)


def test_the_recipe_names_the_edition_and_equal_input_gives_equal_editions() -> None:
    assert EDITION.id == "ostra-desk/2026-03-12"
    assert (EDITION.name, EDITION.day, EDITION.language) == ("Ostra Desk", TODAY, "en")
    assert (EDITION.dateline, EDITION.manifest) == (RECIPE.dateline, RECIPE.manifest)
    heard: list[str] = []
    make_edition(Material(DAY, TODAY), recipe=RECIPE, measure=PlainMeasure(), watch=heard.append)
    assert tuple(heard) == STEPS
    before = day_before(report("y1", STRAIT), report("y2", HARBOR))
    assert make(previous=before) == make(previous=before)


@examples("name, slugged")
def test_a_slug_has_letters_digits_and_hyphens(name: str, slugged: str) -> None:
    assert slug(name) == slugged


@given(st.text())
def test_a_slug_is_one_part_of_a_path(name: str) -> None:
    part = slug(name)
    assert part
    assert all(character.isalnum() or character == "-" for character in part)
    assert not part.startswith("-")
    assert not part.endswith("-")


def printed(edition: Edition) -> object:
    """Return all of an edition that the order of its documents must not change.

    Free to change: the numbers of the stories, the order of the ledger's drops, stories and of
    what had no room, and which of equally important stories goes first.
    """
    sections = [
        (section.name, [replace(brief, story="") for brief in section.briefs])
        for section in edition.sections
    ]
    drops = tuple(sorted(edition.ledger.drops))
    ledger = replace(edition.ledger, drops=drops, no_room=(), ranked=())
    also = tuple(replace(named, story="") for named in edition.panel.also)
    panel, documents = replace(edition.panel, also=also), edition.documents
    passages = tuple(edition.passages())
    return sections, ledger, panel, dict(documents), edition.days, edition.setting, passages


@settings(max_examples=settings().max_examples // 2)
@given(st.permutations(DAY))
def test_the_order_of_the_documents_changes_no_page(shuffled: list[Document]) -> None:
    assert printed(make(shuffled).edition) == printed(EDITION)
