"""Commentary stands beside its event, and is no story of its own."""

from __future__ import annotations

from dataclasses import replace

from briefing.core.model import Action, Score, Story
from briefing.core.text.choices import NOTHING, Say
from briefing.core.text.commentary import beside_events
from briefing.core.text.style import opinion_of
from briefing.core.text.weigh import Weighed
from tests.newsday import HARBOR, HARBOR_COLUMN, NICKEL, report, story_of

EVENT = replace(story_of(report("harbor", HARBOR), name="s1"), near=(("s2", 0.4),))
COLUMN = replace(
    story_of(report("column", HARBOR_COLUMN), name="s2"), near=(("s3", 0.5), ("s1", 0.4))
)
OTHER = story_of(report("nickel", NICKEL), name="s4")


def weighed(story: Story, *, section: str = "security", say: Say = NOTHING) -> Weighed:
    return Weighed(story, section, {}, Score(1.0), say, opinion_of(story.documents))


def test_commentary_goes_to_its_event_and_the_others_stay_as_they_are() -> None:
    column, event, other = weighed(COLUMN), weighed(EVENT), weighed(OTHER)
    kept = beside_events([column, event, other])
    assert [one.story.id for one in kept] == ["s1", "s4"]
    assert kept[0].story.commentary == ((COLUMN.documents[0], 0.4),)
    assert kept[0].story.reports == 1
    assert kept[1] == other


def test_without_its_event_commentary_is_a_story() -> None:
    column = weighed(COLUMN)
    assert beside_events([column]) == (column,)
    elsewhere = weighed(EVENT, section="")
    assert beside_events([column, elsewhere]) == (column, elsewhere)


def test_commentary_is_no_event_for_commentary() -> None:
    second = replace(COLUMN, id="s3", near=(("s2", 0.5),))
    both = (weighed(COLUMN), weighed(second))
    assert beside_events(both) == both


def test_what_an_editor_chose_is_left_alone() -> None:
    pinned = weighed(COLUMN, say=Say(section="economy"))
    assert beside_events([weighed(EVENT), pinned]) == (weighed(EVENT), pinned)
    dropped = weighed(EVENT, say=Say(place=Action.DROP))
    assert beside_events([dropped, weighed(COLUMN)]) == (dropped, weighed(COLUMN))
