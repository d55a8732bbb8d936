"""The administration pages for operators."""

from briefing.web.admin import (
    audit,
    deliveries,
    round,
    schedule,
    signin,
    source,
    source_lists,
    source_trial,
    sources,
    subscriber,
    subscribers,
    tomorrow,
    withdrawing,
)
from briefing.web.page import SitePage

#: Each module lists its own.
PAGES: tuple[SitePage, ...] = (
    *signin.PAGES,
    *round.PAGES,
    *sources.PAGES,
    *source_lists.PAGES,
    *source_trial.PAGES,
    *source.PAGES,
    *subscribers.PAGES,
    *subscriber.PAGES,
    *deliveries.PAGES,
    *schedule.PAGES,
    *audit.PAGES,
    *tomorrow.PAGES,
    *withdrawing.PAGES,
)
