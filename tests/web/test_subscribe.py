"""The subscribe page, the page that confirms an address, and links that are sent again."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest

from briefing.app.readers import SignUp
from briefing.app.readers.administration import add_pending
from briefing.app.readers.letters import PATHS
from briefing.core.errors import InputError, StoreError
from briefing.core.model import Form, Operator, Role, State, Subscriber
from briefing.mail.tokens import Purpose
from briefing.store import operators, subscribers
from briefing.store.audit import Actor
from briefing.web.subscribe import agreement
from tests.examples import examples
from tests.mail.relays import text_of
from tests.store.ready import look
from tests.web.admin.sessions import acts, seated
from tests.web.served import FORM, OTHER, READER, Served, link_in, served, title
from tests.web.test_briefings import ASIA, HARBOR, OSTRA, boxes, house


def ids_and_labels(page: str) -> tuple[set[str], set[str]]:
    return set(re.findall(r' id="([^"]+)"', page)), set(re.findall(r' for="([^"]+)"', page))


def test_the_form_shows_what_there_is_to_choose(web: Served) -> None:
    answer = web.get("/subscribe")
    assert answer.status_code == 200
    assert title(answer) == "Subscribe"
    assert answer.text.count('name="sections" value=') == 3
    assert '<option value="Europe/Zurich" selected>Zurich (UTC+1)</option>' in answer.text
    assert agreement("World Desk") in answer.text
    ids, labels = ids_and_labels(answer.text)
    assert labels <= ids
    assert not re.search("placeholder|disabled|last.png", answer.text)
    assert re.search('name="mail"(?s:.*)>Subscribe</button>(?s:.*)<details(?s:.*)"at"', answer.text)


def test_who_asks_gets_a_mail_with_the_link_that_confirms_and_it_is_logged(web: Served) -> None:
    answer = web.post("/subscribe", {**FORM, "sections": ["security"], "form": "text"})
    assert (answer.status_code, title(answer)) == (200, "Check your mail")
    assert f"<b>{READER}</b>" in answer.text
    ((to, message),) = web.mails
    assert to == READER
    assert link_in(message).startswith("/confirm/")
    one = web.find()
    assert (one.state, one.preferences.form) == (State.PENDING, Form.TEXT)
    (asked,) = web.consents(one)
    assert (asked.at, asked.what, asked.how) == (web.clock(), "asked", "form")
    assert asked.origin == "127.0.0.0/24"
    assert asked.words in web.get("/subscribe").text
    # What the button "send it again" sends.
    fields: dict[str, list[str]] = {}
    for name, value in re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', answer.text):
        fields.setdefault(name, []).append(value)
    web.later(hours=2)
    assert web.post("/subscribe", fields).text == answer.text
    assert len(web.mails) == 2
    assert web.find().preferences.sections == ("security",)


def test_what_is_wrong_is_told_at_the_top_and_beside_its_field(web: Served) -> None:
    answer = web.post("/subscribe", {**FORM, "mail": "a.osei@", "sections": ["economy"]})
    assert answer.status_code == 422
    assert 'role="alert"' in answer.text
    assert "1 field to correct" in answer.text
    assert '<a href="#mail">The mail address lacks the part after @.</a>' in answer.text
    assert 'value="a.osei@" aria-invalid="true" aria-describedby="mail-error"' in answer.text
    assert '<p class="error" id="mail-error">Write it like' in answer.text
    checked = re.findall(r'name="(sections|form)" value="([^"]*)" checked>', answer.text)
    assert checked == [("sections", "economy"), ("form", FORM["form"])]
    ids, labels = ids_and_labels(answer.text)
    assert labels <= ids
    assert not web.mails


@pytest.mark.parametrize("path", ["/subscribe", "/preferences"])
def test_the_answer_is_the_same_whoever_the_address_belongs_to(web: Served, path: str) -> None:
    """Known, unknown, left, bounced, complained, asked already, and forgotten after leaving."""
    form = {**FORM, "mail": OTHER}
    unknown = web.post(path, form)
    web.settle()
    answers = []
    for number, state in enumerate([*State, *State]):
        one = web.add(f"{number}@courier.example")
        web.turn(one, state, "changed")
        answers.append(web.post(path, {**form, "mail": one.address}))
        answers.append(web.post(path, {**form, "mail": one.address}))
        web.later(hours=1)
    for answer in answers:
        same = re.sub(r"\d+@courier", "b.sund@courier", answer.text)
        assert (answer.status_code, same) == (unknown.status_code, unknown.text)
        assert answer.headers.keys() == unknown.headers.keys()


def test_an_active_subscriber_gets_their_link_and_nothing_changes(web: Served) -> None:
    one = web.add()
    before = web.find()
    web.post("/subscribe", {**FORM, "sections": ["economy"]})
    ((to, message),) = web.mails
    assert to == READER
    assert web.get(link_in(message)).text.count(READER) == 1
    assert link_in(message).startswith("/preferences/")
    assert web.find() == before
    assert len(web.consents(one)) == 1


def test_one_network_asks_ten_times_an_hour(web: Served) -> None:
    renewed = web.path(Purpose.CONFIRM, web.add(OTHER, State.PENDING), at=web.clock(), epoch=0)
    web.later(days=8)
    for number in range(10):
        form = {**FORM, "mail": f"{number}@courier.example"}
        assert web.post("/subscribe", form).status_code == 200
    refused = web.post("/subscribe", FORM)
    assert (refused.status_code, title(refused)) == (429, "Too many requests")
    assert refused.headers["retry-after"] == "3600"
    for answer in (web.post("/preferences", FORM), web.act(renewed, "renew")):
        assert answer.status_code == 429
    assert len(web.mails) == 10
    assert not web.known(READER)
    web.later(hours=1, seconds=1)
    assert web.post("/subscribe", FORM).status_code == 200


def test_who_lost_the_link_has_it_sent(web: Served) -> None:
    web.add()
    assert title(web.get("/preferences")) == "Preferences"
    wrong = web.post("/preferences", {"mail": "osei"})
    assert wrong.status_code == 422
    assert 'value="osei" aria-invalid="true"' in wrong.text
    assert not web.mails
    assert f"If <b>{READER}</b> is subscribed" in web.post("/preferences", {"mail": READER}).text
    ((_, message),) = web.mails
    assert link_in(message).startswith("/preferences/")


@pytest.mark.parametrize("lacks", [{"sender": None}, {"web": "http://127.0.0.1:8000"}], ids=str)
def test_nobody_subscribes_where_nothing_sends(lacks: dict[str, Any], tmp_path: Path) -> None:
    with served(tmp_path, **lacks) as web:
        one = web.add()
        for answer in (
            web.get("/subscribe"),
            web.post("/subscribe", FORM),
            web.get("/preferences"),
            web.act(web.path(Purpose.PREFERENCES, one, at=web.clock().replace(year=2025)), "renew"),
        ):
            assert (answer.status_code, title(answer)) == (503, "Subscriptions are not open")
        assert web.get(web.path(Purpose.LEAVE, one)).status_code == 200


def test_a_mail_not_taken_is_tried_again(web: Served, caplog: pytest.LogCaptureFixture) -> None:
    web.post_box.failures = [ConnectionError(f"<{READER}> greylisted")] * 2
    web.post("/subscribe", FORM)
    for minutes in (2, 3):
        assert not web.mails
        web.later(minutes=minutes)
        web.desk.wake()
    assert [to for to, _ in web.mails] == [READER]
    assert "450 <…> greylisted" in caplog.text
    assert READER not in caplog.text


@pytest.mark.parametrize(
    ("failure", "said"),
    [
        (InputError(f"{READER} unknown"), "was not sent: 550 … unknown"),
        (StoreError("disk full"), "the outbox is blocked: disk full"),
    ],
)
def test_a_mail_that_cannot_be_sent_is_told_to_the_log_and_not_to_who_asked(
    web: Served, caplog: pytest.LogCaptureFixture, failure: Exception, said: str
) -> None:
    web.post_box.failures = [failure]
    assert web.post("/subscribe", FORM).status_code == 200
    assert not web.mails
    assert said in caplog.text
    assert READER not in caplog.text


def test_who_leaves_before_a_mail_is_sent_gets_none(web: Served) -> None:
    one = web.add(state=State.UNSUBSCRIBED)
    web.post_box.failures = [ConnectionError("relay down")]
    web.post("/subscribe", FORM)
    web.later(minutes=2)
    web.turn(one, State.PENDING, "asked")
    web.turn(one, State.UNSUBSCRIBED)
    web.desk.wake()
    assert not web.mails


def asked(web: Served) -> str:
    """Return the link of somebody who has just asked."""
    web.post("/subscribe", FORM)
    return link_in(web.mails[-1][1])


def test_the_page_asks_with_a_button_that_begins_the_subscription_once(web: Served) -> None:
    path = asked(web)
    page = web.get(path)
    assert (page.status_code, title(page)) == (200, "One step left")
    assert f"<b>{READER}</b> wants World Desk every day at 07:00, Zurich time." in page.text
    assert "Why a button" in page.text
    assert web.find().state is State.PENDING
    page = web.act(path, "confirm")
    assert (page.status_code, title(page)) == (200, "You are subscribed")
    assert "due on Friday 13 March 2026 at 07:00, Zurich time" in page.text
    assert web.find().state is State.ACTIVE
    told = web.consents(web.find())[-1]
    assert (told.what, told.how, told.origin) == ("confirmed", "form", "127.0.0.0/24")
    assert "wants World Desk every day at 07:00" in told.words
    before = web.dump()
    web.later(hours=3)
    for page in (web.act(path, "confirm"), web.get(path)):
        assert (page.status_code, title(page)) == (200, "Already confirmed")
        assert "since Thursday 12 March 2026, 09:12, Zurich time" in page.text
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
    forgotten = web.path(Purpose.CONFIRM, web.find(), subscriber=web.find().id + 7)
    for path, do in ((leave, "leave"), (forgotten, "confirm")):
        assert web.get(path).status_code == web.act(path, do).status_code == 410
    assert web.find().state is State.ACTIVE


MAIL = "ines@desk.example"
APPROVAL, CLOSED = SignUp("approval"), SignUp("closed")
DOMAIN = SignUp("domain", ("ministry.example", "*.gov.example"))


def with_operators(web: Served) -> None:
    """Add one who may act, one who may not, and one without an address."""
    with web.store.write() as tx:
        for name, role, mail in (
            ("ines", Role.ADMINISTRATOR, MAIL),
            ("odd", Role.EDITOR, "odd@desk.example"),
            ("mute", Role.ADMINISTRATOR, ""),
        ):
            operators.keep(tx, Operator(name, "hash", web.clock(), role=role, mail=mail))


def asks(web: Served, address: str = READER) -> httpx2.Response:
    """Sign up and confirm; return the answer to the button."""
    web.post("/subscribe", {**FORM, "mail": address})
    path = link_in(web.mails[-1][1])
    return web.act(path, "confirm")


@examples("domain, takes")
def test_domains_are_whole_and_those_below_only_if_said(domain: str, takes: str) -> None:
    assert DOMAIN.takes(f"a@{domain}") is DOMAIN.lets_in(f"a@{domain}") is bool(takes)


def test_the_form_takes_addresses_of_the_domains_alone_known_or_not(tmp_path: Path) -> None:
    with served(tmp_path, sign_up=DOMAIN) as web:
        assert "Only addresses of ministry.example, *.gov.example" in web.get("/subscribe").text
        web.add("known@courier.example")
        told = set()
        for address in ("known@courier.example", "other@courier.example"):
            answer = web.post("/subscribe", {**FORM, "mail": address})
            told.add((answer.status_code, answer.text.replace(address, "")))
        ((status, text),) = told
        assert status == 422
        assert "Enter another address" in text
        assert not web.mails
        assert title(asks(web)) == "You are subscribed"
        # The others get their link as ever.
        web.post("/preferences", {"mail": "known@courier.example"})
        assert web.mails[-1][0] == "known@courier.example"


def test_nobody_signs_up_where_it_is_closed_but_who_is_invited(tmp_path: Path) -> None:
    with served(tmp_path, sign_up=CLOSED) as web:
        told = set()
        web.add()
        for answer in (
            web.get("/subscribe"),
            *(web.post("/subscribe", {**FORM, "mail": mail}) for mail in (READER, MAIL)),
        ):
            told.add(answer.text)
            assert answer.status_code == (200 if answer.request.method == "GET" else 403)
        assert len(told) == 1
        assert "Sign-up is closed" in told.pop()
        assert not web.mails
        new = Subscriber(0, "new@courier.example")
        with web.store.write() as tx:
            one = add_pending(tx, new, actor=Actor("command", web.clock()))
        answer = web.act(web.path(Purpose.CONFIRM, one), "confirm")
        assert title(answer) == "You are subscribed"
        # Who asked before it was closed waits.
        one = web.add(OTHER, State.PENDING)
        answer = web.act(web.path(Purpose.CONFIRM, one), "confirm")
        assert (title(answer), web.find(OTHER).state) == ("Your request is waiting", State.PENDING)


@pytest.fixture
def approved(tmp_path: Path) -> Iterator[Served]:
    """Serve a desk whose readers are let in by its operators."""
    with served(tmp_path, sign_up=APPROVAL) as web:
        with_operators(web)
        yield web


class TestApproval:
    def test_an_operator_lets_in_by_the_link_of_a_mail(self, approved: Served) -> None:
        assert "the desk reviews your request" in approved.get("/subscribe").text
        assert title(asks(approved)) == "Your request is waiting"
        to, mail = approved.mails[-1]
        assert to == MAIL
        assert [box for box, _ in approved.mails] == [READER, MAIL]
        assert READER not in text_of(mail)
        path = link_in(mail)
        assert "@" not in path
        page = approved.get(path)
        assert title(page) == READER
        assert approved.find().state is State.PENDING, "opening asks, and changes nothing"
        assert title(approved.act(path, "let-in")) == READER
        assert approved.find().state is State.ACTIVE
        to, mail = approved.mails[-1]
        assert to == READER
        assert "Your request has been approved." in text_of(mail)
        assert "entered this address" not in text_of(mail)
        assert approved.get(link_in(mail)).status_code == 200
        assert "ines" in acts(approved)[0].who
        # Once is enough, for whoever comes later.
        before = approved.dump()
        assert "has already been decided" in approved.get(path).text
        assert "has already been decided" in approved.act(path, "let-in").text
        assert approved.dump() == before

    def test_a_second_confirmation_asks_nobody_again(self, approved: Served) -> None:
        asks(approved)
        approved.later(hours=2)
        assert title(asks(approved)) == "Your request is waiting"
        assert title(approved.get(link_in(approved.mails[0][1]))) == "Your request is waiting"
        assert [box for box, _ in approved.mails].count(MAIL) == 1

    def test_strangers_cause_a_dozen_mails_to_an_operator_an_hour(self, approved: Served) -> None:
        for number in range(14):
            one = approved.add(f"r{number}@courier.example", State.PENDING)
            approved.act(approved.path(Purpose.CONFIRM, one), "confirm")
        assert [box for box, _ in approved.mails] == [MAIL] * 12
        page = seated(approved).page("/admin/subscribers")
        assert page.count('value="let-in"') == 14

    def test_who_had_left_waits_too_and_is_not_written_to_when_declined(
        self, approved: Served
    ) -> None:
        approved.turn(approved.add(), State.UNSUBSCRIBED)
        approved.later(days=2)
        assert title(asks(approved)) == "Your request is waiting"
        assert approved.find().state is State.PENDING
        session = seated(approved)
        page = session.page(f"/admin/subscribers/{approved.find().id}")
        assert "receives nothing until an operator approves" in page
        assert 'value="pause"' not in page
        fields = {"do": "remove", "who": approved.find().id}
        assert "Removed." in session.sent("/admin/subscribers/bulk", fields)
        assert not approved.known(READER)
        assert subscribers.key(READER) in look(
            approved.store, subscribers.suppressed, [subscribers.key(READER)]
        )

    def test_no_old_link_lets_in_who_had_left(self, approved: Served) -> None:
        one = approved.add()
        old = [approved.path(purpose, one) for purpose in PATHS]
        leave = approved.path(Purpose.LEAVE, one)
        approved.turn(one, State.UNSUBSCRIBED)
        approved.later(days=2)
        asks(approved)
        for path in (*old, leave):
            for do in "confirm save resume pause leave undo renew send".split():
                approved.act(path, do)
                assert approved.find().state in {State.PENDING, State.UNSUBSCRIBED}, (path, do)
        assert title(approved.act(leave, "undo")) == "Too late to undo"

    @pytest.mark.parametrize("where", ["/admin/subscribers/bulk", "/admin/subscribers/{}"])
    def test_the_administration_lists_requests_and_lets_in(
        self, approved: Served, where: str
    ) -> None:
        asks(approved)
        session, one = seated(approved), approved.find()
        assert f"Approve {READER}" in session.page("/admin/subscribers")
        fields = {"do": "let-in", "who": one.id}
        assert "Approved. The reader is notified" in session.sent(where.format(one.id), fields)
        assert approved.find().state is State.ACTIVE
        assert "Nothing has changed" in session.sent(where.format(one.id), fields)

    def test_a_link_that_is_forged_or_no_longer_good_opens_nothing(self, approved: Served) -> None:
        asks(approved)
        path, number = link_in(approved.mails[-1][1]), approved.find().id
        other = approved.add("other@courier.example", State.PENDING)
        start, token = path.rsplit("/", 1)
        name, until, *rest = token.split(".")
        bad = (
            f"/admin/requests/{other.id}/{token}",
            f"/admin/requests/{number + 99}/{token}",
            f"/admin/requests/x/{token}",
            f"{start}/{'.'.join(('mute', until, *rest))}",
            f"{start}/{'.'.join((name, str(int(until) + 1), *rest))}",
            f"{start}/{token[:-1]}{'0' if token[-1] != '0' else '1'}",
            f"{start}/{token}x",
        )
        for each in bad:
            assert approved.get(each).status_code == 404, each
            assert approved.act(each, "let-in").status_code == 404, each
        # It sets no password, and a link to set one lets nobody in.
        assert approved.get(f"/admin/password/{token}").status_code in {403, 410}
        assert approved.post(path, {"do": "let-in"}).status_code == 200
        assert approved.post(path, {"do": "let-in", "token": "x"}).status_code == 200
        evil = {"Origin": "https://evil.example"}
        told = {"do": "let-in", "token": token}
        assert approved.post(path, told, headers=evil).status_code == 403
        approved.later(days=15)
        assert approved.get(path).status_code == 404
        approved.clock.at -= timedelta(days=15)
        with approved.store.write() as tx:
            one = operators.get(tx, "ines")
            assert one
            operators.keep(tx, replace(one, role=Role.PUBLISHER))
        assert approved.act(path, "let-in").status_code == 404
        assert approved.find().state is State.PENDING

    def test_another_briefing_is_offered_to_whom_it_lets_in(self, tmp_path: Path) -> None:
        for rule, ticks in ((APPROVAL, {}), (CLOSED, {}), (DOMAIN, {"ostra-desk": ""})):
            folder = tmp_path / rule.how
            folder.mkdir()
            with house(folder, sign_up={OSTRA: rule, HARBOR: CLOSED}) as desks:
                one = desks.add(ASIA)
                assert boxes(desks.get(desks.page(one))) == ticks
                desks.press(desks.page(one), "briefings", briefing=["ostra-desk", "harbor-desk"])
                assert (desks.state(OSTRA) is State.ACTIVE) is bool(ticks)
                assert desks.state(HARBOR) is None
                # Who is a reader there can still leave.
                desks.add(HARBOR)
                assert boxes(desks.get(desks.page(one)))["harbor-desk"] == " checked"


def test_a_request_that_is_declined_is_answered_in_their_language_and_forgotten(
    approved: Served,
) -> None:
    approved.post("/subscribe", {**FORM, "language": "de", "mail": READER})
    approved.act(link_in(approved.mails[-1][1]), "confirm")
    one = approved.find()
    assert one.state is State.PENDING
    session = seated(approved)
    path, before = f"/admin/subscribers/{one.id}", len(approved.mails)
    assert "Decline</button>" in session.page(path)
    session.confirm(path, {"do": "decline"})
    with approved.store.read() as tx:
        assert subscribers.get(tx, one.id) is None
    approved.desk.wake()
    ((to, message),) = approved.mails[before:]
    assert to == READER
    assert "wurde abgelehnt. Ihre Adresse wird nicht gespeichert." in text_of(message)
    # Once it is told, the address is nowhere.
    approved.desk.wake()
    assert READER not in approved.dump()
    assert session.acts()[0].what == "decline subscriber"
