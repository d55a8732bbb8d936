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


@examples(
    "state, suppressed, recent, day, asked, for_link",
    state=State,
    suppressed=State,
    asked=Reply,
    for_link=Reply,
)
def test_who_asks_gets_a_mail(
    *,
    state: State | None,
    suppressed: State | None,
    recent: int,
    day: int,
    asked: Reply,
    for_link: Reply,
) -> None:
    known = Subscriber(1, READER, state=state) if state else None
    status = decide.AddressStatus(known, suppressed, recent, day)
    assert decide.decide_ask(status, limits=LIMITS) is asked
    assert decide.decide_link(status, limits=LIMITS) is for_link


def seen(state: State | None, *whats: str, since: datetime = NOW - HOUR) -> Subscription:
    one = Subscriber(1, READER, state=state, since=since) if state else None
    return Subscription(one, tuple(Consent(since, what, "form") for what in whats))


def of(purpose: Purpose, *, epoch: int = 0, made: datetime = NOW) -> LinkToken:
    return LinkToken(purpose, 1, epoch, made)


@examples("epoch, hours, state, log, found", state=State, found=TokenResult)
def test_a_confirmation_is_read(
    epoch: int, hours: float, state: State | None, log: str, found: TokenResult
) -> None:
    """It was made so many hours ago; the subscription has stood for one."""
    token = of(Purpose.CONFIRM, epoch=epoch, made=NOW - hours * HOUR)
    assert decide.decide_confirm(token, seen(state, *log.split())) is found


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
    assert seen(State.ACTIVE, *whats).confirmed == NOW - HOUR
    assert seen(State.ACTIVE, "asked").confirmed is None
    assert preferences_line(Preferences()) == "all sections; days 1234567 at 07:00 UTC; pdf; en"
