"""VERB: an address becomes a subscription, is changed, paused, and ends when its owner says so."""

from briefing.app.readers.acting import (
    Outcome,
    change,
    come_back,
    confirm,
    leave,
    look,
    pause,
    resume,
    told,
)
from briefing.app.readers.address import normalize
from briefing.app.readers.asking import By, Errand, admit, ask, ask_for_link, renew
from briefing.app.readers.decide import UNDO, Found, Limits, Reply, Seen, epoch
from briefing.app.readers.last import LastEdition, last_edition, release_to, send_last
from briefing.app.readers.letters import Office, write
from briefing.app.readers.links import link

__all__ = [
    "UNDO",
    "By",
    "Errand",
    "Found",
    "LastEdition",
    "Limits",
    "Office",
    "Outcome",
    "Reply",
    "Seen",
    "admit",
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
    "release_to",
    "renew",
    "resume",
    "send_last",
    "told",
    "write",
]
