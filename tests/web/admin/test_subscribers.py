from __future__ import annotations

import re
from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlalchemy import update

from briefing.core.model import BounceKind, Consent, DeliveryStatus, State, Subscriber
from briefing.store import subscribers
from briefing.store.mail_tables import SUBSCRIBER
from tests.web.admin.rounds import ESCAPED, HOSTILE, keep_edition, settle
from tests.web.admin.sessions import Seated, seated
from tests.web.served import OTHER, READER, Served, link_in, served, title

pytestmark = pytest.mark.allow_hosts(["127.0.0.1"])

TODAY = date(2026, 3, 12)


def page(session: Seated, question: str = "") -> str:
    answer = session.get(f"/admin/subscribers{question}")
    assert answer.status_code == 200
    return answer.text


def addresses(shown: str) -> list[str]:
    return re.findall(
        r'aria-label="Select [^"]*"><span><a href="/admin/subscribers/\d+">([^<]*)<', shown
    )


def crowd(web: Served, number: int) -> None:
    at = web.clock() - timedelta(days=9)
    with web.store.write() as tx:
        for place in range(number):
            new = Subscriber(0, f"{place:03}@courier.example", state=State.ACTIVE, since=at)
            subscribers.add(tx, new, consent=Consent(at, "confirmed", "form"))


def test_before_anybody_subscribed_the_page_says_how_they_come(session: Seated) -> None:
    assert title(session.get("/admin/subscribers")) == "Subscribers"
    shown = page(session)
    assert "No subscribers yet." in shown
    assert "Ask them by mail to confirm" in shown
    assert "<svg" not in shown


def test_who_is_not_signed_in_sees_no_address_and_changes_nothing(session: Seated) -> None:
    web = session.web
    one = web.add()
    for path in ("/admin/subscribers", f"/admin/subscribers/{one.id}"):
        answer = web.get(path)
        assert (answer.status_code, READER in answer.text) == (303, False)
        assert web.post(path, {"do": "pause"}).status_code in {403, 405}
    assert web.post("/admin/subscribers/add", {"mail": OTHER}).status_code == 403
    stolen = web.post(f"/admin/subscribers/{one.id}", {"do": "pause"}, headers=session.cookies)
    assert stolen.status_code == 403
    assert web.find().state is State.ACTIVE


def test_each_row_shows_state_preferences_and_the_last_delivery(session: Seated) -> None:
    web = session.web
    edition = keep_edition(web, TODAY)
    web.add(sections=("economy",))
    settle(web, edition, READER, DeliveryStatus.SENT, ago=100)
    web.add(OTHER, State.PENDING)
    shown = page(session)
    assert addresses(shown) == [READER, OTHER]
    assert "every day at 07:00, Zurich time" in shown
    assert 'data-l="Sections">Economy</td>' in shown
    assert "Accepted today, 06:32" in shown
    assert "nothing yet" in shown
    assert "1 to 2 of 2" in shown


def test_how_many_were_active_is_drawn_on_a_page_of_its_own(session: Seated) -> None:
    assert "Nobody was active." in session.get("/admin/subscribers/active").text
    session.web.add()
    session.web.add(OTHER, State.PENDING)
    shown = session.get("/admin/subscribers/active").text
    assert "<title>1 active subscriber 30 days ago, 1 now.</title>" in shown


def test_they_are_found_by_address_name_and_state(session: Seated) -> None:
    web = session.web
    one = web.add()
    web.add(OTHER, State.PAUSED)
    with web.store.write() as tx:
        named = {"name": "Ama Osei", "folded": subscribers.folded(READER, "Ama Osei")}
        tx.execute(update(SUBSCRIBER).values(named).where(SUBSCRIBER.c.number == one.id))
    assert addresses(page(session, "?q=COURIER")) == [OTHER]
    assert addresses(page(session, "?q=ama+osei")) == [READER]
    assert addresses(page(session, "?state=paused")) == [OTHER]
    assert addresses(page(session, "?state=nonsense")) == [READER, OTHER]
    nothing = page(session, "?q=osei&state=paused")
    assert "Nothing found." in nothing
    assert '<option value="paused" selected>Paused, 1</option>' in nothing
    assert 'value="osei"' in nothing


def test_the_list_has_pages(session: Seated) -> None:
    crowd(session.web, 120)
    first = page(session)
    assert len(addresses(first)) == 50
    assert "1 to 50 of 120" in first
    assert "Previous" not in first
    assert 'href="/admin/subscribers?page=2">Next' in first
    last = page(session, "?page=3")
    assert addresses(last)[0] == "100@courier.example"
    assert "101 to 120 of 120" in last
    assert "Next" not in last
    found = page(session, "?q=courier&page=2")
    assert addresses(found)[0] == "050@courier.example"
    assert 'href="/admin/subscribers?q=courier&amp;page=3">Next' in found
    assert "Nothing found." in page(session, "?page=9")


def test_one_subscriber_is_shown_with_all_that_is_known(session: Seated) -> None:
    web = session.web
    edition = keep_edition(web, TODAY)
    one = web.add(OTHER, at=web.desk.usual.at.replace(hour=6))
    settle(web, edition, OTHER, DeliveryStatus.REFUSED, reason="550 5.1.1 no such user", ago=100)
    web.turn(one, State.BOUNCED, "bounced")
    shown = page(session, f"/{one.id}")
    assert title(session.get(f"/admin/subscribers/{one.id}")) == OTHER
    assert "<b>Suspended since today, 08:12</b>" in shown
    assert 'class="message"' in shown
    assert (
        '<span class="bad">Refused</span><span class="why">550 5.1.1 no such user</span>' in shown
    )
    assert "every day at 06:00, Zurich time" in shown
    assert "Tue 10 February, 08:12" in shown
    assert shown.count('<td role="cell" data-l="by">form</td>') == 2


def test_one_who_has_been_sent_nothing_is_shown(session: Seated) -> None:
    one = session.web.add(state=State.PENDING)
    shown = page(session, f"/{one.id}")
    assert "Not confirmed since" in shown
    assert "Nothing has been sent to this address yet." in shown
    assert "not yet" in shown
    assert 'value="pause"' not in shown


@pytest.mark.parametrize(
    ("before", "do", "after", "what"),
    [
        (State.ACTIVE, "pause", State.PAUSED, "changed"),
        (State.PAUSED, "resume", State.ACTIVE, "changed"),
        (State.BOUNCED, "resume", State.ACTIVE, "returned"),
    ],
)
def test_a_button_turns_a_subscription_and_both_logs_say_who(
    session: Seated, before: State, do: str, after: State, what: str
) -> None:
    web = session.web
    one = web.add()
    web.turn(one, before, "changed")
    path = f"/admin/subscribers/{one.id}"
    assert f'value="{do}"' in session.get(path).text
    answer = session.post(path, {"do": do})
    assert answer.status_code == 303
    assert 'class="message done"' in session.get(answer.headers["location"]).text
    assert web.find().state is after
    told = web.consents(one)[-1]
    assert (told.what, told.how, told.origin) == (what, "command", "ada")
    assert (session.acts()[0].what, session.acts()[0].about) == (
        f"{do} subscriber",
        f"subscriber {one.id}",
    )


@pytest.mark.parametrize("state", [State.UNSUBSCRIBED, State.COMPLAINED, State.PENDING])
def test_who_has_left_is_not_brought_back_by_anybody_else(session: Seated, state: State) -> None:
    web = session.web
    one = web.add()
    web.turn(one, state)
    path = f"/admin/subscribers/{one.id}"
    assert 'value="resume"' not in session.get(path).text
    answer = session.post(path, {"do": "resume"})
    assert "Nothing has changed" in session.get(answer.headers["location"]).text
    assert web.find().state is state
    assert not [act for act in session.acts() if "subscriber" in act.what]


def test_to_remove_somebody_takes_two_steps_and_leaves_no_address(session: Seated) -> None:
    web = session.web
    one = web.add()
    path = f"/admin/subscribers/{one.id}"
    assert "Remove for good" not in session.get(path).text
    assert "Remove for good" in session.post(path, {"do": "remove"}).text
    assert web.known(READER)
    session.confirm(path, {"do": "remove"})
    assert not web.known(READER)
    assert READER not in web.dump()
    assert session.acts()[0].about == f"subscriber {one.id}"
    assert session.get(path).status_code == 404
    assert session.post(path, {"do": "remove"}).status_code == 404
    assert session.post(path, {"do": "pause"}).status_code == 404


def test_a_word_that_is_no_button_does_nothing(session: Seated) -> None:
    one = session.web.add()
    assert session.post(f"/admin/subscribers/{one.id}", {"do": "x"}).status_code == 303
    assert session.web.find().state is State.ACTIVE


@pytest.mark.parametrize("number", ["0", "9" * 18, "9" * 40, "-1", "x", "²"])
def test_what_is_no_number_of_a_subscriber_is_no_page(session: Seated, number: str) -> None:
    assert session.get(f"/admin/subscribers/{number}").status_code == 404


def test_somebody_is_added_by_the_mail_that_asks(session: Seated) -> None:
    web = session.web
    answer = session.post("/admin/subscribers/add", {"mail": OTHER})
    assert answer.status_code == 303
    assert "A confirmation mail was sent." in session.get(answer.headers["location"]).text
    ((to, message),) = web.mails
    assert to == OTHER
    assert link_in(message).startswith("/confirm/")
    one = web.find(OTHER)
    assert (one.state, one.preferences) == (State.PENDING, web.desk.usual)
    (asked,) = web.consents(one)
    assert (asked.what, asked.how, asked.origin) == ("asked", "command", "ada")
    assert (session.acts()[0].what, session.acts()[0].about) == (
        "add subscriber",
        f"subscriber {one.id}",
    )


@pytest.mark.parametrize(
    ("state", "said"),
    [
        (State.ACTIVE, "is already a subscriber"),
        (State.PAUSED, "is already a subscriber"),
        (State.UNSUBSCRIBED, "gets no mail (unsubscribed since "),
        (State.BOUNCED, "gets no mail (bounced since "),
        (State.COMPLAINED, "gets no mail (complained since "),
    ],
)
def test_nobody_is_added_twice_or_against_their_will(
    session: Seated, state: State, said: str
) -> None:
    web = session.web
    web.turn(web.add(), state, "changed")
    answer = session.post("/admin/subscribers/add", {"mail": READER})
    assert answer.status_code == 422
    assert said in answer.text
    assert f'value="{READER}" aria-invalid="true"' in answer.text
    assert not web.mails


def test_one_who_was_asked_just_now_is_not_asked_again(session: Seated) -> None:
    for status in (303, 422):
        assert session.post("/admin/subscribers/add", {"mail": OTHER}).status_code == status
    assert len(session.web.mails) == 1
    session.web.later(hours=2)
    assert session.post("/admin/subscribers/add", {"mail": OTHER}).status_code == 303
    assert len(session.web.mails) == 2


def test_an_address_that_is_none_is_told_beside_its_field(session: Seated) -> None:
    answer = session.post("/admin/subscribers/add", {"mail": "osei@"})
    assert answer.status_code == 422
    assert 'value="osei@" aria-invalid="true" aria-describedby="mail-error"' in answer.text
    assert "One thing to correct" in answer.text


def test_where_nothing_sends_only_those_are_added_who_have_agreed(tmp_path: Path) -> None:
    with served(tmp_path, sender=None) as web:
        session = seated(web)
        assert "Nobody can be asked by mail" in page(session)
        assert session.post("/admin/subscribers/add", {"mail": OTHER}).status_code == 503


def test_hostile_names_addresses_and_reasons_are_words(session: Seated) -> None:
    web = session.web
    edition = keep_edition(web, TODAY)
    address = '"<script>alert(1)</script>"@courier.example'
    one = web.add(address)
    settle(web, edition, address, DeliveryStatus.REFUSED, reason=HOSTILE, bounce=BounceKind.HARD)
    with web.store.write() as tx:
        tx.execute(update(SUBSCRIBER).values(name=HOSTILE))
        consent = Consent(web.clock(), "changed", "form", origin=HOSTILE, words=HOSTILE)
        subscribers.change_state(tx, one.id, State.BOUNCED, consent=consent, reason=HOSTILE)
    shown = page(session, "?q=%22%3E%3Cscript%3E")
    shown += page(session) + page(session, f"/{one.id}")
    shown += session.post("/admin/subscribers/add", {"mail": HOSTILE}).text
    assert "<script" not in shown
    assert shown.count(ESCAPED) >= 8
