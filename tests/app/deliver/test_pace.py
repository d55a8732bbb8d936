import threading
import time
from collections import defaultdict
from collections.abc import Callable

import pytest

from briefing.app.deliver import Delivered
from briefing.app.deliver.plan import SharedPace
from briefing.mail.relay import Rates, ResultKind
from briefing.store import Store, jobs
from tests.app.deliver.sending import Run, expected, release_across
from tests.mail.relays import At, Faulty, Taken, real
from tests.store.readers import release_to
from tests.waiting import PATIENCE


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


@pytest.mark.parametrize(
    ("kind", "number"), [("overall", 40), ("by_domain", 40), ("by_connection", 80)]
)
def test_two_workers_together_keep_one_rate_but_for_that_of_a_connection(
    store: Store, other: Store, kind: str, number: int
) -> None:
    mails = [("own", "town.example")]
    times = sent([store, other], Rates(**{kind: 4}), mails=mails)
    assert len(times) == pytest.approx(number, abs=number / 20)
    # of one rate never two at once, whoever sends
    assert len(set(times)) == len(times) or number == 80


def test_the_mail_whose_domain_is_free_goes_first(store: Store, other: Store) -> None:
    here, there = (SharedPace(each, Rates(by_domain=1)) for each in (store, other))
    mails = [("x", "a.example"), ("x", "B.example")]
    assert here.first(1_000.0, mails) == (0.0, 0)
    # what another worker has sent counts
    assert there.first(1_000.0, mails) == (0.0, 1)
    wait, place = here.first(1_000.0, mails)
    assert wait == pytest.approx(0.95)
    assert place == 0


def test_without_a_limit_nothing_is_kept(store: Store) -> None:
    assert SharedPace(store, Rates()).is_free
    pace = SharedPace(store, Rates(overall=1, by_connection=1))
    assert not pace.is_free
    pace.first(1_000.0, [("x", "a.example")])
    with store.write() as tx:
        assert jobs.read_paces(tx, ["overall", "domain a.example", "connection x"]) == {
            "overall": 1_001.0
        }
        jobs.prune_paces(tx, before=1_001.0)
        assert jobs.read_paces(tx, ["overall"]) != {}
        jobs.prune_paces(tx, before=1_002.0)
        assert jobs.read_paces(tx, ["overall"]) == {}


def test_a_worker_that_keeps_the_rates_of_all_sends_its_share(store: Store, run: Run) -> None:
    release_to(store, 9)
    shared = {"connections": 2, "pace": lambda rates: SharedPace(store, rates)}
    plan = {"alone": False, "rates": Rates(overall=50)}
    with real() as (port, taken):
        for most, sent in ((4, 4), (400, 5)):
            done = run(port, plan={**plan, "most": most}, **shared)
            assert done == Delivered({ResultKind.SENT: sent})
    assert sorted(mail.id for mail in taken) == expected(9)


BY: dict[str, Callable[[Taken], object]] = {
    "overall": lambda _mail: "all",
    "by_connection": lambda mail: mail.connection,
    "by_domain": lambda mail: mail.recipient.rpartition("@")[2],
}


# The store has no part in this.
@pytest.mark.parametrize("at", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("kind", "rate", "connections", "number"),
    [("overall", 80, 3, 161), ("by_connection", 40, 2, 121), ("by_domain", 40, 2, 121)],
)
def test_no_limit_is_passed_by_more_than_a_twentieth(
    store: Store, run: Run, *, kind: str, rate: int, connections: int, number: int
) -> None:
    release_across(store, number, towns=2)
    plan = {"rates": Rates(**{kind: rate}), "batch": 50}
    relay = {"renew_after": number}
    all_begun = threading.Barrier(connections, timeout=PATIENCE)

    def meet(at: At) -> str:
        """Let no connection send all while another has yet to begin."""
        if at.step == "MAIL" and at.here == 1:
            all_begun.wait()
        return ""

    with Faulty(fault=meet, offers=("PIPELINING",)).running() as there:
        began = time.monotonic()
        assert run(there.port, connections=connections, plan=plan, relay=relay).sent == number
        arrivals = defaultdict(list)
        for mail in there.taken:
            arrivals[BY[kind](mail)].append(mail.at - began)
    # Counted from the begin of the run: on a busy machine mails arrive later, but never earlier.
    for times in arrivals.values():
        for count, at in enumerate(sorted(times)):
            assert count / max(at, 1.0) <= rate * 1.05
    assert len(arrivals) == {"overall": 1, "by_connection": connections, "by_domain": 2}[kind]
