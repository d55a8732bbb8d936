"""Which stories a page names beside those that it prints."""

from collections.abc import Mapping
from dataclasses import replace

from briefing.core.model import Action, Edition, Kind, Material, NamedStory, Sentence, Status, Story
from briefing.core.own_page import name_stories
from briefing.core.text.choices import Say
from briefing.core.text.importance import Weighed
from briefing.core.text.sagas import find_continuations
from tests.desk import day_before
from tests.newsday import (
    HARBOR,
    HARBOR_AGAIN,
    NICKEL,
    ORCHIDS,
    RIVER,
    STRAIT,
    STRAIT_NEXT,
    TODAY,
    report,
    story_of,
    weigh,
)

SECTIONS = ("economy", "security", "diplomacy")
ECONOMY: Mapping[str, float] = {"economy": 0.9, "other": 0.1}
OTHER: Mapping[str, float] = {"economy": 0.3, "other": 0.7}

NICKEL_STORY = story_of(report("nickel", NICKEL), name="s1")
ORCHIDS_STORY = story_of(report("orchids", ORCHIDS), name="s2")


def named(
    *stories: tuple[Story, Mapping[str, float]], previous: Edition | None = None
) -> tuple[NamedStory, ...]:
    told, topics = zip(*stories, strict=True)
    weighed = weigh(told, topics, sections=SECTIONS)
    return names(weighed, previous)


def names(weighed: tuple[Weighed, ...], previous: Edition | None = None) -> tuple[NamedStory, ...]:
    material = Material((), TODAY, before=[previous] if previous else [])
    stories = [one.story for one in weighed]
    found = find_continuations(stories, material)
    continued = {one.id: its for one, its in zip(stories, found, strict=True)}
    return name_stories(weighed, continued=continued)


def test_stories_are_named_by_title_source_and_section_by_publishers() -> None:
    (only,) = named((NICKEL_STORY, ECONOMY))
    title = NICKEL[0]
    assert only == NamedStory("s1", Sentence("nickel", 0, len(title), title), Status.NEW, "economy")
    found = named((ORCHIDS_STORY, OTHER), (NICKEL_STORY, ECONOMY))
    assert [(one.story, one.section) for one in found] == [("s1", "economy"), ("s2", "")]
    reports = (report(f"o{n}", RIVER, publisher=f"Paper {n}") for n in range(6))
    wide = story_of(*reports, name="s3")
    assert [one.story for one in named((NICKEL_STORY, OTHER), (wide, OTHER))] == ["s3", "s1"]


def test_a_story_that_moved_on_comes_first_and_one_that_repeats_is_left_out() -> None:
    before = day_before(report("h1", HARBOR), report("t1", STRAIT))
    moved = story_of(report("t2", STRAIT_NEXT), name="s4")
    repeated = story_of(report("h3", HARBOR), name="s5")
    found = named((NICKEL_STORY, ECONOMY), (moved, OTHER), previous=before)
    assert [(one.story, one.status) for one in found] == [
        ("s4", Status.DEVELOPING),
        ("s1", Status.NEW),
    ]
    assert named((repeated, ECONOMY), previous=before) == ()


def test_a_story_is_named_by_a_plain_title_or_the_one_that_an_editor_chose() -> None:
    loud = report("loud", (RIVER[0].upper(), RIVER[1]))
    plain = report("plain", RIVER, publisher="Kalvik Post")
    (only,) = named((story_of(loud, plain), ECONOMY))
    assert only.title.document == "plain"
    told = story_of(report("harbor", HARBOR), report("again", HARBOR_AGAIN), name="s1")
    (entry,) = weigh([told], [ECONOMY], sections=SECTIONS)
    other = next(one.title for one in told.documents if one.title != names((entry,))[0].title.text)
    (document,) = [one.id for one in told.documents if one.title == other]
    (only,) = names((replace(entry, say=Say(titled=document)),))
    assert (only.title.text, only.title.document) == (other, document)


def test_stories_that_cannot_be_named_or_have_the_title_of_another_are_not() -> None:
    market = story_of(report("m1", ("Copper closes lower in quiet trading", NICKEL[1])), name="s6")
    wide = story_of(report("h1", HARBOR), report("h2", HARBOR_AGAIN, publisher="Post"), name="s7")
    told = (market, NICKEL_STORY, wide)
    plain = weigh(told, [ECONOMY] * 3, sections=SECTIONS)
    assert {one.story for one in names(plain)} == {"s1", "s6", "s7"}
    notice = weigh(told, [ECONOMY] * 3, sections=SECTIONS, kinds={"m1": Kind.NOTICE})
    assert {one.story for one in names(notice)} == {"s1", "s7"}
    assert named((story_of(report("d1", ("", NICKEL[1]))), ECONOMY)) == ()
    (one,) = weigh([NICKEL_STORY], [ECONOMY], sections=SECTIONS)
    dropped = replace(one, say=Say(Action.DROP))
    assert names((dropped,)) == ()
    twin = story_of(report("twin", (NICKEL[0], RIVER[1])), name="s2")
    wide = story_of(report("n1", NICKEL), report("n2", NICKEL, publisher="Post"), name="s1")
    assert [one.story for one in named((wide, ECONOMY), (twin, ECONOMY))] == ["s1"]
    long = report("long", ("Nickel " * 22, NICKEL[1]))
    assert named((story_of(long, name="s1"), ECONOMY)) == ()
    short = report("short", NICKEL, publisher="Post")
    (only,) = named((story_of(long, short, name="s1"), ECONOMY))
    assert only.title.text == NICKEL[0]
