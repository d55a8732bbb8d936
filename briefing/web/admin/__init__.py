"""The administration pages for operators."""

from briefing.web.admin import (
    accounts,
    acts,
    correct,
    deliveries,
    help,
    morning,
    provider,
    release,
    saga,
    sections,
    settings,
    signin,
    sources,
    subscribers,
    today,
    tomorrow,
    watch_lists,
)
from briefing.web.request import SitePage

#: Each module lists its own; the first that fits an address is taken.
PAGES: tuple[SitePage, ...] = tuple(
    page
    for room in (
        *(signin, provider, accounts, morning, today, acts, sources, subscribers),
        *(deliveries, correct, sections, watch_lists, settings, tomorrow, release, saga, help),
    )
    for page in room.PAGES
)
