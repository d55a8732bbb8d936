"""Reads and checks an organization's logo, an SVG of plain shapes or a PNG, and embeds it."""

import base64
import io
import re
from pathlib import Path
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

from PIL import Image

from briefing.core.errors import SettingsError, reason_of

#: Most bytes of a file; a logo of a few shapes has 2,000.
_MOST_BYTES = 64 * 1024
#: Most pixels of a PNG; 20 mm at 600 dpi are less than 500 on each side.
_MOST_PIXELS = 2_000_000
#: Most levels of an SVG, since layout is recursive.
_DEEPEST = 20
#: Signature of a PNG; length of its header chunk; 8 bits each of red, green, blue and alpha.
_PNG, _HEAD_BYTES, _RGBA = b"\x89PNG\r\n\x1a\n", b"\0\0\0\r", b"\x08\x06\0\0\0"
_SVG = "{http://www.w3.org/2000/svg}"
#: Elements that only draw and load nothing.
_SHAPES = frozenset("g path rect circle ellipse line polyline polygon title desc defs".split())
#: Attributes that are kept: geometry and flat colors.
_KEPT = frozenset(
    (
        "viewBox preserveAspectRatio width height x y x1 y1 x2 y2 cx cy r rx ry d points transform"
        " fill fill-opacity fill-rule stroke stroke-width stroke-linecap stroke-linejoin"
        " stroke-miterlimit stroke-opacity opacity style"
    ).split()
)
#: A value that refers to something else, or could hide a reference.
_LEADS_OUT = re.compile(r"(?i)url|[@\\<&]|/\*|expression")


def read_logo(path: Path) -> str:
    """Return a logo as a data URI that neither loads nor runs anything.

    Raises:
        SettingsError: it cannot be read, is too large, or is not a plain drawing or picture.
    """
    try:
        with path.open("rb") as file:
            content = file.read(_MOST_BYTES + 1)
    except OSError as error:
        raise SettingsError(f"{path}: the logo cannot be read ({reason_of(error)})") from error
    try:
        return embed(content)
    except ValueError as error:
        raise SettingsError(f"{path}: the logo {error}") from error


def embed(content: bytes) -> str:
    """Return a picture as a data URI; embedding its content again gives the same.

    Raises:
        ValueError: what is wrong with it, without its file name.
    """
    _check_size(content)
    if content.startswith(_PNG[:6]):
        # The picture encoded again, without anything else that the PNG contained
        try:
            with Image.open(io.BytesIO(content), formats=("PNG",)) as image:
                wide, high = image.size
                if wide * high > _MOST_PIXELS:
                    raise ValueError(f"has {wide} × {high} pixels; scale it down to 1,000 a side")
                image.load()
                written = io.BytesIO()
                image.convert("RGBA").save(written, "PNG")
        except (OSError, SyntaxError, Image.DecompressionBombError) as error:
            raise ValueError(f"is not a complete PNG ({error})") from error
        pixels = written.getvalue()
        _check_size(pixels)
        return _data("png", pixels)
    return _data("svg+xml", _shapes(content))


def check_embedded(logo: str) -> str:
    """Return the logo of an edition that was read; empty if it has none.

    An edition may come from anybody, so pixels are not decoded here.

    Raises:
        ValueError: it differs from what :func:`embed` writes.
    """
    if not logo:
        return ""
    content = base64.b64decode(logo.partition(",")[2], validate=True)
    _check_size(content)
    embedded = _data("png", content) if _is_plain(content) else _data("svg+xml", _shapes(content))
    if embedded.partition(",")[0] != logo.partition(",")[0]:
        raise ValueError("its logo is of another kind than it says")
    return embedded


def _check_size(content: bytes) -> None:
    if len(content) > _MOST_BYTES:
        raise ValueError(f"is over {_MOST_BYTES // 1024} KiB; simplify it")


def _data(kind: str, content: bytes) -> str:
    return f"data:image/{kind};base64,{base64.b64encode(content).decode('ascii')}"


def _is_plain(content: bytes) -> bool:
    """Return whether a PNG has the right size and only the chunks that :func:`_pixels` writes."""
    chunks, place = [], len(_PNG)
    while place < len(content):
        chunks.append(content[place + 4 : place + 8])
        place += 12 + int.from_bytes(content[place : place + 4], "big")
    head = content[len(_PNG) + 8 : len(_PNG) + 21]
    wide, high = (int.from_bytes(head[start : start + 4], "big") for start in (0, 4))
    return (
        content.startswith(_PNG + _HEAD_BYTES)
        and place == len(content)
        and chunks == [b"IHDR", *(b"IDAT",) * (len(chunks) - 2), b"IEND"]
        and 0 < wide * high <= _MOST_PIXELS
        and head[8:] == _RGBA
    )


def _shapes(content: bytes) -> bytes:
    try:
        text = content.decode("utf-8")
        if "<!DOCTYPE" in text or "<!ENTITY" in text:
            raise ValueError("has a DOCTYPE; remove that line")
        root = ElementTree.fromstring(text)  # noqa: S314  without a DOCTYPE there is no entity
    except (ElementTree.ParseError, UnicodeDecodeError) as error:
        raise ValueError(f"is neither a PNG nor an SVG ({error})") from error
    if root.tag != f"{_SVG}svg" or not root.get("viewBox"):
        raise ValueError("is not an SVG with a viewBox; save it as plain SVG")
    ElementTree.register_namespace("", _SVG[1:-1])
    return ElementTree.tostring(_copy(root, depth=0))


def _copy(element: Element, *, depth: int) -> Element:
    """Return a copy of an element with only what draws, without other programs' metadata."""
    if depth > _DEEPEST:
        raise ValueError(f"is nested more than {_DEEPEST} levels deep; flatten its groups")
    copy = Element(element.tag)
    for name, value in element.items():
        if name not in _KEPT:
            continue
        if _LEADS_OUT.search(value):
            raise ValueError(f"refers elsewhere ({name}={value[:40]!r}); use flat colors")
        copy.set(name, value)
    for child in element:
        kind = child.tag.removeprefix(_SVG)
        if kind in {child.tag, "metadata"}:  # of another program
            continue
        if kind not in _SHAPES:
            raise ValueError(f"has <{kind}>; convert it to paths of flat color")
        copy.append(_copy(child, depth=depth + 1))
    return copy
