"""PURE: the forms of settings: what was typed becomes changes, and values become what is shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from briefing.setup.settings.asked import SECRET, AskedSetting, SettingGroup, asked
from briefing.setup.settings.edit import Value
from briefing.setup.settings.save import SettingChange, SettingsFile
from briefing.web.forms import Fields, first

#: Characters of a field that are read; no setting asked for is longer.
_LONGEST = 4_000
#: Entries of a list that are read, such as days without an edition of some years.
_MOST = 400


@dataclass(frozen=True, slots=True)
class SettingField:
    """A setting on a form."""

    asked: AskedSetting
    #: As typed, or as the file says; of a list its entries.
    value: str
    values: tuple[str, ...] = ()
    #: What is wrong with it, one sentence; empty: nothing.
    wrong: str = ""

    @property
    def id(self) -> str:
        """Its id on the page, which has no dot."""
        return self.asked.name.replace(".", "-")


def typed(group: SettingGroup, fields: Fields) -> dict[str, Value]:
    """Return what was typed, by setting; what is no number stays a text, and is refused later."""
    return {name: _typed(asked(name), fields) for name in group.names if name in _sent(fields)}


def _sent(fields: Fields) -> frozenset[str]:
    """Return the settings that a form asked for: a list of which none is chosen sends nothing."""
    return frozenset({*fields, *fields.get("asked", ())})


def _typed(setting: AskedSetting, fields: Fields) -> Value:
    if setting.kind == "several":
        chosen = set(fields.get(setting.name, ()))
        known = [choice for choice in setting.choices if choice in chosen]
        return [*known, *sorted(chosen - set(known))][:_MOST]
    text = first(fields, setting.name)[:_LONGEST]
    if setting.kind == "weekly":
        # Without a day the time says nothing.
        return f"{text} {first(fields, f'{setting.name}.at')[:_LONGEST].strip()}" if text else ""
    if setting.kind == "lines":
        return text.replace(",", " ").split()[:_MOST]
    if setting.kind == "yes":
        return text == "yes"
    if setting.kind == "number":
        return _number(text.strip())
    return text.strip(" ")


def _number(text: str) -> Value:
    try:
        number = float(text)
    except ValueError:
        return text
    # TOML has both kinds, and what is a whole number is written as one.
    return int(number) if number.is_integer() and abs(number) < 10**12 else number


def fields_of(
    group: SettingGroup,
    file: SettingsFile,
    *,
    sent: Mapping[str, Value],
    wrong: Mapping[str, str],
    more: Mapping[str, Sequence[str]],
) -> tuple[SettingField, ...]:
    """Return the fields of a form.

    Args:
        group: the settings asked for.
        file: says their values.
        sent: what was typed instead.
        wrong: what is wrong, by name, such as "schedule.holidays.2".
        more: what can be chosen where the settings themselves do not say it.
    """
    return tuple(
        _field(name, sent.get(name, file.get(name)), wrong, more.get(name, ()))
        for name in group.names
    )


def _field(
    name: str,
    value: Any,  # noqa: ANN401  any value of TOML
    wrong: Mapping[str, str],
    choices: Sequence[str],
) -> SettingField:
    setting = asked(name)
    if choices:
        own = (str(value),) if value and value not in choices else ()
        setting = AskedSetting(name, setting.label, setting.meaning, "choice", (*own, *choices))
    reasons = [
        f"{place.removeprefix(name).lstrip('.')}: {why}".removeprefix(": ")
        for place, why in wrong.items()
        if place == name or place.startswith(f"{name}.")
    ]
    is_list = isinstance(value, list | tuple)
    values = tuple(map(str, value)) if is_list else ()
    return SettingField(setting, shown(value, apart="\n"), values, "; ".join(reasons))


def shown(value: object, *, apart: str = ", ") -> str:
    """Return a value as people read it."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple):
        return apart.join(map(str, value))
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def change_rows(changes: Sequence[SettingChange]) -> list[tuple[str, str, str]]:
    """Return what changes: label, before and after."""
    return [
        (
            asked(change.name).label,
            _public(change.name, change.old),
            _public(change.name, change.new),
        )
        for change in changes
    ]


def summary(group: SettingGroup, file: SettingsFile) -> list[tuple[str, str]]:
    """Return the settings of a group with their values."""
    return [(asked(name).label, _public(name, file.get(name))) for name in group.names]


def _public(name: str, value: object) -> str:
    """Return a value; of what may hold a secret only whether there is one."""
    if name in SECRET and name != "alerts.mail":
        return "set" if value else "not set"
    return shown(value) or "none"
