import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.hashes import light_hashes
from tests.web.hostile import Target, target
from tests.web.served import Served, served

__all__ = ["light_hashes"]


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


@pytest.fixture(scope="session")
def two_days(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the store of a desk that has printed two days."""
    folder = tmp_path_factory.mktemp("printed")
    with served(folder, name="Ostra Desk") as web:
        web.newsroom.first()
        web.newsroom.second()
    return folder / "desk.db"


@pytest.fixture(scope="module")
def pages(two_days: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Serve a desk that has printed two days."""
    folder = tmp_path_factory.mktemp("desk")
    shutil.copy(two_days, folder)
    with served(folder, name="Ostra Desk") as web:
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
