"""What a house adds to its page: read from the settings, checked before a page is made."""

from __future__ import annotations

from pathlib import Path

import pytest

from briefing.core.errors import PreflightError, SettingsError
from briefing.core.model import Letterhead
from briefing.setup.page_checks import check_page
from briefing.setup.parts import letterhead, recipe
from briefing.setup.settings import Settings, load

LOGO = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><path d="M0 0h9v9z"/></svg>'


def settings_in(folder: Path, page: str) -> Settings:
    folder.mkdir(exist_ok=True)
    (folder / "briefing.toml").write_text(f"[page]\n{page}\n", encoding="utf-8")
    return load(folder / "briefing.toml")


def test_it_is_in_the_recipe(tmp_path: Path) -> None:
    (tmp_path / "logo.svg").write_text(LOGO, encoding="utf-8")
    page = 'marking = "INTERNAL"\nname_line = "Trade"\naccent = "#1D4F91"\nlogo = "logo.svg"'
    head = recipe(settings_in(tmp_path, page)).letterhead
    assert (head.marking, head.name_line, head.accent) == ("INTERNAL", "Trade", "#1d4f91")
    assert head.logo.startswith("data:image/svg+xml;base64,")


def test_without_settings_there_is_only_the_label_of_what_is_of_no_section() -> None:
    assert letterhead(Settings()) == Letterhead(labels=(("other", "Also"),))


def test_the_place_of_a_logo_decides_no_bytes(tmp_path: Path) -> None:
    made = []
    for name in ("here", "there"):
        settings = settings_in(tmp_path / name, 'logo = "logo.svg"')
        (tmp_path / name / "logo.svg").write_text(LOGO, encoding="utf-8")
        made.append(recipe(settings))
    assert made[0].manifest == made[1].manifest
    assert made[0].letterhead == made[1].letterhead


@pytest.mark.parametrize(
    ("page", "why"),
    [
        ('accent = "#ff8800"', r"line 2: page\.accent: .*contrast of 2\.3\d:1 on #fdfbf6"),
        ('accent = "#767676"', r"contrast of 4\.39:1 on #fdfbf6; text needs at least 4\.5:1"),
        ('accent = "red"', r"line 2: page\.accent"),
        ('accent = "#12345"', r"line 2: page\.accent"),
        ('marking = "two\\nlines"', r"line 2: page\.marking"),
        (f'marking = "{"x" * 61}"', r"line 2: page\.marking"),
        (f'name_line = "{"x" * 81}"', r"line 2: page\.name_line"),
    ],
)
def test_what_cannot_be_printed_is_told_with_its_line(tmp_path: Path, page: str, why: str) -> None:
    with pytest.raises(SettingsError, match=why):
        settings_in(tmp_path, page)


def test_a_logo_that_cannot_be_used_is_told_before_anything_is_read(tmp_path: Path) -> None:
    (tmp_path / "logo.svg").write_text("<svg/>", encoding="utf-8")
    for name in ("logo.svg", "none.svg"):
        with pytest.raises(PreflightError, match=rf"{name}: the logo "):
            check_page(settings_in(tmp_path, f'logo = "{name}"'))
