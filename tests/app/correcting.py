"""A desk of many editions whose sources change, and a process that tells of it until killed."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from random import Random

from briefing.app.corrections import CorrectionPlan, mail_readers
from briefing.core import model, record
from briefing.core.text.segment import segment
from briefing.sources.records import make_id
from briefing.store import Store, claims, deliveries, documents, editions, open_store, subscribers
from briefing.store.editions import StoredEdition
from briefing.store.printed_files import OwnPage
from tests.fakes import brief, draft
from tests.store.news import see_again
from tests.store.readers import IMPORTED, reader
from tests.store.ready import act

NAME, DESK = "Ostra Desk", "ostra-desk"
DAY = date(2026, 3, 2)
#: After all editions, when their sources are read again.
LATER = datetime(2026, 3, 12, 12, tzinfo=UTC)
LEASE = timedelta(hours=1)
PLAN = CorrectionPlan(NAME, mails=True, web="https://news.desk.example")
TOWNS = tuple("Sarn Lund Ulm Vell Tarn Kalvik Sund Ostra".split())
SECTIONS = ("economy", "security")


def report(number: int) -> model.Document:
    """Return a report of two sentences, as no other."""
    town, other = TOWNS[number % 8], TOWNS[(number // 8 + 3) % 8]
    text = (
        f"The council of {town} voted on Tuesday, after a debate, to lease berth {number + 10} to "
        f"{other}. The mayor said that talks would go on."
    )
    title = f"{town} leases berth {number + 10}"
    return model.Document(
        make_id(title=title, text=text),
        title,
        text,
        published=datetime.combine(DAY, datetime.min.time(), UTC),
        publisher="Ostra Courier",
        url=f"https://courier.example/{number}",
        language="en",
    )


def cosmetic(number: int) -> str:
    """Return the text of a report in other words that say the same."""
    text = report(number).text
    return (
        text.replace("Tuesday, after a debate,", "Tuesday after a debate"),
        text.replace("debate", "debaet"),
        text.replace("said that talks", "said talks"),
        text.replace("council", "Council"),
    )[number % 4]


def substantial(number: int) -> str:
    """Return the text of a report that says something else in its first sentence."""
    text = report(number).text
    return (
        text.replace(f"berth {number + 10}", f"berth {number + 5_010}"),
        text.replace("voted on", "has not voted on"),
        text.replace("Tuesday", "Friday"),
        text.replace(f"The council of {TOWNS[number % 8]}", "The council of Norvia"),
    )[number % 4]


def opening(text: str) -> str:
    """Return the first sentence of a text, without its full stop."""
    return text.partition(". ")[0]


def keep(store: Store, number: int, text: str, *, at: datetime, title: str = "") -> None:
    one = report(number)
    title = title or one.title
    now = replace(one, id=make_id(title=title, text=text), title=title, text=text)
    with store.write() as tx:
        item = model.Item(now, keys=(f"url {one.url}",), from_page=True)
        documents.keep(tx, item, source="https://courier.example/feed", at=at)
        see_again(tx)


def change(store: Store, number: int, *, at: datetime = LATER) -> None:
    """Let a report say something else from now on."""
    keep(store, number, substantial(number), at=at)


def publish(store: Store, day: date, numbers: Sequence[int]) -> str:
    """Keep the edition of a day that prints the first sentence of some reports, half and half."""
    at = datetime.combine(day, datetime.min.time(), UTC) + timedelta(hours=6)
    cited = [report(number) for number in numbers]
    for number, one in zip(numbers, cited, strict=True):
        keep(store, number, one.text, at=at - timedelta(hours=1))
    briefs = [
        replace(brief(one, 1, story=f"s{place}", top=place == 0), sentences=segment(one)[:1])
        for place, one in enumerate(cited)
    ]
    half = len(briefs) // 2
    edition = replace(
        draft(1).edition,
        id=f"{DESK}/{day}",
        day=day,
        sections=(
            model.Section("economy", tuple(briefs[:half])),
            model.Section("security", tuple(briefs[half:])),
        ),
        documents={one.id: one for one in cited},
        panel=model.Panel(),
        days=(model.DayCount(day, {"economy": half, "security": len(briefs) - half}),),
    )
    act(store, _keep, edition, at=at)
    return edition.id


def own_pages(edition: model.Edition) -> dict[str, bytes]:
    """Return the files of a page of each section."""
    pages = {
        str(place): replace(edition, sections=(section,), only=(section.name,))
        for place, section in enumerate(edition.sections, 1)
    }
    return {
        kind: content
        for key, page in pages.items()
        for kind, content in OwnPage(key, record.write(page), b"PDF").files.items()
    }


def _keep(tx: object, edition: model.Edition, *, at: datetime) -> None:
    stored = StoredEdition(
        edition.id,
        DESK,
        edition.day,
        (edition.day - DAY).days + 1,
        at,
        at - timedelta(days=1),
        at,
        record.write(edition),
        {"text": b"words", **own_pages(edition)},
    )
    editions.keep(tx, stored, edition=edition, recheck_at=None)  # type: ignore[arg-type]
    deliveries.release(tx, edition.id, at=at, life=timedelta(days=30), due=lambda _: at)  # type: ignore[arg-type]


def subscribe(store: Store, number: int, **chosen: object) -> int:
    new: model.Subscriber = reader(number)
    wanted = replace(new.preferences, **chosen)  # type: ignore[arg-type]
    added = act(store, subscribers.add, replace(new, preferences=wanted), consent=IMPORTED)
    assert added
    return added


def send(
    store: Store, *, at: datetime, most: int = 50, worker: str = "w"
) -> Iterator[tuple[str, int]]:
    """Send what is due; yield edition or notice and reader when it has been begun."""
    taken = act(store, claims.claim, worker=worker, at=at, lease=LEASE, limit=most, resend=False)
    for one in taken:
        number = one.delivery.id
        with store.write() as tx:
            if not claims.begin(tx, {number: worker}, at=at, lease=LEASE):
                continue
        yield one.delivery.edition, one.delivery.subscriber
        with store.write() as tx:
            sent = claims.Settlement(number, model.DeliveryStatus.SENT, at=at, worker=worker)
            claims.settle_all(tx, [sent])


def work(at: str, folder: Path, edits: Path, seed: int) -> None:
    """Read the sources again and tell of it, in an order of its own, until killed."""
    chance, store = Random(seed), open_store(at, folder=folder)  # noqa: S311  no secret
    lines = [line.split(" ", 1) for line in edits.read_text().splitlines()]
    chance.shuffle(lines)
    for place in range(0, len(lines), 125):
        for number, text in lines[place : place + 125]:
            keep(store, int(number), text, at=LATER)
        act(store, mail_readers, PLAN, at=LATER)
    act(store, mail_readers, PLAN, at=LATER)
