import logging
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from briefing.settings import Settings
from briefing.settings.values import EditionSettings, ScheduleSettings
from briefing.setup.clock import now
from briefing.setup.news import prepare_editions, publish_edition
from briefing.store import Store
from briefing.store.tables import ANALYSIS
from tests.publishing import FIRST, Desk

MINUTE = timedelta(minutes=1)


def desk(*due: int) -> Settings:
    """Return a desk whose first edition and an evening one are due in so many minutes."""
    first, evening = (f"{now() + minutes * MINUTE:%H:%M}" for minutes in due)
    return Settings(
        name="Ostra Desk",
        schedule=ScheduleSettings(at=first, zone="UTC", collect_minutes=30),
        edition=(EditionSettings(name="evening", at=evening),),
    )


def prepared(store: Store, *due: int) -> int:
    """Prepare what is due in so many minutes; count rows."""
    prepare_editions(store, settings=desk(*due))
    with store.read() as tx:
        return tx.scalar(select(func.count()).select_from(ANALYSIS)) or 0


@pytest.mark.parametrize(("due", "count"), [((10, 200), 5), ((200, 10), 5), ((100, 200), 0)])
def test_an_edition_that_is_due_before_more_is_collected_is_prepared(
    store: Store, due: tuple[int, int], count: int
) -> None:
    reports = [replace(report, published=now() - MINUTE) for report in FIRST]
    Desk(store).keep(*reports, when=now() - MINUTE)
    # Three analyses, the stories and the edition.
    assert prepared(store, *due) == count


@pytest.mark.paper
def test_an_edition_that_was_prepared_is_laid_out_once(store: Store) -> None:
    reports = [replace(report, published=now() - MINUTE) for report in FIRST]
    Desk(store).keep(*reports, when=now() - MINUTE)
    settings, day = desk(10, 200), (now() + 10 * MINUTE).date()
    prepare_editions(store, settings=settings)
    printed = publish_edition(store, settings=settings, day=day).printed
    assert printed
    assert printed.layouts == 1


def test_that_there_is_nothing_to_prepare_fails_nothing(
    store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "briefing.publish")
    assert prepared(store, 10, 200) == 0
    assert "is not prepared: nothing to publish" in caplog.text
