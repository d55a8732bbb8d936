"""A month of a desk that is left alone: every trouble of issue and outage, by a stepped clock."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import date, datetime, time, timedelta
from typing import Any

import pytest

from briefing.core.model import Consent, Preferences, Source, State, Subscriber
from briefing.store import editions, open_store, sources, subscribers
from tests.month.news import reports_of
from tests.month.world import BEGIN, END, MONTH, YEAR, Mail, Window, World, at, world

pytestmark = [pytest.mark.allow_hosts(["127.0.0.1"]), pytest.mark.soak]

READERS = {
    "aki@readers.example": "Asia/Tokyo",
    "bea@readers.example": "Europe/Zurich",
    "cal@readers.example": "America/New_York",
    "dea@gone.example": "Europe/Zurich",
}
DEAD = "dea@gone.example"
#: What happens outside, and when.
TROUBLES = (
    Window(at(2, "05:00"), at(2, "05:55"), "news"),
    Window(at(3, "02:30"), at(4, "02:30"), "news"),
    Window(at(12, "05:00"), at(12, "12:00"), "down"),
    Window(at(13, "05:00"), at(13, "10:00"), "550 5.1.1 No such user here"),
    Window(at(14), END, "550 5.1.1 No such user here", DEAD),
    Window(at(22, "04:00"), at(22, "08:00"), "slow"),
    Window(at(24, "05:00"), at(24, "06:00"), "full"),
    Window(at(25, "12:00"), at(25, "21:00"), "settings"),
)
#: The publishers are silent on these days.
QUIET = frozenset({5})
SUBSTANCE, COSMETIC = f"/{date(YEAR, MONTH, 19)}/0", f"/{date(YEAR, MONTH, 21)}/0"
#: Days without an edition, and why.
NONE = {5: "empty", 17: "slept"}
#: What the operator must hear of within five minutes: from when on, and words of it.
TOLD = (
    (at(2, "05:30"), "edition of 2026-03-02: not made yet: the sources could not be read since"),
    (at(3, "05:30"), "edition of 2026-03-03: made while 1 of 2 sources did not answer"),
    (at(5, "05:30"), "edition of 2026-03-05: there was nothing to print"),
    (at(9, "04:00"), "edition of 2062-11-25: dated later than the next scheduled edition"),
    (at(12, "05:30"), "delivering fails: paused: relay"),
    (at(13, "05:30"), "delivering fails: paused: the relay refuses"),
    (at(16, "09:00"), "edition of 2026-03-16: was due at 05:30 UTC and has not been made yet"),
    (at(17, "20:00"), "edition of 2026-03-17: was due at 05:30 UTC and will not be made"),
    (at(18, "02:00"), "it is empty, but it held"),
    (at(22, "14:00"), "the clock says 2026-03-22 14:"),
    (at(24, "05:30"), "MB are free on the disk of the store; make room"),
    (at(25, "13:25"), "mail.securty: unknown setting; did you mean security?"),
)
#: As long as it may take until the operator hears of something.
PATIENCE = timedelta(minutes=5)


def settle(there: World) -> None:
    """Write the store of the desk before the month begins."""
    store = open_store("kept/briefing.db", folder=there.folder)
    with store.write() as tx:
        for path in ("/feed", "/slow"):
            sources.add(tx, Source(there.news.url(path)), at=BEGIN)
        for address, zone in READERS.items():
            new = Subscriber(
                0, address, "", State.ACTIVE, Preferences(at=time(7), zone=zone), BEGIN
            )
            subscribers.add(tx, new, consent=Consent(BEGIN, "confirmed", "form"))
    store.close()


@pytest.fixture(scope="module")
def there(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("month")
    with world(folder, troubles=TROUBLES, quiet=QUIET) as outside:
        settle(outside)
        for until, act in STEPS:
            outside.live(until, "serve")
            outside.now = max(outside.now, until)
            act(outside)
        outside.live(END, "serve")
        (folder / "month.txt").write_text(table(outside))
        yield outside


def two_at_once(there: World) -> None:
    """Let two timers run the round at the moment of the edition."""
    there.now = at(6, "05:30")
    assert there.twice("run", "--due") == [0, 0]


def killed_in(step: str) -> Callable[[World], None]:
    def act(there: World) -> None:
        assert there.live(there.now + timedelta(hours=8), fatal=step) == -9

    return act


def mistyped(there: World) -> None:
    assert there.command("collect")[0] == 0
    code, said = there.command("publish", "--date", "2062-11-25")
    assert code == 2, said
    code, said = there.command("publish", "--date", "2062-11-25", "--force")
    assert code == 0, said
    there.live(there.now + timedelta(minutes=10), "serve")
    code, said = there.command("doctor")
    assert code != 0
    assert "2062" in said
    code, said = there.command("editions", "withdraw", "2062-11-25")
    assert code == 0, said


def a_year_ahead(there: World) -> None:
    right = there.now
    there.now = right.replace(year=right.year + 1)
    there.live(there.now + timedelta(hours=5), "serve")
    there.now = right + timedelta(hours=1)


def slept_until(moment: datetime) -> Callable[[World], None]:
    def act(there: World) -> None:
        there.now = moment

    return act


def emptied(there: World) -> None:
    code, said = there.command("backup", str(there.folder / "backup.tar"))
    assert code == 0, said
    kept = there.folder / "kept"
    (kept / "briefing.db").write_bytes(b"")
    for companion in ("briefing.db-wal", "briefing.db-shm"):
        (kept / companion).unlink(missing_ok=True)
    assert there.live(there.now + timedelta(hours=1), "serve") == 1
    code, said = there.command("restore", str(there.folder / "backup.tar"), "--replace")
    assert code == 0, said


def corrected(there: World) -> None:
    title, text = reports_of(date(YEAR, MONTH, 19))[0]
    there.edited[SUBSTANCE] = title, text.replace("6.1 percent", "7.3 percent")


def embellished(there: World) -> None:
    title, text = reports_of(date(YEAR, MONTH, 21))[0]
    there.edited[COSMETIC] = title, text.replace(" on Monday, the", " on Monday , the")


def set_back(there: World) -> None:
    right = there.now
    there.now = right - timedelta(days=1)
    there.live(there.now + timedelta(hours=2), "serve")
    there.now = right + timedelta(hours=2)


#: What is done to the desk, and when; in between it serves.
STEPS: tuple[tuple[datetime, Callable[[World], None]], ...] = (
    (at(6, "05:29"), two_at_once),
    (at(7, "05:00"), killed_in("publish")),
    (at(8, "05:00"), killed_in("deliver")),
    (at(9, "04:00"), mistyped),
    (at(10, "01:00"), a_year_ahead),
    (at(16, "05:00"), slept_until(at(16, "09:00"))),
    (at(17, "05:00"), slept_until(at(17, "20:00"))),
    (at(18, "02:00"), emptied),
    (at(19, "14:00"), corrected),
    (at(21, "14:00"), embellished),
    (at(23, "14:00"), set_back),
)


def days_of(mails: list[Mail], reader: str) -> list[date]:
    return [mail.day for mail in mails if mail.to == reader and mail.day]


def test_every_reader_has_each_edition_once(there: World) -> None:
    editions = [date(YEAR, MONTH, day) for day in range(1, 32) if day not in NONE]
    for reader in READERS:
        if reader == DEAD:
            continue
        assert sorted(days_of(there.mails, reader)) == editions, reader


def test_who_is_gone_has_the_editions_until_then(there: World) -> None:
    editions = [date(YEAR, MONTH, day) for day in range(1, 14) if day not in NONE]
    assert sorted(days_of(there.mails, DEAD)) == editions
    code, said = there.command("subscribers", "show", DEAD)
    assert code == 0
    assert "bounced" in said


def test_on_a_day_without_news_every_reader_is_told_so_once(there: World) -> None:
    told = [mail for mail in there.mails if mail.at.date() == date(YEAR, MONTH, 5)]
    assert sorted(mail.to for mail in told) == sorted(READERS)
    assert {mail.subject for mail in told} == {"No page of Ostra Desk today"}


@pytest.mark.parametrize(("begin", "words"), TOLD, ids=lambda one: str(one)[:24])
def test_the_operator_hears_of_it_within_five_minutes(
    there: World, begin: datetime, words: str
) -> None:
    heard = [one.at for one in there.heard if words in one.words]
    assert heard, "not at all"
    assert begin <= min(heard) <= begin + PATIENCE
    # and not again and again
    assert len(heard) == 1


def test_a_correction_is_printed_and_a_change_of_spacing_is_none(there: World) -> None:
    printed = {day: corrections_of(there, day) for day in range(1, 32) if day not in NONE}
    (told,) = printed.pop(20)
    assert "6.1 percent" in told["old"]["text"]
    assert "7.3 percent" in told["new"]["text"]
    assert not any(printed.values())


def test_nothing_was_a_fault_of_our_own(there: World) -> None:
    assert "Traceback" not in (there.folder / "log").read_text()


def corrections_of(there: World, day: int) -> list[dict[str, Any]]:
    """Return the corrections that the edition of a day prints."""
    store = open_store("kept/briefing.db", folder=there.folder)
    try:
        with store.read() as tx:
            stored = editions.on(tx, "ostra-desk", date(YEAR, MONTH, day))
            assert stored, day
            found = json.loads(stored.record)
    finally:
        store.close()
    return list(found.get("corrections", ()))


def table(there: World) -> str:
    """Return the month in lines, in the order in which it happened by the clock of the desk."""
    arrived: dict[tuple[datetime, str], list[str]] = {}
    for mail in there.mails:
        what = f"edition of {mail.day}" if mail.day else f"mail: {mail.subject}"
        arrived.setdefault((mail.at, what), []).append(mail.to[:3])
    events = [(at, f"{what} to {', '.join(to)}") for (at, what), to in arrived.items()]
    events += [(one.at, f"operator: {one.words}") for one in there.heard]
    return "\n".join(f"{at:%Y-%m-%d %H:%M}  {what}" for at, what in sorted(events))
