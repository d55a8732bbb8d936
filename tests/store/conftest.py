import os
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from briefing.store import Store
from tests.store.postgres import Server, needed, running
from tests.store.ready import empty_store, ready_store

#: One suite, run on both.
DATABASES = ("sqlite", "postgresql")


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """One real PostgreSQL for all tests of this process."""
    needed()
    with running() as server:
        yield server


@pytest.fixture(scope="session")
def used_database(server: Server) -> str:
    """Return the one database of tests that only need an empty store: a new one takes a second."""
    return server.make_database()


@pytest.fixture
def tools(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """Put pg_dump and pg_restore on the path."""
    monkeypatch.setenv("PATH", f"{server.programs}{os.pathsep}{os.environ['PATH']}")


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Store]:
    """Return an empty store in the file desk.db."""
    with closing(ready_store("desk.db", folder=tmp_path)) as store:
        yield store


@pytest.fixture(params=DATABASES)
def new_place(request: pytest.FixtureRequest) -> Callable[[], str]:
    """Return what makes addresses of stores that do not exist yet."""
    if request.param == "postgresql":
        make: Callable[[], str] = request.getfixturevalue("server").make_database
        return make
    names = iter(f"desk{number}.db" for number in range(1, 100))
    return lambda: next(names)


@pytest.fixture
def new_at(new_place: Callable[[], str]) -> str:
    """Return the address of a store that does not exist yet."""
    return new_place()


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
    store = empty_store(at, folder=tmp_path)
    yield store
    store.close()
