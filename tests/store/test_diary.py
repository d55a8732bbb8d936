from __future__ import annotations

from dataclasses import replace
from datetime import date

from sqlalchemy import delete

from briefing.core.model import DateAhead, Edition, Panel
from briefing.store import Store, diary
from briefing.store.diary import Announcement
from briefing.store.tables import EDITION
from tests.fakes import sentences_of, slice_of
from tests.store.archives import DESK, edition, put
from tests.store.news import DAY, TODAY
from tests.store.test_archive import LEASE, TOLL, with_panel

FERRIES = date(2026, 3, 23)


def announced(store: Store, *, briefing: str = DESK, days: int = 30) -> tuple[Announcement, ...]:
    with store.read() as tx:
        return diary.announced(tx, briefing, since=TODAY, upto=TODAY + days * DAY)


def announcing(made: Edition, *days: date) -> Edition:
    """Let an edition announce a clause of the toll for each of some days."""
    clauses = sentences_of(TOLL)
    mention = slice_of(TOLL, "23 March")
    ahead = tuple(
        DateAhead(day, clause, mention) for day, clause in zip(days, clauses, strict=False)
    )
    documents = {**made.documents, TOLL.id: TOLL}
    return replace(made, panel=Panel((), (), ahead), documents=documents)


def test_what_was_announced_comes_by_its_day(store: Store) -> None:
    with store.write() as tx:
        put(tx, with_panel(edition([LEASE], [TOLL])))
    (entry,) = announced(store)
    assert (entry.day, entry.printed) == (FERRIES, TODAY)
    assert entry.words == sentences_of(TOLL)[2].text
    assert entry.edition == f"{DESK}/{TODAY}"
    assert entry.headline
    assert TOLL.publisher in entry.publishers
    assert entry.made.tzinfo is not None


def test_the_nearest_day_comes_first_whenever_it_was_printed(store: Store) -> None:
    with store.write() as tx:
        put(tx, announcing(edition([TOLL]), FERRIES, FERRIES - 2 * DAY))
        put(tx, announcing(edition([TOLL], day=TODAY + DAY), FERRIES - DAY), number=2)
    assert [entry.day for entry in announced(store)] == [
        FERRIES - 2 * DAY,
        FERRIES - DAY,
        FERRIES,
    ]


def test_what_is_printed_again_comes_once_as_it_came_first(store: Store) -> None:
    with store.write() as tx:
        for number in range(3):
            made = announcing(edition([TOLL], day=TODAY + number * DAY), FERRIES)
            put(tx, made, number=number + 1)
    (entry,) = announced(store)
    assert entry.printed == TODAY


def test_a_day_that_was_put_off_comes_twice(store: Store) -> None:
    with store.write() as tx:
        put(tx, announcing(edition([TOLL]), FERRIES))
        put(tx, announcing(edition([TOLL], day=TODAY + DAY), FERRIES + DAY), number=2)
    assert [entry.day for entry in announced(store)] == [FERRIES, FERRIES + DAY]


def test_only_the_editions_asked_for_count(store: Store) -> None:
    with store.write() as tx:
        put(tx, with_panel(edition([LEASE], [TOLL], day=TODAY - DAY)))
        put(tx, with_panel(edition([LEASE], [TOLL])), briefing="other-desk")
        put(tx, with_panel(edition([LEASE], [TOLL], day=TODAY + 31 * DAY)), number=2)
    assert announced(store) == ()
    assert len(announced(store, briefing="other-desk")) == 1


def test_an_edition_that_is_gone_announces_nothing(store: Store) -> None:
    with store.write() as tx:
        put(tx, with_panel(edition([LEASE], [TOLL])))
        tx.execute(delete(EDITION))
    assert announced(store) == ()
