"""The style sheets, and the fonts cut to what the pages need."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from functools import cache
from io import BytesIO
from pathlib import Path
from types import MappingProxyType

from fontTools import subset
from starlette.exceptions import HTTPException
from starlette.responses import Response

from briefing.web.edition import style_policy
from briefing.web.request import WebRequest

#: Latin with its extensions, Greek, Cyrillic; punctuation, the euro, minus.
_LETTERS = (*range(0x20, 0x180), *range(0x370, 0x460), *range(0x2010, 0x2040), 0x20AC, 0x2212)
#: The light face sets nothing but the brackets of the nameplate.
_BRACKETS = tuple(map(ord, "[]"))
#: Figures in their kinds, ligatures, kerning, and marks where they belong.
_FEATURES = ("ccmp", "kern", "liga", "lnum", "locl", "mark", "onum", "pnum", "tnum")
#: Characters by the font that is offered.
_FONTS: Mapping[str, tuple[int, ...]] = MappingProxyType(
    {
        "SourceSerifPro-Regular": _LETTERS,
        "SourceSerifPro-It": _LETTERS,
        "SourceSerifPro-Semibold": _LETTERS,
        "SourceSerifPro-Bold": _LETTERS,
        "SourceSansPro-Light": _BRACKETS,
        "SourceSansPro-Regular": _LETTERS,
        "SourceSansPro-It": _LETTERS,
        "SourceSansPro-Semibold": _LETTERS,
        "SourceSansPro-Bold": _LETTERS,
    }
)
_ENDING = ".woff2"
_ICONS: Mapping[str, str] = MappingProxyType(
    {"favicon.svg": "image/svg+xml", "favicon.ico": "image/x-icon"}
)
#: What belongs to one reader, to operators or to programs.
_NOT_FOR_ROBOTS = ("/admin", "/api/", "/confirm/", "/preferences", "/unsubscribe/")
#: A day for what has no version in its address.
_KEEP = "public, max-age=86400"


def style(request: WebRequest) -> Response:
    """Give the style sheet of all pages."""
    return _sheet(request, "site.css")


def admin_style(request: WebRequest) -> Response:
    """Give the style sheet that the administration has beside it."""
    return _sheet(request, "admin.css")


def font(request: WebRequest) -> Response:
    """Give a font."""
    name = request.path["name"].removesuffix(_ENDING)
    whole = request.site.context.theme.asset(f"fonts/{name}.ttf")
    if whole is None or f"{name}{_ENDING}" != request.path["name"] or name not in _FONTS:
        raise HTTPException(404)
    return _cacheable(request, _cut(whole, _FONTS[name]), "font/woff2")


def icon(request: WebRequest) -> Response:
    """Give the sign of the pages, as drawn or as pixels."""
    name = request.address.partition("?")[0].lstrip("/")
    path = request.site.context.theme.asset(f"web/{name}")
    if path is None:
        raise HTTPException(404)
    content = path.read_bytes()
    answer = _cacheable(request, content, _ICONS[name])
    # Opened by itself it is a page that may draw, and nothing else.
    answer.headers["Content-Security-Policy"] = style_policy(content)
    return answer


def robots(request: WebRequest) -> Response:
    """Tell machines that read the web what is not for them."""
    return Response(for_robots([request.site.context.base]), media_type="text/plain")


def for_robots(bases: Sequence[str]) -> str:
    """Return the rules for pages under some paths: what is printed may be read, and nothing else.

    References:
        Koster et al., RFC 9309, 2022.
    """
    closed = (f"Disallow: {base}{path}\n" for base in bases for path in _NOT_FOR_ROBOTS)
    return "User-agent: *\n" + "".join(closed)


def _sheet(request: WebRequest, name: str) -> Response:
    path = request.site.context.theme.asset(f"web/{name}")
    if path is None:
        raise HTTPException(404)
    return _cacheable(request, path.read_bytes(), "text/css; charset=utf-8")


def _cacheable(request: WebRequest, content: bytes, kind: str) -> Response:
    mark = f'"{hashlib.sha256(content).hexdigest()[:32]}"'
    headers = {"Content-Type": kind, "Cache-Control": _KEEP, "ETag": mark}
    if mark in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    return Response(content, headers=headers)


@cache
def _cut(path: Path, characters: tuple[int, ...]) -> bytes:
    """Return a font of these characters as WOFF2; takes a second, once."""
    options = subset.Options()
    options.flavor = "woff2"
    options.layout_features = list(_FEATURES)
    cut = BytesIO()
    with subset.load_font(str(path), options) as whole:
        cutter = subset.Subsetter(options)
        cutter.populate(unicodes=characters)
        cutter.subset(whole)
        subset.save_font(whole, cut, options)
    return cut.getvalue()
