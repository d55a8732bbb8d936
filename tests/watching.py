"""An invented desk that watches for something, with the editions of two days."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from briefing.app.publish import publish
from briefing.core.model import WatchEntry, WatchList, offered_lists
from briefing.core.text.watch import Matcher
from briefing.store import Store
from tests.desk import RECIPE
from tests.newsday import TODAY, YESTERDAY
from tests.publishing import FIRST, SECOND, Desk, at, publish_plan

#: Named on both days in what is printed; a name that no report has.
LISTS = (
    WatchList(
        "straits",
        (WatchEntry("Serrat"), WatchEntry("Ottar", ("Ottaran",)), WatchEntry("中国")),
        "The straits",
        offer=True,
    ),
    WatchList("quiet", (WatchEntry("Nowhere"),), offer=True),
)
#: The same as settings.
SETTINGS = """
[[watch]]
name = "straits"
label = "The straits"
words = ["Serrat", "Ottar|Ottaran", "中国"]

[[watch]]
name = "quiet"
words = ["Nowhere"]
"""


def publish_both(store: Store, lists: Sequence[WatchList] = LISTS) -> None:
    """Publish the editions of two days, each from its reports."""
    desk = Desk(store)
    recipe = replace(RECIPE, watch=Matcher.of(lists), lists=offered_lists(lists))
    for day, reports in ((YESTERDAY, FIRST), (TODAY, SECOND)):
        desk.keep(*reports, when=at(day, 18))
        plan = publish_plan(recipe=lambda _: recipe, press=desk.press)
        publish(store, plan, day=day, now=at(day, 20))
