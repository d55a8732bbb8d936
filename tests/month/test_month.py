"""A month of a desk that is left alone: every trouble of issue and outage, by a stepped clock."""

import json
from collections.abc import Callable, Iterator
from datetime import date, datetime, time, timedelta
from typing import Any

import pytest

from briefing.core.model import Source
from briefing.store import editions, open_store, sources
from tests.mailroom import reader, subscribe
from tests.month.world import (
    BEGIN,
    END,
    MONTH,
    STORM,
    YEAR,
    Mail,
    Window,
    World,
    at,
    remove_store,
    reports_of,
    storm,
    world,
)
from tests.store.ready import look

pytestmark = pytest.mark.soak

READERS = {
    "aki@readers.example": "Asia/Tokyo",
    "bea@readers.example": "Europe/Zurich",
    "cal@readers.example": "America/New_York",
    "dea@gone.example": "Europe/Zurich",
}
DEAD = "dea@gone.example"
#: A report whose figure changes every half hour, and the place that it is about.
UNSTEADY, PLACE = f"/{date(YEAR, MONTH, 27)}/0", "Grenna"
#: Mails at most about the storm of watched titles.
STORM_MAILS = 10
#: What happens outside, and when.
TROUBLES = (
    Window(at(2, "05:00"), at(2, "05:55"), "news"),
    Window(at(3, "02:30"), at(4, "02:30"), "news"),
    Window(at(4, "05:00"), at(5, "01:00"), "down"),
    Window(at(12, "05:00"), at(12, "12:00"), "down"),
    Window(at(13, "05:00"), at(13, "10:00"), "550 5.1.1 No such user here"),
    Window(at(14), END, "550 5.1.1 No such user here", DEAD),
    Window(at(22, "04:00"), at(22, "08:00"), "slow"),
    Window(at(24, "05:00"), at(24, "06:00"), "full"),
    Window(at(25, "12:00"), at(25, "21:00"), "settings"),
    Window(at(26, "20:00"), at(27, "12:00"), "gone"),
    Window(at(27, "14:00"), at(28, "14:00"), "unsteady", UNSTEADY),
    Window(at(29, "12:00"), at(29, "20:00"), "storm"),
    Window(at(30, "13:00"), at(30, "20:00"), "removed"),
)
#: The publishers are silent on these days.
QUIET = frozenset({5})
SUBSTANCE, COSMETIC = f"/{date(YEAR, MONTH, 19)}/0", f"/{date(YEAR, MONTH, 21)}/0"
#: Days without an edition, and why.
NONE = {5: "empty", 17: "slept"}
#: Days whose edition reached nobody: the relay was down until it was too late.
EXPIRED = {4}
#: As long as it may take until the operator hears of something.
PATIENCE = timedelta(minutes=5)
_DAY = timedelta(days=1)
#: What the operator must hear of: from when on, or since which trouble was met; words of it; and
#: within how long, if it takes more than one look.
TOLD: tuple[tuple[datetime | str, str, timedelta], ...] = (
    (at(2, "05:30"), "edition of 2026-03-02: not made yet: the sources could not be", PATIENCE),
    (at(3, "05:30"), "edition of 2026-03-03: made while 1 of 2 sources did not respond", PATIENCE),
    (at(4, "05:30"), "delivering fails: paused: relay", PATIENCE),
    (at(4, "17:30"), "edition of 2026-03-04: 1 of 4 mails not delivered: 1 expired", PATIENCE),
    (at(5, "00:00"), "edition of 2026-03-04: it reached nobody", PATIENCE),
    (at(5, "05:30"), "edition of 2026-03-05: there was nothing to print", PATIENCE),
    (at(9, "04:00"), "edition of 2062-11-25: dated later than the next scheduled", PATIENCE),
    (at(11, "05:31"), "the clock says 2026-03-11 05:31 UTC, before a run", PATIENCE),
    (at(12, "05:30"), "delivering fails: paused: relay", PATIENCE),
    (at(13, "05:30"), "delivering fails: paused: the relay refuses", PATIENCE),
    (at(15, "11:00"), "the clock of this machine was set forward", PATIENCE),
    (at(15, "10:00"), "the clock of this machine was set back", PATIENCE),
    (at(16, "09:00"), "edition of 2026-03-16: was due at 05:30 UTC and has not been", PATIENCE),
    (at(17, "20:00"), "edition of 2026-03-17: was due at 05:30 UTC and will not be", PATIENCE),
    (at(18, "02:00"), "it is empty, but it held", PATIENCE),
    (at(22, "14:00"), "the clock says 2026-03-22 14:", PATIENCE),
    (at(24, "05:25"), "MB is free on the disk of the store; make room", PATIENCE),
    (at(25, "13:25"), "mail.securty: unknown setting; did you mean security?", PATIENCE),
    ("gone", "404", _DAY),
    ("unsteady", "unstable", _DAY),
    ("removed", "the round is blocked", PATIENCE),
    (at(31, "12:00"), "edition of 2026-03-31: 1 of 3 mails not delivered: 1 held", PATIENCE),
)


def settle(there: World) -> None:
    """Write the store of the desk before the month begins."""
    with open_store("kept/briefing.db", folder=there.folder) as store:
        with store.write() as tx:
            for path in ("/feed", "/slow"):
                sources.add(tx, Source(there.news.url(path)), at=BEGIN)
        everybody = (reader(to, at=time(7), zone=zone) for to, zone in READERS.items())
        subscribe(store, *everybody, at=BEGIN)


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


def set_by_minutes(there: World) -> None:
    """Collect by a clock that is twenty minutes fast, and set it right as the edition is due."""
    there.now = at(11, "05:50")
    assert there.command("collect")[0] == 0
    there.now = at(11, "05:31")


def set_by_hours(there: World) -> None:
    """Set the clock over the time of the edition, and over that of a reader, and back again."""
    steps = (("05:20", "05:31"), ("05:40", "05:25"), ("08:00", "11:00"), ("13:00", "10:00"))
    sets = [f"{at(15, one).isoformat()}={at(15, other).isoformat()}" for one, other in steps]
    there.live(at(15, "16:00"), "serve", *sets)


def backed_up(there: World) -> None:
    code, said = there.command("backup", str(there.folder / "backup.tar"), "--force")
    assert code == 0, said


def restored(there: World) -> None:
    code, said = there.command("restore", str(there.folder / "backup.tar"), "--replace")
    assert code == 0, said


def emptied(there: World) -> None:
    backed_up(there)
    remove_store(there.folder)
    (there.folder / "kept" / "briefing.db").write_bytes(b"")
    assert there.live(there.now + timedelta(hours=1), "serve") == 1
    restored(there)


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
    (at(11, "01:00"), set_by_minutes),
    (at(15, "05:00"), set_by_hours),
    (at(16, "05:00"), slept_until(at(16, "09:00"))),
    (at(17, "05:00"), slept_until(at(17, "20:00"))),
    (at(18, "02:00"), emptied),
    (at(19, "14:00"), corrected),
    (at(21, "14:00"), embellished),
    (at(23, "14:00"), set_back),
    (at(30, "12:30"), backed_up),
    (at(30, "20:00"), restored),
    # Between the readers' times: one has it after the backup, and is in doubt in the restored.
    (at(31, "09:00"), backed_up),
    (at(31, "12:00"), restored),
)


def days_of(mails: list[Mail], to: str) -> list[date]:
    return [mail.day for mail in mails if mail.to == to and mail.day]


def test_every_reader_has_each_edition_once(there: World) -> None:
    editions = [date(YEAR, MONTH, day) for day in range(1, 32) if day not in {*NONE, *EXPIRED}]
    for to in READERS.keys() - {DEAD}:
        assert sorted(days_of(there.mails, to)) == editions, to


def test_who_is_gone_has_the_editions_until_then(there: World) -> None:
    editions = [date(YEAR, MONTH, day) for day in range(1, 14) if day not in {*NONE, *EXPIRED}]
    assert sorted(days_of(there.mails, DEAD)) == editions
    code, said = there.command("subscribers", "show", DEAD)
    assert code == 0
    assert "bounced" in said


def test_on_a_day_without_news_every_reader_is_told_so_once(there: World) -> None:
    told = [mail for mail in others_of(there) if mail.subject == "No edition of Ostra Desk today"]
    assert {mail.at.date() for mail in told} == {date(YEAR, MONTH, 5)}
    assert sorted(mail.to for mail in told) == sorted(READERS)


@pytest.mark.parametrize(("begin", "words", "within"), TOLD, ids=lambda one: str(one)[:24])
def test_the_operator_hears_of_it_in_time_and_once(
    there: World, begin: datetime | str, words: str, within: timedelta
) -> None:
    since = there.met[begin] if isinstance(begin, str) else begin
    heard = [one.at for one in there.heard if words in one.words and one.at - since < _DAY]
    heard = [moment for moment in heard if moment >= since]
    assert heard, "not at all"
    assert min(heard) <= since + within
    assert len(heard) == 1, "again and again"


def test_a_storm_of_watched_titles_makes_few_mails(there: World) -> None:
    mails = [mail for mail in there.mails if mail.to == "watch@desk.example"]
    assert mails[0].at <= there.met["storm"] + PATIENCE
    assert len(mails) <= STORM_MAILS
    told = " ".join(word for mail in mails for word in mail.text.split())
    assert [title for title, _ in map(storm, range(STORM)) if title not in told] == []


def test_a_correction_is_printed_once_and_nothing_else_is_one(there: World) -> None:
    printed = [one for day in range(1, 32) if day not in NONE for one in corrections_of(there, day)]
    assert all(one["new"] for one in printed), "no publisher took a report down"
    (told,) = (one for one in printed if "6.1 percent" in one["old"]["text"])
    assert "7.3 percent" in told["new"]["text"]
    # Of the unsteady report what it says now, and at last; a change of spacing is none.
    assert len(printed) <= 3


def test_each_reader_is_mailed_a_correction_once_and_nothing_untrue(there: World) -> None:
    for to in READERS:
        others = [mail for mail in others_of(there) if mail.to == to]
        told = sorted(mail.at.day for mail in others if "7.3 percent" in mail.text)
        assert told in ([[20], [21]] if to != DEAD else [[]]), to
        unsteady = [mail.at.date() for mail in others if PLACE in mail.text]
        assert len(unsteady) == len(set(unsteady)), "in one mail a day"
        # Nothing but these, and that there is no page on the day without news.
        assert len(others) == len(told) + len(unsteady) + 1, to
        assert not [mail for mail in others if "taken the report down" in mail.text]


def test_nothing_was_a_fault_of_our_own(there: World) -> None:
    assert "Traceback" not in (there.folder / "log").read_text()


def test_what_happened_on_a_day_stands_in_an_edition(there: World) -> None:
    printed = " ".join(map(str, (record_of(there, day) for day in range(1, 32) if day not in NONE)))
    for day in set(range(1, 32)) - QUIET:
        title, _ = reports_of(date(YEAR, MONTH, day))[2]
        assert title in printed


def others_of(there: World) -> list[Mail]:
    """Return the mails to readers that are no editions.

    Without those of a machine that begins a year ahead: it cannot know that it stood still no year.
    """
    mails = (mail for mail in there.mails if mail.at.year == YEAR and not mail.day)
    return [mail for mail in mails if mail.to in READERS]


def corrections_of(there: World, day: int) -> list[dict[str, Any]]:
    return list(record_of(there, day).get("corrections", ()))


def record_of(there: World, day: int) -> dict[str, Any]:
    with open_store("kept/briefing.db", folder=there.folder) as store:
        stored = look(store, editions.on, "ostra-desk", date(YEAR, MONTH, day))
    assert stored, day
    found: dict[str, Any] = json.loads(stored.record)
    return found


def table(there: World) -> str:
    """Return the month in lines, in the order in which it happened by the clock of the desk."""
    arrived: dict[tuple[datetime, str], list[str]] = {}
    for mail in there.mails:
        what = f"edition of {mail.day}" if mail.day else f"mail: {mail.subject}"
        arrived.setdefault((mail.at, what), []).append(mail.to[:3])
    events = [(at, f"{what} to {', '.join(to)}") for (at, what), to in arrived.items()]
    events += [(one.at, f"operator: {one.words}") for one in there.heard]
    return "\n".join(f"{at:%Y-%m-%d %H:%M}  {what}" for at, what in sorted(events))
