"""What makes it likely that an editor would tell a story."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from briefing.core.model import Kind, Story
from briefing.core.text.importance import WEIGHTS, factors, terms
from briefing.core.text.likeness import bag
from briefing.core.text.places import states
from tests.newsday import report, story_of

PLAIN = "The port of Ostra opened a second quay on Tuesday, the harbor master said."


def known(*stories: Story, share: float = 0.5, kind: Kind = Kind.WIRE) -> list[Mapping[str, float]]:
    """Return the terms of stories of one day."""
    documents = [document for story in stories for document in story.documents]
    return [
        *terms(
            stories,
            [share] * len(stories),
            bags={document.id: bag(document) for document in documents},
            kinds={document.id: kind for document in documents},
        )
    ]


def of(text: str, *, title: str = "Port opens a quay") -> Mapping[str, float]:
    (values,) = known(story_of(report("d1", (title, text))))
    return values


def test_a_plain_story_alone_has_no_term_but_its_kind() -> None:
    assert {name: value for name, value in of(PLAIN).items() if value} == {"wire": 1.0}


@pytest.mark.parametrize(("share", "odds"), [(0.5, 0.0), (0.8, math.log(4)), (1.0, math.log(9))])
def test_a_printed_section_counts_by_its_odds_up_to_nine_to_one(share: float, odds: float) -> None:
    (values,) = known(story_of(report("d1", ("Port opens", PLAIN))), share=share)
    assert values["section"] == pytest.approx(odds)


def test_a_party_that_repeats_itself_is_no_second_report() -> None:
    twice = story_of(report("d1", ("Port opens", PLAIN)), report("d2", ("Port opens", PLAIN)))
    (wire,) = known(twice)
    (statement,) = known(twice, kind=Kind.STATEMENT)
    assert wire["publishers"] > statement["publishers"] == 0


def test_publishers_count_by_their_logarithm() -> None:
    story = story_of(
        report("d1", ("Port opens", PLAIN), publisher="Courier"),
        report("d2", ("Port opens", PLAIN), publisher="Post"),
    )
    (values,) = known(story)
    assert values["publishers"] == pytest.approx(math.log(2 + math.log(2) / 2))


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("Russia and Ukraine spoke in Vienna.", {"Russia", "Ukraine", "Vienna"}),
        (
            "A Russian ship passed a Chinese one; Russia said nothing.",
            {"Russia", "China"},
        ),
        ("The U.S. and the United States are one, and so is the US.", {"US"}),
        ("U.S. AND SOVIETS DRAFT TREATY WITH IRAN", {"US", "Soviets", "Iran"}),
        ("Georgians may polish the turkey.", set()),
    ],
)
def test_states_are_known_by_name_people_and_seat(text: str, named: set[str]) -> None:
    assert states(text) == named


def test_states_and_powers_count_up_to_a_number() -> None:
    many = "France, Spain, Italy, Poland, Norway and Chad met the president, the king and NATO."
    values = of(many, title="France, Spain, Italy and Poland meet")
    counts = (values["states"], values["headline"], values["powers"])
    assert counts == (math.log(5), math.log(4), 2.0)


@pytest.mark.parametrize(
    ("title", "deed", "question"),
    [
        ("Ostra seizes the ferry", 1.0, 0.0),
        ("Ministers test-fire a rocket", 1.0, 0.0),
        ("Harbor master praises the weather", 0.0, 0.0),
        ("What we know of the ferry", 0.0, 1.0),
        ("Ferry may sail", 0.0, 1.0),
        ("A ferry, at last?", 0.0, 1.0),
        ("Maya sails", 0.0, 0.0),
    ],
)
def test_a_headline_tells_a_deed_or_asks(title: str, deed: float, question: float) -> None:
    values = of(PLAIN, title=title)
    assert (values["deed"], values["question"]) == (deed, question)


def test_what_other_reports_speak_of_has_attention() -> None:
    siege = story_of(report("d1", ("Siege of Kalvik", "Kalvik is under siege.")), name="s1")
    talks = story_of(report("d2", ("Talks on Kalvik", "Envoys spoke of Kalvik.")), name="s2")
    bread = story_of(report("d3", ("Bread prices", "Bakers raised prices.")), name="s3")
    first, second, third = known(siege, talks, bread)
    assert first["attention"] == second["attention"] > 0 > third["attention"]


def test_own_reports_draw_no_attention_to_a_story() -> None:
    pair = [report(name, ("Siege of Kalvik", "Kalvik is under siege.")) for name in ("d1", "d2")]
    alone = story_of(report("d3", ("Bread prices", "Bakers raised prices.")), name="s2")
    first, second = known(story_of(*pair), alone)
    assert first["attention"] == second["attention"] == 0


def test_the_latest_of_a_day_counts_more_and_one_without_a_time_nothing() -> None:
    def at(name: str, hour: int | None) -> Story:
        when = None if hour is None else datetime(2026, 3, 11, hour, tzinfo=UTC)
        return story_of(replace(report(name, ("Port opens", PLAIN)), published=when), name=name)

    early, late, unknown = known(at("d1", 6), at("d2", 18), at("d3", None))
    assert (early["latest"], late["latest"], unknown["latest"]) == (-1.0, 1.0, 0.0)


def test_factors_are_the_odds_and_what_changes_nothing_is_left_out() -> None:
    found = factors({"deed": 1.0, "question": 0.0, "wire": 1.0})
    assert found == {
        "base": round(math.exp(WEIGHTS["base"]), 3),
        "deed": round(math.exp(WEIGHTS["deed"]), 3),
    }


@pytest.mark.parametrize("kind", [Kind.NOTICE, Kind.ANALYSIS])
def test_a_notice_and_an_analysis_weigh_less_than_a_report(kind: Kind) -> None:
    (values,) = known(story_of(report("d1", ("Port opens", PLAIN))), kind=kind)
    assert factors(values)[str(kind)] < 1
