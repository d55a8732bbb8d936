"""The week in review, published by the settings."""

from __future__ import annotations

from datetime import date

from briefing.app.actor import Actor
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
    actor: Actor,
    watch: Watch = lambda _: None,
) -> Published:
    """Publish the review of the week that ends on a day, today if none is given.

    Raises:
        UsageError: the day is later than today.
    """
    at, plan = now(), publish_plan(settings)
    on = day or plan.today(at)
    return publish_week(store, plan, day=on, now=at, actor=actor, watch=watch)
