import io
import json
import re
import zlib
from collections.abc import Callable, Iterator
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
from briefing.core.model import Edition, digest
from briefing.core.record import SCHEMA, canonical
from briefing.press.measure import Press
from briefing.setup import registry
from briefing.setup.attached import verify_pdf
from briefing.sources.records import EDITION, SOURCES
from tests.small_day import DAY, Said, make_all, write_lines

pytestmark = pytest.mark.paper


@pytest.fixture(autouse=True, scope="module")
def _printed_once() -> Iterator[None]:
    """Let an edition be printed once, however often it is proved: most changes are of its PDF."""
    real, kept = Press.print, dict[tuple[str, str], bytes]()

    def printed(press: Press, edition: Edition) -> bytes:
        key = press._theme.name + press._paper.size, record.write(edition)
        if key not in kept:
            kept[key] = real(press, edition)
        return kept[key]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Press, "print", printed)
        yield


@pytest.fixture
def alone(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the PDF in a folder of its own, where there is no store and no settings file."""
    monkeypatch.chdir(tmp_path)
    copy = tmp_path / "got by mail.pdf"
    copy.write_bytes((made / "page.pdf").read_bytes())
    return copy


def attached(path: Path) -> dict[str, bytes]:
    with pikepdf.open(path) as pdf:
        return {name: spec.get_file().read_bytes() for name, spec in pdf.attachments.items()}


def changed(path: Path, name: str, content: bytes | None) -> Path:
    """Replace or remove an attached file."""
    with pikepdf.open(path, allow_overwriting_input=True) as pdf:
        del pdf.attachments[name]
        if content is not None:
            pdf.attachments[name] = pikepdf.AttachedFileSpec(pdf, content, filename=name)
        pdf.save(path)
    return path


def edited(path: Path, change: Callable[[Any], None]) -> Path:
    edition = json.loads(attached(path)[EDITION])
    change(edition)
    return changed(path, EDITION, json.dumps(edition).encode())


def reasons(path: Path) -> set[str]:
    return {failure.reason for failure in verify_pdf(path)[1].failures}


def test_a_pdf_proves_itself_in_an_empty_folder(alone: Path, made: Path, capsys: Said) -> None:
    assert list(alone.parent.iterdir()) == [alone]
    assert run(["verify", alone.name]) == 0
    with_files = capsys.readouterr().out
    assert run(["verify", str(made / "page.json"), "--sources", str(made / "sources.jsonl")]) == 0
    assert capsys.readouterr().out == with_files
    assert with_files.splitlines()[0].endswith(" passages verified")
    # known by its first bytes too
    assert run(["verify", str(alone.rename(alone.with_suffix(".bin")))]) == 0


def test_it_carries_only_texts_whose_words_are_printed(alone: Path, made: Path) -> None:
    lines = attached(alone)[SOURCES].decode().splitlines(keepends=True)
    assert set(lines) <= set((made / "sources.jsonl").read_text().splitlines(keepends=True))
    edition = json.loads(attached(alone)[EDITION])
    quoted = {
        sentence["document"]
        for section in edition["sections"]
        for brief in section["briefs"]
        for sentence in brief["sentences"]
    }
    assert quoted <= {json.loads(line)["id"] for line in lines}


def test_files_are_associated_dated_and_packed_and_say_nothing_of_the_desk(alone: Path) -> None:
    edition = json.loads(attached(alone)[EDITION])
    assert not {"evidence", "choices"} & edition.keys()
    assert not {"failed", "drops", "found"} & edition["ledger"].keys()
    with pikepdf.open(alone) as pdf:
        specs = list(pdf.Root.AF)
        assert [str(spec.UF) for spec in specs] == [EDITION, SOURCES]
        assert [str(spec.AFRelationship) for spec in specs] == ["/Data", "/Source"]
        names = pdf.Root.Names.EmbeddedFiles.Names
        assert [spec.objgen for spec in specs] == [names[1].objgen, names[3].objgen]
        for spec, kind in zip(specs, ("/application/json", "/application/x-ndjson"), strict=True):
            file = spec.EF.F
            assert str(file.Subtype) == kind
            assert str(file.Filter) == "/FlateDecode"
            assert str(file.Params.ModDate) == "D:20260311000000Z"
            assert int(file.Params.Size) == len(file.read_bytes())


def test_nothing_is_attached_where_not_allowed(made: Path, tmp_path: Path, capsys: Said) -> None:
    (tmp_path / "own.toml").write_text("[page]\nattach = false\n")
    assert make_all(tmp_path, made / "day.jsonl", "--config", tmp_path / "own.toml") == 0
    with pikepdf.open(tmp_path / "page.pdf") as pdf:
        assert "/AF" not in pdf.Root
        assert not pdf.attachments
    capsys.readouterr()
    for command in ("verify", "why"):
        assert run([command, str(tmp_path / "page.pdf")]) == 1
        assert "no edition is attached (page.attach = false" in capsys.readouterr().err


def test_a_page_lists_its_stories_and_says_where_their_reasons_are(
    made: Path, capsys: Said
) -> None:
    assert run(["why", str(made / "page.pdf")]) == 0
    listed = capsys.readouterr().out
    story = re.findall(r"^  (s\d+) ", listed, re.MULTILINE)[0]
    assert run(["why", str(made / "page.json"), story]) == 0
    capsys.readouterr()
    assert run(["why", str(made / "page.pdf"), story]) == 2
    assert "this copy leaves out why its stories were chosen" in capsys.readouterr().err


class TestNotProved:
    def test_is_a_text_with_another_word(self, alone: Path, capsys: Said) -> None:
        texts = attached(alone)[SOURCES].replace(b"Tuesday", b"Twosday")
        assert run(["verify", str(changed(alone, SOURCES, texts))]) == 1
        said = capsys.readouterr()
        assert "of the source are other words" in said.err
        assert " verified" not in said.out

    def test_is_a_text_that_was_changed_elsewhere_or_is_missing(self, alone: Path) -> None:
        texts = attached(alone)[SOURCES].replace(
            b"Rebels on the far shore", b"Rebels on the other shore"
        )
        assert reasons(changed(alone, SOURCES, texts)) == {
            "the source text has changed elsewhere since it was printed"
        }
        first, *_ = attached(alone)[SOURCES].splitlines(keepends=True)
        assert "the source is not among the stored texts" in reasons(changed(alone, SOURCES, first))

    def test_is_an_edition_of_other_words_than_the_page(self, alone: Path) -> None:
        """Both attached files agree, but not with the sheet."""
        texts = attached(alone)[SOURCES].replace(b"raised its key", b"halved its key")
        changed(alone, SOURCES, texts)

        def halve(edition: Any) -> None:  # noqa: ANN401  JSON
            for section in edition["sections"]:
                for brief in section["briefs"]:
                    for sentence in brief["sentences"]:
                        words = sentence["text"].replace("raised its key", "halved its key")
                        sentence |= {"text": words, "sha256": digest(words)}
            del edition["schema"], edition["digest"]
            edition |= {"digest": digest(canonical(edition)), "schema": SCHEMA}

        assert {
            "it is not in the text of the PDF",
            "the digest at the foot does not match the record",
        } == reasons(edited(alone, halve)) - {
            "the source text has changed elsewhere since it was printed"
        }

    def test_is_a_headline_that_the_page_does_not_have(self, alone: Path) -> None:
        def rename(edition: Any) -> None:  # noqa: ANN401  JSON
            edition["sections"][0]["briefs"][0]["headline"] = "Rate halved"

        assert reasons(edited(alone, rename)) == {
            "no source has it",
            "it is not in the text of the PDF",
            "the digest does not match the record",
            "the digest at the foot does not match the record",
        }

    def test_is_what_other_texts_do_not_hold(self, alone: Path, tmp_path: Path) -> None:
        """Texts from elsewhere take the place of those that are attached."""
        others = write_lines(tmp_path / "others.jsonl", DAY[:1])
        assert run(["verify", str(alone), "--sources", str(others)]) == 1


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        (EDITION, None, "no edition is attached"),
        (SOURCES, None, "no source texts are attached"),
        (EDITION, b"", "not an edition"),
        (EDITION, b"\xff\xfe", "not UTF-8"),
        (EDITION, b"[1, 2]", "not an edition"),
        (EDITION, b"[" * 100_000, "not an edition"),
        (EDITION, b'{"schema": 3}', "schema 3; this version reads 1 and 2"),
        (EDITION, b'{"schema": 1, "sections": 3}', "not an edition"),
        (EDITION, b"9" * 10_000, "not an edition"),
        (EDITION, b" " * 50_000_001, "larger than 50,000,000 bytes"),
        (SOURCES, b"\xff", "not UTF-8"),
    ],
)
def test_anything_is_attached(alone: Path, name: str, content: bytes | None, reason: str) -> None:
    with pytest.raises(InputError, match=reason) as error:
        verify_pdf(changed(alone, name, content))
    assert str(error.value).startswith(f"{alone}: ")
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("content", [b"", b"{}\n[]\nnull\n", b'{"id": 1, "text": 2}'])
def test_texts_that_are_none_prove_nothing(alone: Path, content: bytes) -> None:
    assert "the source is not among the stored texts" in reasons(changed(alone, SOURCES, content))


@pytest.mark.parametrize("content", [b"", b"%PDF-1.7\n" + bytes(1_000), b"<html>", 0.2, 0.5, 0.9])
def test_a_pdf_may_be_anything_or_cut(alone: Path, content: bytes | float) -> None:
    whole = alone.read_bytes()
    other = content if isinstance(content, bytes) else whole[: int(len(whole) * content)]
    alone.write_bytes(other)
    said = "not a PDF that can be read" if other is content else "."
    with pytest.raises(InputError, match=said):
        verify_pdf(alone)


def test_a_bomb_is_not_unpacked(alone: Path) -> None:
    """Sixty megabytes of nothing, packed a thousandfold, are read up to a limit."""
    packer, packed = zlib.compressobj(9), io.BytesIO()
    for _ in range(60):
        packed.write(packer.compress(bytes(1_000_000)))
    packed.write(packer.flush())
    with pikepdf.open(alone, allow_overwriting_input=True) as pdf:
        file = pdf.attachments[EDITION].get_file().obj
        file.write(packed.getvalue(), filter=pikepdf.Name.FlateDecode)
        pdf.save(alone)
    with pytest.raises(InputError):
        verify_pdf(alone)


def test_a_file_that_is_attached_twice_or_encrypted_is_refused(alone: Path) -> None:
    with pikepdf.open(alone, allow_overwriting_input=True) as pdf:
        names = pdf.Root.Names.EmbeddedFiles.Names
        names.extend([names[0], names[1]])
        pdf.save(alone)
    with pytest.raises(InputError, match="attached twice"):
        verify_pdf(alone)
    with pikepdf.open(alone, allow_overwriting_input=True) as pdf:
        pdf.save(alone, encryption=pikepdf.Encryption(user="secret", owner="secret"))
    with pytest.raises(InputError, match="encrypted"):
        verify_pdf(alone)


def test_what_goes_to_a_terminal_has_no_control_characters(alone: Path, capsys: Said) -> None:
    def write_escapes(edition: Any) -> None:  # noqa: ANN401  JSON
        edition["id"] = "desk\x1b[2J/2026-03-11"
        for brief in edition["sections"][0]["briefs"]:
            for sentence in brief["sentences"]:
                sentence["document"] = "\x1b]0;owned\x07"
        edition["documents"]["\x1b[2J"] = next(iter(edition["documents"].values()))

    assert run(["verify", str(edited(alone, write_escapes))]) == 1
    said = capsys.readouterr()
    assert "\x1b" not in said.out + said.err


Change = Callable[[Pdf], None]

#: The quick tests draw the first paper of each theme.
PAPERS = [
    pytest.param(theme, paper, marks=[pytest.mark.slow][:number])
    for theme in registry.names("theme")
    for number, paper in enumerate(registry.load("theme", theme)().papers)
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
        text = json.dumps(json.loads(pdf.attachments[EDITION].get_file().read_bytes()) | fields)
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
    **{f"text {number} is missing": without(number) for number in (0, 20, -1)},
    **{f"text {number} after the next": swapped(number) for number in (5, -20)},
    "text invisible": before(14, ([3], "Tr")),
    "text white": before(16, ([1], "g")),
    "text larger": before(8, ([1.4], "Ts")),
    "text wider": before(8, ([120], "Tz")),
    "a white box over the nameplate": box(20, 760, 500, 60),

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

    "another marking": with_fields(letterhead={"marking": "PUBLIC"}),
    "a note of the desk": with_fields(note={"text": "All is well.", "signed": "The desk"}),
    "another place": with_fields(dateline="Ostra, 06:30"),
    "another setting": with_fields(setting={"scale": "thin", "lead": 11.0, "headline": 30}),
}  # fmt: skip


@pytest.fixture
def page(made: Path, tmp_path: Path) -> Callable[..., Path]:
    """Return what copies the page that was made, with a change."""

    def copied(change: Change, **how: Any) -> Path:  # noqa: ANN401  of saving
        with pikepdf.open(made / "page.pdf") as pdf:
            change(pdf)
            pdf.save(tmp_path / "page.pdf", **how)
        return tmp_path / "page.pdf"

    return copied


@pytest.mark.parametrize("name", CHANGES)
def test_whatever_is_changed_is_found(page: Callable[..., Path], name: str) -> None:
    path = page(CHANGES[name])
    try:
        found = failures(path)
    except InputError:  # of a size that no paper has
        return
    assert found


def test_a_file_that_was_only_written_anew_is_the_same(page: Callable[..., Path]) -> None:
    def rename(pdf: Pdf) -> None:
        pdf.docinfo["/Producer"] = "a mail gateway"

    generate = pikepdf.ObjectStreamMode.generate
    assert failures(page(rename, linearize=True, object_stream_mode=generate)) == []


@pytest.mark.parametrize(("theme", "paper"), PAPERS)
def test_a_sound_edition_is_not_blamed(made: Path, tmp_path: Path, theme: str, paper: str) -> None:
    assert make_all(tmp_path, made / "day.jsonl", "--theme", theme, "--paper", paper) == 0
    assert failures(tmp_path / "page.pdf") == []


def test_another_themes_page_is_proved_by_words(page: Callable[..., Path], capsys: Said) -> None:
    def renew(pdf: Pdf) -> None:
        manifest = json.loads(pdf.attachments[EDITION].get_file().read_bytes())["manifest"]
        with_fields(manifest=manifest | {"weasyprint": "69.0"})(pdf)

    path = page(renew)
    said = verify_pdf(path)[1]
    assert said.limit == "drawn by another version of weasyprint"
    assert {one.reason for one in said.failures} == {
        "the digest at the foot does not match the record"
    }
    assert run(["verify", str(path)]) == 1
    assert "verified" not in capsys.readouterr().out


@pytest.mark.parametrize("dateline", ["x" * 50_000, "word " * 20_000])
def test_what_is_too_much_for_a_page_is_not_set(page: Callable[..., Path], dateline: str) -> None:
    proof = verify_pdf(page(with_fields(dateline=dateline)))[1]
    assert proof.limit == "more words, or longer ones, than a page has"
    assert proof.failures
