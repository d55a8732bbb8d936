"""The mails that answer somebody who asked: one to confirm, one that leads to the preferences."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from types import MappingProxyType

from briefing.app.readers import wording
from briefing.app.readers.decide import Reply
from briefing.app.readers.links import link
from briefing.app.readers.signup import OutgoingMail
from briefing.core.model import State
from briefing.mail.letters import confirmation
from briefing.mail.message import Sender
from briefing.mail.tokens import Purpose
from briefing.press.confirm import confirm_parts
from briefing.press.html import environment
from briefing.press.letter import fill, inline_html
from briefing.press.theme import Theme

#: How long the links of these mails are good.
_LIFE: Mapping[Purpose, timedelta] = MappingProxyType(
    {purpose: purpose.life for purpose in Purpose if purpose.life is not None}
)


@dataclass(frozen=True, slots=True)
class LetterContext:
    """What the mails are written with."""

    #: Of the briefing, as on the nameplate.
    name: str
    #: Where the web pages are, without a last slash.
    web: str
    #: For the links, oldest to newest.
    secrets: tuple[bytes, ...]
    sender: Sender
    theme: Theme


def write(errand: OutgoingMail, *, office: LetterContext) -> bytes:
    """Return the whole message of an errand, lines ended by CRLF.

    Raises:
        InputError: no mail can be sent to the address.
    """
    confirms = errand.reply is Reply.CONFIRM
    purpose = Purpose.CONFIRM if confirms else Purpose.WISHES
    url = link(
        purpose,
        subscriber=errand.to.id,
        epoch=errand.epoch,
        web=office.web,
        secrets=office.secrets,
        at=errand.at,
    )
    until = errand.at + _LIFE[purpose]
    if confirms:
        told = confirm_parts(office.name, to=errand.to, link=url, until=until, theme=office.theme)
        subject, texts = told.subject, (told.text, told.html)
    else:
        said = wording.moment(until, zone=errand.to.wishes.zone)
        subject, texts = f"Your {office.name}", _reminder(errand, office, url=url, until=said)
    return confirmation(texts, subject=subject, to=errand.to, sender=office.sender, at=errand.at)


def _reminder(
    errand: OutgoingMail, office: LetterContext, *, url: str, until: str
) -> tuple[str, str]:
    templates = environment(office.theme)
    templates.filters |= {"fill": fill}
    about = {
        "name": office.name,
        "link": url,
        "address": errand.to.address,
        "paused": errand.to.state is State.PAUSED,
        "when": wording.often(errand.to.wishes),
        "until": until,
    }
    text = templates.get_template("web/reminder.txt").render(about)
    return text, inline_html(templates, "web/reminder.html", theme=office.theme, about=about)
