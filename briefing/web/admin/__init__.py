"""The administration pages for operators."""

from briefing.web.admin import (
    acts,
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
PAGES: tuple[SitePage, ...] = (
    *signin.PAGES,
    *morning.PAGES,
    *round.PAGES,
    *acts.PAGES,
    *sources.PAGES,
    *source.PAGES,
    *subscribers.PAGES,
    *subscriber.PAGES,
    *deliveries.PAGES,
    *sections.PAGES,
    *watch_lists.PAGES,
    *settings.PAGES,
    *tomorrow.PAGES,
    *release.PAGES,
    *saga.PAGES,
)
