from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime

from briefing.core.edition import make_edition
from briefing.core.model import Action, Choice, Edition, FoundStory, Material, Score, Story
from briefing.core.text.found import count_reasons, found_stories
from briefing.core.text.weigh import Weighed
from tests.desk import DAY, EDITION, RECIPE, day_before, make
from tests.fakes import PlainMeasure
from tests.newsday import HARBOR, ORCHIDS, RIVER, STRAIT, TODAY, report


def of_report(edition: Edition, name: str) -> FoundStory:
    (found,) = (one for one in edition.ledger.found if name in one.documents)
    return found


def test_every_story_is_kept_with_its_reports_and_copies_the_most_important_first() -> None:
    found = EDITION.ledger.found
    assert len(found) == EDITION.ledger.stories
    assert found[0].documents == ("harbor", "again", "copied")
    assert found[0].headline == HARBOR[0]
    weights = [one.salience for one in found]
    assert weights == sorted(weights, reverse=True)
    assert all(one.why == "" for one in found if one.documents != ("orchids",))


def test_a_story_of_no_section_keeps_the_likeliest_and_its_probability() -> None:
    orchids = of_report(EDITION, "orchids")
    assert orchids.why == "of no section of this briefing"
    assert orchids.section in RECIPE.sections
    assert orchids.probability < 0.5


def test_what_is_printed_keeps_the_numbers_of_its_evidence() -> None:
    for story, evidence in EDITION.evidence.items():
        (found,) = (one for one in EDITION.ledger.found if one.story == story)
        assert found.salience == evidence.salience.value
        assert found.probability == evidence.sections[found.section]


def test_a_dropped_story_says_so_and_one_told_before_has_nothing_new() -> None:
    at = datetime(2026, 3, 12, 5, tzinfo=UTC)
    drop = Choice(1, TODAY, Action.DROP, "river", "", RIVER[0], "ada", at)
    strait = report("y1", STRAIT)
    material = Material(DAY, TODAY, [day_before(strait)], choices=(drop,))
    edition = make_edition(material, recipe=RECIPE, measure=PlainMeasure()).edition
    assert of_report(edition, "river").why == "left out by an editor"
    assert of_report(edition, "strait").why == "without a new sentence that can stand alone"


def test_what_is_below_the_best_of_its_section_says_so() -> None:
    stories = [
        Story(name, (report(name, STRAIT),), (report(f"{name}-copy", STRAIT),))
        for name in ("s1", "s2")
    ]
    weighed = [
        Weighed(story, "security", {"security": 0.75}, Score(1.5 - place))
        for place, story in enumerate(stories)
    ]
    found = found_stories(weighed, foremost=weighed[:1], excerpts=(), sections=RECIPE.sections)
    assert count_reasons(found) == {
        "not important enough": 1,
        "without a new sentence that can stand alone": 1,
    }
    assert found[1] == FoundStory(
        "s2",
        STRAIT[0],
        ("s2", "s2-copy"),
        "security",
        0.75,
        0.5,
        "not important enough",
    )


def test_the_reasons_are_those_that_the_ledger_counts() -> None:
    for edition in (EDITION, make((report("d1", ORCHIDS), report("d2", STRAIT))).edition):
        reasons = Counter(one.why for one in edition.ledger.found if one.why)
        assert reasons == edition.ledger.dropped_stories


def test_no_story_is_lost_between_the_ledger_and_the_page() -> None:
    ledger = EDITION.ledger
    up = {one.story for one in ledger.found if not one.why}
    told = {brief.story for brief in EDITION.briefs()} | {story for story, _, _ in ledger.no_room}
    assert up == told
