"""Stories that readers' watch-lists name, beside those that are printed anyway."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from briefing.core.model import Action, Document, Score, Sentence, Story, WatchHit
from briefing.core.text.choices import Say
from briefing.core.text.chosen_lists import named_for_readers
from briefing.core.text.weigh import Weighed

SECTIONS = ("economy", "security")


def weighed(name: str, *, section: str = "economy", say: Say | None = None) -> Weighed:
    story = Story(name, (Document(name, f"Title of {name}", ""),))
    return Weighed(story, section, {"security": 0.4}, Score(1.0, {}), say or Say())


def hit(name: str, *, of: str = "africa", start: int = 0) -> WatchHit:
    return WatchHit(of, of, "Nambuda", Sentence(name, start, start + 7, "Nambuda"))


def named(
    told: Sequence[Weighed],
    hits: Mapping[str, Sequence[WatchHit]],
    *lists: str,
    most: int = 9,
    beside: Sequence[Weighed] = (),
) -> list[tuple[str, str]]:
    found = named_for_readers(
        told, hits, lists or ("africa",), sections=SECTIONS, most=most, beside=beside
    )
    return [(one.story.id, one.section) for one in found]


A, B, C = (weighed(name) for name in "abc")


def test_what_names_a_list_is_found_in_the_order_given() -> None:
    hits = {"c": [hit("c")], "a": [hit("a", start=5_000)]}
    assert named([A, B, C], hits) == [("a", "economy"), ("c", "economy")]
    assert named([A, B, C], hits, "asia") == []
    assert named([A, B, C], {}) == []


def test_a_story_of_no_section_stands_in_its_likeliest() -> None:
    assert named([replace(A, section="")], {"a": [hit("a")]}) == [("a", "security")]


def test_what_an_editor_left_out_stays_so() -> None:
    assert named([weighed("a", say=Say(Action.DROP))], {"a": [hit("a")]}) == []


def test_of_each_list_there_are_as_many_as_a_page_prints_first_those_about_it() -> None:
    hits = {"a": [hit("a", start=5_000)], "b": [hit("b")], "c": [hit("c", of="asia")]}
    assert named([A, B, C], hits, "africa", "asia", most=1) == [("b", "economy"), ("c", "economy")]


def test_what_is_printed_anyway_counts_among_them() -> None:
    hits = {name: [hit(name)] for name in "abc"}
    assert named([A, B, C], hits, most=2, beside=[A]) == [("b", "economy")]
