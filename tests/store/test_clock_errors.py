from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest

from briefing.core.model import (
    Consent,
    DeliveryStatus,
    FetchRecord,
    Outcome,
    Preferences,
    Source,
    State,
    Subscriber,
)
from briefing.store import Store, claims, deliveries, runs, sources, subscribers
from tests.newsday import TODAY, YESTERDAY
from tests.publishing import SECOND, Desk, at, open_at

DAY, YEAR = timedelta(days=1), timedelta(days=365)
NOW = at(TODAY, 6)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with open_at(tmp_path) as store:
        yield store


def test_after_a_clock_was_set_back_reports_are_dated_behind_the_newest(store: Store) -> None:
    until = Desk(store).first().stored.until
    with store.read() as tx:
        assert runs.newest_report(tx, at=until - DAY) == until
        assert runs.newest_report(tx, at=until + DAY) == until + DAY
        # one that is dated so far ahead came of a clock that was ahead
        assert runs.newest_report(tx, at=until - YEAR) == until - YEAR


def test_a_clock_that_is_days_behind_puts_no_report_before_an_edition(store: Store) -> None:
    desk = Desk(store)
    printed = desk.first().stored
    desk.keep(*SECOND, when=NOW)
    with store.write() as tx:
        runs.set_right(tx, at=NOW - 5 * DAY)
        window = sources.window(tx, since=printed.until, published_since=NOW - YEAR)
    assert len(window.documents) == len(SECOND)


def test_a_source_that_failed_by_a_clock_that_was_ahead_is_asked_again(store: Store) -> None:
    hour = timedelta(hours=1)
    with store.write() as tx:
        for name, when in (("ahead", NOW + hour), ("right", NOW - hour)):
            sources.add(tx, Source(f"https://{name}.example/"), at=NOW - DAY)
            sources.record(
                tx,
                FetchRecord(f"https://{name}.example/", when, Outcome.FAILED, retry_at=NOW + DAY),
            )
        runs.set_right(tx, at=NOW)
        known = sources.source_statuses(tx)
    assert {one.source.url: one.retry_at for one in known} == {
        "https://ahead.example/": None, "https://right.example/": NOW + DAY,
    }  # fmt: skip


def test_a_clock_leaps_that_passes_days_in_which_no_source_was_fetched(store: Store) -> None:
    with store.write() as tx:
        assert not runs.leaps(tx, to=NOW, at=NOW)
        sources.add(tx, Source("https://one.example/"), at=NOW - DAY)
        sources.record(tx, FetchRecord("https://one.example/", NOW - DAY, Outcome.UNCHANGED))
        assert not runs.leaps(tx, to=NOW, at=NOW)
        assert not runs.leaps(tx, to=NOW - DAY, at=NOW + 2 * DAY)
        assert runs.leaps(tx, to=NOW, at=NOW + 2 * DAY)


def test_what_a_clock_far_ahead_has_dated_is_dated_by_now(store: Store) -> None:
    desk = Desk(store)
    printed = desk.first().stored
    desk.keep(*SECOND, when=NOW + YEAR)
    with store.write() as tx:
        runs.set_right(tx, at=NOW)
        window = sources.window(tx, since=printed.until, until=NOW, published_since=NOW - YEAR)
    assert {document.collected for document in window.documents} == {NOW}
    assert len(window.documents) == len(SECOND)


def test_what_was_printed_keeps_its_date(store: Store) -> None:
    printed = Desk(store).first().stored
    early = at(YESTERDAY, 0) - YEAR
    with store.write() as tx:
        runs.set_right(tx, at=early)
        window = sources.window(tx, since=printed.since, until=printed.until, published_since=early)
    assert window.documents


def test_a_mail_whose_life_was_over_by_a_wrong_clock_alone_is_sent(store: Store) -> None:
    with store.write() as tx:
        new = Subscriber(0, "ann@readers.example", "", State.ACTIVE, Preferences(), NOW)
        subscribers.add(tx, new, consent=Consent(NOW, "confirmed", "form"))
    edition = Desk(store).first().stored.id
    claim = partial(claims.claim, worker="w", lease=DAY, limit=9, resend=False)
    with store.write() as tx:
        deliveries.release(tx, edition, at=NOW, life=DAY, due=lambda _: NOW)
        assert claim(tx, at=NOW + YEAR) == ()
        assert deliveries.audience(tx, edition).counts == {DeliveryStatus.EXPIRED: 1}
        # not while that clock is believed, and not when its life is over by the right one
        runs.set_right(tx, at=NOW + YEAR)
        runs.set_right(tx, at=NOW + 2 * DAY)
        assert claim(tx, at=NOW) == ()
        runs.set_right(tx, at=NOW)
        assert len(claim(tx, at=NOW)) == 1
