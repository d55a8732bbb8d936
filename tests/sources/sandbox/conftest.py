from collections.abc import Iterator

import pytest

from briefing.sources.sandbox.pool import Sandbox


@pytest.fixture(scope="package")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(children=1) as sandbox:
        yield sandbox
