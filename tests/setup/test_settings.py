from __future__ import annotations

import re
import tomllib
from itertools import pairwise
from pathlib import Path

import pytest
from pydantic import BaseModel

from briefing.core.errors import SettingsError
from briefing.setup.settings import (
    FILE_NAME,
    PageSettings,
    SectionSettings,
    Settings,
    find,
    load,
)
from briefing.setup.settings.reference import table_of, template

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
