"""What many tests of use cases begin with: an empty store, and desks with news or an edition."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from briefing.store import Store
from tests.mail.relays import Sink, real
from tests.newsday import YESTERDAY
from tests.publishing import FIRST, Desk, at, open_at


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with open_at(tmp_path) as store:
        yield store


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """Return a desk that has collected the news of the first day."""
    with open_at(tmp_path) as store:
        desk = Desk(store)
        desk.keep(*FIRST, when=at(YESTERDAY, 18))
        yield desk


@pytest.fixture
def sink() -> Iterator[Sink]:
    with real() as found:
        yield found


@pytest.fixture(scope="module")
def evening(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a store in which the first day is published; it is copied, not used."""
    folder = tmp_path_factory.mktemp("evening")
    with open_at(folder) as store:
        Desk(store).first()
    return folder


@pytest.fixture
def after(evening: Path, tmp_path: Path) -> Iterator[Desk]:
    """Return a desk of its own that goes on from there."""
    with open_at(shutil.copytree(evening, tmp_path / "after")) as store:
        yield Desk(store)
