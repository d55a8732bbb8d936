"""How often lists are named, and alerts between editions: once a story and list."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from threading import Barrier

import pytest
from sqlalchemy import func, select

from briefing.app.watch_lists import WatchAlertPlan, WatchSummary, alert, show, summaries
from briefing.core.errors import InputError, StoreError
from briefing.core.model import MailKind, WatchEntry, WatchList
from briefing.core.text.watch_alerts import WatchAlert
from briefing.settings import Settings
from briefing.setup.parts import rule
from briefing.store import Store, Transaction, deliveries, watch_lists
from briefing.store.mail_tables import DELIVERY
from tests.newsday import HARBOR, HARBOR_AGAIN, STRAIT, STRAIT_NEXT, TODAY, YESTERDAY, report
from tests.publishing import BRIEFING, LISTS, Desk, at, open_at, publish_both
from tests.store.ready import look

COAST = WatchList("coast", (WatchEntry("Port Ostra"),), alert=2)
COURIER = report("harbor", HARBOR)
POST = report("again", HARBOR_AGAIN, publisher="Kalvik Post")
MAIL = report("third", HARBOR_AGAIN, publisher="Sund Mail")
NOW = at(YESTERDAY, 12)


@dataclass
class Ear:
    """Hears of alerts, and keeps what it hears in the transaction as a mail."""

    heard: list[str] = field(default_factory=list)

    def line(self, found: WatchAlert) -> str:
        return f"{found.list.name}: {found.story.documents[0].title}"

    def mail(self, tx: Transaction, found: WatchAlert, at: datetime) -> None:
        words = self.line(found)
        deliveries.put_mail(tx, MailKind.WATCH, words=words, at=at, until=at + timedelta(days=1))
        self.heard.append(words)


def plan(*lists: WatchList, ear: Ear | None = None) -> WatchAlertPlan:
    ear = ear or Ear()
    return WatchAlertPlan(
        briefing="ostra-desk",
        lists=lists or (COAST,),
        rule=rule(Settings()),
        first=timedelta(hours=24),
        oldest=timedelta(hours=72),
        window=timedelta(hours=72),
        line=ear.line,
        mail=ear.mail,
    )


def mails(store: Store) -> int:
    with store.read() as tx:
        return tx.execute(select(func.count()).select_from(DELIVERY)).scalar_one()


def test_a_story_is_alerted_to_once_when_enough_publishers_have_it(store: Store) -> None:
    desk = Desk(store)
    given = []
    for hour, own in ((8, [COURIER]), (9, [POST]), (10, []), (11, [MAIL])):
        desk.keep(*own, when=at(YESTERDAY, hour))
        given.append(alert(store, plan(), at=at(YESTERDAY, hour, 30)))
    assert given == [0, 1, 0, 0]
    with store.read() as tx:
        (kept,) = watch_lists.recent_alerts(tx, BRIEFING, since=at(YESTERDAY, 1))
        assert (kept.list, kept.at) == ("coast", at(YESTERDAY, 9, 30))
        assert watch_lists.recent_alerts(tx, BRIEFING, since=at(YESTERDAY, 9, 30)) == ()
        assert watch_lists.looked(tx, BRIEFING) == at(YESTERDAY, 11, 30)


def test_an_edited_report_is_no_new_story(store: Store) -> None:
    desk = Desk(store)
    desk.keep(COURIER, POST, when=at(YESTERDAY, 8))
    assert alert(store, plan(), at=at(YESTERDAY, 9)) == 1
    desk.edit(COURIER, f"{HARBOR[1]} The lease is public.", when=at(YESTERDAY, 10))
    assert alert(store, plan(), at=at(YESTERDAY, 11)) == 0


def test_each_list_has_its_own_and_without_one_nothing_is_read_or_kept(store: Store) -> None:
    Desk(store).keep(COURIER, POST, when=at(YESTERDAY, 8))
    assert alert(store, replace(plan(), lists=()), at=NOW) == 0
    assert look(store, watch_lists.looked, BRIEFING) is None
    both = (COAST, replace(COAST, name="harbors"), replace(COAST, name="three", alert=3))
    ear = Ear()
    assert alert(store, plan(*both, ear=ear), at=NOW) == 2
    assert [one.partition(":")[0] for one in ear.heard] == ["coast", "harbors"]


def test_what_the_last_edition_told_is_no_news_and_the_window_follows(store: Store) -> None:
    desk = Desk(store)
    desk.first()
    straits = WatchList("straits", (WatchEntry("Serrat"), WatchEntry("Port Ostra")), alert=1)
    assert alert(store, plan(straits), at=at(YESTERDAY, 21)) == 0
    desk.keep(report("strait-next", STRAIT_NEXT, day=TODAY), when=at(TODAY, 6))
    assert alert(store, plan(straits), at=at(TODAY, 7)) == 0
    assert STRAIT != STRAIT_NEXT


def test_what_cannot_be_queued_is_given_later_and_forgotten_long_after(store: Store) -> None:
    Desk(store).keep(COURIER, POST, when=at(YESTERDAY, 8))

    def failing(_tx: Transaction, _found: WatchAlert, _at: datetime) -> None:
        raise StoreError("no room")

    with pytest.raises(StoreError):
        alert(store, replace(plan(), mail=failing), at=NOW)
    assert mails(store) == 0
    assert alert(store, plan(), at=NOW) == 1
    assert mails(store) == 1
    assert alert(store, plan(), at=NOW + timedelta(days=61)) == 0
    assert look(store, watch_lists.recent_alerts, BRIEFING, since=at(YESTERDAY, 1)) == ()


def race(stores: list[Store], ear: Ear) -> list[int]:
    """Let several servers look at one moment; return what each has given."""
    start, given = Barrier(len(stores)), [0] * len(stores)

    def look(number: int) -> None:
        start.wait()
        given[number] = alert(stores[number], plan(ear=ear), at=NOW)

    with ThreadPoolExecutor(len(stores)) as servers:
        list(servers.map(look, range(len(stores))))
    return given


def test_of_several_servers_one_alerts(store: Store, tmp_path: Path) -> None:
    Desk(store).keep(COURIER, POST, when=at(YESTERDAY, 8))
    others = [open_at(tmp_path) for _ in range(3)]
    ear = Ear()
    assert sum(race([store, *others], ear)) == 1
    assert len(ear.heard) == 1
    assert mails(store) == 1
    for one in others:
        one.close()


def test_lists_are_counted_over_a_week_and_a_month(store: Store) -> None:
    publish_both(store)
    for today, week, month in (
        (YESTERDAY, 1, 1),
        (TODAY, 2, 2),
        (TODAY + timedelta(days=6), 1, 2),
        (TODAY + timedelta(days=7), 0, 2),
        (TODAY + timedelta(days=29), 0, 1),
        (TODAY + timedelta(days=30), 0, 0),
    ):
        straits, quiet = look(store, summaries, BRIEFING, LISTS, today=today)
        assert straits == WatchSummary(
            "straits", "The straits", active=True, week=week, month=month, last=TODAY
        )
        assert quiet == WatchSummary("quiet", "quiet", active=True, week=0, month=0, last=None)


def test_without_any_list_it_is_said_how_to_add_one(store: Store) -> None:
    with pytest.raises(InputError, match=r"there is none; add one: \[\[watch\]\]"):
        look(store, show, BRIEFING, "straits", lists=(), today=TODAY, limit=30)
