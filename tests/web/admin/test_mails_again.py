"""A mail held or refused is sent again from the page of its reader or of the deliveries."""

from __future__ import annotations

import re
from datetime import date, timedelta

import pytest

from briefing.core.errors import InputError
from briefing.core.model import Delivery, DeliveryStatus, MailKind, State, Subscriber
from briefing.store import claims, deliveries
from briefing.store.claims import Settlement
from tests.web.admin.rounds import keep_edition, settle
from tests.web.admin.sessions import Seated
from tests.web.served import OTHER, READER, Served, link_in

pytestmark = pytest.mark.allow_hosts(["127.0.0.1"])

TODAY = date(2026, 3, 12)
BAD = (DeliveryStatus.HELD, DeliveryStatus.REFUSED, DeliveryStatus.EXPIRED)


def refused(
    web: Served,
    to: Subscriber,
    kind: MailKind = MailKind.CONFIRMATION,
    status: DeliveryStatus = DeliveryStatus.REFUSED,
) -> int:
    """Keep a mail that was not delivered two days ago; return its number."""
    at = web.clock() - timedelta(days=2)
    with web.store.write() as tx:
        number = deliveries.put_mail(tx, kind, to.id, at=at, until=at + timedelta(days=1))
        claims.settle_all(tx, [Settlement(number, status, at, "550 no such user")])
    return number


def mail(web: Served, number: int) -> Delivery:
    web.settle()
    with web.store.read() as tx:
        found = deliveries.get(tx, number)
    assert found
    return found


def again(session: Seated, number: int, path: str = "/admin/deliveries/mail") -> str:
    answer = session.post(path, {"mail": str(number)})
    assert answer.status_code == 303
    return session.get(answer.headers["location"]).text


@pytest.mark.parametrize("status", BAD)
@pytest.mark.parametrize("page", ["reader", "deliveries"])
def test_a_confirmation_comes_once_more_with_a_link_that_lives(
    session: Seated, status: DeliveryStatus, page: str
) -> None:
    web = session.web
    one = web.add(OTHER, State.PENDING)
    number = refused(web, one, status=status)
    reader, path = f"/admin/subscribers/{one.id}", "/admin/deliveries/mail"
    assert f'name="mail" value="{number}"' in session.get(reader).text
    assert "Confirmation mail" in session.get("/admin/deliveries").text
    shown = again(session, number, reader if page == "reader" else path)
    assert "with new links" in shown
    ((to, message),) = web.mails
    assert to == OTHER
    assert mail(web, number).status is DeliveryStatus.SENT
    assert mail(web, number).asked == web.clock()
    about = f"confirmation to subscriber {one.id}, which was {status}"
    assert (session.acts()[0].what, session.acts()[0].about) == ("resend mail", about)
    link = link_in(message)
    web.later(hours=30)
    assert web.act(link, "confirm").status_code == 200
    assert web.find(OTHER).state is State.ACTIVE


def test_pressed_twice_it_comes_once(session: Seated) -> None:
    web = session.web
    number = refused(web, web.add(OTHER, State.PENDING))
    again(session, number)
    assert len(web.mails) == 1
    assert "cannot be sent again" in again(session, number)
    assert len(web.mails) == 1


@pytest.mark.parametrize(
    ("kind", "state"),
    [
        (MailKind.CONFIRMATION, State.ACTIVE),
        (MailKind.CONFIRMATION, State.UNSUBSCRIBED),
        (MailKind.CONFIRMATION, State.COMPLAINED),
        (MailKind.REMINDER, State.UNSUBSCRIBED),
        (MailKind.REMINDER, State.BOUNCED),
    ],
)
def test_nobody_gets_what_they_do_not_want_any_more(
    session: Seated, kind: MailKind, state: State
) -> None:
    web = session.web
    one = web.add()
    number = refused(web, one, kind)
    if state is not State.ACTIVE:
        web.turn(one, state)
    assert "cannot be sent again" in again(session, number)
    assert not web.mails
    assert mail(web, number).status is DeliveryStatus.REFUSED
    assert not [act for act in session.acts() if act.what == "resend mail"]


def test_only_the_last_of_its_kind_is_sent_again(session: Seated) -> None:
    web = session.web
    one = web.add(OTHER, State.PENDING)
    first, last = refused(web, one), refused(web, one)
    assert "cannot be sent again" in again(session, first)
    assert "with new links" in again(session, last)
    assert len(web.mails) == 1


def test_the_mail_of_another_reader_or_of_the_operator_is_none(session: Seated) -> None:
    web = session.web
    one, other = web.add(OTHER, State.PENDING), web.add(READER, State.PENDING)
    number, alert = refused(web, one), refused(web, one, MailKind.ALERT)
    path = f"/admin/subscribers/{other.id}"
    assert session.post(path, {"mail": str(number)}).status_code == 404
    for told in (str(alert), "0", "x", "", "9" * 40):
        assert session.post("/admin/deliveries/mail", {"mail": told}).status_code == 404
    assert not web.mails


def test_what_is_refused_again_is_told_with_its_reason(session: Seated) -> None:
    web = session.web
    number = refused(web, web.add(OTHER, State.PENDING))
    web.post_box.failures.append(InputError("5.7.1 not today"))
    again(session, number)
    assert not web.mails
    assert mail(web, number).status is DeliveryStatus.REFUSED
    assert "5.7.1 not today" in session.get("/admin/deliveries").text


@pytest.mark.parametrize("status", BAD)
def test_an_edition_is_queued_again_from_the_page_of_its_reader(
    session: Seated, status: DeliveryStatus
) -> None:
    web = session.web
    edition = keep_edition(web, TODAY)
    settle(web, edition, READER, status, reason="550 no such user", ago=100)
    one = web.find()
    path = f"/admin/subscribers/{one.id}"
    (asked,) = re.findall(r'name="edition" value="([^"]*)"', session.get(path).text)
    assert asked == edition
    answer = session.post(path, {"edition": asked})
    assert "with new links" in session.get(answer.headers["location"]).text
    with web.store.read() as tx:
        delivery = deliveries.to(tx, edition, one.id)
    assert delivery
    assert (delivery.status, delivery.reason) == (DeliveryStatus.DUE, "")
    assert session.acts()[0].about == f"{edition} to subscriber {one.id}"
    twice = session.post(path, {"edition": asked})
    assert "cannot be sent again" in session.get(twice.headers["location"]).text
    none = session.post(path, {"edition": "nothing/2026-03-12"})
    assert "cannot be sent again" in session.get(none.headers["location"]).text
