import re
import tomllib
from datetime import date, time, timedelta
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
)
from briefing.settings.reference import table_of, template
from briefing.setup import parts
from tests.examples import examples

#: A line that sets something, and one that shows how in a comment.
NAME, EXAMPLE = re.compile(r"^(\w+) = ", re.MULTILINE), re.compile(r"# (?:\[\[|\w+ = )")


def read(folder: Path, text: str) -> Settings:
    path = folder / FILE_NAME
    path.write_text(text, encoding="utf-8")
    return load(path)


def mistakes(folder: Path, text: str) -> str:
    """Return what is said of a text that is refused, on one line, behind the name of the file."""
    with pytest.raises(SettingsError) as error:
        read(folder, text)
    message = str(error.value)
    assert message.startswith(f"{folder / FILE_NAME}: ")
    assert message.isprintable()
    return message.removeprefix(f"{folder / FILE_NAME}: ")


def test_the_template_says_the_defaults_as_an_empty_file_does(tmp_path: Path) -> None:
    assert read(tmp_path, template()) == read(tmp_path, "") == Settings().within(tmp_path)


def test_the_template_names_and_explains_every_setting_and_nothing_else() -> None:
    # What is commented out is an example of a list of tables: taken in, it must be valid too.
    shown = template()
    examples = [line.removeprefix("# ") for line in shown.splitlines() if EXAMPLE.match(line)]
    for text in (shown, "\n".join(examples)):
        assert Settings.model_validate(tomllib.loads(text))
    names = {*NAME.findall(shown), *NAME.findall("\n".join(examples))}
    models: list[type[BaseModel]] = [Settings]
    for model in models:
        models += filter(None, [table_of(field) for field in model.model_fields.values()])
    fields = (field for model in models for field in model.model_fields.items())
    assert names == {name for name, field in fields if not table_of(field)}
    lines = template().splitlines()
    for before, line in pairwise(lines):
        assert not NAME.match(line) or before.startswith(("#", "[[")), line
    assert max(map(len, lines)) <= 100


def test_the_settings_can_be_given_one_by_one(tmp_path: Path) -> None:
    settings = read(
        tmp_path,
        'name = "Ostra Desk"\nclassifier = "keywords"\n'
        '[[sections]]\nname = "trade and ports"\nwords = ["berth", "tariff"]\n'
        '[page]\npaper = "Letter"\n[log]\nformat = "json"\n'
        '[alerts]\nmail = "desk@ministry.example"\nwebhook = "https://chat.example/hooks/1?key=2"\n',
    )
    section = SectionSettings(name="trade and ports", words=("berth", "tariff"))
    assert (settings.name, settings.sections) == ("Ostra Desk", (section,))
    assert settings.page == PageSettings(paper="Letter")
    assert settings.ranker == "salience"
    assert settings.log == LogSettings(format="json")
    assert settings.alerts == AlertSettings(
        mail="desk@ministry.example", webhook="https://chat.example/hooks/1?key=2"
    )


@examples("text, places")
def test_all_mistakes_are_told_each_with_its_line(tmp_path: Path, text: str, places: str) -> None:
    told = re.split(r"(?:^|; )line ", mistakes(tmp_path, text))[1:]
    assert [": ".join(part.split(": ")[:2]) for part in told] == places.split(", ")


def test_a_language_without_a_table_is_refused(tmp_path: Path) -> None:
    told = mistakes(tmp_path, 'language = "sv"\n')
    assert told.endswith("Briefing can read: en, de, fr, es, pt, it, nl, ru")


WATCH = 'language = "en"\n[[watch]]\nname = "x"\n'
WEEK = 'line 2: schedule.week: must be a weekday and a time such as "fri 17:00", or empty'


@examples("text, words")
def test_a_mistake_has_its_place_and_what_is_right(tmp_path: Path, text: str, words: str) -> None:
    assert words in mistakes(tmp_path, text)


def test_the_file_given_or_of_the_folder_is_read_and_no_text_is_one_error(tmp_path: Path) -> None:
    path = tmp_path / "desk.toml"
    for _ in range(2):
        with pytest.raises(SettingsError, match=r"desk\.toml: cannot be read as settings"):
            load(path)
        path.write_bytes(b'name = "\xff"')
    assert find(None, tmp_path) == Settings().within(tmp_path)
    other = tmp_path / "other.toml"
    with pytest.raises(SettingsError):
        find(other, tmp_path)
    other.write_text('name = "Other"', encoding="utf-8")
    read(tmp_path, 'name = "Desk"')
    assert (find(other, tmp_path).name, find(None, tmp_path).name) == ("Other", "Desk")


def test_a_day_of_the_round_can_be_told(tmp_path: Path) -> None:
    settings = read(
        tmp_path,
        '[schedule]\nat = "05:45"\nzone = "Asia/Kathmandu"\ndays = ["mon", "fri"]\n'
        'holidays = ["2026-12-25", 2027-01-01]\ngrace_hours = 0.5\nempty = "note"\n'
        'collect_minutes = 5\nweek = "fri 17:00"\n',
    )
    holidays = (date(2026, 12, 25), date(2027, 1, 1))
    assert settings.schedule == ScheduleSettings(
        at="05:45",
        zone="Asia/Kathmandu",
        days=("mon", "fri"),
        holidays=holidays,
        grace_hours=0.5,
        empty="note",
        week="fri 17:00",
        collect_minutes=5,
    )
    table, week = settings.timetable, settings.timetable.week
    assert (table.at, table.zone, table.days) == (time(5, 45), "Asia/Kathmandu", (0, 4))
    assert (table.grace, table.collect_every) == (timedelta(minutes=30), timedelta(minutes=5))
    assert table.holidays == frozenset(holidays)
    assert week is not None
    assert (week.at, week.days, week.step) == (time(17), (4,), Step.WEEK)
    assert (week.zone, week.holidays, week.week) == ("Asia/Kathmandu", frozenset(holidays), None)
    assert Settings().timetable.week is None


def test_words_are_entries_with_other_words_for_the_same(tmp_path: Path) -> None:
    settings = read(
        tmp_path,
        '[[watch]]\nname = "south"\nlabel = "The South"\npull = true\nalert = 3\n'
        'words = ["Nambuda", " Mozambique | Moçambique|莫桑比克 "]\n',
    )
    entries = (WatchEntry("Nambuda"), WatchEntry("Mozambique", ("Moçambique", "莫桑比克")))
    assert settings.watched == (WatchList("south", entries, "The South", pull=True, alert=3),)
    (hit,) = parts.recipe(settings).watch(Document("d", "莫桑比克大选", ""))
    assert (hit.list, hit.label, hit.entry, hit.pull) == ("south", "The South", "Mozambique", True)


def test_what_is_watched_decides_about_a_page_but_not_who_is_alerted(tmp_path: Path) -> None:
    own = '[[watch]]\nname = "south"\nwords = ["Nambuda"]\n'
    others = ("", "alert = 2", 'alert_mail = ["a@b.example"]', "pull = true", "offer = true")
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
    assert dict(parts.recipe(settings).lists) == dict(settings.offered.lists) == expected


def test_thousands_of_entries_are_read_and_found(tmp_path: Path) -> None:
    words = [f"Name{number} Other{number}" for number in range(5_000)]
    settings = read(tmp_path, f'[[watch]]\nname = "x"\nwords = {words}\n')
    hits = parts.recipe(settings).watch(Document("d", "", "Name7 Other7, Name4999 other4999"))
    assert [hit.entry for hit in hits] == [words[7], words[4999]]
