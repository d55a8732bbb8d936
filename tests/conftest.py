import gc
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path

import pytest
from hypothesis import settings

from briefing.setup import clock
from tests import daytime

#: Whose tests are of what is done with pages and reports, and not of pages and their parsing.
_WITHOUT_PAPER = {"app", "cli", "setup", "web", "test_docs.py"}

# As the command line does (briefing.cli.main): to look through all that stays less often.
gc.set_threshold(20_000, 10, 10)

# How long an example takes is no matter of what is tested.
settings.register_profile("thorough", deadline=None)
settings.register_profile("quick", deadline=None, max_examples=20)
settings.load_profile("thorough")

# Commands and tests read one clock, by which no midnight passes; see CONTRIBUTING.md.
clock.run_by(daytime.now)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave to --all what a file proves again on PostgreSQL, but for the first of it."""
    files = set()
    for item in items:
        callspec = getattr(item, "callspec", None)
        if callspec and "postgresql" in callspec.params.values():
            if item.path in files:
                item.add_marker(pytest.mark.twin)
            files.add(item.path)


def pytest_collection_finish() -> None:
    """Leave what was imported out of every later look of the garbage collector."""
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True, scope="module")
def _without_paper(request: pytest.FixtureRequest) -> Iterator[None]:
    """Let the modules of these rooms print without paper, but for those to which pages matter."""
    room = request.path.relative_to(Path(__file__).parent).parts[0]
    if room not in _WITHOUT_PAPER or request.node.get_closest_marker("paper"):
        yield
        return
    # It brings the press, which most tests of other rooms do not need.
    from tests.plain_press import printing  # noqa: PLC0415

    with printing(plain=True):
        yield


@pytest.fixture(autouse=True, scope="module")
def _one_sandbox(request: pytest.FixtureRequest) -> Iterator[None]:
    """Let all that is collected in these rooms be parsed by one child: it takes a second to start.

    That a run has children of its own, and ends them, is asked in tests/app/collect/test_runs.py.
    """
    if request.path.relative_to(Path(__file__).parent).parts[0] not in _WITHOUT_PAPER:
        yield
        return
    from briefing.setup import news  # noqa: PLC0415
    from briefing.sources.sandbox.pool import shared  # noqa: PLC0415

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(news, "Sandbox", lambda: nullcontext(shared()))
        yield


@pytest.fixture(autouse=True)
def _on_paper(request: pytest.FixtureRequest) -> Iterator[None]:
    """Let a single test have the real press."""
    if not any(marker.name == "paper" for marker in request.node.own_markers):
        yield
        return
    from tests.plain_press import printing  # noqa: PLC0415

    with printing(plain=False):
        yield
