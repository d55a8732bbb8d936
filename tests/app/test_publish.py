import json
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, time, timedelta
from pathlib import Path
from threading import Event

import pytest

from briefing.app.editions import Withdraw, prove_stored, withdraw
from briefing.app.publish import Published
from briefing.core.edition import STEPS
from briefing.core.errors import BusyError, InputError, OutputError, UsageError
from briefing.core.model import WEEKS, Edition, FetchRecord, Outcome, Source, Status
from briefing.core.schedule import Timetable
from briefing.settings import Settings
from briefing.setup import parts
from briefing.store import Store, corrections, documents, editions, sources
from briefing.store.audit import Actor
from briefing.store.editions import StoredEdition
from tests.desk import RECIPE
from tests.newsday import HARBOR, HARBOR_AGAIN, NICKEL, STRAIT, TODAY, YESTERDAY, report
from tests.publishing import (
    BRIEFING,
    FIRST,
    SECOND,
    WINDOW,
    Desk,
    at,
    edition_of,
    files_of,
    open_at,
)
from tests.store.ready import act, look

TOMORROW = TODAY + timedelta(days=1)


@pytest.fixture
def desk(store: Store) -> Desk:
    return Desk(store)


def kept(desk: Desk) -> StoredEdition | None:
    return look(desk.store, editions.last, BRIEFING)


def published_on(desk: Desk, day: date) -> StoredEdition:
    stored = look(desk.store, editions.on, BRIEFING, day)
    assert stored is not None
    return stored


def sentences(edition: Edition) -> set[str]:
    return {sentence.text for sentence in edition.sentences()}


def test_what_was_collected_is_printed_and_kept_with_its_files(desk: Desk) -> None:
    published = desk.first()
    assert published.printed is not None
    edition, stored = published.printed.edition, published.stored
    assert (stored.id, stored.briefing, stored.number) == (f"{BRIEFING}/2026-03-11", BRIEFING, 1)
    assert stored == kept(desk)
    assert dict(stored.files) == dict(files_of(edition, published.printed.pdf))
    assert stored.made == at(YESTERDAY, 20)
    assert set(edition.documents) == {"harbor", "nickel", "strait"}
    assert json.loads(stored.record)["documents"]["harbor"]["collected"] == (
        "2026-03-11T18:00:00+00:00"
    )
    assert desk.steps == ["read", *STEPS, "print", "keep"]


def test_the_next_day_has_the_next_number_and_prints_nothing_again(after: Desk) -> None:
    first = published_on(after, YESTERDAY)
    second = after.second().stored
    one, two = edition_of(first), edition_of(second)
    assert (one.number, two.number) == (1, 2)
    assert sentences(one)
    assert sentences(two)
    assert not sentences(one) & sentences(two)
    assert two.ledger.documents == len(SECOND)
    assert [count.day for count in two.days] == [YESTERDAY, TODAY]
    assert {brief.status.value for brief in two.briefs()} == {"new", "developing"}
    assert first.since == at(YESTERDAY, 20) - WINDOW.first
    assert second.since == first.until


def test_a_story_is_known_two_days_later_and_its_earlier_headline_is_proved(after: Desk) -> None:
    ferry, river, strait = SECOND
    after.keep(ferry, river, when=at(TODAY, 18))
    assert edition_of(after.publish(TODAY).stored).since == YESTERDAY
    after.keep(strait, when=at(TOMORROW, 18))
    third = edition_of(after.publish(TOMORROW).stored)
    told = third.top
    assert third.since == TODAY
    assert told is not None
    assert told.earlier is not None
    assert (told.earlier.day, told.earlier.title.text) == (YESTERDAY, STRAIT[0])
    assert prove_stored(after.store, briefing=BRIEFING, day=TOMORROW).proof.failures == ()
    digests = {name: document.sha256 for name, document in third.documents.items()}
    assert digests["strait"] == FIRST[2].sha256


def test_after_30_days_a_story_is_new_again(after: Desk) -> None:
    ferry, river, strait = SECOND
    after.keep(ferry, river, when=at(TODAY, 18))
    after.publish(TODAY)
    far = YESTERDAY + WEEKS + timedelta(days=1)
    after.keep(replace(strait, published=at(far, 6)), when=at(far, 18))
    late = edition_of(after.publish(far).stored)
    assert late.since == TODAY
    assert {(brief.status, brief.earlier) for brief in late.briefs()} == {(Status.NEW, None)}


def test_an_edition_of_today_is_given_again_to_the_byte_and_not_made(after: Desk) -> None:
    first = published_on(after, YESTERDAY)
    after.keep(*SECOND, when=at(YESTERDAY, 20, 30))
    assert after.publish(YESTERDAY, hour=21) == Published(first, None)
    assert after.steps == ["read"]


def test_the_same_reports_make_the_same_bytes(desk: Desk, after: Desk) -> None:
    desk.press = parts.press(Settings())
    assert desk.first().stored == published_on(after, YESTERDAY)


def test_editions_follow_each_other(after: Desk) -> None:
    with pytest.raises(UsageError, match=r"edition of 2026-03-11 is already published.* --date"):
        after.publish(YESTERDAY - timedelta(days=1), now=at(YESTERDAY, 21))


class TestAnEditionOfALaterDay:
    """One with a wrong date, and what it keeps from nobody."""

    FAR = date(2062, 11, 25)
    TABLE = Timetable(time(6, 30), "UTC")

    def wrong(self, desk: Desk) -> Published:
        desk.keep(*FIRST, when=at(YESTERDAY, 18))
        return desk.publish(self.FAR, now=at(YESTERDAY, 19), timetable=self.TABLE, force=True)

    def withdraw(self, desk: Desk, day: date) -> None:
        act(desk.store, withdraw, Withdraw(RECIPE.name, day), actor=Actor("command", at(TODAY, 21)))

    def test_is_made_only_by_force(self, desk: Desk) -> None:
        desk.keep(*FIRST, when=at(YESTERDAY, 18))
        with pytest.raises(UsageError, match=r"2062-11-25 is later than .*, 2026-03-12; give"):
            desk.publish(self.FAR, now=at(YESTERDAY, 19), timetable=self.TABLE)

    def test_between_two_is_made_again_from_its_own_reports(self, desk: Desk) -> None:
        desk.first()
        desk.second()
        self.withdraw(desk, YESTERDAY)
        again = desk.publish(YESTERDAY, now=at(TODAY, 22), timetable=self.TABLE)
        edition = edition_of(again.stored)
        assert (edition.id, edition.number) == (f"ostra-desk/{YESTERDAY}-2", 3)
        assert edition.ledger.documents == len(FIRST)
        assert prove_stored(desk.store, briefing=BRIEFING, day=YESTERDAY).proof.failures == ()
        # now it stands, and no other can be made
        assert desk.publish(YESTERDAY, now=at(TODAY, 22)).printed is None

    def test_tells_corrections_that_are_told_again_when_it_is_withdrawn(self, desk: Desk) -> None:
        desk.first()
        desk.vanish(FIRST[0], when=at(TODAY, 12))
        desk.second()
        assert look(desk.store, corrections.untold, BRIEFING) == ()
        self.withdraw(desk, TODAY)
        assert [one.what for one in look(desk.store, corrections.untold, BRIEFING)] == ["vanished"]


class TestAReport:
    def test_that_comes_in_while_an_edition_is_made_is_in_the_next_one(self, desk: Desk) -> None:
        desk.keep(*FIRST, when=at(YESTERDAY, 18))

        def late(edition: Edition, pdf: bytes) -> Mapping[str, bytes]:
            # its time is before that of the edition, which did not see it yet
            desk.keep(*SECOND, when=at(YESTERDAY, 19, 59))
            return files_of(edition, pdf)

        desk.publish(YESTERDAY, write=late)
        assert edition_of(desk.publish(TODAY).stored).ledger.documents == len(SECOND)

    def test_that_was_published_too_long_ago_is_counted(self, desk: Desk) -> None:
        old = report("old", HARBOR_AGAIN, day=YESTERDAY - timedelta(days=4))
        desk.keep(old, replace(old, id="older", url="https://courier.example/older"),
                  when=at(YESTERDAY, 17))  # fmt: skip
        ledger = edition_of(desk.first().stored).ledger
        assert ledger.dropped_documents == {"published too long ago": 2}
        assert ledger.documents == len(FIRST) + 2
        assert ledger.drops == ()

    def test_from_before_the_first_edition_reaches_as_far_as_it_is_told(self, desk: Desk) -> None:
        desk.keep(report("harbor", HARBOR), when=at(YESTERDAY, 9))
        desk.keep(report("nickel", NICKEL), when=at(YESTERDAY, 11))
        stored = desk.publish(YESTERDAY, window=replace(WINDOW, first=timedelta(hours=10))).stored
        assert set(edition_of(stored).documents) == {"nickel"}

    def test_that_is_printed_is_looked_at_again(self, after: Desk) -> None:
        assert due(after, hour=25) == set()
        assert due(after, hour=26) == {"harbor", "nickel", "strait"}

    def test_that_is_printed_is_not_looked_at_again_if_unwanted(self, desk: Desk) -> None:
        desk.keep(*FIRST, when=at(YESTERDAY, 18))
        desk.publish(YESTERDAY, window=replace(WINDOW, recheck=None))
        assert due(desk, hour=24 * 30) == set()


def due(desk: Desk, *, hour: int) -> set[str]:
    """Return the reports to be visited so many hours after the begin of the first day."""
    when = at(YESTERDAY, 0) + timedelta(hours=hour)
    return {one.document.id for one in look(desk.store, documents.due, at=when, limit=100)}


class TestWithNothingToPrint:
    def test_it_says_since_when_what_was_too_old_and_what_to_do(self, desk: Desk) -> None:
        with pytest.raises(InputError) as error:
            desk.publish(YESTERDAY)
        assert str(error.value) == (
            "nothing to publish: no new report since 2026-03-10 20:00 UTC; "
            "run `briefing collect` first"
        )
        desk.keep(report("old", HARBOR, day=YESTERDAY - timedelta(9)), when=at(YESTERDAY, 18))
        with pytest.raises(InputError, match=r"set publish\.oldest_hours = 0"):
            desk.publish(YESTERDAY)

    def test_what_came_in_is_not_lost_for_the_next_edition(self, desk: Desk) -> None:
        fog = ("Fog closes the airport of Sund", "The airport was closed by fog on Tuesday.")
        desk.keep(report("fog", fog), when=at(YESTERDAY, 18))
        with pytest.raises(InputError, match="nothing to print: 1 report, 1 too little text"):
            desk.publish(YESTERDAY)
        desk.keep(*SECOND, when=at(TODAY, 12))
        assert edition_of(desk.publish(TODAY, hour=14).stored).ledger.documents == len(SECOND) + 1


def test_sources_that_do_not_answer_stand_in_the_ledger(desk: Desk) -> None:
    with desk.store.write() as tx:
        for url, name in (("https://a.example/feed", "Kalvik Post"), ("https://b.example/", "")):
            sources.add(tx, Source(url, name=name), at=at(YESTERDAY, 1))
            sources.record(
                tx, FetchRecord(url, at(YESTERDAY, 2), Outcome.FAILED, reason="HTTP 503")
            )
        sources.add(tx, Source("https://c.example/"), at=at(YESTERDAY, 1))
        sources.record(tx, FetchRecord("https://c.example/", at(YESTERDAY, 2), Outcome.READ))
    assert edition_of(desk.first().stored).ledger.failed == (
        ("Kalvik Post", "not answered since 2026-03-11 02:00 UTC: HTTP 503"),
        ("https://b.example/", "not answered since 2026-03-11 02:00 UTC: HTTP 503"),
    )


class TestAPrintedSource:
    def test_that_was_edited_is_told_next_with_what_was_lost(self, after: Desk) -> None:
        first = published_on(after, YESTERDAY)
        gone = next(edition_of(first).sentences())
        (before,) = (one for one in FIRST if one.id == gone.document)
        text = before.text.replace(gone.text, "The report was withdrawn after a complaint.")
        after.edit(before, text, when=at(TODAY, 9))
        second = after.second()
        (told,) = edition_of(second.stored).ledger.corrections
        assert (told.document, told.what, told.edition) == (before.id, "changed", first.id)
        assert (told.title, told.lost, told.noticed) == (before.title, 1, at(TODAY, 9))
        assert b"1 printed source changed since; 1 printed sentence no longer" in b" ".join(
            second.stored.files["text"].split()
        )


class TestACrash:
    def test_between_making_and_keeping_leaves_nothing(self, desk: Desk) -> None:
        def full(edition: Edition, pdf: bytes) -> Mapping[str, bytes]:
            raise OutputError("the disk is full")

        desk.keep(*FIRST, when=at(YESTERDAY, 18))
        with pytest.raises(OutputError):
            desk.publish(YESTERDAY, write=full)
        assert kept(desk) is None
        assert due(desk, hour=24 * 30) == set()
        published = desk.publish(YESTERDAY)
        assert (published.stored.number, kept(desk)) == (1, published.stored)


class TestTwoAtOnce:
    def test_the_second_is_told_to_wait(self, desk: Desk, tmp_path: Path) -> None:
        desk.keep(*FIRST, when=at(YESTERDAY, 18))
        making, tried = Event(), Event()

        def slow(edition: Edition, pdf: bytes) -> Mapping[str, bytes]:
            making.set()
            assert tried.wait(300)
            return files_of(edition, pdf)

        with open_at(tmp_path) as store, ThreadPoolExecutor() as pool:
            first = pool.submit(desk.publish, YESTERDAY, write=slow)
            assert making.wait(300)
            with pytest.raises(BusyError, match="another process is running 'publish'"):
                Desk(store).publish(YESTERDAY)
            tried.set()
            assert first.result().printed is not None
            assert Desk(store).publish(YESTERDAY) == Published(first.result().stored, None)

    def test_one_that_was_kept_meanwhile_is_given_out(self, desk: Desk, tmp_path: Path) -> None:
        desk.keep(*FIRST, when=at(YESTERDAY, 18))
        others: list[StoredEdition] = []

        def overtaken(edition: Edition, pdf: bytes) -> Mapping[str, bytes]:
            with open_at(tmp_path) as store, store.write() as tx:
                others.append(
                    StoredEdition(
                        id=edition.id,
                        briefing=BRIEFING,
                        day=YESTERDAY,
                        number=1,
                        made=at(YESTERDAY, 19),
                        since=at(YESTERDAY, 6),
                        until=at(YESTERDAY, 18),
                        record="{}",
                        files={"pdf": b"%PDF of another process"},
                    )
                )
                editions.keep(tx, others[0], edition=edition, recheck_at=None)
            return files_of(edition, pdf)

        assert desk.publish(YESTERDAY, write=overtaken) == Published(others[0], None)
        assert kept(desk) == others[0]
