from pathlib import Path

import pytest

from briefing.app.rounds.runs import RunRequests
from briefing.settings import FILE_NAME
from tests.web.admin.sessions import Seated, seated
from tests.web.served import Served


@pytest.fixture
def session(web: Served) -> Seated:
    """Seat an operator who is signed in."""
    return seated(web)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Return where the settings file of a desk stands that can change it."""
    return tmp_path / "own" / FILE_NAME


@pytest.fixture
def requests() -> RunRequests:
    return RunRequests()
