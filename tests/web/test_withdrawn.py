"""Editions with a wrong date, and editions taken back, as the web and its operators see them."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, time, timedelta
from pathlib import Path
from typing import Any

import pytest

from briefing.app.access import token_key
from briefing.app.rounds.runs import RunRequests
from briefing.core.model import ApiToken, DeliveryStatus, EditionId, NoticeKind, Step
from briefing.core.schedule import Timetable
from briefing.store import deliveries, operators, runs, withdrawals
from tests.web.admin.rounds import ESCAPED, HOSTILE, keep_edition, settle
from tests.web.admin.sessions import Seated, seated
from tests.web.served import READER, Served, served, title
from tests.web.test_operations import checks

TODAY, FAR = date(2026, 3, 12), date(2062, 11, 25)
TOMORROW = TODAY + timedelta(days=1)
DESK = "world-desk"
WORDS = (
    "dition of 2062-11-25: dated later than the next scheduled edition; check the clock, or "
    "withdraw it: briefing editions withdraw 2062-11-25"
)
API = "/api/v1"


@contextmanager
def desk(folder: Path, **told: Any) -> Iterator[Served]:  # noqa: ANN401
    table = Timetable(time(6, 30), "Europe/Zurich")
    with served(folder, requests=RunRequests(), timetable=table, **told) as web:
        yield web


@pytest.fixture
def web(tmp_path: Path) -> Iterator[Served]:
    with desk(tmp_path) as web:
        yield web


def token(web: Served) -> dict[str, str]:
    with web.store.write() as tx:
        operators.keep_token(
            tx, ApiToken("probe", "steer", web.clock()), token_key("briefing_steer")
        )
    return {"Authorization": "Bearer briefing_steer"}


def take_back(session: Seated, day: date, **fields: str) -> str:
    return session.confirm("/admin/deliveries/withdraw", {"day": f"{day}", **fields})


class TestADateAhead:
    def test_is_not_ready_until_it_is_withdrawn(self, web: Served) -> None:
        keep_edition(web, TODAY)
        assert checks(web.get("/readyz"))["editions"] == (True, "none is dated ahead")
        keep_edition(web, TOMORROW, number=2)
        assert web.get("/readyz").status_code == 200
        keep_edition(web, FAR, number=3)
        answer = web.get("/readyz")
        assert (answer.status_code, checks(answer)["editions"]) == (503, (False, f"e{WORDS}"))
        assert "The edition is withdrawn" in take_back(seated(web), FAR)
        assert web.get("/readyz").status_code == 200

    def test_needs_somebody_and_hides_no_page_that_came_out(self, web: Served) -> None:
        session = seated(web)
        keep_edition(web, TODAY, number=7)
        keep_edition(web, FAR, number=8)
        shown = session.get("/admin").text
        assert f"E{WORDS}." in shown
        assert f'href="/admin/deliveries?day={FAR}">Withdraw it</a>' in shown
        assert "edition 7" in shown
        assert web.get("/last.pdf").status_code in {303, 404}
        assert f"/{TODAY}" in web.get("/feed").text
        assert "Edition 7," in session.get("/admin/deliveries").text
        # the next page is that of tomorrow, not one behind the wrong one
        assert "Tomorrow’s page" in session.get("/admin/tomorrow").text

    def test_does_not_stand_for_the_edition_that_is_due(self, web: Served) -> None:
        with web.store.write() as tx:
            runs.begin(tx, DESK, Step.COLLECT, at=web.clock() - timedelta(days=1))
        keep_edition(web, FAR)
        shown = seated(web).get("/admin").text
        assert "The edition of today was due" in shown or "is missing." in shown

    def test_is_refused_to_programs_in_the_words_of_the_command(self, web: Served) -> None:
        headers = token(web)
        answer = web.client.post(f"{API}/round/publish", json={"day": f"{FAR}"}, headers=headers)
        assert answer.status_code == 422
        assert answer.json()["detail"].startswith(
            "2062-11-25 is later than the next scheduled edition, 2026-03-13; give an earlier day"
        )
        assert web.desk.requests
        assert web.desk.requests.take(0) == ()
        for day in (TODAY, TOMORROW):
            order = {"day": f"{day}"}
            answer = web.client.post(f"{API}/round/publish", json=order, headers=headers)
            assert answer.status_code == 202


class TestAWithdrawnEdition:
    def test_is_gone_with_the_reason_and_its_day_is_not_shown(self, web: Served) -> None:
        session = seated(web)
        keep_edition(web, TODAY - timedelta(days=1))
        keep_edition(web, TODAY, number=2)
        assert "The edition is withdrawn" in take_back(session, TODAY, reason=HOSTILE)
        answer = web.get(f"/{TODAY}")
        assert answer.status_code == 410
        assert title(answer).startswith("The edition of Thursday 12 March 2026 was withdrawn")
        assert "It was withdrawn on Thursday 12 March 2026: " in answer.text
        assert ESCAPED in answer.text
        for path in (".pdf", ".html", "/ledger", "/source/1"):
            assert web.get(f"/{TODAY}{path}").status_code == 410, path
        assert f"/{TODAY}" not in web.get("/feed").text
        assert "Wednesday 11 March" in web.get("/").text
        assert web.get("/archive?month=2026-03").status_code == 200
        programs = token(web)
        told = web.client.get(f"{API}/editions/{TODAY}", headers=programs)
        assert (told.status_code, told.json()["title"]) == (410, "Withdrawn")
        listed = web.client.get(f"{API}/editions", headers=programs).json()
        assert [one["day"] for one in listed["editions"]] == ["2026-03-11"]
        counts = web.client.get(f"{API}/deliveries/{TODAY}", headers=programs)
        assert counts.json()["edition"] == f"{DESK}/{TODAY}"

    def test_is_confirmed_before_and_recorded_by_name(self, web: Served) -> None:
        session = seated(web)
        edition = keep_edition(web, TODAY)
        settle(web, edition, READER, DeliveryStatus.SENT)
        settle(web, edition, "b@courier.example", DeliveryStatus.DUE)
        asked = session.post("/admin/deliveries/withdraw", {"day": f"{TODAY}"})
        assert title(asked) == "Withdraw the edition of Thursday 12 March 2026?"
        assert "1 mail not sent yet will not be sent." in asked.text
        assert 'name="reason"' in asked.text
        told = take_back(session, TODAY, reason="wrong", tell="1")
        assert "1 mail canceled, 1 notice mailed." in told
        with web.store.read() as tx:
            (one,) = withdrawals.on(tx, DESK, TODAY)
            assert deliveries.audience(tx, edition).counts == {
                DeliveryStatus.SENT: 1,
                DeliveryStatus.SKIPPED: 1,
            }
            notice = str(EditionId.parse(edition).notified(NoticeKind.WITHDRAWN))
            assert deliveries.audience(tx, notice).counts == {DeliveryStatus.DUE: 1}
        assert (one.who, one.reason) == ("ada", "wrong")
        assert (session.acts()[0].who, session.acts()[0].what) == ("ada", "withdraw edition")
        shown = session.get("/admin/deliveries").text
        assert ">wrong</td>" in shown
        # the reader's own page names the notice
        found = web.find(READER)
        about = session.get(f"/admin/subscribers/{found.id}").text
        assert "notice of withdrawal" in about
        # again it changes nothing
        again = session.post("/admin/deliveries/withdraw", {"day": f"{TODAY}"})
        assert again.headers["location"].endswith("message=gone")

    def test_is_taken_back_by_nobody_else(self, web: Served) -> None:
        session = seated(web)
        keep_edition(web, TODAY)
        fields = {"day": f"{TODAY}"}
        assert web.post("/admin/deliveries/withdraw", fields).status_code == 403
        forged = web.post("/admin/deliveries/withdraw", fields, headers=session.cookies)
        assert forged.status_code == 403
        assert web.client.post(f"{API}/editions/{TODAY}/withdraw").status_code == 401
        assert web.get(f"/{TODAY}").status_code == 200
        for day in ("2026-01-04", "soon", ""):
            wrong = session.post("/admin/deliveries/withdraw", {"day": day})
            assert wrong.status_code == 404, day

    def test_is_taken_back_by_a_program_too(self, tmp_path: Path) -> None:
        with desk(tmp_path, sender=None) as web:
            headers, path = token(web), f"{API}/editions/{TODAY}/withdraw"
            assert web.client.post(path, headers=headers).status_code == 404
            keep_edition(web, TODAY)
            silent = web.client.post(path, headers=headers, json={"tell_readers": True})
            assert silent.status_code == 409
            answer = web.client.post(path, headers=headers, json={"reason": "wrong"})
            assert answer.status_code == 200
            told = answer.json()
            assert (told["edition"], told["who"]) == (f"{DESK}/{TODAY}", "token probe")
            assert (told["reason"], told["canceled"], told["notices"]) == ("wrong", 0, 0)
            again = web.client.post(path, headers=headers)
            assert again.status_code == 409
            assert "nothing is left to do" in again.json()["detail"]
