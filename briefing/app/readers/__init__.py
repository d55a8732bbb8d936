"""VERB: subscriptions: confirmed, changed, paused and ended by their owners."""

from briefing.app.readers.actions import (
    ActionOutcome,
    LinkAction,
    change,
    come_back,
    confirm,
    leave,
    look,
    pause,
    preferences_line,
    resume,
)
from briefing.app.readers.address import normalize
from briefing.app.readers.decide import UNDO, Limits, Reply, Subscription, TokenResult, epoch
from briefing.app.readers.last_edition import LastEdition, last_edition, release_to, send_last
from briefing.app.readers.letters import LetterContext, write
from briefing.app.readers.links import link
from briefing.app.readers.signup import (
    By,
    OutgoingMail,
    admit,
    answer_signups,
    ask,
    ask_for_link,
    put_mail,
    renew,
)

__all__ = [
    "UNDO",
    "ActionOutcome",
    "By",
    "LastEdition",
    "LetterContext",
    "Limits",
    "LinkAction",
    "OutgoingMail",
    "Reply",
    "Subscription",
    "TokenResult",
    "admit",
    "answer_signups",
    "ask",
    "ask_for_link",
    "change",
    "come_back",
    "confirm",
    "epoch",
    "last_edition",
    "leave",
    "link",
    "look",
    "normalize",
    "pause",
    "preferences_line",
    "put_mail",
    "release_to",
    "renew",
    "resume",
    "send_last",
    "write",
]
