"""Pages of some sections among the files of an edition, and who chose them."""

from dataclasses import replace

import pytest
from sqlalchemy import update

from briefing.core.errors import StoreError
from briefing.core.model import PageChoice, Preferences, State, Subscriber
from briefing.store import Store, printed_files, subscribers
from briefing.store.printed_files import OwnPage
from briefing.store.tables import FILE
from tests.store.readers import IMPORTED, keep_edition, reader
from tests.store.ready import act

FIRST = OwnPage("1", '{"half": "\ud800"}\n', b"%PDF 1")
BOTH = OwnPage("1-12", "{}\n", b"%PDF 1-12")
FILES = {"pdf": b"%PDF", "text": b"All of it."}


@pytest.fixture
def edition(store: Store) -> str:
    """Return an edition with two pages of some sections, beside one with another of the same."""
    kept = keep_edition(store)
    other = keep_edition(store, day=1)
    with store.write() as tx:
        printed_files.put(tx, kept, {**FILES, **FIRST.files, **BOTH.files})
        printed_files.put(tx, other, replace(FIRST, record="[]").files)
        printed_files.put(tx, other, {})
    return kept


def test_a_page_comes_back_as_it_was_kept(store: Store, edition: str) -> None:
    with store.read() as tx:
        assert printed_files.get(tx, edition, "1") == FIRST
        assert printed_files.get(tx, edition, "1-12") == BOTH
        assert [printed_files.get(tx, edition, key) for key in ("12", "", "%", "1-1_")] == [
            None
        ] * 4
        assert printed_files.keys(tx, edition) == {"1", "1-12"}


def test_the_files_of_an_edition_come_without_its_pages(store: Store, edition: str) -> None:
    with store.read() as tx:
        assert printed_files.of(tx, edition) == FILES
        own = printed_files.own_files(tx, edition)
    assert own == {**FIRST.files, **BOTH.files}
    assert dict(printed_files.among({**FILES, **own})) == {
        page.key: page.record for page in (FIRST, BOTH)
    }
    assert printed_files.own_pdfs({**FILES, **own}) == {
        page.key: page.pdf for page in (FIRST, BOTH)
    }


def test_records_of_many_editions_come_at_once(store: Store, edition: str) -> None:
    other = edition.replace("-12", "-13")
    with store.read() as tx:
        assert printed_files.records(tx, [edition, other]) == {
            edition: {"1": FIRST.record, "1-12": BOTH.record},
            other: {"1": "[]"},
        }
        only = printed_files.records(tx, [edition, other], only="1-12")
        assert printed_files.records(tx, []) == {}
    assert only == {edition: {"1-12": BOTH.record}}


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
        found = [subscribers.choices(tx, weekday=day) for day in (0, 3, 4, 5)]
    both = PageChoice(("economy", "arts and letters"))
    lists = PageChoice((), ("africa", "banks"))
    assert found == [{both}, {both}, {PageChoice(("security",))}, {lists}]
