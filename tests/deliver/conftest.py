from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from briefing.deliver import Delivered, Plan, deliver
from briefing.mail.smtp import Session
from briefing.store import Store, open_store
from tests.deliver.sending import Clock, letter
from tests.mail.relays import relay


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = open_store("desk.db", folder=tmp_path)
    yield store
    store.close()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def run(store: Store, clock: Clock) -> Callable[..., Delivered]:
    """Return what runs a delivery; every failure of a step ends in a second."""

    def run(port: int, *, connections: int = 1, **told: Any) -> Delivered:  # noqa: ANN401
        settings = relay(port, **told.pop("relay", {}))
        given: dict[str, Any] = {
            "run": "test",
            "letters": letter,
            "connect": lambda: Session(settings),
            "plan": Plan(connections=connections, batch=3, **told.pop("plan", {})),
            "clock": clock,
            "sleep": time.sleep,
            "chance": lambda: 0.5,
        }
        return deliver(store, **{**given, **told})

    return run
