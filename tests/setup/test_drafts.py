from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from briefing.core.errors import InputError, UsageError
from briefing.core.model import Source
from briefing.setup.drafts import CachedDrafts
from briefing.setup.settings import Settings
from briefing.store import choices, sources
from tests.choosing import chosen
from tests.desk import FERRY
from tests.fakes import Clock
from tests.newsday import TODAY, YESTERDAY, report
from tests.publishing import BRIEFING, FIRST, SOURCE, Desk, at, open_at

NAMED = Settings(name="Ostra Desk")


@pytest.fixture
def clock() -> Clock:
    return Clock(at(YESTERDAY, 20))


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with closing(open_at(tmp_path)) as store:
        desk = Desk(store)
        desk.keep(*FIRST, when=at(YESTERDAY, 18))
        yield desk


@pytest.fixture
def drafts(desk: Desk, clock: Clock) -> CachedDrafts:
    return CachedDrafts(desk.store, NAMED, clock=clock)


def test_a_draft_is_at_hand_until_something_changes(
    desk: Desk, drafts: CachedDrafts, clock: Clock
) -> None:
    assert drafts.last(YESTERDAY) is None
    first = drafts(YESTERDAY)
    assert first.pdf.startswith(b"%PDF-")
    clock.at += timedelta(minutes=30)
    assert drafts(YESTERDAY) is first
    assert drafts.last(YESTERDAY) is first
    assert drafts.last(TODAY) is None
    with desk.store.write() as tx:
        one = choices.choose(tx, BRIEFING, chosen("drop", FIRST[0], day=YESTERDAY))
    assert drafts.last(YESTERDAY) is first
    second = drafts(YESTERDAY)
    assert [told.choice for told in second.edition.choices] == [one]
    assert drafts(YESTERDAY) is second
    desk.keep(report("ferry", FERRY, day=YESTERDAY), when=at(YESTERDAY, 20, 10))
    third = drafts(YESTERDAY)
    assert third.edition.ledger.documents == second.edition.ledger.documents + 1
    assert (third.until, third.made) == (at(YESTERDAY, 20, 10), clock.at)
    assert drafts(YESTERDAY) is third


def test_another_weight_of_a_source_counts_in_the_draft_at_once_and_is_named(
    desk: Desk, drafts: CachedDrafts
) -> None:
    with desk.store.write() as tx:
        sources.add(tx, Source(SOURCE), at=at(YESTERDAY, 18))
    before = drafts(YESTERDAY)
    with desk.store.write() as tx:
        sources.change(tx, Source(SOURCE, weight=2.0))
    after = drafts(YESTERDAY)
    assert after is not before
    assert "weights" in after.edition.manifest
    assert {one.weight for one in after.edition.documents.values()} == {2.0}
    for story, evidence in after.edition.evidence.items():
        usual = before.edition.evidence[story].salience
        assert evidence.salience.terms["sources"] == 2.0
        assert "sources" not in usual.terms
        assert evidence.salience.value == pytest.approx(2 * usual.value, rel=1e-3)


def test_a_draft_of_another_day_takes_its_place(drafts: CachedDrafts, clock: Clock) -> None:
    first = drafts(YESTERDAY)
    clock.at = at(TODAY, 5)
    second = drafts(TODAY)
    assert second.edition.day == TODAY
    assert drafts.last(YESTERDAY) is None
    assert second is not first


def test_an_edition_that_comes_out_before_it_makes_a_draft_old(
    desk: Desk, drafts: CachedDrafts, clock: Clock
) -> None:
    clock.at = at(YESTERDAY, 21)
    assert drafts(TODAY).edition.number == 1
    desk.publish(YESTERDAY)
    with pytest.raises(InputError, match="nothing to publish"):
        drafts(TODAY)
    with pytest.raises(UsageError, match="already published"):
        drafts(YESTERDAY)


def test_who_asks_at_the_same_time_gets_one_draft_that_was_laid_out_once(
    drafts: CachedDrafts,
) -> None:
    with ThreadPoolExecutor(4) as pool:
        told = list(pool.map(drafts, [YESTERDAY] * 4))
    assert all(one is told[0] for one in told)
    assert told[0].edition.top is not None
