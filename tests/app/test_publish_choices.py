"""What editors chose reaches the published edition, and a draft of it that is kept nowhere."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from briefing.app.publish import Preview, draft
from briefing.core.errors import ChoiceError, InputError, UsageError
from briefing.core.model import Action, Choice, Document, Edition, Status
from briefing.core.proof import prove
from briefing.core.record import digest_of
from briefing.store import choices, documents, editions
from tests.choosing import chosen
from tests.newsday import HARBOR, NICKEL, STRAIT, STRAIT_NEXT, TODAY, YESTERDAY, report
from tests.publishing import BRIEFING, FIRST, Desk, at, edition_of, open_at, publish_plan

BY_TITLE = {one.title: one for one in FIRST}


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with closing(open_at(tmp_path)) as store:
        desk = Desk(store)
        desk.keep(*FIRST, when=at(YESTERDAY, 18))
        yield desk


def choose(desk: Desk, action: Action | str, report: Document, section: str = "") -> Choice:
    with desk.store.write() as tx:
        told = chosen(action, report, section, day=YESTERDAY)
        return choices.choose(tx, BRIEFING, told)


def drafted(desk: Desk, day: date = YESTERDAY, *, hour: int = 20) -> Preview:
    return draft(desk.store, publish_plan(), day=day, now=at(day, hour))


def order(edition: Edition) -> list[str]:
    return [brief.headline for brief in edition.briefs()]


def test_choices_that_stand_decide_the_edition_and_stand_in_its_record(desk: Desk) -> None:
    top = choose(desk, "top", BY_TITLE[NICKEL[0]])
    drop = choose(desk, "drop", BY_TITLE[HARBOR[0]])
    stored = desk.publish(YESTERDAY).stored
    edition = edition_of(stored)
    assert edition.top is not None
    assert edition.top.headline == NICKEL[0]
    assert HARBOR[0] not in order(edition)
    assert [one.choice for one in edition.choices] == [top, drop]


def test_what_was_undone_and_what_is_for_another_day_changes_no_byte(
    desk: Desk, tmp_path: Path
) -> None:
    one = choose(desk, "drop", BY_TITLE[HARBOR[0]])
    with desk.store.write() as tx:
        choices.undo(tx, BRIEFING, one.id, who="ada", at=one.at)
        choices.choose(tx, BRIEFING, chosen("drop", BY_TITLE[NICKEL[0]], day=TODAY))
        choices.choose(tx, "another-desk", chosen("drop", BY_TITLE[NICKEL[0]], day=YESTERDAY))
    (tmp_path / "plain").mkdir()
    with closing(open_at(tmp_path / "plain")) as store:
        plain = Desk(store).first().stored
    stored = desk.publish(YESTERDAY).stored
    assert (stored.record, stored.files) == (plain.record, plain.files)
    assert "choices" not in stored.record


def test_two_top_stories_keep_the_edition_from_being_made(desk: Desk) -> None:
    choose(desk, "top", BY_TITLE[NICKEL[0]])
    choose(desk, "top", BY_TITLE[HARBOR[0]])
    for make in (lambda: desk.publish(YESTERDAY), lambda: drafted(desk)):
        with pytest.raises(ChoiceError, match=f"{NICKEL[0]}.*{HARBOR[0]}"):
            make()
    with desk.store.read() as tx:
        assert editions.last(tx, BRIEFING) is None


def test_a_draft_is_the_edition_that_would_be_published_and_is_kept_nowhere(desk: Desk) -> None:
    choose(desk, "top", BY_TITLE[NICKEL[0]])
    drop = choose(desk, "drop", BY_TITLE[HARBOR[0]])
    made = drafted(desk)
    with desk.store.read() as tx:
        assert editions.last(tx, BRIEFING) is None
    stored = desk.publish(YESTERDAY).stored
    assert made.pdf == stored.files["pdf"]
    assert digest_of(made.edition) == digest_of(edition_of(stored))
    assert (made.made, made.until) == (at(YESTERDAY, 20), at(YESTERDAY, 18))
    assert 0 < made.fill <= 1.001
    (left,) = [one for one in made.edition.ledger.found if one.why]
    assert (left.headline, left.documents) == (HARBOR[0], (drop.document,))
    assert (left.section, left.why) == ("security", "left out by an editor")


def test_a_draft_knows_of_all_reports_what_they_are_called_and_about(desk: Desk) -> None:
    opinion = report("opinion", (f"Opinion: {NICKEL[0]}", NICKEL[1]))
    desk.keep(opinion, when=at(YESTERDAY, 18))
    made = drafted(desk)
    assert {one.title for one in made.reports.values()} == {*BY_TITLE, opinion.title}
    assert {one.text for one in made.reports.values()} == {""}
    (gated,) = [name for name, why in made.edition.ledger.drops if why == "opinion"]
    assert max(made.topics[gated].items(), key=lambda pair: pair[1])[0] == "economy"
    assert {one.documents[0] for one in made.edition.ledger.found} < set(made.topics)
    assert set(made.statuses.values()) == {Status.NEW}


def test_a_refused_report_and_a_chosen_headline_reach_the_published_edition_with_proof(
    desk: Desk,
) -> None:
    opinion = report("opinion", (f"Opinion: {STRAIT_NEXT[0]}", STRAIT_NEXT[1]))
    desk.keep(opinion, when=at(YESTERDAY, 18))
    choose(desk, "pin", opinion)
    choose(desk, "move", opinion, "economy")
    choose(desk, "headline", opinion)
    edition = edition_of(desk.publish(YESTERDAY).stored)
    (economy,) = [one for one in edition.sections if one.name == "economy"]
    assert opinion.title in {brief.headline for brief in economy.briefs}
    assert [one.effect.value for one in edition.choices] == ["met"] * 3
    with desk.store.read() as tx:
        sources = documents.texts(tx, edition.documents)
    assert prove(edition, sources=sources).failures == ()


def test_a_draft_can_be_made_while_another_process_publishes(desk: Desk) -> None:
    with desk.store.alone("publish"):
        assert order(drafted(desk).edition)


def test_of_a_day_that_is_published_no_draft_is_made(desk: Desk) -> None:
    desk.publish(YESTERDAY)
    with pytest.raises(UsageError, match="the edition of 2026-03-11 is already published"):
        drafted(desk)
    with pytest.raises(InputError, match="no new report since"):
        drafted(desk, TODAY)


def test_a_choice_follows_its_report_when_that_is_edited(desk: Desk) -> None:
    old = BY_TITLE[STRAIT[0]]
    choose(desk, "drop", old)
    desk.edit(old, f"{old.text} More is to come.", when=at(YESTERDAY, 19))
    edition = drafted(desk).edition
    assert STRAIT[0] not in order(edition)
    assert [one.effect.value for one in edition.choices] == ["met"]
    assert replace(edition.choices[0].choice, id=0, day=TODAY) == chosen("drop", old, id=0)
