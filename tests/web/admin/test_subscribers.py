import re
from datetime import date, time
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from briefing.core.model import (
    Consent,
    DeliveryStatus,
    Form,
    State,
    Subscriber,
    WatchEntry,
    WatchList,
)
from briefing.store import subscribers
from briefing.store.mail_tables import SUBSCRIBER
from tests.web.admin.rounds import keep_edition, settle
from tests.web.admin.sessions import Seated, seated
from tests.web.served import OTHER, READER, link_in, served, title

TODAY = date(2026, 3, 12)
PATH = "/admin/subscribers"


def addresses(shown: str) -> list[str]:
    return re.findall(
        r'aria-label="Select [^"]*"><span><a href="/admin/subscribers/\d+">([^<]*)<', shown
    )


def test_each_row_shows_state_preferences_and_the_last_delivery(session: Seated) -> None:
    web = session.web
    assert title(session.get(PATH)) == "Readers"
    shown = session.page(PATH)
    assert "No readers yet." in shown
    assert "Send a confirmation mail" in shown
    assert "<svg" not in shown
    assert "No active readers." in session.page(f"{PATH}/active")
    edition = keep_edition(web, TODAY)
    web.add(sections=("economy",))
    settle(web, edition, READER, DeliveryStatus.SENT, ago=100)
    web.add(OTHER, State.PENDING)
    shown = session.page(PATH)
    assert addresses(shown) == [READER, OTHER]
    assert "every day at 07:00, Zurich time" in shown
    assert 'data-l="Sections">Economy</td>' in shown
    assert "Accepted today, 06:32" in shown
    assert "nothing yet" in shown
    assert "1 to 2 of 2" in shown
    shown = session.page(f"{PATH}/active")
    assert "<title>1 active reader 30 days ago, 1 now.</title>" in shown


def test_they_are_found_by_address_name_and_state(session: Seated) -> None:
    web = session.web
    one = web.add()
    web.add(OTHER, State.PAUSED)
    with web.store.write() as tx:
        named = {"name": "Ama Osei", "folded": subscribers.folded(READER, "Ama Osei")}
        tx.execute(update(SUBSCRIBER).values(named).where(SUBSCRIBER.c.number == one.id))
    assert addresses(session.page(f"{PATH}?q=COURIER")) == [OTHER]
    assert addresses(session.page(f"{PATH}?q=ama+osei")) == [READER]
    assert addresses(session.page(f"{PATH}?state=paused")) == [OTHER]
    assert addresses(session.page(f"{PATH}?state=nonsense")) == [READER, OTHER]
    nothing = session.page(f"{PATH}?q=osei&state=paused")
    assert "No results." in nothing
    assert '<option value="paused" selected>Paused, 1</option>' in nothing
    assert 'value="osei"' in nothing


def test_the_list_has_pages_and_all_that_match_on_every_page_are_changed(session: Seated) -> None:
    web = session.web
    with web.store.write() as tx:
        for place in range(120):
            new = Subscriber(
                0, f"{place:03}@courier.example", state=State.ACTIVE, since=web.clock()
            )
            subscribers.add(tx, new, consent=Consent(web.clock(), "confirmed", "form"))
    first = session.page(PATH)
    assert len(addresses(first)) == 50
    assert "1 to 50 of 120" in first
    assert "Previous" not in first
    assert f'href="{PATH}?page=2">Next' in first
    last = session.page(f"{PATH}?page=3")
    assert addresses(last)[0] == "100@courier.example"
    assert "101 to 120 of 120" in last
    assert "Next" not in last
    web.add()
    found = session.page(f"{PATH}?q=courier&page=2")
    assert addresses(found)[0] == "050@courier.example"
    assert f'href="{PATH}?q=courier&amp;page=3">Next' in found
    assert "All 120 that match" in found
    assert "No results." in session.page(f"{PATH}?page=9")
    told = {"q": "courier", "state": "", "sort": "address", "order": "descending"}
    moved = bulk(session, "pause", all="119", **told)
    assert "Nothing has changed: the list changed in the meantime" in moved
    shown = bulk(session, "pause", all="120", **told)
    assert "<b>Paused 120 readers</b>" in shown
    assert 'value="courier"' in shown
    assert 'aria-sort="descending"' in shown
    assert web.find().state is State.ACTIVE


def test_one_subscriber_is_shown_with_all_that_is_known(session: Seated) -> None:
    web = session.web
    edition = keep_edition(web, TODAY)
    one = web.add(OTHER, at=web.desk.settings.usual.at.replace(hour=6))
    settle(web, edition, OTHER, DeliveryStatus.REFUSED, reason="550 5.1.1 no such user", ago=100)
    web.turn(one, State.BOUNCED, "bounced")
    shown = session.page(f"{PATH}/{one.id}")
    assert title(session.get(f"{PATH}/{one.id}")) == OTHER
    assert "<b>Suspended since today, 08:12</b>" in shown
    assert 'class="message"' in shown
    assert (
        '<span class="bad">Refused</span><span class="why">550 5.1.1 no such user</span>' in shown
    )
    assert "every day at 06:00, Zurich time" in shown
    assert "Tue 10 February, 08:12" in shown
    assert shown.count('<td role="cell" data-l="Method">form</td>') == 2


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
    path = f"{PATH}/{one.id}"
    assert f'value="{do}"' in session.get(path).text
    assert 'class="message done"' in session.sent(path, {"do": do})
    assert web.find().state is after
    told = web.consents(one)[-1]
    assert (told.what, told.how, told.origin) == (what, "command", "ada")
    assert session.last_act == (f"{do} subscriber", f"subscriber {one.id}")


def test_to_remove_somebody_takes_two_steps_and_leaves_no_address(session: Seated) -> None:
    web = session.web
    one = web.add()
    path = f"{PATH}/{one.id}"
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


def test_somebody_is_added_by_the_mail_that_asks(session: Seated) -> None:
    web = session.web
    assert "A confirmation mail was sent." in session.sent(f"{PATH}/add", {"mail": OTHER})
    ((to, message),) = web.mails
    assert to == OTHER
    assert link_in(message).startswith("/confirm/")
    one = web.find(OTHER)
    assert (one.state, one.preferences) == (State.PENDING, web.desk.settings.usual)
    (asked,) = web.consents(one)
    assert (asked.what, asked.how, asked.origin) == ("asked", "command", "ada")
    assert session.last_act == ("add subscriber", f"subscriber {one.id}")


def test_who_was_asked_just_now_is_not_asked_again_nor_a_wrong_address(
    session: Seated, tmp_path: Path
) -> None:
    for status in (303, 422):
        assert session.post(f"{PATH}/add", {"mail": OTHER}).status_code == status
    assert len(session.web.mails) == 1
    session.web.later(hours=2)
    assert session.post(f"{PATH}/add", {"mail": OTHER}).status_code == 303
    assert len(session.web.mails) == 2
    refused = session.refused(f"{PATH}/add", {"mail": "osei@"})
    assert 'value="osei@" aria-invalid="true" aria-describedby="mail-error"' in refused
    assert "1 field to correct" in refused
    # Where nothing sends only those are added who have agreed.
    with served(tmp_path / "mute", sender=None) as web:
        mute = seated(web)
        assert "Confirmation mails cannot be sent" in mute.page(PATH)
        assert mute.post(f"{PATH}/add", {"mail": OTHER}).status_code == 503


def bulk(session: Seated, do: str, *people: Subscriber, **more: str) -> str:
    """Press a button under the list; return what is shown then."""
    told = {"do": do, "who": [str(one.id) for one in people], **more}
    return session.sent(f"{PATH}/bulk", told)


def undo(session: Seated) -> str:
    found = re.search(r'name="action" value="(\d+)"', session.get(PATH).text)
    assert found
    return session.sent(f"{PATH}/undo", {"action": found[1]})


def test_those_selected_are_paused_and_it_is_undone(session: Seated) -> None:
    web = session.web
    one, other = web.add(), web.add(OTHER)
    third = web.add("c@courier.example")
    shown = bulk(session, "pause", one, other)
    assert "<b>Paused. It takes effect at once" in shown
    assert "<b>Paused 2 readers</b>, today, 08:12, by ada" in shown
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
    assert "undone today, 09:12 by ada; 1 reader had been changed in the meantime" in shown
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
    assert "Removed 1 reader</b>" in shown
    assert "then all that is stored about these readers is deleted" in shown
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


def test_nobody_is_selected_and_what_is_no_number_is_no_page(session: Seated) -> None:
    session.web.add()
    before = session.web.dump()
    refused: tuple[tuple[dict[str, Any], str], ...] = (
        ({"do": "pause"}, "nobody was selected"),
        ({"do": "pause", "who": ["x", "-1", "9" * 30, "²"]}, "nobody was selected"),
        ({"do": "explode", "who": ["1"]}, "nobody was selected"),
        ({"do": "pause", "who": ["99"]}, "nobody selected is in a state"),
        ({"do": "resume", "who": ["1"]}, "nobody selected is in a state"),
        *(({"do": "remove", "all": n}, "list changed in the meantime") for n in ("9" * 30, "all")),
    )
    for told, said in refused:
        assert said in session.sent(f"{PATH}/bulk", told)
    for number in ("", "x", "²", "-1", "0", "9" * 18, "9" * 40):
        assert session.post(f"{PATH}/undo", {"action": number}).status_code == 404
        for path in (f"{PATH}/{number}", path_of(number)) if number else ():
            assert session.get(path).status_code == 404
    assert session.web.dump() == before


CHOICE = {
    "sections": ["economy"],
    "days": ["0", "4"],
    "at": "07:30",
    "zone": "Africa/Accra",
    "form": "text",
}
LISTS = (WatchList("banks", (WatchEntry("bank"),), offer=True),)


def path_of(number: object) -> str:
    return f"{PATH}/{number}/choices"


def seen(page: str) -> str:
    found = re.search(r'name="seen" value="([^"]+)"', page)
    assert found
    return found[1]


def test_choices_are_changed_as_they_asked_and_both_logs_say_who(session: Seated) -> None:
    one = session.web.add()
    assert f'href="{path_of(one.id)}"' in session.get(f"{PATH}/{one.id}").text
    form = session.get(path_of(one.id)).text
    assert form.count(" checked>") >= 3 + 7 + 1
    shown = session.sent(path_of(one.id), {**CHOICE, "seen": seen(form)})
    assert "Saved. It applies from the next mail on." in shown
    assert "Monday and Friday at 07:30, Accra time" in shown
    now = session.web.find().preferences
    assert (now.sections, now.days, now.at) == (("economy",), (0, 4), time(7, 30))
    assert (now.zone, now.form) == ("Africa/Accra", Form.TEXT)
    told = session.web.consents(one)[-1]
    assert (told.what, told.how, told.origin) == ("changed", "command", "ada")
    act = session.acts()[0]
    assert (act.what, act.about) == ("change subscriber", f"subscriber {one.id}")
    # What they changed themselves meanwhile is not lost.
    late = session.sent(path_of(one.id), {**CHOICE, "at": "09:00", "seen": seen(form)})
    assert "changed in the meantime" in late
    assert session.web.find().preferences.at == time(7, 30)


@pytest.mark.parametrize("state", [State.UNSUBSCRIBED, State.COMPLAINED, State.PENDING])
def test_where_nothing_is_sent_there_is_nothing_to_choose(session: Seated, state: State) -> None:
    one = session.web.add()
    session.web.turn(one, state)
    assert "/choices" not in session.get(f"{PATH}/{one.id}").text
    for answer in (session.get(path_of(one.id)), session.post(path_of(one.id), CHOICE)):
        assert answer.headers["location"].endswith("?message=other")
    assert session.web.find().preferences == one.preferences
