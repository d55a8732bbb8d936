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


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('colour = "red"', "line 1: colour: unknown setting; `briefing init` lists all settings"),
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
        ('[[sections]]\nname = "none"', '"none" is what readers write who want no section'),
        ("page = 5", "line 1: page: "),
        ("ranker = 1", "line 1: ranker: "),
        ('[page]\ntheme = ["classic"]', "line 2: page.theme: "),
        ('[page]\naccent = "#ff8800"', "line 2: page.accent: has a contrast of 2.3"),
        ('[page]\naccent = "#767676"', "contrast of 4.39:1 on #fdfbf6; text needs at least 4.5:1"),
        *((f'[page]\naccent = "{color}"', "line 2: page.accent") for color in ("red", "#12345")),
        ('[page]\nmarking = "two\\nlines"', "line 2: page.marking"),
        (f'[page]\nmarking = "{"x" * 61}"', "line 2: page.marking"),
        (f'[page]\nname_line = "{"x" * 81}"', "line 2: page.name_line"),
        *((f'[schedule]\nweek = "{week}"', WEEK) for week in ("friday 17:00", "fri", "17:00")),
        *((f'[schedule]\nweek = "{week}"', WEEK) for week in ("fri 24:00", "Fri 17:00")),
        *(
            (
                f'[schedule]\nzone = "{zone}"',
                "line 2: schedule.zone: must be a time zone such",
            )
            for zone in ("CET+1", "../etc/passwd")
        ),
        ("[schedule]\ndays = []", "line 2: schedule.days: must list at least one day, and each"),
        ('[schedule]\ndays = ["mon", "mon"]', "must list at least one day, and each only once"),
        ('[schedule]\ndays = ["Mon"]', 'is "Mon"; must be "mon", "tue", "wed"'),
        ('[schedule]\nempty = ""', 'line 2: schedule.empty: is ""; must be "skip" or "note"'),
        ("[schedule]\ngrace_hours = -1", "is -1; must be a number from 0 to 24"),
        ("[schedule]\ngrace_hours = 24.5", "is 24.5; must be a number from 0 to 24"),
        ("[schedule]\ncollect_minutes = 1441", "is 1441; must be a whole number from 1 to 1440"),
        ("[schedule]\ncollect_minutes = 0.5", "is 0.5; must be a whole number from 1 to 1440"),
        ('[schedule]\nholidays = ["Easter"]', 'must be a date such as "2026-12-25"'),
        *((f'[schedule]\nat = "{at}"', "line 2: schedule.at: ") for at in ("06:60", "٠٦:٣٠", "")),
        *(
            (f'[web]\nsign_up_domains = ["{domain}"]', 'sign_up_domains must be like "ministry.')
            for domain in ("a b.example", "@ministry.example", "*.*.example", "example", "a..b")
        ),
        ('[web]\nsign_up = "domain"', 'must name one for sign_up = "domain"'),
        *(
            (f'[web]\nreaders = "subscribers"\naddress = "{web}"', "address must begin with https:")
            for web in ("", "http://briefing.example")
        ),
        ('[log]\nformat = "JSON"', 'line 2: log.format: is "JSON"; must be "console" or "json"'),
        ('[log]\nlevel = "debug"', "line 2: log.level: unknown setting; `briefing init` lists"),
        ('[alerts]\nmail = "a\\tb"', "line 2: alerts.mail: must be one line without control"),
        ("[alerts]\nmail = 5", "line 2: alerts.mail: is 5; must be text in quotation marks"),
        *(
            (f'[alerts]\nwebhook = "{address}"', "line 2: alerts.webhook: must be a web address")
            for address in ("chat.example", "ftp://chat.example", "https://", "https://a b")
        ),
        # at the line of its own table
        ('[store]\nat = "a.db"\n[schedule]\nat = "x"', "line 4: schedule.at: must be a time such"),
        ('[mail]\nport = 587\n[alerts]\nmail = "a\\tb"', "line 4: alerts.mail: "),
        (
            '[mail]\ndkim = 5\n[[sections]]\nname = "a"\nword = 5',
            "line 5: sections.1.word: unknown setting",
        ),
        ('[[sections]]\nname = "a"\n[[sections]]\nname = "B"', "line 4: sections.2.name: "),
        ('[[sections]]\nname = "a"\n[[sections]]\nwords = ["b"]', "line 3: sections.2.name: "),
        ('schedule = {at = "x"}', "line 1: schedule.at: "),
        # of a watch-list
        (
            '[watch.south]\nwords = ["a"]\n',
            "watch: is a table; must be tables that each start with",
        ),
        *(
            (f'[[watch]]\nname = "{name}"\nwords = ["a"]', "must be at most 30 lower-case letters")
            for name in ("", "X", "a b", "-a", "a" * 31, "中")
        ),
        (f"{WATCH}words = []", "line 4: watch.1.words: must be 1 to 5,000 words or phrases; there"),
        (f'{WATCH}words = ["a|"]', 'line 4: watch.1.words.1: "a|": each part between "|" must'),
        (f'{WATCH}words = ["-"]', "must have a letter or a digit"),
        (f'{WATCH}words = [""]', "watch.1.words.1: is empty"),
        (f'{WATCH}words = ["{"a" * 10_000}"]', "has 10000 characters; must be text"),
        (f"{WATCH}words = {['w'] * 5_001}", "there are 5,001"),
        (f'{WATCH}words = ["a\\nb"]', "must be one line without control characters"),
        (f'{WATCH}words = "a"', "is text; must be a list"),
        (WATCH, "watch.1.words: is missing"),
        (f'{WATCH}words = ["a"]\npull = 7', "line 5: watch.1.pull: is 7; must be true or false"),
        (f'{WATCH}words = ["a"]\nalert = -1', "must be a whole number from 0 to 100"),
        (f'{WATCH}words = ["a"]\nalert_mail = ["a"]', "watch.1.alert_mail.1: must be a mail addr"),
        (
            f'{WATCH}words = ["a"]\nlabel = "中国"',
            "line 5: watch.1.label: must be words of at most",
        ),
        (f'{WATCH}words = ["a"]\nword = ["b"]', "unknown setting; did you mean words?"),
        (f'{WATCH}words = ["a"]\n[[watch]]\nname = "x"\nwords = ["b"]', "each name only once"),
        # no TOML
        *(
            (text, "cannot be read as settings")
            for text in ("name = ", "[page", "name = 'a'\nname = 'b'", "\x00", "= 5", "[" * 3000)
        ),
    ],
)
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
    week = settings.timetable.week
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
    assert dict(parts.recipe(settings).lists) == dict(settings.offered) == expected


def test_thousands_of_entries_are_read_and_found(tmp_path: Path) -> None:
    words = [f"Name{number} Other{number}" for number in range(5_000)]
    settings = read(tmp_path, f'[[watch]]\nname = "x"\nwords = {words}\n')
    hits = parts.recipe(settings).watch(Document("d", "", "Name7 Other7, Name4999 other4999"))
    assert [hit.entry for hit in hits] == [words[7], words[4999]]
