from collections.abc import Iterator

import pytest

from tests.newsserver import NewsServer


@pytest.fixture
def news() -> Iterator[NewsServer]:
    """A real server on loopback that does what it is told."""
    with NewsServer() as server:
        yield server
