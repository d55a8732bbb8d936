"""Sagas from the first edition on: published, shown with their proof, corrected by editors."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import update

from briefing.app.actor import Actor
from briefing.app.sagas import JoinSagas, PartSaga, join_sagas, part_saga, show
from briefing.core.errors import InputError, UsageError
from briefing.press import record
from briefing.store import Store, audit, editions
from briefing.store.tables import VERSION
from tests.newsday import STRAIT, STRAIT_NEXT, TODAY, YESTERDAY
from tests.publishing import BRIEFING, Desk, at, open_at

ADA = Actor("ada")
NOW = at(TODAY, 9)


def test_todays_story_goes_on_with_that_of_yesterday(store: Store) -> None:
    with store.read() as tx:
        shown = show(tx, BRIEFING, "s1")
        stored = editions.on(tx, BRIEFING, TODAY)
    assert [one.entry.day for one in shown.entries] == [YESTERDAY, TODAY]
    assert [one.entry.headline for one in shown.entries] == [STRAIT[0], STRAIT_NEXT[0]]
    assert all(one.proved and one.source for one in shown.entries)
    assert stored is not None
    edition = record.read(stored.record, name="").edition
    (saga,) = [brief.saga for brief in edition.briefs() if brief.saga]
    assert (saga.id, saga.since, saga.day_of(TODAY)) == ("s1", YESTERDAY, 2)
    assert saga.entries == (shown.entries[0].entry,)


def test_changed_text_is_not_proved(store: Store) -> None:
    with store.write() as tx:
        name = show(tx, BRIEFING, "s1").last.sentence.document
        tx.execute(update(VERSION).where(VERSION.c.id == name).values(text="Z" + STRAIT_NEXT[1]))
        shown = show(tx, BRIEFING, "s1")
    assert [one.proved for one in shown.entries] == [True, False]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """Return a store with the editions of two days."""
    store = open_at(tmp_path)
    desk = Desk(store)
    desk.first()
    desk.second()
    yield store
    store.close()


@pytest.mark.parametrize("id", ["", "s2", "s0", "s-1", "1", "s1\n", "s" + "9" * 30, "<b>", "s٣"])
def test_what_is_no_saga_is_told_in_one_line(store: Store, id: str) -> None:
    with store.read() as tx, pytest.raises(InputError, match="no such saga") as failure:
        show(tx, BRIEFING, id)
    assert "\n" not in str(failure.value)


def test_an_editor_parts_a_saga_and_joins_it_again(store: Store) -> None:
    with store.write() as tx:
        last = show(tx, BRIEFING, "s1").last
        asked = PartSaga(BRIEFING, "s1", [(last.edition, last.story)])
        assert part_saga(tx, asked, actor=ADA, at=NOW).id == "s18"
        assert [one.entry.day for one in show(tx, BRIEFING, "s1").entries] == [YESTERDAY]
        joined = join_sagas(tx, JoinSagas(BRIEFING, "s18", "s1"), actor=ADA, at=NOW)
        assert (joined.id, joined.joined, len(joined.entries)) == ("s1", ("s18",), 2)
        noted = [(one.who, one.what, one.about) for one in audit.recent(tx)][:2]
    assert sorted(noted) == [
        ("ada", "join sagas", f"s18 into s1: {STRAIT_NEXT[0]}"),
        ("ada", "part saga", f"s18 from s1: {STRAIT_NEXT[0]}"),
    ]


def test_what_cannot_be_corrected_is_refused_and_nothing_is_noted(store: Store) -> None:
    with store.write() as tx:
        own = [(one.entry.edition, one.entry.story) for one in show(tx, BRIEFING, "s1").entries]
        for keys, failure in (((), UsageError), (own, UsageError), ([("x", "s1")], InputError)):
            with pytest.raises(failure):
                part_saga(tx, PartSaga(BRIEFING, "s1", keys), actor=ADA, at=NOW)
        for into, failure in (("s1", UsageError), ("s7", InputError)):
            with pytest.raises(failure):
                join_sagas(tx, JoinSagas(BRIEFING, "s1", into), actor=ADA, at=NOW)
        assert not [one for one in audit.recent(tx) if "saga" in one.what]
