import csv
import re
from datetime import date, timedelta
from io import StringIO

import httpx2
import pytest

from briefing.app.keys import digest_key
from briefing.app.readers.lists import LIST_KEY
from briefing.core.model import Consent, State
from briefing.store import reader_list
from tests.examples import examples
from tests.store.ready import act
from tests.web.admin.sessions import Seated, seated
from tests.web.served import OTHER, READER, Served

PATH = "/admin/subscribers/import"
AGREED = {"do": "add", "consent": "signed the list", "since": "2026-02-03"}
LIST = f"""Email;Name;at;company
new@courier.example;"Åse; Lind";6.15 am;X
{READER};;;
left@courier.example;;;
osei@;;;
NEW@courier.example;;;
x@courier.example;;25:00;
""".encode("cp1252")


def bring(session: Seated, content: bytes = LIST, name: str = "readers.csv") -> httpx2.Response:
    return session.post(PATH, {}, files={"file": (name, content)})


def digest_of(session: Seated) -> str:
    found = re.search(r'name="list" value="(\w+)"', session.get(PATH).text)
    assert found
    return found[1]


def figures(shown: str) -> dict[str, int]:
    pairs = re.findall(r"<div><dt>([^<]*)</dt><dd>([\d,]+)</dd></div>", shown)
    return {label: int(number.replace(",", "")) for label, number in pairs}


def rows(answer: httpx2.Response) -> list[list[str]]:
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["content-disposition"].startswith("attachment; ")
    return list(csv.reader(StringIO(answer.content.decode("utf-8-sig"))))


@pytest.fixture
def known(session: Seated) -> Seated:
    """Seat an operator of a desk with one reader, and one who left."""
    session.web.add()
    session.web.turn(session.web.add("left@courier.example"), State.UNSUBSCRIBED)
    return session


def test_a_list_is_looked_at_before_anybody_is_added(known: Seated) -> None:
    web = known.web
    answer = bring(known)
    assert (answer.status_code, answer.headers["location"]) == (303, PATH)
    shown = known.get(PATH).text
    assert figures(shown) == {
        "would be added": 1,
        "twice in the list": 1,
        "already subscribed": 1,
        "left, bounced or complained": 1,
        "not valid": 2,
    }
    assert "Read as Windows-1252, separated by semicolon." in shown
    assert "Ignored columns: company." in shown
    assert "Add 1 reader</button>" in shown
    assert "gets no mail (unsubscribed since 2026-03-12)" in shown
    assert rows(known.get(f"{PATH}/report")) == [
        ["line", "address", "result", "reason"],
        ["3", READER, "already subscribed", ""],
        [
            *("4", "left@courier.example", "suppressed"),
            (
                "gets no mail (unsubscribed since 2026-03-12) "
                "until its owner subscribes again on the web"
            ),
        ],
        [
            *("5", "osei@", "not valid"),
            "address 'osei@': it lacks the part after @; write it as name@domain",
        ],
        ["6", "NEW@courier.example", "twice in the list", "the same address as in line 2"],
        ["7", "x@courier.example", "not valid", "time '25:00': write it as 07:00"],
    ]
    assert not web.known("new@courier.example")
    assert known.acts()[0].what == "upload subscribers"
    assert "courier" not in known.acts()[0].about


def test_who_is_confirmed_is_added_with_how_and_since_when_they_agreed(known: Seated) -> None:
    web = known.web
    bring(known)
    assert known.post(f"{PATH}/add", {**AGREED, "list": digest_of(known)}).status_code == 303
    shown = known.get(PATH).text
    assert "1 reader was added from readers.csv." in shown
    assert "5 lines were not added." in shown
    one = web.find("new@courier.example")
    assert (one.state, one.name, one.since) == (State.ACTIVE, "Åse; Lind", web.clock())
    assert (f"{one.preferences.at:%H:%M}", one.preferences.zone) == ("06:15", "Europe/Zurich")
    (consent,) = web.consents(one)
    assert consent == Consent(
        *(web.clock(), "imported", "import", "readers.csv", "signed the list", date(2026, 2, 3))
    )
    assert len(rows(known.get(f"{PATH}/report"))) == 6
    act = known.acts()[0]
    assert (act.who, act.what) == ("ada", "import subscribers")
    assert act.about == "readers.csv: 1 subscriber"
    assert "consent given 2026-02-03" in known.get(f"/admin/subscribers/{one.id}").text


def test_a_list_is_imported_once_and_only_the_one_that_was_seen(known: Seated) -> None:
    bring(known, b"email\na@courier.example\n")
    seen = digest_of(known)
    bring(known, b"email\nb@courier.example\n", "other.csv")
    answer = known.post(f"{PATH}/add", {**AGREED, "list": seen})
    assert answer.headers["location"].endswith("?message=gone")
    assert not known.web.known("a@courier.example")
    assert not known.web.known("b@courier.example")
    told = {**AGREED, "list": digest_of(known)}
    assert known.post(f"{PATH}/add", told).headers["location"] == PATH
    acts = len(known.acts())
    assert known.post(f"{PATH}/add", told).headers["location"].endswith("?message=gone")
    assert len(known.acts()) == acts


def test_an_import_that_was_cut_off_is_not_done_and_can_be_made_again(known: Seated) -> None:
    web, key = known.web, digest_key(known.cookie)
    since = web.clock() - timedelta(hours=1)
    bring(known)
    taken = act(web.store, reader_list.take, key, LIST_KEY, digest_of(known), since=since)
    assert taken
    shown = known.get(PATH).text
    assert "The import of readers.csv has started." in shown
    assert "added from readers.csv" not in shown
    assert 'name="do" value="add"' not in shown
    # Its report is not kept for a session that has another list, or has ended.
    bring(known, name="again.csv")
    act(web.store, reader_list.finish, key, LIST_KEY, taken)
    assert "again.csv" in known.get(PATH).text
    known.post(f"{PATH}/add", {**AGREED, "list": digest_of(known)})
    assert web.known("new@courier.example")
    known.post("/admin/sign-out")
    with web.store.write() as tx:
        reader_list.finish(tx, key, LIST_KEY, taken)
        assert reader_list.get(tx, key, LIST_KEY, since=since) is None


def test_a_list_whose_lines_say_how_they_agreed_asks_for_nothing(session: Seated) -> None:
    bring(session, b"email,consent\nnew@courier.example,signed\n")
    assert 'id="consent"' not in session.get(PATH).text
    session.post(f"{PATH}/add", {"list": digest_of(session)})
    assert session.web.known("new@courier.example")
    bring(session, b"email,consent\nold@courier.example,\n")
    session.post(f"{PATH}/add", {"list": digest_of(session)})
    assert not session.web.known("old@courier.example")


def test_without_consent_nobody_is_added(known: Seated) -> None:
    bring(known)
    for field, value, kept in (
        *(("consent", words, "2026-02-03") for words in (" ", "x" * 501)),
        *(("since", words, "signed the list") for words in ("2026-03-13", "spring")),
    ):
        told = {**AGREED, "list": digest_of(known), field: value}
        refused = known.refused(f"{PATH}/add", told)
        assert f'aria-describedby="{field}-error"' in refused
        assert f'value="{kept}"' in refused
    assert not known.web.known("new@courier.example")


@examples("content, said")
def test_what_is_no_list_is_told_by_the_field(session: Seated, content: bytes, said: str) -> None:
    answer = bring(session, content)
    assert answer.status_code == 422
    assert said in answer.text
    assert 'aria-describedby="file-error"' in answer.text
    assert "1 would be added" not in answer.text
    for nothing in ({}, {"file": "email\na@b.example"}):
        assert session.post(PATH, nothing).status_code == 422


def test_a_list_is_seen_by_its_own_session_for_an_hour(known: Seated) -> None:
    web = known.web
    bring(known)
    other = seated(web)
    assert "readers.csv" not in other.get(PATH).text
    assert other.get(f"{PATH}/report").status_code == 404
    told = {**AGREED, "list": digest_of(known)}
    assert other.post(f"{PATH}/add", told).headers["location"].endswith("?message=gone")
    web.later(minutes=61)
    assert "readers.csv" not in known.get(PATH).text
    assert known.post(f"{PATH}/add", told).headers["location"].endswith("?message=gone")
    act(web.store, reader_list.forget_expired, at=web.clock())
    assert not web.known("new@courier.example")
    assert "new@courier" not in web.dump()


def test_a_list_is_forgotten_if_discarded_or_signed_out(known: Seated) -> None:
    def is_kept() -> bool:
        since = known.web.clock() - timedelta(1)
        with known.web.store.read() as tx:
            return reader_list.get(tx, digest_key(known.cookie), LIST_KEY, since=since) is not None

    bring(known)
    assert is_kept()
    known.post(f"{PATH}/add", {"do": "discard", "list": digest_of(known)})
    assert not is_kept()
    bring(known)
    known.post("/admin/sign-out")
    assert not is_kept()


def test_only_who_is_signed_in_can_bring_much(web: Served) -> None:
    session = seated(web)
    long = b"email\n" + b"".join(b"r%d@courier.example\n" % n for n in range(2_000))
    assert web.post(PATH, {}, files={"file": ("l.csv", long)}).status_code == 403
    assert bring(session, long).status_code == 303
    assert figures(session.get(PATH).text)["would be added"] == 2_000
    assert bring(session, b"email\n" + b"x" * 10_100_000).status_code == 413
    two = [("file", ("a.csv", b"email\n")), ("file", ("b.csv", b"email\n"))]
    assert session.post(PATH, {}, files=two).status_code == 400
    assert session.post("/admin/subscribers/add", {}, files={"f": ("a", b"x")}).status_code == 400


def test_all_are_downloaded_with_their_consent_and_that_is_noted(known: Seated) -> None:
    bring(known)
    known.post(f"{PATH}/add", {**AGREED, "list": digest_of(known)})
    assert known.get("/admin/subscribers/export").status_code in {404, 405}
    head, *people = rows(known.post("/admin/subscribers/export"))
    assert [row[0] for row in people] == [READER, "left@courier.example", "new@courier.example"]
    first, left, new = (dict(zip(head, row, strict=True)) for row in people)
    assert (first["state"], first["consent"]) == ("active", "confirmed by form")
    assert first["agreed"] == "2026-02-10"
    assert (left["state"], left["since"]) == ("unsubscribed", "2026-03-12T08:12:00Z")
    assert (new["consent"], new["agreed"]) == ("signed the list", "2026-02-03")
    assert (new["at"], new["zone"]) == ("06:15", "Europe/Zurich")
    assert known.last_act == ("export subscribers", "3 subscribers")


def test_one_is_added_who_agreed_in_the_words_of_all(session: Seated) -> None:
    path, told = "/admin/subscribers/add", {"mail": OTHER, "consent": "phoned"}
    told["since"] = "2026-03-01"
    refused = session.refused(path, told | {"how": "ask"})
    assert "You described how consent was given, but chose a confirmation mail." in refused
    assert not session.web.known(OTHER)
    told["how"] = "agreed"
    assert "Added." in session.sent(path, told)
    one = session.web.find(OTHER)
    assert (one.state, one.preferences) == (State.ACTIVE, session.web.desk.settings.usual)
    (consent,) = session.web.consents(one)
    assert (consent.what, consent.origin, consent.words) == ("confirmed", "ada", "phoned")
    assert consent.agreed == date(2026, 3, 1)
    page = session.refused(path, {**told, "mail": READER, "consent": ""})
    assert f'value="{READER}"' in page
    assert 'aria-describedby="consent-error"' in page
