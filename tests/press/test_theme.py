import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import tinycss2
from jinja2 import TemplateNotFound, UndefinedError

from briefing.core.errors import LayoutError, SettingsError, UnknownNameError
from briefing.core.model import Edition, Panel, Scale
from briefing.press.html import environment, page_html
from briefing.press.pdf import Typesetter
from briefing.press.theme import Theme, classic, large, load, memo, reader
from briefing.setup import registry
from tests.examples import examples
from tests.press.conftest import Page

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
    for name in [
        "page.html",
        "theme.toml",
        "../classic/page.css",
        "/etc/passwd",
        "",
        ".",
        "fonts",
        "marks",
    ]:
        assert theme.asset(name) is None
    for name in ["page.css", "marks/new.svg", "fonts/SourceSansPro-It.ttf"]:
        path = theme.asset(name)
        assert path is not None
        assert path.is_file()


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


THEMES = {"classic": classic, "large": large, "memo": memo, "reader": reader}
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


@pytest.mark.parametrize("name", THEMES)
def test_every_rule_of_a_theme_can_be_laid_out(name: str, page: Page) -> None:
    theme = THEMES[name]()
    short = replace(page.edition, sections=page.edition.sections[:1], panel=Panel())
    for scale in theme.scales:
        edition = replace(short, setting=replace(short.setting, scale=scale))
        html = page_html(edition, theme=theme, paper=next(iter(theme.papers.values())))
        Typesetter(theme).set(with_all(html, css_of(theme, html)))


def test_a_rule_that_cannot_is_found(page: Page) -> None:
    theme = classic()
    html = page_html(page.edition, theme=theme, paper=theme.paper("A4"))
    wrong = ".earlier .capitals { font-size: max(.82em, 8pt) }"
    styled = html.replace("</head>", f"<style>{wrong}</style></head>")
    with pytest.raises(LayoutError, match="cannot be laid out"):
        Typesetter(theme).set(with_all(styled, wrong))


def css_of(theme: Theme, html: str) -> str:
    """Return the style sheets of a page, one after the other."""
    names = re.findall(r'<link rel="stylesheet" href="([^"]+)"', html)
    files = [theme.asset(name) for name in names]
    assert all(files)
    return "\n".join(file.read_text(encoding="utf-8") for file in files if file)
