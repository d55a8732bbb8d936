from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.app.collect.newsroom import Newsroom, opened


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Newsroom]:
    with opened(tmp_path) as room:
        yield room
