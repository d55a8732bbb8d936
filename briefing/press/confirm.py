"""The confirmation mail to a new subscriber, in HTML and plain text."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from briefing.core.model import PLAIN, Letterhead, Subscriber
from briefing.press.letter import inline_html
from briefing.press.phrases import phrases
from briefing.press.text import text_environment
from briefing.press.theme import Theme
from briefing.press.wording import moment, often


@dataclass(frozen=True, slots=True)
class ConfirmParts:
    """The parts of one confirmation mail, complete."""

    subject: str
    html: str
    text: str


def confirm_parts(  # noqa: PLR0913  one parameter a part of the mail
    name: str,
    *,
    to: Subscriber,
    link: str,
    until: datetime,
    theme: Theme,
    letterhead: Letterhead = PLAIN,
) -> ConfirmParts:
    """Write the mail that asks a subscriber to confirm the subscription to a briefing.

    ``link`` leads to the page with the confirmation button, and expires at ``until``.
    """
    wording = phrases(to.preferences.language)
    about = {
        "name": name,
        "letterhead": letterhead,
        "language": to.preferences.language,
        "link": link,
        "say": wording,
        "sentence": wording.confirm.format(name=name, when=often(to.preferences, say=wording)),
        "until": wording.confirm_until.format(
            until=moment(until, zone=to.preferences.zone, say=wording)
        ),
        "not_you": wording.confirm_not_you.format(address=to.address),
    }
    templates = text_environment(theme)
    return ConfirmParts(
        wording.confirm_subject.format(name=name),
        inline_html(templates, "confirm.html", theme=theme, about=about, letterhead=letterhead),
        templates.get_template("confirm.txt").render(about),
    )
