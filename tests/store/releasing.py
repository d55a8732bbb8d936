"""Drafts of an invented desk that two operators release, and what may never be found of them."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from random import Random
from typing import Any

from sqlalchemy import select

from briefing.app.editions import Withdraw, withdraw
from briefing.app.release import ReleasePlan, admit, let_go_in_time, sign, void
from briefing.core import record
from briefing.core.errors import BriefingError
from briefing.core.model import DEADLINE, DeliveryStatus, Edition, Operator, Panel, ReleaseRule
from briefing.core.schedule import Timetable, deadline
from briefing.store import (
    Store,
    Transaction,
    archive,
    claims,
    deliveries,
    drafts,
    editions,
    open_store,
    operators,
    subscribers,
    withdrawals,
)
from briefing.store.audit import Actor
from briefing.store.editions import StoredEdition
from briefing.store.tables import EDITION
from tests.fakes import draft
from tests.store.readers import IMPORTED, reader
from tests.store.ready import act

NAME, DESK, DAY = "Ostra Desk", "ostra-desk", date(2026, 3, 12)
MADE = datetime(2026, 3, 12, 6, 30, tzinfo=UTC)
OPERATORS = ("ann", "ben", "cleo")
LEASE = timedelta(hours=1)
#: After how many turns a server that is not killed ends: most mails have left long before.
_TURNS = 500


def plan(by: int = 2, *, go: bool = False) -> ReleasePlan:
    """Return how the desk releases: until 7:15 UTC."""
    rule = ReleaseRule(by, time(7, 15), go=go)

    def to(tx: Transaction, edition: Edition, at: datetime) -> None:
        deliveries.release(tx, edition.id, at=at, life=timedelta(days=90), due=lambda _: at)

    return ReleasePlan(to=to, timetable=Timetable(time(6, 30), "UTC", release=rule))


def made(day: date, *, variant: int = 0, number: int = 1, serial: int = 1) -> StoredEdition:
    """Return an edition as it is printed; those of other variants have other bytes."""
    id_ = f"{DESK}/{day}" + (f"-{serial}" if serial > 1 else "")
    bare: dict[str, Any] = {"sections": (), "documents": {}, "panel": Panel()}
    edition = replace(draft(1).edition, id=id_, day=day, dateline=f"variant {variant}", **bare)
    at = datetime.combine(day, time(6, 30), UTC)
    files = {"pdf": f"%PDF {id_} {variant}".encode(), "text": b"All of it."}
    since = at - timedelta(days=1)
    return StoredEdition(id_, DESK, day, number, at, since, at, record.write(edition), files)


def put(tx: Transaction, day: date = DAY, *, variant: int = 0, plan: ReleasePlan) -> None:
    """Make the edition of a day unless there is one, or a draft of it, as publishing does."""
    if not operators.listed(tx):
        for name in OPERATORS:
            operators.keep(tx, Operator(name, "no hash", MADE - timedelta(days=1)))
    if editions.on(tx, DESK, day) is not None or drafts.day_of(tx, DESK) == day:
        return
    serial = len(withdrawals.on(tx, DESK, day)) + 1
    stored = made(day, variant=variant, number=withdrawals.last_number(tx, DESK) + 1, serial=serial)
    edition = record.read(stored.record, name=stored.id).edition
    admit(tx, stored, edition=edition, plan=plan, recheck_at=None)


def subscribe(store: Store, number: int = 2) -> None:
    """Keep active readers."""
    with store.write() as tx:
        for one in range(number):
            subscribers.add(tx, reader(one), consent=IMPORTED)


def send(store: Store, *, at: datetime, worker: str = "w") -> list[str]:
    """Send what is due; return the editions of the mails that were begun."""
    with store.write() as tx:
        taken = claims.claim(tx, worker=worker, at=at, lease=LEASE, limit=9, resend=True)
        wanted = {one.delivery.id: worker for one in taken}
        begun = claims.begin(tx, wanted, at=at, lease=LEASE) if wanted else frozenset()
        sent = DeliveryStatus.SENT
        claims.settle_all(tx, [claims.Settlement(one, sent, at=at, worker=worker) for one in begun])
    return [one.delivery.edition for one in taken if one.delivery.id in begun]


def faults(tx: Transaction, *, by: int = 2) -> list[str]:
    """Return what is an edition, or in the mail, and was not released by so many on its bytes."""
    wrong = []
    for name in tx.scalars(select(EDITION.id)):
        stored = editions.get(tx, name)
        assert stored is not None
        signed = [one for one in drafts.signed(tx, name) if one.digest == drafts.digest_of(stored)]
        names = {one.who for one in signed}
        late = any(one.who == DEADLINE and one.at >= _until(stored.day) for one in signed)
        if len(names - {DEADLINE}) < by and not late:
            wrong.append(f"{name}: released by {sorted(names)}")
    waits = drafts.of(tx, DESK)
    if waits and list(deliveries.of(tx, waits.stored.id)):
        wrong.append(f"{waits.stored.id}: a draft with deliveries")
    if waits and waits.stored.day in archive.days(tx, DESK, first=date.min, last=date.max):
        wrong.append(f"{waits.stored.id}: a draft in the archive")
    return wrong


def _until(day: date) -> datetime:
    timetable = plan().timetable
    assert timetable is not None
    until = deadline(timetable, day)
    assert until is not None
    return until


def work(at: str, folder: Path, seed: int, spool: Path) -> None:
    """Do what a server and its people do, at random, until killed; note each mail that left."""
    chance, store = Random(seed), open_store(at, folder=folder)  # noqa: S311  no secret
    with spool.open("a", buffering=1) as mails:
        for turn in range(_TURNS):
            with suppress(BriefingError):
                _turn(store, chance, turn, mails.write, worker=f"{seed}/{turn}")


def _turn(store: Store, chance: Random, turn: int, note: object, *, worker: str) -> None:
    day = DAY + timedelta(days=chance.randrange(4))
    now = datetime.combine(day, time(6, 40), UTC)
    deed = chance.choice(tuple("put sign sign sign send send void withdraw".split()))
    actor = Actor(chance.choice(OPERATORS), now)
    if deed == "send":
        for name in send(store, at=now + timedelta(days=9), worker=worker):
            note(f"{name}\n")  # type: ignore[operator]
        return
    with store.write() as tx:
        if deed == "put":
            put(tx, day, variant=turn, plan=plan())
        elif deed == "sign":
            sign(tx, DESK, drafts.day_of(tx, DESK) or day, plan=plan(), actor=actor)
        elif deed == "void":
            void(tx, DESK, actor=actor, why="an editor has chosen")
        else:
            withdraw(tx, Withdraw(NAME, day), actor=actor)


def deadline_passes(store: Store, *, go: bool, at: datetime) -> bool:
    """Let what has waited long enough go."""
    return act(store, let_go_in_time, DESK, plan=plan(go=go), at=at)


def names_in(spool: Path) -> Sequence[str]:
    """Return the editions of the mails that left."""
    return spool.read_text().split() if spool.exists() else ()
