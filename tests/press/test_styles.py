"""Every rule of the style sheets can be laid out, also where no page of the tests needs it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

import pytest
import tinycss2

from briefing.core.errors import LayoutError
from briefing.press.html import page_html
from briefing.press.pdf import Typesetter
from briefing.press.theme import Theme, classic, large, memo, reader
from tests.press.conftest import Page

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
    """Return elements that a selector matches, one in the other."""
    opened, closed = "", ""
    for step in _STEP.split(_STATES.sub("", selector).strip()):
        parts = _NAME.findall(step)
        tag = next((name for kind, name in parts if not kind), "div")
        classes = " ".join(name for kind, name in parts if kind == ".")
        opened += f'<{tag} class="{classes}">'
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
    for scale in theme.scales:
        edition = replace(page.edition, setting=replace(page.edition.setting, scale=scale))
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
