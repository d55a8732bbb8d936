from collections.abc import Iterator
from pathlib import Path

import pytest
from argon2 import PasswordHasher

from briefing.app import access
from tests.web.hostile import Target, target
from tests.web.served import Served, served


@pytest.fixture(autouse=True, scope="module")
def _light_hashes() -> Iterator[None]:
    """Let Argon2id take a millisecond, not a quarter of a second: locks need hundreds of tries.

    What a hash really costs is asked in tests/app/operators.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(access, "_HASHER", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
        access._decoy.cache_clear()
        yield
    access._decoy.cache_clear()


@pytest.fixture
def one(tmp_path: Path) -> Iterator[Target]:
    """Serve a desk with something of everything to one test that attacks it."""
    with target(tmp_path) as made:
        yield made


@pytest.fixture(scope="module")
def still(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target]:
    """Serve the same to tests that change nothing that others look at."""
    with target(tmp_path_factory.mktemp("still")) as made:
        yield made


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Serve a desk that has printed two days."""
    with served(tmp_path_factory.mktemp("desk"), name="Ostra Desk") as web:
        web.newsroom.first()
        web.newsroom.second()
        yield web


@pytest.fixture
def ostra(tmp_path: Path) -> Iterator[Served]:
    """Serve the desk of its newsroom, which has printed nothing yet."""
    with served(tmp_path, name="Ostra Desk") as web:
        yield web


@pytest.fixture
def web(tmp_path: Path) -> Iterator[Served]:
    """Serve the pages of an invented desk that has no subscriber yet."""
    with served(tmp_path) as web:
        yield web
