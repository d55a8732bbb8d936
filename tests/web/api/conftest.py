import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.web.api.programs import Programs, fill, programs


@pytest.fixture(scope="session")
def printed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make the store of a desk with two printed days, once."""
    folder = tmp_path_factory.mktemp("printed")
    with programs(folder) as made:
        fill(made.web)
    return folder / "desk.db"


@pytest.fixture(scope="module")
def asked(printed: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Programs]:
    """Serve the desk to programs."""
    folder = tmp_path_factory.mktemp("desk")
    shutil.copy(printed, folder)
    with programs(folder) as found:
        yield found


@pytest.fixture
def fresh(printed: Path, tmp_path: Path) -> Iterator[Programs]:
    """Serve the desk to one test that changes it."""
    shutil.copy(printed, tmp_path)
    with programs(tmp_path) as found:
        yield found
