import re
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest
import tinycss2
from jinja2 import TemplateNotFound, UndefinedError

from briefing.core import record
from briefing.core.errors import InputError, LayoutError, SettingsError, UnknownNameError
from briefing.core.model import Edition, Letterhead, Panel, Scale
from briefing.core.page.fit import LAYOUTS, fit
from briefing.press.formats import Rendition
from briefing.press.html import environment, page_html, screen_html
from briefing.press.letter import letter_parts
from briefing.press.logo import embed
from briefing.press.measure import Press
from briefing.press.pdf import Typesetter
from briefing.press.readback import read_back
from briefing.press.text import page_text
from briefing.press.theme import Theme, classic, large, load, memo, reader
from briefing.setup import registry
from tests.examples import examples
from tests.fakes import document, draft, naming
from tests.present import present
from tests.press.conftest import UNTOLD, Page

GOOD = """
name = "plain"
[papers.A4]
size = "210mm 297mm"
wide = 183.0
high = 277.0
[scales.thin]
lead = [16.0, 16.0]
headline = [31]
"""


def test_the_geometry_is_that_of_the_page(theme: Theme) -> None:
    assert registry.load("theme", "classic")() == classic()
    a4, letter = theme.paper("A4"), theme.paper("Letter")
    assert (a4.size, a4.wide, a4.high) == ("210mm 297mm", 183.0, 277.0)
    assert (letter.wide, letter.high) == (188.9, 259.4)
    assert list(theme.scales) == list(Scale)
    assert theme.paper("A5").scales == (Scale.COLUMN,)
    assert theme.scales[Scale.NORMAL].lead == (9.8, 11.3)
    assert theme.scales[Scale.NORMAL].headline == (23, 21, 19, 17)


def test_a_paper_is_found_whatever_its_case_or_the_known_are_listed(theme: Theme) -> None:
    for name in ["A4", "a4", "Letter", "LETTER"]:
        assert theme.paper(name).high > 250
    for name in ["A4", "letter", "6INCH"]:
        assert reader().paper(name).size == "90mm 120mm"
        with pytest.raises(UnknownNameError, match="known: 10inch, 6inch, 8inch"):
            reader().paper("A5")
    for name in ["A6", "", "A4 "]:
        with pytest.raises(UnknownNameError, match=r"unknown paper .*[Kk]nown: A4, A5, Letter"):
            theme.paper(name)


def test_only_style_sheets_marks_and_fonts_may_be_loaded(theme: Theme) -> None:
    for name in "page.html theme.toml ../classic/page.css /etc/passwd . fonts marks".split():
        assert theme.asset(name) is None
    assert theme.asset("") is None
    for name in ["page.css", "marks/new.svg", "fonts/SourceSansPro-It.ttf"]:
        assert present(theme.asset(name)).is_file()


@examples("was, is_now")
def test_a_mistake_in_a_theme_names_its_file(tmp_path: Path, was: str, is_now: str) -> None:
    assert was in GOOD
    text = GOOD.replace(was, is_now) if was else is_now
    (tmp_path / "theme.toml").write_text(text, encoding="utf-8")
    with pytest.raises(SettingsError, match=r"theme\.toml: not a theme"):
        load(tmp_path)


def test_a_theme_of_ones_own_is_a_folder_whose_mistakes_name_their_file(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"theme\.toml: not a theme"):
        load(tmp_path)
    (tmp_path / "theme.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(SettingsError, match=r"theme\.toml: not a theme"):
        load(tmp_path)
    (tmp_path / "theme.toml").write_text(GOOD, encoding="utf-8")
    (tmp_path / "page.css").write_text("p { color: red }", encoding="utf-8")
    own = load(tmp_path)
    assert (own.name, own.folder) == ("plain", tmp_path)
    assert own.asset("page.css") == tmp_path / "page.css"
    assert own.asset("marks/new.svg") is None


class TestTemplates:
    def test_escape_what_is_given_and_fail_on_what_is_not(self, theme: Theme) -> None:
        page = environment(theme).get_template("blocks.html").module
        assert "&lt;b&gt;" in str(page.tied({"head": "<b>", "tail": "", "capitals": False}))  # type: ignore[attr-defined]
        with pytest.raises(UndefinedError):
            environment(theme).from_string("{{ nothing }}").render()

    @pytest.mark.parametrize("name", ["../../pyproject.toml", "/etc/passwd", "missing.html"])
    def test_come_only_from_the_theme(self, theme: Theme, name: str) -> None:
        with pytest.raises(TemplateNotFound):
            environment(theme).get_template(name)

    def test_set_paper_and_lead(self, theme: Theme, edition: Edition) -> None:
        html = page_html(edition, theme=theme, paper=theme.paper("Letter"))
        assert "@page{size:215.9mm 279.4mm;margin:10mm 13mm 10mm 14mm}" in html
        assert f"--lead:{round(edition.setting.lead, 4)}pt" in html


#: Parts of a selector without which an element still matches: states, places, pseudo-elements.
_STATES = re.compile(r"::?[-\w]+(?:\([^()]*\))?")
_STEP = re.compile(r"\s*[>+~]\s*|\s+")
_NAME = re.compile(r"([.#]?)([-\w]+)")


def selectors(css: str) -> Iterator[str]:
    """Yield each selector of the style rules."""
    for rule in tinycss2.parse_stylesheet(css, skip_comments=True, skip_whitespace=True):
        if rule.type == "qualified-rule":
            yield from tinycss2.serialize(rule.prelude).split(",")


def element(selector: str) -> str:
    opened, closed = "", ""
    for step in _STEP.split(_STATES.sub("", selector).strip()):
        parts = _NAME.findall(step)
        tag = next((name for kind, name in parts if not kind), "div")
        opened += f'<{tag} class="{" ".join(name for kind, name in parts if kind == ".")}">'
        closed = f"</{tag}>{closed}"
    return f"{opened}Ostra{closed}"


def with_all(html: str, css: str) -> str:
    """Return a page that has, besides its own, an element for each style rule."""
    inner = (one.strip() for one in selectors(css))
    every = "".join(element(one) for one in inner if not one.startswith((":root", "html", "body")))
    # Inside an element like the page itself, which defines what the rules use.
    outer = re.search(r'class="(page [^"]*)"', html)
    assert every
    assert outer
    return html.replace("</body>", f'<div class="{outer[1]}">{every}</div></body>')


#: Each theme at its first scale, and at its others.
SCALES = [
    pytest.param(theme, scale, marks=[pytest.mark.slow] if place else [])
    for theme in (classic(), large(), memo(), reader())
    for place, scale in enumerate(theme.scales)
]


@pytest.mark.parametrize(("own", "scale"), SCALES, ids=lambda one: getattr(one, "name", one))
def test_every_rule_of_a_theme_can_be_laid_out(own: Theme, scale: Scale, page: Page) -> None:
    short = replace(page.edition, sections=page.edition.sections[:1], panel=Panel())
    edition = replace(short, setting=replace(short.setting, scale=scale))
    html = page_html(edition, theme=own, paper=next(iter(own.papers.values())))
    Typesetter(own).set(with_all(html, css_of(own, html)))


def test_a_rule_that_cannot_be_laid_out_is_found(theme: Theme, page: Page) -> None:
    wrong = ".earlier .capitals { font-size: max(.82em, 8pt) }"
    html = page_html(page.edition, theme=theme, paper=theme.paper("A4"))
    styled = html.replace("</head>", f"<style>{wrong}</style></head>")
    with pytest.raises(LayoutError, match="cannot be laid out"):
        Typesetter(theme).set(with_all(styled, wrong))


def css_of(theme: Theme, html: str) -> str:
    """Return the style sheets of a page, one after the other."""
    names = re.findall(r'<link rel="stylesheet" href="([^"]+)"', html)
    files = [theme.asset(name) for name in names]
    assert all(files)
    return "\n".join(file.read_text(encoding="utf-8") for file in files if file)


THEMES = {made.__name__: made() for made in (memo, large, reader)}
DAYS = (1, 16)
#: On one paper a thin day as well, whose first is printed again; the quick tests print a full day
#: on the first and the last.
CASES = [
    pytest.param(
        *(name, paper, briefs),
        marks=[pytest.mark.slow] if place and (briefs == 1 or paper != [*theme.papers][-1]) else [],
    )
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
        lower = [[one for one in own.briefs if not one.top] for own in made.edition.sections]
        assert made.edition.setting.splits == tuple(map(len, filter(None, lower)))
        if briefs > 1:
            assert made.fitted.fit.fill > 0.9
            return
        again = record.read(record.write(made.edition), name="edition.json").edition
        assert Press(THEMES[name], THEMES[name].paper(paper)).print(again) == made.pdf


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
        assert page.press.print(colored) != page.pdf

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
        assert present(own.asset("marks/new.svg")).is_file()
        assert page.edition.name in page_html(page.edition, theme=own, paper=own.paper("A4"))

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
