import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from briefing.store import Store
from tests.store.databases import DATABASES, at, server, store, used_database
from tests.store.postgres import Server
from tests.store.ready import ready_store

__all__ = ["at", "server", "store", "used_database"]


@pytest.fixture
def tools(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """Put pg_dump and pg_restore on the path."""
    monkeypatch.setenv("PATH", f"{server.programs}{os.pathsep}{os.environ['PATH']}")


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Store]:
    """Return an empty store in the file desk.db."""
    with ready_store("desk.db", folder=tmp_path) as store:
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
