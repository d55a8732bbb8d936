"""The administration pages for operators."""

from briefing.web.admin import (
    accounts,
    acts,
    deliveries,
    help,
    history,
    morning,
    release,
    setting_lists,
    settings,
    sources,
    subscribers,
    today,
    tomorrow,
)

#: Each module lists its pages; the first page that matches an address is used.
PAGES = tuple(
    page
    for room in (
        *(accounts, morning, today, acts, history, sources, subscribers),
        *(deliveries, setting_lists, settings, tomorrow, release, help),
    )
    for page in room.PAGES
)
