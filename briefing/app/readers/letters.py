"""The mails that answer a request: one to confirm, one that links to the preferences."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from types import MappingProxyType

from briefing.app.readers.decide import Reply
from briefing.app.readers.links import link
from briefing.app.readers.signup import OutgoingMail
from briefing.core.model import PLAIN, Letterhead, State
from briefing.mail.letters import confirmation
from briefing.mail.message import Sender
from briefing.mail.tokens import Purpose
from briefing.press import wording
from briefing.press.confirm import confirm_parts
from briefing.press.letter import inline_html
from briefing.press.text import text_environment
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
    letterhead: Letterhead = PLAIN


def write(outgoing: OutgoingMail, *, context: LetterContext) -> bytes:
    """Return the whole message of an errand, lines ended by CRLF.

    Raises:
        InputError: no mail can be sent to the address.
    """
    confirms = outgoing.reply is Reply.CONFIRM
    purpose = Purpose.CONFIRM if confirms else Purpose.PREFERENCES
    url = link(
        purpose,
        subscriber=outgoing.to.id,
        epoch=outgoing.epoch,
        web=context.web,
        secrets=context.secrets,
        at=outgoing.at,
    )
    until = outgoing.at + _LIFE[purpose]
    if confirms:
        parts = confirm_parts(
            context.name,
            to=outgoing.to,
            link=url,
            until=until,
            theme=context.theme,
            letterhead=context.letterhead,
        )
        subject, texts = parts.subject, (parts.text, parts.html)
    else:
        expiry = wording.moment(until, zone=outgoing.to.preferences.zone)
        subject, texts = (
            f"Your {context.name}",
            _reminder(outgoing, context, url=url, until=expiry),
        )
    return confirmation(
        texts, subject=subject, to=outgoing.to, sender=context.sender, at=outgoing.at
    )


def _reminder(
    outgoing: OutgoingMail, context: LetterContext, *, url: str, until: str
) -> tuple[str, str]:
    templates = text_environment(context.theme)
    about = {
        "name": context.name,
        "letterhead": context.letterhead,
        "link": url,
        "address": outgoing.to.address,
        "paused": outgoing.to.state is State.PAUSED,
        "when": wording.often(outgoing.to.preferences),
        "until": until,
    }
    text = templates.get_template("web/reminder.txt").render(about)
    html = inline_html(
        templates,
        "web/reminder.html",
        theme=context.theme,
        about=about,
        letterhead=context.letterhead,
    )
    return text, html
