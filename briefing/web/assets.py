"""Style sheets, icons, robots.txt, and fonts subset to what the pages need."""

import base64
from collections.abc import Sequence
from functools import cache
from io import BytesIO
from pathlib import Path

from fontTools import subset
from starlette.exceptions import HTTPException
from starlette.responses import Response

from briefing.web.edition import style_policy
from briefing.web.request import WebRequest
from briefing.web.stored import cacheable

#: Latin with extensions, Greek, Cyrillic; punctuation, euro, minus.
_LETTERS = (*range(0x20, 0x180), *range(0x370, 0x460), *range(0x2010, 0x2040), 0x20AC, 0x2212)
#: The light face is used only for the brackets of the nameplate.
_BRACKETS = tuple(map(ord, "[]"))
#: Figure styles, ligatures, kerning and mark positioning.
_FEATURES = "ccmp kern liga lnum locl mark onum pnum tnum".split()
#: Characters by font name.
_FONTS = {
    **{
        f"Source{family}Pro-{face}": _LETTERS
        for family in ("Serif", "Sans")
        for face in ("Regular", "It", "Semibold", "Bold")
    },
    "SourceSansPro-Light": _BRACKETS,
}
_ENDING = ".woff2"
#: Media types of assets, by suffix.
_KINDS = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".ico": "image/x-icon",
}
#: Paths for single readers, operators and programs.
_NOT_FOR_ROBOTS = ("/admin", "/api/", "/confirm/", "/preferences", "/unsubscribe/")
#: One day, since these addresses contain no version.
_KEEP = "public, max-age=86400"


def font(request: WebRequest) -> Response:
    """Return a font."""
    name = request.path["name"].removesuffix(_ENDING)
    whole = request.context.theme.asset(f"fonts/{name}.ttf")
    if whole is None or f"{name}{_ENDING}" != request.path["name"] or name not in _FONTS:
        raise HTTPException(404)
    return _kept(request, _cut(whole, _FONTS[name]), "font/woff2")


def asset(request: WebRequest) -> Response:
    """Return a style sheet, a script or the site icon, in the organization's accent color."""
    theme, letterhead = request.context.theme, request.context.letterhead
    path = theme.asset(f"web{request.address.partition('?')[0]}")
    if path is None:
        raise HTTPException(404)
    content, kind = path.read_bytes(), _KINDS[path.suffix]
    if path.suffix != ".ico":
        content = theme.recolored(content.decode(), letterhead).encode()
    return (_picture if kind.startswith("image/") else _kept)(request, content, kind)


def logo(request: WebRequest) -> Response:
    """Return the organization's logo."""
    kind, _, content = request.context.letterhead.logo.partition(";base64,")
    if not content:
        raise HTTPException(404)
    return _picture(request, base64.b64decode(content), kind.removeprefix("data:"))


def robots(request: WebRequest) -> Response:
    """Return robots.txt."""
    others = (each.base for each in request.site.others if not each.closed)
    bases = [request.context.base, *others]
    return Response(for_robots([*dict.fromkeys(bases)]), media_type="text/plain")


def keys(request: WebRequest) -> Response:
    """Return the public keys of the desk, with which signatures of editions are checked."""
    if not request.context.keys:
        raise HTTPException(404)
    return Response(request.context.keys, media_type="text/plain")


def for_robots(bases: Sequence[str]) -> str:
    """Return the robots.txt rules for base paths: crawlers may read only what is printed.

    References:
        Koster et al., RFC 9309, 2022.
    """
    closed = (f"Disallow: {base}{path}\n" for base in bases for path in _NOT_FOR_ROBOTS)
    return "User-agent: *\n" + "".join(closed)


def _picture(request: WebRequest, content: bytes, kind: str) -> Response:
    """Return a picture; an SVG opened directly is a page, which may only use its own styles."""
    answer = _kept(request, content, kind)
    answer.headers["Content-Security-Policy"] = style_policy(content)
    return answer


def _kept(request: WebRequest, content: bytes, kind: str) -> Response:
    return cacheable(request, Response(content, headers={"Content-Type": kind}), keep=_KEEP)


@cache
def _cut(path: Path, characters: tuple[int, ...]) -> bytes:
    """Return a font subset as WOFF2; takes about a second, then is cached."""
    options = subset.Options()
    options.flavor = "woff2"
    options.layout_features = _FEATURES
    cut = BytesIO()
    with subset.load_font(str(path), options) as whole:
        cutter = subset.Subsetter(options)
        cutter.populate(unicodes=characters)
        cutter.subset(whole)
        subset.save_font(whole, cut, options)
    return cut.getvalue()
