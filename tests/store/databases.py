"""Stores on SQLite and on a real PostgreSQL: one suite, run on both."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from briefing.store import Store
from tests.store.postgres import Server, running
from tests.store.ready import empty_store

DATABASES = ("sqlite", "postgresql")


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """One real PostgreSQL for all tests of this process."""
    with running() as server:
        yield server


@pytest.fixture(scope="session")
def used_database(server: Server) -> str:
    """Return the one database of tests that only need an empty store: a new one takes a second."""
    return server.make_database()


@pytest.fixture(params=DATABASES)
def at(request: pytest.FixtureRequest) -> str:
    """Return the address of a store that is empty once it is opened by ``store``."""
    if request.param == "postgresql":
        address: str = request.getfixturevalue("used_database")
        return address
    return "desk.db"


@pytest.fixture
def store(at: str, tmp_path: Path) -> Iterator[Store]:
    """Return an open, empty store on SQLite and on PostgreSQL."""
    with empty_store(at, folder=tmp_path) as store:
        yield store
