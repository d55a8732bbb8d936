"""Who may sign up: everybody, whom operators let in, addresses of some domains, nobody."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import httpx2
import pytest

from briefing.app.readers import SignUp
from briefing.app.readers.administration import add_pending
from briefing.app.readers.letters import PATHS
from briefing.core.model import Operator, Role, State, Subscriber
from briefing.mail.tokens import Purpose
from briefing.store import operators, subscribers
from briefing.store.audit import Actor
from tests.examples import examples
from tests.mail.relays import text_of
from tests.store.ready import look
from tests.web.admin.sessions import acts, seated
from tests.web.served import FORM, READER, Served, link_in, served, title
from tests.web.test_briefings import ASIA, HARBOR, OSTRA, boxes, house

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


def test_who_asked_before_it_was_closed_waits(tmp_path: Path) -> None:
    with served(tmp_path, sign_up=CLOSED) as web:
        one = web.add(state=State.PENDING)
        assert (
            title(web.act(web.path(Purpose.CONFIRM, one), "confirm")) == "Your request is waiting"
        )
        assert web.find().state is State.PENDING


class TestApproval:
    def test_an_operator_lets_in_by_the_link_of_a_mail(self, tmp_path: Path) -> None:
        with served(tmp_path, sign_up=APPROVAL) as web:
            with_operators(web)
            assert "somebody decides" in web.get("/subscribe").text
            assert title(asks(web)) == "Your request is waiting"
            to, mail = web.mails[-1]
            assert to == MAIL
            assert [box for box, _ in web.mails] == [READER, MAIL]
            assert READER not in text_of(mail)
            path = link_in(mail)
            assert "@" not in path
            page = web.get(path)
            assert title(page) == READER
            assert web.find().state is State.PENDING, "opening asks, and changes nothing"
            assert title(web.act(path, "let-in")) == READER
            assert web.find().state is State.ACTIVE
            to, mail = web.mails[-1]
            assert to == READER
            assert "You have been let in." in text_of(mail)
            assert "entered this address" not in text_of(mail)
            assert web.get(link_in(mail)).status_code == 200
            assert "ines" in acts(web)[0].who
            # Once is enough, for whoever comes later.
            before = web.dump()
            assert "has been decided" in web.get(path).text
            assert "has been decided" in web.act(path, "let-in").text
            assert web.dump() == before

    def test_a_second_confirmation_asks_nobody_again(self, tmp_path: Path) -> None:
        with served(tmp_path, sign_up=APPROVAL) as web:
            with_operators(web)
            asks(web)
            web.later(hours=2)
            assert title(asks(web)) == "Your request is waiting"
            assert title(web.get(link_in(web.mails[0][1]))) == "Your request is waiting"
            assert [box for box, _ in web.mails].count(MAIL) == 1

    def test_strangers_cause_a_dozen_mails_to_an_operator_an_hour(self, tmp_path: Path) -> None:
        with served(tmp_path, sign_up=APPROVAL) as web:
            with_operators(web)
            for number in range(14):
                one = web.add(f"r{number}@courier.example", State.PENDING)
                web.act(web.path(Purpose.CONFIRM, one), "confirm")
            assert [box for box, _ in web.mails] == [MAIL] * 12
            page = seated(web).page("/admin/subscribers")
            assert page.count('value="let-in"') == 14

    def test_who_had_left_waits_too_and_is_not_written_to_when_declined(
        self, tmp_path: Path
    ) -> None:
        with served(tmp_path, sign_up=APPROVAL) as web:
            web.turn(web.add(), State.UNSUBSCRIBED)
            web.later(days=2)
            assert title(asks(web)) == "Your request is waiting"
            assert web.find().state is State.PENDING
            session = seated(web)
            page = session.page(f"/admin/subscribers/{web.find().id}")
            assert "gets nothing until somebody lets them in" in page
            assert 'value="pause"' not in page
            fields = {"do": "remove", "who": web.find().id}
            assert "Removed." in session.sent("/admin/subscribers/bulk", fields)
            assert not web.known(READER)
            assert subscribers.key(READER) in look(
                web.store, subscribers.suppressed, [subscribers.key(READER)]
            )

    def test_no_old_link_lets_in_who_had_left(self, tmp_path: Path) -> None:
        with served(tmp_path, sign_up=APPROVAL) as web:
            one = web.add()
            old = [web.path(purpose, one) for purpose in PATHS]
            leave = web.path(Purpose.LEAVE, one)
            web.turn(one, State.UNSUBSCRIBED)
            web.later(days=2)
            asks(web)
            for path in (*old, leave):
                for do in "confirm save resume pause leave undo renew send".split():
                    web.act(path, do)
                    assert web.find().state in {State.PENDING, State.UNSUBSCRIBED}, (path, do)
            assert title(web.act(leave, "undo")) == "Too late to undo"

    @pytest.mark.parametrize("where", ["/admin/subscribers/bulk", "/admin/subscribers/{}"])
    def test_the_administration_lists_requests_and_lets_in(
        self, tmp_path: Path, where: str
    ) -> None:
        with served(tmp_path, sign_up=APPROVAL) as web:
            asks(web)
            session, one = seated(web), web.find()
            assert f"Let in {READER}" in session.page("/admin/subscribers")
            fields = {"do": "let-in", "who": one.id}
            assert "Let in. A mail tells" in session.sent(where.format(one.id), fields)
            assert web.find().state is State.ACTIVE
            assert "Nothing has changed" in session.sent(where.format(one.id), fields)

    def test_a_link_that_is_forged_or_no_longer_good_opens_nothing(self, tmp_path: Path) -> None:
        with served(tmp_path, sign_up=APPROVAL) as web:
            with_operators(web)
            asks(web)
            path, number = link_in(web.mails[-1][1]), web.find().id
            other = web.add("other@courier.example", State.PENDING)
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
                assert web.get(each).status_code == 404, each
                assert web.act(each, "let-in").status_code == 404, each
            # It sets no password, and a link to set one lets nobody in.
            assert web.get(f"/admin/password/{token}").status_code in {403, 410}
            assert web.post(path, {"do": "let-in"}).status_code == 200
            assert web.post(path, {"do": "let-in", "token": "x"}).status_code == 200
            evil = {"Origin": "https://evil.example"}
            told = {"do": "let-in", "token": token}
            assert web.post(path, told, headers=evil).status_code == 403
            web.later(days=15)
            assert web.get(path).status_code == 404
            web.clock.at -= timedelta(days=15)
            with web.store.write() as tx:
                one = operators.get(tx, "ines")
                assert one
                operators.keep(tx, replace(one, role=Role.PUBLISHER))
            assert web.act(path, "let-in").status_code == 404
            assert web.find().state is State.PENDING

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
    tmp_path: Path,
) -> None:
    with served(tmp_path, sign_up=APPROVAL) as web:
        with_operators(web)
        web.post("/subscribe", {**FORM, "language": "de", "mail": READER})
        web.act(link_in(web.mails[-1][1]), "confirm")
        one = web.find()
        assert one.state is State.PENDING
        session = seated(web)
        path, before = f"/admin/subscribers/{one.id}", len(web.mails)
        assert "Decline</button>" in session.page(path)
        session.confirm(path, {"do": "decline"})
        with web.store.read() as tx:
            assert subscribers.get(tx, one.id) is None
        web.desk.wake()
        ((to, message),) = web.mails[before:]
        assert to == READER
        assert "wurde abgelehnt. Ihre Adresse wird nicht gespeichert." in text_of(message)
        # Once it is told, the address is nowhere.
        web.desk.wake()
        assert READER not in web.dump()
        assert session.acts()[0].what == "decline subscriber"
