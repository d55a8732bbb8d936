"""A clock that is set while a round works: the real command, as cron begins it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, event

from briefing.cli import run
from briefing.core import record
from briefing.setup import clock
from briefing.store import collected, editions
from tests import daytime
from tests.app.rounds.test_three_days import FIRST, NEWS, READERS, SECOND, THIRD, begin
from tests.mail.relays import At, Faulty
from tests.month.world import Mail, mail_of
from tests.newsserver import Exchange, NewsServer
from tests.store.ready import ready_store

pytestmark = pytest.mark.allow_hosts(["127.0.0.1"])

MINUTES, HOURS, DAY = timedelta(minutes=19), timedelta(hours=5), timedelta(days=1)
#: When cron begins a round of the second day, and of the others, UTC. The edition is due at 5:30,
#: readers at 6:00 and 11:00; the clock is right again at 7:30.
SECOND_DAY = tuple(map(time.fromisoformat, ("04:50", "05:30", "05:50", "06:10", "07:30", "11:10")))
RIGHT, OTHER_DAYS = time(7, 30), (time(5, 30), time(11, 10))
#: The day after all news.
FOURTH = THIRD + DAY
#: In the middle of what, of which round, the clock is set.
MIDDLES = (
    ("collect", "04:50"), ("collect", "05:30"), ("publish", "05:30"),
    ("deliver", "05:30"), ("deliver", "06:10"),
)  # fmt: skip
#: Where an edition is being made: it reads the editions before it.
_PUBLISHES = "FROM withdrawal"


@dataclass
class Desk:
    """A desk whose clock is set while it works; its sources have the true time."""

    folder: Path
    relay: Faulty
    now: datetime = field(default_factory=lambda: datetime.combine(FIRST, time(4, 50), UTC))
    #: How far the clock is ahead.
    ahead: timedelta = timedelta()
    #: In the middle of what it is set, and how far it is ahead then; None: it is not set.
    step: tuple[str, timedelta] | None = None
    mails: list[Mail] = field(default_factory=list)
    #: How many reports were in no edition when a reader was mailed that there is none.
    notes: list[int] = field(default_factory=list)

    def clock(self) -> datetime:
        return self.now + self.ahead

    def reach(self, what: str) -> None:
        if self.step and self.step[0] == what:
            self.ahead, self.step = self.step[1], None

    def fault(self, where: At) -> str:
        if where.step == "RCPT":
            self.reach("deliver")
        if where.step == "after":
            mail = mail_of(self.relay.taken[-1].message, self.now)
            if mail.day:
                self.mails.append(mail)
            else:
                self.notes.append(self.unprinted())
        return ""

    def round(self, day: date, at: time) -> None:
        self.now = datetime.combine(day, at, UTC)
        (self.folder / "time").write_text(self.now.isoformat())
        run(["run", "--due", f"--config={self.folder / 'briefing.toml'}"])

    def live(self, middle: str, at: str, ahead: timedelta) -> None:
        """Live four days; set the clock in one round of the second, and right again at 7:30."""
        for day in (FIRST, SECOND, THIRD, FOURTH):
            for hour in SECOND_DAY if day == SECOND else OTHER_DAYS:
                if day == SECOND and hour == time.fromisoformat(at):
                    self.step = middle, ahead
                if hour == RIGHT:
                    self.step, self.ahead = None, timedelta()
                self.round(day, hour)

    def unprinted(self) -> int:
        with closing(ready_store("briefing.db", folder=self.folder)) as store, store.read() as tx:
            since = editions.reached(tx, "ostra-desk", before=date.max) or self.now - DAY
            return len(collected.window(tx, since=since, published_since=since - DAY).documents)

    def read(self) -> dict[date, int]:
        """Return how many reports each edition was made from."""
        with closing(ready_store("briefing.db", folder=self.folder)) as store, store.read() as tx:
            kept = editions.records(tx, "ostra-desk", before=date.max, most=99)
        made = [record.read(text, name=name).edition for name, text in kept]
        return {edition.day: edition.ledger.documents for edition in made}


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    relay = Faulty()
    with NewsServer() as news, relay.running():
        begin(tmp_path, news, relay.port)
        path = tmp_path / "briefing.toml"
        more = '\nempty = "note"\n', '[web]\naddress = "https://news.desk.example"\n[mail]\n'
        text = path.read_text().replace("[mail]\n", more[1])
        path.write_text(text.replace("[schedule]\n", f"[schedule]{more[0]}"))
        desk = Desk(tmp_path, relay)
        relay.fault = desk.fault
        feed = news.act_at("/feed")

        def asked(exchange: Exchange) -> None:
            desk.reach("collect")
            feed(exchange)

        def reads(_connection: object, _cursor: object, sql: str, *_: object) -> None:
            if _PUBLISHES in sql:
                desk.reach("publish")

        news.at("/feed", asked)
        event.listen(Engine, "before_cursor_execute", reads)
        clock.run_by(desk.clock)
        try:
            yield desk
        finally:
            clock.run_by(daytime.now)
            event.remove(Engine, "before_cursor_execute", reads)


CASES = [
    (middle, at, sign * step)
    for middle, at in MIDDLES
    for step in (MINUTES, HOURS, DAY, 3 * DAY)
    for sign in (1, -1)
]
#: The others take a minute.
QUICK = {("collect", "05:30", -MINUTES), ("publish", "05:30", 3 * DAY), ("deliver", "06:10", DAY)}


@pytest.mark.parametrize(
    ("middle", "at", "ahead"),
    [
        pytest.param(*one, id=f"{one[0]} of {one[1]}, {one[2].total_seconds() / 3600:+.1f} h",
                     marks=() if one in QUICK else pytest.mark.slow)
        for one in CASES
    ],
)  # fmt: skip
def test_each_reader_gets_each_edition_once_though_the_clock_is_set(
    middle: str, at: str, ahead: timedelta, desk: Desk
) -> None:
    desk.live(middle, at, ahead)
    told = Counter((mail.to, mail.day) for mail in desk.mails)
    assert set(told.values()) == {1}
    assert {(reader, day) for reader in READERS for day in NEWS} <= set(told)
    assert set(desk.notes) <= {0}
    assert sum(desk.read().values()) >= sum(map(len, NEWS.values()))


def test_what_a_clock_that_was_fast_has_collected_is_in_the_edition_of_the_day(desk: Desk) -> None:
    """Collected at 5:50 by a clock 19 minutes ahead, which is set back to 5:31."""
    desk.now = datetime.combine(FIRST, time(5, 31), UTC)
    desk.ahead = MINUTES
    (desk.folder / "time").write_text(desk.now.isoformat())
    run(["collect", f"--config={desk.folder / 'briefing.toml'}"])
    desk.ahead = timedelta()
    for hour in map(time.fromisoformat, ("05:31", "06:10", "11:10")):
        desk.round(FIRST, hour)
    assert desk.notes == []
    assert desk.read() == {FIRST: len(NEWS[FIRST])}
    assert sorted((mail.to, mail.day) for mail in desk.mails) == [(to, FIRST) for to in READERS]
