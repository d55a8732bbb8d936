"""The week in review, published by the settings."""

from __future__ import annotations

from datetime import date

from briefing.app.publish import Published
from briefing.app.week import publish_week
from briefing.core.edition import Watch
from briefing.setup.clock import now
from briefing.setup.news import publish_plan
from briefing.setup.settings import Settings
from briefing.store import Store


def publish_review(
    store: Store,
    *,
    settings: Settings,
    day: date | None,
    late: bool = False,
    watch: Watch = lambda _: None,
) -> Published:
    """Publish the review of the week that ends on a day, today if none is given.

    The manifest notes when it is made late.

    Raises:
        UsageError: the day is later than today.
    """
    at, plan = now(), publish_plan(settings, late=late, week=True)
    return publish_week(store, plan, day=day or plan.today(at), now=at, watch=watch)
