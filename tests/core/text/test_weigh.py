"""Weighing: how widely a story is told, and how surely it concerns the desk."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from briefing.core.model import Score, Story
from briefing.core.text.weigh import SURE as SURE_ODDS
from briefing.core.text.weigh import worth
from tests.newsday import HARBOR, HARBOR_AGAIN, NICKEL, RIVER, report, story_of, weigh

SECTIONS = ("economy", "security")
SURE: Mapping[str, float] = {"economy": 0.9, "security": 0.05, "other": 0.05}

shares = st.floats(0, 1, allow_nan=False)


def told_by(*publishers: str, owner: str = "") -> Story:
    """Make a story that each of these publishers reports once."""
    return story_of(
        *(
            report(f"d{place}", HARBOR, publisher=publisher, owner=owner)
            for place, publisher in enumerate(publishers)
        )
    )


def weight(story: Story, topics: Mapping[str, float] = SURE) -> float:
    (weighed_story,) = weigh([story], [topics], sections=SECTIONS)
    return weighed_story.salience.value


def test_more_publishers_weigh_more() -> None:
    assert weight(told_by("Ostra Courier", "Kalvik Post")) > weight(told_by("Ostra Courier"))


def test_a_second_report_of_one_publisher_weighs_less_than_a_second_publisher() -> None:
    alone, twice = told_by("Ostra Courier"), told_by("Ostra Courier", "Ostra Courier")
    assert weight(alone) < weight(twice) < weight(told_by("Ostra Courier", "Kalvik Post"))


def test_titles_of_one_owner_weigh_as_one_publisher() -> None:
    owned = told_by("Ostra Courier", "Kalvik Post", owner="Meridian Holding")
    assert weight(owned) == weight(told_by("Ostra Courier", "ostra courier"))


def test_copies_weigh_nothing() -> None:
    alone = story_of(report("d1", HARBOR))
    copied = Story("s1", alone.documents, copies=(report("d2", HARBOR, publisher="Kalvik Post"),))
    assert weight(copied) == weight(alone)


def test_a_story_that_hardly_belongs_weighs_less() -> None:
    unsure = {"economy": 0.5, "security": 0.0, "other": 0.5}
    assert weight(told_by("Ostra Courier"), unsure) < weight(told_by("Ostra Courier"))


def test_a_story_between_two_printed_sections_loses_nothing_by_it() -> None:
    torn = {"economy": 0.5, "security": 0.45, "other": 0.05}
    assert weight(told_by("Ostra Courier"), torn) == pytest.approx(weight(told_by("x")))


def test_the_weight_is_the_product_of_its_terms() -> None:
    (weighed_story,) = weigh([told_by("a", "b", "c")], [SURE], sections=SECTIONS)
    assert set(weighed_story.salience.terms) >= {"base", "section", "publishers"}
    assert weighed_story.salience.value == pytest.approx(
        math.prod(weighed_story.salience.terms.values())
    )


def test_beside_a_day_on_which_nothing_stands_out_the_best_counts_as_sure() -> None:
    stories = [story_of(report("d1", NICKEL), name="s1"), story_of(report("d2", RIVER), name="s2")]
    topics = [SURE, {"economy": 0.2, "other": 0.8}]
    best, other = weigh(stories, topics, sections=("economy", "other"))
    assert best.salience.value < SURE_ODDS
    odds = worth((best, other))
    assert odds[best.story.id] == pytest.approx(SURE_ODDS)
    ratio = other.salience.value / best.salience.value
    assert odds[other.story.id] == pytest.approx(SURE_ODDS * ratio)
    assert worth(()) == {}


def test_beside_a_sure_story_all_count_as_they_are() -> None:
    story = replace(weigh([told_by("x")], [SURE], sections=SECTIONS)[0], salience=Score(9.0))
    assert worth((story,)) == {"s1": 9.0}


def test_the_most_important_story_comes_first_and_equal_ones_keep_their_order() -> None:
    stories = [
        story_of(report("d1", NICKEL), name="s1"),
        story_of(report("d2", NICKEL), name="s2"),
        story_of(
            report("d3", HARBOR), report("d4", HARBOR_AGAIN, publisher="Kalvik Post"), name="s3"
        ),
    ]
    weighed = weigh(stories, [SURE] * 3, sections=SECTIONS)
    assert [weighed_story.story.id for weighed_story in weighed] == ["s3", "s1", "s2"]


def test_each_story_gets_its_section_and_one_of_no_printed_section_has_none() -> None:
    stories = [story_of(report(f"d{n}", NICKEL), name=f"s{n}") for n in range(3)]
    topics = [SURE, {"economy": 0.1, "security": 0.2, "other": 0.7}, {"security": 1.0}]
    weighed = weigh(stories, topics, sections=SECTIONS)
    assert {weighed_story.story.id: weighed_story.section for weighed_story in weighed} == {
        "s0": "economy",
        "s1": "",
        "s2": "security",
    }


def test_without_stories_there_is_nothing_to_weigh() -> None:
    assert weigh([], [], sections=SECTIONS) == ()


def section(topics: Mapping[str, float], sections: Sequence[str] = SECTIONS) -> str:
    (weighed_story,) = weigh([told_by("x")], [topics], sections=sections)
    return weighed_story.section


def test_a_story_stands_in_its_likeliest_section() -> None:
    assert section({"economy": 0.6, "security": 0.3, "other": 0.1}) == "economy"
    assert section({"economy": 0.3, "security": 0.6, "other": 0.1}) == "security"


def test_a_tie_goes_to_the_section_printed_first() -> None:
    torn = {"economy": 0.5, "security": 0.5}
    assert section(torn, ("economy", "security")) == "economy"
    assert section(torn, ("security", "economy")) == "security"


def test_other_is_a_section_like_any_when_it_is_printed() -> None:
    assert section({"economy": 0.2, "other": 0.8}, (*SECTIONS, "other")) == "other"


@given(st.lists(st.fixed_dictionaries(dict.fromkeys(("economy", "security", "other"), shares))))
def test_every_weight_is_above_zero_and_weights_fall(topics: list[dict[str, float]]) -> None:
    stories = [story_of(report(f"d{n}", NICKEL), name=f"s{n}") for n in range(len(topics))]
    values = [
        weighed_story.salience.value for weighed_story in weigh(stories, topics, sections=SECTIONS)
    ]
    assert all(value > 0 for value in values)
    assert values == sorted(values, reverse=True)


def of_sources(**weights: float) -> Story:
    """Make a story told by publishers whose sources have these weights."""
    return story_of(
        *(
            replace(report(f"d{place}", HARBOR, publisher=name), weight=factor)
            for place, (name, factor) in enumerate(weights.items())
        )
    )


def test_a_source_of_double_weight_doubles_what_it_tells_alone() -> None:
    assert weight(of_sources(Courier=2.0)) == 2 * weight(of_sources(Courier=1.0))


def test_the_weights_of_its_publishers_are_averaged_and_named() -> None:
    (mixed,) = weigh([of_sources(Courier=2.0, Post=0.5)], [SURE], sections=SECTIONS)
    assert mixed.salience.terms["sources"] == 1.25
    (usual,) = weigh([of_sources(Courier=1.0, Post=1.0)], [SURE], sections=SECTIONS)
    assert "sources" not in usual.salience.terms


def test_of_two_reports_of_one_publisher_the_heavier_counts() -> None:
    twice = story_of(
        replace(report("d1", HARBOR), weight=0.5), replace(report("d2", HARBOR_AGAIN), weight=1.5)
    )
    (story,) = weigh([twice], [SURE], sections=SECTIONS)
    assert story.salience.terms["sources"] == 1.5
