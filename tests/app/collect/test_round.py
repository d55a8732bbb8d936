"""One round over many sources, each of which does something that servers should not do."""

import asyncio
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from briefing.app.collect import Collected
from briefing.core.errors import StoreError
from briefing.core.model import (
    Document,
    FetchRecord,
    Mark,
    Outcome,
    Source,
    SourceStatus,
    Validators,
)
from briefing.core.ports import Gateway, SourceListing
from briefing.store import documents
from tests.app.collect.newsroom import MORNING, Newsroom, article, blurbs, opened, report, whole
from tests.newsserver import (
    RSS,
    Act,
    News,
    NewsServer,
    bomb,
    break_off,
    drip,
    drip_head,
    encoded,
    endless,
    give,
    page,
    redirect,
    refuse,
    rss,
    say,
)
from tests.store.ready import look

READ, FAILED, UNCHANGED = Outcome.READ, Outcome.FAILED, Outcome.UNCHANGED
FEED = rss([News("Port of Overby opens", "/overby", report("Overby"), guid="overby")])
#: The same feed in an encoding that it does not name.
LATIN = FEED.replace("Overby", "Øverby").replace(' encoding="utf-8"', "").encode("cp1252")
MANY = rss(News(f"Notice number {n}", f"/notice/{n}", guid=f"n{n}") for n in range(50_000))
ELMSTAD = "/2026/01/04/port-of-elmstad-opens-again"
SECTION = page("Ports", ["News of ports."]).replace(
    "<article>", f'<article><a href="{ELMSTAD}">Port of Elmstad opens again after repairs</a>'
)


@dataclass(frozen=True)
class Case:
    """What one source does, and what is made of it."""

    name: str
    act: Act | None
    outcome: Outcome = FAILED
    #: Words of the reason.
    reason: str = ""
    status: int = 0
    #: Items and new reports.
    counts: tuple[int, int] = (0, 0)
    kind: str = "feed"
    text: str = "auto"
    #: When it is asked again.
    retry: timedelta | None = timedelta(minutes=15)

    @property
    def host(self) -> str:
        return f"{self.name}.example"


#: What is told of a source that was read, but not to its end.
CUT = {"many": "lists 50,000 items, only the first 1,000 are read"}


def good(
    name: str, act: Act, *, counts: tuple[int, int], status: int = 200, **more: object
) -> Case:
    return Case(name, act, READ, "", status, counts, retry=None, **more)  # type: ignore[arg-type]


def plug_in(name: str, reason: str) -> Case:
    return Case(f"plug-in-{name}", None, reason=reason, kind=name)


CASES = (
    *(good(f"sound-{n}", whole(f"Sound{n}", f"Holm{n}"), counts=(2, 2)) for n in range(8)),
    Case("unchanged", give(FEED, RSS, etag='"1"'), UNCHANGED, status=304, retry=None),
    Case("broken", refuse(503), reason="answers 503 (Service Unavailable)", status=503),
    Case("gone", refuse(410), reason="answers 410 (Gone)", status=410),
    Case("slow-body", drip(FEED, every=0.3), reason="no complete response in 5 seconds"),
    Case("slow-head", drip_head(every=0.1), reason="no complete response in 5 seconds"),
    Case("cut-gzip", encoded(FEED, cut=40), reason="ends too early"),
    Case("gzip-bomb", bomb(megabytes=30), reason="larger than 25 MB"),
    good("wrong-charset", give(LATIN, RSS), counts=(1, 1)),
    Case("html", give(page("Ports", ["All of them."])), reason="not a feed but a web page"),
    Case("nonsense", give("no feed at all", RSS), reason="not a feed"),
    Case("circle", redirect("/circle", status=301), reason="redirects in a circle", status=301),
    Case("closed-port", redirect("http://127.0.0.1:1/"), reason="port 1 is not allowed"),
    Case(
        "inside",
        redirect("http://169.254.169.254/latest/meta-data/"),
        reason="169.254.169.254 is not a public address",
    ),
    good("many", encoded(MANY, content_type=RSS), counts=(1000, 1000), text="feed"),
    Case("endless", endless(), reason="larger than 2 MB"),
    Case("empty", give("", RSS), reason="empty response"),
    Case("closes", break_off(FEED[:200], announced=999), reason="the response ended early"),
    Case("silent", say(b""), reason="connection closed without a response"),
    good("blurbs", blurbs("/read", "/missing", "/broken", "/locked"), counts=(4, 4)),
    good("single", article("Single"), counts=(1, 1), kind="page"),
    good("section", give(SECTION), counts=(1, 1), kind="pages"),
    Case("no-links", give(page("Ports", ["No."])), reason="no links to reports", kind="pages"),
    plug_in("error", "its source kind failed (ZeroDivisionError: by zero)"),
    plug_in("lines", "its source kind failed (ValueError: one [31m two)"),
    plug_in("exit", "its source kind failed (SystemExit: 7)"),
    plug_in("cancelled", "its source kind failed (CancelledError: )"),
    plug_in("store", "its source kind failed (StoreError: not ours)"),
    plug_in("nothing", "its source kind failed (AttributeError: "),
    plug_in("speechless", "its source kind failed (NameError: no words)"),
    plug_in("unknown", "unknown source 'unknown'; known: "),
)
BY_NAME = {case.name: case for case in CASES}


class SpeechlessError(Exception):
    def __str__(self) -> str:
        raise NameError("no words")


RAISED: dict[str, BaseException] = {
    "error": ZeroDivisionError("by zero"),
    "lines": ValueError("one\n\x1b[31m\ttwo"),
    "exit": SystemExit(7),
    "cancelled": asyncio.CancelledError(),
    "store": StoreError("not ours"),
    "speechless": SpeechlessError(),
}


class PlugIn:
    """A kind of source that raises what it was made with, or returns nothing."""

    def __init__(self, error: BaseException | None) -> None:
        self._error = error

    async def __call__(
        self, source: Source, *, gateway: Gateway, validators: Validators = Validators()
    ) -> SourceListing:
        if self._error is not None:
            raise self._error
        return None  # type: ignore[return-value]


class Names:
    """Finds every name here; one is somewhere that may be asked only at the first look."""

    def __init__(self) -> None:
        self.asked = 0

    async def __call__(self, host: str, _port: int) -> Sequence[str]:
        if host == "turning.example":
            self.asked += 1
            return ["127.0.0.2" if self.asked == 1 else "127.0.0.1"]
        return ["127.0.0.1"]


@dataclass(frozen=True)
class Round:
    told: Collected
    room: Newsroom
    guarded: NewsServer
    reports: dict[str, Document]

    @property
    def visits(self) -> dict[str, FetchRecord]:
        return {visit.source: visit for visit in self.told.visits}

    @property
    def source_statuses(self) -> dict[str, SourceStatus]:
        return {one.source.url: one for one in self.told.source_statuses}


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Round]:
    folder = tmp_path_factory.mktemp("round")
    with opened(folder) as room, NewsServer(host="127.0.0.2") as elsewhere, NewsServer() as guarded:
        _prepare(room, elsewhere=elsewhere, guarded=guarded, folder=folder)
        yield Round(room.collect(), room, guarded, room.reports())


def _prepare(room: Newsroom, *, elsewhere: NewsServer, guarded: NewsServer, folder: Path) -> None:
    builtin = room.kind
    room.kind = lambda name: (
        PlugIn(RAISED.get(name)) if name in RAISED or name == "nothing" else builtin(name)
    )
    room.ports = (elsewhere.port, guarded.port)
    # Names may be anywhere; the one that turns may not, but for 127.0.0.2.
    room.allowed = (*(case.host for case in CASES), "guarded.example", "127.0.0.2")
    room.resolve = Names()
    room.add(BY_NAME["unchanged"].act, "/unchanged", host="unchanged.example")
    room.collect()
    room.slow = ("/slow-body", "/slow-head")
    for case in CASES:
        if case.name != "unchanged":
            more = {"kind": case.kind, "text": case.text}
            room.add(case.act, f"/{case.name}", host=case.host, **more)
    _prepare_pages(room)
    elsewhere.at("/robots.txt", give("", "text/plain", headers=[("Connection", "close")]))
    room.add_address(elsewhere.url("/feed", host="turning.example"))
    guarded.at("/robots.txt", give("User-agent: Briefing\nDisallow: /private\n", "text/plain"))
    room.add_address(guarded.url("/private/feed", host="guarded.example"))
    (folder / "papers").mkdir()
    for place in ("Anholt", "Samso"):
        (folder / "papers" / f"{place}.txt").write_text(f"Port of {place} opens\n\n{report(place)}")
    room.add_address(str(folder / "papers"), kind="folder")


def _prepare_pages(room: Newsroom) -> None:
    room.news.at("/read", article("Read"))
    room.news.at("/broken", refuse(503))
    locked = '<meta property="article:content_tier" content="locked">'
    room.news.at("/locked", give(page("A locked port", ["Only for those who pay."], head=locked)))
    room.news.at(ELMSTAD, article("Elmstad"))


def _about(retry_at: datetime | None, at: datetime, wait: timedelta | None) -> bool:
    """Compare times; the waits of other hosts between two tries turn the clock a little."""
    if retry_at is None or wait is None:
        return retry_at is None and wait is None
    return abs(retry_at - at - wait) < timedelta(minutes=1)


@pytest.mark.parametrize("name", BY_NAME)
def test_each_ends_as_it_must(done: Round, name: str) -> None:
    case = BY_NAME[name]
    url = done.room.news.url(f"/{name}", host=case.host)
    visit, source_status = done.visits[url], done.source_statuses[url]
    assert (visit.outcome, visit.status) == (case.outcome, case.status), visit.reason
    assert case.reason in visit.reason
    assert visit.reason.isprintable()
    assert (visit.items, visit.fresh, visit.edited) == (*case.counts, 0)
    assert _about(visit.retry_at, visit.at, case.retry)
    failed = case.outcome is FAILED
    assert (source_status.failing_since is not None, source_status.failures) == (
        failed,
        int(failed),
    )
    assert source_status.reason == (visit.reason if failed else "")
    assert failed or visit.reason == CUT.get(name, "")


def test_each_host_is_asked_for_what_it_allows_alone(done: Round) -> None:
    (visit,) = [visit for url, visit in done.visits.items() if "//turning." in url]
    assert visit.outcome is FAILED
    assert "127.0.0.1 is not a public address" in visit.reason
    (visit,) = [visit for url, visit in done.visits.items() if "//guarded." in url]
    assert visit.outcome is FAILED
    assert re.match(r"robots.txt of guarded.example:\d+ does not allow it", visit.reason)
    assert [seen.path for seen in done.guarded.seen] == ["/robots.txt"]


def test_every_report_is_whole_or_has_the_words_of_its_feed(done: Round) -> None:
    (visit,) = [visit for visit in done.visits.values() if visit.source.endswith("papers")]
    assert (visit.outcome, visit.items, visit.fresh, visit.status) == (READ, 2, 2, 0)
    assert "Port of Samso opens" in done.reports
    (sound,) = [visit for url, visit in done.visits.items() if "//sound-1." in url]
    assert sound.decoded_bytes == sound.wire_bytes > 200
    assert sound.seconds > 0
    for place in (*(f"Sound{n}" for n in range(8)), *(f"Holm{n}" for n in range(8)), "Anholt"):
        assert done.reports[f"Port of {place} opens"].text.strip().endswith(report(place)[-300:])
    assert done.reports["Port of Øverby opens"].text == report("Øverby")
    assert done.reports["A port at /read"].text.endswith(report("Read"))
    assert done.reports["Port of Single opens"].text.endswith(report("Single"))
    assert report("Elmstad") in done.reports["Port of Elmstad opens again after repairs"].text
    for path in ("/missing", "/broken"):
        one = done.reports[f"A port at {path}"]
        assert one.text == f"The port at {path} opens …"
        assert Mark.BLURB in one.marks
    assert {Mark.BLURB, Mark.PAYWALL} <= set(done.reports["A port at /locked"].marks)
    owed = look(done.room.store, documents.due, at=MORNING + timedelta(hours=2), limit=100)
    assert [one.document.title for one in owed] == ["A port at /broken"]
    assert (owed[0].printed, owed[0].tries) == (False, 0)


def test_a_long_feed_gives_its_newest_and_failures_are_told_longest_first(done: Round) -> None:
    numbers = {title for title in done.reports if title.startswith("Notice number ")}
    assert numbers == {f"Notice number {n}" for n in range(1000)}
    failed = {case.host for case in CASES if case.outcome is FAILED}
    told = {urlsplit(one.source.url).hostname for one in done.told.failing}
    assert told == failed | {"turning.example", "guarded.example"}
    since = [one.failing_since for one in done.told.failing]
    assert since == sorted(since, key=lambda at: at or MORNING)
    assert done.told.silent == ()
    assert done.told.count(FAILED) == len(since)
