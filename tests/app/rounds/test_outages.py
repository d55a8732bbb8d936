"""An outage at the time of an edition, and a clock that is set: the real commands."""

import threading
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, event

from briefing.cli import run
from briefing.core import record
from briefing.core.model import Ending, Run, Step
from briefing.setup import clock
from briefing.store import editions, sources
from tests import daytime
from tests.app.rounds.rehearsed import time_of
from tests.app.rounds.test_three_days import (
    FIRST,
    NEWS,
    READERS,
    SECOND,
    SETTINGS,
    THIRD,
    Days,
    begin,
)
from tests.examples import examples
from tests.mail.relays import At, Faulty, real
from tests.mailroom import replaced
from tests.month.world import Mail, mail_of
from tests.newsserver import RSS, Act, Exchange, NewsServer, give, refuse, rss
from tests.store.ready import ready_store

OPERATOR = "operator@desk.example"
MORE = f"""
[alerts]
mail = "{OPERATOR}"
"""
NOTES = ("[schedule]\n", '[schedule]\nempty = "note"\n')
WEB = ("{mail}\n", '[web]\naddress = "https://news.desk.example"\n{mail}\n')


def at(text: str, *, day: date = FIRST) -> datetime:
    return datetime.fromisoformat(f"{day} {text}:00+00:00")


@pytest.fixture
def news() -> Iterator[NewsServer]:
    with NewsServer() as news:
        yield news


@pytest.fixture
def days(tmp_path: Path, news: NewsServer) -> Iterator[Days]:
    """A desk that alerts its operator, and sends notes on a day with nothing to print."""
    with real() as (relay, taken):
        text = SETTINGS.replace(*NOTES).replace(*WEB) + MORE
        begin(tmp_path, news, relay, settings=text, at=at("04:50"))
        yield Days(tmp_path, taken)


def down(days: Days, news: NewsServer, *, until: datetime) -> None:
    """Let the feed not answer before a time of the rehearsal."""
    works: Act = news.act_at("/feed")

    def answer(exchange: Exchange) -> None:
        (works if time_of(days.folder) >= until else refuse(503))(exchange)

    news.at("/feed", answer)


def published(days: Days) -> list[Run]:
    return [run for run in days.runs(at("04:00")) if run.step is Step.PUBLISH]


def alerts(days: Days) -> list[tuple[str, str]]:
    """Return when, by the clock of the rehearsal, and what the operator was told."""
    mails = [one.mail for one in days.taken if one.recipient == OPERATOR]
    return [(f"{mail['Date'].datetime:%H:%M}", " ".join(mail["Subject"].split())) for mail in mails]


def readers(days: Days) -> list[str]:
    return [one.recipient for one in days.taken if one.recipient != OPERATOR]


def test_an_outage_at_the_time_of_an_edition_costs_no_edition(days: Days, news: NewsServer) -> None:
    """The feed does not answer before 5:55; the edition is due at 5:30."""
    down(days, news, until=at("05:55"))
    assert days.live(at("06:15"), "-", "serve") == 0
    blind, *again, made = published(days)
    assert (blind.began, blind.ending) == (at("05:30"), Ending.BLIND)
    assert blind.words.startswith("the sources could not be read since 04:50 UTC: ")
    assert blind.words.endswith("answers 503 (Service Unavailable)")
    assert {run.ending for run in again} == {Ending.BLIND}
    assert made.ending is Ending.DONE
    # within a pause from when the feed is back, whatever the feed's own pause would be
    assert at("05:55") <= made.began <= at("06:05")
    assert sorted(readers(days)) == sorted(list(READERS)[:2])
    told = alerts(days)
    day = "[Ostra Desk] edition of 2026-03-10: not made yet: the sources could not be read since"
    assert [when for when, words in told if words.startswith(day)] == ["05:30"]
    assert "edition of 2026-03-10: was due at 05:30 UTC, begun at" in told[-1][1]


@pytest.mark.slow
def test_a_long_outage_is_told_and_readers_hear_nothing_false(days: Days, news: NewsServer) -> None:
    replaced(days.folder, "[schedule]\n", "[schedule]\ngrace_hours = 1\n")
    down(days, news, until=at("23:00"))
    assert days.live(at("07:00"), "-", "serve") == 0
    assert {run.ending for run in published(days)} == {Ending.BLIND}
    assert published(days)[-1].began <= at("06:30")
    assert readers(days) == []
    told = alerts(days)
    day = "[Ostra Desk] edition of 2026-03-10: not made"
    assert [when for when, words in told if words.startswith(day)] == ["05:30", "06:30"]
    assert told[-1][1].startswith(f"{day}: the sources could not be read since 04:50 UTC: http")


@pytest.mark.slow
def test_a_day_whose_sources_were_read_without_news_is_empty(days: Days, news: NewsServer) -> None:
    news.at("/feed", give(rss([]), RSS))
    assert days.live(at("07:00"), "-", "serve") == 0
    assert [run.ending for run in published(days)] == [Ending.PART, Ending.EMPTY]
    done = days.runs(at("05:30"))
    # read again after the time of the edition, before it is called empty
    assert [run.step for run in done[:3]] == [Step.PUBLISH, Step.COLLECT, Step.PUBLISH]
    assert sorted(readers(days)) == sorted(READERS)
    assert [(when, words) for when, words in alerts(days) if "nothing to print" in words] == [
        ("05:30", alerts(days)[0][1])
    ]


@pytest.mark.slow
def test_a_collecting_that_hangs_holds_up_no_edition_for_long(days: Days, news: NewsServer) -> None:
    """The feed takes the request of 5:25 and says nothing until 5:45."""
    replaced(days.folder, "delay = 0.0\n", "delay = 0.0\ndeadline = 300\n")
    assert days.live(at("05:00"), "-", "serve") == 0
    works = news.act_at("/feed")

    def hang(exchange: Exchange) -> None:
        if time_of(days.folder) < at("05:45"):
            (days.folder / "hangs").touch()
        while time_of(days.folder) < at("05:45"):
            pause.wait(0.05)
        (days.folder / "hangs").unlink(missing_ok=True)
        works(exchange)

    pause = threading.Event()
    news.at("/feed", hang)
    assert days.live(at("06:00"), "-", "serve") == 0
    (made,) = published(days)
    assert (made.began, made.ending) == (at("05:35"), Ending.DONE)
    day = "[Ostra Desk] edition of 2026-03-10: was due at 05:30 UTC and has not been made yet"
    assert day in [words for when, words in alerts(days) if when == "05:34"]
    # the next one waits until 6:00
    assert readers(days) == list(READERS)[:1]


@pytest.mark.slow
@examples("when, code, last")
def test_a_timer_that_cannot_read_the_sources_is_told_so(
    days: Days, news: NewsServer, when: str, code: int, last: str
) -> None:
    down(days, news, until=at("23:00"))
    assert days.live(at(when), "-", "run", "--due") == code
    assert days.said.splitlines()[-1].startswith(last)
    assert readers(days) == []
    assert [words.split(":")[0] for _, words in alerts(days)][:1] == [
        "[Ostra Desk] edition of 2026-03-10"
        if "publish" in last
        else "[Ostra Desk] collecting fails"
    ]


@pytest.mark.slow
def test_publishing_by_hand_says_that_the_sources_fail(days: Days, news: NewsServer) -> None:
    down(days, news, until=at("23:00"))
    assert days.live(at("05:30"), "-", "collect") == 1
    assert days.live(at("05:31"), "-", "publish") == 1
    assert "nothing to publish: no new report since" in days.complained
    assert "; the sources could not be read since 05:30 UTC: http" in days.complained


MINUTES, HOURS, DAY = timedelta(minutes=19), timedelta(hours=5), timedelta(days=1)
#: When cron begins a round of the second day, and of the others, UTC. The edition is due at 5:30,
#: readers at 6:00 and 11:00; the clock is right again at 7:30.
SECOND_DAY = tuple(map(time.fromisoformat, tuple("04:50 05:30 05:50 06:10 07:30 11:10".split())))
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
        with ready_store("briefing.db", folder=self.folder) as store, store.read() as tx:
            since = editions.reached(tx, "ostra-desk", before=date.max) or self.now - DAY
            return len(sources.window(tx, since=since, published_since=since - DAY).documents)

    def read(self) -> dict[date, int]:
        """Return how many reports each edition was made from."""
        with ready_store("briefing.db", folder=self.folder) as store, store.read() as tx:
            kept = editions.records(tx, "ostra-desk", before=date.max, most=99)
        made = [record.read(text, name=name).edition for name, text in kept]
        return {edition.day: edition.ledger.documents for edition in made}


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    relay = Faulty()
    with NewsServer() as news, relay.running():
        begin(tmp_path, news, relay.port, settings=SETTINGS.replace(*NOTES).replace(*WEB))
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
QUICK = {("deliver", "06:10", DAY)}


@pytest.mark.parametrize(
    ("middle", "at", "ahead"),
    [
        pytest.param(*one, id=f"{one[0]} of {one[1]}, {one[2].total_seconds() / 3600:+.1f} h",
                     marks=() if one in QUICK else pytest.mark.slow)
        for one in CASES
    ],
)  # fmt: skip
def test_each_edition_once_at_any_clock(middle: str, at: str, ahead: timedelta, desk: Desk) -> None:
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
