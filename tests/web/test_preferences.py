import re
from collections import Counter
from dataclasses import replace
from datetime import time, timedelta
from pathlib import Path

import pytest

from briefing.core import model
from briefing.core.schedule import Timetable
from briefing.mail.tokens import Purpose
from briefing.store import reader_list, subscribers
from tests.examples import examples
from tests.store.ready import act, look
from tests.web.served import FORM, ONE_CLICK, OTHER, READER, Served, link_in, served, title

CHOICE = {
    "sections": ["diplomacy", "economy"],
    "days": ["4", "0"],
    "at": "05:30",
    "zone": "Africa/Accra",
    "form": "link",
}


def test_the_page_shows_what_is_chosen(web: Served) -> None:
    one = web.add(sections=("security",), days=(0, 4), at=time(6, 10), zone="Asia/Tokyo")
    path = web.path(Purpose.PREFERENCES, one)
    page = web.get(path)
    assert (page.status_code, title(page)) == (200, "Preferences")
    assert not re.search('Watch-lists|name="lists"', page.text)
    assert f"For {READER}, subscribed since Tuesday 10 February 2026" in page.text
    checked = re.findall(r'name="(sections|days|form)" value="[^"]*" checked>', page.text)
    assert Counter(checked) == {"sections": 1, "days": 2, "form": 1}
    assert "<option selected>06:10</option>" in page.text
    assert '<option value="Asia/Tokyo" selected>Tokyo (UTC+9)</option>' in page.text
    assert '<option lang="en" value="en" selected>English</option>' in page.text
    # A zone that is not offered can be kept.
    assert web.act(path, "save", **{**CHOICE, "zone": "Asia/Tokyo"}).status_code == 303
    assert web.find().preferences.zone == "Asia/Tokyo"


def test_what_is_saved_holds_and_the_answer_can_be_loaded_again(web: Served) -> None:
    one = web.add()
    path = web.path(Purpose.PREFERENCES, one)
    answer = web.act(path, "save", **CHOICE)
    assert answer.status_code == 303
    assert answer.headers["location"] == f"{path}?saved=1"
    page = web.get(answer.headers["location"])
    assert 'role="status"' in page.text
    assert "due on Friday 13 March 2026 at 05:30, Accra time" in page.text
    preferences = model.Preferences(
        ("economy", "diplomacy"), (), model.Form.LINK, (0, 4), time(5, 30), "Africa/Accra"
    )
    assert web.find().preferences == preferences
    told = web.consents(one)[-1]
    assert (told.what, told.how) == ("changed", "form")
    assert told.words == "economy, diplomacy; days 15 at 05:30 Africa/Accra; link; en"


def test_a_wrong_choice_changes_nothing_and_stays_to_be_corrected(web: Served) -> None:
    path = web.path(Purpose.PREFERENCES, web.add())
    before = web.dump()
    page = web.act(path, "save", **{**CHOICE, "days": [], "zone": "Mars/Base"})
    assert page.status_code == 422
    assert "2 fields to correct" in page.text
    assert "<option selected>05:30</option>" in page.text
    assert web.dump() == before


def test_mail_can_be_paused_and_resumed(web: Served) -> None:
    one = web.add()
    path = web.path(Purpose.PREFERENCES, one)
    assert web.act(path, "pause").status_code == 303
    assert web.find().state is model.State.PAUSED
    assert "Nothing has been sent since Thursday 12 March 2026" in web.get(path).text
    before = web.dump()
    web.act(path, "pause")
    assert web.dump() == before
    assert web.act(path, "resume").status_code == 303
    assert web.find().state is model.State.ACTIVE
    assert [told.words for told in web.consents(one)[1:]] == ["paused", "resumed"]


def test_what_is_sent_without_the_token_of_the_page_does_nothing(web: Served) -> None:
    one, waiting = web.add(), web.add("w@courier.example", model.State.PENDING)
    preferences, leave = (web.path(each, one) for each in (Purpose.PREFERENCES, Purpose.LEAVE))
    confirm = web.path(Purpose.CONFIRM, waiting)
    before = web.dump()
    for path, forms in (
        (
            preferences,
            ({}, {"do": "pause"}, {**CHOICE, "do": "save"}, {"token": preferences[13:], "do": "x"}),
        ),
        (leave, ({}, {"do": "leave"}, {"List-Unsubscribe": "one"}, {"token": leave[13:]})),
        (confirm, ({}, {"do": "confirm"}, {"do": "confirm", "token": "x"}, {"token": confirm[9:]})),
    ):
        for form in forms:
            page = web.post(path, form)
            assert (page.status_code, title(page)) == (422, "Nothing has changed")
    assert web.dump() == before


def test_an_expired_link_shows_nothing_and_sends_a_new_one(web: Served) -> None:
    path = web.path(Purpose.PREFERENCES, web.add())
    web.later(days=31)
    page = web.get(path)
    assert (page.status_code, title(page)) == (410, "This link has expired")
    assert READER not in page.text
    before = web.find()
    assert web.act(path, "save", **CHOICE).status_code == 410
    assert web.find() == before
    assert title(web.act(path, "renew")) == "Check your mail"
    ((to, message),) = web.mails
    assert to == READER
    assert web.get(link_in(message)).status_code == 200


@pytest.mark.parametrize(
    "state", [model.State.UNSUBSCRIBED, model.State.BOUNCED, model.State.COMPLAINED]
)
def test_a_link_ends_with_the_subscription(web: Served, state: model.State) -> None:
    one = web.add()
    path = web.path(Purpose.PREFERENCES, one)
    web.turn(one, state)
    before = web.dump()
    for page in (web.get(path), web.act(path, "save", **CHOICE), web.act(path, "pause")):
        assert (page.status_code, title(page)) == (410, "This link is no longer valid")
        assert READER not in page.text
    assert web.dump() == before


LISTS = (
    model.WatchList("secret", (model.WatchEntry("Ulm"),), "Secret matter"),
    model.WatchList("africa", (model.WatchEntry("Nambuda"),), "Southern <Africa>", offer=True),
    model.WatchList("banks", (model.WatchEntry("bank"),), offer=True),
)


def test_lists_that_are_offered_can_be_chosen_beside_sections_or_alone(tmp_path: Path) -> None:
    with served(tmp_path, watch=LISTS) as web:
        one = web.add()
        path = web.path(Purpose.PREFERENCES, one)
        page = web.get(path).text
        assert "Southern &lt;Africa&gt;" in page
        assert "ecret" not in page
        assert "If no section is selected, only these stories appear." in page
        assert web.act(path, "save", **CHOICE, lists=["banks", "africa"]).status_code == 303
        assert web.find().preferences.lists == ("africa", "banks")
        alone = {**CHOICE, "sections": [], "lists": ["banks"]}
        assert web.act(path, "save", **alone).status_code == 303
        assert web.find().preferences.page == model.PageChoice(model.NO_SECTIONS, ("banks",))
        page = web.get(path).text
        assert page.count('name="sections"') == 3
        assert not re.search(r'name="sections" value="\w+" checked', page)
        assert 'name="lists" value="banks" checked' in page
        assert web.consents(one)[-1].words.startswith("watch-list banks; days 15")


@examples("wrong, said")
def test_a_list_that_is_not_offered(tmp_path: Path, wrong: dict[str, list[str]], said: str) -> None:
    with served(tmp_path, watch=LISTS) as web:
        path = web.path(Purpose.PREFERENCES, web.add())
        before = web.dump()
        page = web.act(path, "save", **{**CHOICE, **wrong})
        assert (page.status_code, web.dump()) == (422, before)
        assert said in page.text


def test_own_words_are_saved_and_seen_by_their_reader_alone(web: Served) -> None:
    one = web.add()
    path = web.path(Purpose.PREFERENCES, one)
    assert "Other readers do not see these words." in web.get(path).text
    own = {**CHOICE, "sections": [], "own_words": ["Zqoslo\r\nKim <Jong-un>"]}
    assert web.act(path, "save", **own).status_code == 303
    assert web.find().preferences.own_words == ("Zqoslo", "Kim <Jong-un>")
    assert web.find().preferences.page.sections == model.NO_SECTIONS
    assert ">Zqoslo\nKim &lt;Jong-un&gt;</textarea>" in web.get(path).text
    assert web.consents(one)[-1].words.startswith("2 own words; days 15")
    before = web.dump()
    page = web.act(path, "save", **{**own, "own_words": ["Zqoslo\n" + "x" * 61]})
    assert (page.status_code, web.dump()) == (422, before)
    assert "Your own words cannot be saved as entered." in page.text
    assert 'aria-describedby="own_words-hint own_words-error"' in page.text
    assert web.act(path, "save", **{**CHOICE, "own_words": [""]}).status_code == 303
    assert web.find().preferences.own_words == ()
    assert "Ihre eigenen Wörter" in web.get("/de/subscribe").text
    web.post("/subscribe", {**FORM, "mail": OTHER, "own_words": ["Oslo, Lima"]})
    assert web.mails
    assert web.find(OTHER).preferences.own_words == ("Oslo", "Lima")


def test_a_mute_is_shown_with_its_day_ended_by_clearing_its_line_and_over_by_itself(
    web: Served,
) -> None:
    one = web.add()
    path = web.path(Purpose.PREFERENCES, one)
    tomorrow = f"{web.clock().date() + timedelta(days=1)}"
    muted = {"muted": ["Zqoslo", "saga s7", ""], "muted_until": [tomorrow, tomorrow, ""]}
    assert web.act(path, "save", **CHOICE, **muted).status_code == 303
    kept = (f"Zqoslo until {tomorrow}", f"saga s7 until {tomorrow}")
    assert web.find().preferences.muted == kept
    text = web.get(path).text
    assert 'value="Zqoslo"></label></div>' in text
    assert "<option selected>saga s7</option>" in text
    assert text.count(f'name="muted_until" value="{tomorrow}"') == 2
    assert "2 mutes" in web.consents(one)[-1].words
    assert "Zqoslo" not in web.consents(one)[-1].words
    # A form that does not ask for it, and one that is wrong, change nothing of it.
    assert web.act(path, "save", **CHOICE).status_code == 303
    before = web.dump()
    today = f"{web.clock().date()}"
    for word, until in (("Lima", today), ("Lima", ""), ("Lima", "soon"), ("--", tomorrow)):
        page = web.act(path, "save", **CHOICE, muted=[word], muted_until=[until])
        assert (page.status_code, web.dump()) == (422, before)
        assert "Your mutes cannot be saved as entered." in page.text
        assert f'value="{word}"' in page.text
    many = [f"word {number}" for number in range(11)]
    page = web.act(path, "save", **CHOICE, muted=many, muted_until=[tomorrow] * 11)
    assert page.status_code == 422
    wish = {"muted": ["", "saga s7"], "muted_until": [tomorrow, tomorrow]}
    assert web.act(path, "save", **CHOICE, **wish).status_code == 303
    assert web.find().preferences.muted == kept[1:]
    web.later(days=1)
    assert "saga s7" not in web.get(path).text
    # A form that does not ask for it can be sent, and one that does forgets what has ended.
    assert web.act(path, "save", **CHOICE).status_code == 303
    assert web.find().preferences.muted == kept[1:]
    nothing = {"muted": [""], "muted_until": [""]}
    assert web.act(path, "save", **CHOICE, **nothing).status_code == 303
    assert web.find().preferences.muted == ()


def test_the_weekday_of_the_week_in_review_is_said_where_days_are_chosen(tmp_path: Path) -> None:
    daily = Timetable(time(6, 30), "UTC")
    week = Timetable(time(17), "UTC", days=(4,), step=model.Step.WEEK)
    for name, table in (("without", daily), ("with", replace(daily, week=week))):
        (tmp_path / name).mkdir()
        with served(tmp_path / name, timetable=table) as web:
            page = web.get(web.path(Purpose.PREFERENCES, web.add()))
        said = "is a separate mail on Fridays, for readers who chose Friday." in page.text
        assert said is (name == "with")


def test_the_page_asks_one_question_and_its_button_ends_the_subscription(web: Served) -> None:
    one = web.add()
    path = web.path(Purpose.LEAVE, one)
    page = web.get(path)
    assert (page.status_code, title(page)) == (200, "Unsubscribe")
    assert f"Stop sending World Desk to <b>{READER}</b>?" in page.text
    assert page.text.count("<button") == 1
    milder = page.text.split('href="/preferences/')[1].split('"')[0]
    assert title(web.get(f"/preferences/{milder}")) == "Preferences"
    page = web.act(path, "leave")
    assert (page.status_code, title(page)) == (200, "You are unsubscribed")
    assert web.find().state is model.State.UNSUBSCRIBED
    told = web.consents(one)[-1]
    assert (told.what, told.how, told.origin) == ("left", "form", "127.0.0.0/24")


@pytest.mark.parametrize("coding", ["urlencoded", "multipart"])
def test_one_click_needs_no_cookie_and_no_page(web: Served, coding: str) -> None:
    one = web.add()
    path = web.path(Purpose.LEAVE, one)
    # as a mail provider: from elsewhere, in either coding of RFC 8058
    headers = {"Origin": "https://mail.example", "Sec-Fetch-Site": "cross-site"}
    if coding == "urlencoded":
        answer = web.post(path, ONE_CLICK, headers=headers)
    else:
        parts = {name: (None, value) for name, value in ONE_CLICK.items()}
        answer = web.client.post(path, files=parts, headers=headers)
    assert answer.status_code == 200
    assert not {"set-cookie", "location"} & answer.headers.keys()
    assert web.find().state is model.State.UNSUBSCRIBED
    assert web.consents(one)[-1].how == "one-click"


def test_one_click_again_changes_nothing(web: Served) -> None:
    path = web.path(Purpose.LEAVE, web.add())
    web.post(path, ONE_CLICK)
    before = web.dump()
    web.later(days=400)
    assert web.post(path, ONE_CLICK).status_code == 200
    assert web.act(path, "leave").status_code == 200
    assert web.get(path).status_code == 200
    assert web.dump() == before


@pytest.mark.parametrize("state", [model.State.BOUNCED, model.State.COMPLAINED])
def test_one_click_leaves_a_graver_reason_as_it_is(web: Served, state: model.State) -> None:
    one = web.add()
    web.turn(one, state, state.value)
    before = web.dump()
    page = web.post(web.path(Purpose.LEAVE, one), ONE_CLICK)
    assert (page.status_code, title(page)) == (200, "You are unsubscribed")
    assert "Undo" not in page.text
    assert web.dump() == before


def test_who_was_forgotten_has_left(web: Served) -> None:
    one = web.add()
    path = web.path(Purpose.LEAVE, one)
    act(web.store, subscribers.forget, one.id)
    page = web.post(path, ONE_CLICK)
    assert (page.status_code, title(page)) == (200, "You are unsubscribed")
    assert READER not in page.text
    assert web.act(path, "undo").status_code == 410


def test_an_old_mail_still_ends_its_subscription_but_opens_nothing_else(web: Served) -> None:
    path = web.path(Purpose.LEAVE, web.add())
    web.later(days=400)
    page = web.get(path).text
    assert READER not in page
    assert 'href="/preferences"' in page
    assert "/preferences/" not in page
    assert READER not in web.act(path, "leave").text
    assert web.find().state is model.State.UNSUBSCRIBED
    assert 'href="/preferences"' in web.act(path, "undo").text


def test_leaving_can_be_undone_for_a_day(web: Served) -> None:
    one = web.add()
    path = web.path(Purpose.LEAVE, one)
    assert "Undo" in web.act(path, "leave").text
    web.later(hours=23, minutes=59)
    page = web.act(path, "undo")
    assert (page.status_code, title(page)) == (200, "You are subscribed again")
    assert web.find().state is model.State.ACTIVE
    assert [told.what for told in web.consents(one)] == ["confirmed", "left", "returned"]
    assert not look(web.store, reader_list.suppressed, READER)
    before = web.dump()
    assert title(web.act(path, "undo")) == "You are subscribed again"
    assert web.dump() == before
    # the mails from before still end it
    assert web.post(path, ONE_CLICK).status_code == 200
    assert web.find().state is model.State.UNSUBSCRIBED
    web.later(hours=24)
    assert "Undo" not in web.get(path).text
    before = web.dump()
    page = web.act(path, "undo")
    assert (page.status_code, title(page)) == (410, "Too late to undo")
    assert web.dump() == before
