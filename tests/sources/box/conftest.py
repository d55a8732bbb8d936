from collections.abc import Iterator

import pytest

from briefing.sources.box.pool import Box


@pytest.fixture(scope="package")
def box() -> Iterator[Box]:
    with Box(children=1) as box:
        yield box
