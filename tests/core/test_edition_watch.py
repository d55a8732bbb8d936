"""The pipeline on an invented day with watch-lists, also those that only some readers chose."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import pytest

from briefing.core.edition import make_edition
from briefing.core.model import (
    Action,
    Brief,
    Choice,
    Document,
    Edition,
    Material,
    Score,
    Sentence,
    Story,
    WatchEntry,
    WatchHit,
    WatchList,
)
from briefing.core.own_page import named_for_readers
from briefing.core.page.fit import refit
from briefing.core.text.choices import Say
from briefing.core.text.importance import Weighed
from briefing.core.text.watch import Matcher
from tests.desk import BY_ID, DAY, EDITION, FERRY, RECIPE, chosen, headlines
from tests.fakes import PlainMeasure
from tests.newsday import HARBOR, NICKEL, ORCHIDS, RIVER, STRAIT, TODAY, report
from tests.present import present

BRENN = WatchEntry("Brenn")
SERRAT = WatchEntry("Serrat", ("Ottar",))


def made(
    *entries: WatchEntry,
    documents: Sequence[Document] = DAY,
    pull: bool = False,
    choices: tuple[Choice, ...] = (),
    room: float = 700.0,
) -> Edition:
    watch = Matcher.of([WatchList("desk", entries, "The desk", pull=pull)])
    return make_edition(
        Material(documents, TODAY, choices=choices),
        recipe=replace(RECIPE, watch=watch),
        measure=PlainMeasure(room=room),
    ).edition


def brief_of(edition: Edition, headline: str) -> Brief:
    return next(one for one in edition.briefs() if one.headline == headline)


def hits(edition: Edition) -> Iterator[WatchHit]:
    for brief in edition.briefs():
        yield from brief.watched
    for named in edition.panel.also:
        yield from named.watched


def test_a_story_is_marked_with_exact_slices_and_nothing_else_changes() -> None:
    edition = made(SERRAT)
    (hit,) = hits(edition)
    assert (hit.list, hit.label, hit.entry, hit.pull) == ("desk", "The desk", "Serrat", False)
    assert brief_of(edition, STRAIT[0]).watched == (hit,)
    bare = replace(edition, sections=(), panel=replace(edition.panel, also=()))
    assert bare == replace(EDITION, sections=(), panel=replace(EDITION.panel, also=()))
    assert [replace(one, watched=()) for one in edition.briefs()] == list(EDITION.briefs())
    assert [*edition.passages()] == [*EDITION.passages()]
    edition = made(SERRAT, WatchEntry("Port Ostra"), WatchEntry("Kalvik"), BRENN)
    for one in edition.briefs():
        for hit in one.watched:
            source = BY_ID[hit.words.document]
            whole = source.title if hit.titled else source.text
            assert whole[hit.words.start : hit.words.end] == hit.words.text
    (strait,) = brief_of(edition, STRAIT[0]).watched
    assert any(map(strait.within, brief_of(edition, STRAIT[0]).sentences))
    edition = made(SERRAT, BRENN, pull=True)
    again = refit(edition, PlainMeasure(room=900.0))
    assert list(hits(again)) == list(hits(edition))


def test_a_story_of_no_section_is_printed_where_it_is_strongest() -> None:
    assert ORCHIDS[0] not in [one.headline for one in EDITION.briefs()]
    assert ORCHIDS[0] not in [one.headline for one in made(BRENN).briefs()]
    edition = made(BRENN, pull=True)
    homes = [name for name, told in headlines(edition).items() if ORCHIDS[0] in told]
    assert len(homes) == 1
    assert present(edition.top).headline == present(EDITION.top).headline
    assert all(hit.pull for hit in hits(edition))


def test_what_is_pulled_in_stands_first_in_its_section_behind_a_pin() -> None:
    ranked = headlines(EDITION)["economy"]
    last = next(one for one in DAY if one.title == ranked[-1])
    edition = made(WatchEntry(last.title), pull=True)
    top = present(edition.top).headline
    assert next(one for one in headlines(edition)["economy"] if one != top) == last.title
    edition = made(BRENN, pull=True, choices=(chosen("drop", BY_ID["orchids"]),))
    shown = [one.headline for one in edition.briefs()] + [
        one.title.text for one in edition.panel.also
    ]
    assert ORCHIDS[0] not in shown
    told = [report(name, text) for name, text in (("h", HARBOR), ("n", NICKEL), ("f", FERRY))]
    choices = chosen("pin", told[2]), chosen("top", told[0], id=2)
    names = WatchEntry("nickel"), WatchEntry("Ulm")
    edition = made(*names, documents=told, pull=True, choices=choices)
    assert headlines(edition)["economy"] == [FERRY[0], NICKEL[0]]


@pytest.mark.parametrize("room", [200.0, 300.0])
def test_without_room_it_is_named_before_all_others(room: float) -> None:
    told = [HARBOR, NICKEL, RIVER, STRAIT, FERRY, ORCHIDS]
    reports = [report(f"r{number}", one) for number, one in enumerate(told)]
    edition = made(BRENN, documents=reports, pull=True, room=room)
    printed = [one.headline for one in edition.briefs()]
    named = [one.title.text for one in edition.panel.also]
    assert ORCHIDS[0] in (*named[:1], *printed)
    assert (named[:1] == [ORCHIDS[0]]) is (room < 300)
    (hit,) = hits(edition)
    assert hit.entry == "Brenn"


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


def test_hits_of_what_is_not_printed_are_listed_in_the_order_given() -> None:
    hits = {"c": [hit("c")], "a": [hit("a", start=5_000)]}
    assert named([A, B, C], hits) == [("a", "economy"), ("c", "economy")]
    assert named([A, B, C], hits, "asia") == []
    assert named([A, B, C], {}) == []
    assert named([replace(A, section="")], {"a": [hit("a")]}) == [("a", "security")]
    assert named([weighed("a", say=Say(Action.DROP))], {"a": [hit("a")]}) == []
    hits = {"a": [hit("a", start=5_000)], "b": [hit("b")], "c": [hit("c", of="asia")]}
    assert named([A, B, C], hits, "africa", "asia", most=1) == [("b", "economy"), ("c", "economy")]
    hits = {name: [hit(name)] for name in "abc"}
    assert named([A, B, C], hits, most=2, beside=[A]) == [("b", "economy")]
