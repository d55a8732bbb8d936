"""To whom an edition goes is noted with it, or neither is kept."""

from __future__ import annotations

from contextlib import closing
from datetime import UTC, datetime, time, timedelta
from pathlib import Path

import pytest

from briefing.app.publish import publish
from briefing.app.release import ReleasePlan
from briefing.core.model import DeliveryStatus, Edition, Preferences
from briefing.setup.clock import now
from briefing.setup.news import publish_edition
from briefing.store import Transaction, deliveries, editions
from tests.mailroom import (
    ANN,
    BO,
    BRIEFING,
    CEM,
    DEE,
    LATE,
    Reader,
    config,
    opened,
    settings,
    subscribe,
    today,
)
from tests.mailroom import publish as publish_today
from tests.newsday import YESTERDAY
from tests.publishing import FIRST, Desk, at, open_at, publish_plan

EDITION = f"{BRIEFING}/{today()}"


def test_everybody_who_wants_the_day_has_a_delivery_at_their_own_time(tmp_path: Path) -> None:
    other = tuple(day for day in range(7) if day != today().weekday())
    never = Reader("eve@readers.example", Preferences(days=other))
    publish_today(tmp_path, ANN, BO, DEE, never)
    with opened(tmp_path) as store, store.read() as tx:
        made = editions.on(tx, BRIEFING, today())
        found = {one.address: one for one in deliveries.of(tx, EDITION)}
    assert made
    assert set(found) == {ANN.address, BO.address, DEE.address}
    assert {one.status for one in found.values()} == {DeliveryStatus.DUE}
    assert found[ANN.address].due == found[BO.address].due == made.made
    late = datetime.combine(today(), time(23, 59), tzinfo=UTC) + timedelta(hours=12)
    assert DEE.preferences.zone == LATE
    assert found[DEE.address].due == late
    assert found[DEE.address].until == late + timedelta(hours=12)
    assert found[ANN.address].until == made.made + timedelta(hours=12)


def test_an_edition_that_was_published_before_is_not_released_again(tmp_path: Path) -> None:
    publish_today(tmp_path, ANN)
    with opened(tmp_path) as store:
        subscribe(store, CEM)
        again = publish_edition(store, settings=settings(tmp_path), day=today())
        assert again.printed is None
        with store.read() as tx:
            assert [one.address for one in deliveries.of(tx, EDITION)] == [ANN.address]


def test_an_edition_of_long_ago_goes_to_nobody(tmp_path: Path) -> None:
    config(tmp_path)
    with opened(tmp_path) as store:
        subscribe(store, ANN, BO)
        Desk(store).keep(*FIRST, when=now())
        publish_edition(store, settings=settings(tmp_path), day=YESTERDAY)
        with store.read() as tx:
            assert list(deliveries.of(tx, f"{BRIEFING}/{YESTERDAY}")) == []


def test_when_it_cannot_be_noted_no_edition_is_kept(tmp_path: Path) -> None:
    with closing(open_at(tmp_path)) as store:
        Desk(store).keep(*FIRST, when=at(YESTERDAY, 18))
        told: list[str] = []

        def release(tx: Transaction, edition: Edition, moment: datetime) -> None:
            assert moment == at(YESTERDAY, 20)
            assert editions.on(tx, BRIEFING, YESTERDAY)
            told.append(edition.id)
            raise RuntimeError("no room")

        with pytest.raises(RuntimeError, match="no room"):
            publish(
                store,
                publish_plan(release=ReleasePlan(to=release)),
                day=YESTERDAY,
                now=at(YESTERDAY, 20),
            )
        with store.read() as tx:
            assert editions.last(tx, BRIEFING) is None
        assert told == [f"{BRIEFING}/{YESTERDAY}"]
