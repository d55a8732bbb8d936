from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from html import unescape
from pathlib import Path

import pytest

from briefing.core.model import Action
from briefing.store import choices
from tests.choosing import chosen
from tests.desk import DAY
from tests.newsday import HARBOR, NICKEL, RIVER, STRAIT, report
from tests.publishing import BRIEFING
from tests.publishing import Desk as Publishing
from tests.web.admin.steering import NEXT, PATH, PDF, TIMETABLE, Steering, steering
from tests.web.served import NOW, title

pytestmark = pytest.mark.allow_hosts(["127.0.0.1"])
HOSTILE = '"> <script>alert(1)</script> & {{7*7}}'


@pytest.fixture
def at(tmp_path: Path) -> Iterator[Steering]:
    with steering(tmp_path) as found:
        yield found


def message(text: str) -> str:
    found = re.search(r'<div class="message[^>]*>(.*?)</div>', text, re.DOTALL)
    return " ".join(unescape(re.sub("<[^>]+>", " ", found[1])).split()) if found else ""


def test_only_operators_see_the_page_its_picture_and_its_pdf(at: Steering) -> None:
    for path in (PATH, f"{PATH}.png", f"{PATH}.pdf"):
        answer = at.web.get(path)
        assert (answer.status_code, at.drafts.made) == (303, 0)
        assert answer.headers["location"].startswith("/admin/sign-in")
    assert at.web.post(PATH, {"day": NEXT.isoformat()}).status_code == 403
    assert at.web.post(PATH, {}, headers=at.session.cookies).status_code == 403


def test_the_page_shows_the_draft_its_fit_and_its_stories_in_printed_order(at: Steering) -> None:
    answer = at.open()
    text = unescape(answer.text)
    assert (answer.status_code, title(answer)) == (200, "Tomorrow’s page")
    assert "Friday 13 March 2026. Draft of today, 09:12, 9 reports" in text
    assert "Prints Fri 13 March, 06:30; collects every 30 minutes" in text
    assert re.search(r"Page \d+ % full, 4 stories, \d+ sentences, everything fits\.", text)
    heads = re.findall(r'class="head">(?:<svg.*?</svg>)?\s*([^<]+)<', text)
    assert set(heads) <= set(at.printed)
    assert len(heads) == 4
    assert heads[0] == at.drafts.kept.edition.top.headline  # type: ignore[union-attr]  # it has both
    assert f'src="{PATH}.png?at=' in text
    assert re.findall('scope="rowgroup" colspan="5">(.*?)</th>', text) == [
        "Top of the page",
        "Economy, 1 printed",
        "Security, 1 printed",
        "Diplomacy, 1 printed",
    ]


def test_the_picture_and_the_pdf_are_those_of_the_last_draft(at: Steering) -> None:
    at.open()
    answer = at.session.get(f"{PATH}.pdf")
    assert (answer.content, answer.headers["content-type"]) == (PDF, "application/pdf")
    assert answer.headers["content-disposition"] == 'inline; filename="draft-2026-03-13.pdf"'
    picture = at.session.get(f"{PATH}.png")
    assert picture.content.startswith(b"\x89PNG")
    assert picture.headers["cache-control"] == "no-store"
    assert at.drafts.made == 1


def test_opening_the_page_shows_the_last_draft_and_changes_nothing(at: Steering) -> None:
    first = at.open().text
    at.keep(report("late", RIVER), when=NOW + timedelta(minutes=1))
    at.web.clock.at += timedelta(minutes=5)
    assert at.open().text == first
    assert (at.drafts.made, at.active, at.session.acts()) == (1, (), [])


def test_what_is_chosen_is_kept_with_who_and_when_and_laid_out(at: Steering) -> None:
    at.open()
    fields = {
        at.field("place", HARBOR[0]): "drop",
        at.field("place", RIVER[0]): "top",
        at.field("section", STRAIT[0]): "diplomacy",
        at.field("section", NICKEL[0]): "",
    }
    answer = at.send(fields)
    assert (answer.status_code, answer.headers["location"]) == (303, f"{PATH}?message=laid")
    assert {(one.action, one.headline, one.section) for one in at.active} == {
        (Action.DROP, HARBOR[0], ""),
        (Action.TOP, RIVER[0], ""),
        (Action.MOVE, STRAIT[0], "diplomacy"),
    }
    assert {(one.who, one.at, one.day) for one in at.active} == {("ada", at.web.clock(), NEXT)}
    assert HARBOR[0] not in at.printed
    text = unescape(at.text)
    assert "Put on top by ada, today, 09:12" in text
    assert "Moved to diplomacy by ada, today, 09:12" in text
    assert "Dropped by ada, today, 09:12" in text
    assert message(at.session.get(f"{PATH}?message=laid").text) == "Laid out again."
    acts = [(act.what, act.about) for act in at.session.acts()]
    assert sorted(acts) == [
        ("drop story", f"2026-03-13: {HARBOR[0]}"),
        ("move story to diplomacy", f"2026-03-13: {STRAIT[0]}"),
        ("top story", f"2026-03-13: {RIVER[0]}"),
    ]


def test_what_is_sent_as_it_stood_changes_nothing(at: Steering) -> None:
    at.open()
    at.send({at.field("place", RIVER[0]): "pin"})
    before = at.active
    at.web.clock.at += timedelta(minutes=3)
    answer = at.send({at.field("place", RIVER[0]): "pin", at.field("section", RIVER[0]): ""})
    assert answer.status_code == 303
    assert at.active == before
    assert len(at.session.acts()) == 1


def test_a_choice_is_undone_by_its_button_and_by_choosing_as_ranked(at: Steering) -> None:
    at.open()
    at.send({at.field("place", RIVER[0]): "pin", at.field("place", HARBOR[0]): "drop"})
    pin = next(one for one in at.active if one.action is Action.PIN)
    assert f'name="undo" value="{pin.id}"' in at.text
    at.send({at.field("place", HARBOR[0]): ""})
    assert at.active == (pin,)
    assert HARBOR[0] in at.printed
    at.send({"undo": str(pin.id)})
    assert len(at.active) == 0
    assert [act.what for act in at.session.acts()[:2]] == ["undo pin", "undo drop"]


def test_undoing_what_does_not_stand_does_nothing(at: Steering) -> None:
    at.open()
    for undo in ("99", "0", ""):
        assert at.send({"undo": undo}).status_code == 303
    assert at.session.acts() == []


def test_two_top_stories_are_refused_by_both_names_and_nothing_is_kept(at: Steering) -> None:
    at.open()
    at.send({at.field("place", RIVER[0]): "top"})
    before, made = at.active, at.drafts.made
    second = at.field("place", STRAIT[0])
    answer = at.send({second: "top", at.field("place", RIVER[0]): "top"})
    assert answer.status_code == 422
    said = message(answer.text)
    assert said.startswith("Nothing was laid out Two stories are to open the page")
    assert RIVER[0] in said
    assert STRAIT[0] in said
    assert (at.active, at.drafts.made) == (before, made)
    # What was chosen stays to be corrected.
    chosen_twice = re.findall(r'<option value="top" selected>', answer.text)
    assert len(chosen_twice) == 2
    assert len(at.session.acts()) == 1


def test_pins_without_room_are_taken_back_so_that_the_next_page_comes_out(at: Steering) -> None:
    at.drafts.room = 250.0
    at.open()
    kept = at.field("place", at.printed[0])
    at.send({kept: "top"})
    (before,) = at.active
    waiting = [one for one in (HARBOR, NICKEL, RIVER, STRAIT) if one[0] not in at.printed]
    fields = {at.field("place", one[0]): "pin" for one in waiting}
    answer = at.send({**fields, "undo": str(before.id)})
    assert answer.status_code == 422
    assert "does not fit on the page" in message(answer.text)
    assert [replace(one, id=0) for one in at.active] == [replace(before, id=0)]
    assert "take back pin" in {act.what for act in at.session.acts()}


def test_when_all_is_dropped_the_page_says_that_nothing_is_left(at: Steering) -> None:
    at.open()
    told = {at.field("place", one[0]): "drop" for one in (HARBOR, NICKEL, RIVER, STRAIT)}
    answer = at.send(told)
    assert answer.status_code == 422
    assert "4 dropped by an editor" in message(answer.text)
    assert len(at.active) == 4


def test_a_form_of_a_page_that_is_printed_meanwhile_changes_nothing(at: Steering) -> None:
    at.open()
    field = at.field("place", RIVER[0])
    answer = at.session.post(PATH, {"day": "2026-03-12", field: "drop"})
    assert answer.headers["location"] == f"{PATH}?message=over"
    assert at.active == ()
    assert "too late" in message(at.session.get(answer.headers["location"]).text)


@pytest.mark.parametrize(
    "fields",
    [
        {"place||harbor": "shout"},
        {"section||harbor": "sport"},
        {"place||no such report": "pin"},
        {"undo": "x"},
        {"undo": "-"},
    ],
)
def test_what_no_page_of_ours_sends_is_refused(at: Steering, fields: dict[str, str]) -> None:
    at.open()
    assert at.send(fields).status_code == 400
    assert at.active == ()


def test_other_fields_are_not_looked_at(at: Steering) -> None:
    at.open()
    assert at.send({"place": "pin", "place|": "pin", "x||harbor": "pin"}).status_code == 303
    assert at.active == ()


def test_without_a_report_the_page_says_so(tmp_path: Path) -> None:
    with steering(tmp_path, news=()) as at:
        answer = at.open()
        assert answer.status_code == 200
        assert message(answer.text).startswith("Nothing to lay out yet Nothing to publish")
        assert "<img" not in answer.text
        for ending in (".png", ".pdf"):
            assert at.session.get(f"{PATH}{ending}").status_code == 404
        sent = at.send()
        assert (sent.status_code, message(sent.text)[:22]) == (422, "Nothing to lay out yet")


def test_where_no_draft_can_be_made_the_page_says_so(tmp_path: Path) -> None:
    with steering(tmp_path, drafts=None) as at:
        assert "No draft here" in message(at.open().text)
        assert "No draft here" in message(at.send().text)
        assert at.session.get(f"{PATH}.png").status_code == 404


def test_choices_made_elsewhere_are_shown_as_not_in_this_draft_and_can_be_undone(
    at: Steering,
) -> None:
    at.open()
    with at.web.store.write() as tx:
        told = chosen("drop", DAY[0], day=NEXT, headline=HOSTILE, who=f"token {HOSTILE}")
        one = choices.choose(tx, BRIEFING, told)
    text = at.text
    assert message(text).startswith("The choices have changed since this draft was laid out")
    assert "not in this draft yet" in text
    assert HOSTILE not in text
    at.send({"undo": str(one.id)})
    assert at.active == ()


def test_choices_that_contradict_each_other_are_listed_with_a_way_out(at: Steering) -> None:
    with at.web.store.write() as tx:
        for one in (DAY[0], DAY[4]):
            choices.choose(tx, BRIEFING, chosen("top", one, day=NEXT))
    text = at.text
    assert "are to open the page" in message(text)
    assert text.count('name="undo"') == 2
    assert at.session.get(f"{PATH}.pdf").status_code == 404
    assert at.send({"undo": str(at.active[0].id)}).status_code == 303
    assert at.drafts.kept is not None


def test_a_choice_whose_report_is_not_among_those_of_the_day_says_so(at: Steering) -> None:
    with at.web.store.write() as tx:
        choices.choose(tx, BRIEFING, chosen("pin", report("gone", RIVER), day=NEXT))
    text = unescape(at.text)
    assert "Choices on stories not listed here" in text
    assert "its report is not among those of the day" in text


def test_what_comes_from_outside_is_text(tmp_path: Path) -> None:
    nasty = replace(report("x|y\"'><b>", (HOSTILE, STRAIT[1])), publisher=HOSTILE)
    with steering(tmp_path, news=[nasty, *DAY[3:5]]) as at:
        text = at.open().text
        assert HOSTILE not in text
        assert "<script" not in text
        assert at.send({at.field("place", HOSTILE): "pin"}).status_code == 303
        assert [one.document for one in at.active] == [nasty.id]
        assert "<script" not in at.text


def test_a_story_whose_headline_cannot_be_set_is_called_so(tmp_path: Path) -> None:
    nameless = report("nameless", ("x" * 200, STRAIT[1]))
    with steering(tmp_path, news=[nameless, *DAY[3:5]]) as at:
        assert at.send({at.field("place", "(no headline)"): "drop"}).status_code == 303
        assert "Dropped by ada" in at.text
        assert at.session.acts()[0].about == "2026-03-13: nameless"
        assert at.send({at.field("place", "(no headline)"): ""}).status_code == 303
        assert at.active == ()


def test_choices_of_reports_without_headline_or_address_are_shown(at: Steering) -> None:
    with at.web.store.write() as tx:
        choices.choose(tx, BRIEFING, chosen("pin", DAY[4], day=NEXT, headline="", document="gone"))
        choices.choose(
            tx, BRIEFING, chosen("drop", DAY[0], day=NEXT, headline="", url="", document="x")
        )
    assert at.text.count("(no headline)") >= 1


def test_without_a_timetable_it_is_the_page_of_today_until_that_is_printed(tmp_path: Path) -> None:
    with steering(tmp_path, timetable=None) as at:
        answer = at.open()
        assert title(answer) == "Today’s page"
        assert "No time is set: pages are printed by hand" in answer.text
        assert 'name="day" value="2026-03-12"' in answer.text
        Publishing(at.web.store).publish(NOW.date(), hour=8)
        assert title(at.open()) == "Tomorrow’s page"


def test_a_page_that_is_printed_before_its_time_is_passed_over(at: Steering) -> None:
    Publishing(at.web.store).publish(NEXT, hour=1)
    answer = at.open()
    assert title(answer) == "Page of Sat 14 March"
    assert "nothing to publish" in message(answer.text).lower()


def test_before_the_time_of_print_it_is_the_page_of_today(tmp_path: Path) -> None:
    early = replace(TIMETABLE, at=TIMETABLE.at.replace(hour=23))
    with steering(tmp_path, timetable=early) as at:
        assert title(at.open()) == "Today’s page"
