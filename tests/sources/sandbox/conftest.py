from collections.abc import Iterator

import pytest

from briefing.sources.sandbox.pool import Sandbox


@pytest.fixture(scope="package")
def box() -> Iterator[Sandbox]:
    with Sandbox(children=1) as box:
        yield box
