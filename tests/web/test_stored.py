import gzip
import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, time, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from briefing.app.editions import Withdraw, withdraw
from briefing.app.keys import digest_key
from briefing.app.rounds.runs import RunRequests
from briefing.core.model import ApiToken, DeliveryStatus, EditionId, NoticeKind, Role
from briefing.core.schedule import Timetable
from briefing.mail.tokens import Purpose
from briefing.press.formats import FORMATS
from briefing.store import deliveries, operators, withdrawals
from briefing.store.audit import Actor
from briefing.store.tables import FILE
from tests.newsday import TODAY as NEWS_DAY
from tests.newsday import YESTERDAY
from tests.web.admin.rounds import ESCAPED, HOSTILE, keep_edition, settle
from tests.web.admin.sessions import Seated, seated
from tests.web.served import READER, Served, served, title

#: Forms of an edition, by its address.
KINDS = {f".{kind.suffix}": kind.media for kind in FORMATS.values() if kind.suffix}
FORMS = ("", *KINDS, "/ledger", "/source/1")


@pytest.mark.parametrize("form", FORMS)
def test_an_edition_is_kept_and_never_shown_again_without_asking(pages: Served, form: str) -> None:
    path = f"/{NEWS_DAY}{form}"
    first = pages.get(path)
    assert (first.status_code, first.headers["cache-control"]) == (200, "public, no-cache")
    assert first.headers["content-type"] == KINDS.get(form, "text/html; charset=utf-8")
    tag = first.headers["etag"]
    for known in (tag, tag.removeprefix("W/"), f'"x", {tag}', "*"):
        again = pages.get(path, headers={"If-None-Match": known})
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["etag"] == tag
    for other in ('"x"', tag[:-2], tag.replace('"', ""), ""):
        assert pages.get(path, headers={"If-None-Match": other}).status_code == 200
    head = pages.client.head(path)
    assert (head.status_code, head.content, head.headers["etag"]) == (200, b"", tag)
    assert head.headers.get("content-length") == first.headers.get("content-length")


@pytest.mark.parametrize("form", FORMS)
def test_text_is_compressed_for_who_takes_it(pages: Served, form: str) -> None:
    path = f"/{NEWS_DAY}{form}"
    plain = pages.get(path, headers={"Accept-Encoding": "identity"})
    assert "content-encoding" not in plain.headers
    packed = pages.get(path, headers={"Accept-Encoding": "br, GZIP;q=0.8"})
    assert packed.content == plain.content
    assert packed.headers["etag"] == plain.headers["etag"]
    is_text = not KINDS.get(form, "").startswith(
        ("application/pdf", "application/epub", "application/vnd", "audio/")
    )
    assert ("content-encoding" in packed.headers) == is_text
    assert ("vary" in packed.headers) == ("vary" in plain.headers) == is_text
    if is_text:
        assert int(packed.headers["content-length"]) < len(plain.content) / 1.5


def test_a_page_with_a_token_is_neither_kept_nor_compressed(pages: Served) -> None:
    path = pages.path(Purpose.PREFERENCES, pages.add())
    for private in (path, "/subscribe", "/preferences", "/admin/sign-in"):
        answer = pages.get(private, headers={"Accept-Encoding": "gzip"})
        assert answer.status_code == 200
        assert answer.headers["cache-control"] == "no-store"
        assert not {"content-encoding", "etag"} & set(answer.headers)


def test_a_withdrawn_edition_is_gone_at_once_in_every_form(ostra: Served) -> None:
    ostra.newsroom.first()
    ostra.newsroom.second()
    tags = {form: ostra.get(f"/{NEWS_DAY}{form}").headers["etag"] for form in FORMS}
    feed = ostra.get("/feed")
    with ostra.store.write() as tx:
        withdraw(tx, Withdraw("Ostra Desk", NEWS_DAY, ""), actor=Actor("command", ostra.clock()))
    for form, tag in tags.items():
        gone = ostra.get(f"/{NEWS_DAY}{form}", headers={"If-None-Match": tag})
        assert (gone.status_code, gone.headers["cache-control"]) == (410, "no-store")
    again = ostra.get("/feed", headers={"If-None-Match": feed.headers["etag"]})
    assert again.status_code == 200
    assert f"/{NEWS_DAY}" not in again.text


def test_who_asks_again_within_a_minute_gets_no_content(ostra: Served) -> None:
    ostra.newsroom.first()
    path = f"/{YESTERDAY}.pdf"
    tag = {"If-None-Match": ostra.get(path).headers["etag"]}
    first = ostra.get(path, headers=tag)
    with ostra.store.write() as tx:
        tx.execute(update(FILE).values(content=b"damaged"))
    again = ostra.get(path, headers=tag)
    assert (again.status_code, again.content) == (304, b"")
    names = {"etag", "cache-control", "vary"}
    assert {name: again.headers.get(name) for name in names} == {
        name: first.headers.get(name) for name in names
    }
    # Who has another one, or none, is told that it is damaged.
    for headers in ({}, {"If-None-Match": 'W/"other"'}):
        assert ostra.get(path, headers=headers).status_code == 500
    ostra.later(minutes=1)
    assert ostra.get(path, headers=tag).status_code == 500


def test_who_asks_again_gets_the_edition_that_has_come(ostra: Served) -> None:
    ostra.newsroom.first()
    paths = ("/", "/feed", f"/{YESTERDAY}", "/archive?words=port")
    tags = {path: {"If-None-Match": ostra.get(path).headers["etag"]} for path in paths}
    for path, tag in tags.items():
        assert [ostra.get(path, headers=tag).status_code for _ in range(2)] == [304, 304]
    ostra.newsroom.second()
    assert [ostra.get(path, headers=tag).status_code for path, tag in tags.items()] == [200] * 4


def test_the_archive_is_kept_until_an_edition_comes_or_goes(ostra: Served) -> None:
    path = "/archive?words=port+ostra"
    ostra.newsroom.first()
    first = ostra.get(path, headers={"Accept-Encoding": "gzip"})
    assert first.headers["cache-control"] == "public, no-cache"
    assert first.headers["content-encoding"] == "gzip"
    known = {"If-None-Match": first.headers["etag"]}
    assert ostra.get(path, headers=known).status_code == 304
    ostra.newsroom.second()
    second = ostra.get(path, headers=known)
    assert second.status_code == 200
    assert ostra.get(path, headers={"If-None-Match": second.headers["etag"]}).status_code == 304
    with ostra.store.write() as tx:
        withdraw(tx, Withdraw("Ostra Desk", NEWS_DAY, ""), actor=Actor("command", ostra.clock()))
    third = ostra.get(path, headers={"If-None-Match": second.headers["etag"]})
    assert third.status_code == 200
    assert f"/{NEWS_DAY}#" not in third.text


def test_searches_and_records_are_given_without_what_concerns_the_desk(pages: Served) -> None:
    answer = pages.get("/archive?from=never")
    assert (answer.status_code, answer.headers["cache-control"]) == (422, "no-store")
    assert "etag" not in answer.headers
    answer = pages.get(f"/{NEWS_DAY}.json")
    content = json.loads(answer.content)
    assert content["id"] == f"ostra-desk/{NEWS_DAY}"
    assert content["sections"][0]["briefs"][0]["sentences"]
    assert not {"evidence", "choices"} & content.keys()
    assert not {"found", "drops"} & content["ledger"].keys()
    assert answer.headers["x-robots-tag"] == "noindex"


def test_compression_gives_equal_bytes_at_any_time(pages: Served) -> None:
    with pages.client.stream("GET", "/", headers={"Accept-Encoding": "gzip"}) as one:
        raw = b"".join(one.iter_raw())
    assert raw[4:8] == b"\0\0\0\0"
    assert gzip.decompress(raw).decode() == pages.get("/").text
    # Who does not take it gets it plain.
    for accepted in ("gzip;q=0", "gzip; q=0.0, br", "br", "gzipped", "xgzip"):
        answer = pages.get("/site.css", headers={"Accept-Encoding": accepted})
        assert "content-encoding" not in answer.headers


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
            tx, ApiToken("probe", Role.ADMINISTRATOR, web.clock()), digest_key("briefing_steer")
        )
    return {"Authorization": "Bearer briefing_steer"}


def take_back(session: Seated, day: date, **fields: str) -> str:
    return session.confirm("/admin/deliveries/withdraw", {"day": f"{day}", **fields})


class TestADateAhead:
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
        assert "Tomorrow’s edition" in session.get("/admin/tomorrow").text

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
        assert ">wrong</td>" in session.get("/admin/deliveries").text
        # the reader's own page names the notice
        about = session.get(f"/admin/subscribers/{web.find(READER).id}").text
        assert "notice of withdrawal" in about
        # again it changes nothing
        again = session.post("/admin/deliveries/withdraw", {"day": f"{TODAY}"})
        assert again.headers["location"].endswith("message=gone")

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
