import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, time, timedelta
from html import unescape
from pathlib import Path
from urllib.parse import quote

import pytest

from briefing.app.rounds.runs import RunRequests
from briefing.core.errors import ChoiceError
from briefing.core.model import Letterhead, ReleaseRule, Role, Step
from briefing.store import drafts, editions
from tests.core.test_edition_choices import apart
from tests.desk import DAY, FERRY, OPINION, STUB, chosen
from tests.newsday import HARBOR_AGAIN, ORCHIDS, RIVER, SECTIONS, STRAIT, report
from tests.publishing import BRIEFING, edition_of
from tests.publishing import Desk as Publishing
from tests.store.ready import look
from tests.web.admin.sessions import seated
from tests.web.admin.steering import (
    NEXT,
    PATH,
    PDF,
    TIMETABLE,
    QuickDrafts,
    Steering,
    heads,
    steering,
)
from tests.web.served import NOW, title

HOSTILE = '"> <script>alert(1)</script> & {{7*7}}'


@pytest.fixture
def at(tmp_path: Path) -> Iterator[Steering]:
    with steering(tmp_path) as found:
        yield found


def message(text: str) -> str:
    found = re.search(r'<div class="message[^>]*>(.*?)</div>', text, re.DOTALL)
    return " ".join(unescape(re.sub("<[^>]+>", " ", found[1])).split()) if found else ""


def acts(at: Steering) -> list[tuple[str, str]]:
    return [(act.what, act.about) for act in at.session.acts()]


def standing(at: Steering) -> list[tuple[str, str, str]]:
    return [(one.action.value, one.document, one.section) for one in at.active]


def test_the_page_lists_every_story_in_the_order_of_the_page(at: Steering) -> None:
    answer = at.open()
    text = unescape(answer.text)
    assert (answer.status_code, title(answer)) == (200, "Tomorrow’s edition")
    line = "due at 06:30, in 21 h 18 min · 9 reports, 3 publishers, 5 stories · laid out 0 s ago"
    assert f"Friday 13 March 2026, {line}" in text
    assert re.search(r"above this line: 4 stories, \d+ sentences\. The page is \d+% full\.", text)
    assert f'src="{PATH}.png?at=' in text
    assert heads(text)[:4] == [at.top, *(one for one in at.printed if one != at.top)]
    assert heads(text)[4:] == [ORCHIDS[0], OPINION[0], STUB[0]]
    assert re.findall(r'class="no">(\d+)<', text) == [*map(str, range(1, 8))]
    assert re.findall(r'class="why">(.*?)<', text) == [
        *("of no section of this briefing", "opinion", "too little text")
    ]
    assert text.count('aria-label="2 publishers"') == 1
    pressed = re.findall(r'value="(\w+)" title="\w+" aria-label="[^"]*" aria-pressed="true"', text)
    assert len(pressed) == 4


def test_a_story_opens_to_its_sentences_and_what_is_printed_is_marked(at: Steering) -> None:
    closed = at.text
    assert "<mark>" not in closed
    (first, *_) = re.findall(r'href="(/admin/tomorrow\?open=\w+)#s-', closed)
    text = unescape(at.session.get(first).text)
    assert at.drafts.kept
    assert at.drafts.kept.edition.top
    printed = [one.text for one in at.drafts.kept.edition.top.sentences]
    assert re.findall("<mark>(.*?)</mark>", text) == printed
    assert re.search(r"2 reports, 2 publishers · security 1 · score \d(?:\.\d+)?", text)
    assert text.count('aria-expanded="true"') == 1
    # What is not printed shows how its reports begin.
    last = [*re.findall(r'href="(/admin/tomorrow\?open=\w+)#s-', closed)][4]
    assert ORCHIDS[1].split(".")[0] in at.session.get(last).text


def test_many_sections_are_a_list_and_not_buttons(tmp_path: Path) -> None:
    names = {name: f"Desk {name}" for name in SECTIONS}
    with steering(tmp_path, letterhead=Letterhead(labels=tuple(names.items()))) as at:
        text = at.text
        assert text.count('<option value="economy"') == 7
        assert "aria-pressed" not in text
        assert at.send(at.form(ORCHIDS[0]) | {"do": "print", "section": "security"})
        assert ORCHIDS[0] in at.printed


def test_the_last_change_is_undone_again_and_again_with_what_it_replaced(at: Steering) -> None:
    at.press("lead", RIVER[0])
    eva = seated(at.web, name="eva")
    form = at.form(STRAIT[0])
    assert eva.post(PATH, {"day": NEXT.isoformat(), **form, "do": "lead"}).status_code == 303
    at.web.clock.at += timedelta(seconds=1)
    assert "Undo last change: Put on top by eva, “" in at.text
    for top in (RIVER[0], HARBOR_AGAIN[0]):
        answer = at.send(at.form(STRAIT[0]) | {"undo": "last"})
        assert message(at.follow(answer)) == "Undone, and laid out again."
        assert at.top == top
    assert at.active == ()
    assert "Undo last change" not in at.text
    answer = at.send({"undo": "last"})
    assert message(at.follow(answer)).startswith("That choice had already been undone")


def test_a_page_that_is_released_is_published_by_nobody_alone(tmp_path: Path) -> None:
    table = replace(TIMETABLE, release=ReleaseRule(by=1))
    today = {"do": "publish", "day": NOW.date().isoformat()}
    with steering(tmp_path, requests=RunRequests(), timetable=table) as at:
        assert "Nothing is sent until it is released" in at.send(today).text


def test_a_further_edition_is_steered_by_itself(tmp_path: Path) -> None:
    evening = replace(TIMETABLE, at=time(18), edition="evening")
    further = QuickDrafts(timetable=replace(evening, others=(TIMETABLE,)))
    table, requests = replace(TIMETABLE, others=(evening,)), RunRequests()
    of, day = "?edition=evening", NOW.date()
    with steering(
        tmp_path, timetable=table, further_drafts={"evening": further}, requests=requests
    ) as at:
        further.web = at.web
        at.web.add(editions=("evening",))
        assert f'href="{PATH}{of}">Evening</a>' in at.text
        page = at.open(of).text
        assert "Thursday 12 March 2026, due at 18:00" in page
        for link in (f'"{PATH}">First of the day', f"{PATH}.pdf{of}", f"{PATH}.png{of}&amp;at="):
            assert link in page
        assert at.session.get(f"{PATH}.pdf{of}").status_code == 200
        assert at.session.get(f"{PATH}?edition=noon").status_code == 404
        first = heads(page)[0]
        fields = {**at.form(first, question=of), "do": "drop"}
        assert f"“{first}” is left out by an editor." in at.follow(at.send(fields, at=of))
        assert at.active == ()
        (one,) = look(at.web.store, drafts.active, f"{BRIEFING}_evening", day)
        assert (one.headline, one.action) == (first, "drop")
        asked = {"do": "publish", "day": f"{day}"}
        question = at.send(asked, at=of).text
        assert "Publish the evening edition of Thursday 12 March 2026?" in question
        assert "mailed to 1 reader, " in question
        at.session.confirm(f"{PATH}{of}", asked)
        assert requests.take(0) == ((Step.PUBLISH, day, "evening"),)
        assert ("order publish", f"{day} evening") in [
            (act.what, act.about) for act in at.session.acts()
        ]


def test_opening_the_page_shows_the_last_draft_its_picture_and_its_pdf(at: Steering) -> None:
    at.open()
    answer = at.session.get(f"{PATH}.pdf")
    assert (answer.content, answer.headers["content-type"]) == (PDF, "application/pdf")
    assert answer.headers["content-disposition"] == 'inline; filename="draft-2026-03-13.pdf"'
    picture = at.session.get(f"{PATH}.png")
    assert picture.content.startswith(b"\x89PNG")
    assert picture.headers["cache-control"] == "no-store"
    assert at.drafts.made == 1
    first = heads(at.open().text)
    at.keep(report("late", FERRY), when=NOW + timedelta(minutes=1))
    at.web.clock.at += timedelta(minutes=5)
    later = at.open().text
    assert heads(later) == first
    assert "laid out 5 min ago" in later
    assert at.drafts.made == 1
    # To lay it out again takes what came in, and changes no choice.
    answer = at.send({"document": "", "seen": "", "top": ""})
    assert message(at.follow(answer)) == "Laid out again."
    assert FERRY[0] in heads(at.text)
    assert (at.active, at.session.acts()) == ((), [])


def test_lead_puts_a_story_on_top_and_the_page_says_what_came_of_it(at: Steering) -> None:
    answer = at.press("lead", RIVER[0])
    place = answer.headers["location"]
    assert place.startswith(f"{PATH}?message=kept&done=1#s-")
    assert f'id="{place.partition("#")[2]}"' in at.text
    assert standing(at) == [("top", "river", "")]
    assert {(one.who, one.at, one.day) for one in at.active} == {("ada", NOW, NEXT)}
    assert at.top == RIVER[0]
    text = at.follow(answer)
    assert message(text) == f"Laid out again. “{RIVER[0]}” is printed in diplomacy."
    assert "Put on top by ada, today, 09:12" in text
    assert acts(at) == [("top story", f"2026-03-13: {RIVER[0]}")]
    # To lead with another story is one press, for whoever sees which one leads.
    at.press("lead", STRAIT[0])
    assert at.top == STRAIT[0]
    assert standing(at) == [("top", "strait", "")]
    # A choice on an old list is told, with what was chosen meanwhile.
    form = at.form(RIVER[0])
    hers = seated(at.web, name="eva").post(PATH, {"day": NEXT.isoformat(), **form, "do": "drop"})
    assert hers.status_code == 303
    answer = at.send(form | {"do": "lead"})
    assert answer.status_code == 422
    assert "decided about after the list was shown: Left out by eva" in message(answer.text)
    assert standing(at) == [("top", "strait", ""), ("drop", "river", "")]
    # The list that comes with it is the one of now: the same button works there.
    assert at.press("lead", RIVER[0]).status_code == 303
    assert standing(at) == [("top", "river", "")]


def test_leave_out_drops_a_story_and_undo_brings_it_back(at: Steering) -> None:
    at.open()
    harbor = at.top
    at.press("drop", harbor)
    assert harbor not in at.printed
    text = at.text
    assert 'class="why">left out by an editor<' in text
    assert "Left out by ada, today, 09:12" in text
    (ids,) = re.findall(r'name="undo" value="([\d.]+)"', text)
    answer = at.send(at.form(harbor) | {"undo": ids})
    assert message(at.follow(answer)) == "Undone, and laid out again."
    assert at.active == ()
    assert harbor in at.printed
    assert [what for what, _ in acts(at)] == ["undo drop", "drop story"]


def test_print_in_brings_a_story_of_no_section_onto_the_page_that_is_printed(at: Steering) -> None:
    answer = at.place(ORCHIDS[0], "security")
    assert standing(at) == [("move", "orchids", "security"), ("pin", "orchids", "")]
    text = at.follow(answer)
    assert message(text).endswith(f"“{ORCHIDS[0]}” is printed in security.")
    assert "Moved to security and pinned by ada, today, 09:12" in text
    assert text.count(">Undo</button>") == 1
    Publishing(at.web.store).publish(NEXT, hour=1)
    stored = look(at.web.store, editions.on, BRIEFING, NEXT)
    assert stored is not None
    (security,) = [one for one in edition_of(stored).sections if one.name == "security"]
    assert ORCHIDS[0] in {brief.headline for brief in security.briefs}


def test_a_headline_is_chosen_among_the_titles_of_the_story_and_printed(at: Steering) -> None:
    at.open()
    old = at.top
    form = at.form(old)
    key = form["row"]
    (other,) = re.findall(r'name="headline" value="([^"]*)"', at.open(f"?open={key}").text)
    answer = at.send(form | {"headline": other})
    new = {one.id: one.title for one in DAY}[other]
    assert new not in {old, ""}
    assert standing(at) == [("headline", other, "")]
    text = at.follow(answer)
    assert message(text).endswith(f"“{new}” is printed in security.")
    assert "Headline chosen by ada, today, 09:12" in text
    assert at.top == new
    assert acts(at) == [("choose headline", f"2026-03-13: {new}")]
    stored = Publishing(at.web.store).publish(NEXT, hour=1).stored
    assert new in {brief.headline for brief in edition_of(stored).briefs()}
    assert edition_of(stored).choices[0].choice.action == "headline"


def test_a_story_is_found_by_words_of_any_title_and_what_became_of_it(at: Steering) -> None:
    at.open()
    assert heads(at.open("?q=NORVIAN+c%C3%B4astguard+leases").text) == [at.top]
    assert heads(at.open("?q=%22record+crowd%22&state=of+no+section+of+this+briefing").text) == [
        ORCHIDS[0]
    ]
    assert heads(at.open("?state=reports+left+out").text) == [OPINION[0], STUB[0]]
    for question in ("?q=zebra", "?state=x", f"?q={quote(HOSTILE)}", "?page=9&state=printed"):
        nothing = at.open(question)
        assert (nothing.status_code, heads(nothing.text)) == (200, [])
        assert "No results." in nothing.text
        assert "<script>" not in nothing.text
    # A choice returns to what was sought.
    sought = "?q=orchid&state=of+no+section+of+this+briefing"
    fields = at.form(ORCHIDS[0], question=sought) | {"do": "drop"}
    answer = at.send(fields, at=f"{sought}&message=over")
    assert answer.headers["location"].startswith(f"{PATH}{sought}&message=kept&done=1#s-")
    text = at.follow(answer)
    assert message(text) == f"Laid out again. “{ORCHIDS[0]}” is left out by an editor."
    assert f'action="{PATH}{sought.replace("&", "&amp;")}"' in text


def far_apart(number: int) -> tuple[str, str]:
    """Tell an event that shares no word with another."""
    title, text = apart(number % 26)
    own = f"{chr(97 + number // 26)}sk"
    return title.replace("vik", own), text.replace("vik", own)


def test_three_hundred_stories_are_shown_in_parts(tmp_path: Path) -> None:
    news = [report(f"d{number}", far_apart(number)) for number in range(120)]
    with steering(tmp_path, news=news) as at:
        text = at.text
        below = re.search(r"Show all (\d+) not printed", text)
        assert below is not None
        many = int(below[1])
        assert len(heads(text)) < 60
        first = at.open("?state=not+printed").text
        assert len(heads(first)) == 50
        assert f"{many} found" in first
        second = at.open("?state=not+printed&page=2").text
        assert len(heads(second)) == min(50, many - 50)
        assert not {*heads(first)} & {*heads(second)}
        assert ("Previous" in first, "Previous" in second) == (False, True)


def test_a_draft_that_takes_long_is_awaited_without_the_editor(at: Steering) -> None:
    at.drafts.slow = True
    first, again = at.open().text, '<meta http-equiv="refresh" content="5">'
    assert f"<noscript>{again}</noscript>" in first
    # Who may choose nothing has no script that asks.
    looks = seated(at.web, "eve", role=Role.READER).page(PATH)
    assert again in looks
    assert f"<noscript>{again}" not in looks
    assert "The first draft is being laid out" in message(first)
    assert at.session.get(f"{PATH}.png").status_code == 404
    at.drafts.slow = False
    assert again not in at.text
    form = at.form(RIVER[0])
    at.drafts.slow = True
    answer = at.send(form | {"do": "lead"})
    place = answer.headers["location"].partition("#")[0]
    assert place == f"{PATH}?message=later&done=1"
    text = at.follow(answer)
    assert message(text).startswith("Saved. The draft is being laid out")
    assert f'href="{place.replace("&", "&amp;")}"' in text
    assert "Put on top by ada, today, 09:12: not in this draft yet" in text
    at.drafts.slow = False
    assert message(at.text).startswith("The stories have changed since this draft was laid out")
    at.drafts(NEXT)
    there = at.session.get(place).text
    assert message(there) == f"Laid out again. “{RIVER[0]}” is printed in diplomacy."
    at.drafts.failed = ChoiceError("no room for <b>")
    assert message(at.text) == "Nothing was laid out No room for <b>."


def test_what_no_page_of_ours_sends_is_refused_and_no_address_believed(at: Steering) -> None:
    form = at.form(RIVER[0])
    for fields in (
        {"headline": HOSTILE},
        {"do": "shout"},
        {"do": ""},
        {"section": "sport"},
        {"do": "print", "section": "sport"},
        {"do": "print", "section": ""},
        {"do": "print", "section": HOSTILE},
        {"do": "lead", "document": "no such report"},
        {"do": "lead", "document": ""},
        {"do": "drop", "document": "\0"},
        {"do": "lead", "seen": "x"},
        {"do": "lead", "top": "1;2"},
        {"undo": "x"},
        {"undo": "1..2"},
        {"undo": "9" * 40},
        {"undo": "٣"},
    ):
        assert at.send(form | fields).status_code == 400, fields
    assert (at.active, at.session.acts()) == ((), [])
    at.press("lead", RIVER[0])
    for done in ("99", "x", "1." * 99, quote(HOSTILE)):
        assert message(at.open(f"?message=kept&done={done}").text) == "Laid out again."


def test_without_a_report_or_anything_that_makes_drafts_the_page_says_so(tmp_path: Path) -> None:
    with steering(tmp_path, news=()) as at:
        answer = at.open()
        assert answer.status_code == 200
        assert message(answer.text).startswith("Nothing to lay out yet Nothing to publish")
        assert "<img" not in answer.text
        for ending in (".png", ".pdf"):
            assert at.session.get(f"{PATH}{ending}").status_code == 404
        sent = at.send()
        assert (sent.status_code, message(sent.text)[:22]) == (422, "Nothing to lay out yet")
    with steering(tmp_path / "none", drafts=None) as at:
        assert "No draft here" in message(at.open().text)
        assert "No draft here" in message(at.send().text)
        assert at.session.get(f"{PATH}.png").status_code == 404


def test_choices_made_elsewhere_or_on_reports_that_left_can_be_undone(at: Steering) -> None:
    with at.web.store.write() as tx:
        gone = chosen("pin", report("gone", RIVER), day=NEXT, headline="")
        left = drafts.choose(tx, BRIEFING, replace(gone, url=""))
    text = unescape(at.text)
    assert "Choices on stories not listed here" in text
    assert "its report is in no story of the day" in text
    assert "(no headline)" in text
    with at.web.store.write() as tx:
        told = chosen("drop", DAY[0], day=NEXT, headline=HOSTILE, who=f"token {HOSTILE}")
        one = drafts.choose(tx, BRIEFING, told)
    text = at.text
    assert message(text).startswith("The stories have changed since this draft was laid out")
    assert "not in this draft yet" in text
    assert HOSTILE not in text
    at.send({"undo": str(one.id)})
    answer = at.send({"document": "gone", "undo": str(left.id)})
    assert message(at.follow(answer)) == "Undone, and laid out again."
    assert at.active == ()


def test_choices_that_contradict_each_other_are_listed_with_a_way_out(at: Steering) -> None:
    with at.web.store.write() as tx:
        for one in (DAY[0], DAY[4]):
            drafts.choose(tx, BRIEFING, chosen("top", one, day=NEXT, minute=one is DAY[4]))
    text = at.text
    assert "are to open the page" in message(text)
    assert text.count(">Undo</button>") == 2
    assert at.session.get(f"{PATH}.pdf").status_code == 404
    assert at.send({"undo": str(at.active[0].id)}).status_code == 303
    assert at.drafts.kept is not None


@pytest.mark.parametrize(
    ("at", "named", "printed", "then"),
    [
        (time(23), "Today’s edition", NOW.date(), "Tomorrow’s edition"),
        (time(6, 30), "Tomorrow’s edition", NEXT, "Edition of Sat 14 March"),
    ],
)
def test_it_is_the_next_page_that_is_not_printed(
    tmp_path: Path, at: time, named: str, printed: date, then: str
) -> None:
    with steering(tmp_path, timetable=replace(TIMETABLE, at=at)) as desk:
        answer = desk.open()
        assert title(answer) == named
        assert ('name="day" value="2026-03-12"' in answer.text) is (printed == NOW.date())
        form = desk.form(RIVER[0])
        Publishing(desk.web.store).publish(printed, hour=1)
        # A form of the page that was printed meanwhile changes nothing.
        late = desk.send(form | {"do": "drop", "day": printed.isoformat()})
        assert late.headers["location"] == f"{PATH}?message=over"
        assert desk.active == ()
        assert "already published" in message(desk.follow(late))
        answer = desk.open()
        assert title(answer) == then
        assert printed == NOW.date() or "nothing to publish" in message(answer.text).lower()
