"""Invented mails, a clock that can be set ahead, and relays that fail for one reader."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.policy import SMTP

from briefing.app.deliver import Claimed, Delivered, Envelope
from briefing.core.model import State, Subscriber
from briefing.store import Store, deliveries, subscribers
from tests.mail.relays import At, Fault, Faulty
from tests.store.readers import EDITION, IMPORTED, insert_edition, reader
from tests.store.ready import look

HOUR = timedelta(hours=1)
#: Delivers what is due to the relay at a port.
Run = Callable[..., Delivered]


class ClockAhead:
    """The real time, and later by as much as a test wants."""

    def __init__(self) -> None:
        self.ahead = timedelta()

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.ahead


def letter(one: Claimed) -> Envelope:
    mail = EmailMessage(policy=SMTP)
    mail["From"], mail["To"] = "desk@desk.example", one.to.address
    mail["Message-ID"] = f"<{one.to.address.partition('@')[0]}@desk.example>"
    mail.set_content("Two berths.\n")
    return Envelope(f"bounce+{one.delivery.id}@desk.example", one.to.address, mail.as_bytes())


def ids(there: Faulty) -> list[str]:
    return sorted(mail.id for mail in there.taken)


def expected(number: int) -> list[str]:
    return sorted(f"<r{one}@desk.example>" for one in range(number))


def at(step: str, doing: str, *, to: str = "r1@", times: int = 1) -> Fault:
    """Fail at a step of the mails to one reader, so many times."""
    left = [times]

    def fault(where: At) -> str:
        hit = where.step == step and where.to.startswith(to) and left[0] > 0
        left[0] -= hit
        return doing if hit else ""

    return fault


def reasons(store: Store) -> dict[str, str]:
    with store.read() as tx:
        return {one.address.partition("@")[0]: one.reason for one in deliveries.of(tx, EDITION)}


def subscriber(store: Store, name: str) -> Subscriber:
    found = look(store, subscribers.find, f"{name}@town.example")
    assert found is not None
    return found


def state_of(store: Store, name: str) -> State:
    return subscriber(store, name).state


def release_across(store: Store, number: int, *, towns: int) -> None:
    """Keep so many active readers, spread over so many domains, and an edition due to them now."""
    with store.write() as tx:
        for one in range(number):
            new = replace(reader(one), address=f"r{one}@town{one % towns}.example")
            subscribers.add(tx, new, consent=IMPORTED)
        insert_edition(tx, day=0, life=12 * HOUR)
