"""An edition as a Word document, with the same sentences as the page."""

import zipfile
from datetime import UTC, datetime, time
from io import BytesIO

import docx
from docx.document import Document as WordFile
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.opc.constants import RELATIONSHIP_TYPE
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.oxml.xmlchemy import BaseOxmlElement
from docx.shared import Mm, Pt, RGBColor
from docx.styles.style import ParagraphStyle
from docx.table import _Cell
from docx.text.paragraph import Paragraph
from docx.text.run import Run

from briefing.core.model import Edition
from briefing.press.formats import Rendition, zipped
from briefing.press.lines import xml_text
from briefing.press.parts import Inline, Part, Parts, parts_of
from briefing.press.view import PageView

#: Width and height in millimeters; A4 stands for all other papers.
_LETTER, _A4 = (215.9, 279.4), (210.0, 297.0)
#: Families that Word has everywhere; the reader's machine lacks the fonts of the page.
_SERIF, _SANS = "Georgia", "Arial"
#: Name, base, family, size, bold, space above and below; sizes and spaces in points.
_STYLES = (
    ("Normal", _SERIF, 10.5, False, 0, 5),
    ("Title", _SERIF, 26, True, 0, 2),
    ("Subtitle", _SANS, 9, False, 0, 8),
    ("Heading 1", _SANS, 9, True, 14, 4),
    ("Heading 2", _SERIF, 13, True, 6, 2),
    ("Quote", _SERIF, 10.5, False, 2, 6),
    ("Footer", _SANS, 8, False, 0, 0),
    ("Header", _SANS, 8, True, 0, 0),
)
#: Styles of parts that are not plain.
_STYLE_OF = {
    "house": "Subtitle",
    "name": "Title",
    "folio": "Subtitle",
    "headline": "Heading 2",
    "quote": "Quote",
    "key": "Footer",
    "source": "Footer",
    "owner": "Footer",
    "foot": "Footer",
}
_RUNS = {"status": "{}: ", "label": "{}: ", "note": " ({})", "number": "{}  "}
#: Most characters of a document property.
_PROPERTY = 255


def page_word(edition: Edition, rendition: Rendition) -> bytes:
    """Return the edition as a .docx file; characters that XML cannot hold become U+FFFD."""
    parts = parts_of(edition, rendition)
    page, file = parts.page, docx.Document()
    accent = edition.letterhead.accent or rendition.theme.accent
    _set_up(file, page, accent=accent, paper=rendition.paper)
    for block in parts.blocks:
        if block.name:
            file.add_paragraph(xml_text(block.name), "Heading 1")
        # a note of the desk gets its own frame
        within: WordFile | _Cell = file
        if block.id == "note":
            within = file.add_table(rows=1, cols=1, style="Table Grid").cell(0, 0)
        for part in block.parts:
            # the marking is in header and footer of each sheet
            if part.kind != "marking":
                paragraph = within.add_paragraph(style=_STYLE_OF.get(part.kind, "Normal"))
                for run in part.runs:
                    _add(paragraph, run, part, parts)
                if part.kind == "headline" and not block.name:
                    # no section heading above it
                    level = OxmlElement("w:outlineLvl")
                    level.set(qn("w:val"), "0")
                    paragraph._p.get_or_add_pPr().append(level)
        if isinstance(within, _Cell):
            # the empty paragraph of every new cell
            within._tc.remove(within.paragraphs[0]._p)
    core = file.core_properties
    core.author = core.last_modified_by = xml_text(edition.name)[:_PROPERTY]
    core.title = xml_text(f"{edition.name}, {page.date}")[:_PROPERTY]
    core.identifier = xml_text(edition.id)[:_PROPERTY]
    core.created = core.modified = datetime.combine(edition.day, time(), UTC)
    core.comments, core.language = "", edition.language
    relations, made = file.part.package.rels, BytesIO()
    for name in [name for name, item in relations.items() if item.reltype.endswith("/thumbnail")]:
        # the template's picture
        del relations[name]
    file.save(made)
    with zipfile.ZipFile(made) as written:
        return zipped({name: written.read(name) for name in written.namelist()})


def _set_up(file: WordFile, page: PageView, *, accent: str, paper: str) -> None:
    """Set paper, styles, and header and footer of each sheet."""
    section = file.sections[0]
    section.page_width, section.page_height = map(Mm, _LETTER if paper == "Letter" else _A4)
    section.left_margin = section.right_margin = Mm(22)
    section.top_margin = section.bottom_margin = Mm(20)
    for name, family, points, bold, above, below in _STYLES:
        style = file.styles[name]
        assert isinstance(style, ParagraphStyle)  # noqa: S101  of the template
        _set_style(style, family=family, points=points, bold=bold)
        style.paragraph_format.space_before = Pt(above)
        style.paragraph_format.space_after = Pt(below)
    file.styles["Heading 1"].font.color.rgb = RGBColor.from_string(accent[1:].upper())
    file.styles["Heading 1"].font.all_caps = True
    marking = xml_text(page.letterhead.marking).upper()
    head, foot = section.header.paragraphs[0], section.footer.paragraphs[0]
    head.add_run(marking)
    head.alignment = WD_ALIGN_PARAGRAPH.CENTER
    foot.add_run(" · ".join(filter(None, (marking, xml_text(page.name), xml_text(page.date)))))


def _set_style(style: ParagraphStyle, *, family: str, points: float, bold: bool) -> None:
    font = style.font
    font.name, font.size, font.bold = family, Pt(points), bold
    font.italic, font.color.rgb = False, RGBColor(0x1A, 0x1A, 0x1A)
    fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
    for name in ("asciiTheme", "hAnsiTheme", "eastAsiaTheme", "cstheme"):
        # a font of the template's theme would override the named one
        fonts.attrib.pop(qn(f"w:{name}"), None)
    for kind in ("w:pBdr", "w:spacing"):
        # the template's rules and letter-spacing
        for made in list(style.element.iter(qn(kind))):
            made.getparent().remove(made)


def _add(paragraph: Paragraph, run: Inline, part: Part, parts: Parts) -> None:
    """Add a run with its marks: "[1+2]", the source of its words in bold."""
    text = paragraph.add_run(xml_text(_RUNS.get(run.kind, "{}").format(run.text)))
    text.bold = True if run.kind in {"label", "strong"} else None
    text.italic = True if run.kind == "note" or part.kind == "earlier" else None
    text.underline = True if run.kind == "differs" else None
    if run.kind == "number":
        _bookmark(text, part.id, int(run.text))
    if run.url:
        _link(paragraph, text, url=run.url)
    for place, check in enumerate(parts.checks.of(run.line) if run.line else ()):
        paragraph.add_run("+" if place else " [")
        mark = paragraph.add_run(f"{check.mark.number}")
        mark.bold = not place
        url = f"{parts.web}#c{check.number}" if parts.web else ""
        _link(paragraph, mark, url=url, anchor=f"source{check.mark.number}")
    if run.line:
        paragraph.add_run("]")


def _link(paragraph: Paragraph, run: Run, *, url: str = "", anchor: str = "") -> None:
    """Turn the last run of a paragraph into a link to an address, otherwise to a bookmark."""
    link = OxmlElement("w:hyperlink")
    if url:
        link.set(
            qn("r:id"),
            paragraph.part.relate_to(xml_text(url), RELATIONSHIP_TYPE.HYPERLINK, is_external=True),
        )
    else:
        link.set(qn("w:anchor"), anchor)
    run._r.addprevious(link)
    link.append(run._r)


def _bookmark(run: Run, name: str, number: int) -> None:
    """Put a bookmark around a run."""
    for kind, place in (("Start", run._r.addprevious), ("End", run._r.addnext)):
        mark: BaseOxmlElement = OxmlElement(f"w:bookmark{kind}")
        mark.set(qn("w:id"), str(number))
        if kind == "Start":
            mark.set(qn("w:name"), name)
        place(mark)
