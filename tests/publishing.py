"""An invented desk with a real store and press, for tests of what is published."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from briefing.app.make import Printer
from briefing.app.publish import Published, PublishPlan, ReportWindow, publish
from briefing.core import record
from briefing.core.edition import slug
from briefing.core.model import Document, Edition, Item, Saga, WatchEntry, WatchList, offered_lists
from briefing.core.schedule import Timetable
from briefing.core.text.sagas import tellings
from briefing.core.text.watch import Matcher
from briefing.press.formats import Rendition
from briefing.press.html import screen_html
from briefing.press.text import page_text
from briefing.settings import Settings
from briefing.setup import parts
from briefing.store import Store, Transaction, documents, editions, facts, sagas
from briefing.store.editions import StoredEdition
from tests.desk import FERRY, RECIPE
from tests.newsday import (
    HARBOR,
    NICKEL,
    RIVER,
    STRAIT,
    STRAIT_NEXT,
    TODAY,
    YESTERDAY,
    report,
    with_story,
)
from tests.store.news import see_again
from tests.store.ready import ready_store

BRIEFING = "ostra-desk"
SOURCE = "https://courier.example/feed"
WINDOW = ReportWindow(
    first=timedelta(hours=24), oldest=timedelta(hours=72), recheck=timedelta(hours=6)
)
#: Collected on the first day and on the second.
FIRST = (report("harbor", HARBOR), report("nickel", NICKEL), report("strait", STRAIT))
SECOND = (
    report("ferry", FERRY, day=TODAY),
    report("river", RIVER, day=TODAY),
    report("strait-next", STRAIT_NEXT, day=TODAY),
)


def at(day: date, hour: int, minute: int = 0) -> datetime:
    return datetime.fromisoformat(f"{day.isoformat()}T{hour:02}:{minute:02}:00+00:00")


def files_of(edition: Edition, pdf: bytes) -> Mapping[str, bytes]:
    theme = parts.theme(Settings())
    return {
        "pdf": pdf,
        "html": screen_html(edition, Rendition(theme)).encode(),
        "text": page_text(edition, Rendition(theme)).encode(),
    }


def with_mp3(edition: Edition, pdf: bytes) -> Mapping[str, bytes]:
    """Return its files and an MP3 in which nothing is said, after an empty tag."""
    mp3 = b"ID3\3\0\0\0\0\0\0" + edition.id.encode()
    return {**files_of(edition, pdf), "spoken": mp3}


def publish_plan(**other: Any) -> PublishPlan:  # noqa: ANN401  fields of the plan
    """Return how the invented desk publishes, but for what a test wants otherwise."""
    own: dict[str, Any] = {
        "briefing": slug(RECIPE.name),
        "window": WINDOW,
        "recipe": lambda _: RECIPE,
        "timetable": Settings().timetable,
        "write": files_of,
    }
    press = {} if "press" in other else {"press": parts.press(Settings())}
    return PublishPlan(**own | press | other)


def open_at(folder: Path) -> Store:
    return ready_store("briefing.db", folder=folder)


@dataclass
class Desk:
    store: Store
    press: Printer = field(default_factory=partial(parts.press, Settings()))
    #: The steps of every publication, one after the other.
    steps: list[str] = field(default_factory=list)
    write: Callable[[Edition, bytes], Mapping[str, bytes]] = files_of

    def keep(self, *reports: Document, when: datetime, url: str = "") -> None:
        """Keep reports as collected from their pages; of an edited one the address stays."""
        with self.store.write() as tx:
            for each in reports:
                item = Item(each, keys=(f"url {url or each.url}",), from_page=True)
                documents.keep(tx, item, source=SOURCE, at=when)
            see_again(tx)

    def edit(self, old: Document, text: str, *, when: datetime) -> None:
        """Keep other words of a report that is known."""
        self.keep(replace(old, id=f"{old.id}-edited", text=text), when=when, url=old.url)

    def vanish(self, old: Document, *, when: datetime) -> None:
        """Record that the page of a report is gone."""
        with self.store.write() as tx:
            (known,) = documents.recall(tx, [f"url {old.url}"]).values()
            facts.miss(tx, [known.number], at=when)
            see_again(tx)

    def publish(
        self,
        day: date,
        *,
        hour: int = 20,
        window: ReportWindow = WINDOW,
        write: Callable[[Edition, bytes], Mapping[str, bytes]] | None = None,
        now: datetime | None = None,
        timetable: Timetable = Settings().timetable,  # noqa: B008  a value
        force: bool = False,
    ) -> Published:
        files = write or self.write
        plan = publish_plan(window=window, write=files, timetable=timetable, press=self.press)
        at_hour = now or at(day, hour)
        return publish(self.store, plan, day=day, now=at_hour, force=force, watch=self.steps.append)

    def first(self) -> Published:
        self.keep(*FIRST, when=at(YESTERDAY, 18))
        return self.publish(YESTERDAY)

    def second(self) -> Published:
        self.keep(*SECOND, when=at(TODAY, 18))
        return self.publish(TODAY)


def edition_of(stored: StoredEdition) -> Edition:
    """Return the edition that a record tells."""
    return record.read(stored.record, name=stored.id).edition


def show_merge(store: Store) -> None:
    """Let the ferry of today go on with the harbor as s2, and the strait with both."""
    with store.write() as tx:
        first, second = (_edition(tx, day) for day in (YESTERDAY, TODAY))
        harbor = next(each.entry for each in tellings(first) if each.headline == HARBOR[0])
        merged = _with(second, FERRY[0], Saga("s2", YESTERDAY, (harbor,)))
        strait = replace(_saga(second), also=("s2",))
        sagas.put(tx, BRIEFING, _with(merged, STRAIT_NEXT[0], strait))


def show_split(store: Store) -> None:
    """Let the ferry of today go on with the strait as well."""
    with store.write() as tx:
        second = _edition(tx, TODAY)
        (story,) = [brief.story for brief in second.briefs() if brief.saga]
        sagas.put(tx, BRIEFING, _with(second, FERRY[0], replace(_saga(second), beside=(story,))))


def _edition(tx: Transaction, day: date) -> Edition:
    stored = editions.on(tx, BRIEFING, day)
    assert stored is not None
    return record.read(stored.record, name=stored.id).edition


def _saga(edition: Edition) -> Saga:
    (saga,) = [brief.saga for brief in edition.briefs() if brief.saga]
    return saga


def _with(edition: Edition, headline: str, saga: Saga) -> Edition:
    (story,) = [each.story for each in edition.briefs() if each.headline == headline]
    return with_story(edition, story, saga=saga)


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
