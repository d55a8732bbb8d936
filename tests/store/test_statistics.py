from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import delete, insert, select, update

from briefing.core.model import (
    Audience,
    Bounce,
    BounceKind,
    Consent,
    Correction,
    DeliveryStatus,
    Document,
    Evidence,
    FetchRecord,
    Outcome,
    Score,
    Source,
    State,
)
from briefing.store import Store, claims, documents, editions, sources, statistics, subscribers
from briefing.store.mail_tables import DELIVERY
from briefing.store.statistics import CameBack, PublisherCount, SourceDay, first_publisher
from briefing.store.tables import PUBLISHER_DAY
from tests.examples import examples
from tests.store.news import DAY, FEED, NOON, TODAY, edition, item, keep, publish
from tests.store.readers import EDITION, insert_edition, reader, release_to
from tests.store.ready import act, look
from tests.store.test_sources import READ, SOURCE, add

DESK = "ostra-desk"


def settle(store: Store, *statuses: DeliveryStatus, done: int = 0, edition: str = EDITION) -> None:
    """Give the deliveries of an edition their statuses, in the order in which they were made."""
    with store.write() as tx:
        of = DELIVERY.edition == edition
        numbers = tx.execute(select(DELIVERY).where(of).order_by(DELIVERY.number)).all()
        for row, status in zip(numbers, statuses, strict=True):
            at = NOON + timedelta(seconds=done)
            change = update(DELIVERY).where(DELIVERY.number == row.number)
            tx.execute(change.values(status=status.value, done=at))


def test_the_deliveries_of_the_last_editions_are_counted_oldest_first(store: Store) -> None:
    release_to(store, 3)
    with store.write() as tx:
        second = insert_edition(tx, day=1, life=DAY)
        tx.execute(delete(DELIVERY).where(DELIVERY.edition == second))
        third = insert_edition(tx, day=2, life=DAY)
    settle(store, DeliveryStatus.SKIPPED, DeliveryStatus.SENT, DeliveryStatus.SENT)
    with store.read() as tx:
        result = statistics.deliveries_by_edition(tx, DESK)
        assert result == (
            Audience(EDITION, TODAY, {DeliveryStatus.SENT: 2, DeliveryStatus.SKIPPED: 1}),
            Audience(second, TODAY + DAY, {}),
            Audience(third, TODAY + 2 * DAY, {DeliveryStatus.DUE: 3}),
        )
        assert list(result[0].counts) == [DeliveryStatus.SENT, DeliveryStatus.SKIPPED]
        assert statistics.deliveries_by_edition(tx, DESK, limit=2) == result[1:]
        assert statistics.deliveries_by_edition(tx, "none") == ()


def subscribe(
    store: Store, number: int, *log: tuple[int, str, str], state: State = State.ACTIVE
) -> int:
    """Keep a subscriber with a consent log of (days before today, what, words)."""
    consents = [Consent(NOON - days * DAY, what, "form", "", words) for days, what, words in log]
    with store.write() as tx:
        result = subscribers.add(tx, reader(number, state=State.PENDING), consent=consents[0])
        assert result is not None
        for one in consents[1:]:
            subscribers.change_preferences(tx, result, reader(number).preferences, consent=one)
        last = replace(consents[0], what="changed", words="by hand")
        subscribers.change_state(tx, result, state, consent=last)
    return result


def by_day(store: Store, *, days: int = 5) -> list[int]:
    result = look(store, statistics.subscribers_by_day, days=days, until=TODAY)
    assert [day for day, _ in result] == [TODAY - ahead * DAY for ahead in reversed(range(days))]
    return [number for _, number in result]


@examples("log, state, active", state=State)
def test_who_was_active_at_the_end_of_a_day_is_told_by_the_consent_log(
    store: Store, log: tuple[tuple[int, str, str], ...], state: State, active: list[int]
) -> None:
    subscribe(store, 1, *log, state=state)
    assert by_day(store) == active


@pytest.mark.parametrize("state", [State.PAUSED, State.PENDING, State.COMPLAINED])
def test_whom_a_list_brought_as_not_active_never_was(store: Store, state: State) -> None:
    at = NOON - 3 * DAY
    key, consent = subscribers.key("z@x.example"), Consent(at, "imported", "import", "list.csv")
    new = replace(reader(9, state=state), address="z@x.example", since=at)
    assert [*act(store, subscribers.add_all, {key: (new, consent)})] == [key]
    assert by_day(store) == [0, 0, 0, 0, 0]
    if state is not State.PAUSED:
        return
    with store.write() as tx:
        one = subscribers.find(tx, "z@x.example")
        assert one
        resumed = Consent(NOON - DAY, "changed", "command", words="resumed")
        subscribers.change_state(tx, one.id, State.ACTIVE, consent=resumed)
    assert by_day(store) == [0, 0, 0, 1, 1]


def test_subscribers_are_counted_together_without_those_who_are_forgotten(store: Store) -> None:
    subscribe(store, 1, (9, "confirmed", ""))
    subscribe(store, 2, (2, "confirmed", ""))
    left = subscribe(store, 3, (3, "confirmed", ""), (1, "left", ""), state=State.UNSUBSCRIBED)
    active = subscribe(store, 4, (9, "confirmed", ""))
    with store.write() as tx:
        subscribers.forget(tx, left)
        subscribers.forget(tx, active)
    assert by_day(store) == [1, 1, 2, 2, 2]
    assert by_day(store, days=1) == [2]


def test_a_source_has_its_new_reports_a_day_and_none_where_it_did_not_answer(store: Store) -> None:
    add(store, SOURCE, replace(SOURCE, url="https://other.example/feed"))
    visits = [
        replace(READ, at=NOON - 5 * DAY, fresh=9),
        replace(READ, at=NOON - 4 * DAY - timedelta(hours=12), fresh=5),
        FetchRecord(FEED, NOON - 3 * DAY, Outcome.FAILED, "no answer"),
        FetchRecord(FEED, NOON - 2 * DAY, Outcome.FAILED, "no answer"),
        replace(READ, at=NOON - 2 * DAY + timedelta(hours=1), fresh=3),
        replace(READ, at=NOON - 2 * DAY + timedelta(hours=2), fresh=4),
        FetchRecord(FEED, NOON - DAY, Outcome.UNCHANGED),
        FetchRecord(FEED, NOON, Outcome.WAITING, "later"),
        replace(READ, at=NOON + timedelta(hours=12), fresh=8),
        replace(READ, source="https://other.example/feed", fresh=7),
    ]
    with store.write() as tx:
        for one in visits:
            sources.record(tx, one)
    with store.read() as tx:
        days = statistics.source_days(tx, FEED, days=5, until=TODAY)
        assert [day.fresh for day in days] == [5, None, 7, 0, None]
        # A day on which it was not asked has not failed, nor one on which it answered later.
        assert [day.failed for day in days] == [False, True, False, False, False]
        assert statistics.source_days(tx, "none", until=TODAY) == (SourceDay(None),) * 14
        other = "https://other.example/feed"
        midnight = NOON - timedelta(hours=12)
        assert statistics.fresh_since(tx, NOON - 2 * DAY) == {FEED: 15, other: 7}
        assert statistics.fresh_since(tx, midnight) == {FEED: 8, other: 7}


def test_the_last_bounces_come_first_with_whose_they_are(store: Store) -> None:
    release_to(store, 3)
    with store.write() as tx:
        rows = tx.execute(select(DELIVERY).order_by(DELIVERY.number)).all()
        made = [
            Bounce(
                kind, EDITION, row.subscriber, NOON + hours * timedelta(hours=1), "5.1.1", "no\0"
            )
            for row, kind, hours in zip(rows, BounceKind, (2, 1, 2), strict=True)
        ]
        for row, bounce in zip(rows, made, strict=True):
            claims.record_bounce(tx, row.number, bounce)
        subscribers.forget(tx, rows[0].subscriber)
        result = statistics.bounces_recent(tx, limit=9)
        assert result == (
            CameBack(rows[2].number, "r2@town.example", made[2]),
            CameBack(rows[0].number, "", made[0]),
            CameBack(rows[1].number, "r1@town.example", made[1]),
        )
        assert statistics.bounces_recent(tx, limit=1) == result[:1]


def test_mails_are_counted_in_the_minute_in_which_they_were_sent(store: Store) -> None:
    release_to(store, 4)
    settle(
        store,
        DeliveryStatus.SENT,
        DeliveryStatus.SENT,
        DeliveryStatus.SENT,
        DeliveryStatus.REFUSED,
        done=59,
    )
    with store.write() as tx:
        first = select(DELIVERY).order_by(DELIVERY.number).limit(1)
        later = update(DELIVERY).where(DELIVERY.number == tx.execute(first).one().number)
        tx.execute(later.values(done=NOON + timedelta(seconds=120)))
        other = {**dict(tx.execute(first).one()._mapping), "subscriber": 99}
        del other["number"]
        tx.execute(insert(DELIVERY), {**other, "edition": insert_edition(tx, day=1, life=DAY)})
    with store.read() as tx:
        assert statistics.minutes(tx, EDITION) == ((NOON, 2), (NOON + timedelta(minutes=2), 1))
        assert statistics.minutes(tx, "none") == ()


HOUR = timedelta(hours=1)


def brought(
    store: Store, number: int, publisher: str, *, days: int = 0, hours: int = 0
) -> Document:
    """Keep a report of a publisher, some days after the first; return it as it was kept."""
    one = item(f"id {number}", title=f"Berth {number}", text=f"Berth {number} is let.")
    told = replace(one.document, publisher=publisher, published=NOON + days * DAY + hours * HOUR)
    keep(store, replace(one, document=told), at=NOON + days * DAY)
    return told


def counted(store: Store, *, days: int = 10) -> dict[str, PublisherCount]:
    with store.read() as tx:
        found = statistics.publisher_counts(
            tx, "ostra-desk", since=TODAY, until=TODAY + (days - 1) * DAY
        )
    return {one.name: one for one in found}


def test_reports_and_days_without_any_are_counted_from_the_first_on(store: Store) -> None:
    brought(store, 1, "Courier")
    brought(store, 2, "Courier", days=2)
    brought(store, 3, "Courier", days=2)
    brought(store, 4, "Mail", days=9)
    found = counted(store)
    assert list(found) == ["Courier", "Mail"]
    assert (found["Courier"].reports, found["Courier"].silent) == (3, 8)
    assert (found["Mail"].reports, found["Mail"].silent) == (1, 0)
    assert list(counted(store, days=9)) == ["Courier"]


def test_an_edited_report_counts_once(store: Store) -> None:
    keep(store, item())
    keep(store, item(text="The council has let nothing at all."), at=NOON + DAY)
    assert counted(store)["Ostra Courier"].reports == 1


def test_printed_and_corrected_are_of_the_editions_of_these_days(store: Store) -> None:
    one, two = brought(store, 1, "Courier"), brought(store, 2, "Mail")
    publish(store, one, two)
    told = Correction(one.id, "t", "Courier", "u", "changed", NOON, f"ostra-desk/{TODAY}")
    publish(store, two, day=TODAY + DAY, corrections=(told,))
    found = counted(store)
    assert (found["Courier"].printed, found["Courier"].corrected) == (1, 1)
    assert (found["Mail"].printed, found["Mail"].corrected) == (1, 0)
    assert counted(store, days=1)["Courier"].corrected == 0
    (one_, _) = look(store, statistics.publisher_counts, "other-desk", since=TODAY, until=TODAY)
    assert one_.printed == 0


def test_a_grade_is_that_of_the_sources_that_brought_the_reports(store: Store) -> None:
    act(store, sources.add, Source(FEED, grade="B"), at=NOON)
    brought(store, 1, "Courier")
    assert counted(store)["Courier"].grades == ("B",)
    act(store, sources.change, Source(FEED))
    assert counted(store)["Courier"].grades == ()


@examples("reports, first")
def test_a_first_publisher_is_known(reports: list[tuple[str, str, int | None]], first: str) -> None:
    told = [
        (None if hour is None else NOON + hour * HOUR, (owner or name).casefold(), name)
        for name, owner, hour in reports
    ]
    assert first_publisher(told) == first


def test_an_edition_keeps_who_was_the_first_with_a_story(store: Store) -> None:
    late, early = brought(store, 1, "Courier", hours=2), brought(store, 2, "Mail", hours=1)
    links = ((late.id, 1.0), (early.id, 0.8), ("gone", 0.5))
    both = Evidence(links, {"economy": 1.0}, Score(1.0), ())
    stored = replace(publish(store, day=TODAY + DAY), id=f"ostra-desk/{TODAY}", day=TODAY)
    evidence = {"s1": both, "s2": replace(both, links=links[:1])}
    with store.write() as tx:
        made = replace(edition(late, day=TODAY), evidence=evidence)
        editions.keep(tx, stored, edition=made, recheck_at=None)
    found = counted(store)
    assert (found["Mail"].first, found["Courier"].first) == (1, 0)


def test_days_that_are_over_are_counted_once(store: Store) -> None:
    brought(store, 1, "Courier")
    brought(store, 2, "Courier", days=2)
    brought(store, 3, "Mail", days=2)
    before = counted(store)
    for _ in range(2):
        act(store, statistics.close_days, before=TODAY + 2 * DAY)
        assert counted(store) == before
    brought(store, 4, "Mail", days=3)
    with store.write() as tx:
        statistics.close_days(tx, before=TODAY + 4 * DAY)
        documents.prune(tx, before=NOON + 9 * DAY)
    found = counted(store)
    assert (found["Courier"].reports, found["Courier"].silent) == (2, 8)
    assert (found["Mail"].reports, found["Mail"].silent) == (2, 6)
    assert counted(store, days=1)["Courier"].reports == 1


def test_an_edition_closes_the_days_before_it(store: Store) -> None:
    brought(store, 1, "Courier", days=-1)
    brought(store, 2, "Courier")
    publish(store)
    with store.read() as tx:
        days = tx.execute(select(PUBLISHER_DAY.day, PUBLISHER_DAY.reports)).all()
    assert [tuple(row) for row in days] == [(TODAY - DAY, 1)]
