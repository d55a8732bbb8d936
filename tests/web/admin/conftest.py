from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.web.admin.sessions import Seated, seated
from tests.web.served import Served, served


@pytest.fixture
def web(tmp_path: Path) -> Iterator[Served]:
    """Serve the pages of an invented desk that has no subscriber yet."""
    with served(tmp_path) as web:
        yield web


@pytest.fixture
def session(web: Served) -> Seated:
    """Seat an operator who is signed in."""
    return seated(web)
