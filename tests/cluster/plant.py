"""A desk on a real PostgreSQL, its sources and relay, and the processes that work for it."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from email.utils import format_datetime
from pathlib import Path
from time import monotonic, sleep

from briefing.core.model import Run, Source, Step
from briefing.store import Store, jobs, open_store, runs, sources
from tests.mail.relays import Faulty, sending
from tests.mailroom import reader, subscribe
from tests.month.world import mail_of, reports_of
from tests.newsserver import RSS, News, NewsServer, give, page, rss
from tests.store.ready import act, look
from tests.waiting import PATIENCE

ROOT = Path(__file__).parents[2]
DESK = "ostra-desk"
SETTINGS = """
name = "Ostra Desk"
[engine]
kind = "procrastinate"
lost_seconds = {lost}
[collect]
allow_hosts = ["127.0.0.1"]
allow_ports = [{news}]
delay = 0.0
[store]
at = "{at}"
[schedule]
at = "06:30"
zone = "Europe/Zurich"
collect_minutes = 240
[web]
address = "http://desk.example"
{mail}
connections = 2
"""
#: By how much the clock goes on between two looks, and how often while something is awaited.
_TICK, _TICKS = timedelta(seconds=20), 30


@dataclass
class Plant:
    """A desk and whatever is around it."""

    folder: Path
    store: Store
    news: NewsServer
    relay: Faulty
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)

    @property
    def now(self) -> datetime:
        return datetime.fromisoformat((self.folder / "time").read_text())

    @now.setter
    def now(self, moment: datetime) -> None:
        new = self.folder / "time.new"
        new.write_text(moment.isoformat())
        new.replace(self.folder / "time")

    def start(self, *words: str) -> subprocess.Popen[bytes]:
        """Start a process of the desk; what it says is added to the log."""
        with (self.folder / "log").open("ab") as log:
            process = subprocess.Popen(  # noqa: S603  our own words
                [sys.executable, "-m", "tests.cluster.process", str(self.folder), *words],
                cwd=ROOT,
                stdout=log,
                stderr=log,
            )
        self.processes.append(process)
        return process

    @property
    def log(self) -> str:
        return (self.folder / "log").read_text()

    def wait_until(self, what: Callable[[], bool], *, ticks: int = _TICKS) -> None:
        """Let the clock go on for a while, until something is so."""
        end = monotonic() + PATIENCE
        while not what():
            assert monotonic() < end, self.log
            if ticks > 0:
                self.now += _TICK
                ticks -= 1
            sleep(0.1)

    def report(self, day: date) -> None:
        """Let the publisher list the reports of a day beside those before."""
        there = datetime.combine(day, time(2), tzinfo=UTC)
        listed = []
        for number, (title, text) in enumerate(reports_of(day)):
            self.news.at(f"/{day}/{number}", give(page(title, (text,))))
            url = self.news.url(f"/{day}/{number}")
            listed.append(News(title, url, published=format_datetime(there)))
        self.news.at("/feed", give(rss(listed), RSS))

    def subscribe(self, zones: dict[str, str]) -> None:
        """Add the subscribers, who want the edition at seven in their zones."""
        everybody = (reader(to, at=time(7), zone=zone) for to, zone in zones.items())
        subscribe(self.store, *everybody, at=self.now)

    def runs(self, step: Step) -> list[Run]:
        return list(reversed(look(self.store, runs.recent, DESK, step=step, limit=1_000)))

    def is_idle(self) -> bool:
        return not look(self.store, jobs.open_jobs, DESK)

    @property
    def mails(self) -> list[tuple[str, date | None]]:
        """Who got the edition of which day, in the order of arrival."""
        mails = [mail_of(taken.message, self.now) for taken in list(self.relay.taken)]
        return [(mail.to, mail.day) for mail in mails]


@contextmanager
def plant(folder: Path, at: str, *, now: datetime, lost: int = 60) -> Iterator[Plant]:
    """Make a desk; at the end all of its processes are ended."""
    with NewsServer() as news, Faulty().running() as relay:
        text = SETTINGS.format(news=news.port, mail=sending(relay.port), at=at, lost=lost)
        (folder / "briefing.toml").write_text(text)
        (folder / "log").touch()
        with open_store(at, folder=folder) as store:
            there = Plant(folder, store, news, relay)
            there.now = now
            act(store, sources.add, Source(news.url("/feed")), at=now)
            try:
                yield there
            finally:
                for process in there.processes:
                    process.kill()
                    process.wait()
