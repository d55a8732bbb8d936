from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from briefing.app.ledger import is_unprinted, rows_by_reason, rows_of_day, with_reports
from briefing.core.errors import InputError
from briefing.core.model import Edition
from briefing.press.ledger import LedgerRow
from briefing.store import documents
from briefing.store.editions import StoredEdition
from tests.desk import OPINION, STUB
from tests.examples import examples
from tests.newsday import HARBOR, NICKEL, ORCHIDS, STRAIT, TODAY, YESTERDAY, report
from tests.publishing import FIRST, Desk, at, edition_of, open_at
from tests.store.ready import act, look

OLD = report("old", ("Émeute à Sund", STRAIT[1]), day=YESTERDAY - timedelta(days=9))
CAME_IN = (
    *FIRST,
    report("copied", HARBOR, publisher="Wire Meridian", hour=9),
    report("orchids", ORCHIDS),
    report("opinion", OPINION),
    report("stub", STUB),
    OLD,
)


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    with open_at(tmp_path_factory.mktemp("desk")) as store:
        desk = Desk(store)
        desk.keep(*CAME_IN, when=at(YESTERDAY, 18))
        yield desk


@pytest.fixture(scope="module")
def stored(desk: Desk) -> StoredEdition:
    return desk.publish(YESTERDAY).stored


@pytest.fixture
def edition(desk: Desk, stored: StoredEdition) -> Edition:
    return look(desk.store, with_reports, stored, edition_of(stored))


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


def test_of_each_reason_the_first_rows_are_given(desk: Desk, stored: StoredEdition) -> None:
    edition = edition_of(stored)
    with desk.store.read() as tx:
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


def test_reports_that_are_no_longer_stored_have_no_headline(tmp_path: Path) -> None:
    with open_at(tmp_path) as store:
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


def test_what_has_no_stories_names_none_too_old(desk: Desk, stored: StoredEdition) -> None:
    edition = edition_of(stored)
    older = replace(edition, ledger=replace(edition.ledger, ranked=()))
    assert "published too long ago" not in look(desk.store, rows_by_reason, stored, older, most=9)
