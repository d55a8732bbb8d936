from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from email import message_from_bytes
from email.policy import default
from functools import partial

import pytest

from briefing.app.readers import (
    ActionOutcome,
    By,
    LetterContext,
    Limits,
    LinkAction,
    OutgoingMail,
    Reply,
    TokenResult,
    admit,
    ask,
    change,
    come_back,
    confirm,
    leave,
    link,
    look,
    pause,
    resume,
    write,
)
from briefing.core.model import Form, Letterhead, Preferences, State, Subscriber
from briefing.mail.message import Sender
from briefing.mail.tokens import LinkToken, Purpose
from briefing.settings import Settings
from briefing.setup.parts import theme
from briefing.store import Store, reader_list, subscribers
from briefing.store.subscribers import Signup, SignupKind
from tests.examples import examples
from tests.fakes import Clock
from tests.mail.relays import text_of
from tests.press.lettering import joined
from tests.press.test_html import Tree

NOW = datetime(2026, 3, 12, 8, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
READER = "a.osei@ministry.example"
LIMITS = Limits()
WORDS = "You ask for World Desk by mail."


@pytest.fixture
def clock() -> Clock:
    return Clock(NOW)


def form(clock: Clock) -> By:
    return By("form", "203.0.113.0/24", clock(), WORDS)


def asking(store: Store, clock: Clock, address: str = READER) -> OutgoingMail | None:
    with store.write() as tx:
        return ask(tx, address, preferences=Preferences(), by=form(clock), limits=LIMITS)


def admitted(
    store: Store, clock: Clock, network: str = "203.0.113.0/24", limits: Limits = LIMITS
) -> datetime | None:
    return admit(store, network, signup=Signup(SignupKind.LINK, READER), clock=clock, limits=limits)


def acted(store: Store, clock: Clock, action: LinkAction, token: LinkToken) -> ActionOutcome:
    with store.write() as tx:
        return action(tx, token, by=form(clock))


def find(store: Store, address: str = READER) -> Subscriber:
    with store.read() as tx:
        found = subscribers.find(tx, address)
    assert found
    return found


def logged(store: Store, number: int = 1) -> list[str]:
    with store.read() as tx:
        return [one.what for one in subscribers.consents(tx, number)]


def token(purpose: Purpose, outgoing: OutgoingMail | None, *, at: datetime = NOW) -> LinkToken:
    assert outgoing
    return LinkToken(purpose, outgoing.to.id, outgoing.epoch, at)


def confirmed(store: Store, clock: Clock) -> Subscriber:
    acted(store, clock, confirm, token(Purpose.CONFIRM, asking(store, clock), at=clock()))
    return find(store)


def test_many_at_once_cause_one_mail(store: Store, clock: Clock) -> None:
    with ThreadPoolExecutor(8) as crowd:
        mail_queue = list(crowd.map(lambda _: asking(store, clock), range(200)))
    assert sum(outgoing is not None for outgoing in mail_queue) == 1
    assert logged(store) == ["asked"]
    # in upper and lower case it is one address
    assert asking(store, clock, "A.OSEI@ministry.example") is None


def test_an_address_gets_three_mails_a_day_and_one_an_hour(store: Store, clock: Clock) -> None:
    sent = []
    for minutes in range(0, 48 * 60, 20):
        if asking(store, clock):
            sent.append(minutes)
        clock.later(minutes=20)
    assert sent[:3] == [0, 60 + 20, 2 * (60 + 20)]
    for begin in range(24 * 60):
        assert sum(begin < minutes <= begin + 24 * 60 for minutes in sent) <= 3


def test_without_a_mail_nothing_changes(store: Store, clock: Clock) -> None:
    asking(store, clock)
    before = find(store)
    preferences = Preferences(form=Form.TEXT)
    with store.write() as tx:
        assert ask(tx, READER, preferences=preferences, by=form(clock), limits=LIMITS) is None
    assert find(store) == before
    clock.later(hours=2)
    with store.write() as tx:
        assert ask(tx, READER, preferences=preferences, by=form(clock), limits=LIMITS)
    assert find(store).preferences == preferences
    assert logged(store) == ["asked", "asked"]


def test_who_left_and_was_forgotten_can_ask_once_a_day(store: Store, clock: Clock) -> None:
    one = confirmed(store, clock)
    clock.later(hours=2)
    acted(store, clock, leave, LinkToken(Purpose.LEAVE, one.id, 1, NOW))
    with store.write() as tx:
        subscribers.forget(tx, one.id)
    assert asking(store, clock)
    clock.later(hours=5)
    assert asking(store, clock) is None
    with store.read() as tx:
        assert reader_list.suppressed(tx, READER)


def test_a_network_is_admitted_ten_times_an_hour_also_at_once(store: Store, clock: Clock) -> None:
    for _ in range(10):
        assert admitted(store, clock) is None
    assert admitted(store, clock) == NOW + HOUR
    assert admitted(store, clock, "198.51.100.0/24") is None
    clock.later(hours=1, seconds=1)

    def ask_in(_: int) -> bool:
        return admitted(store, clock) is None

    with ThreadPoolExecutor(8) as crowd:
        assert sum(crowd.map(ask_in, range(100))) == 10


def test_nobody_is_admitted_when_too_many_mails_went_out(store: Store, clock: Clock) -> None:
    few = Limits(all_hour=2)
    for name in ("a", "b"):
        asking(store, clock, f"{name}@ministry.example")
    assert admitted(store, clock, limits=few) == NOW + HOUR
    clock.later(hours=1, seconds=1)
    assert admitted(store, clock, limits=few) is None
    # what was counted is forgotten after two days
    clock.later(days=2)
    admitted(store, clock)
    with store.read() as tx:
        assert subscribers.count(tx, "mail to address", "a@ministry.example", since=NOW - HOUR) == 0


def test_acts_on_a_link_that_is_over_change_nothing(store: Store, clock: Clock) -> None:
    one = confirmed(store, clock)
    before = find(store), logged(store)
    for act in (pause, resume, leave, come_back, confirm):
        outcome = acted(store, clock, act, LinkToken(Purpose.LEAVE, one.id, 7, NOW))
        assert outcome.result in {TokenResult.OVER, TokenResult.DONE}
    wrong = LinkToken(Purpose.PREFERENCES, one.id, 7, NOW)
    save = partial(change, preferences=Preferences(at=time(5)))
    assert acted(store, clock, save, wrong).result is TokenResult.OVER
    assert (find(store), logged(store)) == before
    assert look(store, wrong).subscriber == one


# mails


def letter_context() -> LetterContext:
    sender = Sender("World Desk", "desk@briefing.example")
    return LetterContext(
        "World Desk", "https://briefing.example", (b"secret",), sender, theme(Settings())
    )


@pytest.mark.parametrize("reply", [Reply.CONFIRM, Reply.REMIND])
def test_the_mails_have_the_letterhead_of_the_page_without_its_logo(reply: Reply) -> None:
    logo = "data:image/svg+xml;base64,PHN2Zz4="
    house = Letterhead("internal <use>", "Ministry of Trade & Co", "#1d4f91", logo)
    outgoing = OutgoingMail(reply, Subscriber(7, READER), 1, NOW)
    marked = write(outgoing, context=replace(letter_context(), letterhead=house))
    mail = message_from_bytes(marked, policy=default)
    assert [part.get_content_type() for part in mail.walk()] == [
        "multipart/alternative",
        "text/plain",
        "text/html",
    ]
    lines = text_of(marked).strip().splitlines()
    assert lines[:4] == ["INTERNAL <USE>", "", "Ministry of Trade & Co", "[World Desk]"]
    assert lines[-1] == "INTERNAL <USE>"
    page = text_of(marked, "html")
    assert page.count("internal &lt;use&gt;</p>") == 2
    assert "Ministry of Trade &amp; Co</p>" in page
    assert "#9c1c1f" not in page
    assert "#1d4f91" in page
    bare = write(outgoing, context=letter_context()).decode()
    assert "marking" not in bare
    assert "house" not in bare


@examples("state, said", state=State)
def test_a_subscriber_is_reminded_in_text_and_html(state: State, said: str) -> None:
    outgoing = OutgoingMail(Reply.REMIND, Subscriber(7, READER, state=state), 1, NOW)
    written = write(outgoing, context=letter_context())
    mail = message_from_bytes(written, policy=default)
    assert (mail["To"], mail["Subject"]) == (READER, "Your World Desk")
    assert "List-Unsubscribe" not in mail
    url = link(
        Purpose.PREFERENCES,
        subscriber=7,
        epoch=1,
        web="https://briefing.example",
        secrets=(b"secret",),
        at=NOW,
    )
    for kind in ("plain", "html"):
        words = " ".join(text_of(written, kind).split())
        assert f"{READER} {said}" in words
        assert url in words
        assert "The link is valid until Saturday 11 April 2026, 08:12, UTC." in words
        assert "Nothing has changed" in words


def confirmation(
    *, name: str = "World Desk", address: str = READER, **preferences: object
) -> tuple[str, Tree]:
    """Return the text and the page of the mail that asks a reader to confirm."""
    wish = Preferences(**preferences)  # type: ignore[arg-type]
    outgoing = OutgoingMail(Reply.CONFIRM, Subscriber(7, address, preferences=wish), 0, NOW)
    written = write(outgoing, context=replace(letter_context(), name=name))
    assert message_from_bytes(written, policy=default)["Subject"] == f"Confirm {name}"
    return text_of(written), Tree(text_of(written, "html"))


def test_who_is_asked_to_confirm_is_told_for_what_until_when_and_what_else_to_do() -> None:
    words, page = confirmation(zone="Europe/Zurich", at=time(6, 30))
    for text in (joined(words), joined(page.of("body")[0].text)):
        assert "Confirm that you want World Desk every day at 06:30, Zurich time." in text
        assert "valid until Thursday 19 March 2026, 09:12, Zurich time." in text
        assert f"entered the address {READER}" in text
        assert "If it was not you, do nothing" in text
    (button,) = page.of("a", "button")
    assert button.text == "Confirm"
    (url,) = {link.attributes["href"] for link in page.of("a")}
    assert url in words.splitlines()
    assert url.startswith("https://briefing.example/confirm/7-0.")
    assert "background:#16140f" in button.attributes["style"]
    assert [table.attributes["role"] for table in page.of("table")] == ["presentation"] * 2


@examples("days, phrase")
def test_the_days_are_said(days: tuple[int, ...], phrase: str) -> None:
    assert f"World Desk {phrase} at 07:00, UTC." in joined(confirmation(days=days)[0])
