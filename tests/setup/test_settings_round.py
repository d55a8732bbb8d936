from __future__ import annotations

from datetime import date, time
from pathlib import Path

import pytest

from briefing.core.errors import SettingsError
from briefing.core.model import Step
from briefing.setup.settings import (
    FILE_NAME,
    AlertSettings,
    LogSettings,
    ScheduleSettings,
    Settings,
    load,
)
from briefing.setup.timetable import timetable_of


def settings(folder: Path, text: str) -> Settings:
    path = folder / FILE_NAME
    path.write_text(text, encoding="utf-8")
    return load(path)


def mistakes(folder: Path, text: str) -> list[str]:
    """Return the mistakes of a text, each with its line."""
    with pytest.raises(SettingsError) as error:
        settings(folder, text)
    message = str(error.value)
    assert message.isprintable()
    return message.removeprefix(f"{folder / FILE_NAME}: ").split("; line ")


def test_a_day_of_the_round_can_be_told(tmp_path: Path) -> None:
    told = settings(
        tmp_path,
        '[schedule]\nat = "05:45"\nzone = "Asia/Kathmandu"\ndays = ["mon", "fri"]\n'
        'holidays = ["2026-12-25", 2027-01-01]\ngrace_hours = 0.5\nempty = "note"\n'
        'collect_minutes = 5\nweek = "fri 17:00"\n',
    )
    assert told.schedule == ScheduleSettings(
        at="05:45",
        zone="Asia/Kathmandu",
        days=("mon", "fri"),
        holidays=(date(2026, 12, 25), date(2027, 1, 1)),
        grace_hours=0.5,
        empty="note",
        week="fri 17:00",
        collect_minutes=5,
    )
    week = timetable_of(told).week
    assert week is not None
    assert (week.at, week.days, week.step) == (time(17), (4,), Step.WEEK)
    assert (week.zone, week.holidays, week.week) == (
        "Asia/Kathmandu",
        frozenset(told.schedule.holidays),
        None,
    )
    assert timetable_of(Settings()).week is None


@pytest.mark.parametrize(
    "value", ["friday 17:00", "fri", "17:00", "fri 24:00", "fri 17:00 ", "Fri 17:00"]
)
def test_a_week_in_review_has_a_weekday_and_a_time(tmp_path: Path, value: str) -> None:
    (told,) = mistakes(tmp_path, f'[schedule]\nweek = "{value}"\n')
    assert told.endswith(
        'schedule.week: must be a weekday and a time such as "fri 17:00", or empty'
    )


def test_who_is_told_and_how_can_be_told(tmp_path: Path) -> None:
    told = settings(
        tmp_path,
        '[log]\nformat = "json"\n[alerts]\nmail = "desk@ministry.example"\n'
        'webhook = "https://chat.example/hooks/1?key=2"\n',
    )
    assert told.log == LogSettings(format="json")
    assert told.alerts == AlertSettings(
        mail="desk@ministry.example", webhook="https://chat.example/hooks/1?key=2"
    )


def test_all_mistakes_of_the_round_are_told_at_once_each_with_its_line(tmp_path: Path) -> None:
    told = mistakes(
        tmp_path,
        '[schedule]\nat = "24:00"\nzone = "Mars/Base"\ndays = ["monday"]\n'
        'holidays = ["Christmas"]\ngrace_hours = 25\nempty = "mail"\ncollect_minutes = 0\n'
        'color = 1\n[log]\nformat = "xml"\n[alerts]\nmail = "a\\nb"\nwebhook = "ftp://x"\n'
        "sms = 5\n",
    )
    assert [": ".join(one.removeprefix("line ").split(": ")[:2]) for one in told] == [
        "2: schedule.at",
        "3: schedule.zone",
        "4: schedule.days.1",
        "5: schedule.holidays.1",
        "6: schedule.grace_hours",
        "7: schedule.empty",
        "8: schedule.collect_minutes",
        "9: schedule.color",
        "11: log.format",
        "13: alerts.mail",
        "14: alerts.webhook",
        "15: alerts.sms",
    ]


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ('[schedule]\nzone = "CET+1"', 'must be an IANA time zone such as "Europe/Zurich"'),
        ('[schedule]\nzone = "../etc/passwd"', 'must be an IANA time zone such as "Europe/Zurich"'),
        ("[schedule]\ndays = []", "must list at least one day, and each only once"),
        ('[schedule]\ndays = ["mon", "mon"]', "must list at least one day, and each only once"),
        ('[schedule]\ndays = ["Mon"]', 'is "Mon"; must be "mon", "tue", "wed"'),
        ('[schedule]\nempty = ""', 'is ""; must be "skip" or "note"'),
        ("[schedule]\ngrace_hours = -1", "is -1; must be a number from 0 to 24"),
        ("[schedule]\ngrace_hours = 24.5", "is 24.5; must be a number from 0 to 24"),
        ("[schedule]\ncollect_minutes = 1441", "is 1441; must be a whole number from 1 to 1440"),
        ("[schedule]\ncollect_minutes = 0.5", "is 0.5; must be a whole number from 1 to 1440"),
        ('[log]\nformat = "JSON"', 'is "JSON"; must be "console" or "json"'),
        ('[alerts]\nmail = "a\\tb"', "must be one line without control characters"),
        ("[alerts]\nmail = 5", "is 5; must be text in quotation marks"),
        ('[log]\nlevel = "debug"', "unknown setting; `briefing init` lists all settings"),
    ],
)
def test_a_mistake_says_what_would_be_right(tmp_path: Path, text: str, hint: str) -> None:
    (told,) = mistakes(tmp_path, text)
    assert told.startswith("line 2: ")
    assert hint in told


@pytest.mark.parametrize("at", ["6:30", "06:60", "0630", "06:30:00", " 06:30", "٠٦:٣٠", ""])
def test_a_time_has_four_digits(tmp_path: Path, at: str) -> None:
    (told,) = mistakes(tmp_path, f'[schedule]\nat = "{at}"')
    assert told.startswith("line 2: schedule.at: ")


@pytest.mark.parametrize(
    "address", ["chat.example", "ftp://chat.example", "https://", "https://a b"]
)
def test_a_webhook_is_a_web_address(tmp_path: Path, address: str) -> None:
    (told,) = mistakes(tmp_path, f'[alerts]\nwebhook = "{address}"')
    assert told.startswith("line 2: alerts.webhook: ")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('[store]\nat = "a.db"\n[schedule]\nat = "x"', "line 4: schedule.at: must be a time such"),
        ('[mail]\nport = 587\n[alerts]\nmail = "a\\tb"', "line 4: alerts.mail: "),
        (
            '[mail]\ndkim = 5\n[[sections]]\nname = "a"\nword = 5',
            "line 5: sections.1.word: unknown setting",
        ),
        ('[[sections]]\nname = "a"\n[[sections]]\nname = "B"', "line 4: sections.2.name: "),
        ('[[sections]]\nname = "a"\n[[sections]]\nwords = ["b"]', "line 3: sections.2.name: "),
        ('schedule = {at = "x"}', "line 1: schedule.at: "),
        ('[schedule]\nholidays = ["Easter"]', 'must be a date such as "2026-12-25"'),
        ('[alerts]\nwebhook = "a"', 'must be a web address such as "https://chat.example/hook"'),
    ],
)
def test_a_mistake_is_told_at_the_line_of_its_own_table(
    tmp_path: Path, text: str, told: str
) -> None:
    assert any(told in one for one in mistakes(tmp_path, text))
