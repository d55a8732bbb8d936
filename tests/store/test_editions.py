from dataclasses import replace
from datetime import date, datetime, timedelta
from operator import attrgetter

import pytest
from sqlalchemy import update

from briefing.core.errors import StoreError
from briefing.core.model import Correction, PageChoice, Preferences, State, Subscriber
from briefing.store import (
    Store,
    corrections,
    documents,
    editions,
    facts,
    printed_files,
    subscribers,
)
from briefing.store.printed_files import OwnPage
from briefing.store.tables import FILE
from tests.fakes import panel
from tests.store.news import (
    DAY,
    LEASE,
    NOON,
    TODAY,
    document,
    item,
    keep,
    publish,
    recall,
    see_again,
    window,
)
from tests.store.news import edition as news_edition
from tests.store.readers import IMPORTED, keep_edition, reader
from tests.store.ready import act, look

CUT = LEASE.split(". ")[0] + "."
FIRST = document().id


def untold(store: Store) -> tuple[Correction, ...]:
    return look(store, corrections.untold, "ostra-desk")


def changed(store: Store, day: date = TODAY) -> tuple[Correction, ...]:
    return look(store, corrections.changed, f"ostra-desk/{day}")


def vanish(store: Store, *, at: datetime = NOON + DAY) -> None:
    number = recall(store).number
    with store.write() as tx:
        facts.miss(tx, [number], at=at)
        see_again(tx)


@pytest.fixture
def printed(store: Store) -> Store:
    keep(store, item(from_page=True))
    publish(store, *window(store))
    return store


def test_an_edition_comes_back_as_it_was_kept(store: Store) -> None:
    stored = publish(store)
    with store.read() as tx:
        assert editions.on(tx, "ostra-desk", TODAY) == stored
        assert editions.on(tx, "other-desk", TODAY) is None


def test_editions_and_records_are_those_of_the_newest_before_a_day(store: Store) -> None:
    for days in (0, 2, 1, 3):
        publish(store, day=TODAY + timedelta(days))
    with store.read() as tx:
        result = editions.last(tx, "ostra-desk")
        before = editions.last(tx, "ostra-desk", before=TODAY + timedelta(2))
        assert editions.last(tx, "ostra-desk", before=TODAY) is None
        assert result is not None
        assert before is not None
        assert (result.day, before.day) == (TODAY + timedelta(3), TODAY + timedelta(1))
        found = editions.records(tx, "ostra-desk", before=TODAY + timedelta(3), most=2)
        assert editions.records(tx, "ostra-desk", before=TODAY, most=7) == ()
        assert editions.records(tx, "other-desk", before=date.max, most=7) == ()
    assert [name for name, _ in found] == [f"ostra-desk/{TODAY + timedelta(n)}" for n in (2, 1)]
    assert {record for _, record in found} == {'{"schema": 1, "half": "\\ud800"}'}


def test_an_edition_that_cites_what_is_not_stored_is_not_kept(store: Store) -> None:
    with pytest.raises(StoreError, match="the database reports"):
        publish(store, document())
    assert look(store, editions.last, "ostra-desk") is None


def test_an_edition_is_kept_once_and_damage_is_told(printed: Store) -> None:
    with printed.read() as tx:
        (row,) = tx.exec_driver_sql("SELECT * FROM story").mappings()
    assert dict(row) == {
        "edition": f"ostra-desk/{TODAY}",
        "place": 0,
        "section": "economy",
        "story": "s1",
        "headline": "Council leases two berths",
        "status": "developing",
        "reports": 3,
        "publishers": 2,
    }
    with pytest.raises(StoreError, match=f"ostra-desk/{TODAY}: already in the store"):
        publish(printed, document("Another"))
    with printed.write() as tx:
        tx.exec_driver_sql("UPDATE file SET sha256 = 'x' WHERE kind = 'pdf'")
    with printed.read() as tx, pytest.raises(StoreError, match="its pdf is damaged"):
        editions.last(tx, "ostra-desk")


def test_nothing_is_untold_while_nothing_changed(printed: Store) -> None:
    keep(printed, item(from_page=True, text=LEASE.replace(" ", "\n")))
    assert untold(printed) == changed(printed) == ()
    # nor by words that came back
    keep(printed, item(from_page=True, text=CUT))
    keep(printed, item(from_page=True))
    assert untold(printed) == ()


def test_a_change_of_what_was_printed_is_told_once_with_the_sentences_lost(printed: Store) -> None:
    keep(printed, item(from_page=True, text=CUT), at=NOON + DAY)
    (correction,) = untold(printed)
    assert correction == Correction(
        document=FIRST,
        title="Council leases two berths",
        publisher="Ostra Courier",
        url="https://courier.example/1",
        what="changed",
        noticed=NOON + DAY,
        edition=f"ostra-desk/{TODAY}",
        lost=1,
    )
    assert changed(printed) == (correction,)
    publish(printed, day=TODAY + timedelta(1), corrections=untold(printed) * 2)
    assert untold(printed) == ()
    assert changed(printed) == (correction,)
    # What changes again after it was told is told again.
    keep(printed, item(from_page=True, text="Withdrawn."), at=NOON + 2 * DAY)
    assert [(correction.noticed, correction.lost) for correction in untold(printed)] == [
        (NOON + 2 * DAY, 2)
    ]


def test_a_sentence_that_only_moved_is_not_lost(printed: Store) -> None:
    keep(printed, item(from_page=True, text="New lead. " + LEASE.replace(" ", "  ")))
    assert [correction.lost for correction in untold(printed)] == [0]


def test_a_figure_in_a_lost_sentence_does_not_count_again(store: Store) -> None:
    keep(store, item(from_page=True, text="Officials spoke. " + LEASE.split(". ")[1]))
    (source,) = window(store)
    made = news_edition(source, day=TODAY)
    made = replace(made, panel=panel(source))
    stored = publish(store, day=TODAY - timedelta(1))
    with store.write() as tx:
        stored = replace(stored, id=made.id, day=TODAY)
        editions.keep(tx, stored, edition=made, recheck_at=None)
    keep(store, item(from_page=True, text="Officials spoke."))
    assert [correction.lost for correction in changed(store)] == [1]


def test_a_page_that_is_gone_is_untold_once_and_counts_as_vanished(printed: Store) -> None:
    keep(printed, item(from_page=True, text=CUT), at=NOON + DAY)
    vanish(printed, at=NOON + 2 * DAY)
    (correction,) = untold(printed)
    assert (correction.what, correction.noticed, correction.lost) == ("vanished", NOON + 2 * DAY, 0)
    publish(printed, day=TODAY + timedelta(1), corrections=(correction,))
    assert untold(printed) == ()


def test_a_page_that_is_read_again_is_back_and_one_only_listed_is_not(printed: Store) -> None:
    vanish(printed)
    keep(printed, item())
    assert [correction.what for correction in untold(printed)] == ["vanished"]
    keep(printed, item(from_page=True))
    assert untold(printed) == ()


def test_corrections_come_by_time_then_edition(store: Store) -> None:
    for number in range(3):
        keep(store, item(f"id {number}", title=f"Title {number}", from_page=True))
    publish(store, *window(store))
    publish(store, *window(store)[:1], day=TODAY - timedelta(1))
    for number in (2, 0, 1):
        cut = item(f"id {number}", title=f"Title {number}", text=CUT, from_page=True)
        keep(store, cut, at=NOON + DAY * (1 + number % 2))
    result = untold(store)
    assert result == tuple(sorted(result, key=attrgetter("noticed", "edition", "document")))
    assert len(result) == 4


def test_cited_pages_are_visited_again_counted_anew(store: Store) -> None:
    keep(store, item("id due", title="Due", retry_page=NOON))
    keep(store, item("id later", title="Later", retry_page=NOON + 5 * DAY))
    keep(store, item("id fine", title="Fine"))
    act(store, documents.put_off, recall(store, "id due").number, until=NOON)
    publish(store, *window(store), recheck_at=NOON + DAY)
    with store.read() as tx:
        early = documents.due(tx, at=NOON, limit=9)
        result = documents.due(tx, at=NOON + DAY, limit=9)
    assert [correction.document.title for correction in early] == ["Due"]
    assert {correction.document.title for correction in result} == {"Due", "Later", "Fine"}
    assert {(correction.tries, correction.since, correction.printed) for correction in result} == {
        (0, NOON + DAY, True)
    }


FIRST_FILE = OwnPage("1", '{"half": "\ud800"}\n', b"%PDF 1")
BOTH = OwnPage("1-12", "{}\n", b"%PDF 1-12")
FILES = {"pdf": b"%PDF", "text": b"All of it."}


@pytest.fixture
def edition(store: Store) -> str:
    """Return an edition with two pages of some sections, beside one with another of the same."""
    kept = keep_edition(store)
    other = keep_edition(store, day=1)
    with store.write() as tx:
        printed_files.put(tx, kept, {**FILES, **FIRST_FILE.files, **BOTH.files})
        printed_files.put(tx, other, replace(FIRST_FILE, record="[]").files)
        printed_files.put(tx, other, {})
    return kept


def test_pages_come_back_as_they_were_kept(store: Store, edition: str) -> None:
    with store.read() as tx:
        assert printed_files.get(tx, edition, "1") == FIRST_FILE
        assert printed_files.get(tx, edition, "1-12") == BOTH
        assert [printed_files.get(tx, edition, key) for key in ("12", "", "%", "1-1_")] == [
            None
        ] * 4
        assert printed_files.keys(tx, edition) == {"1", "1-12"}
    with store.read() as tx:
        assert printed_files.of(tx, edition) == FILES
        own = printed_files.others(tx, edition)
    assert own == {**FIRST_FILE.files, **BOTH.files}
    assert dict(printed_files.among({**FILES, **own})) == {
        page.key: page.record for page in (FIRST_FILE, BOTH)
    }
    assert printed_files.own_pdfs({**FILES, **own}) == {
        page.key: page.pdf for page in (FIRST_FILE, BOTH)
    }
    other = edition.replace("-12", "-13")
    with store.read() as tx:
        assert printed_files.records(tx, [edition, other]) == {
            edition: {"1": FIRST_FILE.record, "1-12": BOTH.record},
            other: {"1": "[]"},
        }
        only = printed_files.records(tx, [edition, other], only="1-12")
        assert printed_files.records(tx, []) == {}
    assert only == {edition: {"1-12": BOTH.record}}


def test_the_mp3_comes_alone_and_its_size_with_its_first_bytes(store: Store, edition: str) -> None:
    other = edition.replace("-12", "-13")
    with store.write() as tx:
        printed_files.put(tx, edition, {"spoken": b"ID3 \0\xff and more"})
    with store.read() as tx:
        assert printed_files.of(tx, edition) == FILES
        assert printed_files.others(tx, edition).keys() >= {"spoken"}
        assert printed_files.is_spoken(tx, edition)
        assert not printed_files.is_spoken(tx, other)
        assert printed_files.spoken(tx, edition) == b"ID3 \0\xff and more"
        assert printed_files.spoken(tx, other) is None
        sizes = printed_files.spoken_sizes(tx, [edition, other], head=6)
    assert sizes == {edition: (b"ID3 \0\xff", 15)}


@pytest.mark.parametrize("kind", ["own/1.pdf", "own/1.json"])
def test_a_damaged_page_is_said_to_be(store: Store, edition: str, kind: str) -> None:
    with store.write() as tx:
        tx.execute(update(FILE).where(FILE.kind == kind).values(content=b"%PDF"))
    with store.read() as tx:
        with pytest.raises(StoreError, match=f"edition {edition}: its {kind} is damaged"):
            printed_files.get(tx, edition, "1")
        assert printed_files.get(tx, edition, "1-12") == BOTH
        assert printed_files.of(tx, edition) == FILES


def test_choices_are_those_of_active_readers_of_the_day(store: Store) -> None:
    def add(
        number: int,
        *sections: str,
        lists: tuple[str, ...] = (),
        state: State = State.ACTIVE,
        days: tuple[int, ...],
    ) -> None:
        new: Subscriber = reader(number, state=state)
        wanted = Preferences(sections=sections, days=days, lists=lists)
        assert act(store, subscribers.add, replace(new, preferences=wanted), consent=IMPORTED)

    add(1, "economy", "arts and letters", days=(0, 3))
    add(2, "economy", "arts and letters", days=(3,))
    add(3, "security", days=(4,))
    add(4, "security", state=State.PAUSED, days=(0, 3))
    add(5, days=(0, 3))
    add(6, lists=("africa", "banks"), days=(5,))
    with store.read() as tx:
        found = [
            subscribers.choices(tx, day=date(2026, 3, 9 + day), offered=("first",))
            for day in (0, 3, 4, 5)
        ]
    both = PageChoice(("economy", "arts and letters"))
    lists = PageChoice((), ("africa", "banks"))
    assert found == [{both}, {both}, {PageChoice(("security",))}, {lists}]
