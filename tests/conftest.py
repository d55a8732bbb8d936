import gc
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from briefing.setup import clock
from tests import daytime

#: Whose tests make the same few pages again and again; those of the press make each anew.
_MAKERS = {"app", "browser", "cli", "setup", "web", "test_docs.py"}

# As the command line does (briefing.cli.main): to look through all that stays less often.
gc.set_threshold(20_000, 10, 10)

# How long an example takes is no matter of what is tested.
settings.register_profile("thorough", deadline=None)
settings.register_profile("quick", deadline=None, max_examples=20)
settings.load_profile("thorough")

# Commands and tests read one clock, by which no midnight passes; see CONTRIBUTING.md.
clock.run_by(daytime.now)


def pytest_collection_finish() -> None:
    """Leave what was imported out of every later look of the garbage collector."""
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True, scope="module")
def _each_sheet_once(request: pytest.FixtureRequest) -> Iterator[None]:
    """Lay out a sheet once for all tests that do not ask how it is laid out."""
    room = request.path.relative_to(Path(__file__).parent).parts[0]
    if room not in _MAKERS:
        yield
        return
    # It brings the press, which most tests of other rooms do not need.
    from tests.remembering import remembered_sheets  # noqa: PLC0415

    with remembered_sheets():
        yield
