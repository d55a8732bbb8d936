from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta

import pytest

from briefing.app.editions import prove_stored
from briefing.app.ledger import due_on, is_unprinted, rows_by_reason, rows_of_day, with_reports
from briefing.core import record
from briefing.core.errors import InputError
from briefing.core.model import Edition
from briefing.press.formats import Rendition
from briefing.press.ledger import LedgerRow
from briefing.press.text import page_text
from briefing.settings import Settings
from briefing.setup import parts
from briefing.store import Store, archive, documents
from briefing.store.editions import StoredEdition
from tests.desk import OPINION, STUB
from tests.examples import examples
from tests.newsday import HARBOR, NICKEL, ORCHIDS, RIVER, STRAIT, TODAY, YESTERDAY, report
from tests.publishing import BRIEFING, FIRST, Desk, at, edition_of, open_at
from tests.store.ready import act, look

#: On which the envoys are to meet.
DAY = date(2026, 3, 23)
#: Its last sentence has no room among those of its brief.
LONG = (
    RIVER[0],
    " ".join(
        [
            *RIVER[1].replace(" on 23 March", "").split(". ")[1:],
            "Farmers of Ilvia want half of the water in the months of the rice harvest.",
            "Tesk wants a treaty that names the water of each month and of each dam.",
            "An older treaty between both says nothing of a dry year at all.",
            "Engineers of both measured the upper dam last week and found it half empty.",
            "Ministers of both spoke by telephone and praised the neighbor for its patience.",
            "Fishermen at the lower dam counted fewer boats than in any spring before.",
            "A bank in Sund offered to pay for a second dam if both ask for it.",
            "Ilvia said the second dam would flood two villages and a road to the north.",
            "Tesk said the treaty needs no second dam but an honest count of the water.",
            "Envoys of Ilvia and Tesk will meet in Lund on 23 March.",
        ]
    ),
)
OLD = report("river", LONG, day=TODAY)
MET = (
    "Envoys of Ilvia and Tesk settle terms of a treaty for a dry year",
    (
        "Envoys of Ilvia and Tesk met in Lund and settled how much water the upper dam may hold "
        "back in a dry year. Ambassador Ines Vallo of Tesk signed a treaty with a referee from "
        "outside the basin. Negotiations had taken two summers."
    ),
)


@pytest.fixture
def desk(store: Store) -> Desk:
    made = Desk(store)
    made.keep(OLD, report("nickel", NICKEL, day=TODAY), when=at(TODAY, 18))
    made.publish(TODAY)
    return made


def on_its_day(desk: Desk, *told: tuple[str, str]) -> Edition:
    reports = [report(f"new{n}", one, day=DAY) for n, one in enumerate(told)]
    desk.keep(*reports, when=at(DAY, 18))
    return edition_of(desk.publish(DAY).stored)


def test_it_comes_back_in_its_words_with_its_day_and_is_proved(desk: Desk) -> None:
    edition = on_its_day(desk, HARBOR, STRAIT)
    (ahead,) = [one for one in edition.panel.ahead if one.announced]
    assert (ahead.day, ahead.announced) == (DAY, TODAY)
    assert ahead.clause.text == LONG[1][ahead.clause.start : ahead.clause.end]
    assert ahead.clause.document in edition.documents
    text = page_text(edition, Rendition(parts.theme(Settings()))).replace("\u00a0", " ")
    assert "Today, announced 12 March: Envoys of Ilvia and Tesk will meet in Lund" in text
    assert not prove_stored(desk.store, briefing=BRIEFING, day=DAY).proof.failures
    assert record.read(record.write(edition), name="").edition == edition


def test_what_a_story_of_the_day_tells_does_not_come_again(desk: Desk) -> None:
    assert not [one for one in on_its_day(desk, HARBOR, MET).panel.ahead if one.announced]


def test_only_words_of_its_day_that_their_report_still_has_are_due(desk: Desk) -> None:
    ((announced, kept),) = look(desk.store, due_on, BRIEFING, DAY)
    assert (announced.announced, kept.title) == (TODAY, OLD.title)
    assert look(desk.store, due_on, BRIEFING, DAY.replace(day=24)) == ()
    desk.edit(OLD, LONG[1].replace("will meet in Lund", "will not meet"), when=at(TODAY, 22))
    assert look(desk.store, due_on, BRIEFING, DAY) == ()


#: Announcements of one report: of these the panel prints three, and the last does not stand alone.
TALKS = {
    date(2026, 3, 17): "Envoys of Ilvia and Tesk will meet in Lund on 17 March.",
    date(2026, 3, 18): "Envoys of Ilvia and Moran will meet in Sund on 18 March.",
    date(2026, 3, 19): "Envoys of Tesk and Moran will meet in Kalvik on 19 March.",
    date(2026, 3, 20): "Engineers of Ilvia and Tesk will meet in Orsa on 20 March.",
    date(2026, 3, 24): "The union will vote on the offer on 24 March.",
}


def test_what_had_no_room_is_kept_and_comes_back_if_it_stands_alone(store: Store) -> None:
    desk = Desk(store)
    talks = (RIVER[0], " ".join([RIVER[1], *TALKS.values()]))
    desk.keep(report("talks", talks, day=TODAY), when=at(TODAY, 18))
    edition = edition_of(desk.publish(TODAY).stored)
    printed = {one.day for one in edition.panel.ahead}
    assert printed < {*TALKS} - {date(2026, 3, 24)}
    with store.read() as tx:
        kept = {
            one.day: one.words for one in archive.announced(tx, BRIEFING, since=TODAY, upto=TODAY)
        }
        back = {day: [one.clause.text for one, _ in due_on(tx, BRIEFING, day)] for day in TALKS}
    assert {day: kept[day] for day in TALKS if day not in printed} == {
        day: words for day, words in TALKS.items() if day not in printed
    }
    assert {day for day in TALKS if back[day]} == {*TALKS} - {date(2026, 3, 24)}
    assert not prove_stored(store, briefing=BRIEFING, day=TODAY).proof.failures
    assert record.read(record.write(edition), name="").edition == edition


TOO_OLD = report("old", ("Émeute à Sund", STRAIT[1]), day=YESTERDAY - timedelta(days=9))
CAME_IN = (
    *FIRST,
    report("copied", HARBOR, publisher="Wire Meridian", hour=9),
    report("orchids", ORCHIDS),
    report("opinion", OPINION),
    report("stub", STUB),
    TOO_OLD,
)


@pytest.fixture(scope="module")
def came_in(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    with open_at(tmp_path_factory.mktemp("desk")) as store:
        desk = Desk(store)
        desk.keep(*CAME_IN, when=at(YESTERDAY, 18))
        yield desk


@pytest.fixture(scope="module")
def stored(came_in: Desk) -> StoredEdition:
    return came_in.publish(YESTERDAY).stored


@pytest.fixture
def edition(came_in: Desk, stored: StoredEdition) -> Edition:
    return look(came_in.store, with_reports, stored, edition_of(stored))


def of_report(edition: Edition, words: str) -> LedgerRow:
    (row,) = rows_of_day(edition, words=words)
    return row


@examples("words, became")
def test_all_that_came_in_is_under_its_title(edition: Edition, words: str, became: str) -> None:
    row = of_report(edition, words)
    assert row.became == became
    assert row.publisher
    assert row.url
    assert (row.score is None) == (not row.story)


def test_all_words_must_be_in_the_title_and_copies_are_found_as_well(edition: Edition) -> None:
    rows = rows_of_day(edition, words="norvian BERTHS")
    assert {row.document: row.became for row in rows} == {
        "harbor": "printed in security",
        "copied": "copy of another report",
    }
    (copied,) = (row for row in rows if row.document == "copied")
    assert copied.beside.endswith(", printed in security")
    with pytest.raises(InputError, match=r"for ostra-desk/2026-03-11 has 'norvian fog' in its"):
        rows_of_day(edition, words="norvian fog")


@pytest.mark.parametrize("words", ["", "  ", '""'])
def test_without_words_each_story_and_report_has_a_row(edition: Edition, words: str) -> None:
    rows = rows_of_day(edition, words=words)
    assert len([row for row in rows if row.story]) == edition.ledger.stories
    left_out = [row for row in rows if not row.story]
    assert len(left_out) == sum(edition.ledger.dropped_documents.values())
    assert {row.document for row in left_out} == {"copied", "opinion", "stub", "old"}
    assert all(row.title for row in rows)


def test_a_story_that_is_not_printed_is_found_by_its_id(edition: Edition) -> None:
    orchids, nickel = of_report(edition, "orchid"), of_report(edition, "nickel")
    assert is_unprinted(edition, orchids.story)
    assert rows_of_day(edition, words=orchids.story) == (orchids,)
    assert not is_unprinted(edition, nickel.story)
    assert not is_unprinted(edition, "s99")


def test_of_each_reason_the_first_rows_are_given(came_in: Desk, stored: StoredEdition) -> None:
    edition = edition_of(stored)
    with came_in.store.read() as tx:
        rows = rows_by_reason(tx, stored, edition, most=9)
        few = rows_by_reason(tx, stored, edition, most=0)
    assert {why: [row.title for row in group] for why, group in rows.items()} == {
        "of no section of this briefing": [ORCHIDS[0]],
        "copy of another report": [HARBOR[0]],
        "opinion": [OPINION[0]],
        "too little text": [STUB[0]],
        "published too long ago": ["Émeute à Sund"],
    }
    assert not any(few.values())


def test_reports_that_are_no_longer_stored_have_no_headline(store: Store) -> None:
    desk = Desk(store)
    desk.keep(*CAME_IN, when=at(YESTERDAY, 18))
    stored = desk.publish(YESTERDAY).stored
    act(store, documents.prune, before=at(TODAY, 20))
    with store.read() as tx:
        rows = rows_by_reason(tx, stored, edition_of(stored), most=9)
        edition = with_reports(tx, stored, edition_of(stored))
    assert [row.title for row in rows["of no section of this briefing"]] == [ORCHIDS[0]]
    assert rows["opinion"] == ()
    assert "published too long ago" not in rows
    assert NICKEL[0] in {row.title for row in rows_of_day(edition)}


def test_what_has_no_stories_names_none_too_old(came_in: Desk, stored: StoredEdition) -> None:
    edition = edition_of(stored)
    older = replace(edition, ledger=replace(edition.ledger, ranked=()))
    assert "published too long ago" not in look(
        came_in.store, rows_by_reason, stored, older, most=9
    )
