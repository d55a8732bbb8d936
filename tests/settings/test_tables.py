"""Settings of a briefing: what they mean, defaults, and each mistake on one line."""

from __future__ import annotations

import re
import tomllib
from datetime import date, time
from itertools import pairwise
from pathlib import Path

import pytest
from pydantic import BaseModel

from briefing.core.errors import SettingsError
from briefing.core.model import Document, Step, WatchEntry, WatchList
from briefing.settings import (
    FILE_NAME,
    AlertSettings,
    LogSettings,
    PageSettings,
    ScheduleSettings,
    SectionSettings,
    Settings,
    find,
    load,
    timetable_of,
)
from briefing.settings.reference import table_of, template
from briefing.setup import parts
from briefing.setup.outbox import list_rules

#: A line that sets something, and one that shows how in a comment.
NAME, EXAMPLE = re.compile(r"^(\w+) = ", re.MULTILINE), re.compile(r"# (?:\[\[|\w+ = )")


def written(folder: Path, text: str) -> Path:
    path = folder / FILE_NAME
    path.write_text(text, encoding="utf-8")
    return path


def mistakes(folder: Path, text: str) -> str:
    with pytest.raises(SettingsError) as error:
        load(written(folder, text))
    message = str(error.value)
    assert message.startswith(f"{folder / FILE_NAME}: ")
    assert "\n" not in message
    return message.removeprefix(f"{folder / FILE_NAME}: ")


def test_the_template_says_the_defaults(tmp_path: Path) -> None:
    assert load(written(tmp_path, template())) == Settings()


def test_the_template_names_every_setting_and_nothing_else() -> None:
    # What is commented out is an example of a list of tables: taken in, it must be valid too.
    shown = template()
    examples = [line.removeprefix("# ") for line in shown.splitlines() if EXAMPLE.match(line)]
    for text in (shown, "\n".join(examples)):
        assert Settings.model_validate(tomllib.loads(text))
    names = {*NAME.findall(shown), *NAME.findall("\n".join(examples))}
    models: list[type[BaseModel]] = [Settings]
    for model in models:
        below = [table_of(field) for field in model.model_fields.values()]
        models += filter(None, below)
    assert names == {
        name
        for model in models
        for name, field in model.model_fields.items()
        if not table_of(field)
    }


def test_the_template_explains_every_setting() -> None:
    lines = template().splitlines()
    for before, line in pairwise(lines):
        assert not NAME.match(line) or before.startswith(("#", "[[")), line
    assert max(map(len, lines)) <= 100


def test_an_empty_file_says_the_defaults(tmp_path: Path) -> None:
    assert load(written(tmp_path, "")) == Settings()


def test_the_settings_can_be_given_one_by_one(tmp_path: Path) -> None:
    told = load(
        written(
            tmp_path,
            'name = "Ostra Desk"\nclassifier = "keywords"\n'
            '[[sections]]\nname = "trade and ports"\nwords = ["berth", "tariff"]\n'
            '[page]\npaper = "Letter"\n',
        )
    )
    assert told.name == "Ostra Desk"
    assert told.sections == (SectionSettings(name="trade and ports", words=("berth", "tariff")),)
    assert told.page == PageSettings(paper="Letter")
    assert told.ranker == "salience"


def test_all_mistakes_are_told_at_once_each_with_its_line(tmp_path: Path) -> None:
    told = mistakes(
        tmp_path,
        '# a desk\nname = ""\nlanguage = "english"\nwindow_hours = 0\ncolor = "red"\n'
        "[page]\npaper = 4\nmargin = 3\n",
    )
    assert [one.split(": ")[:2] for one in told.split("; ") if one.startswith("line")] == [
        ["line 2", "name"],
        ["line 3", "language"],
        ["line 4", "window_hours"],
        ["line 7", "page.paper"],
        ["line 8", "page.margin"],
        ["line 5", "color"],
    ]


def test_an_unknown_key_says_where_all_are_listed(tmp_path: Path) -> None:
    assert mistakes(tmp_path, 'colour = "red"') == (
        "line 1: colour: unknown setting; `briefing init` lists all settings"
    )


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('name = "a\\nb"', "line 1: name: must be one line without control characters"),
        ('dateline = "a\\tb"', "line 1: dateline: must be one line without control characters"),
        (
            '[mail]\npassword_file = "a\\u0000b"',
            "line 2: mail.password_file: must not contain the character U+0000",
        ),
        ("sections = []", "line 1: sections: must list at least one section, each name only once"),
        (
            '[[sections]]\nname = "a"\n[[sections]]\nname = "a"',
            "line 1: sections: must list at least one section, each name only once",
        ),
        ("other = 5", "line 1: other: "),
        ('name = "' + "x" * 61 + '"', "line 1: name: "),
        ("window_hours = 9999", "line 1: window_hours: "),
        ("window_hours = 7.5", "line 1: window_hours: "),
        ('[[sections]]\nname = "Economy"', "line 2: sections.1.name: "),
        ('[[sections]]\nwords = ["x"]', "sections.1.name: "),
        ('[[sections]]\nname = "a"\nwords = [""]', "line 3: sections.1.words.1: "),
        ("page = 5", "line 1: page: "),
        ("ranker = 1", "line 1: ranker: "),
        ('[page]\ntheme = ["classic"]', "line 2: page.theme: "),
    ],
)
def test_a_mistake_names_its_place(tmp_path: Path, text: str, told: str) -> None:
    assert told in mistakes(tmp_path, text)


@pytest.mark.parametrize(
    "text", ["name = ", "[page", "name = 'a'\nname = 'b'", "\x00", "= 5", "[" * 3000]
)
def test_what_is_not_toml_is_one_error(tmp_path: Path, text: str) -> None:
    assert "cannot be read as settings" in mistakes(tmp_path, text)


def test_what_is_not_utf_8_is_one_error(tmp_path: Path) -> None:
    path = tmp_path / FILE_NAME
    path.write_bytes(b'name = "\xff"')
    with pytest.raises(SettingsError, match="cannot be read as settings"):
        load(path)


def test_a_file_that_is_not_there_is_one_error(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"none\.toml: cannot be read as settings"):
        load(tmp_path / "none.toml")


class TestTheFileIsFound:
    def test_when_it_is_given(self, tmp_path: Path) -> None:
        other = tmp_path / "other.toml"
        other.write_text('name = "Other"', encoding="utf-8")
        written(tmp_path, 'name = "Desk"')
        assert find(other, tmp_path).name == "Other"

    def test_in_the_folder(self, tmp_path: Path) -> None:
        written(tmp_path, 'name = "Desk"')
        assert find(None, tmp_path).name == "Desk"

    def test_or_else_the_defaults_are_taken(self, tmp_path: Path) -> None:
        assert find(None, tmp_path) == Settings()

    def test_and_is_not_passed_over_when_it_is_given_but_not_there(self, tmp_path: Path) -> None:
        with pytest.raises(SettingsError):
            find(tmp_path / "none.toml", tmp_path)


def settings(folder: Path, text: str) -> Settings:
    path = folder / FILE_NAME
    path.write_text(text, encoding="utf-8")
    return load(path)


def mistakes_of(folder: Path, text: str) -> list[str]:
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
    (told,) = mistakes_of(tmp_path, f'[schedule]\nweek = "{value}"\n')
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
    told = mistakes_of(
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
    (told,) = mistakes_of(tmp_path, text)
    assert told.startswith("line 2: ")
    assert hint in told


@pytest.mark.parametrize("at", ["6:30", "06:60", "0630", "06:30:00", " 06:30", "٠٦:٣٠", ""])
def test_a_time_has_four_digits(tmp_path: Path, at: str) -> None:
    (told,) = mistakes_of(tmp_path, f'[schedule]\nat = "{at}"')
    assert told.startswith("line 2: schedule.at: ")


@pytest.mark.parametrize(
    "address", ["chat.example", "ftp://chat.example", "https://", "https://a b"]
)
def test_a_webhook_is_a_web_address(tmp_path: Path, address: str) -> None:
    (told,) = mistakes_of(tmp_path, f'[alerts]\nwebhook = "{address}"')
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
    assert any(told in one for one in mistakes_of(tmp_path, text))


def read(folder: Path, text: str) -> Settings:
    path = folder / "briefing.toml"
    path.write_text(text, encoding="utf-8")
    return load(path)


def test_words_are_entries_with_other_words_for_the_same(tmp_path: Path) -> None:
    settings = read(
        tmp_path,
        '[[watch]]\nname = "south"\nlabel = "The South"\npull = true\nalert = 3\n'
        'words = ["Nambuda", " Mozambique | Moçambique|莫桑比克 "]\n',
    )
    (south,) = settings.watch
    assert south.watched == WatchList(
        "south",
        (WatchEntry("Nambuda"), WatchEntry("Mozambique", ("Moçambique", "莫桑比克"))),
        "The South",
        pull=True,
        alert=3,
    )
    (hit,) = parts.recipe(settings).watch(Document("d", "莫桑比克大选", ""))
    assert (hit.list, hit.label, hit.entry, hit.pull) == ("south", "The South", "Mozambique", True)


def test_what_is_watched_decides_about_a_page_but_not_who_is_alerted(tmp_path: Path) -> None:
    own = '[[watch]]\nname = "south"\nwords = ["Nambuda"]\n'
    others = (
        "",
        "alert = 2\n",
        'alert_mail = ["a@b.example"]\n',
        "pull = true\n",
        "offer = true\n",
    )
    plain, alert, mail, pull, offer = (
        parts.recipe(read(tmp_path, own + other)).manifest["settings"] for other in others
    )
    assert plain == alert == mail
    assert len({plain, pull, offer}) == 3
    assert parts.recipe(Settings()).watch(Document("d", "Nambuda", "")) == ()


def test_readers_may_choose_only_what_is_offered(tmp_path: Path) -> None:
    own = """
    [[watch]]
    name = "south"
    words = ["Nambuda"]
    [[watch]]
    name = "banks"
    label = "Central banks"
    offer = true
    words = ["bank"]
    [[watch]]
    name = "crops"
    offer = true
    words = ["cocoa"]
    """
    settings = read(tmp_path, own)
    expected = {"banks": "Central banks", "crops": "crops"}
    assert dict(parts.recipe(settings).lists) == dict(list_rules(settings).lists) == expected


def test_no_section_has_the_name_that_means_none(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match='"none" is what readers write who want no section'):
        read(tmp_path, '[[sections]]\nname = "none"\nwords = ["a"]\n')


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ("words = []", "line 4: watch.1.words: must be 1 to 5,000 words or phrases; there are 0"),
        ('words = ["a|"]', 'line 4: watch.1.words.1: "a|": each part between "|" must have'),
        ('words = ["-"]', "must have a letter or a digit"),
        ('words = [""]', "watch.1.words.1: is empty"),
        (f'words = ["{"a" * 10_000}"]', "has 10000 characters; must be text"),
        (f"words = {['w'] * 5_001}", "there are 5,001"),
        ('words = ["a\\nb"]', "must be one line without control characters"),
        ('words = "a"', "is text; must be a list"),
        ("", "watch.1.words: is missing"),
        ('words = ["a"]\npull = 7', "line 5: watch.1.pull: is 7; must be true or false"),
        ('words = ["a"]\nalert = -1', "must be a whole number from 0 to 100"),
        ('words = ["a"]\nalert_mail = ["a"]', "watch.1.alert_mail.1: must be a mail address"),
        ('words = ["a"]\nlabel = "中国"', "line 5: watch.1.label: must be words of at most 30"),
        ('words = ["a"]\nword = ["b"]', "unknown setting; did you mean words?"),
        ('words = ["a"]\n[[watch]]\nname = "x"\nwords = ["b"]', "each name only once"),
    ],
)
def test_a_mistake_is_told_on_one_line(tmp_path: Path, fields: str, why: str) -> None:
    with pytest.raises(SettingsError) as error:
        read(tmp_path, f'language = "en"\n[[watch]]\nname = "x"\n{fields}\n')
    assert why in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("name", ["", "X", "a b", "-a", "a" * 31, "中"])
def test_a_name_can_stand_in_an_address(tmp_path: Path, name: str) -> None:
    with pytest.raises(SettingsError, match=r"watch\.1\.name: .*at most 30 lower-case letters"):
        read(tmp_path, f'[[watch]]\nname = "{name}"\nwords = ["a"]\n')


def test_one_table_is_told_to_be_several(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"watch: is a table; .* each start with \[\[watch\]\]"):
        read(tmp_path, '[watch.south]\nwords = ["a"]\n')


def test_thousands_of_entries_are_read_and_found(tmp_path: Path) -> None:
    words = [f"Name{number} Other{number}" for number in range(5_000)]
    settings = read(tmp_path, f'[[watch]]\nname = "x"\nwords = {words}\n')
    hits = parts.recipe(settings).watch(Document("d", "", "Name7 Other7, Name4999 other4999"))
    assert [hit.entry for hit in hits] == [words[7], words[4999]]
