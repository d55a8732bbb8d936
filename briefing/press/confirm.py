"""The confirmation mail to a new subscriber, in HTML and plain text."""

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
    """The parts of one confirmation mail, complete."""

    subject: str
    html: str
    text: str


def confirm_parts(
    name: str, *, to: Subscriber, link: str, until: datetime, theme: Theme
) -> ConfirmParts:
    """Write the mail that asks a subscriber to confirm the subscription to a briefing.

    Args:
        name: name of the briefing.
        to: the subscriber, with preferences.
        link: address of the page with the confirmation button.
        until: when the link expires, aware.
        theme: provides the templates.
    """
    wording = phrases(to.preferences.language)
    about = {
        "name": name,
        "language": to.preferences.language,
        "link": link,
        "say": wording,
        "sentence": wording.confirm.format(name=name, when=_when(to.preferences, wording)),
        "until": wording.confirm_until.format(until=_moment(until, to.preferences, wording)),
        "not_you": wording.confirm_not_you.format(address=to.address),
    }
    templates = environment(theme)
    templates.filters |= {"fill": fill}
    return ConfirmParts(
        wording.confirm_subject.format(name=name),
        inline_html(templates, "confirm.html", theme=theme, about=about),
        templates.get_template("confirm.txt").render(about),
    )


def _when(preferences: Preferences, wording: Phrases) -> str:
    return wording.when.format(
        days=_days(preferences.days, wording),
        at=f"{preferences.at:%H:%M}",
        place=_zone_name(preferences.zone, wording),
    )


def _days(days: tuple[int, ...], wording: Phrases) -> str:
    if days == _EVERY_DAY:
        return wording.every_day
    if days == _WORKDAYS:
        return wording.workdays
    *others, last = (wording.weekdays[day] for day in days)
    return (
        f"{wording.on} {', '.join(others)} {wording.both} {last}"
        if others
        else f"{wording.on} {last}"
    )


def _zone_name(zone: str, wording: Phrases) -> str:
    """Return the name of a zone's time: "Zurich time" for Europe/Zurich; UTC is its own name."""
    city = zone.rsplit("/", 1)[-1].replace("_", " ")
    return wording.city_time.format(city=city) if "/" in zone else city


def _moment(moment: datetime, preferences: Preferences, wording: Phrases) -> str:
    local = moment.astimezone(ZoneInfo(preferences.zone))
    return f"{long_date(local.date())}, {local:%H:%M}, {_zone_name(preferences.zone, wording)}"
