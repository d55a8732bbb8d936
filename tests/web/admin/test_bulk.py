"""Many subscribers paused, resumed and removed in the browser, and that undone."""

from __future__ import annotations

import re

import pytest

from briefing.core.model import State, Subscriber
from tests.web.admin.sessions import Seated, seated
from tests.web.served import OTHER, READER

pytestmark = pytest.mark.allow_hosts(["127.0.0.1"])

PATH = "/admin/subscribers"


def bulk(session: Seated, do: str, *people: Subscriber, **more: str) -> str:
    """Press a button under the list; return what is shown then."""
    told = {"do": do, "who": [str(one.id) for one in people], **more}
    answer = session.post(f"{PATH}/bulk", told)
    assert answer.status_code == 303
    return session.get(answer.headers["location"]).text


def undo(session: Seated) -> str:
    found = re.search(r'name="action" value="(\d+)"', session.get(PATH).text)
    assert found
    answer = session.post(f"{PATH}/undo", {"action": found[1]})
    return session.get(answer.headers["location"]).text


def test_those_selected_are_paused_and_it_is_undone(session: Seated) -> None:
    web = session.web
    one, other = web.add(), web.add(OTHER)
    third = web.add("c@courier.example")
    shown = bulk(session, "pause", one, other)
    assert "<b>Paused. It takes effect at once" in shown
    assert "<b>Paused 2 subscribers</b>, today, 08:12, by ada" in shown
    assert "can be undone until Fri 13 March, 08:12" in shown
    assert [web.find(x.address).state for x in (one, other, third)] == [
        State.PAUSED,
        State.PAUSED,
        State.ACTIVE,
    ]
    web.later(hours=1)
    session.post(f"{PATH}/{other.id}", {"do": "resume"})
    session.post(f"{PATH}/{other.id}", {"do": "pause"})
    shown = undo(session)
    assert "undone today, 09:12 by ada; 1 had changed in the meantime" in shown
    assert "Undo</button>" not in shown
    assert (web.find().state, web.find(OTHER).state) == (State.ACTIVE, State.PAUSED)
    assert web.find().since == one.since
    assert session.acts()[0].what == "undo pause subscribers"


def test_those_removed_leave_the_store_when_it_cannot_be_undone_any_more(session: Seated) -> None:
    web = session.web
    one = web.add()
    web.turn(one, State.UNSUBSCRIBED)
    before = web.find()
    shown = bulk(session, "remove", one)
    assert "Removed 1 subscriber</b>" in shown
    assert "then what is stored of them is deleted" in shown
    assert READER not in shown
    assert session.get(f"{PATH}/{one.id}").status_code == 404
    undo(session)
    assert web.find() == before
    bulk(session, "remove", one)
    web.later(hours=25)
    web.desk.wake()
    assert READER not in web.dump()
    assert READER.partition("@")[0] not in web.dump()
    answer = seated(web).post(f"{PATH}/add", {"mail": READER, "how": "ask"})
    assert "gets no mail (unsubscribed since " in answer.text


def test_all_that_match_are_changed_on_every_page(session: Seated) -> None:
    web = session.web
    for number in range(60):
        web.add(f"{number}@courier.example")
    web.add()
    assert "All 60 that match" in session.get(f"{PATH}?q=courier").text
    told = {"q": "courier", "state": "", "sort": "address", "order": "descending"}
    moved = bulk(session, "pause", all="59", **told)
    assert "Nothing has changed: the list changed in the meantime" in moved
    shown = bulk(session, "pause", all="60", **told)
    assert "<b>Paused 60 subscribers</b>" in shown
    assert 'value="courier"' in shown
    assert 'aria-sort="descending"' in shown
    assert web.find().state is State.ACTIVE


@pytest.mark.parametrize(
    ("told", "said"),
    [
        ({"do": "pause"}, "nobody was selected"),
        ({"do": "pause", "who": ["x", "-1", "9" * 30, "²"]}, "nobody was selected"),
        ({"do": "explode", "who": ["1"]}, "nobody was selected"),
        ({"do": "pause", "who": ["99"]}, "nobody selected is in a state"),
        ({"do": "resume", "who": ["1"]}, "nobody selected is in a state"),
        ({"do": "remove", "all": "9" * 30}, "the list changed in the meantime"),
        ({"do": "remove", "all": "all"}, "the list changed in the meantime"),
    ],
)
def test_what_selects_nobody_changes_nothing(
    session: Seated, told: dict[str, str | list[str]], said: str
) -> None:
    session.web.add()
    before = session.web.dump()
    answer = session.post(f"{PATH}/bulk", told)
    assert said in session.get(answer.headers["location"]).text
    assert session.web.dump() == before


@pytest.mark.parametrize("number", ["", "x", "0", "9" * 18, "9" * 40])
def test_what_is_no_action_is_not_undone(session: Seated, number: str) -> None:
    assert session.post(f"{PATH}/undo", {"action": number}).status_code == 404


def test_after_a_day_nothing_is_undone(session: Seated) -> None:
    web = session.web
    bulk(session, "pause", web.add())
    number = re.findall(r'name="action" value="(\d+)"', session.get(PATH).text)[0]
    web.later(hours=24)
    session = seated(web)
    assert "Undo" not in session.get(PATH).text
    answer = session.post(f"{PATH}/undo", {"action": number})
    assert (
        "it was undone already, or is too long ago" in session.get(answer.headers["location"]).text
    )
    assert web.find().state is State.PAUSED
