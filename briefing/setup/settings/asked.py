"""The settings that are asked for in a browser, in groups; their meanings come from the tables.

What opens doors is not among them, so that nobody who is only signed in can open one: the relay,
mailboxes, proxies, hosts inside, places of files, and who must release an edition. Those stand in
the file alone. Only a briefing that sends no mail yet is asked for its relay, on its first morning.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import Any

from briefing.setup.settings.mistakes import schema_of
from briefing.setup.settings.reference import meaning


@dataclass(frozen=True, slots=True)
class AskedSetting:
    """One setting as a form asks for it."""

    #: Such as "page.paper".
    name: str
    label: str
    #: What it means, one paragraph.
    meaning: str
    #: "text", "number", "yes", "choice", "several", "lines" or "weekly": a weekday and a time.
    kind: str
    #: What can be chosen; empty: anything.
    choices: tuple[str, ...] = ()
    #: Most characters of a text; 0: no limit of its own.
    longest: int = 0


@dataclass(frozen=True, slots=True)
class SettingGroup:
    """Settings that are changed together."""

    #: In addresses.
    key: str
    title: str
    names: tuple[str, ...]
    #: Whether the page looks different.
    printed: bool = False


GROUPS = (
    SettingGroup(
        "page",
        "Name and page",
        (
            *("name", "dateline", "page.name_line", "page.marking"),
            *("page.theme", "page.paper", "page.accent"),
        ),
        printed=True,
    ),
    SettingGroup("logo", "Logo", ("page.logo",), printed=True),
    SettingGroup(
        "schedule",
        "Schedule",
        (
            *("schedule.at", "schedule.zone", "schedule.days", "schedule.holidays"),
            *("schedule.empty", "schedule.week", "schedule.grace_hours"),
            "schedule.collect_minutes",
        ),
    ),
    SettingGroup(
        "mail", "Mail", ("mail.subject", "mail.sender_name", "mail.reply_to", "mail.life_hours")
    ),
    SettingGroup(
        "reports",
        "Reports",
        (
            *("collect.contact", "publish.oldest_hours", "publish.first_hours"),
            *("collect.recheck_days", "store.keep_days"),
        ),
        printed=True,
    ),
    SettingGroup("alerts", "Alerts", ("alerts.mail", "alerts.webhook")),
)
#: What a new briefing is asked for first.
FIRST = SettingGroup("name", "Name and time", ("name", "schedule.zone", "schedule.at"))
#: How mail leaves; it can be set in a browser until a relay took a mail, with the password beside.
RELAY = SettingGroup(
    "relay",
    "Mail",
    ("mail.sender", "mail.host", "mail.port", "mail.security", "mail.user", "web.address"),
)
#: Where the own word of a setting does not say enough without its table.
_LABELS: Mapping[str, str] = MappingProxyType(
    {
        "schedule.at": "Time",
        "schedule.zone": "Time zone",
        "schedule.empty": "With nothing to print",
        "schedule.week": "Week in review",
        "mail.sender": "Address of the sender",
        "mail.host": "Relay",
        "web.address": "Address of these pages",
        "mail.user": "User name at the relay",
        "mail.reply_to": "Replies to",
        "mail.life_hours": "Hours for which an edition is sent",
        "publish.first_hours": "Hours of the first edition",
        "publish.oldest_hours": "Oldest reports, in hours",
        "collect.recheck_days": "Days of looking for corrections",
        "collect.contact": "Contact for publishers",
        "store.keep_days": "Days of keeping unprinted texts",
        "schedule.grace_hours": "Hours of grace",
        "schedule.collect_minutes": "Minutes between collecting",
        "alerts.mail": "Alerts by mail",
        "alerts.webhook": "Alerts to a web address",
        "page.accent": "Accent color",
    }
)
#: The setting that is a weekday and a time.
_WEEKLY = "schedule.week"
#: Settings whose value may hold something secret, such as a key in an address.
SECRET = frozenset(
    {
        *("alerts.webhook", "alerts.relay", "alerts.relay_password_file", "collect.proxy"),
        *("mail.bounces", "mail.user", "store.at"),
        *("mail.password_file", "mail.bounces_password_file", "mail.secrets_file", "mail.dkim"),
    }
)


@cache
def asked(name: str) -> AskedSetting:
    """Return a setting as a form asks for it."""
    schema = schema_of(name)
    items: Mapping[str, Any] = schema.get("items", {})
    choices = tuple(map(str, schema.get("enum", items.get("enum", ()))))
    if name == _WEEKLY:
        choices = asked("schedule.days").choices
    own = name.rpartition(".")[2].replace("_", " ")
    return AskedSetting(
        name,
        _LABELS.get(name, own.capitalize()),
        meaning(name),
        "weekly" if name == _WEEKLY else _kind(schema),
        choices,
        int(schema.get("maxLength", 0)),
    )


def _kind(schema: Mapping[str, Any]) -> str:
    if schema.get("type") == "array":
        return "several" if "enum" in schema["items"] else "lines"
    if "enum" in schema:
        return "choice"
    return {"boolean": "yes", "integer": "number", "number": "number"}.get(schema["type"], "text")
