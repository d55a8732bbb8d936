from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from briefing.app.deliver import Delivered, DeliveryPlan, Dispatch, deliver
from briefing.mail.smtp import RelaySession
from briefing.store import Store
from tests.app.deliver.sending import ClockAhead, Run, letter
from tests.mail.relays import relay
from tests.store.databases import at, server, store, used_database
from tests.store.ready import ready_store

__all__ = ["at", "server", "store", "used_database"]


@pytest.fixture
def other(store: Store, at: str, tmp_path: Path) -> Iterator[Store]:
    """Return the same store as another process has it open."""
    other = ready_store(at, folder=tmp_path)
    yield other
    assert other.place == store.place
    other.close()


@pytest.fixture
def clock() -> ClockAhead:
    return ClockAhead()


@pytest.fixture
def run(store: Store, clock: ClockAhead) -> Run:
    """Return what runs a delivery; every failure of a step ends in a second."""

    def run(port: int, *, connections: int = 1, **told: Any) -> Delivered:  # noqa: ANN401
        settings = relay(port, **told.pop("relay", {}))
        plan = {"connections": connections, "batch": 3, **told.pop("plan", {})}
        given: dict[str, Any] = {
            "letters": letter,
            "connect": lambda: RelaySession(settings),
            "plan": DeliveryPlan(**plan),
            "clock": clock,
            "chance": lambda: 0.5,
        }
        return deliver(told.pop("store", store), Dispatch(**{**given, **told}))

    return run
