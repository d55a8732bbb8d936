"""What each publisher brought, counted from reports and editions."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from briefing.core.model import Correction, Document, Evidence, Score, Source
from briefing.store import Store, documents, editions, publishers, sources
from briefing.store.publishers import PublisherCount, StoryReport, first_publisher
from briefing.store.tables import PUBLISHER_DAY
from tests.store.news import DAY, FEED, NOON, TODAY, edition, item, keep, publish

HOUR = timedelta(hours=1)


def brought(
    store: Store, number: int, publisher: str, *, days: int = 0, hours: int = 0
) -> Document:
    """Keep a report of a publisher, some days after the first; return it as it was kept."""
    one = item(f"id {number}", title=f"Berth {number}", text=f"Berth {number} is let.")
    published = NOON + days * DAY + hours * HOUR
    told = replace(one.document, publisher=publisher, published=published)
    keep(store, replace(one, document=told), at=NOON + days * DAY)
    return told


def counted(store: Store, *, days: int = 10) -> dict[str, PublisherCount]:
    with store.read() as tx:
        found = publishers.counts(tx, "ostra-desk", since=TODAY, until=TODAY + (days - 1) * DAY)
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
    with store.read() as tx:
        (one_, _) = publishers.counts(tx, "other-desk", since=TODAY, until=TODAY)
    assert one_.printed == 0


def test_who_is_the_first_with_a_story_is_kept_with_its_edition(store: Store) -> None:
    late, early = brought(store, 1, "Courier", hours=2), brought(store, 2, "Mail", hours=1)
    stored = publish(store)
    links = ((late.id, 1.0), (early.id, 0.8), ("gone", 0.5))
    told = Evidence(links, {"economy": 1.0}, Score(1.0), ())
    alone = replace(told, links=links[:1])
    made = replace(edition(late, day=TODAY), evidence={"s1": told, "s2": alone})
    with store.write() as tx:
        publishers.put(tx, stored.id, made)
    found = counted(store)
    assert (found["Mail"].first, found["Courier"].first) == (1, 0)


def test_a_grade_is_that_of_the_sources_that_brought_the_reports(store: Store) -> None:
    with store.write() as tx:
        sources.add(tx, Source(FEED, grade="B"), at=NOON)
    brought(store, 1, "Courier")
    assert counted(store)["Courier"].grades == ("B",)
    with store.write() as tx:
        sources.change(tx, Source(FEED))
    assert counted(store)["Courier"].grades == ()


@pytest.mark.parametrize(
    ("reports", "first"),
    [
        ([("Courier", "", 2), ("Mail", "", 1)], "Mail"),
        ([("Courier", "", 1), ("Courier", "", 2)], ""),
        ([("Courier", "House", 1), ("Mail", "house", 2)], ""),
        ([("Courier", "", 1), ("Mail", "", 1)], ""),
        ([("Courier", "", 1), ("Mail", "", None)], ""),
        ([], ""),
    ],
)
def test_the_first_of_several_publishers_is_known_by_its_hour(
    reports: list[tuple[str, str, int | None]], first: str
) -> None:
    told = [
        StoryReport(name, owner, None if hour is None else NOON + hour * HOUR)
        for name, owner, hour in reports
    ]
    assert first_publisher(told) == first


def test_an_edition_keeps_its_first_publishers(store: Store) -> None:
    late, early = brought(store, 1, "Courier", hours=2), brought(store, 2, "Mail", hours=1)
    told = Evidence(((late.id, 1.0), (early.id, 0.8)), {"economy": 1.0}, Score(1.0), ())
    stored = replace(publish(store, day=TODAY + DAY), id=f"ostra-desk/{TODAY}", day=TODAY)
    made = replace(edition(late, day=TODAY), evidence={"s1": told})
    with store.write() as tx:
        editions.keep(tx, stored, edition=made, recheck_at=None)
    assert counted(store)["Mail"].first == 1


def test_days_that_are_over_are_counted_once(store: Store) -> None:
    brought(store, 1, "Courier")
    brought(store, 2, "Courier", days=2)
    brought(store, 3, "Mail", days=2)
    before = counted(store)
    for _ in range(2):
        with store.write() as tx:
            publishers.close_days(tx, before=TODAY + 2 * DAY)
        assert counted(store) == before
    brought(store, 4, "Mail", days=3)
    with store.write() as tx:
        publishers.close_days(tx, before=TODAY + 4 * DAY)
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
        days = tx.execute(select(PUBLISHER_DAY.c.day, PUBLISHER_DAY.c.reports)).all()
    assert [tuple(row) for row in days] == [(TODAY - DAY, 1)]
