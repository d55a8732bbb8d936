import re
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

from briefing.core import record
from briefing.core.errors import InputError, SettingsError
from briefing.core.model import Letterhead, Scale
from briefing.core.page.fit import LAYOUTS, fit
from briefing.press.formats import Rendition
from briefing.press.html import page_html, screen_html
from briefing.press.letter import letter_parts
from briefing.press.logo import embed
from briefing.press.measure import Press
from briefing.press.readback import read_back
from briefing.press.text import page_text
from briefing.press.theme import Theme, large, load, memo, reader
from tests.fakes import document, draft, naming
from tests.press.conftest import UNTOLD, Page
from tests.press.test_theme import GOOD

THEMES = {made.__name__: made() for made in (memo, large, reader)}
DAYS = (1, 16)
#: On one paper a thin day as well, whose first is printed again.
CASES = [
    pytest.param(*(name, paper, briefs), marks=[pytest.mark.slow] if briefs == 1 and place else [])
    for name, theme in THEMES.items()
    for place, paper in enumerate(theme.papers)
    for briefs in DAYS
]
LOGO = embed(
    b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><path d="M0 0h9v9z"/></svg>'
)
HOUSE = Letterhead("internal <use>", "Ministry of Trade", "#1d4f91", LOGO)


@cache
def made_in(name: str, paper: str, briefs: int) -> Page:
    theme = THEMES[name]
    press = Press(theme, theme.paper(paper))
    fitted = fit(naming(draft(briefs), *UNTOLD), press)
    return Page(press, fitted, press.print(fitted.edition))


def test_blocks_of_a_theme_have_all_that_the_page_asks_for() -> None:
    templates = Path(__file__).parents[2] / "templates"
    asked = {
        name
        for page in ("page.html", "probe.html")
        for name in re.findall(r"\bblock\.(\w+)", (templates / "classic" / page).read_text())
    }
    for blocks in templates.glob("*/blocks.html"):
        text = blocks.read_text()
        sets = re.findall(r"{% set ([\w, ]+) =", text)
        given = {*re.findall(r"{% macro (\w+)", text), *", ".join(sets).split(", ")}
        assert asked <= given, blocks


@pytest.mark.parametrize(("name", "paper", "briefs"), CASES)
class TestATheme:
    def test_keeps_to_its_pages_and_says_all(self, name: str, paper: str, briefs: int) -> None:
        made = made_in(name, paper, briefs)
        assert 1 <= read_back(made.pdf).pages <= THEMES[name].paper(paper).pages
        assert not made.press.missing(made.edition, made.pdf)
        assert made.fitted.fit.faults == ()
        assert made.fitted.layouts <= LAYOUTS
        assert made.edition.setting.scale is Scale.COLUMN
        assert round(made.press.smallest_type(made.edition, made.pdf), 2) >= 8.5
        assert all(
            split == len([brief for brief in section.briefs if not brief.top])
            for section, split in zip(
                [one for one in made.edition.sections if [b for b in one.briefs if not b.top]],
                made.edition.setting.splits,
                strict=True,
            )
        )
        if briefs > 1:
            return
        again = record.read(record.write(made.edition), name="edition.json").edition
        assert Press(THEMES[name], THEMES[name].paper(paper)).print(again) == made.pdf


def test_a_heavy_day_fills_what_it_may() -> None:
    for name, theme in THEMES.items():
        for paper in theme.papers:
            assert made_in(name, paper, 16).fitted.fit.fill > 0.9, (name, paper)


def test_large_is_on_two_sheets_and_a_memo_numbers_its_paragraphs() -> None:
    text = read_back(made_in("large", "A4", 16).pdf).text
    assert "Page 1 of 2" in text
    assert "Page 2 of 2" in text
    made = made_in("large", "A4", 8)
    sizes = [run.size for run in read_back(made.pdf).runs if len(run.text) > 40]
    assert sorted(sizes)[len(sizes) // 2] == pytest.approx(12, abs=0.01)
    made = made_in("memo", "A4", 8)
    text = read_back(made.pdf).text
    printed = list(made.edition.briefs())
    for number in range(1, len(printed) + 1):
        assert f"{number}." in text
    assert text.count("publishers") >= sum(brief.publishers > 1 for brief in printed)


def test_a_memo_on_a5_tells_half_a_day_of_nine_stories() -> None:
    names = [document(number, title=f"Fog over the lower reach, {number}") for number in (31, 32)]
    press = Press(THEMES["memo"], THEMES["memo"].paper("A5"))
    edition = fit(naming(draft(8), *names), press).edition
    assert len(list(edition.briefs())) >= 5
    assert len(edition.panel.also) == 2


@pytest.mark.parametrize(("name", "margin"), [("memo", 18.0), ("large", 15.0)])
def test_the_qr_code_has_a_column_beside_the_sources(name: str, margin: float) -> None:
    made = made_in(name, "A4", 1)
    edition = replace(made.edition, address="https://ostra.example/2026-03-12")
    runs = read_back(made.press.print(edition)).runs
    qr = next(run.left for run in runs if run.text.startswith("ostra.example")) - 17.5 * 72 / 25.4
    assert qr == pytest.approx((210.0 - margin - 39.0) * 72 / 25.4, abs=0.5)
    sheet = made.press._sheet(edition)
    assert sheet.boxes(sheet.pages - 1)["notes"].right < qr - 10


class TestALetterhead:
    def test_stands_on_paper_and_in_the_record(self, page: Page) -> None:
        edition = replace(page.edition, letterhead=Letterhead(marking="internal <use>"))
        bare, marked = page.press.lay_out(page.edition), page.press.lay_out(edition)
        assert bare == marked
        assert read_back(page.press.print(edition)).text.count("INTERNAL <USE>") == 2
        edition = replace(page.edition, letterhead=HOUSE)
        assert record.read(record.write(edition), name="x").edition.letterhead == HOUSE
        assert "letterhead" not in record.write(page.edition)
        colored = replace(page.edition, letterhead=Letterhead(accent="#1d4f91"))
        assert page.press.print(colored) != page.press.print(page.edition)

    def test_is_on_page_and_screen_in_mail_and_text(self, page: Page, theme: Theme) -> None:
        edition = replace(page.edition, letterhead=HOUSE)
        html = screen_html(edition, Rendition(theme))
        assert html.count("internal &lt;use&gt;") == 3  # title, head and foot
        assert LOGO in html
        assert "#1d4f91" in html
        assert "#9c1c1f" not in html
        letter = letter_parts(edition, theme=theme)
        assert letter.html.count("internal &lt;use&gt;") == 2
        assert "data:" not in letter.html
        assert letter.text.count("INTERNAL <USE>") == 2
        assert page_text(edition, Rendition(theme)).startswith(
            "INTERNAL <USE>\n\nMinistry of Trade\n"
        )
        assert "Ministry of Trade" in read_back(page.press.print(edition)).text

    @pytest.mark.parametrize(
        ("old", "new"),
        [
            ("#1d4f91", "red"),
            ("#1d4f91", "#1d4f91;}"),
            (LOGO, "https://example.org/a.png"),
            ('"Ministry of Trade"', "7"),
        ],
    )
    def test_of_a_record_is_checked(self, page: Page, old: str, new: str) -> None:
        text = record.write(replace(page.edition, letterhead=HOUSE))
        assert old in text
        with pytest.raises(InputError, match="not an edition"):
            record.read(text.replace(old, new), name="x")


class TestABase:
    def test_gives_the_files_that_a_theme_lacks(self, tmp_path: Path, page: Page) -> None:
        (tmp_path / "theme.toml").write_text(f'base = "classic"\n{GOOD}', encoding="utf-8")
        (tmp_path / "page.css").write_text("p { color: red }", encoding="utf-8")
        own = load(tmp_path)
        assert own.asset("page.css") == tmp_path / "page.css"
        mark = own.asset("marks/new.svg")
        assert mark is not None
        assert mark.is_file()
        assert page.edition.name in page_html(page.edition, theme=own, paper=own.paper("A4"))

    @pytest.mark.parametrize(
        "line",
        ['base = "../classic"', 'base = "none"', 'base = "/etc"', 'accent = "red"', "accent = 7"],
    )
    def test_that_is_none_is_told(self, tmp_path: Path, line: str) -> None:
        (tmp_path / "theme.toml").write_text(f"{line}\n{GOOD}", encoding="utf-8")
        with pytest.raises(SettingsError, match=r"theme\.toml: not a theme"):
            load(tmp_path)

    @pytest.mark.parametrize("line", ["columns = 3", "columns = 1", "pages = 0", "pages = 2"])
    def test_a_paper_that_cannot_be_is_told(self, tmp_path: Path, line: str) -> None:
        text = GOOD.replace("high = 277.0", f"high = 277.0\n{line}")
        (tmp_path / "theme.toml").write_text(text, encoding="utf-8")
        with pytest.raises(SettingsError, match=r"paper A4"):
            load(tmp_path)

    def test_without_a_style_sheet_is_told(self, tmp_path: Path, page: Page) -> None:
        (tmp_path / "theme.toml").write_text(GOOD, encoding="utf-8")
        with pytest.raises(SettingsError, match=r"no screen\.css"):
            screen_html(page.edition, Rendition(load(tmp_path)))
