"""Rates hold over all workers of a store."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from briefing.app.deliver import Delivered
from briefing.app.deliver.shared_pace import SharedPace
from briefing.mail.pace import Rates
from briefing.mail.relay import ResultKind
from briefing.store import Store, paces
from tests.app.deliver.sending import expected
from tests.mail.relays import real
from tests.store.readers import release_to
from tests.store.ready import ready_store

pytestmark = pytest.mark.allow_hosts(["127.0.0.1"])


@pytest.fixture
def stores(store: Store, where: str, tmp_path: Path) -> Iterator[list[Store]]:
    """Return the store as two workers have it open."""
    with closing(ready_store(where, folder=tmp_path)) as other:
        yield [store, other]


def sent(stores: list[Store], rates: Rates, *, mails: list[tuple[str, str]]) -> list[float]:
    """Let workers send such mails for ten seconds, each in its turn; return when they did."""
    workers = [SharedPace(store, rates) for store in stores]
    times, now = [], 1_000.0
    while now < 1_010.0:
        for worker in workers:
            wait, _ = worker.first(now, mails)
            if wait <= 0:
                times.append(now)
        now += 0.05
    return times


@pytest.mark.parametrize("kind", ["overall", "by_domain"])
def test_two_workers_together_keep_one_rate(stores: list[Store], kind: str) -> None:
    times = sent(stores, Rates(**{kind: 4}), mails=[("own", "town.example")])
    assert len(times) == pytest.approx(40, abs=2)
    # never two at once, whoever sends
    assert len(set(times)) == len(times)


def test_a_connection_has_a_rate_of_its_own(stores: list[Store]) -> None:
    times = sent(stores, Rates(by_connection=4), mails=[("own", "town.example")])
    assert len(times) == pytest.approx(80, abs=4)


def test_the_mail_whose_domain_is_free_goes_first(stores: list[Store]) -> None:
    one, other = (SharedPace(store, Rates(by_domain=1)) for store in stores)
    mails = [("x", "a.example"), ("x", "B.example")]
    assert one.first(1_000.0, mails) == (0.0, 0)
    # what another worker has sent counts
    assert other.first(1_000.0, mails) == (0.0, 1)
    wait, place = one.first(1_000.0, mails)
    assert wait == pytest.approx(0.95)
    assert place == 0


def test_without_a_limit_nothing_is_kept(store: Store) -> None:
    assert SharedPace(store, Rates()).is_free
    pace = SharedPace(store, Rates(overall=1, by_connection=1))
    assert not pace.is_free
    pace.first(1_000.0, [("x", "a.example")])
    with store.write() as tx:
        assert paces.read(tx, ["overall", "domain a.example", "connection x"]) == {
            "overall": 1_001.0
        }
        paces.prune(tx, before=1_001.0)
        assert paces.read(tx, ["overall"]) != {}
        paces.prune(tx, before=1_002.0)
        assert paces.read(tx, ["overall"]) == {}


def test_a_run_that_keeps_the_rates_of_all_sends_all(
    store: Store, run: Callable[..., Delivered]
) -> None:
    release_to(store, 6)
    with real() as (port, taken):
        plan = {"alone": False, "rates": Rates(overall=50)}
        done = run(port, connections=2, plan=plan, pace=lambda rates: SharedPace(store, rates))
    assert done == Delivered({ResultKind.SENT: 6})
    assert sorted(mail.id for mail in taken) == expected(6)


def test_a_worker_sends_no_more_than_its_share(store: Store, run: Callable[..., Delivered]) -> None:
    release_to(store, 9)
    with real() as (port, taken):
        assert run(port, connections=2, plan={"alone": False, "most": 4}).sent == 4
        assert run(port, connections=2, plan={"alone": False, "most": 400}).sent == 5
    assert sorted(mail.id for mail in taken) == expected(9)
