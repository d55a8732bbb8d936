"""Weighing stories: their importance to a desk, and why a story is not printed."""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from briefing.core.edition import make_edition
from briefing.core.language import in_language
from briefing.core.model import Action, Choice, Edition, FoundStory, Kind, Material, Score, Story
from briefing.core.text.importance import SURE as SURE_ODDS
from briefing.core.text.importance import (
    WEIGHTS,
    Weighed,
    count_reasons,
    factors,
    found_stories,
    terms,
    worth,
)
from briefing.core.text.opening import log_odds
from briefing.core.text.words import states
from tests.desk import DAY, EDITION, RECIPE, day_before, make
from tests.examples import examples
from tests.fakes import PlainMeasure
from tests.newsday import (
    HARBOR,
    HARBOR_AGAIN,
    NICKEL,
    ORCHIDS,
    RIVER,
    STRAIT,
    TODAY,
    report,
    story_of,
    weigh,
)

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


def test_publishers_of_their_own_weigh_and_owners_and_copies_do_not() -> None:
    assert weight(told_by("Ostra Courier", "Kalvik Post")) > weight(told_by("Ostra Courier"))
    assert weight(told_by("Ostra Courier")) < weight(told_by("Ostra Courier", "Ostra Courier"))
    owned = told_by("Ostra Courier", "Kalvik Post", owner="Meridian Holding")
    assert weight(owned) == weight(told_by("Ostra Courier", "ostra courier"))
    alone = story_of(report("d1", HARBOR))
    copied = Story("s1", alone.documents, copies=(report("d2", HARBOR, publisher="Kalvik Post"),))
    assert weight(copied) == weight(alone)


def test_a_story_that_hardly_belongs_weighs_less_but_one_between_two_sections_does_not() -> None:
    unsure = {"economy": 0.5, "security": 0.0, "other": 0.5}
    assert weight(told_by("Ostra Courier"), unsure) < weight(told_by("Ostra Courier"))
    torn = {"economy": 0.5, "security": 0.45, "other": 0.05}
    assert weight(told_by("Ostra Courier"), torn) == pytest.approx(weight(told_by("x")))


def test_the_weight_is_the_product_of_its_terms() -> None:
    (weighed_story,) = weigh([told_by("a", "b", "c")], [SURE], sections=SECTIONS)
    assert set(weighed_story.salience.terms) >= {"base", "section", "publishers"}
    assert weighed_story.salience.value == pytest.approx(
        math.prod(weighed_story.salience.terms.values())
    )


def test_beside_a_sure_story_all_count_as_they_are_and_else_the_best_as_sure() -> None:
    story = replace(weigh([told_by("x")], [SURE], sections=SECTIONS)[0], salience=Score(9.0))
    assert worth((story,)) == {"s1": 9.0}
    stories = [story_of(report("d1", NICKEL), name="s1"), story_of(report("d2", RIVER), name="s2")]
    topics = [SURE, {"economy": 0.2, "other": 0.8}]
    best, other = weigh(stories, topics, sections=("economy", "other"))
    assert best.salience.value < SURE_ODDS
    odds = worth((best, other))
    assert odds[best.story.id] == pytest.approx(SURE_ODDS)
    ratio = other.salience.value / best.salience.value
    assert odds[other.story.id] == pytest.approx(SURE_ODDS * ratio)
    assert worth(()) == {}


def test_the_most_important_story_comes_first_and_each_gets_its_section() -> None:
    stories = [
        story_of(report("d1", NICKEL), name="s1"),
        story_of(report("d2", NICKEL), name="s2"),
        story_of(
            report("d3", HARBOR), report("d4", HARBOR_AGAIN, publisher="Kalvik Post"), name="s3"
        ),
    ]
    weighed = weigh(stories, [SURE] * 3, sections=SECTIONS)
    assert [weighed_story.story.id for weighed_story in weighed] == ["s3", "s1", "s2"]
    stories = [story_of(report(f"d{n}", NICKEL), name=f"s{n}") for n in range(3)]
    topics = [SURE, {"economy": 0.1, "security": 0.2, "other": 0.7}, {"security": 1.0}]
    weighed = weigh(stories, topics, sections=SECTIONS)
    assert {weighed_story.story.id: weighed_story.section for weighed_story in weighed} == {
        "s0": "economy",
        "s1": "",
        "s2": "security",
    }
    assert weigh([], [], sections=SECTIONS) == ()


def section(topics: Mapping[str, float], sections: Sequence[str] = SECTIONS) -> str:
    (weighed_story,) = weigh([told_by("x")], [topics], sections=sections)
    return weighed_story.section


def test_a_story_stands_in_its_likeliest_section_of_equals_the_one_printed_first() -> None:
    assert section({"economy": 0.6, "security": 0.3, "other": 0.1}) == "economy"
    assert section({"economy": 0.3, "security": 0.6, "other": 0.1}) == "security"
    torn = {"economy": 0.5, "security": 0.5}
    assert section(torn, ("economy", "security")) == "economy"
    assert section(torn, ("security", "economy")) == "security"
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


def test_weights_of_sources_are_averaged_and_the_heaviest_of_a_publisher_counts() -> None:
    assert weight(of_sources(Courier=2.0)) == 2 * weight(of_sources(Courier=1.0))
    (mixed,) = weigh([of_sources(Courier=2.0, Post=0.5)], [SURE], sections=SECTIONS)
    assert mixed.salience.terms["sources"] == 1.25
    (usual,) = weigh([of_sources(Courier=1.0, Post=1.0)], [SURE], sections=SECTIONS)
    assert "sources" not in usual.salience.terms
    twice = story_of(
        replace(report("d1", HARBOR), weight=0.5), replace(report("d2", HARBOR_AGAIN), weight=1.5)
    )
    (story,) = weigh([twice], [SURE], sections=SECTIONS)
    assert story.salience.terms["sources"] == 1.5


PLAIN = "The port of Ostra opened a second quay on Tuesday, the harbor master said."


def known(*stories: Story, share: float = 0.5, kind: Kind = Kind.WIRE) -> list[Mapping[str, float]]:
    """Return the terms of stories of one day."""
    documents = [document for story in stories for document in story.documents]
    return [
        *terms(stories, [share] * len(stories), kinds={document.id: kind for document in documents})
    ]


def of(text: str, *, title: str = "Port opens a quay") -> Mapping[str, float]:
    (values,) = known(story_of(report("d1", (title, text))))
    return values


def test_the_words_of_a_report_tell_whether_it_is_told_where_a_language_has_them() -> None:
    assert {name: value for name, value in of(PLAIN).items() if value and name != "words"} == {
        "wire": 1.0
    }
    truce = of("Russia and Ukraine signed a peace treaty in Vienna on Tuesday, officials said.")
    assert -5 <= of("My cat won a prize.", title="Best cat")["words"] < truce["words"] <= 5
    assert "words" not in in_language(lambda: "de")(lambda: of(PLAIN))()
    assert factors({"deed": 1.0})["deed"] != factors({"deed": 1.0, "words": 0.0})["deed"]


@given(shares)
def test_log_odds_stay_between_bounds_and_grow(share: float) -> None:
    assert -5 <= log_odds(share) <= log_odds(min(1.0, share + 0.1)) <= 5


def test_a_printed_section_counts_by_its_odds_and_a_notice_or_analysis_less() -> None:
    for share, odds in [(0.5, 0.0), (0.8, math.log(4)), (1.0, math.log(9))]:
        (values,) = known(story_of(report("d1", ("Port opens", PLAIN))), share=share)
        assert values["section"] == pytest.approx(odds)
    for kind in [Kind.NOTICE, Kind.ANALYSIS]:
        (values,) = known(story_of(report("d1", ("Port opens", PLAIN))), kind=kind)
        assert factors(values)[str(kind)] < 1


def test_a_party_that_repeats_itself_and_a_wire_that_notices_markets_report_once() -> None:
    twice = story_of(report("d1", ("Port opens", PLAIN)), report("d2", ("Port opens", PLAIN)))
    (wire,) = known(twice)
    (statement,) = known(twice, kind=Kind.STATEMENT)
    assert wire["publishers"] > statement["publishers"] == 0
    closings = [report(f"d{n}", ("Copper closes lower", PLAIN), hour=n) for n in range(3)]
    (values,) = known(story_of(*closings), kind=Kind.NOTICE)
    assert values["publishers"] == 0


@pytest.mark.parametrize(
    ("publishers", "count"), [("Courier Post Courier", 2), ("Courier Courier Courier", 3)]
)
def test_publishers_count_by_their_logarithm_or_else_reports(publishers: str, count: int) -> None:
    reports = [
        report(f"d{place}", ("Port opens", PLAIN), publisher=name)
        for place, name in enumerate(publishers.split())
    ]
    (values,) = known(story_of(*reports))
    assert values["publishers"] == pytest.approx(math.log(count))


def test_a_story_is_what_one_of_its_reports_tells_and_asks_as_often_as_they_do() -> None:
    (values,) = known(
        story_of(
            report("d1", ("Why does the port matter?", PLAIN), publisher="Courier"),
            report("d2", ("Russia attacks the port", PLAIN), publisher="Post"),
        )
    )
    assert (values["deed"], values["question"]) == (1, 0.5)
    assert values["headline"] == pytest.approx(math.log(2))


@examples("text, named", named=set)
def test_states_are_known_by_name_people_and_seat(text: str, named: set[str]) -> None:
    assert states(text) == named


def test_states_powers_and_offices_count_up_to_a_number() -> None:
    many = "France, Spain, Italy, Poland, Norway and Chad met the president, the king and NATO."
    values = of(many, title="France, Spain, Italy and Poland meet")
    counts = (values["states"], values["headline"], values["powers"])
    assert counts == (math.log(5), math.log(4), 2.0)
    hostile = "President A.A" + ".A" * 50_000
    assert of(hostile, title="A a")["office"] == 0


@examples("title, deed, question")
def test_a_headline_tells_a_deed_or_asks(title: str, deed: float, question: float) -> None:
    values = of(PLAIN, title=title)
    assert (values["deed"], values["question"]) == (deed, question)


@examples("title, casualties, light")
def test_a_headline_is_grave_or_light(title: str, casualties: float, light: float) -> None:
    values = of(PLAIN, title=title)
    assert (values["casualties"], values["light"]) == (casualties, light)


@examples("title, text, office")
def test_a_headline_names_somebody_in_office(title: str, text: str, office: float) -> None:
    assert of(text, title=title)["office"] == office


def test_factors_are_the_odds_which_fall_with_the_number_of_stories() -> None:
    pair = [story_of(report(name, ("Port opens", PLAIN)), name=name) for name in ("d1", "d2")]
    first, second = known(*pair)
    assert first["stories"] == second["stories"] == math.log(2)
    assert max(WEIGHTS["stories"]) < 0
    found = factors({"deed": 1.0, "question": 0.0, "wire": 1.0})
    assert found == {
        "base": round(math.exp(WEIGHTS["base"][1]), 3),
        "deed": round(math.exp(WEIGHTS["deed"][1]), 3),
    }


def of_report(edition: Edition, name: str) -> FoundStory:
    (found,) = (one for one in edition.ledger.ranked if name in one.documents)
    return found


def test_every_story_is_kept_with_its_reports_and_the_numbers_of_its_evidence() -> None:
    found = EDITION.ledger.ranked
    assert len(found) == EDITION.ledger.stories
    assert of_report(EDITION, "harbor").documents == ("harbor", "again", "copied")
    assert of_report(EDITION, "harbor").headline == HARBOR[0]
    weights = [one.salience for one in found]
    assert weights == sorted(weights, reverse=True)
    assert all(one.why == "" for one in found if one.documents != ("orchids",))
    orchids = of_report(EDITION, "orchids")
    assert orchids.why == "of no section of this briefing"
    assert orchids.section in RECIPE.sections
    assert orchids.probability < 0.5
    for story, evidence in EDITION.evidence.items():
        (its,) = (one for one in found if one.story == story)
        assert its.salience == evidence.salience.value
        assert its.probability == evidence.sections[its.section]


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
        "s2", STRAIT[0], ("s2", "s2-copy"), "security", 0.75, 0.5, "not important enough"
    )


def test_what_is_not_printed_says_why_and_no_story_is_lost() -> None:
    for edition in (EDITION, make((report("d1", ORCHIDS), report("d2", STRAIT))).edition):
        reasons = Counter(one.why for one in edition.ledger.ranked if one.why)
        assert reasons == edition.ledger.dropped_stories
    ledger = EDITION.ledger
    up = {one.story for one in ledger.ranked if not one.why}
    told = {brief.story for brief in EDITION.briefs()} | {story for story, _, _ in ledger.no_room}
    assert up == told
    at = datetime(2026, 3, 12, 5, tzinfo=UTC)
    drop = Choice(1, TODAY, Action.DROP, "river", "", RIVER[0], "ada", at)
    strait = report("y1", STRAIT)
    material = Material(DAY, TODAY, [day_before(strait)], choices=(drop,))
    edition = make_edition(material, recipe=RECIPE, measure=PlainMeasure()).edition
    assert of_report(edition, "river").why == "left out by an editor"
    assert of_report(edition, "strait").why == "without a new sentence that can stand alone"
