"""What a subscription allows, and how requests for one are answered."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from enum import Enum, StrEnum

from briefing.core.frozen import frozen
from briefing.core.messages import Translatable
from briefing.core.model import Consent, State, Subscriber
from briefing.mail.tokens import LinkToken

#: How long leaving can be undone.
UNDO = timedelta(hours=24)
#: Tokens have a resolution of a second, the store of a microsecond.
TICK = timedelta(seconds=1)
#: Log entries for a pause and its end.
PAUSED, RESUMED = "paused", "resumed"
#: Log entry for a reader who ended all sessions and keys.
SIGNED_OUT = "signed out everywhere"
#: Log entry for someone who has verified their address and waits for an operator.
VERIFIED = "verified"


@frozen
class Limits:
    """How many mails strangers can cause."""

    #: To one address within a day.
    address_day: int = 3
    #: Shortest time between two mails to one address: many requests at once cause one mail.
    gap: timedelta = timedelta(hours=1)
    #: Within a day to an address whose owner has left, or that bounces.
    refused_day: int = 1
    #: Requests from one network within an hour, whatever their result.
    network_hour: int = 10
    #: Mails in all within an hour.
    all_hour: int = 500


@frozen
class AddressStatus:
    """Status of an address for which mail is requested."""

    subscriber: Subscriber | None
    #: Left, bounced or complained, even if its subscriber was deleted; None: none of these.
    suppressed: State | None
    #: Mails caused by requests: within :attr:`Limits.gap`, and within a day.
    recent: int
    day: int


def is_of(group: Iterable[str], address: str) -> bool:
    """Return whether an address or its domain is in a group; "*.": only all subdomains."""
    whole = address.casefold()
    domain = whole.rpartition("@")[2]
    return any(
        domain.endswith(each[1:]) if each.startswith("*") else each in {whole, domain}
        for each in map(str.casefold, group)
    )


@frozen
class SignUp:
    """Who may sign up on the web."""

    #: "open", "approval", "domain" or "closed".
    how: str = "open"
    #: Domains for "domain"; with "*." in front, all subdomains.
    domains: tuple[str, ...] = ()

    def takes(self, address: str) -> bool:
        """Return whether the form accepts an address, whether or not it is known."""
        is_own = self.how == "domain" and is_of(self.domains, address)
        return self.how in {"open", "approval"} or is_own

    def lets_in(self, address: str) -> bool:
        """Return whether its owner becomes a reader without an operator."""
        return self.how != "approval" and self.takes(address)


OPEN = SignUp()


class Reply(Enum):
    """The mail that answers a request."""

    NOTHING = "nothing"
    #: Asks for confirmation.
    CONFIRM = "confirm"
    #: Sends a subscriber the link to the preferences.
    REMIND = "remind"
    #: The same, to someone whom an operator has let in.
    WELCOME = "welcome"


class TokenResult(StrEnum):
    """The result of using a token that is valid in itself."""

    GOOD = "good"
    #: What it requests has been done already.
    DONE = "done"
    #: The subscription waits for an operator.
    WAITS = "waits"
    #: Its subscription has ended, or it is too late for this.
    OVER = "over"


@frozen
class Subscription:
    """The subscription that a token names, in its current state."""

    #: None if the subscriber was deleted.
    subscriber: Subscriber | None
    consents: tuple[Consent, ...]

    @property
    def epoch(self) -> int:
        """How often it has begun."""
        return epoch(self.consents)

    @property
    def state(self) -> State | None:
        """Its current state."""
        return self.subscriber.state if self.subscriber else None

    @property
    def confirmed(self) -> datetime | None:
        """When it last began."""
        return next(
            (consent.at for consent in reversed(self.consents) if consent.what in _BEGINS), None
        )

    @property
    def waits(self) -> bool:
        """Whether its owner has verified the address, and waits for an operator."""
        return self.state is State.PENDING and any(each.what == VERIFIED for each in self.consents)

    @property
    def invited(self) -> bool:
        """Whether the last request for it came from an operator."""
        asked = [each.how for each in self.consents if each.what == "asked"]
        return asked[-1:] == ["command"]

    @property
    def signed_out(self) -> datetime | None:
        """When its reader last ended all sessions and keys."""
        ends = (each.at for each in self.consents if (each.what, each.words) == _ENDS)
        return max(ends, default=None)


_ENDS = ("changed", SIGNED_OUT)
_BEGINS = frozenset({"confirmed", "imported"})
_STEPS = _BEGINS | {"returned", VERIFIED}
READING = frozenset({State.ACTIVE, State.PAUSED})


def epoch(consents: Iterable[Consent]) -> int:
    """Return how often a subscription was confirmed: the epoch of its tokens.

    Undoing an unsubscribe starts no new epoch, so that links in earlier mails stay valid.
    """
    return sum(consent.what == "confirmed" for consent in consents)


def not_written_to(state: State, since: datetime) -> str:
    """Return why an address that left, bounced or complained is not mailed."""
    return Translatable(
        "gets no mail ({state} since {date}) until its owner subscribes again on the web",
        state=str(state),
        date=f"{since:%Y-%m-%d}",
    )


def decide_ask(status: AddressStatus, *, limits: Limits) -> Reply:
    """Return the mail that answers a request to subscribe an address.

    Readers who reported our mail as spam get none, whoever asks.
    """
    if _over(status, limits):
        return Reply.NOTHING
    subscriber = status.subscriber
    return Reply.REMIND if subscriber and subscriber.state in READING else Reply.CONFIRM


def decide_link(status: AddressStatus, *, limits: Limits) -> Reply:
    """Return the mail that answers a request for the link to a subscription."""
    subscriber = status.subscriber
    if subscriber is None or _over(status, limits):
        return Reply.NOTHING
    if subscriber.state is State.PENDING:
        return Reply.CONFIRM
    return Reply.REMIND if subscriber.state in READING else Reply.NOTHING


def _over(status: AddressStatus, limits: Limits) -> bool:
    if status.suppressed is State.COMPLAINED:
        return True
    most = limits.refused_day if status.suppressed else limits.address_day
    return status.recent > 0 or status.day >= most


def decide_confirm(token: LinkToken, subscription: Subscription) -> TokenResult:
    """Return the result of a confirmation; one requested before its owner left has expired."""
    subscriber = subscription.subscriber
    if subscriber is None:
        return TokenResult.OVER
    if subscriber.state in READING:
        return TokenResult.DONE
    if token.epoch != subscription.epoch:
        return TokenResult.OVER
    if subscription.waits:
        return TokenResult.WAITS
    left = subscriber.state is not State.PENDING and subscriber.since
    return TokenResult.OVER if left and token.made + TICK <= left else TokenResult.GOOD


def decide_preferences(token: LinkToken, subscription: Subscription) -> TokenResult:
    """Return whether preferences can be seen and changed."""
    good = subscription.state in READING and token.epoch == subscription.epoch
    return TokenResult.GOOD if good else TokenResult.OVER


def decide_read(token: LinkToken, subscription: Subscription) -> TokenResult:
    """Return whether a session or a feed key still opens the pages of a closed briefing."""
    ended = subscription.signed_out
    if ended and token.made <= ended:
        return TokenResult.OVER
    return decide_preferences(token, subscription)


def decide_leave(token: LinkToken, subscription: Subscription) -> TokenResult:
    """Return the result of leaving; a reader who gets no mail has already left."""
    if subscription.state not in READING | {State.PENDING}:
        return TokenResult.DONE
    return TokenResult.GOOD if token.epoch == subscription.epoch else TokenResult.OVER


def decide_return(token: LinkToken, subscription: Subscription, *, at: datetime) -> TokenResult:
    """Return whether leaving can be undone."""
    subscriber = subscription.subscriber
    if subscriber is None or token.epoch != subscription.epoch:
        return TokenResult.OVER
    if subscriber.state in READING:
        return TokenResult.DONE
    steps = [each.what for each in subscription.consents if each.what in _STEPS]
    # Someone who was not let in yet has nothing to return to.
    was_in = steps[-1:] != [VERIFIED]
    left = subscriber.since if was_in and subscriber.state is State.UNSUBSCRIBED else None
    return TokenResult.GOOD if left and at < left + UNDO else TokenResult.OVER


def state_before(consents: Sequence[Consent]) -> State:
    """Return the state of a subscription before it was left: paused or active."""
    for consent in reversed(consents):
        if consent.what == "changed" and consent.words in {PAUSED, RESUMED}:
            return State.PAUSED if consent.words == PAUSED else State.ACTIVE
        if consent.what in _BEGINS or consent.what == "returned":
            break
    return State.ACTIVE
