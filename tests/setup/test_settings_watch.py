"""Settings of watch-lists: what they mean, and each mistake on one line."""

from __future__ import annotations

from pathlib import Path

import pytest

from briefing.core.errors import SettingsError
from briefing.core.model import Document, WatchEntry, WatchList
from briefing.setup import parts
from briefing.setup.settings import Settings, load
from briefing.setup.subscribing import list_rules


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
