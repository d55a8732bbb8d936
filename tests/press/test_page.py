import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from briefing.core import record
from briefing.core.model import Edition, Flow, Panel, Scale, Section
from briefing.core.page.fit import LAYOUTS, Fitted, fit
from briefing.core.page.selection import build, least, page_height
from briefing.press.measure import Press, _faults
from briefing.press.pdf import Sheet
from briefing.press.readback import read_back, squeezed
from briefing.press.theme import Theme
from tests.fakes import document, draft, naming
from tests.press.conftest import UNTOLD, Page

SIZES = [
    *((1, "A4"), (3, "Letter"), (8, "A4"), (12, "A4"), (16, "A4")),
    *(pytest.param(*one, marks=pytest.mark.slow) for one in ((3, "A4"), (1, "Letter"))),
    *(pytest.param(briefs, "Letter", marks=pytest.mark.slow) for briefs in (8, 12, 16)),
]
#: Sheets in points, width and height.
SHEETS = {"A4": (595.28, 841.89), "Letter": (612.0, 792.0)}
FLOOR = 8.5

#: A panel of little more than nothing.
_WHOLE = draft(11).edition.panel
AHEAD, QUOTES = _WHOLE.ahead, _WHOLE.quotes

PageOf = Callable[[int, str], Page]


@pytest.mark.parametrize(("briefs", "paper"), SIZES)
class TestAnEditionOfAnySize:
    def test_is_a_full_page_with_all_of_it(self, page_of: PageOf, briefs: int, paper: str) -> None:
        made = page_of(briefs, paper)
        assert read_back(made.pdf).pages == 1
        assert not made.press.missing(made.edition, made.pdf)
        printed = len(list(made.edition.briefs()))
        assert printed + len(made.edition.ledger.no_room) == briefs + 1
        assert printed >= min(briefs + 1, 12)
        assert made.fitted.fit.pages == 1
        assert made.fitted.fit.faults == ()
        assert made.fitted.fit.free > -0.75
        assert made.fitted.fit.side_free > -0.75
        if made.edition.setting.scale is Scale.THIN:
            assert 0.3 < made.fitted.fit.fill <= 1.0
        else:
            assert 0.92 < made.fitted.fit.fill <= 1.001
            assert made.fitted.fit.hole < 17
        assert round(made.press.smallest_type(made.edition, made.pdf), 2) >= FLOOR
        assert page_of(briefs, paper).fitted.layouts <= LAYOUTS == 5
        assert made.press._sheet(made.edition).size == pytest.approx(SHEETS[paper], abs=0.05)


@pytest.mark.parametrize("paper", ["A4", "Letter"])
def test_an_edition_without_panel_takes_the_whole_width(theme: Theme, paper: str) -> None:
    press = Press(theme, theme.paper(paper))
    made = fit(draft(8, beside=False), press)
    assert made.edition.panel == Panel()
    assert made.fit.side_free == 0.0
    assert not press.missing(made.edition, press.print(made.edition))
    boxes = press._sheet(made.edition).boxes()
    assert "side" not in boxes
    assert boxes["band1"].right - boxes["band1"].left > 500


class TestTheSameEdition:
    def test_is_the_same_of_its_record(self, page: Page, theme: Theme) -> None:
        edition = record.read(record.write(page.edition), name="edition.json").edition
        assert Press(theme, theme.paper("A4")).print(edition) == page.pdf

    def test_is_laid_out_only_once_when_asked_twice(self, page: Page, theme: Theme) -> None:
        press = Press(theme, theme.paper("A4"))
        assert press.lay_out(page.edition) == press.lay_out(page.edition)
        press.print(page.edition)
        assert press.layouts == 1


def with_lead(edition: Edition, lead: float) -> Edition:
    return replace(edition, setting=replace(edition.setting, lead=lead))


class TestTheMeasure:
    def test_sees_news_that_do_not_fit(self, page: Page) -> None:
        fit = page.press.lay_out(with_lead(page.edition, page.edition.setting.lead * 1.04))
        assert fit.pages == 1  # nothing else would tell
        assert fit.free < 0
        assert any("runs into the foot" in fault for fault in fit.faults)
        fit = page.press.lay_out(with_lead(page.edition, page.edition.setting.lead * 1.25))
        assert fit.pages > 1
        assert fit.free < 0
        assert fit.fill > 1
        assert fit.faults == ("the news runs onto another sheet",)

    def test_sees_white(self, page: Page) -> None:
        fit = page.press.lay_out(with_lead(page.edition, 9.5))
        assert fit.free > 20
        assert fit.fill < 0.98
        assert fit.faults == ()
        assert page.press.lay_out(replace(page.edition, sections=(), panel=Panel())).fill == 0.0

    def test_sees_a_block_that_leaves_the_sheet(self, page: Page) -> None:
        sheet = page.press._sheet(page.edition)
        wide, _ = sheet.size
        boxes = sheet.boxes()
        right = {**boxes, "band2": replace(boxes["band2"], right=wide + 1)}
        left = {**boxes, "band1": replace(boxes["band1"], left=-1)}
        assert _faults(sheet, boxes) == []
        assert _faults(sheet, right) == ["band2 extends beyond the sheet"]
        assert _faults(sheet, left) == ["band1 extends beyond the sheet"]

    def test_predicts_each_block_at_each_scale(self, theme: Theme) -> None:
        press = Press(theme, theme.paper("A4"))
        heights = press.probe(draft(2), tuple(Scale))
        assert press.layouts == 1
        assert list(heights) == list(Scale)
        for measured in heights.values():
            assert len(measured.top) == 5
            assert [len(series) for series in measured.briefs] == [3, 3]
            assert all(tuple(sorted(series)) == series for series in measured.briefs)
            assert min(measured.top) == measured.top[0] < measured.top[4]
            assert len(measured.figures) == len(measured.ahead) == 3
            assert min(measured.mast, measured.band, measured.foot, measured.chart) > 0
        measured = press.probe(draft(2, beside=False), (Scale.ROOMY,))[Scale.ROOMY]
        assert measured.figures == measured.quotes == measured.ahead == {}
        assert measured.block == measured.chart == 0.0

    def test_measures_a_headline_alone_as_high_as_above_its_text(self, theme: Theme) -> None:
        press = Press(theme, theme.paper("A4"))
        short = draft(2)
        first, other = short.briefs
        brief = replace(first.lengths[0], headline="Harbor council leases berths " * 9)
        long = replace(short, briefs=(replace(first, lengths=(brief,)), other))
        texts = [
            measured.briefs[0][0] - measured.heads[0]
            for made in (short, long)
            for measured in press.probe(made, (Scale.NORMAL,)).values()
        ]
        assert texts[0] == pytest.approx(texts[1])

    @pytest.mark.parametrize("briefs", [2, pytest.param(12, marks=pytest.mark.slow)])
    def test_sets_titles_in_capitals(self, theme: Theme, briefs: int) -> None:
        loud = document(33, title="FISHING CREWS OF SARN END THEIR LONG STRIKE")
        paper = naming(draft(briefs), loud)
        brief = replace(paper.top.lengths[0], headline="HARBOR COUNCIL OF OSTRA LEASES BERTHS")
        paper = replace(paper, top=replace(paper.top, lengths=(brief,)))
        press = Press(theme, theme.paper("A4"))
        made = fit(paper, press).edition
        printed = press.print(made)
        assert squeezed(loud.title) in squeezed(read_back(printed).text)
        assert round(press.smallest_type(made, printed), 2) >= FLOOR

    def test_sets_a_headline_of_three_lines_smaller_and_closer(self, theme: Theme) -> None:
        press = Press(theme, theme.paper("A4"))
        paper = draft(1)
        sizes = []
        for words in (1, 2, 3):
            title = ("Harbor council leases berths after a night of talks " * words).strip()
            brief = replace(paper.top.lengths[0], headline=title)
            long = replace(paper, top=replace(paper.top, lengths=(brief,)))
            sizes.append(press.probe(long, (Scale.THIN,))[Scale.THIN].headline)
        assert sizes == [31, 23, 21]


#: Sorts text by its place on the sheet, as some readers and search engines do.
PDFTOTEXT = "pdftotext"


@pytest.mark.parametrize("scale", [Scale.NORMAL, Scale.HEAVY])
def test_sorted_text_keeps_the_sections(theme: Theme, scale: Scale, tmp_path: Path) -> None:
    press, paper = Press(theme, theme.paper("A4")), draft(6)
    heights = press.probe(paper, (scale,))[scale]
    edition = build(paper, heights, least(paper, scale), lead=heights.lead[0], side_gap=0)
    file = tmp_path / "page.pdf"
    file.write_bytes(press.print(edition))
    copied = subprocess.run([PDFTOTEXT, file, "-"], capture_output=True, check=True)  # noqa: S603
    text = squeezed(copied.stdout.decode())
    place = text.index("developing")
    for section in edition.sections:
        place = text.index(section.name.upper(), place)
        headlines = [squeezed(brief.headline) for brief in section.briefs if not brief.top]
        assert all(headline in text[place:] for headline in headlines)
        assert not any(headline in text[:place] for headline in headlines)


def test_a_stretched_column_is_as_high_as_was_counted(page_of: PageOf) -> None:
    made = page_of(12, "A4")
    setting = replace(made.edition.setting, lines=((1.0, 1.03),))
    (left, plain), (same, stretched) = (
        [made.press._sheet(edition).boxes()[f"column1-{side}"].high for side in (1, 2)]
        for edition in (made.edition, replace(made.edition, setting=setting))
    )
    # All but the name of the section: a line and a half, and its rule.
    assert left == same
    assert stretched - plain == pytest.approx(0.03 * (plain - 1.5 * setting.lead - 1.4), abs=0.05)


@pytest.fixture(scope="module")
def pair(theme: Theme) -> Page:
    press, paper = Press(theme, theme.paper("A4")), draft(3)
    heights = press.probe(paper, (Scale.ROOMY,))[Scale.ROOMY]
    edition = build(paper, heights, least(paper, Scale.ROOMY), lead=12, side_gap=0)
    return Page(press, Fitted(edition, press.lay_out(edition), 2), press.print(edition))


class TestSectionsOfOneBrief:
    def test_stand_side_by_side_or_have_their_headline_left_of_their_text(self, pair: Page) -> None:
        flows = pair.edition.setting.flows
        assert sorted(flows) == [Flow.ACROSS, Flow.BESIDE, Flow.BESIDE]
        boxes = pair.press._sheet(pair.edition).boxes()
        across = 1 + (flows[-1] is Flow.ACROSS)
        for row in (f"{across}last", f"{3 - across}"):
            left, right = (boxes[f"column{row}-{side}"] for side in (1, 2))
            assert left.top == right.top
            assert left.right < right.left
        text = squeezed(read_back(pair.pdf).text)
        assert not pair.press.missing(pair.edition, pair.pdf)
        places = [text.index(squeezed(one.text)) for one in pair.edition.sentences()]
        assert places == sorted(places)
        heights = pair.press.probe(draft(3), (Scale.ROOMY,))[Scale.ROOMY]
        lines = page_height(draft(3), heights, least(draft(3), Scale.ROOMY))
        used = heights.room - pair.press.lay_out(pair.edition).free
        assert used / 12 == pytest.approx(lines, abs=1.0)


@pytest.mark.parametrize(
    "name", ["Desk", "The Ostra Morning Desk", "Ostra Harbor and Fisheries Morning Desk"]
)
def test_a_nameplate_of_any_length_stays_on_the_sheet(page: Page, name: str) -> None:
    made = replace(page.edition, name=name)
    assert page.press.lay_out(made).faults == ()
    text = read_back(page.press.print(made)).text
    assert name.replace(" ", "") in text.replace(" ", "").replace("\u00a0", "")
    assert ("word for word" in text) is (len(name) <= 12)


@pytest.mark.parametrize("length", [1, 5, 10])
def test_no_line_begins_with_the_first_number_of_a_publisher(page: Page, length: int) -> None:
    documents = {
        name: replace(one, publisher=f"Ostra {'Gazette and Mail'[:length]} a{chr(97 + place)}")
        for place, (name, one) in enumerate(page.edition.documents.items())
    }
    boxes = page.press._sheet(replace(page.edition, documents=documents)).boxes()
    numbers = [box for name, box in boxes.items() if name.startswith("s") and name[1:].isdigit()]
    assert len(numbers) == len(documents)
    assert all(number.left > boxes["foot"].left + 1 for number in numbers)


def test_a_thin_page_names_stories_below_the_news(page_of: PageOf) -> None:
    made = page_of(1, "A4")
    assert made.press.smallest_type(made.edition, made.pdf) > FLOOR
    panel = made.edition.panel
    assert (len(panel.also), panel.figures, panel.chart) == (len(UNTOLD), (), False)
    boxes = made.press._sheet(made.edition).boxes()
    assert boxes["side"].top >= boxes["band0" if "band0" in boxes else "band1"].bottom
    assert made.fitted.fit.side_free == 0
    assert not made.press.missing(made.edition, made.pdf)


def test_boxes_lie_on_the_sheet_and_a_story_that_is_not_told_is_named(page: Page) -> None:
    sheet: Sheet = page.press._sheet(page.edition)
    wide, high = sheet.size
    for box in sheet.boxes().values():
        assert 0 <= box.left <= box.right <= wide
        assert 0 <= box.top <= box.bottom <= high
        assert box.high == box.bottom - box.top
    more = replace(page.edition, sections=(*page.edition.sections, Section("weather", ())))
    assert "weather" not in read_back(page.press.print(more)).text.lower()
    named = page.edition.panel.also
    assert [one.title.document for one in named] == [document.id for document in UNTOLD]
    text = read_back(page.pdf).text
    for one in named:
        assert squeezed(one.title.text) in squeezed(text)
        assert squeezed(page.edition.documents[one.title.document].publisher) in squeezed(text)
    (first, *others) = page.edition.panel.also
    other = replace(first, title=replace(first.title, text="Another title of the same story"))
    panel = replace(page.edition.panel, also=(other, *others))
    lost = page.press.missing(replace(page.edition, panel=panel), page.pdf)
    assert [passage.text for passage in lost] == ["Another title of the same story"]


@pytest.mark.parametrize("paper", ["A4", pytest.param("Letter", marks=pytest.mark.slow)])
def test_a_panel_with_little_to_say_stands_below_the_news(theme: Theme, paper: str) -> None:
    press, short = Press(theme, theme.paper(paper)), draft(11)
    little = replace(short, edition=replace(short.edition, panel=Panel(ahead=AHEAD, quotes=QUOTES)))
    made = fit(naming(little, *UNTOLD[:2]), press)
    assert made.edition.panel_below
    assert (made.fit.fill > 0.92, made.fit.hole < 17, made.fit.pages) == (True, True, 1)
    pdf = press.print(made.edition)
    assert not press.missing(made.edition, pdf)
    boxes = press._sheet(made.edition).boxes()
    news = max(box.bottom for name, box in boxes.items() if name.startswith(("band1", "wide1")))
    assert "side" not in boxes
    assert news < boxes["below"].top < boxes["below"].bottom < boxes["foot"].top
    assert boxes["below"].wide == pytest.approx(boxes["spread"].wide)
    text = read_back(pdf).text
    assert text.index("ALSO TODAY") < text.index("AHEAD") < text.index("IN THEIR WORDS")
