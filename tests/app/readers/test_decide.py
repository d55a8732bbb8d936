from datetime import datetime, timedelta

import pytest

from briefing.app.readers import (
    Reply,
    Subscription,
    TokenResult,
    decide,
    epoch,
    normalize,
    preferences_line,
)
from briefing.core.errors import InputError
from briefing.core.model import Consent, Preferences, State, Subscriber
from briefing.mail.tokens import LinkToken, Purpose
from tests.app.readers.test_actions import HOUR, LIMITS, NOW, READER
from tests.examples import examples
from tests.mail.nasty import IDS, NASTY

# addresses


@examples("written, kept")
def test_an_address_is_kept_in_one_way(written: str, kept: str) -> None:
    assert normalize(written) == kept


@examples("written, said")
def test_an_address_that_is_none_is_told_without_repeating_it(written: str, said: str) -> None:
    with pytest.raises(InputError) as raised:
        normalize(written)
    assert str(raised.value) == said


@pytest.mark.parametrize("written", NASTY, ids=IDS)
def test_no_strange_string_is_an_address(written: str) -> None:
    with pytest.raises(InputError, match=r"^it "):
        normalize(written)


# decisions


def address_status(state: State | None = None, **changes: object) -> decide.AddressStatus:
    known = Subscriber(1, READER, state=state) if state else None
    settings: dict[str, object] = {"suppressed": None, "recent": 0, "day": 0, **changes}
    return decide.AddressStatus(known, **settings)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("known", "asked", "for_link"),
    [
        (address_status(), Reply.CONFIRM, Reply.NOTHING),
        (address_status(State.PENDING), Reply.CONFIRM, Reply.CONFIRM),
        (address_status(State.ACTIVE), Reply.REMIND, Reply.REMIND),
        (address_status(State.PAUSED), Reply.REMIND, Reply.REMIND),
        (
            address_status(State.UNSUBSCRIBED, suppressed=State.UNSUBSCRIBED),
            Reply.CONFIRM,
            Reply.NOTHING,
        ),
        (address_status(State.BOUNCED, suppressed=State.BOUNCED), Reply.CONFIRM, Reply.NOTHING),
        (
            address_status(State.COMPLAINED, suppressed=State.COMPLAINED),
            Reply.NOTHING,
            Reply.NOTHING,
        ),
        (address_status(suppressed=State.COMPLAINED), Reply.NOTHING, Reply.NOTHING),
        (address_status(suppressed=State.UNSUBSCRIBED), Reply.CONFIRM, Reply.NOTHING),
        (address_status(suppressed=State.UNSUBSCRIBED, day=1), Reply.NOTHING, Reply.NOTHING),
        (address_status(recent=1, day=1), Reply.NOTHING, Reply.NOTHING),
        (address_status(State.ACTIVE, day=2), Reply.REMIND, Reply.REMIND),
        (address_status(State.ACTIVE, day=3), Reply.NOTHING, Reply.NOTHING),
        (address_status(State.PENDING, recent=1, day=1), Reply.NOTHING, Reply.NOTHING),
    ],
    ids=range(14),
)
def test_who_asks_gets_a_mail(known: decide.AddressStatus, asked: Reply, for_link: Reply) -> None:
    assert decide.decide_ask(known, limits=LIMITS) is asked
    assert decide.decide_link(known, limits=LIMITS) is for_link


def seen(state: State | None, *whats: str, since: datetime = NOW - HOUR) -> Subscription:
    one = Subscriber(1, READER, state=state, since=since) if state else None
    return Subscription(one, tuple(Consent(since, what, "form") for what in whats))


def of(purpose: Purpose, *, epoch: int = 0, made: datetime = NOW) -> LinkToken:
    return LinkToken(purpose, 1, epoch, made)


ACTIVE, PAUSED, PENDING = State.ACTIVE, State.PAUSED, State.PENDING
LEFT, BOUNCED, COMPLAINED = State.UNSUBSCRIBED, State.BOUNCED, State.COMPLAINED
EARLIER = NOW - timedelta(hours=2)


@pytest.mark.parametrize(
    ("token", "known", "found"),
    [
        (of(Purpose.CONFIRM), seen(PENDING, "asked"), TokenResult.GOOD),
        (of(Purpose.CONFIRM), seen(ACTIVE, "asked", "confirmed"), TokenResult.DONE),
        (of(Purpose.CONFIRM), seen(PAUSED, "asked", "confirmed"), TokenResult.DONE),
        (of(Purpose.CONFIRM), seen(LEFT, "confirmed", "left"), TokenResult.OVER),
        (of(Purpose.CONFIRM, epoch=1), seen(LEFT, "confirmed", "left"), TokenResult.GOOD),
        (of(Purpose.CONFIRM, epoch=1, made=EARLIER), seen(LEFT, "confirmed"), TokenResult.OVER),
        (
            of(Purpose.CONFIRM, epoch=1, made=EARLIER),
            seen(COMPLAINED, "confirmed"),
            TokenResult.OVER,
        ),
        (of(Purpose.CONFIRM, made=NOW - HOUR), seen(LEFT, "imported"), TokenResult.GOOD),
        (of(Purpose.CONFIRM), seen(None, "asked"), TokenResult.OVER),
    ],
    ids=range(9),
)
def test_a_confirmation_is_read(token: LinkToken, known: Subscription, found: TokenResult) -> None:
    assert decide.decide_confirm(token, known) is found


@examples(
    "state, epoch, preferences, leaves", state=State, preferences=TokenResult, leaves=TokenResult
)
def test_preferences_and_leaving_meet_what_is_so(
    state: State | None, epoch: int, preferences: TokenResult, leaves: TokenResult
) -> None:
    known = seen(state, "confirmed")
    assert decide.decide_preferences(of(Purpose.PREFERENCES, epoch=epoch), known) is preferences
    assert decide.decide_leave(of(Purpose.LEAVE, epoch=epoch), known) is leaves


@examples("state, epoch, hours, found", state=State, found=TokenResult)
def test_leaving_is_undone_within_a_day(
    state: State | None, epoch: int, hours: float, found: TokenResult
) -> None:
    known = seen(state, "confirmed", since=NOW)
    at = NOW + timedelta(hours=hours)
    assert decide.decide_return(of(Purpose.LEAVE, epoch=epoch), known, at=at) is found


@examples("story, state", state=State)
def test_what_stood_before_leaving_is_read_from_the_log(story: str, state: State) -> None:
    log = [
        Consent(NOW, word, "form")
        if word in {"confirmed", "left", "returned"}
        else Consent(NOW, "changed", "form", words=word)
        for word in story.split()
    ]
    assert decide.state_before(log) is state


def test_an_epoch_counts_confirmations_and_preferences_are_logged_in_few_words() -> None:
    whats = tuple("asked confirmed left returned left asked confirmed changed".split())
    assert epoch([Consent(NOW, what, "form") for what in whats]) == 2
    assert seen(ACTIVE, *whats).confirmed == NOW - HOUR
    assert seen(ACTIVE, "asked").confirmed is None
    assert preferences_line(Preferences()) == "all sections; days 1234567 at 07:00 UTC; pdf; en"
