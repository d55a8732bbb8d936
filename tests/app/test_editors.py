from collections.abc import Collection
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from briefing.app.editors import (
    ChoiceRequest,
    OpenEdition,
    choose,
    print_in,
    put_back,
    stories_of,
    undo,
)
from briefing.app.publish import Preview, draft
from briefing.core.errors import ChoiceError, InputError, UsageError
from briefing.core.model import (
    Action,
    AuditEvent,
    Choice,
    ChoiceOutcome,
    Document,
    Effect,
    Role,
    Status,
)
from briefing.core.proof import prove
from briefing.core.record import digest_of
from briefing.store import Store, audit, documents, drafts, editions
from briefing.store.audit import Actor
from tests.core.test_edition_choices import order
from tests.desk import EDITION, chosen
from tests.newsday import HARBOR, NICKEL, STRAIT, STRAIT_NEXT, TODAY, YESTERDAY, report
from tests.publishing import BRIEFING, FIRST, Desk, at, edition_of, open_at, publish_plan
from tests.publishing import FIRST as REPORTS
from tests.publishing import Desk as Newsroom
from tests.store.ready import act, employ, look

FIRST_STORY, SECOND, _ = REPORTS
DAY_OF_EDITION = date(2026, 3, 14)
NOON = at(DAY_OF_EDITION, 12)
DESK = OpenEdition("ostra-desk", DAY_OF_EDITION, ("economy", "security"))
LATER = NOON + timedelta(hours=1)
ADA = Actor("ada", LATER, "203.0.113.0/24")


@pytest.fixture
def store(store: Store) -> Store:
    Newsroom(store).keep(*REPORTS, when=NOON - timedelta(hours=1))
    employ(store, "ada", "eva", role=Role.EDITOR)
    return store


def ask(
    store: Store,
    *asked: ChoiceRequest,
    edition: OpenEdition = DESK,
    when: datetime = NOON,
    seen: Collection[int] | None = None,
) -> tuple[Choice, ...]:
    return act(store, choose, asked, edition=edition, actor=replace(ADA, at=when), seen=seen)


def standing(store: Store) -> list[tuple[Action, str]]:
    with store.read() as tx:
        return [(one.action, one.document) for one in drafts.active(tx, DESK.briefing, DESK.day)]


def events(store: Store) -> list[AuditEvent]:
    return list(look(store, audit.recent))


def top(document: str) -> ChoiceRequest:
    return ChoiceRequest(document, Action.TOP)


def test_a_choice_is_kept_with_a_line_of_the_audit_log(store: Store) -> None:
    (kept,) = ask(store, ChoiceRequest(FIRST_STORY.id, Action.MOVE, "security"))
    assert (kept.who, kept.section, kept.at) == ("ada", "security", NOON)
    (event,) = events(store)
    assert (event.who, event.origin) == ("ada", "203.0.113.0/24")
    assert event.what == "move story to security"
    assert event.about == f"{DAY_OF_EDITION}: {FIRST_STORY.headline}"


#: The desk as a draft shows it: both reports are of one story.
DRAFTED = replace(DESK, stories={FIRST_STORY.id: "s1", SECOND.id: "s1"})


def test_a_choice_about_another_report_of_a_story_replaces_that_of_its_kind(store: Store) -> None:
    ask(store, top(FIRST_STORY.id), ChoiceRequest(FIRST_STORY.id, Action.HEADLINE))
    ask(store, ChoiceRequest(SECOND.id, Action.PIN), edition=DRAFTED)
    assert standing(store) == [(Action.HEADLINE, FIRST_STORY.id), (Action.PIN, SECOND.id)]
    ask(store, ChoiceRequest(SECOND.id, Action.HEADLINE), edition=DRAFTED)
    assert standing(store) == [(Action.PIN, SECOND.id), (Action.HEADLINE, SECOND.id)]
    assert [one.what for one in events(store)][:2] == ["choose headline", "pin story"]


def test_the_top_is_given_to_another_story_by_whoever_saw_which_one_had_it(store: Store) -> None:
    (first,) = ask(store, top(FIRST_STORY.id))
    ask(store, top(SECOND.id), seen=[first.id])
    assert standing(store) == [(Action.TOP, SECOND.id)]
    assert [one.what for one in events(store)][:2] == ["top story", "undo top"]
    for seen in ((), None):
        with pytest.raises(ChoiceError, match="two stories are to open the page") as error:
            ask(store, top(FIRST_STORY.id), seen=seen)
        assert all(one.headline in str(error.value) for one in (FIRST_STORY, SECOND))
    assert standing(store) == [(Action.TOP, SECOND.id)]
    assert len(events(store)) == 3


def test_a_choice_made_on_an_old_list_is_refused_and_says_why(store: Store) -> None:
    (drop,) = ask(store, ChoiceRequest(SECOND.id, Action.DROP))
    asked = ChoiceRequest(FIRST_STORY.id, Action.HEADLINE)
    with pytest.raises(ChoiceError, match="after the list was shown: Left out by ada"):
        ask(store, asked, edition=DRAFTED, seen=[])
    (headline,) = ask(store, asked, edition=DRAFTED, seen=[drop.id])
    act(store, undo, drop.id, edition=DESK, actor=ADA)
    with pytest.raises(ChoiceError, match="undone or replaced since"):
        ask(store, asked, edition=DRAFTED, seen=[drop.id, headline.id])
    ask(store, ChoiceRequest(SECOND.id, Action.PIN), seen=[])  # known to be another story
    assert standing(store) == [(Action.HEADLINE, FIRST_STORY.id), (Action.PIN, SECOND.id)]


def test_what_is_printed_in_a_section_is_moved_and_pinned_but_stays_on_top(store: Store) -> None:
    def print_it(document: str) -> None:
        act(store, print_in, document, "security", edition=DRAFTED, actor=replace(ADA, at=NOON))

    print_it(FIRST_STORY.id)
    assert standing(store) == [(Action.MOVE, FIRST_STORY.id), (Action.PIN, FIRST_STORY.id)]
    ask(store, top(FIRST_STORY.id), edition=DRAFTED)
    print_it(SECOND.id)
    assert standing(store) == [(Action.TOP, FIRST_STORY.id), (Action.MOVE, SECOND.id)]


def test_the_title_of_a_report_that_cannot_be_set_is_refused(store: Store) -> None:
    Newsroom(store).keep(
        replace(FIRST_STORY, id="slug", url="", title="BC-HARBOR-LEASE"), when=NOON
    )
    with pytest.raises(InputError, match="cannot be set as a headline"):
        ask(store, ChoiceRequest("slug", Action.HEADLINE))


def test_the_stories_of_a_draft_are_known_by_all_reports_and_by_what_was_chosen() -> None:
    old = ChoiceOutcome(chosen("pin", FIRST_STORY, document="an older version"), Effect.MET, "s7")
    stories = stories_of(replace(EDITION, choices=(old,)))
    assert stories["an older version"] == "s7"
    assert stories["harbor"] == stories["again"] == stories["copied"] != stories["strait"]
    desk = replace(DESK, stories=stories)
    assert (desk.story("again"), desk.story("x")) == (stories["harbor"], "x")


def test_what_could_not_be_laid_out_is_taken_back(store: Store) -> None:
    ask(store, ChoiceRequest(FIRST_STORY.id, Action.PIN), ChoiceRequest(SECOND.id, Action.HEADLINE))
    ask(store, ChoiceRequest(FIRST_STORY.id, Action.DROP), top(SECOND.id), when=LATER)
    with store.write() as tx:
        active = drafts.active(tx, DESK.briefing, DESK.day)
        (headline,) = [one for one in active if one.action is Action.HEADLINE]
        undo(tx, headline.id, edition=DESK, actor=Actor("eva", LATER))
        put_back(tx, edition=DESK, actor=ADA)
    # What somebody else undid meanwhile stays undone.
    assert standing(store) == [(Action.PIN, FIRST_STORY.id)]
    assert [one.what for one in events(store)][:2] == ["take back top", "take back drop"]


BY_TITLE = {one.title: one for one in FIRST}


def choose_for(desk: Desk, action: Action | str, report: Document, section: str = "") -> Choice:
    return act(desk.store, drafts.choose, BRIEFING, chosen(action, report, section, day=YESTERDAY))


def drafted(desk: Desk, day: date = YESTERDAY, *, hour: int = 20) -> Preview:
    return draft(desk.store, publish_plan(), day=day, now=at(day, hour))


def test_what_was_undone_or_is_for_another_day_changes_nothing(desk: Desk, tmp_path: Path) -> None:
    one = choose_for(desk, "drop", BY_TITLE[HARBOR[0]])
    with desk.store.write() as tx:
        drafts.undo(tx, BRIEFING, one.id, who="ada", at=one.at)
        drafts.choose(tx, BRIEFING, chosen("drop", BY_TITLE[NICKEL[0]], day=TODAY))
        drafts.choose(tx, "another-desk", chosen("drop", BY_TITLE[NICKEL[0]], day=YESTERDAY))
    (tmp_path / "plain").mkdir()
    with open_at(tmp_path / "plain") as store:
        plain = Desk(store).first().stored
    stored = desk.publish(YESTERDAY).stored
    assert (stored.record, stored.files) == (plain.record, plain.files)
    assert "choices" not in stored.record


def test_a_draft_is_the_edition_that_would_be_published_and_is_kept_nowhere(desk: Desk) -> None:
    choose_for(desk, "top", BY_TITLE[NICKEL[0]])
    drop = choose_for(desk, "drop", BY_TITLE[HARBOR[0]])
    made = drafted(desk)
    assert look(desk.store, editions.last, BRIEFING) is None
    stored = desk.publish(YESTERDAY).stored
    assert made.pdf == stored.files["pdf"]
    assert digest_of(made.edition) == digest_of(edition_of(stored))
    assert (made.made, made.until) == (at(YESTERDAY, 20), at(YESTERDAY, 18))
    assert 0 < made.fill <= 1.001
    (left,) = [one for one in made.edition.ledger.ranked if one.why]
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
    assert {one.documents[0] for one in made.edition.ledger.ranked} < set(made.topics)
    assert set(made.statuses.values()) == {Status.NEW}


def test_a_refused_report_and_a_chosen_headline_reach_the_edition_with_proof(desk: Desk) -> None:
    opinion = report("opinion", (f"Opinion: {STRAIT_NEXT[0]}", STRAIT_NEXT[1]))
    desk.keep(opinion, when=at(YESTERDAY, 18))
    choose_for(desk, "pin", opinion)
    choose_for(desk, "move", opinion, "economy")
    choose_for(desk, "headline", opinion)
    edition = edition_of(desk.publish(YESTERDAY).stored)
    (economy,) = [one for one in edition.sections if one.name == "economy"]
    assert opinion.title in {brief.headline for brief in economy.briefs}
    assert [one.effect.value for one in edition.choices] == ["met"] * 3
    sources = look(desk.store, documents.texts, edition.documents)
    assert prove(edition, sources=sources).failures == ()


def test_a_draft_can_be_made_while_another_process_publishes_and_not_afterwards(desk: Desk) -> None:
    with desk.store.alone("publish"):
        assert order(drafted(desk).edition)
    desk.publish(YESTERDAY)
    with pytest.raises(UsageError, match="the edition of 2026-03-11 is already published"):
        drafted(desk)
    with pytest.raises(InputError, match="no new report since"):
        drafted(desk, TODAY)


def test_a_choice_follows_its_report_when_that_is_edited(desk: Desk) -> None:
    old = BY_TITLE[STRAIT[0]]
    choose_for(desk, "drop", old)
    desk.edit(old, f"{old.text} More is to come.", when=at(YESTERDAY, 19))
    edition = drafted(desk).edition
    assert STRAIT[0] not in order(edition)
    assert [one.effect.value for one in edition.choices] == ["met"]
    assert replace(edition.choices[0].choice, id=0, day=TODAY) == chosen("drop", old, id=0)
