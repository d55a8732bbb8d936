"""The administration pages for operators."""

from briefing.web.admin import (
    audit,
    deliveries,
    round,
    schedule,
    section,
    sections,
    signin,
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
    *subscribers.PAGES,
    *subscriber.PAGES,
    *deliveries.PAGES,
    *schedule.PAGES,
    *sections.PAGES,
    *section.PAGES,
    *audit.PAGES,
    *tomorrow.PAGES,
    *withdrawing.PAGES,
)
