import re
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import time
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest
from starlette.testclient import TestClient

from briefing.app.readers import SignUp, epoch, link
from briefing.core.model import Consent, Form, Preferences, State, Subscriber
from briefing.mail.tokens import Purpose
from briefing.press.theme import classic
from briefing.store import Store, subscribers
from briefing.web import WebContext
from briefing.web.application import Several
from tests.fakes import Clock
from tests.store.ready import ready_store
from tests.web.served import NOW, READER, SENDER, desk_settings

OWN = Preferences(("economy",), (), Form.TEXT, (0, 4), time(5, 30), "Africa/Accra")
NAMES = ("Asia Desk", "Ostra Desk", "Harbor Desk")
ASIA, OSTRA, HARBOR = NAMES


@dataclass
class House:
    """Three briefings in one process, each with its store and its secrets."""

    desks: dict[str, WebContext]
    client: TestClient

    def store(self, name: str) -> Store:
        return self.desks[name].store

    def add(self, name: str, state: State = State.ACTIVE, address: str = READER) -> Subscriber:
        """Add a reader who has confirmed, and turn to a state after that."""
        consent = Consent(NOW, "confirmed", "form")
        new = Subscriber(0, address, state=State.ACTIVE, preferences=OWN, since=NOW)
        with self.store(name).write() as tx:
            number = subscribers.add(tx, new, consent=consent)
            assert number
            if state is not State.ACTIVE:
                subscribers.change_state(tx, number, state, consent=Consent(NOW, "changed", "form"))
        return replace(new, id=number)

    def find(self, name: str, address: str = READER) -> Subscriber | None:
        with self.store(name).read() as tx:
            return subscribers.find(tx, address)

    def state(self, name: str) -> State | None:
        found = self.find(name)
        return found.state if found else None

    def log(self, name: str) -> tuple[Consent, ...]:
        found = self.find(name)
        assert found
        with self.store(name).read() as tx:
            return subscribers.consents(tx, found.id)

    def page(self, of: Subscriber, name: str = ASIA) -> str:
        desk = self.desks[name]
        with desk.store.read() as tx:
            number = epoch(subscribers.consents(tx, of.id))
        return link(
            Purpose.PREFERENCES,
            subscriber=of.id,
            epoch=number,
            web=desk.base,
            secrets=desk.secrets,
            at=NOW,
        )

    def get(self, path: str) -> str:
        answer = self.client.get(path)
        assert answer.headers["cache-control"] == "no-store"
        return answer.text

    def press(self, path: str, do: str, **fields: Any) -> Any:  # noqa: ANN401
        sent = {"token": path.rpartition("/")[2], "do": do, **fields}
        return self.client.post(path, data=sent, follow_redirects=False)


@contextmanager
def house(
    folder: Path,
    sign_up: Mapping[str, SignUp] = MappingProxyType({}),
    **senders: Any,  # noqa: ANN401
) -> Iterator[House]:
    with ExitStack() as stack:
        desks = {}
        for place, name in enumerate(NAMES):
            at = name.split()[0].lower()
            store = stack.enter_context(ready_store(f"{at}.db", folder=folder))
            desks[name] = WebContext(
                store=store,
                settings=desk_settings(
                    name=name,
                    sections=("economy", "security"),
                    sign_up=sign_up.get(name, SignUp()),
                    usual=Preferences(),
                ),
                web=f"http://briefing.example/{at}",
                theme=classic(),
                secrets=(f"secret {place} of thirty-two characters".encode(),),
                clock=Clock(NOW),
                sender=senders.get(at, SENDER),
            )
        yield House(
            desks, TestClient(Several([*desks.values()], at_root=False), "http://briefing.example")
        )


@pytest.fixture
def desks(tmp_path: Path) -> Iterator[House]:
    with house(tmp_path) as made:
        yield made


def boxes(page: str) -> dict[str, str]:
    """Return the attributes of the check box of each other briefing."""
    return dict(re.findall('name="briefing" value="([^"]*)"([^>]*)>', page))


def test_the_page_lists_the_other_briefings_with_what_the_address_is_there(desks: House) -> None:
    one = desks.add(ASIA)
    desks.add(OSTRA, State.PAUSED)
    desks.add(HARBOR, State.COMPLAINED)
    page = desks.get(desks.page(one))
    assert boxes(page) == {"ostra-desk": " checked", "harbor-desk": " disabled"}
    assert 'Ostra Desk <span class="soft">(paused)</span>' in page
    assert "(you reported a mail as spam; none is sent again)" in page
    assert re.findall('name="was" value="([^"]*)"', page) == ["ostra-desk"]


def test_without_a_good_token_nobody_sees_or_changes_anything(desks: House) -> None:
    one = desks.add(ASIA)
    desks.add(OSTRA)
    path = desks.page(one)
    foreign = path.replace("/asia/", "/ostra/")
    for wrong in (f"{path}x", foreign, "/asia/preferences", "/asia/subscribe", "/"):
        answer = desks.client.get(wrong)
        assert 'name="briefing"' not in answer.text
        assert READER not in answer.text
    assert desks.client.get(foreign).status_code == 404
    assert desks.press(foreign, "leave-all").status_code == 404
    stolen = desks.client.post(path, data={"do": "leave-all"}, follow_redirects=False)
    assert stolen.status_code == 422
    elsewhere = {"Origin": "https://evil.example"}
    sent = {"token": path.rpartition("/")[2], "do": "leave-all"}
    assert desks.client.post(path, data=sent, headers=elsewhere).status_code == 403
    assert [desks.state(name) for name in (ASIA, OSTRA)] == [State.ACTIVE] * 2


def test_what_is_ticked_begins_there_and_its_log_names_page_and_briefing(desks: House) -> None:
    path = desks.page(desks.add(ASIA))
    answer = desks.press(path, "briefings", briefing=["ostra-desk"])
    assert (answer.status_code, answer.headers["location"]) == (303, f"{path}?saved=briefings")
    page = desks.get(f"{path}?saved=briefings")
    assert 'role="status"' in page
    assert boxes(page) == {"ostra-desk": " checked", "harbor-desk": ""}
    new = desks.find(OSTRA)
    assert new
    assert (new.state, new.address) == (State.ACTIVE, READER)
    assert new.preferences == replace(OWN, sections=())
    assert desks.find(HARBOR) is None
    asked, confirmed = desks.log(OSTRA)
    assert (asked.what, confirmed.what, confirmed.how) == ("asked", "confirmed", "form")
    assert confirmed.words == (
        "Subscribe to Ostra Desk: on the preferences page of Asia Desk, "
        "http://briefing.example/asia/preferences"
    )


@pytest.mark.parametrize("state", [State.UNSUBSCRIBED, State.BOUNCED, State.PENDING])
def test_who_had_left_begins_again_by_their_own_wish(desks: House, state: State) -> None:
    path = desks.page(desks.add(ASIA))
    old = desks.add(OSTRA, state)
    desks.press(path, "briefings", briefing=["ostra-desk"])
    assert desks.state(OSTRA) is State.ACTIVE
    found = desks.find(OSTRA)
    assert found
    assert (found.id, found.preferences) == (old.id, OWN)
    assert epoch(desks.log(OSTRA)) == 2


@pytest.mark.parametrize("is_forgotten", [False, True])
def test_who_reported_spam_is_not_written_to_again(desks: House, *, is_forgotten: bool) -> None:
    path = desks.page(desks.add(ASIA))
    old = desks.add(OSTRA, State.COMPLAINED)
    if is_forgotten:
        with desks.store(OSTRA).write() as tx:
            subscribers.forget(tx, old.id)
    desks.press(path, "briefings", briefing=["ostra-desk"])
    assert desks.state(OSTRA) is (None if is_forgotten else State.COMPLAINED)


def test_what_is_unticked_ends_there_and_nowhere_else(desks: House) -> None:
    path = desks.page(desks.add(ASIA))
    for name in (OSTRA, HARBOR):
        desks.add(name)
    desks.press(path, "briefings", was=["ostra-desk", "harbor-desk"], briefing=["harbor-desk"])
    assert [desks.state(name) for name in NAMES] == [State.ACTIVE, State.UNSUBSCRIBED, State.ACTIVE]
    assert desks.log(OSTRA)[-1].what == "left"
    assert desks.log(OSTRA)[-1].words.startswith("Unsubscribe from Ostra Desk: on the preferences")


def test_a_form_shown_before_something_else_was_done_undoes_none_of_it(desks: House) -> None:
    path = desks.page(desks.add(ASIA))
    # Shown when the reader had neither; since then they began at one of them.
    desks.add(OSTRA)
    desks.press(path, "briefings", briefing=["harbor-desk"])
    assert [desks.state(name) for name in (OSTRA, HARBOR)] == [State.ACTIVE] * 2
    before = desks.log(HARBOR)
    desks.press(path, "briefings", briefing=["harbor-desk"])
    assert desks.log(HARBOR) == before


def test_hostile_names_change_nothing(desks: House) -> None:
    path = desks.page(desks.add(ASIA))
    evil = ["asia-desk", "<script>", "\0", "../ostra-desk", "x" * 5_000]
    answer = desks.press(path, "briefings", was=evil, briefing=["Ostra-Desk", "", *evil[1:]])
    assert answer.status_code in {303, 400}
    page = desks.get(f"{path}?saved=briefings&failed=%3Cscript%3E,ostra")
    assert "<script" not in page
    assert "Not saved" not in page
    assert [desks.state(name) for name in NAMES] == [State.ACTIVE, None, None]


def test_one_that_cannot_be_reached_is_said_and_the_others_are_done(desks: House) -> None:
    path = desks.page(desks.add(ASIA))
    place = desks.store(OSTRA).place.file
    assert place
    with _away(place):
        assert boxes(desks.get(path))["ostra-desk"] == " disabled"
        assert "(cannot be reached now)" in desks.get(path)
        answer = desks.press(path, "briefings", briefing=["ostra-desk", "harbor-desk"])
        assert answer.headers["location"] == f"{path}?saved=briefings&failed=ostra-desk"
        assert "Not saved: Ostra Desk." in desks.get(answer.headers["location"])
    assert [desks.state(name) for name in (OSTRA, HARBOR)] == [None, State.ACTIVE]
    desks.press(path, "briefings", briefing=["ostra-desk"])
    assert desks.state(OSTRA) is State.ACTIVE
    with _away(place):
        text = desks.press(path, "leave-all").text
    assert "Still active: Ostra Desk." in text
    assert [desks.state(name) for name in (ASIA, OSTRA)] == [State.UNSUBSCRIBED, State.ACTIVE]


def test_all_are_left_at_once_and_the_own_one_can_be_undone(desks: House) -> None:
    path = desks.page(desks.add(ASIA))
    desks.add(OSTRA, State.PAUSED)
    answer = desks.press(path, "leave-all")
    assert answer.status_code == 200
    assert (
        f"Nothing more is sent to {READER} by: Asia Desk, Harbor Desk, Ostra Desk." in answer.text
    )
    assert [desks.state(name) for name in NAMES] == [State.UNSUBSCRIBED, State.UNSUBSCRIBED, None]
    (undo,) = re.findall('href="(/asia/unsubscribe/[^"]+)"', answer.text)
    assert "Undo" in desks.get(undo)
    assert desks.client.get(path).status_code == 410


def test_a_briefing_that_sends_no_mail_and_a_lone_one_are_not_offered(tmp_path: Path) -> None:
    with house(tmp_path, ostra=None, harbor=None) as closed:
        path = closed.page(closed.add(ASIA))
        assert "Other briefings" not in closed.get(path)
        closed.press(path, "briefings", briefing=["ostra-desk"])
        assert closed.find(OSTRA) is None


@contextmanager
def _away(store: Path) -> Iterator[None]:
    """Let a store be gone for a while."""
    away = store.with_suffix(".away")
    store.rename(away)
    try:
        yield
    finally:
        away.rename(store)
