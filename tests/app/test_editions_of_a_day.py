"""Several editions of a day: what each prints, how they follow, and who gets them."""

from dataclasses import replace
from datetime import datetime, time, timedelta
from functools import partial
from pathlib import Path

import pytest

from briefing.app.editions import Withdraw, withdraw
from briefing.app.publish import Published, publish, publish_week
from briefing.app.release import ReleasePlan, sign
from briefing.core.errors import InputError, UsageError
from briefing.core.model import Edition, PageChoice, ReleaseRule, Status
from briefing.core.schedule import Timetable
from briefing.press.wording import title_date
from briefing.settings import Settings
from briefing.setup.mailing import release_plan
from briefing.store import archive, deliveries, drafts, editions, sagas, subscribers
from briefing.store.audit import Actor
from tests.mailroom import reader, subscribe
from tests.newsday import HARBOR, RIVER, STRAIT_NEXT, TODAY, YESTERDAY, report
from tests.publishing import BRIEFING, FIRST, SECOND, Desk, at, edition_of, open_at, publish_plan
from tests.store.ready import employ, look

FIRST_ALONE = Timetable(time(7), "UTC")
EVENING_ALONE = Timetable(time(18), "UTC", edition="evening")
MORNING = replace(FIRST_ALONE, others=(EVENING_ALONE,))
EVENING = replace(EVENING_ALONE, others=(FIRST_ALONE,))
ACTOR = Actor("ada", at(TODAY, 20))


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    employ(store := open_at(tmp_path), "ada")
    return Desk(store)


def make(
    desk: Desk, table: Timetable, hour: int, *, by: int = 0, to: ReleasePlan | None = None
) -> Published:
    rule = replace(table, release=ReleaseRule(by))
    release = replace(to or ReleasePlan(), timetable=rule)
    plan = publish_plan(press=desk.press, timetable=rule, release=release)
    return publish(desk.store, plan, day=TODAY, now=at(TODAY, hour))


def both(desk: Desk) -> tuple[Edition, Edition]:
    """Publish yesterday's news in the morning, and today's, which go on with it, in the evening."""
    desk.keep(*FIRST, when=at(TODAY, 5))
    morning = make(desk, MORNING, 7)
    desk.keep(*SECOND, when=at(TODAY, 17))
    return edition_of(morning.stored), edition_of(make(desk, EVENING, 18).stored)


def heads(edition: Edition) -> set[str]:
    return {brief.headline for brief in edition.briefs()}


def test_the_evening_prints_what_is_new_since_the_morning(desk: Desk) -> None:
    morning, evening = both(desk)
    assert (morning.id, evening.id) == (f"ostra-desk/{TODAY}", f"ostra-desk_evening/{TODAY}")
    assert (morning.number, evening.number) == (1, 2)
    assert evening.path == f"edition/evening/{TODAY}"
    assert title_date(evening).startswith("Evening, ")
    assert HARBOR[0] in heads(morning) - heads(evening)
    statuses = {brief.headline: brief.status for brief in evening.briefs()}
    assert (statuses[RIVER[0]], statuses[STRAIT_NEXT[0]]) == (Status.NEW, Status.DEVELOPING)
    # The chart of an evening compares evenings.
    assert [day.day for day in evening.days] == [TODAY]
    assert evening.since == TODAY


def test_sagas_the_search_and_the_week_have_all_editions_of_a_desk(desk: Desk) -> None:
    morning, evening = both(desk)
    with desk.store.read() as tx:
        (saga,) = sagas.newest(tx, BRIEFING, limit=5)[1]
        known = sagas.get(tx, BRIEFING, saga.id)
        assert known
        assert [entry.edition for entry in known.entries] == [morning.id, evening.id]
        hits = archive.search(tx, BRIEFING, archive.Question(), limit=99)
        assert hits.total == len(hits.hits)
        assert [hit.edition for hit in hits.hits] == sorted(
            (hit.edition for hit in hits.hits), key=lambda id: id == morning.id
        )
        assert {hit.edition for hit in hits.hits} == {morning.id, evening.id}
    week = publish_week(desk.store, publish_plan(press=desk.press), day=TODAY, now=at(TODAY, 21))
    made = edition_of(week.stored)
    assert made.week
    assert made.week.editions == (morning.id, evening.id)


def test_the_next_morning_follows_the_evening(desk: Desk) -> None:
    _, evening = both(desk)
    day = TODAY + timedelta(days=1)
    desk.keep(report("late", HARBOR, day=day), when=at(TODAY, 23))
    plan = publish_plan(press=desk.press, timetable=MORNING)
    stored = publish(desk.store, plan, day=day, now=at(day, 7)).stored
    assert (stored.number, stored.since) == (3, look(desk.store, _until, evening.id))
    assert edition_of(stored).since == TODAY


def _until(tx: object, id: str) -> datetime:
    stored = editions.get(tx, id)  # type: ignore[arg-type]
    assert stored
    return stored.until


def test_a_morning_is_not_made_behind_the_evening(desk: Desk) -> None:
    desk.keep(*FIRST, when=at(TODAY, 5))
    make(desk, EVENING, 18)
    with pytest.raises(UsageError, match="already published and editions follow in order"):
        make(desk, MORNING, 19)


def test_a_withdrawn_evening_is_made_again_from_its_reports(desk: Desk) -> None:
    _, evening = both(desk)
    with desk.store.write() as tx:
        asked = Withdraw("Ostra Desk", TODAY, edition="evening")
        assert withdraw(tx, asked, actor=ACTOR).withdrawal.edition == evening.id
    again = make(desk, EVENING, 21).stored
    assert (again.id, again.number) == (f"{evening.id}-2", 3)
    assert heads(edition_of(again)) == heads(evening)


def test_a_draft_that_waits_gives_way_to_the_next_edition(desk: Desk) -> None:
    desk.keep(*FIRST, when=at(TODAY, 5))
    assert make(desk, MORNING, 7, by=1).waits
    desk.keep(*SECOND, when=at(TODAY, 17))
    evening = make(desk, EVENING, 18, by=1)
    with desk.store.write() as tx:
        assert drafts.waiting(tx, BRIEFING) == ("ostra-desk_evening",)
        plan = ReleasePlan(timetable=MORNING)
        with pytest.raises(InputError, match="no draft"):
            sign(tx, BRIEFING, TODAY, plan=plan, actor=ACTOR)
    # What nobody released was told to nobody.
    assert heads(edition_of(evening.stored)) >= {HARBOR[0], RIVER[0]}


SETTINGS = Settings.model_validate(
    {
        "name": "Ostra Desk",
        "schedule": {"at": "07:00", "week": "thu 20:00"},
        "release": {"by": 1},
        "edition": [{"name": "evening", "at": "18:00"}],
    }
)
#: What readers chose, and which editions they get.
READERS = {
    "ann": ((), ("", "week")),
    "bea": (("evening",), ("evening",)),
    "cal": (("first", "evening"), ("", "evening")),
    "dan": (("week",), ("week",)),
    # Chosen when there was one at noon.
    "eve": (("noon",), ("", "week")),
}


def test_each_reader_gets_each_chosen_edition_once_though_it_is_released_late(desk: Desk) -> None:
    for name, (chosen, _) in READERS.items():
        days = (0, 3) if name != "dan" else (0,)
        own = reader(f"{name}@readers.example", at=time(6), editions=chosen, days=days)
        subscribe(desk.store, own, at=at(TODAY, 1))
    desk.keep(*FIRST, when=at(TODAY, 5))
    plan_of = partial(release_plan, SETTINGS)
    for edition, hour, reports in (("", 7, ()), ("evening", 18, SECOND)):
        if reports:
            desk.keep(*reports, when=at(TODAY, hour - 1))
        plan = plan_of(edition=edition)
        assert plan.timetable
        waits = make(desk, plan.timetable, hour, by=1, to=plan)
        assert waits.waits
        late = replace(ACTOR, at=at(TODAY, hour + 2))
        with desk.store.write() as tx:
            series = plan.timetable.series(BRIEFING)
            assert sign(tx, series, TODAY, plan=plan, actor=late).lacking == 0
            # Again, as by another process: nobody is added.
            plan.to(tx, edition_of(waits.stored), late.at)
    week = replace(
        publish_plan(press=desk.press), release=replace(plan_of(edition="week"), timetable=None)
    )
    publish_week(desk.store, week, day=TODAY, now=at(TODAY, 20))
    with desk.store.read() as tx:
        got = {
            (each.address.partition("@")[0], edition)
            for edition, series in (("", ""), ("evening", "_evening"), ("week", "_week"))
            for each in deliveries.of(tx, f"ostra-desk{series}/{TODAY}")
        }
    assert got == {(name, each) for name, (_, gets) in READERS.items() for each in gets}


def test_own_pages_of_an_evening_are_of_those_who_get_it(desk: Desk) -> None:
    for section, chosen in (
        ("economy", ()),
        ("security", ("evening",)),
        # There is none any more: who chose it gets the first.
        ("diplomacy", ("evening-late",)),
    ):
        own = reader(f"{section}@readers.example", sections=(section,), editions=chosen)
        subscribe(desk.store, own, at=at(TODAY, 1))
    with desk.store.read() as tx:
        of = partial(subscribers.choices, tx, day=TODAY, offered=SETTINGS.timetable.editions)
        assert of() == {PageChoice(("economy",)), PageChoice(("diplomacy",))}
        assert of(edition="evening") == {PageChoice(("security",))}


def test_an_edition_of_some_sections_prints_no_others() -> None:
    own = SETTINGS.model_copy(
        update={"edition": (SETTINGS.edition[0].model_copy(update={"sections": ("economy",)}),)}
    )
    evening = own.of_edition("evening")
    assert evening.printed == ("economy",)
    assert own.of_edition("").printed == ("economy", "security", "diplomacy", "other")
    assert own.timetable.of("evening").release.by == 1
    alone = own.edition[0].model_copy(update={"release": "none"})
    assert own.model_copy(update={"edition": (alone,)}).timetable.of("evening").release.by == 0
    assert YESTERDAY < TODAY
