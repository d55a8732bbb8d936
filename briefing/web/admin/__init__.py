"""The administration pages for operators."""

from briefing.web.admin import (
    audit,
    bulk,
    deliveries,
    first,
    importing,
    morning,
    round,
    schedule,
    section,
    sections,
    settings,
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
    *first.PAGES,
    *morning.PAGES,
    *round.PAGES,
    *sources.PAGES,
    *source_lists.PAGES,
    *source_trial.PAGES,
    *source.PAGES,
    *subscribers.PAGES,
    *importing.PAGES,
    *bulk.PAGES,
    *subscriber.PAGES,
    *deliveries.PAGES,
    *schedule.PAGES,
    *sections.PAGES,
    *section.PAGES,
    *settings.PAGES,
    *audit.PAGES,
    *tomorrow.PAGES,
    *withdrawing.PAGES,
)
