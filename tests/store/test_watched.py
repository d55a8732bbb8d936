"""What editions name of watch-lists, as it is kept: by list and day."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import text

from briefing.core.model import Edition, NamedStory, Section, Sentence, Status, WatchHit
from briefing.store import Store, watched
from briefing.store.tables import EDITION
from briefing.store.watched import WatchedStory
from tests.store.archives import DESK, edition, insert_edition, report
from tests.store.news import DAY, TODAY

FERRY = report(1, "Ferry runs aground", "A ferry ran aground off Sarn. Its crew is safe.")
MINES = report(2, "Mines at sea", "Two mines drifted near the lane. The navy took both away.")
DOCK = report(3, "Ferry in dock at Sarn", "The ferry was towed to a dock. Repairs take weeks.")


def hit(words: Sentence, entry: str, *, list: str = "coast", titled: bool = False) -> WatchHit:
    return WatchHit(list, list, entry, words, titled=titled)


def word(source_text: str, document: str, entry: str) -> Sentence:
    start = source_text.index(entry)
    return Sentence(document, start, start + len(entry), entry)


def watching(made: Edition, *hits: WatchHit, story: str = "s1") -> Edition:
    """Let a story of an edition name entries."""
    return replace(
        made,
        sections=tuple(
            Section(
                section.name,
                tuple(
                    replace(one, watched=hits) if one.story == story else one
                    for one in section.briefs
                ),
            )
            for section in made.sections
        ),
    )


CREW = hit(word(FERRY.text, "d1", "crew"), "Crews")
SARN = hit(word(FERRY.text, "d1", "Sarn"), "Sarn")
NAVY = hit(word(MINES.text, "d2", "navy"), "Navy", list="arms")
TITLE = NamedStory("s9", Sentence("d3", 0, 21, DOCK.title), Status.NEW, "economy")
FIRST = watching(
    watching(edition([FERRY], [MINES]), CREW, SARN), NAVY, replace(NAVY, list="coast"), story="s2"
)
SECOND = watching(edition([DOCK], day=TODAY + DAY), hit(Sentence("d7", 0, 4, "Sarn"), "Sarn"))
SECOND = replace(
    SECOND,
    panel=replace(
        SECOND.panel,
        also=(replace(TITLE, watched=(hit(Sentence("d3", 17, 21, "Sarn"), "Sarn", titled=True),)),),
    ),
)


def fill(store: Store) -> None:
    with store.write() as tx:
        for number, made in enumerate((FIRST, SECOND), 1):
            insert_edition(tx, made, number=number)
            watched.put(tx, DESK, made)


def test_each_story_is_shown_by_the_printed_sentence_that_names_it(store: Store) -> None:
    fill(store)
    with store.read() as tx:
        total, stories = watched.by_day(tx, DESK, "coast", limit=9)
    assert total == 2
    named = WatchedStory(
        edition=SECOND.id,
        day=TODAY + DAY,
        story="s9",
        entries=("Sarn",),
        named=True,
        section="economy",
        headline=DOCK.title,
        sentence=TITLE.title,
    )
    told, also, ferry, mines = stories
    assert also == named
    # not in a printed sentence: the first one stands for its brief
    assert told.sentence.text == "The ferry was towed to a dock."
    assert (ferry.entries, ferry.sentence.text) == (("Crews", "Sarn"), "Its crew is safe.")
    assert (mines.entries, mines.named) == (("Navy",), False)
    assert [one.day for one in stories] == [TODAY + DAY, TODAY + DAY, TODAY, TODAY]


def test_days_come_in_pages(store: Store) -> None:
    fill(store)
    with store.read() as tx:
        pages = [watched.by_day(tx, DESK, "coast", limit=1, offset=at) for at in range(3)]
    assert [total for total, _ in pages] == [2, 2, 2]
    assert [len(stories) for _, stories in pages] == [2, 2, 0]


def test_stories_are_counted_once_a_list_and_once_an_entry(store: Store) -> None:
    fill(store)
    with store.read() as tx:
        for name, both, first in (("coast", 4, 2), ("arms", 1, 1), ("none", 0, 0)):
            assert watched.stories(tx, DESK, name, since=TODAY, upto=TODAY + DAY) == both
            assert watched.stories(tx, DESK, name, since=TODAY, upto=TODAY) == first
        entries = watched.entries(tx, DESK, "coast", since=TODAY, upto=TODAY + DAY)
        assert list(entries.items()) == [("Sarn", 3), ("Crews", 1), ("Navy", 1)]
        assert watched.names(tx, DESK) == ("arms", "coast")
        assert [watched.last(tx, DESK, name) for name in ("arms", "coast", "none")] == [
            TODAY,
            TODAY + DAY,
            None,
        ]
        assert watched.names(tx, "other-desk") == ()


def test_what_a_withdrawn_edition_named_no_longer_counts(store: Store) -> None:
    fill(store)
    with store.write() as tx:
        tx.execute(EDITION.delete().where(EDITION.c.id == SECOND.id))
        assert watched.last(tx, DESK, "coast") == TODAY


def test_an_edition_that_names_nothing_leaves_nothing(store: Store) -> None:
    with store.write() as tx:
        made = edition([FERRY])
        insert_edition(tx, made)
        watched.put(tx, DESK, made)
        assert watched.by_day(tx, DESK, "coast", limit=9) == (0, ())


def test_the_days_of_a_list_are_found_by_its_index(store: Store) -> None:
    if not store.place.file:
        pytest.skip("PostgreSQL decides by what is in the table")
    with store.read() as tx:
        plan = tx.execute(
            text(
                "EXPLAIN QUERY PLAN SELECT DISTINCT day FROM watched "
                "WHERE briefing = 'x' AND list = 'y' ORDER BY day DESC LIMIT 30"
            )
        )
        assert "ix_watched_list" in str(plan.all())
