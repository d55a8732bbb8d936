import gc
import inspect
import io
import linecache
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from types import FrameType
from typing import Any

import pikepdf
import pytest
from pypdf import PdfReader
from pypdf.generic import ArrayObject, DictionaryObject, IndirectObject

from briefing.core.errors import LayoutError
from briefing.core.model import PLAIN, Edition
from briefing.press.count import measure
from briefing.press.lines import unbroken
from briefing.press.pdf import Placement, Typesetter, White, _Assets, collector_paused, find_white
from briefing.press.readback import read_back, squeezed
from briefing.press.theme import Theme
from briefing.press.view import view
from tests.examples import examples
from tests.present import present
from tests.press.conftest import Page
from tests.waiting import PATIENCE, wait_for

HTML = "<!doctype html><html lang=en><title>Test</title><style>{css}</style><body>{body}"


@pytest.fixture(scope="module")
def typesetter(theme: Theme) -> Typesetter:
    return Typesetter(theme)


@pytest.fixture(scope="module")
def reader(page: Page) -> PdfReader:
    return PdfReader(io.BytesIO(page.pdf))


def resolved(value: Any) -> Any:  # noqa: ANN401  PDF objects are of any kind
    return value.get_object() if isinstance(value, IndirectObject) else value


def elements(node: Any) -> Iterator[DictionaryObject]:  # noqa: ANN401
    """Yield the structure elements of a tagged PDF in reading order."""
    node = resolved(node)
    if isinstance(node, ArrayObject):
        for child in node:
            yield from elements(child)
    elif isinstance(node, DictionaryObject):
        if "/S" in node:
            yield node
        if "/K" in node:
            yield from elements(node["/K"])


def tags(reader: PdfReader) -> list[str]:
    root = resolved(reader.trailer["/Root"])["/StructTreeRoot"]
    return [str(element["/S"]) for element in elements(root)]


def _dictionaries(pdf: pikepdf.Pdf) -> list[pikepdf.Dictionary]:
    return [item for item in pdf.objects if isinstance(item, pikepdf.Dictionary)]


class TestTheFetcher:
    @examples("url")
    def test_refuses_all_but_assets_of_the_theme(self, theme: Theme, url: str) -> None:
        with pytest.raises(ValueError, match="not an asset of the theme"):
            _Assets(theme, PLAIN).fetch(url)


class TestAWarningIsAnError:
    @examples("css, body")
    def test_when_laying_out(self, typesetter: Typesetter, css: str, body: str) -> None:
        with pytest.raises(LayoutError, match="cannot be laid out"):
            typesetter.set(HTML.format(css=css, body=body))

    @examples("body")
    def test_when_writing(self, typesetter: Typesetter, body: str) -> None:
        with pytest.raises(LayoutError, match="cannot be laid out"):
            typesetter.set(HTML.format(css="", body=body)).pdf(identifier=b"test")

    def test_and_leaves_the_logger_as_it_was(self, typesetter: Typesetter) -> None:
        with pytest.raises(LayoutError):
            typesetter.set(HTML.format(css="body { shrink: 1 }", body="text"))
        assert typesetter.set(HTML.format(css="", body="text")).pages == 1


@pytest.mark.parametrize("collecting", [True, False])
def test_a_layout_leaves_the_collector_alone(typesetter: Typesetter, *, collecting: bool) -> None:
    (gc.enable if collecting else gc.disable)()
    try:
        measure(typesetter, HTML.format(css="", body="text"), PLAIN)
        with pytest.raises(LayoutError):
            typesetter.set(HTML.format(css="body { shrink: 1 }", body="text"))
        assert gc.isenabled() is collecting
    finally:
        gc.enable()


def _frame_of(thread: threading.Thread) -> FrameType | None:
    return sys._current_frames().get(thread.ident or 0)


def _line(frame: FrameType | None) -> str:
    """Return the line that a frame is at, if it is in the pause of the collector; else nothing."""
    inner = inspect.unwrap(collector_paused).__code__
    if frame is None or frame.f_code is not inner:
        return ""
    return linecache.getline(inner.co_filename, frame.f_lineno)


def test_layouts_in_two_threads_leave_the_collector_of_garbage_as_it_was() -> None:
    inside, ends, ended, between = (threading.Event() for _ in range(4))

    def first() -> None:
        with collector_paused():
            inside.set()
            assert ends.wait(PATIENCE)
        ended.set()

    def trace(frame: FrameType, event: str, _arg: object) -> Any:  # noqa: ANN401  itself
        if event == "line" and "gc.disable" in _line(frame):
            # It has asked whether the collector runs; the first ends before it goes on.
            between.set()
            assert ended.wait(PATIENCE)
        return trace

    def second() -> None:
        sys.settrace(trace)
        with collector_paused():
            pass

    crew = [threading.Thread(target=one, daemon=True) for one in (first, second)]
    crew[0].start()
    assert inside.wait(PATIENCE)
    crew[1].start()
    wait_for(lambda: between.is_set() or "with _ONE_LAYOUT" in _line(_frame_of(crew[1])))
    ends.set()
    for one in crew:
        one.join(PATIENCE)
    try:
        assert gc.isenabled()
    finally:
        gc.enable()


class TestThePdf:
    def test_has_title_and_language_and_names_no_time(self, reader: PdfReader) -> None:
        metadata, root = present(reader.metadata), resolved(reader.trailer["/Root"])
        assert metadata.title == "Ostra Desk, Thursday 12 March 2026"
        assert root["/Lang"] == "en"
        assert not {"/CreationDate", "/ModDate"} & {*metadata}
        assert resolved(root["/MarkInfo"])["/Marked"]
        assert root["/ViewerPreferences"]["/DisplayDocTitle"]
        assert b"pdfuaid" in resolved(root["/Metadata"]).get_data()

    def test_lists_headings_and_sources(self, reader: PdfReader, edition: Edition) -> None:
        levels = [int(tag[2]) for tag in tags(reader) if tag in {"/H1", "/H2", "/H3"}]
        assert levels[0] == 1
        assert levels.count(1) == 1
        assert all(after - before <= 1 for before, after in pairwise(levels))
        assert levels.count(3) == len(list(edition.briefs())) - 1
        assert tags(reader).count("/LI") >= len(view(edition).sources)

    def test_says_new_and_the_chart_in_words(self, reader: PdfReader) -> None:
        root = resolved(reader.trailer["/Root"])["/StructTreeRoot"]
        alternatives = [str(element["/Alt"]) for element in elements(root) if "/Alt" in element]
        assert {"New:", "Developing:", "Continuing:"} <= {item.strip() for item in alternatives}
        assert any(item.startswith("Stories a day by section") for item in alternatives)

    @pytest.mark.parametrize("briefs", [3, 12])
    def test_is_in_reading_order(self, page_of: Callable[[int, str], Page], briefs: int) -> None:
        page = page_of(briefs, "A4")
        shown, text = view(page.edition), squeezed(read_back(page.pdf).text)
        top = present(shown.top)
        parts = [f"[{shown.name}]", top.title, top.lines[0].text]
        for band in shown.bands:
            parts.append(band.name.upper())
            for brief in band.briefs:
                parts += [brief.title, *(line.text for line in brief.lines)]
        panel = [name for name in ("ALSO TODAY", "AHEAD", "FIGURES") if squeezed(name) in text]
        assert panel
        at = 0
        for part in (*parts, *panel, "SOURCES"):
            at = text.index(squeezed(part), at)  # fails if it stands before

    def test_embeds_no_file(self, reader: PdfReader) -> None:
        root = resolved(reader.trailer["/Root"])
        assert not reader.attachments
        assert "/EmbeddedFiles" not in resolved(root.get("/Names", DictionaryObject()))
        assert "/OpenAction" not in root
        assert "/AF" not in root

    def test_meets_pdf_a_in_fonts_colors_and_notes(self, page: Page, edition: Edition) -> None:
        with pikepdf.open(io.BytesIO(page.pdf)) as pdf, pdf.open_metadata() as claims:
            assert claims.pdfa_status == "3A"
            assert claims["pdfuaid:part"] == "1"
            written = pdf.Root.Metadata.read_bytes().decode()
            assert str(pdf.docinfo.Author) == edition.name
            assert claims["dc:creator"] == [edition.name]
            assert claims["dc:title"] == str(pdf.docinfo.Title)
        assert written.count("<rdf:RDF") == 1
        assert "<pdfaSchema:prefix>pdfuaid</pdfaSchema:prefix>" in written
        with pikepdf.open(io.BytesIO(page.pdf)) as pdf:
            assert not pdf.is_encrypted
            assert len(pdf.trailer.ID) == 2
            assert [str(intent.S) for intent in pdf.Root.OutputIntents] == ["/GTS_PDFA1"]
            assert all(int(note.F) == 4 for note in pdf.pages[0].Annots)
            kinds = {str(item.get("/S")) for item in _dictionaries(pdf)}
            assert not kinds & {"/JavaScript", "/Launch", "/ImportData", "/SubmitForm"}
            fonts = [item for item in _dictionaries(pdf) if item.get("/Type") == "/Font"]
            roots = [font for font in fonts if "/DescendantFonts" in font]
            assert roots
            assert all("/ToUnicode" in font for font in roots)
            assert all(
                {"/FontFile2", "/FontFile3"} & set(font.FontDescriptor.keys())
                for font in fonts
                if font not in roots
            )

    def test_describes_each_link_by_source_or_title(self, page: Page) -> None:
        shown = view(page.edition)
        told = {(one.title, one.publisher) for one in shown.sources}
        told |= {(one.title, one.publisher) for one in present(shown.panel).also}
        titles = {", ".join(filter(None, pair)) for pair in told}
        marks = {
            mark.label
            for band in shown.bands
            for brief in band.briefs
            for line in brief.lines
            for mark in line.marks
        }
        with pikepdf.open(io.BytesIO(page.pdf)) as pdf:
            described = {str(link.Contents) for link in pdf.pages[0].Annots}
        assert marks <= described
        assert any(label.endswith(", Ostra Courier") for label in marks)
        labels = {f"source {one.number}, {one.publisher}".rstrip(", ") for one in shown.sources}
        assert described <= titles | labels

    def test_has_each_link_in_a_tag_of_its_own_kind_and_bookmarks(self, page: Page) -> None:
        with pikepdf.open(io.BytesIO(page.pdf)) as pdf:
            inside = {
                item.objgen: str(tag.S)
                for tag in _dictionaries(pdf)
                if tag.get("/Type") == "/StructElem" and isinstance(tag.get("/K"), pikepdf.Array)
                for item in tag.K
                if isinstance(item, pikepdf.Dictionary) and item.get("/Type") == "/OBJR"
            }
            assert len(inside) == len(pdf.pages[0].Annots)
            assert set(inside.values()) == {"/Link"}
            with pdf.open_outline() as outline:
                (name,) = outline.root
                titles = [item.title for item in name.children]
        assert name.title == page.edition.name
        assert {section.name.title() for section in page.edition.sections} <= set(titles)
        assert "Also Today" in titles

    def test_links_marks_entries_and_reports(self, reader: PdfReader, edition: Edition) -> None:
        links = [resolved(item) for item in reader.pages[0]["/Annots"]]  # type: ignore[attr-defined]
        uris = {str(link["/A"]["/URI"]) for link in links if "/A" in link}
        places = {str(link["/Dest"]) for link in links if "/Dest" in link}
        sources, panel = view(edition).sources, present(view(edition).panel)
        assert uris == {source.url for source in sources} | {one.url for one in panel.also}
        assert places == {f"s{source.number}" for source in sources}
        assert places <= set(reader.named_destinations)


class TestCopiedText:
    """A fixed measure, so that lines break where the test wants it."""

    CSS = (
        "@page{{size:200mm}} html{{font:10pt Brief Serif;hyphens:auto;"
        'hyphenate-limit-chars:9 4 4;hyphenate-character:"-"}} p{{width:{width}pt}}'
    )

    def lines(self, typesetter: Typesetter, text: str, *, width: int) -> list[str]:
        css = "@import url(page.css);" + self.CSS.format(width=width)
        pdf = typesetter.set(HTML.format(css=css, body=f"<p>{unbroken(text)}")).pdf(identifier=b"t")
        return PdfReader(io.BytesIO(pdf)).pages[0].extract_text().split("\n")

    @pytest.mark.parametrize("width", range(60, 200, 7))
    def test_a_hyphen_of_the_source_ends_no_line(self, typesetter: Typesetter, width: int) -> None:
        text = (
            "Cocoa farmers get 3,640 cedis for a 64-kilogram bag, war-risk cover and low-cost aid"
        )
        words = " ".join(self.lines(typesetter, text, width=width)).replace("- ", "")
        assert {"64-kilogram", "war-risk", "low-cost"} <= set(words.split())

    def test_every_hyphen_is_the_same_sign(self, typesetter: Typesetter) -> None:
        text = "The ratification of internationalization treaties, a low-cost one"
        copied = "\n".join(self.lines(typesetter, text, width=70))
        assert "\u2010" not in copied
        assert copied.count("-\n") > 0
        assert copied.replace("-\n", "").replace("\n", " ") == text


LEAD = 10.0
#: Two columns of 100, a panel of 60, and 405 from the top to the foot, of which 5 are its own.
SHEET = {
    "spread": Placement(0, 0, 260, 300),
    "main": Placement(0, 0, 200, 300),
    "foot": Placement(0, 405, 260, 500),
}
WHOLE = 400 * 260.0


def box(left: float, top: float, wide: float, high: float) -> Placement:
    return Placement(left, top, left + wide, top + high)


def white(**more: Placement) -> White:
    named = {name.replace("_", "-"): placed for name, placed in more.items()}
    return find_white({**SHEET, **named}, lead=LEAD, thin=False)


def full_panel() -> dict[str, Placement]:
    return {"side": box(200, 0, 60, 400), "block_also": box(200, 0, 60, 400)}


def test_a_page_is_full_without_a_hole_and_white_below_a_column_is_one() -> None:
    columns = {"column1_1": box(0, 100, 100, 295), "column1_2": box(100, 100, 100, 295)}
    seen = white(top=box(0, 0, 200, 100), band1=box(0, 100, 200, 300), **columns, **full_panel())
    assert seen == White(fill=1.0, free=0.0, side_free=0.0, hole=0.0)
    assert white().fill == 0.0
    boxes = {**SHEET, "top": box(0, 0, 200, 100), "side": box(0, 100, 200, 200)}
    seen = find_white(boxes, lead=LEAD, thin=True)
    assert (seen.free, seen.side_free, seen.hole) == (100, 0, 100)
    assert seen.fill == pytest.approx(0.75)
    columns = {"column1_1": box(0, 100, 100, 275), "column1_2": box(100, 100, 100, 175)}
    seen = white(top=box(0, 0, 200, 100), band1=box(0, 100, 200, 280), **columns, **full_panel())
    assert seen.free == 20
    assert seen.hole == 120
    assert seen.fill == pytest.approx(1 - (20 + 120) * 100 / WHOLE)
    columns = {
        "column1_1": box(0, 100, 100, 95),
        "column1_2": box(100, 100, 100, 35),
        "column2_1": box(0, 200, 100, 195),
        "column2_2": box(100, 200, 100, 195),
    }
    bands = {"band1": box(0, 100, 200, 100), "band2": box(0, 200, 200, 200)}
    seen = white(top=box(0, 0, 200, 100), **bands, **columns, **full_panel())
    assert seen.hole == 60
    assert seen.fill == pytest.approx(1 - 60 * 100 / WHOLE)
    seen = white(top=box(0, 0, 200, 100), band_corrections=box(0, 100, 200, 260), **full_panel())
    assert (seen.free, seen.hole) == (40, 40)
    assert seen.fill == pytest.approx(1 - 40 * 200 / WHOLE)


def test_of_balanced_columns_the_right_one_may_end_higher_and_the_panel_counts() -> None:
    seen = white(
        top=box(0, 0, 200, 100),
        text_top=box(0, 40, 200, 60),
        end_top=box(150, 80, 0, 0),
        wide1=box(0, 100, 200, 300),
        text_wide1=box(0, 130, 200, 265),
        end_wide1=box(110, 365, 0, 0),
        **full_panel(),
    )
    assert seen.hole == 30
    assert seen.fill == pytest.approx(1 - (20 + 30) * 100 / WHOLE)
    seen = white(
        top=box(0, 0, 200, 100),
        wide1=box(0, 100, 200, 300),
        text_wide1=box(0, 130, 200, 265),
        end_wide1=box(0, 395, 0, 0),
        **full_panel(),
    )
    assert seen.hole == 265  # the headline above it stands over both columns
    seen = white(
        top=box(0, 0, 200, 400),
        side=box(200, 0, 60, 350),
        block_also=box(200, 0, 60, 100),
        block_ahead=box(200, 137.5, 60, 212.5),
    )
    assert (seen.side_free, seen.hole) == (50, 50)
    assert seen.fill == pytest.approx(1 - (50 + 30) * 60 / WHOLE)


#: Lets go of all that holds them, as the end of a process does.
_ENDING = """
import gc, sys
import briefing.press.pdf
from tests.present import present
for name in [name for name in sys.modules if name.startswith(("weasyprint", "cffi"))]:
    vars(sys.modules[name]).clear()
gc.collect()
with open("/proc/self/maps") as maps:
    print("libpango-1.0" in maps.read())
"""


@pytest.mark.skipif(not Path("/proc/self/maps").exists(), reason="Linux tells what is loaded")
def test_pango_is_not_unloaded_below_a_thread_of_its_own() -> None:
    ended = subprocess.run(  # noqa: S603  our own program
        [sys.executable, "-c", _ENDING], capture_output=True, text=True, check=True
    )
    assert ended.stdout == "True\n"
