"""All that is around a desk for a month: news, sources, a relay, an operator, the machine."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from email import message_from_bytes
from email.policy import default
from email.utils import format_datetime
from pathlib import Path

from tests import listener
from tests.app.rounds.rehearsed import time_of
from tests.listener import Posted
from tests.mail.relays import At, Faulty, sending
from tests.newsserver import RSS, Exchange, News, NewsServer, give, hang, page, refuse, rss
from tests.waiting import small_disk

ROOT = Path(__file__).parents[2]
YEAR, MONTH = 2026, 3
BEGIN = datetime(2026, 2, 28, 23, 0, tzinfo=UTC)
END = datetime(2026, 4, 1, 0, 0, tzinfo=UTC)
#: Reports of a day are there from this time on, UTC: before its edition.
_THERE = time(2)
#: What changes in an unsteady report.
FIGURE = re.compile(r"\d+\.\d percent")
SETTINGS = """
name = "Ostra Desk"
[collect]
allow_hosts = ["127.0.0.1"]
allow_ports = [{news}, {hook}]
delay = 0.0
deadline = 2.0
[store]
at = "kept/briefing.db"
[schedule]
at = "06:30"
zone = "Europe/Zurich"
collect_minutes = 240
empty = "note"
[web]
address = "http://desk.example"
[alerts]
webhook = "http://127.0.0.1:{hook}/alerts"
[corrections]
notify = "now"
[[watch]]
name = "railways"
words = ["Quendrin"]
alert = 1
alert_mail = ["watch@desk.example"]
{mail}
connections = 1
"""
#: A slip of the pen at the end of the settings.
MISTAKE = "\nsecurty = 'tls'\n"


def at(day: int, clock: str = "00:00") -> datetime:
    """Return a moment of the month, UTC."""
    return datetime.combine(date(YEAR, MONTH, day), time.fromisoformat(clock), tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Window:
    """A trouble outside, from one moment to another."""

    begin: datetime
    end: datetime
    #: "news", "gone" (the pages of older reports), "unsteady" (a figure, by the half hour),
    #: "storm" (of watched titles), "slow", "full" (the disk), "removed" (the store), "settings",
    #: or what the relay does: "down" or an answer.
    what: str
    #: Whom it is about, or the path of a report; empty: everybody.
    to: str = ""

    def holds(self, now: datetime, to: str = "") -> bool:
        return self.begin <= now < self.end and self.to in {"", to}


@dataclass(frozen=True, slots=True)
class Heard:
    """What the operator heard of, and when."""

    at: datetime
    words: str


@dataclass(frozen=True, slots=True)
class Mail:
    at: datetime
    to: str
    #: Day of the edition; None: it is another mail.
    day: date | None
    subject: str
    #: Its plain text.
    text: str


@dataclass
class World:
    """Whatever the desk can reach, and what came of it."""

    folder: Path
    news: NewsServer
    relay: Faulty
    troubles: tuple[Window, ...]
    #: Days on which nothing happens anywhere.
    quiet: frozenset[int]
    heard: list[Heard] = field(default_factory=list)
    mails: list[Mail] = field(default_factory=list)
    hook: int = 0
    #: As the operator wrote them.
    settings: str = ""
    #: Titles and texts that a publisher has changed, by path.
    edited: dict[str, tuple[str, str]] = field(default_factory=dict)
    #: When a trouble was met for the first time.
    met: dict[str, datetime] = field(default_factory=dict)

    @property
    def now(self) -> datetime:
        return time_of(self.folder)

    @now.setter
    def now(self, moment: datetime) -> None:
        (self.folder / "time").write_text(moment.isoformat())

    def live(self, until: datetime, *how: str, fatal: str = "-") -> int:
        """Run the round until a moment; return how its process ended."""
        return self._start(until, *how, fatal=fatal).wait()

    def _start(self, until: datetime, *how: str, fatal: str) -> subprocess.Popen[bytes]:
        words = [sys.executable, "-m", "tests.app.rounds.rehearsed", str(self.folder)]
        with (self.folder / "log").open("a") as log:
            return subprocess.Popen(  # noqa: S603  our own words
                [*words, until.isoformat(), fatal, *how], cwd=ROOT, stdout=log, stderr=log
            )

    def command(self, *words: str) -> tuple[int, str]:
        """Run a command at the time it is; return its exit code and what it printed."""
        process = self._command(*words)
        said, _ = process.communicate()
        return process.returncode, said.strip()

    def twice(self, *words: str) -> list[int]:
        """Run a command in two processes at once; return their exit codes."""
        both = [self._command(*words) for _ in range(2)]
        for process in both:
            process.communicate()
        return [process.returncode for process in both]

    def _command(self, *words: str) -> subprocess.Popen[str]:
        rehearsed = [sys.executable, "-m", "tests.app.rounds.rehearsed", str(self.folder)]
        return subprocess.Popen(  # noqa: S603  our own words
            [*rehearsed, self.now.isoformat(), "-", *words],
            cwd=ROOT,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )

    def fault(self, where: At) -> str:
        """Return what the relay does at a step."""
        now = self.now
        for trouble in self.troubles:
            if trouble.what == "down" and where.step == "greeting" and trouble.holds(now):
                return "drop"
            if trouble.what[0].isdigit() and where.step == "RCPT" and trouble.holds(now, where.to):
                return trouble.what
        if where.step == "after":
            self.mails.append(mail_of(self.relay.taken[-1].message, now))
        return ""

    def has(self, what: str, to: str = "") -> bool:
        """Tell whether there is a trouble now."""
        now = self.now
        there_is = any(one.what == what and one.holds(now, to) for one in self.troubles)
        if there_is:
            self.met.setdefault(what, now)
        return there_is

    def happen(self) -> None:
        """Let what befalls the machine begin, and be mended when it is over."""
        self._use_disk()
        if "removed" not in self.met and self.has("removed"):
            remove_store(self.folder)
        path = self.folder / "briefing.toml"
        now = f"{self.settings}{MISTAKE}" if self.has("settings") else self.settings
        if path.read_text() != now:
            path.write_text(now)

    def _use_disk(self) -> None:
        filler = self.folder / "kept" / "filler"
        if not self.has("full"):
            filler.unlink(missing_ok=True)
        elif os.path.ismount(filler.parent):
            with suppress(OSError), filler.open("ab", buffering=0) as file:
                while True:
                    file.write(bytes(1 << 16))

    def feed(self, exchange: Exchange) -> None:
        """List the reports of the last days, by the clock of the rehearsal."""
        now = self.now
        self.happen()
        if self.has("news"):
            refuse(503)(exchange)
            return
        listed = []
        for back in range(2, -1, -1):
            day = now.date() - timedelta(days=back)
            there = datetime.combine(day, _THERE, tzinfo=UTC)
            if there > now or day.day in self.quiet or (day.year, day.month) != (YEAR, MONTH):
                continue
            for number in range(3):
                path = f"/{day}/{number}"
                title, _ = self.shown(path)
                listed.append(News(title, self.news.url(path), published=format_datetime(there)))
        if self.has("storm"):
            for number in range(STORM):
                path, (title, _) = f"/storm/{number}", storm(number)
                listed.append(News(title, self.news.url(path), published=format_datetime(now)))
        give(rss(listed), RSS)(exchange)

    def shown(self, path: str) -> tuple[str, str]:
        """Return title and text of a report as they are now."""
        _, day, number = path.split("/")
        if day == "storm":
            return storm(int(number))
        title, text = self.edited.get(path, reports_of(date.fromisoformat(day))[int(number)])
        if self.has("unsteady", path):
            figure = f"{self.now.hour + 10}.{self.now.minute // 30 + 1} percent"
            title, text = FIGURE.sub(figure, title), FIGURE.sub(figure, text)
        return title, text

    def slow(self, exchange: Exchange) -> None:
        """Answer, or hang when that is the trouble of the hour."""
        (hang() if self.has("slow") else give(rss([]), RSS))(exchange)

    def report(self, exchange: Exchange) -> None:
        """Show one report as it is now."""
        if self.has("news"):
            refuse(503)(exchange)
            return
        if self.has("gone") and exchange.path[1:11] < f"{self.now.date()}":
            refuse(404)(exchange)
            return
        title, text = self.shown(exchange.path)
        give(page(title, (text,)))(exchange)


def mail_of(message: bytes, moment: datetime) -> Mail:
    """Return what there is to say of a mail."""
    read = message_from_bytes(message, policy=default)
    names = [part.get_filename() or "" for part in read.iter_attachments()]
    day = next((date.fromisoformat(name[-14:-4]) for name in names if name.endswith(".pdf")), None)
    body = read.get_body(("plain",))
    text = body.get_content() if body else ""
    return Mail(moment, str(read["To"]), day, str(read["Subject"]), text)


def remove_store(folder: Path) -> None:
    """Take the store away, and nothing that is beside it."""
    for ending in ("", "-wal", "-shm"):
        (folder / "kept" / f"briefing.db{ending}").unlink(missing_ok=True)


@contextmanager
def world(
    folder: Path, *, troubles: tuple[Window, ...], quiet: frozenset[int] = frozenset()
) -> Iterator[World]:
    """Start the servers around a desk, and write its settings."""
    with NewsServer() as news:
        relay = Faulty()
        there = World(folder, news, relay, troubles, quiet)
        relay.fault = there.fault
        with relay.running(), listening(there), small_disk(folder / "kept", megabytes=700):
            there.now = BEGIN
            there.settings = SETTINGS.format(
                news=news.port, mail=sending(relay.port), hook=there.hook
            )
            (folder / "briefing.toml").write_text(there.settings)
            news.at("/feed", there.feed)
            news.at("/slow", there.slow)
            for number in range(3 * 31):
                news.at(f"/{date(YEAR, MONTH, number // 3 + 1)}/{number % 3}", there.report)
            for number in range(STORM):
                news.at(f"/storm/{number}", there.report)
            yield there


@contextmanager
def listening(there: World) -> Iterator[None]:
    """Take the alerts, as a chat program does."""

    def hear(posted: Posted) -> None:
        # The operator mends it as soon as the trouble is over and they hear of it.
        there.happen()
        alerts = json.loads(posted.body)["alerts"]
        there.heard += [Heard(there.now, one["words"]) for one in alerts]

    with listener.listening(heard=hear) as hook:
        there.hook = hook.port
        yield


#: One place a day, so that no two days tell the same story.
_PLACES = (
    "Ostra", "Kalvik", "Lund Bay", "Tesk", "Ilvia", "Norvia", "Sund", "Merin", "Dorla", "Halvek",
    "Pontara", "Quillon", "Rasmark", "Selby Reach", "Tovar", "Umbria Sound", "Velm", "Wessen",
    "Yarrow", "Zellin", "Arden", "Brask", "Corvo", "Dunmark", "Elsin", "Farholt", "Grenna",
    "Hestia", "Ivarsund", "Jorvik", "Kestrel",
)  # fmt: skip
_NAMES = tuple("Oster Lindqvist Maron Achterberg Falk Ruiz Okafor Demir".split())


_ECONOMY = """\
The central bank of {place} set its main interest rate at {rate} percent on Monday, the
highest since {past}. Governor Ada {name} said inflation in {place} had reached {some}
percent because grain and fuel cost more. Exporters warned that loans worth {many} million
crowns would become harder to pay back. The currency gained {few} percent against that of
its neighbors within an hour."""
_SECURITY = """\
The army of {place} took back {some} border posts that armed raiders had held since autumn,
the defense ministry said. At least {many} soldiers were wounded when a convoy hit mines
near the {place} ridge. General Tomas {name} ordered patrol aircraft to watch the passes by
night. Villagers fled to the coast as artillery fire came closer."""
_DIPLOMACY = """\
Envoys signed a treaty in {place} that divides the water of the shared river for {some}
years. Foreign minister Inés {name} called it the first agreement between the two
governments since {past}. Both embassies in {place} reopen in June with {many} diplomats
each. A summit of the two presidents is to follow before the harvest."""
_REPORTS = (
    ("Central bank of {place} sets its rate at {rate} percent", _ECONOMY),
    ("Troops of {place} take back {some} border posts", _SECURITY),
    ("{place} and its neighbor sign a treaty on the shared river", _DIPLOMACY),
)


def reports_of(day: date) -> tuple[tuple[str, str], ...]:
    """Return title and text of the reports of one day: economy, security, diplomacy."""
    number = day.day
    facts = {
        "place": _PLACES[number - 1],
        "name": _NAMES[number % len(_NAMES)],
        "rate": f"{number % 7 + 1}.{number % 9}",
        "past": 1950 + number,
        "few": number % 5 + 1,
        "some": number + 4,
        "many": number * 3 + 11,
    }
    return tuple(
        (title.format(**facts), " ".join(text.format(**facts).split())) for title, text in _REPORTS
    )


#: Reports in the storm of a publisher who has learned which name is watched for.
STORM = 70
_SYLLABLES = tuple("bal dor fen gim hul jat kev lom mup nar pis rov".split())


def storm(number: int) -> tuple[str, str]:
    """Return title and text of one report of the storm: each is a story of its own."""
    one, other, third = (_word(number * 3 + step).capitalize() for step in range(3))
    title = f"Quendrin opens its {one} works at {other}"
    text = (
        f"The mill owner Quendrin opened its {one} works at {other} on Sunday and hired people "
        f"from {third}. The {third} guild of {other} said that the {one} kilns had cost "
        f"{number * 7 + 300} crowns, more than any at {third} before. No {one} had been made at "
        f"{other} since the great fire of {third}. The council of {other} will let the mill owner "
        f"use the road to {third} for {number + 20} years, and {one} itself gets a school."
    )
    return title, text


def _word(number: int) -> str:
    first, rest = divmod(number, 144)
    second, third = divmod(rest, 12)
    return _SYLLABLES[second] + _SYLLABLES[third] + _SYLLABLES[(number * 5 + first) % 12]
