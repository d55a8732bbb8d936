"""Three days of the round, end to end: real news, a real relay, readers in three zones, kills."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from email.message import EmailMessage
from email.utils import format_datetime
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from pypdf import PdfReader

from briefing.core.model import Ending, Preferences, Run, Source, Step
from briefing.store import Store, editions, runs, sources
from tests.app.rounds import rehearsed
from tests.app.rounds.forked import forked
from tests.app.rounds.rehearsed import time_of
from tests.desk import FERRY
from tests.mail.relays import Taken, real, sending
from tests.mailroom import Reader, subscribe
from tests.newsday import HARBOR, NICKEL, ORCHIDS, RIVER, STRAIT, STRAIT_NEXT
from tests.newsserver import RSS, Exchange, News, NewsServer, give, page, rss
from tests.store.ready import act, look, ready_store

#: The days, each with what is in the feed by then; it is published at 6:30 in Zurich, 5:30 UTC.
NEWS = {
    date(2026, 3, 10): (HARBOR, NICKEL),
    date(2026, 3, 11): (RIVER, STRAIT),
    date(2026, 3, 12): (STRAIT_NEXT, FERRY, ORCHIDS),
}
FIRST, SECOND, THIRD = NEWS
BEGIN = datetime(2026, 3, 9, 23, 0, tzinfo=UTC)
END = BEGIN + timedelta(days=3)
#: Who wants it at 7 in their own zone, and when that is in UTC: in Tokyo it is past when the
#: edition is made.
READERS = {
    "aki@readers.example": ("Asia/Tokyo", time(5, 30)),
    "bea@readers.example": ("Europe/Zurich", time(6, 0)),
    "cal@readers.example": ("America/New_York", time(11, 0)),
}
WISHES = {who: Preferences(at=time(7), zone=zone) for who, (zone, _) in READERS.items()}
SETTINGS = """
name = "Ostra Desk"
[collect]
allow_hosts = ["127.0.0.1"]
allow_ports = [{news}]
delay = 0.0
[schedule]
at = "06:30"
zone = "Europe/Zurich"
collect_minutes = 300
{mail}
connections = 1
"""


@dataclass
class Days:
    folder: Path
    taken: list[Taken]
    #: What the last process wrote.
    said: str = ""
    complained: str = ""

    def live(self, until: datetime = END, fatal: str = "-", *how: str) -> int:
        words = (str(self.folder), until.isoformat(), fatal, *how)
        code, self.said, self.complained = forked(
            rehearsed.main, *words, folder=self.folder, seconds=600
        )
        assert "Traceback" not in self.complained, self.complained
        return code

    def at(self) -> datetime:
        return time_of(self.folder)

    def store(self) -> Store:
        return ready_store("briefing.db", folder=self.folder)

    def runs(self, since: datetime) -> list[Run]:
        with self.store() as store:
            return list(look(store, runs.since, "ostra-desk", since))

    @property
    def files(self) -> list[tuple[str, str]]:
        """Reader and file of each mail that came in, sorted."""
        return sorted((one.recipient, pdf_in(one).get_filename() or "") for one in self.taken)

    @property
    def mails(self) -> list[tuple[str, date]]:
        """Reader and day of each mail that came in, in their order."""
        return [(one.recipient, day_in(one)) for one in self.taken]


def pdf_in(taken: Taken) -> EmailMessage:
    (pdf,) = taken.mail.iter_attachments()
    return pdf


def day_in(taken: Taken) -> date:
    name = pdf_in(taken).get_filename() or ""
    assert name.startswith("ostra-desk-")
    return date.fromisoformat(name.removeprefix("ostra-desk-").removesuffix(".pdf"))


def published(day: date) -> datetime:
    return datetime.combine(day, time(3), tzinfo=UTC)


def so_far(now: datetime) -> list[tuple[datetime, tuple[str, str]]]:
    """Return the news of the days until now, each with its time."""
    return [
        (published(day), story)
        for day, stories in NEWS.items()
        for story in stories
        if published(day) <= now
    ]


def begin(
    folder: Path,
    news: NewsServer,
    relay: int,
    *,
    settings: str = SETTINGS,
    at: datetime = BEGIN,
    told: Callable[[datetime], Sequence[tuple[datetime, tuple[str, str]]]] = so_far,
    readers: Mapping[str, Preferences] = WISHES,
) -> None:
    """Write settings, and a store with one source, of the news by the clock, and readers."""
    (folder / "briefing.toml").write_text(settings.format(news=news.port, mail=sending(relay)))
    (folder / "time").write_text(at.isoformat())

    def feed(exchange: Exchange) -> None:
        listed = []
        for place, (when, (title, text)) in enumerate(told(time_of(folder))):
            url = news.at(f"/{place}", give(page(title, (text,))))
            listed.append(News(title, url, published=format_datetime(when)))
        give(rss(listed), RSS)(exchange)

    with ready_store("briefing.db", folder=folder) as store:
        act(store, sources.add, Source(news.at("/feed", feed)), at=at)
        subscribe(store, *(Reader(to, wishes) for to, wishes in readers.items()), at=at)


@contextmanager
def living(folder: Path, **how: Any) -> Iterator[Days]:  # noqa: ANN401  of begin
    """Begin a desk whose news, relay and clock are there as long as it lives."""
    with NewsServer() as news, real() as (relay, taken):
        begin(folder, news, relay, **how)
        yield Days(folder, taken)


@pytest.fixture
def days(tmp_path: Path) -> Iterator[Days]:
    with living(tmp_path) as days:
        yield days


def check(days: Days) -> None:
    """Check that nine right mails came, each once and in its turn, each with its one page."""
    assert [reader for reader, _ in days.mails] == [*READERS] * 3
    assert sorted(days.mails) == sorted((reader, day) for reader in READERS for day in NEWS)
    for taken in days.taken:
        content = pdf_in(taken).get_content()
        pages = PdfReader(BytesIO(content)).pages
        assert len(pages) == 1
        words = " ".join(pages[0].extract_text().split())
        assert [title for title, _ in NEWS[day_in(taken)] if title.split()[0] in words]
        with days.store() as store, store.read() as tx:
            stored = editions.on(tx, "ostra-desk", day_in(taken))
        assert stored
        assert stored.files["pdf"] == content


@pytest.mark.kill
def test_three_days_of_serving_bring_nine_mails_though_it_is_killed_on_each(days: Days) -> None:
    for moment in (f"{FIRST}T05:00", f"{SECOND}T09:00", f"{THIRD}T06:10"):
        assert days.live(END, f"{moment}+00:00", "serve") == -9
    assert days.live(END, "-", "serve") == 0
    check(days)
    done = days.runs(BEGIN)
    assert {run.ending for run in done} == {Ending.DONE}
    assert not [run for run in done if run.late]
    sent = [run.began for run in done if run.step is Step.DELIVER]
    assert [at.replace(second=0) for at in sent] == [
        datetime.combine(day, at, tzinfo=UTC) for day in NEWS for _, at in READERS.values()
    ]
    made = [(run.day, run.began.time()) for run in done if run.step is Step.PUBLISH]
    assert made == [(day, time(5, 30)) for day in NEWS]


@pytest.mark.kill
def test_a_kill_in_the_middle_of_each_day_changes_nothing(days: Days) -> None:
    """Kill it while it collects, makes an edition and sends, and while it waits for a reader."""
    killed = -9
    assert days.live(fatal="collect") == killed
    assert days.live(fatal="publish") == killed
    assert days.at().date() == FIRST
    assert days.mails == []
    assert days.live(fatal="deliver") == killed
    assert days.mails == [("aki@readers.example", FIRST)]
    # between two readers of the second day
    assert days.live(fatal=f"{SECOND}T09:00+00:00") == killed
    assert days.mails[3:] == [("aki@readers.example", SECOND), ("bea@readers.example", SECOND)]
    assert days.live(fatal="publish") == killed
    assert days.at().date() == THIRD
    assert days.live(fatal="deliver") == killed
    assert days.live() == 0
    check(days)
    done = days.runs(BEGIN)
    cut = [run.step for run in done if run.ended is None]
    assert cut.count(Step.PUBLISH) == 2
    assert cut.count(Step.DELIVER) == 2
    assert Step.COLLECT in cut
    assert len([run for run in done if run.step is Step.PUBLISH and run.ended]) == 3
