from __future__ import annotations

import pytest

from briefing.core.model import State
from briefing.mail.tokens import Purpose
from briefing.store import histories, subscribers
from tests.web.served import ONE_CLICK, READER, Served, title

pytestmark = pytest.mark.allow_hosts(["127.0.0.1"])


def test_the_page_asks_one_question(web: Served) -> None:
    page = web.get(web.path(Purpose.LEAVE, web.add()))
    assert (page.status_code, title(page)) == (200, "Unsubscribe")
    assert f"Stop sending World Desk to <b>{READER}</b>?" in page.text
    assert page.text.count("<button") == 1
    milder = page.text.split('href="/preferences/')[1].split('"')[0]
    assert title(web.get(f"/preferences/{milder}")) == "Preferences"


def test_the_button_ends_the_subscription(web: Served) -> None:
    one = web.add()
    page = web.act(web.path(Purpose.LEAVE, one), "leave")
    assert (page.status_code, title(page)) == (200, "You are unsubscribed")
    assert web.find().state is State.UNSUBSCRIBED
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
    assert "set-cookie" not in answer.headers
    assert web.find().state is State.UNSUBSCRIBED
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


@pytest.mark.parametrize("state", [State.PAUSED, State.PENDING])
def test_one_click_ends_what_is_paused_or_asked_for(web: Served, state: State) -> None:
    one = web.add()
    web.turn(one, state, "changed")
    assert web.post(web.path(Purpose.LEAVE, one), ONE_CLICK).status_code == 200
    assert web.find().state is State.UNSUBSCRIBED


@pytest.mark.parametrize("state", [State.BOUNCED, State.COMPLAINED])
def test_one_click_leaves_a_graver_reason_as_it_is(web: Served, state: State) -> None:
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
    with web.store.write() as tx:
        subscribers.forget(tx, one.id)
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
    gone = web.act(path, "leave").text
    assert READER not in gone
    assert web.find().state is State.UNSUBSCRIBED
    assert 'href="/preferences"' in web.act(path, "undo").text


def test_leaving_can_be_undone_for_a_day(web: Served) -> None:
    one = web.add()
    path = web.path(Purpose.LEAVE, one)
    assert "Undo" in web.act(path, "leave").text
    web.later(hours=23, minutes=59)
    page = web.act(path, "undo")
    assert (page.status_code, title(page)) == (200, "You are subscribed again")
    assert web.find().state is State.ACTIVE
    assert [told.what for told in web.consents(one)] == ["confirmed", "left", "returned"]
    with web.store.read() as tx:
        assert not histories.suppressed(tx, READER)
    before = web.dump()
    assert title(web.act(path, "undo")) == "You are subscribed again"
    assert web.dump() == before
    # the mails from before still end it
    assert web.post(path, ONE_CLICK).status_code == 200
    assert web.find().state is State.UNSUBSCRIBED


def test_after_a_day_it_is_too_late_to_undo(web: Served) -> None:
    path = web.path(Purpose.LEAVE, web.add())
    web.act(path, "leave")
    web.later(hours=24)
    assert "Undo" not in web.get(path).text
    before = web.dump()
    page = web.act(path, "undo")
    assert (page.status_code, title(page)) == (410, "Too late to undo")
    assert web.dump() == before


def test_who_had_paused_is_paused_again(web: Served) -> None:
    one = web.add()
    web.act(web.path(Purpose.PREFERENCES, one), "pause")
    path = web.path(Purpose.LEAVE, one)
    web.act(path, "leave")
    web.act(path, "undo")
    assert web.find().state is State.PAUSED
    with web.store.read() as tx:
        assert not histories.suppressed(tx, READER)


def test_what_is_sent_without_the_token_of_the_page_does_nothing(web: Served) -> None:
    path = web.path(Purpose.LEAVE, web.add())
    before = web.dump()
    for form in ({}, {"do": "leave"}, {"List-Unsubscribe": "one"}, {"token": path[13:]}):
        page = web.post(path, form)
        assert (page.status_code, title(page)) == (422, "Nothing has changed")
    assert web.dump() == before
