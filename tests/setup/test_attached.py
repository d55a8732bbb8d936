"""A PDF proves itself from what is attached to it, and what is not so is not proved."""

import io
import json
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pikepdf
import pytest

from briefing.cli import run
from briefing.core.errors import InputError
from briefing.core.model import digest
from briefing.core.record import SCHEMA, canonical
from briefing.setup.attached import verify_pdf
from briefing.sources.records import EDITION, SOURCES
from tests.small_day import DAY, Said, make_all, write_lines

pytestmark = pytest.mark.paper


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
    """Change the attached edition."""
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


def test_equal_input_gives_equal_bytes_with_files_attached(made: Path, tmp_path: Path) -> None:
    assert make_all(tmp_path, made / "day.jsonl") == 0
    assert (tmp_path / "page.pdf").read_bytes() == (made / "page.pdf").read_bytes()


def test_nothing_is_attached_where_not_allowed(made: Path, tmp_path: Path, capsys: Said) -> None:
    (tmp_path / "own.toml").write_text("[page]\nattach = false\n")
    assert make_all(tmp_path, made / "day.jsonl", "--config", tmp_path / "own.toml") == 0
    with pikepdf.open(tmp_path / "page.pdf") as pdf:
        assert "/AF" not in pdf.Root
        assert not pdf.attachments
    capsys.readouterr()
    assert run(["verify", str(tmp_path / "page.pdf")]) == 1
    assert "no edition is attached (page.attach = false" in capsys.readouterr().err


class TestNotProved:
    def test_is_a_text_with_another_word(self, alone: Path, capsys: Said) -> None:
        texts = attached(alone)[SOURCES].replace(b"Tuesday", b"Twosday")
        assert run(["verify", str(changed(alone, SOURCES, texts))]) == 1
        said = capsys.readouterr()
        assert "of the source are other words" in said.err
        assert " verified" not in said.out

    def test_is_a_text_that_was_changed_elsewhere_or_is_missing(self, alone: Path) -> None:
        texts = attached(alone)[SOURCES].replace(b"noon for", b"dusk for")
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
def test_what_is_attached_may_be_anything(
    alone: Path, name: str, content: bytes | None, reason: str
) -> None:
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
    """A hundred megabytes of nothing, packed a thousandfold, are read up to a limit."""
    packer, packed = zlib.compressobj(9), io.BytesIO()
    for _ in range(100):
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


@pytest.mark.parametrize(
    ("name", "words"),
    [("none.pdf", "cannot be read (No such file"), ("none.json", "--sources is missing")],
)
def test_a_file_that_is_not_there_is_said_so(
    tmp_path: Path, capsys: Said, name: str, words: str
) -> None:
    assert run(["verify", str(tmp_path / name)]) in {1, 2}
    assert words in capsys.readouterr().err
