"""The administration pages for operators."""

from briefing.web.admin import (
    accounts,
    acts,
    deliveries,
    help,
    morning,
    release,
    sections,
    setting_lists,
    settings,
    signin,
    source_ledger,
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
        *(signin, accounts, morning, today, acts, source_ledger, sources, subscribers),
        *(deliveries, sections, watch_lists, setting_lists, settings, tomorrow, release, help),
    )
    for page in room.PAGES
)
