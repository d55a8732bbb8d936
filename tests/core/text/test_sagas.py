"""Sagas: which stories of earlier weeks a story goes on with."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from briefing.core.model import (
    Edition,
    NamedStory,
    Panel,
    Saga,
    SagaEntry,
    SagaRegister,
    Status,
    Story,
)
from briefing.core.text.sagas import find_sagas, number_of, register_of, tellings
from briefing.core.text.segment import segment
from tests.newsday import (
    HARBOR,
    HARBOR_AGAIN,
    NICKEL,
    ORCHIDS,
    RIVER,
    STRAIT,
    STRAIT_NEXT,
    TODAY,
    brief_of,
    edition_of,
    report,
    story_of,
)

NOTHING = SagaRegister()


def told(*news: tuple[str, str], ago: int = 1, top: bool = True) -> Edition:
    """Make the edition of some days ago that told these news as s1, s2 …."""
    day = TODAY - timedelta(ago)
    return edition_of(
        *(
            brief_of(report(f"{ago}-{n}", one, day=day), 0, 1, story=f"s{n}", top=top and n == 1)
            for n, one in enumerate(news, 1)
        ),
        day=day,
    )


def find(
    *news: tuple[str, str],
    before: list[Edition],
    register: SagaRegister = NOTHING,
    follows: tuple[tuple[str, str], ...] = (),
) -> tuple[Saga | None, ...]:
    stories = [story_of(report(f"t{n}", one), name=f"s{n}") for n, one in enumerate(news, 1)]
    return find_sagas(
        stories, before, follows=[follows for _ in stories], register=register, day=TODAY
    )


def test_a_story_goes_on_with_one_of_two_weeks_ago() -> None:
    old = told(NICKEL, STRAIT, ago=14)
    (saga, other) = find(STRAIT_NEXT, ORCHIDS, before=[old])
    assert other is None
    assert saga is not None
    (entry,) = saga.entries
    assert (saga.id, saga.since) == ("", old.day)
    assert (entry.edition, entry.day, entry.story) == (old.id, old.day, "s2")
    assert entry.headline == STRAIT[0]
    assert entry.sentence.text.startswith("Armed patrol boats of Serrat")
    assert saga.day_of(TODAY) == 15


@pytest.mark.parametrize(("ago", "known"), [(1, True), (30, True), (31, False), (0, False)])
def test_an_edition_counts_for_thirty_days_and_not_on_its_own(ago: int, *, known: bool) -> None:
    (saga,) = find(STRAIT, before=[told(STRAIT, ago=ago)])
    assert (saga is not None) == known


def test_a_story_like_none_begins() -> None:
    assert find(ORCHIDS, before=[told(STRAIT, NICKEL, RIVER, ago=3)]) == (None,)
    assert find(ORCHIDS, before=[]) == (None,)
    assert find(before=[told(STRAIT)]) == ()
    assert find(("", ""), before=[told(STRAIT)]) == (None,)


def test_the_saga_of_the_register_has_its_id_its_first_day_and_one_entry_an_edition() -> None:
    first, second = told(STRAIT, NICKEL, ago=9), told(STRAIT, STRAIT_NEXT, ago=2)
    of = {(first.id, "s1"): "s4", (second.id, "s1"): "s4", (second.id, "s2"): "s4"}
    register = SagaRegister(of, {"s4": date(2026, 1, 2)}, 4)
    (saga,) = find(STRAIT_NEXT, before=[second, first], register=register)
    assert saga is not None
    assert (saga.id, saga.since) == ("s4", date(2026, 1, 2))
    assert [(one.edition, one.story) for one in saga.entries] == [
        (first.id, "s1"),
        (second.id, "s1"),
    ]


def test_the_same_event_is_the_same_saga_however_it_is_told() -> None:
    old = told(NICKEL, ago=2)
    unlike = find(ORCHIDS, before=[old], follows=(("none", "s1"), (old.id, "s1")))
    (saga,) = unlike
    assert saga is not None
    assert saga.entries[0].headline == NICKEL[0]
    assert find(ORCHIDS, before=[old], follows=(("none", "s1"),)) == (None,)


def test_what_is_likelier_than_the_same_event_counts() -> None:
    old = told(STRAIT, NICKEL, ago=2)
    (saga,) = find(STRAIT, before=[old], follows=((old.id, "s2"),))
    assert saga is not None
    assert saga.entries[0].story == "s1"


class TestMerging:
    """A story of an event that two sagas told says so."""

    FIRST, SECOND = told(STRAIT, ago=9), told(STRAIT, ago=2)
    SAME = ((SECOND.id, "s1"), (FIRST.id, "s1"))

    def of(
        self,
        *apart: frozenset[str],
        news: tuple[str, str] = STRAIT,
        sagas: tuple[str, ...] = ("s4", "s7"),
    ) -> Saga | None:
        keys = (self.FIRST.id, "s1"), (self.SECOND.id, "s1")
        register = SagaRegister(dict(zip(keys, sagas, strict=False)), {}, 7, frozenset(apart))
        before = [self.FIRST, self.SECOND]
        (saga,) = find(news, before=before, register=register, follows=self.SAME)
        return saga

    @pytest.mark.parametrize("news", [STRAIT, ORCHIDS])
    def test_it_goes_on_with_one_and_names_the_other(self, news: tuple[str, str]) -> None:
        saga = self.of(news=news)
        assert saga is not None
        assert (saga.id, saga.also, len(saga.entries)) == ("s7", ("s4",), 1)

    def test_an_editor_has_said_that_they_are_two(self) -> None:
        saga = self.of(frozenset({"s4", "s7"}), frozenset({"s4", "s1"}))
        assert saga is not None
        assert (saga.id, saga.also) == ("s7", ())

    @pytest.mark.parametrize("sagas", [("s4",), ("s4", "s4"), ()])
    def test_tellings_of_one_saga_or_none_are_nothing_to_merge(
        self, sagas: tuple[str, ...]
    ) -> None:
        saga = self.of(sagas=sagas)
        assert saga is not None
        assert saga.also == ()


def test_the_order_of_editions_does_not_matter() -> None:
    editions = [told(STRAIT, HARBOR, ago=2), told(STRAIT_NEXT, ago=5), told(HARBOR_AGAIN, ago=8)]
    news = (STRAIT_NEXT, HARBOR)
    assert find(*news, before=editions) == find(*news, before=editions[::-1])


def test_tells_stories_in_printed_order_with_the_sentences_of_all_their_briefs() -> None:
    document = report("d1", STRAIT)
    edition = edition_of(
        brief_of(report("d2", NICKEL), 0, story="s2"),
        brief_of(document, 0, story="s1", top=True),
        brief_of(document, 2, story="s1"),
        replace(brief_of(report("d3", RIVER), 0, story="s3"), sentences=()),
    )
    first, second = tellings(edition)
    assert (first.story, len(first.sentences), second.story) == ("s1", 2, "s2")


def test_a_story_only_named_is_not_told() -> None:
    document = report("d1", STRAIT)
    title = brief_of(document, 0).sentences[0]
    panel = Panel(also=(NamedStory("s1", title, Status.NEW),))
    edition = replace(edition_of(), panel=panel)
    assert not [*tellings(edition)]


def test_editions_say_themselves_which_stories_are_which_saga() -> None:
    first, second, third = (told(STRAIT, NICKEL, ago=ago) for ago in (9, 5, 1))
    saga = Saga("s12", first.day, (_entry(first),))
    more = replace(saga, entries=(*saga.entries, _entry(second)))
    second, third = _with(second, saga), _with(third, more)
    register = register_of([third, first, second])
    assert register.of == {(one.id, "s1"): "s12" for one in (first, second, third)}
    assert (register.since, register.last) == ({"s12": first.day}, 12)
    assert register_of([first]) == SagaRegister()
    assert number_of("s12") == 12


def _entry(edition: Edition) -> SagaEntry:
    return next(tellings(edition)).entry


def _with(edition: Edition, saga: Saga) -> Edition:
    (section,) = edition.sections
    first, *rest = section.briefs
    briefs = (replace(first, saga=saga), *rest)
    return replace(edition, sections=(replace(section, briefs=briefs),))


@given(st.lists(st.text(max_size=80), max_size=3), st.lists(st.text(max_size=80), max_size=3))
def test_of_any_text_no_story_is_of_two_sagas(today: list[str], before: list[str]) -> None:
    documents = [report(f"o{n}", (text, text), day=TODAY) for n, text in enumerate(before)]
    briefs = [brief_of(one, 0, story=one.id) for one in documents if segment(one)]
    old = edition_of(*briefs)
    stories = [Story(f"s{n}", (report(f"t{n}", (t, t)),)) for n, t in enumerate(today)]
    found = find_sagas(stories, [old], follows=[() for _ in stories], register=NOTHING, day=TODAY)
    assert len(found) == len(stories)
    assert all(saga is None or len(saga.entries) == 1 for saga in found)
