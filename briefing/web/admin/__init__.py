"""The administration pages for operators."""

from briefing.web.admin import (
    accounts,
    acts,
    correct,
    deliveries,
    morning,
    release,
    round,
    saga,
    sections,
    settings,
    signin,
    source,
    sources,
    subscriber,
    subscribers,
    tomorrow,
    watch_lists,
)
from briefing.web.request import SitePage

#: Each module lists its own; the first that fits an address is taken.
PAGES: tuple[SitePage, ...] = tuple(
    page
    for room in (
        *(signin, accounts, morning, round, acts, sources, source, subscribers, subscriber),
        *(deliveries, correct, sections, watch_lists, settings, tomorrow, release, saga),
    )
    for page in room.PAGES
)
