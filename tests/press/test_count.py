from collections.abc import Mapping
from functools import cache

import pytest

from briefing.core.model import PLAIN, Letterhead, Scale
from briefing.press.count import measure
from briefing.press.html import probe_html
from briefing.press.pdf import Placement, Sheet, Typesetter, _kept
from briefing.press.theme import Theme, classic, large, memo, reader
from briefing.press.view import draft_view
from tests.examples import examples
from tests.fakes import draft, naming
from tests.press.conftest import UNTOLD

#: In points, what cannot be seen.
SAME = 0.01


class Counting(Typesetter):
    """Counts what it lays out."""

    layouts = 0

    def set(self, html: str, letterhead: Letterhead = PLAIN) -> Sheet:
        self.layouts += 1
        return super().set(html, letterhead)


THEMES = {"classic": classic, "large": large, "memo": memo, "reader": reader}


@cache
def probe(theme: str, paper: str, scale: Scale, briefs: int = 16) -> str:
    made = THEMES[theme]()
    view = draft_view(naming(draft(briefs), *UNTOLD))
    return probe_html(view, theme=made, paper=made.paper(paper), scales=(scale,))


def measured(theme: Theme, html: str) -> Mapping[str, Placement]:
    """Measure in a process that has laid out nothing."""
    _kept.cache_clear()
    return measure(Typesetter(theme), html, PLAIN)


def differing(theme: Theme, html: str, *, most: float = 1 / 50) -> list[str]:
    """Return what is counted otherwise, if that is more than a share of the blocks."""
    counted, laid_out = measured(theme, html), Typesetter(theme).set(html).boxes()
    assert counted.keys() == laid_out.keys()
    wrong = [name for name, box in laid_out.items() if abs(box.high - counted[name].high) > SAME]
    return wrong if len(wrong) > most * len(counted) else []


@pytest.mark.parametrize("scale", [Scale.THIN, Scale.ROOMY, Scale.NORMAL, Scale.HEAVY])
def test_lines_are_counted_as_they_are_laid_out(theme: Theme, scale: Scale) -> None:
    assert not differing(theme, probe("classic", "A4", scale))


@pytest.mark.parametrize(
    ("name", "paper"),
    [
        ("large", "A4"),
        pytest.param("memo", "A4", marks=pytest.mark.slow),
        ("memo", "A5"),
        ("reader", "8inch"),
    ],
)
def test_in_every_theme(name: str, paper: str) -> None:
    assert not differing(THEMES[name](), probe(name, paper, Scale.COLUMN))


@examples("rule")
@pytest.mark.parametrize(
    ("element", "briefs"),
    [(".brief p", 1), pytest.param(".speaker, .counts, .marks", 16, marks=pytest.mark.slow)],
)
def test_whatever_the_rules_of_a_theme_are(
    theme: Theme, element: str, briefs: int, rule: str
) -> None:
    html = probe("classic", "A4", Scale.NORMAL, briefs)
    assert not differing(
        theme, html.replace("</head>", f"<style>{element} {{{rule}}}</style></head>")
    )


WORDS = (
    "plain",
    "Donaudampfschifffahrtsgesellschaftskapitänskajütenschlüssel " * 4,
    "soft\u00adhy\u00adphens and no\u00a0break\u00a0spaces &amp; signs " * 6,
    "\u65e5\u672c\u8a9e\u306e\u6587\u7ae0 and \u05e9\u05dc\u05d5\u05dd " * 9,
    "x" * 300,
    "a stray</b></p></p> end<br>of a paragraph",
    "",
    " \n\t",
    "end",
)


def test_whatever_the_words_are(theme: Theme) -> None:
    block = '<div class="flow"><i id="b{}"></i><p>{} <b>{}</b> end</p></div><!--b-->'
    blocks = "".join(block.format(place, text, text[:90]) for place, text in enumerate(WORDS))
    html = probe("classic", "A4", Scale.NORMAL, 1).replace(
        '<div class="measure">', f'<div class="measure">{blocks}', 1
    )
    assert not differing(theme, html, most=0)


def test_without_blocks_all_is_laid_out(theme: Theme) -> None:
    html = probe("classic", "A4", Scale.NORMAL, 1)
    bare = html.replace("</div><!--", "</div>\n<!--")
    assert measured(theme, bare) == Typesetter(theme).set(bare).boxes()
    assert not differing(theme, html.replace("</div><!--", "</div>\n<!--", 9))


class TestWhatWasLaidOut:
    def test_is_not_laid_out_again(self, theme: Theme) -> None:
        _kept.cache_clear()
        first, html = Counting(theme), probe("classic", "A4", Scale.NORMAL, 2)
        measure(first, html, PLAIN)
        again = Counting(theme)
        measure(again, html.replace("harbour", "harbor"), PLAIN)
        assert (first.layouts, again.layouts) == (1, 0)

    def test_changes_nothing_that_is_measured_later(self, theme: Theme) -> None:
        html = probe("classic", "A4", Scale.NORMAL, 6)
        fresh = measured(theme, html)
        measured(theme, probe("classic", "A4", Scale.NORMAL, 2))
        later = measure(Typesetter(theme), html, PLAIN)
        assert {name: round(box.high, 6) for name, box in later.items()} == {
            name: round(box.high, 6) for name, box in fresh.items()
        }
