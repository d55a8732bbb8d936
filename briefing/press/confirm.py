"""The mail that asks a new subscriber to confirm, in HTML and in plain text."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from briefing.core.model import Subscriber
from briefing.press.html import environment
from briefing.press.letter import fill, inline_html
from briefing.press.phrases import phrases
from briefing.press.theme import Theme
from briefing.press.wording import moment, often


@dataclass(frozen=True, slots=True)
class ConfirmParts:
    """The words of one confirmation mail; all is in them, nothing is left to fill in."""

    subject: str
    html: str
    text: str


def confirm_parts(
    name: str, *, to: Subscriber, link: str, until: datetime, theme: Theme
) -> ConfirmParts:
    """Write the mail that asks a subscriber to confirm a briefing of this name.

    Args:
        name: as on the nameplate.
        to: who asked for it, and what they wish.
        link: address of the page with the button that confirms.
        until: when the link expires, aware.
        theme: where the templates are.
    """
    say = phrases(to.preferences.language)
    about = {
        "name": name,
        "language": to.preferences.language,
        "link": link,
        "say": say,
        "sentence": say.confirm.format(name=name, when=often(to.preferences, say=say)),
        "until": say.confirm_until.format(until=moment(until, zone=to.preferences.zone, say=say)),
        "not_you": say.confirm_not_you.format(address=to.address),
    }
    templates = environment(theme)
    templates.filters |= {"fill": fill}
    return ConfirmParts(
        say.confirm_subject.format(name=name),
        inline_html(templates, "confirm.html", theme=theme, about=about),
        templates.get_template("confirm.txt").render(about),
    )
