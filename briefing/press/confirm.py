"""The mail that asks a new subscriber to confirm, in HTML and in plain text."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from briefing.core.model import Preferences, Subscriber
from briefing.press.html import environment
from briefing.press.letter import fill, inline_html
from briefing.press.phrases import Phrases, phrases
from briefing.press.theme import Theme
from briefing.press.view import long_date

_EVERY_DAY = (0, 1, 2, 3, 4, 5, 6)
_WORKDAYS = (0, 1, 2, 3, 4)


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
        "sentence": say.confirm.format(name=name, when=_when(to.preferences, say)),
        "until": say.confirm_until.format(until=_moment(until, to.preferences, say)),
        "not_you": say.confirm_not_you.format(address=to.address),
    }
    templates = environment(theme)
    templates.filters |= {"fill": fill}
    return ConfirmParts(
        say.confirm_subject.format(name=name),
        inline_html(templates, "confirm.html", theme=theme, about=about),
        templates.get_template("confirm.txt").render(about),
    )


def _when(preferences: Preferences, say: Phrases) -> str:
    return say.when.format(
        days=_days(preferences.days, say),
        at=f"{preferences.at:%H:%M}",
        place=_place(preferences.zone, say),
    )


def _days(days: tuple[int, ...], say: Phrases) -> str:
    if days == _EVERY_DAY:
        return say.every_day
    if days == _WORKDAYS:
        return say.workdays
    *others, last = (say.weekdays[day] for day in days)
    return f"{say.on} {', '.join(others)} {say.both} {last}" if others else f"{say.on} {last}"


def _place(zone: str, say: Phrases) -> str:
    """Say whose time a zone is: "Zurich time" for Europe/Zurich; UTC is its own name."""
    city = zone.rsplit("/", 1)[-1].replace("_", " ")
    return say.city_time.format(city=city) if "/" in zone else city


def _moment(moment: datetime, preferences: Preferences, say: Phrases) -> str:
    local = moment.astimezone(ZoneInfo(preferences.zone))
    return f"{long_date(local.date())}, {local:%H:%M}, {_place(preferences.zone, say)}"
