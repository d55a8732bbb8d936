"""Whatever is changed on the sheet of an edition is found, and an untouched one is not blamed."""

import json
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import pikepdf
import pypdfium2
import pytest
from pikepdf import Array, Dictionary, Name, Operator, Pdf

from briefing.cli import run
from briefing.core import record
from briefing.core.errors import InputError
from briefing.setup import registry
from briefing.setup.attached import verify_pdf
from briefing.sources.records import EDITION
from tests.small_day import Said, make_all

pytestmark = pytest.mark.paper

Change = Callable[[Pdf], None]

PAPERS = [
    (theme, paper)
    for theme in registry.names("theme")
    for paper in registry.load("theme", theme)().papers
]
LINK = Dictionary(S=Name.URI, URI="https://elsewhere.example/")


def failures(path: Path) -> list[str]:
    proof = verify_pdf(path)[1]
    assert not proof.limit or proof.failures, proof.limit
    return [f"{one.text}: {one.reason}" for one in proof.failures]


def drawing(change: Callable[[list[Any]], list[Any]]) -> Change:
    """Change the instructions that draw the first sheet."""

    def act(pdf: Pdf) -> None:
        page = pdf.pages[0]
        page.contents_coalesce()
        lines = change(list(pikepdf.parse_content_stream(page)))
        page.Contents = pdf.make_stream(pikepdf.unparse_content_stream(lines))

    return act


def shown(lines: list[Any]) -> list[int]:
    return [place for place, line in enumerate(lines) if str(line.operator) in {"Tj", "TJ"}]


def without(number: int) -> Change:
    return drawing(lambda lines: lines[: (at := shown(lines)[number])] + lines[at + 1 :])


def swapped(number: int) -> Change:
    """Let two pieces of text stand in each other's place."""

    def act(lines: list[Any]) -> list[Any]:
        one, other = shown(lines)[number], shown(lines)[number + 1]
        lines[one], lines[other] = lines[other], lines[one]
        return lines

    return drawing(act)


def before(number: int, *operators: tuple[list[Any], str]) -> Change:
    """Set something before a piece of text is shown."""

    def act(lines: list[Any]) -> list[Any]:
        at = shown(lines)[number]
        more = [pikepdf.ContentStreamInstruction(each, Operator(name)) for each, name in operators]
        return lines[:at] + more + lines[at:]

    return drawing(act)


def over(*operators: tuple[list[Any], str]) -> Change:
    """Draw something above all."""
    save, *more, restore = (
        pikepdf.ContentStreamInstruction(each, Operator(name))
        for each, name in (([], "q"), *operators, ([], "Q"))
    )
    return drawing(lambda lines: [save, *lines, restore, *more])


def box(left: int, low: int, wide: int, high: int, gray: float = 1) -> Change:
    return over(([gray], "g"), ([left, low, wide, high], "re"), ([], "f"))


def covered(words: str) -> Change:
    """Draw a white box over the first place of some words."""

    def act(pdf: Pdf) -> None:
        with BytesIO() as file:
            pdf.save(file)
            text = pypdfium2.PdfDocument(file.getvalue())[0].get_textpage()
        at = text.search(words).get_next()
        assert at, words
        left, low, right, high = text.get_charbox(at[0])
        box(left, low, right - left, high - low)(pdf)

    return act


def annotated(**entries: Any) -> Change:  # noqa: ANN401  of a PDF dictionary
    def act(pdf: Pdf) -> None:
        page = pdf.pages[0]
        own = Dictionary(Type=Name.Annot, Rect=Array([100, 400, 300, 500]), **entries)
        page.Annots.append(pdf.make_indirect(own))

    return act


def linked(change: Callable[[Any], None]) -> Change:
    """Change the first link that leads out."""

    def act(pdf: Pdf) -> None:
        change(next(one for one in pdf.pages[0].Annots if "/A" in one and "/URI" in one.A))

    return act


def entry(**entries: Any) -> Change:  # noqa: ANN401  of a PDF dictionary
    def act(pdf: Pdf) -> None:
        for name, value in entries.items():
            pdf.pages[0][f"/{name}"] = value

    return act


def active(**entries: Any) -> Change:  # noqa: ANN401  of a PDF dictionary
    def act(pdf: Pdf) -> None:
        for name, value in entries.items():
            pdf.Root[f"/{name}"] = value

    return act


def with_file(pdf: Pdf) -> None:
    pdf.attachments["more.txt"] = pikepdf.AttachedFileSpec(pdf, b"More.", filename="more.txt")


def with_fields(**fields: Any) -> Change:  # noqa: ANN401  of JSON
    """Change the attached edition, and let its digest be right."""

    def act(pdf: Pdf) -> None:
        content = json.loads(pdf.attachments[EDITION].get_file().read_bytes())
        text = json.dumps(content | fields)
        text = record.write(record.read(text, name="").edition)
        del pdf.attachments[EDITION]
        pdf.attachments[EDITION] = pikepdf.AttachedFileSpec(pdf, text.encode(), filename=EDITION)

    return act


def blank(pdf: Pdf) -> None:
    pdf.add_blank_page()


def drawn_box(pdf: Pdf) -> None:
    """Cover the sheet by an annotation with a picture of its own."""
    form = pdf.make_stream(
        b"1 g 0 0 200 100 re f", Type=Name.XObject, Subtype=Name.Form, BBox=[0, 0, 200, 100]
    )
    annotated(Subtype=Name.Stamp, F=4, AP=Dictionary(N=form))(pdf)


CHANGES: dict[str, Change] = {
    **{f"text {number} is missing": without(number) for number in (0, 3, 9, 20, 40, -30, -9, -1)},
    **{f"text {number} after the next": swapped(number) for number in (0, 5, 12, 25, -20, -2)},
    **{f"text {number} invisible": before(number, ([3], "Tr")) for number in (2, 14, -12)},
    **{f"text {number} white": before(number, ([1], "g")) for number in (4, 16)},
    "text larger": before(8, ([1.4], "Ts")),
    "text wider": before(8, ([120], "Tz")),
    "a white box over the nameplate": box(20, 760, 500, 60),
    "a white box over a brief": box(40, 300, 200, 80),
    "a white box over a count": covered("3 stories"),
    "a black box": box(300, 300, 80, 40, 0),
    "a line through a brief": over(([2], "w"), ([40, 500], "m"), ([300, 500], "l"), ([], "S")),
    "all of it turned": entry(Rotate=90),
    "a sheet cut short": entry(CropBox=Array([0, 200, 595.28, 841.89])),
    "a larger sheet": entry(MediaBox=Array([0, 0, 700, 900])),
    "a sheet twice": lambda pdf: pdf.pages.append(pdf.pages[0]),
    "a blank sheet": blank,
    "a note on it": annotated(Subtype=Name.Text, Contents="No."),
    "a stamp over it": drawn_box,
    "another link": annotated(Subtype=Name.Link, A=LINK),
    "a link that leads elsewhere": linked(lambda one: one.update({"/A": LINK})),
    "a link removed": lambda pdf: pdf.pages[0].Annots.__delitem__(0),
    "a link that runs": linked(lambda one: one.update({"/A": Dictionary(S=Name.Launch)})),
    "something that acts": active(OpenAction=LINK),
    "a form": active(AcroForm=Dictionary(Fields=Array([]))),
    "one more file": with_file,
    "another name": with_fields(name="Other Desk"),
    "another date": with_fields(date="2026-03-10"),
    "another number": with_fields(number=7),
    "another marking": with_fields(letterhead={"marking": "PUBLIC"}),
    "a note of the desk": with_fields(note={"text": "All is well.", "signed": "The desk"}),
    "another place": with_fields(dateline="Ostra, 06:30"),
    "another setting": with_fields(setting={"scale": "thin", "lead": 11.0, "headline": 30}),
}  # fmt: skip


def test_changes_are_as_many_as_they_should_be() -> None:
    assert len(CHANGES) >= 40


@pytest.mark.parametrize("name", CHANGES)
def test_whatever_is_changed_is_found(made: Path, tmp_path: Path, name: str) -> None:
    path = tmp_path / "page.pdf"
    with pikepdf.open(made / "page.pdf") as pdf:
        CHANGES[name](pdf)
        pdf.save(path)
    try:
        found = failures(path)
    except InputError:  # of a size that no paper has
        return
    assert found


def test_a_file_that_was_only_written_anew_is_the_same(made: Path, tmp_path: Path) -> None:
    path = tmp_path / "page.pdf"
    with pikepdf.open(made / "page.pdf") as pdf:
        pdf.docinfo["/Producer"] = "a mail gateway"
        pdf.save(path, linearize=True, object_stream_mode=pikepdf.ObjectStreamMode.generate)
    assert failures(path) == []


@pytest.mark.parametrize(("theme", "paper"), PAPERS)
def test_a_sound_edition_is_not_blamed(made: Path, tmp_path: Path, theme: str, paper: str) -> None:
    options = ("--theme", theme, "--paper", paper)
    assert make_all(tmp_path, made / "day.jsonl", *options) == 0
    assert failures(tmp_path / "page.pdf") == []


def test_a_page_drawn_by_what_is_not_here_is_proved_by_its_passages_alone(
    made: Path, tmp_path: Path, capsys: Said
) -> None:
    path = tmp_path / "page.pdf"
    with pikepdf.open(made / "page.pdf") as pdf:
        manifest = json.loads(pdf.attachments[EDITION].get_file().read_bytes())["manifest"]
        with_fields(manifest=manifest | {"weasyprint": "69.0"})(pdf)
        pdf.save(path)
    said = verify_pdf(path)[1]
    assert said.limit == "drawn by another version of weasyprint"
    assert {one.reason for one in said.failures} == {
        "the digest at the foot does not match the record"
    }
    assert run(["verify", str(path)]) == 1
    assert "verified" not in capsys.readouterr().out


@pytest.mark.parametrize("dateline", ["x" * 50_000, "word " * 20_000])
def test_what_is_too_much_for_a_page_is_not_set(made: Path, tmp_path: Path, dateline: str) -> None:
    path = tmp_path / "page.pdf"
    with pikepdf.open(made / "page.pdf") as pdf:
        with_fields(dateline=dateline)(pdf)
        pdf.save(path)
    proof = verify_pdf(path)[1]
    assert proof.limit == "more words, or longer ones, than a page has"
    assert proof.failures
