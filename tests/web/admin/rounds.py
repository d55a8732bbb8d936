"""What a round leaves in the store: editions, runs, visits, deliveries, without any of its work."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from types import MappingProxyType

from briefing.core import model, record
from briefing.core.edition import slug
from briefing.store import claims, deliveries, editions, runs, sources
from briefing.store.claims import Settlement
from briefing.store.editions import StoredEdition
from tests.publishing import BRIEFING, Desk
from tests.web.served import NOW, READER, Served

#: What a hostile sender, server or visitor might send.
HOSTILE = '"><script>alert(1)</script>&{{ 7*7 }}'
ESCAPED = "&lt;script&gt;alert(1)&lt;/script&gt;&amp;{{ 7*7 }}"
LEDGER = model.Ledger(
    documents=171,
    publishers=12,
    stories=38,
    printed=12,
    sentences=900,
    sentences_printed=30,
    dropped_documents={"opinion": 11, "copy": 9, "live page": 6, "too short": 2},
    dropped_sentences={"already printed": 4},
    dropped_stories={"no section is sure enough": 7, "printed yesterday": 2},
    no_room=(("s1", "Ministers meet in Ostra", "diplomacy"),) * 17,
)


def keep_edition(
    web: Served,
    day: date,
    *,
    number: int = 1,
    ledger: model.Ledger = LEDGER,
    sections: Mapping[str, int] = MappingProxyType({}),
) -> str:
    briefing = web.desk.briefing
    told = model.Edition(
        id=f"{briefing}/{day}",
        name=web.desk.settings.name,
        day=day,
        language="en",
        number=number,
        dateline="",
        sections=tuple(_section(name, count) for name, count in sections.items()),
        panel=model.Panel(),
        documents={},
        days=(model.DayCount(day, dict(sections)),),
        ledger=ledger,
        setting=model.Setting(model.Scale.NORMAL, 12.0, 24.0),
    )
    at = datetime.combine(day, web.clock().timetz()) - timedelta(hours=2)
    stored = StoredEdition(
        id=told.id,
        briefing=briefing,
        day=day,
        number=number,
        made=at,
        since=at - timedelta(days=1),
        until=at,
        record=record.write(told),
        files={},
    )
    with web.store.write() as tx:
        editions.keep(tx, stored, edition=told, recheck_at=None)
    return told.id


def _section(name: str, count: int) -> model.Section:
    briefs = tuple(
        model.Brief(
            story=f"{name}{place}",
            headline=f"Council {place} votes",
            status=model.Status.NEW,
            sentences=(),
            sources=(),
            reports=1,
            publishers=1,
        )
        for place in range(count)
    )
    return model.Section(name, briefs)


def ran(
    web: Served,
    step: model.Step,
    *,
    ago: float,
    minutes: float = 1,
    ending: model.Ending | None = model.Ending.DONE,
    words: str = "",
    day: date | None = None,
    figures: Mapping[str, int] = MappingProxyType({}),
) -> None:
    """Note a run that began so many minutes ago; without an ending it has none."""
    began = web.clock() - timedelta(minutes=ago)
    with web.store.write() as tx:
        number = runs.begin(tx, slug(web.desk.settings.name), step, at=began, day=day)
        if ending is not None:
            ended = began + timedelta(minutes=minutes)
            runs.end(tx, number, ending=ending, at=ended, words=words, figures=figures)


def add_source(
    web: Served, name: str, *, fresh: Sequence[int | None], reason: str = "timed out", url: str = ""
) -> str:
    """Add a source that brought so many reports a day, the last one today; None: no answer."""
    url = url or f"https://{name.lower().replace(' ', '-')}.example/feed?key=hidden"
    with web.store.write() as tx:
        sources.add(tx, model.Source(url, name=name), at=web.clock() - timedelta(days=60))
        for place, number in enumerate(fresh):
            at = web.clock() - timedelta(days=len(fresh) - 1 - place, hours=2)
            failed = number is None
            outcome = model.Outcome.FAILED if failed else model.Outcome.READ
            why = reason if failed else ""
            sources.record(
                tx, model.FetchRecord(url, at, outcome, reason=why, seconds=0.4, fresh=number or 0)
            )
    return url


def mailed(web: Served, newsroom: Desk) -> StoredEdition:
    """Print an edition, mailed to one reader; the clock is then past it."""
    newsroom.first()
    with web.store.read() as tx:
        stored = editions.last(tx, BRIEFING)
    assert stored
    web.clock.at = max(NOW, stored.made)
    settle(web, stored.id, READER, model.DeliveryStatus.SENT)
    return stored


def settle(
    web: Served,
    edition: str,
    address: str,
    status: model.DeliveryStatus,
    *,
    reason: str = "",
    ago: float = 60,
    again: float | None = None,
    bounce: model.BounceKind | None = None,
) -> None:
    """Add a reader and settle their delivery so many minutes ago."""
    to = web.find(address) if web.known(address) else web.add(address)
    at = web.clock() - timedelta(minutes=ago)
    with web.store.write() as tx:
        deliveries.release(tx, edition, at=at, life=timedelta(hours=9), due=lambda _: at)
        (one,) = (one for one in deliveries.of(tx, edition) if one.subscriber == to.id)
        due = None if again is None else web.clock() + timedelta(minutes=again)
        claims.settle_all(tx, [Settlement(one.id, status, at, reason, due)])
        if bounce is not None:
            told = model.Bounce(bounce, edition, to.id, at, status="5.1.1", words=reason)
            claims.record_bounce(tx, one.id, told)
