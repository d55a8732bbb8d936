import shutil
from datetime import date, datetime, time, timedelta
from pathlib import Path

import pytest

from briefing.app.editions import StoredProof, Withdraw, prove_stored, withdraw
from briefing.app.publish import Published, publish_week
from briefing.app.release import ReleasePlan, goes
from briefing.core.errors import NothingToPrintError, UsageError
from briefing.core.model import Edition, ReleaseRule, Step, weekly
from briefing.core.record import digest_of
from briefing.core.schedule import Timetable
from briefing.press.readback import read_back
from briefing.store import editions
from briefing.store.audit import Actor
from tests.desk import FERRY
from tests.newsday import HARBOR, STRAIT, STRAIT_NEXT, TODAY, YESTERDAY, report
from tests.publishing import BRIEFING, FIRST, Desk, at, edition_of, open_at, publish_plan
from tests.store.ready import look

pytestmark = pytest.mark.paper

#: The last day of the week in which the two days lie, and when it is reviewed.
SUNDAY = TODAY + timedelta(days=3)
EVENING = at(SUNDAY, 21)
ACTOR = Actor("command", EVENING)


@pytest.fixture(scope="module")
def evening(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a store in which two days are published; nobody may change it."""
    folder = tmp_path_factory.mktemp("week")
    with open_at(folder) as store:
        desk = Desk(store)
        desk.first()
        desk.second()
    return folder


def review(after: Desk, day: date = SUNDAY, *, now: datetime = EVENING) -> Published:
    plan = publish_plan(press=after.press)
    return publish_week(after.store, plan, day=day, now=now, watch=after.steps.append)


def proved(after: Desk, day: date = SUNDAY) -> StoredProof:
    return prove_stored(after.store, briefing=weekly(BRIEFING), day=day)


def reviewed(after: Desk, day: date = SUNDAY) -> Edition:
    made = review(after, day)
    assert made.printed is not None
    return made.printed.edition


def headlines(edition: Edition) -> set[str]:
    return {brief.headline for brief in edition.briefs()}


def take_back(after: Desk, day: date, *, week: bool = False) -> tuple[date, ...]:
    with after.store.write() as tx:
        return withdraw(
            tx, Withdraw("Ostra Desk", day, edition="week" if week else ""), actor=ACTOR
        ).reviews


def test_it_is_one_proved_page_of_what_the_editions_of_the_week_printed(after: Desk) -> None:
    made = review(after)
    assert made.printed is not None
    edition = made.printed.edition
    with after.store.read() as tx:
        days = [
            edition_of(one) for day in (YESTERDAY, TODAY) if (one := editions.on(tx, BRIEFING, day))
        ]
    printed = {one.key for day in days for one in day.sentences()}
    assert {one.key for one in edition.sentences()} <= printed
    assert edition.week is not None
    assert edition.week.editions == tuple(one.id for one in days)
    page = read_back(made.stored.files["pdf"])
    assert made.printed.fit.pages == 1
    assert "The week, 9 to 15 March 2026" in page.text
    proof = proved(after)
    assert proof.edition == "ostra-desk_week/2026-03-15"
    assert proof.proof.checked > 0
    assert not proof.proof.failures
    read = edition_of(made.stored)
    assert (read.week, read.path) == (edition.week, "week/2026-03-15")
    assert [one.days for one in read.briefs()] == [one.days for one in edition.briefs()]
    assert digest_of(read) == digest_of(edition)
    # A saga is told from its first day of the week to its last.
    brief = {brief.headline: brief for brief in edition.briefs()}[STRAIT_NEXT[0]]
    assert brief.days == (YESTERDAY, TODAY)
    assert brief.earlier is not None
    assert brief.earlier.title.text == STRAIT[0]
    assert "Wed to Thu, 2 editions" in page.text.replace("\xa0", " ")
    again = review(after, now=EVENING + timedelta(hours=1))
    assert again.printed is None
    assert again.stored == made.stored


def test_the_same_editions_give_the_same_bytes(evening: Path, tmp_path: Path) -> None:
    made = []
    for name in ("one", "other"):
        with open_at(shutil.copytree(evening, tmp_path / name)) as store:
            made.append(review(Desk(store)).stored)
    assert made[0] == made[1]


LATE = (
    "Tolm and Ilvia sign a treaty on grain",
    "Ministers of Tolm and Ilvia signed a treaty on grain in Lund on Sunday, they said.",
)


def test_it_is_no_edition_of_its_day(after: Desk) -> None:
    review(after)
    last = look(after.store, editions.last, BRIEFING)
    assert last is not None
    assert last.day == TODAY
    # the edition of the same day is made as if there were none
    after.keep(report("late", LATE, day=SUNDAY), when=at(SUNDAY, 22))
    assert after.publish(SUNDAY, hour=23).stored.number == last.number + 1


def test_a_week_without_editions_or_that_is_not_over_is_refused(after: Desk) -> None:
    empty = YESTERDAY - timedelta(days=1)
    with pytest.raises(
        NothingToPrintError, match=f"no edition of 2026-03-04 to {empty} is publish"
    ):
        review(after, empty)
    with pytest.raises(NothingToPrintError):
        review(after, SUNDAY + timedelta(days=4), now=EVENING + timedelta(days=4))
    with pytest.raises(UsageError, match="is not over; give today or an earlier day"):
        review(after, SUNDAY + timedelta(days=1))


def test_a_withdrawn_edition_is_never_used(after: Desk) -> None:
    take_back(after, TODAY)
    assert headlines(reviewed(after)) == {one.title for one in FIRST}
    take_back(after, YESTERDAY)
    with pytest.raises(NothingToPrintError):
        review(after, YESTERDAY)


def test_reviews_that_print_from_a_withdrawn_edition_are_named(after: Desk) -> None:
    review(after, YESTERDAY)
    review(after, TODAY)
    assert take_back(after, TODAY) == (TODAY,)
    # made after the withdrawal, so without it
    review(after)
    assert take_back(after, YESTERDAY) == (YESTERDAY, TODAY, SUNDAY)


def test_words_that_are_changed_or_gone_since_are_not_printed_again(after: Desk) -> None:
    after.vanish(FIRST[0], when=at(TODAY, 23))
    after.edit(FIRST[2], STRAIT[1].replace("dawn on Monday", "dawn on Sunday"), when=at(TODAY, 23))
    edition = reviewed(after)
    assert not any("dawn on Monday" in one.text for one in edition.sentences())
    assert HARBOR[0] not in headlines(edition)
    assert not proved(after).proof.failures


def test_a_correction_that_an_edition_told_is_told_and_its_old_words_are_not(after: Desk) -> None:
    after.edit(FIRST[2], STRAIT[1].replace("dawn on Monday", "dawn on Sunday"), when=at(TODAY, 23))
    saturday = TODAY + timedelta(days=2)
    after.keep(report("late", FERRY, day=saturday), when=at(saturday, 8))
    assert len(edition_of(after.publish(saturday).stored).corrections) == 1
    for day in (SUNDAY, TODAY):
        edition = reviewed(after, day)
        # the week that ended before does not know of the correction, but not the wrong words either
        assert len(edition.corrections) == (day == SUNDAY)
        assert not any("dawn on Monday" in one.text for one in edition.sentences())
        assert not proved(after, day).proof.failures


def test_a_withdrawn_review_can_be_made_again(after: Desk) -> None:
    first = review(after)
    assert take_back(after, SUNDAY, week=True) == ()
    again = review(after)
    assert again.stored.id == f"{first.stored.id}-2"
    assert again.stored.number == first.stored.number + 1


def test_one_that_nobody_releases_leaves_at_its_deadline_if_so_ruled(after: Desk) -> None:
    rule = ReleaseRule(1, timedelta(minutes=45), go=True)
    table = Timetable(time(21), "UTC", days=(6,), step=Step.WEEK, release=rule)
    plan = publish_plan(press=after.press, release=ReleasePlan(timetable=table))
    for minutes, waits in ((0, True), (44, True), (45, False), (46, False)):
        now = EVENING + timedelta(minutes=minutes)
        assert publish_week(after.store, plan, day=SUNDAY, now=now).waits is waits
        with after.store.read() as tx:
            left = editions.on(tx, weekly(BRIEFING), SUNDAY) is not None
            going = goes(tx, weekly(BRIEFING), timetable=table)
        assert left is not waits
        assert going == ((SUNDAY, EVENING + timedelta(minutes=45)) if waits else None)
