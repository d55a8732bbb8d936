from __future__ import annotations

import threading
import time
from collections import defaultdict
from collections.abc import Callable

import pytest

from briefing.app.deliver import Delivered
from briefing.mail.pace import Rates
from briefing.store import Store
from tests.app.deliver.sending import release_across
from tests.mail.relays import At, Faulty, Taken
from tests.waiting import PATIENCE

pytestmark = pytest.mark.allow_hosts(["127.0.0.1"])

BY: dict[str, Callable[[Taken], object]] = {
    "overall": lambda _mail: "all",
    "by_connection": lambda mail: mail.connection,
    "by_domain": lambda mail: mail.recipient.rpartition("@")[2],
}


# The store has no part in this.
@pytest.mark.parametrize("where", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("kind", "rate", "connections", "number"),
    [("overall", 80, 3, 161), ("by_connection", 40, 2, 121), ("by_domain", 40, 2, 121)],
)
def test_no_limit_is_passed_by_more_than_a_twentieth(
    store: Store,
    run: Callable[..., Delivered],
    *,
    kind: str,
    rate: int,
    connections: int,
    number: int,
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
