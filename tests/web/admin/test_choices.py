"""The preferences of a reader, changed by an operator."""

from __future__ import annotations

import re
from datetime import time
from pathlib import Path

import pytest

from briefing.core.model import NO_SECTIONS, Form, State, WatchEntry, WatchList
from tests.web.admin.sessions import Seated, seated
from tests.web.served import served

pytestmark = pytest.mark.allow_hosts(["127.0.0.1"])

CHOICE = {
    "sections": ["economy"],
    "days": ["0", "4"],
    "at": "07:30",
    "zone": "Africa/Accra",
    "form": "text",
}
LISTS = (WatchList("banks", (WatchEntry("bank"),), offer=True),)


def path_of(number: int) -> str:
    return f"/admin/subscribers/{number}/choices"


def seen(page: str) -> str:
    found = re.search(r'name="seen" value="([^"]+)"', page)
    assert found
    return found[1]


def test_choices_are_changed_as_they_asked_and_both_logs_say_who(session: Seated) -> None:
    one = session.web.add()
    assert f'href="{path_of(one.id)}"' in session.get(f"/admin/subscribers/{one.id}").text
    form = session.get(path_of(one.id)).text
    assert form.count(" checked>") >= 3 + 7 + 1
    answer = session.post(path_of(one.id), {**CHOICE, "seen": seen(form)})
    assert answer.status_code == 303
    shown = session.get(answer.headers["location"]).text
    assert "Saved. It holds from the next mail." in shown
    assert "Monday and Friday at 07:30, Accra time" in shown
    now = session.web.find().preferences
    assert (now.sections, now.days, now.at) == (("economy",), (0, 4), time(7, 30))
    assert (now.zone, now.form) == ("Africa/Accra", Form.TEXT)
    told = session.web.consents(one)[-1]
    assert (told.what, told.how, told.origin) == ("changed", "command", "ada")
    act = session.acts()[0]
    assert (act.what, act.about) == ("change subscriber", f"subscriber {one.id}")


def test_what_is_wrong_is_told_beside_its_field_and_the_rest_kept(session: Seated) -> None:
    one = session.web.add()
    sent = seen(session.get(path_of(one.id)).text)
    bad = {**CHOICE, "days": [], "at": "25:00<b>", "seen": sent}
    answer = session.post(path_of(one.id), bad)
    assert answer.status_code == 422
    assert "2 things to correct" in answer.text
    assert "<b>25" not in answer.text
    assert '<option value="Africa/Accra" selected>' in answer.text
    assert seen(answer.text) == sent
    assert session.web.find().preferences == one.preferences


def test_what_they_changed_themselves_meanwhile_is_not_lost(session: Seated) -> None:
    one = session.web.add()
    sent = seen(session.get(path_of(one.id)).text)
    assert session.post(path_of(one.id), {**CHOICE, "seen": sent}).status_code == 303
    late = session.post(path_of(one.id), {**CHOICE, "at": "09:00", "seen": sent})
    assert "changed in the meantime" in session.get(late.headers["location"]).text
    assert session.web.find().preferences.at == time(7, 30)


@pytest.mark.parametrize("state", [State.UNSUBSCRIBED, State.COMPLAINED, State.PENDING])
def test_where_nothing_is_sent_there_is_nothing_to_choose(session: Seated, state: State) -> None:
    one = session.web.add()
    session.web.turn(one, state)
    assert "/choices" not in session.get(f"/admin/subscribers/{one.id}").text
    for answer in (session.get(path_of(one.id)), session.post(path_of(one.id), CHOICE)):
        assert answer.headers["location"].endswith("?message=other")
    assert session.web.find().preferences == one.preferences


def test_watch_lists_that_are_offered_can_be_chosen(tmp_path: Path) -> None:
    with served(tmp_path, watch=LISTS) as web:
        session, one = seated(web), web.add()
        form = session.get(path_of(one.id)).text
        assert "Without a section, their page has only these." in form
        alone = {**CHOICE, "sections": [], "lists": ["banks"], "seen": seen(form)}
        assert session.post(path_of(one.id), alone).status_code == 303
        now = web.find().preferences
        assert (now.sections, now.lists) == (NO_SECTIONS, ("banks",))


def test_nobody_is_no_page(session: Seated) -> None:
    for number in ("99", "x", "9" * 30):
        assert session.get(f"/admin/subscribers/{number}/choices").status_code == 404
