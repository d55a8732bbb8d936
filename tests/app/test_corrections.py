"""Which corrections the next edition has to print, from a real store."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from briefing.app.corrections import corrections_of, due_corrections
from briefing.core import record
from briefing.core.edition import make_edition
from briefing.core.model import (
    NO_CORRECTIONS,
    CorrectionKind,
    Corrections,
    Document,
    Edition,
    Material,
)
from briefing.store import Store, collected, editions
from briefing.store.editions import StoredEdition
from tests.desk import FERRY, RECIPE
from tests.fakes import PlainMeasure
from tests.newsday import TODAY, report
from tests.publishing import BRIEFING, Desk, at, open_at

RATE = (
    "Port Ostra raises its fee to 4 crowns",
    (
        "The harbor council of Port Ostra raised its fee to 4 crowns a tonne on Tuesday. Captain "
        "Lena Oster said that 12 ships had left for Kalvik. Fishing crews have appealed to a "
        "regional court over moorings that the frigates would take."
    ),
)
FEE = report("fee", RATE)


@dataclass
class Newsroom:
    """A store with editions that are made without paper."""

    store: Store

    def __post_init__(self) -> None:
        self.desk = Desk(self.store)
        self.days = 0

    @property
    def day(self) -> date:
        return TODAY + timedelta(days=self.days)

    def collect(self, *reports: Document, hour: int = 9) -> None:
        self.desk.keep(*reports, when=at(self.day, hour))

    def edit(self, *changes: tuple[str, str], name: str) -> None:
        """Bring in the report of the fee with other words."""
        title, text = FEE.title, FEE.text
        for old, new in changes:
            title, text = title.replace(old, new), text.replace(old, new)
        edited = replace(FEE, id=name, title=title, text=text)
        self.desk.keep(edited, when=at(self.day, 9), url=FEE.url)

    @property
    def due(self) -> Corrections:
        with self.store.read() as tx:
            return due_corrections(tx, BRIEFING)

    def words(self) -> list[tuple[str, str]]:
        """Return the words that differ in what is due, old and new."""
        return [
            (
                "|".join(
                    one.old.text[a - one.old.start : b - one.old.start] for a, b in one.old_marks
                ),
                "|".join(
                    one.new.text[a - one.new.start : b - one.new.start] for a, b in one.new_marks
                )
                if one.new
                else one.kind.value,
            )
            for one in self.due.briefs
        ]

    def publish(self, *, room: float = 700.0) -> Edition:
        """Make and keep the edition of the day; go on to the next day."""
        since = at(self.day, 0)
        with self.store.read() as tx:
            last = editions.last(tx, BRIEFING)
            window = collected.window(
                tx, since=since, until=at(self.day, 20), published_since=at(date(2026, 1, 1), 0)
            )
            due = due_corrections(tx, BRIEFING)
        made = make_edition(
            Material(
                window.documents,
                self.day,
                [record.read(last.record, name="before").edition] if last else [],
                corrections=due,
            ),
            recipe=RECIPE,
            measure=PlainMeasure(room=room),
        ).edition
        stored = StoredEdition(
            made.id, BRIEFING, self.day, made.number, at(self.day, 20), since, at(self.day, 20),
            record.write(made), {},
        )  # fmt: skip
        with self.store.write() as tx:
            editions.keep(tx, stored, edition=made, recheck_at=None)
        self.days += 1
        return made


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Newsroom]:
    """A newsroom that has printed the report of the fee."""
    with closing(open_at(tmp_path)) as store:
        made = Newsroom(store)
        made.collect(FEE)
        assert any("4 crowns" in one.text for one in made.publish().sentences())
        yield made


def test_nothing_is_due_while_nothing_changed(room: Newsroom) -> None:
    assert room.due == NO_CORRECTIONS


def test_another_figure_is_due_with_both_texts(room: Newsroom) -> None:
    room.edit(("4", "3.75"), name="fee2")
    due = room.due
    assert room.words() == [("4", "3.75")]
    assert set(due.documents) == {"fee", "fee2"}
    assert [one.document for one in due.sources] == ["fee"]
    (one,) = due.briefs
    assert (one.day, one.kind, one.headline) == (TODAY, CorrectionKind.CHANGED, False)
    assert one.new is not None
    assert due.documents["fee2"].text[one.new.start : one.new.end] == one.new.text


def test_a_headline_is_due_where_no_sentence_says_the_same(room: Newsroom) -> None:
    title = replace(FEE, id="fee2", title=FEE.title.replace("4", "9"))
    room.desk.keep(title, when=at(room.day, 9), url=FEE.url)
    (one,) = room.due.briefs
    assert (one.headline, one.old.text, one.new and one.new.text) == (
        True,
        FEE.title,
        title.title,
    )


def test_two_figures_are_two_corrections_in_printed_order(room: Newsroom) -> None:
    room.edit(("4", "3.75"), ("12", "11"), name="fee2")
    assert room.words() == [("4", "3.75"), ("12", "11")]


def test_of_what_a_source_dropped_one_sentence_is_told(room: Newsroom) -> None:
    gone = replace(FEE, id="fee2", title=FERRY[0], text=FERRY[1])
    room.desk.keep(gone, when=at(room.day, 9), url=FEE.url)
    (one,) = room.due.briefs
    assert (one.kind, one.new) == (CorrectionKind.REMOVED, None)


def test_a_report_that_is_gone_is_withdrawn_and_not_printed_again(room: Newsroom) -> None:
    room.desk.vanish(FEE, when=at(room.day, 8))
    (one,) = room.due.briefs
    assert (one.kind, one.new) == (CorrectionKind.WITHDRAWN, None)
    room.collect(report("ferry", FERRY, day=room.day))
    edition = room.publish()
    assert "fee" not in {one.document for one in edition.sentences()}
    assert len(edition.corrections) == 1
    assert room.due == NO_CORRECTIONS


def test_another_comma_is_noted_and_not_printed(room: Newsroom) -> None:
    room.edit((" a tonne", ", a tonne"), ("have appealed", "appealed"), name="fee2")
    assert room.due.briefs == ()
    assert len(room.due.sources) == 1
    room.collect(report("ferry", FERRY, day=room.day))
    edition = room.publish()
    assert edition.corrections == ()
    assert room.due == NO_CORRECTIONS


def test_what_is_told_is_told_once(room: Newsroom) -> None:
    room.edit(("4", "3.75"), name="fee2")
    edition = room.publish()
    assert edition.ledger.corrected == 1
    assert room.due == NO_CORRECTIONS


def test_what_was_changed_back_before_the_next_edition_is_none(room: Newsroom) -> None:
    room.edit(("4", "3.75"), name="fee2")
    room.edit(name="fee3")
    assert room.due == NO_CORRECTIONS


def test_a_second_change_is_told_against_what_was_printed_last(room: Newsroom) -> None:
    room.edit(("4", "3.75"), name="fee2")
    room.publish()
    room.edit(("4", "3.5"), name="fee3")
    assert room.words() == [("3.75", "3.5")]
    room.publish()
    assert room.due == NO_CORRECTIONS


def test_what_an_edition_printed_stays_corrected_when_a_later_one_has_told(room: Newsroom) -> None:
    room.edit(("4", "3.75"), name="fee2")
    room.publish()
    with room.store.read() as tx:
        (first,) = editions.records_of(tx, ["ostra-desk/2026-03-12"])
        one, title = corrections_of(tx, BRIEFING, first, page="")
    assert (one.headline, title.headline) == (False, True)
    assert one.new is not None
    assert ("4 crowns" in one.old.text, "3.75 crowns" in one.new.text) == (True, True)


def test_what_went_back_after_it_was_told_is_told_again(room: Newsroom) -> None:
    room.edit(("4", "3.75"), name="fee2")
    room.publish()
    room.edit(name="fee3")
    assert room.words() == [("3.75", "4")]


def test_another_sentence_that_changes_later_is_told_too(room: Newsroom) -> None:
    room.edit(("4", "3.75"), name="fee2")
    room.publish()
    room.edit(("4", "3.75"), ("12", "11"), name="fee3")
    assert room.words() == [("12", "11")]


def test_an_edition_of_days_ago_is_corrected(room: Newsroom) -> None:
    for number in range(3):
        title, text = FERRY
        room.collect(report(f"ferry{number}", (f"{title} {number}", text), day=room.day))
        room.days += 1
    room.edit(("4", "3.75"), name="fee2")
    edition = room.publish()
    assert [one.day for one in edition.corrections] == [TODAY]


def test_what_had_no_room_comes_first_the_next_day(room: Newsroom) -> None:
    room.edit(("4", "3.75"), ("12", "11"), name="fee2")
    edition = room.publish(room=235.0)
    assert (len(edition.corrections), edition.ledger.corrections_waiting) == (1, 1)
    assert edition.ledger.corrections == ()
    assert room.words() == [("12", "11")]
    assert len(room.publish().corrections) == 1
    assert room.due == NO_CORRECTIONS


def test_a_story_that_is_told_again_carries_the_new_words(room: Newsroom) -> None:
    more = "Prices of fish and exports of salt rise at a quick pace, traders wrote on Friday."
    room.edit(("4", "3.75"), ("Fishing", f"{more} Fishing"), name="fee2")
    edition = room.publish()
    told = [one.text for one in edition.sentences()]
    assert more in told
    assert any("3.75 crowns" in one for one in told)
    assert not any(" 4 crowns" in one for one in told)


def test_what_others_still_say_wrongly_is_left_out(room: Newsroom) -> None:
    room.edit(("4", "3.75"), name="fee2")
    other = RATE[1].replace("Captain", "Skipper").replace("Fishing crews", "Owners of boats")
    late = report("late", (f"{RATE[0]} again", other), publisher="Kalvik Post", day=room.day)
    late = replace(late, url="https://kalvik.example/late")
    room.collect(late)
    assert not any("4 crowns" in one.text for one in room.publish().sentences())
