"""A relay, or one provider, that refuses everybody: the real command against real servers."""

import re
import shutil
from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import insert, select, update

from briefing.cli import DONE, FAILED, IN_PART, run
from briefing.core.model import DeliveryStatus, State
from briefing.mail import tokens
from briefing.setup.clock import now
from briefing.setup.post import secrets_of
from briefing.store import deliveries, subscribers
from briefing.store.mail_tables import DELIVERY
from briefing.store.tables import EDITION
from tests.mail.relays import At, Fault, Faulty, always, fine
from tests.mail.returned import PATH, failed, report
from tests.mailroom import BRIEFING, DOMAIN, config, kept, opened, publish, reader, settings, today
from tests.small_day import Said

READERS = 200
#: Every fifth reader is at a provider of their own.
ADDRESSES = [
    f"r{number}@{'big' if number % 5 == 0 else f'town{number % 40}'}.example"
    for number in range(READERS)
]
UNKNOWN = "550 5.1.1 No such user"
DAYS = [today() + timedelta(days=ahead) for ahead in range(3)]
EDITIONS = [f"{BRIEFING}/{day}" for day in DAYS]
FIRST_DAY = EDITIONS[0]


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("published")
    publish(folder, *(reader(address) for address in ADDRESSES))
    return folder


@pytest.fixture
def desk(published: Path, tmp_path: Path) -> Path:
    return shutil.copytree(published, tmp_path / "desk")


def states(desk: Path) -> Counter[State]:
    with opened(desk) as store, store.read() as tx:
        return Counter(subscribers.counts(tx))


def statuses(desk: Path, edition: str = FIRST_DAY) -> dict[DeliveryStatus, int]:
    with opened(desk) as store, store.read() as tx:
        return deliveries.audience(tx, edition).counts


def let_be_due(desk: Path) -> None:
    """Let the half hour pass after which what was refused is due again."""
    with opened(desk) as store, store.write() as tx:
        theirs = DELIVERY.c.status == DeliveryStatus.DUE.value, DELIVERY.c.edition == FIRST_DAY
        tx.execute(update(DELIVERY).where(*theirs).values(due=now()))


def make_due(desk: Path, day: int) -> str:
    """Let an edition of the same words follow, of the first day or a later one."""
    if not day:
        return FIRST_DAY
    at = now()
    with opened(desk) as store, store.write() as tx:
        first = tx.execute(select(EDITION).where(EDITION.c.id == FIRST_DAY)).one()
        again = {"id": EDITIONS[day], "day": DAYS[day], "number": (first.number + day)}
        tx.execute(insert(EDITION), {**first._mapping, **again})
        deliveries.release(tx, EDITIONS[day], at=at, life=timedelta(hours=9), due=lambda _: at)
    return EDITIONS[day]


def deliver(desk: Path, there: Faulty, *words: str) -> int:
    return run(["deliver", *words, config(desk, port=there.port)])


def until_all_were_asked(desk: Path, there: Faulty) -> list[int]:
    """Deliver as a timer does, each minute, until nothing is due."""
    codes: list[int] = []
    while True:
        before = there.mails
        code = deliver(desk, there)
        if there.mails == before:
            return codes
        codes.append(code)


EVERYBODY: dict[str, Fault] = {
    "unknown": always("RCPT", UNKNOWN),
    "policy": always("RCPT", "550 5.7.1 Rejected by policy"),
    "data": always("dot", "554 5.0.0 Transaction failed"),
    "full": always("RCPT", "552 5.2.2 Mailbox full"),
}


@pytest.mark.parametrize("how", EVERYBODY)
def test_a_relay_that_refuses_all_only_delays(how: str, desk: Path, capsys: Said) -> None:
    with Faulty(fault=EVERYBODY[how]).running() as there:
        # All of them for one answer; for others the first ones tell.
        asked = until_all_were_asked(desk, there) if how == "unknown" else [deliver(desk, there)]
        assert set(asked) == {FAILED}
    err = capsys.readouterr().err
    assert re.search(
        r"briefing: paused: the relay refuses (2\d) of \1; no subscription was ended", err
    )
    assert states(desk) == {State.ACTIVE: READERS}
    assert statuses(desk) == {DeliveryStatus.DUE: READERS}
    let_be_due(desk)
    with Faulty(fault=fine).running() as there:
        assert deliver(desk, there) == DONE
        assert len({mail.recipient for mail in there.taken}) == READERS
    assert statuses(desk) == {DeliveryStatus.SENT: READERS}


def test_a_provider_that_refuses_all_readers_is_at_fault(desk: Path, capsys: Said) -> None:
    def fault(where: At) -> str:
        return UNKNOWN if where.step == "RCPT" and where.to.endswith("@big.example") else ""

    for day in range(3):
        make_due(desk, day)
        with Faulty(fault=fault).running() as there:
            assert until_all_were_asked(desk, there) == [IN_PART]
            assert len(there.taken) == 160
    err = capsys.readouterr().err
    assert "big.example refuses 40; no subscription was ended, and they are tried again" in err
    assert states(desk) == {State.ACTIVE: READERS}
    assert [statuses(desk, one) for one in EDITIONS] == 3 * [
        {DeliveryStatus.SENT: 160, DeliveryStatus.DUE: 40}
    ]


def test_a_dead_address_among_many_is_ended_after_its_second_edition(desk: Path) -> None:
    dead = ADDRESSES[77]

    def fault(where: At) -> str:
        return UNKNOWN if where.step == "RCPT" and where.to == dead else ""

    with Faulty(fault=fault).running() as there:
        assert deliver(desk, there) == IN_PART
        assert statuses(desk) == {DeliveryStatus.SENT: READERS - 1, DeliveryStatus.REFUSED: 1}
        assert states(desk) == {State.ACTIVE: READERS}
        following = make_due(desk, 1)
        assert deliver(desk, there) == IN_PART
    assert statuses(desk, following) == {
        DeliveryStatus.SENT: READERS - 1,
        DeliveryStatus.REFUSED: 1,
    }
    assert states(desk) == {State.ACTIVE: READERS - 1, State.BOUNCED: 1}
    ended = kept(desk, dead)
    with opened(desk) as store, store.read() as tx:
        *_, last = subscribers.consents(tx, ended.id)
    assert (ended.state, last.origin) == (State.BOUNCED, following)


def dsns(desk: Path, *, edition: str = FIRST_DAY) -> dict[str, bytes]:
    """Return a report of a dead address for each mail that was sent, by address."""
    secrets = secrets_of(settings(desk))
    with opened(desk) as store, store.read() as tx:
        sent = list(deliveries.of(tx, edition))
    return {
        one.address: report(failed("5.1.1", UNKNOWN, address=one.address)).replace(
            PATH.encode(), tokens.return_path(one.id, secrets=secrets, domain=DOMAIN).encode()
        )
        for one in sent
    }


def read(desk: Path, mails: list[bytes], *words: str) -> int:
    folder = desk / "returned"
    for number, mail in enumerate(mails):
        (folder / "new" / f"{number:03}.mail").write_bytes(mail)
    return run(["bounces", *words, f"--config={desk / 'briefing.toml'}"])


@pytest.mark.slow
def test_reports_for_all_readers_of_one_provider_end_none_of_them(desk: Path, capsys: Said) -> None:
    with Faulty().running() as there:
        assert deliver(desk, there) == DONE
    mails = dsns(desk)
    storm = [mail for address, mail in mails.items() if address.endswith("@big.example")]
    assert read(desk, [*storm, mails[ADDRESSES[3]]]) == IN_PART
    assert (
        "big.example: 40 of 40 mails bounced; no subscription was ended" in capsys.readouterr().err
    )
    assert states(desk) == {State.ACTIVE: READERS - 1, State.BOUNCED: 1}
