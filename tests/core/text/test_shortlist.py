"""The stories that can have a brief: how many, of which sagas, and which stand beside others."""

from collections.abc import Mapping
from dataclasses import replace

from briefing.core.model import Action, Document, Kind, Score, Status, Story
from briefing.core.text.choices import NOTHING, Say
from briefing.core.text.importance import Weighed
from briefing.core.text.sagas import Continuation
from briefing.core.text.shortlist import shortlist

MOST = 16


def story(
    name: str,
    odds: float = 6.0,
    *,
    near: str = "",
    say: Say = NOTHING,
    title: str = "Council votes",
    kind: Kind = Kind.WIRE,
) -> Weighed:
    """Make a weighed story of one report."""
    document = Document(f"{name}0", title, "Text.", publisher="P0", kind=kind)
    return Weighed(
        Story(name, (document,), near=((near, 0.5),) if near else ()),
        "economy",
        {},
        Score(odds),
        say,
    )


def chosen(*stories: Weighed, sagas: Mapping[str, str] | None = None, **rest: object) -> str:
    """Return the ids of the stories on the list, in its order."""
    continued = {
        entry.story.id: Continuation(Status.NEW, (sagas or {}).get(entry.story.id, entry.story.id))
        for entry in stories
    }
    listed = shortlist(stories, continued, most=MOST, **rest)  # type: ignore[arg-type]
    return "".join(entry.story.id for entry in listed)


def test_only_what_an_editor_would_likely_tell_is_on_the_list() -> None:
    assert chosen(story("a"), story("b", 1.25), story("c", 1.2)) == "ab"
    assert chosen(story("a", 0.6), story("b", 0.2), story("c", 0.05)) == "ab"


def test_what_is_ahead_or_explains_gives_way_to_news_near_it_that_matters_as_much() -> None:
    assert chosen(story("a"), story("b", near="a", title="Council set to vote"), story("c")) == "ac"
    assert chosen(story("a"), story("b", near="a", kind=Kind.ANALYSIS), story("c")) == "ac"
    stronger = story("b", 7.0, near="a", title="Council set to vote")
    assert chosen(story("a"), stronger) == "ab"
    alone = story("b", near="z", title="Council set to vote")
    assert chosen(story("a"), alone, story("c")) == "abc"


def test_hundreds_of_stories_of_one_section_leave_room_for_another() -> None:
    names = [chr(ord("A") + number) for number in range(200)]
    other = replace(story("other", 5.9), section="sea")
    assert chosen(*map(story, names), other) == "".join(names[:MOST]) + "other"


def test_no_saga_has_more_than_half_while_others_may_be_named() -> None:
    saga = dict.fromkeys("abcde", "a")
    war = [story(name) for name in "abcde"]
    others = [story(name, 0.9) for name in "uvwx"]
    assert chosen(*war, sagas=saga) == "abcde"
    assert chosen(*war, *others, sagas=saga) == "abcduvwx"
    assert chosen(*war[:3], *others, sagas=saga) == "abc"
    wanted = [story(name, say=Say(pulled=True)) for name in "cde"]
    assert chosen(*war[:2], *wanted, *others[:3], sagas=saga) == "acdeuvw"


def test_a_story_is_told_with_the_first_near_it_or_with_what_is_told_with_that() -> None:
    near = {"b": "a", "c": "b", "d": "a", "e": "a", "f": "a", "g": "f"}
    stories = [
        story(name, near=near.get(name, ""), say=Say(place=Action.PIN) if name == "d" else NOTHING)
        for name in "abcdefg"
    ]
    # On a day of thousands of reports not all are followed; the others are new.
    continued = {"a": Continuation(Status.NEW, "a"), "f": Continuation(Status.DEVELOPING, "f")}
    listed = shortlist(stories, continued, most=MOST, apart={"e"})
    assert {
        entry.story.id: [(other.id, likelihood) for other, likelihood in entry.story.beside]
        for entry in listed
    } == {"d": [], "a": [("b", 0.5), ("c", 0.5)], "e": [], "f": [], "g": []}
    assert [entry.story.id for entry in shortlist(stories[:2], continued, most=MOST)] == ["a", "b"]
