"""An edition as a Word document, with the same sentences as the page."""

from __future__ import annotations

import zipfile
from collections.abc import Iterable, Sequence
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
from docx.text.paragraph import Paragraph
from docx.text.run import Run

from briefing.core.language import Phrases
from briefing.core.model import DeskNote, Edition
from briefing.press.corrections import AmendedWords, CorrectionBriefView, MarkedWords
from briefing.press.html import Checks
from briefing.press.lines import PrintedLine, safe_url, xml_text
from briefing.press.panel import PanelView
from briefing.press.theme import Theme
from briefing.press.view import BriefView, PageView, view
from briefing.press.wording import phrases

#: Wide and high in millimeters; A4 for all other papers.
_LETTER, _A4 = (215.9, 279.4), (210.0, 297.0)
#: Families that Word has everywhere; the fonts of the page are not on its reader's machine.
_SERIF, _SANS = "Georgia", "Arial"
#: Name, base, family, points, bold, points above and below.
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
#: Most characters of a property of a file.
_PROPERTY = 255
#: The earliest moment that a ZIP archive can hold.
_NO_TIME = (1980, 1, 1, 0, 0, 0)


def page_word(
    edition: Edition,
    *,
    theme: Theme,
    paper: str = "A4",
    web: str = "",
    amended: Sequence[AmendedWords] = (),
) -> bytes:
    """Return the edition as a .docx file; the same edition gives the same bytes.

    The documents need only title, publisher and address; any paper but "Letter" is A4; with
    ``web``, the address of the edition, marks link to the checks, else to the list of sources.
    Characters that XML cannot hold become U+FFFD.
    """
    page = view(edition)
    file = docx.Document()
    _set_up(file, page, accent=edition.letterhead.accent or theme.accent, paper=paper)
    writer = _Writer(file, Checks(page, edition), web=safe_url(web), say=phrases(edition.language))
    writer.write(page, amended)
    moment = datetime.combine(edition.day, time(), UTC)
    core = file.core_properties
    core.author = core.last_modified_by = xml_text(edition.name)[:_PROPERTY]
    core.title = xml_text(f"{edition.name}, {page.date}")[:_PROPERTY]
    core.identifier = xml_text(edition.id)[:_PROPERTY]
    core.created = core.modified = moment
    core.comments, core.language = "", edition.language
    return _packed(file)


def _set_up(file: WordFile, page: PageView, *, accent: str, paper: str) -> None:
    """Set paper, styles, and what stands at the head and the foot of each sheet."""
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
        # a font of the template's theme would win over the one that is named
        fonts.attrib.pop(qn(f"w:{name}"), None)
    for kind in ("w:pBdr", "w:spacing"):
        # rules and wide letters of the template
        for made in list(style.element.iter(qn(kind))):
            made.getparent().remove(made)


class _Writer:
    """Writes the parts of a page, in its reading order."""

    def __init__(self, file: WordFile, checks: Checks, *, web: str, say: Phrases) -> None:
        self._file, self._checks, self._web, self._say = file, checks, web, say

    def write(self, page: PageView, amended: Sequence[AmendedWords]) -> None:
        self._head(page)
        if page.note:
            self._note(page.note)
        if page.top:
            self._brief(page.top)
        for band in page.bands:
            self._paragraph("Heading 1").add_run(xml_text(band.label or band.name))
            for brief in band.briefs:
                self._brief(brief)
        self._corrections(page)
        if page.panel:
            self._panel(page.panel, page)
        self._amended(amended)
        self._sources(page)
        foot = f"{self._say.ledger}: {page.ledger}\n{page.id} · sha256 {page.proof}"
        self._paragraph("Footer").add_run(xml_text(foot))

    def _paragraph(self, style: str = "Normal") -> Paragraph:
        return self._file.add_paragraph(style=style)

    def _head(self, page: PageView) -> None:
        if page.letterhead.name_line:
            self._paragraph("Subtitle").add_run(xml_text(page.letterhead.name_line))
        self._paragraph("Title").add_run(xml_text(page.name))
        folio = (page.date, page.dateline, f"{self._say.edition} {page.number}")
        words = " · ".join(filter(None, (*folio, page.day_line.words)))
        self._paragraph("Subtitle").add_run(xml_text(f"{words}\n{self._say.creed}"))

    def _note(self, note: DeskNote) -> None:
        """Write the desk's own words in a frame of their own."""
        cell = self._file.add_table(rows=1, cols=1, style="Table Grid").cell(0, 0)
        first, last = cell.paragraphs[0], cell.add_paragraph()
        first.add_run(f"{self._say.desk_note}. ").bold = True
        first.add_run(xml_text(note.text))
        last.add_run(xml_text(note.signed)).bold = True
        last.add_run(f" ({self._say.desk_words})").italic = True

    def _brief(self, brief: BriefView) -> None:
        if brief.headline:
            self._paragraph("Heading 2").add_run(xml_text(self._titled(brief.status, brief.title)))
        if brief.earlier:
            earlier = f"{brief.earlier.when}: {brief.earlier.title}"
            self._paragraph().add_run(xml_text(earlier)).italic = True
        paragraph = self._paragraph()
        self._say_lines(paragraph, brief.lines)
        self._noted(paragraph, brief.notes)

    def _noted(self, paragraph: Paragraph, notes: str) -> None:
        if notes:
            paragraph.add_run(xml_text(f" ({notes})")).italic = True

    def _titled(self, status: str, title: str) -> str:
        return f"{self._say.status[status]}: {title}" if status else title

    def _say_lines(self, paragraph: Paragraph, lines: Iterable[PrintedLine]) -> None:
        for number, line in enumerate(lines):
            paragraph.add_run(" " if number else "")
            self._label(paragraph, line)
            paragraph.add_run(xml_text(line.text))
            self._cite(paragraph, line)

    def _label(self, paragraph: Paragraph, line: PrintedLine) -> None:
        if line.label:
            paragraph.add_run(xml_text(line.label)).bold = True

    def _cite(self, paragraph: Paragraph, line: PrintedLine) -> None:
        """Add the marks of a line: "[1+2]", the source of its words in bold."""
        for place, (mark, check) in enumerate(zip(line.marks, self._checks.of(line), strict=True)):
            paragraph.add_run("+" if place else " [")
            run = paragraph.add_run(str(mark.number))
            run.bold = not place
            target = f"{self._web}#c{check.number}" if self._web else ""
            _link(paragraph, run, url=target, anchor=f"source{mark.number}")
        paragraph.add_run("]" if line.marks else "")

    def _corrections(self, page: PageView) -> None:
        if page.corrected or page.waiting:
            self._paragraph("Heading 1").add_run(self._say.corrections)
        for correction in page.corrected:
            self._correction(correction)
        if page.waiting:
            self._paragraph().add_run(xml_text(page.waiting))

    def _correction(self, correction: CorrectionBriefView) -> None:
        paragraph = self._paragraph()
        self._wording(paragraph, f"{correction.was}: ", correction.old)
        if correction.new is None:
            paragraph.add_run(f" {correction.now}.")
        else:
            self._wording(paragraph, f" {correction.now}: ", correction.new)

    def _wording(self, paragraph: Paragraph, label: str, words: MarkedWords) -> None:
        """Add the words of a source; those that differ are underlined."""
        paragraph.add_run(xml_text(label)).italic = True
        self._label(paragraph, words.line)
        for piece, differs in words.pieces:
            paragraph.add_run(xml_text(piece)).underline = differs
        self._cite(paragraph, words.line)

    def _amended(self, amended: Sequence[AmendedWords]) -> None:
        """Write what has changed since the page was printed, at its end: that stays as it was."""
        if amended:
            self._paragraph("Heading 1").add_run(self._say.amended)
        for words in amended:
            paragraph = self._paragraph()
            paragraph.add_run(xml_text(words.old))
            paragraph.add_run(xml_text(f"\n{words.since}{':' if words.new else '.'}")).bold = True
            paragraph.add_run(xml_text(f" {words.new}" if words.new else ""))

    def _panel(self, panel: PanelView, page: PageView) -> None:
        say = self._say
        for heading, items in (
            (
                page.also,
                [
                    (self._titled(item.status, ""), item.line, item.watched.words)
                    for item in panel.also
                ],
            ),
            (say.ahead, [(f"{item.day}: ", item.line, "") for item in panel.ahead]),
            (say.figures, [(f"{figure.numeral}: ", figure.line, "") for figure in panel.figures]),
        ):
            if items:
                self._paragraph("Heading 1").add_run(heading)
            for label, line, notes in items:
                paragraph = self._paragraph()
                paragraph.add_run(xml_text(label)).bold = True
                self._say_lines(paragraph, [line])
                self._noted(paragraph, notes)
        if panel.quotes:
            self._paragraph("Heading 1").add_run(say.in_their_words)
        for quote in panel.quotes:
            paragraph = self._paragraph("Quote")
            paragraph.add_run(xml_text(f"\u201c{quote.line.text}\u201d"))
            self._cite(paragraph, quote.line)
            speaker = ", ".join(filter(None, (quote.speaker, quote.office)))
            paragraph.add_run(xml_text(f"\n{speaker}"))

    def _sources(self, page: PageView) -> None:
        if not page.sources:
            return
        self._paragraph("Heading 1").add_run(self._say.sources)
        self._paragraph("Footer").add_run(self._say.marks)
        for source in page.sources:
            paragraph = self._paragraph("Footer")
            named = source.publisher or self._say.unnamed
            named += f" ({source.grade})" if source.grade else ""
            _name(paragraph.add_run(f"{source.number}"), f"source{source.number}", source.number)
            paragraph.add_run(xml_text(f"  {named}: ")).bold = True
            title = paragraph.add_run(xml_text(source.title))
            if source.url:
                _link(paragraph, title, url=source.url)
        for owner in page.owners:
            self._paragraph("Footer").add_run(xml_text(owner))


def _link(paragraph: Paragraph, run: Run, *, url: str = "", anchor: str = "") -> None:
    """Make a run, the last of its paragraph, a link: to an address, else to a bookmark."""
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


def _name(run: Run, name: str, number: int) -> None:
    """Put a bookmark around a run."""
    for kind, place in (("Start", run._r.addprevious), ("End", run._r.addnext)):
        mark: BaseOxmlElement = OxmlElement(f"w:bookmark{kind}")
        mark.set(qn("w:id"), str(number))
        if kind == "Start":
            mark.set(qn("w:name"), name)
        place(mark)


def _packed(file: WordFile) -> bytes:
    """Return the file without the time at which it was made, and without the template's picture."""
    relations = file.part.package.rels
    for name in [name for name, item in relations.items() if item.reltype.endswith("/thumbnail")]:
        del relations[name]
    made, same = BytesIO(), BytesIO()
    file.save(made)
    with zipfile.ZipFile(made) as parts, zipfile.ZipFile(same, "w", zipfile.ZIP_DEFLATED) as whole:
        for part in parts.namelist():
            whole.writestr(zipfile.ZipInfo(part, _NO_TIME), parts.read(part), zipfile.ZIP_DEFLATED)
    return same.getvalue()
