"""A logo is a hostile file: only shapes and pixels of it come onto a page."""

import base64
import io
from pathlib import Path
from random import Random

import pytest
from PIL import Image, PngImagePlugin

from briefing.core.errors import SettingsError
from briefing.press.logo import check_embedded, embed, read_logo
from tests.examples import examples

HEAD = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 40 40"'
SHAPES = f'{HEAD}><g fill="#1d4f91"><path d="M20 2 38 20 20 38z"/></g></svg>'


def png(wide: int = 8, high: int = 8) -> bytes:
    noted = PngImagePlugin.PngInfo()
    noted.add_text("Comment", "kept by nobody")
    written = io.BytesIO()
    Image.new("RGB", (wide, high), "#1d4f91").save(written, "PNG", pnginfo=noted)
    return written.getvalue()


def noise() -> bytes:
    """Pixels that take less room than four bytes each, as which they are written again."""
    written = io.BytesIO()
    grays = Random(1).randbytes(240 * 240)  # noqa: S311  no secret
    Image.frombytes("L", (240, 240), grays).save(written, "PNG")
    return written.getvalue()


def content(logo: str) -> bytes:
    return base64.b64decode(logo.partition(",")[2])


def test_shapes_and_pixels_stay_and_nothing_else() -> None:
    logo = embed(SHAPES.encode())
    assert logo.startswith("data:image/svg+xml;base64,")
    assert b'd="M20 2 38 20 20 38z"' in content(logo)
    assert check_embedded(logo) == logo
    logo = embed(png())
    assert b"kept by nobody" not in content(logo)
    assert Image.open(io.BytesIO(content(logo))).size == (8, 8)
    assert check_embedded(logo) == logo
    logo = embed(
        f'{HEAD} onload="alert(1)" class="a"><metadata><a/></metadata><x:y xmlns:x="urn:x"/>'
        '<rect width="4" height="4" onclick="alert(1)"/></svg>'.encode()
    )
    for word in (b"onload", b"onclick", b"metadata", b"urn:x", b"class"):
        assert word not in content(logo)
    assert b"rect" in content(logo)
    assert check_embedded("") == ""


@examples("inside, why")
def test_what_may_load_or_run_is_refused(tmp_path: Path, inside: str, why: str) -> None:
    file = tmp_path / "logo.svg"
    file.write_text(f"{HEAD}>{inside}</svg>", encoding="utf-8")
    with pytest.raises(SettingsError, match=f"logo.svg: the logo .*{why}"):
        read_logo(file)


@pytest.mark.parametrize(
    ("file", "why"),
    [
        (b"", "neither a PNG nor an SVG"),
        (b"\xff\xfe<\x00s\x00v\x00g\x00", "neither a PNG nor an SVG"),
        (b"GIF89a", "neither a PNG nor an SVG"),
        (b'<!DOCTYPE svg [<!ENTITY a "b">]>' + SHAPES.encode(), "has a DOCTYPE"),
        (b"<svg/>", "not an SVG with a viewBox"),
        (SHAPES.replace("viewBox", "viewbox").encode(), "not an SVG with a viewBox"),
        (png()[:60], "is not a complete PNG"),
        (b"\x89PNG\r\n\x1a\n" + b"\x00" * 40, "is not a complete PNG"),
        (png(2000, 1001), "2000 × 1001 pixels"),
        (b" " * (64 * 1024 + 1), "over 64 KiB"),
        (noise(), "over 64 KiB"),
    ],
)
def test_what_is_no_logo_is_refused(tmp_path: Path, file: bytes, why: str) -> None:
    path = tmp_path / "logo"
    path.write_bytes(file)
    with pytest.raises(SettingsError, match=f"logo: the logo .*{why}"):
        read_logo(path)


def test_a_logo_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"none\.svg: the logo cannot be read \(No such file"):
        read_logo(tmp_path / "none.svg")


def test_pixels_in_an_edition_are_not_decoded(monkeypatch: pytest.MonkeyPatch) -> None:
    logo = embed(png())
    monkeypatch.setattr(Image, "open", lambda *_, **__: pytest.fail("decoded"))
    assert check_embedded(logo) == logo


@examples("logo")
def test_a_logo_in_an_edition_is_checked_again(logo: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        check_embedded(logo)
