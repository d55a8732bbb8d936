from datetime import date
from pathlib import Path

import pytest

from briefing.app.editions import prove_stored
from briefing.app.ledger import due_on
from briefing.core import record
from briefing.core.model import Document, Edition
from briefing.press.formats import Rendition
from briefing.press.text import page_text
from briefing.settings import Settings
from briefing.setup import parts
from briefing.store import Store, archive
from tests.newsday import HARBOR, NICKEL, RIVER, STRAIT, TODAY, report
from tests.publishing import BRIEFING, Desk, at, edition_of, open_at
from tests.store.ready import look

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


def due(store: Store, day: date = DAY) -> list[tuple[date | None, str]]:
    return [(one.announced, source.id) for one, source in look(store, due_on, BRIEFING, day)]


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
    assert due(desk.store) == [(TODAY, _version(desk, OLD))]
    assert due(desk.store, DAY.replace(day=24)) == []
    desk.edit(OLD, LONG[1].replace("will meet in Lund", "will not meet"), when=at(TODAY, 22))
    assert due(desk.store) == []


def _version(desk: Desk, report: Document) -> str:
    ((_, source),) = look(desk.store, due_on, BRIEFING, DAY)
    assert source.title == report.title
    return source.id


#: Announcements of one report: of these the panel prints three, and the last does not stand alone.
TALKS = {
    date(2026, 3, 17): "Envoys of Ilvia and Tesk will meet in Lund on 17 March.",
    date(2026, 3, 18): "Envoys of Ilvia and Moran will meet in Sund on 18 March.",
    date(2026, 3, 19): "Envoys of Tesk and Moran will meet in Kalvik on 19 March.",
    date(2026, 3, 20): "Engineers of Ilvia and Tesk will meet in Orsa on 20 March.",
    date(2026, 3, 24): "The union will vote on the offer on 24 March.",
}


def test_what_had_no_room_is_kept_and_comes_back_if_it_stands_alone(tmp_path: Path) -> None:
    store = open_at(tmp_path)
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
    store.close()
