from __future__ import annotations

from datetime import timedelta

import pytest

from briefing.core.model import State
from briefing.mail.tokens import Purpose
from tests.web.served import FORM, READER, Served, link_in, title

pytestmark = pytest.mark.allow_hosts(["127.0.0.1"])


def asked(web: Served) -> str:
    """Return the link of somebody who has just asked."""
    web.post("/subscribe", FORM)
    return link_in(web.mails[-1][1])


def test_the_page_asks_with_a_button_and_says_why(web: Served) -> None:
    page = web.get(asked(web))
    assert (page.status_code, title(page)) == (200, "One step left")
    assert f"<b>{READER}</b> wants World Desk every day at 07:00, Zurich time." in page.text
    assert "Why a button" in page.text
    assert web.find().state is State.PENDING


def test_the_button_begins_the_subscription(web: Served) -> None:
    path = asked(web)
    page = web.act(path, "confirm")
    assert (page.status_code, title(page)) == (200, "You are subscribed")
    assert "due on Friday 13 March 2026 at 07:00, Zurich time" in page.text
    assert web.find().state is State.ACTIVE
    told = web.consents(web.find())[-1]
    assert (told.what, told.how, told.origin) == ("confirmed", "form", "127.0.0.0/24")
    assert "wants World Desk every day at 07:00" in told.words


def test_the_page_after_it_leads_to_the_preferences(web: Served) -> None:
    page = web.act(asked(web), "confirm").text
    path = page.split('href="/preferences/')[1].split('"')[0]
    assert title(web.get(f"/preferences/{path}")) == "Preferences"


def test_a_second_press_changes_nothing_and_says_since_when(web: Served) -> None:
    path = asked(web)
    web.act(path, "confirm")
    before = web.dump()
    web.later(hours=3)
    for page in (web.act(path, "confirm"), web.get(path)):
        assert (page.status_code, title(page)) == (200, "Already confirmed")
        assert "since Thursday 12 March 2026, 09:12, Zurich time" in page.text
    assert web.dump() == before


def test_a_used_link_that_has_expired_opens_nothing(web: Served) -> None:
    path = asked(web)
    web.act(path, "confirm")
    web.later(days=8)
    page = web.get(path)
    assert title(page) == "Already confirmed"
    assert "/preferences/" not in page.text


def test_what_is_sent_without_the_token_of_the_page_does_nothing(web: Served) -> None:
    path = asked(web)
    before = web.dump()
    for form in ({}, {"do": "confirm"}, {"do": "confirm", "token": "x"}, {"token": path[9:]}):
        page = web.post(path, form)
        assert (page.status_code, title(page)) == (422, "Nothing has changed")
    assert web.dump() == before


def test_an_expired_link_says_until_when_it_was_good_and_sends_a_new_one(web: Served) -> None:
    path = asked(web)
    web.later(days=7, seconds=1)
    for page in (web.get(path), web.act(path, "confirm")):
        assert (page.status_code, title(page)) == (410, "This link has expired")
        assert "for 7 days, until Thursday 19 March 2026, 09:12, Zurich time" in page.text
    assert web.find().state is State.PENDING
    again = web.act(path, "renew")
    assert (again.status_code, title(again)) == (200, "Check your mail")
    assert READER not in again.text
    new = link_in(web.mails[-1][1])
    assert len(web.mails) == 2
    assert web.get(new).status_code == 200


def test_a_new_link_is_limited_like_all_mails(web: Served) -> None:
    path = asked(web)
    web.later(days=8)
    for _ in range(10):
        assert web.act(path, "renew").status_code == 200
    assert web.act(path, "renew").status_code == 429
    assert len(web.mails) == 2


def test_who_has_left_confirms_anew_and_older_links_end(web: Served) -> None:
    first = asked(web)
    web.act(first, "confirm")
    leave = web.path(Purpose.LEAVE, web.find())
    web.later(hours=2)
    web.act(leave, "leave")
    assert title(web.act(first, "confirm")) == "This link is no longer valid"
    web.later(hours=2)
    second = asked(web)
    assert web.find().state is State.UNSUBSCRIBED
    assert title(web.act(second, "confirm")) == "You are subscribed"
    assert web.find().state is State.ACTIVE
    assert web.get(leave).status_code == 410
    assert web.act(leave, "leave").status_code == 410
    assert web.find().state is State.ACTIVE


def test_a_link_asked_for_before_its_owner_left_is_over(web: Served) -> None:
    path = asked(web)
    web.later(hours=1)
    web.turn(web.find(), State.UNSUBSCRIBED)
    before = web.dump()
    page = web.act(path, "confirm")
    assert (page.status_code, title(page)) == (410, "This link is no longer valid")
    assert web.dump() == before


def test_an_expired_link_of_who_has_left_asks_them_anew(web: Served) -> None:
    one = web.add()
    web.turn(one, State.UNSUBSCRIBED)
    web.later(days=1)
    path = web.path(Purpose.CONFIRM, one)
    web.later(days=8)
    assert title(web.get(path)) == "This link has expired"
    web.act(path, "renew")
    ((_, message),) = web.mails
    assert link_in(message).startswith("/confirm/")


def test_links_of_a_forgotten_subscriber_have_ended(web: Served) -> None:
    one = web.add()
    other = web.path(Purpose.CONFIRM, one, subscriber=one.id + 7)
    assert web.get(other).status_code == 410
    assert web.act(other, "confirm").status_code == 410
    assert web.clock() - timedelta(days=30) == one.since
