"""PURE: takes out of a text what no log may keep: addresses, tokens, passwords, controls."""

from __future__ import annotations

import re

#: Replaces what was taken out.
GONE = "…"
#: Characters of a text that are read; a longer one is cut first, so that time stays bounded.
_LONGEST = 16_384
#: Forms of "@": itself, its percent code, its HTML codes, and its wide and small forms.
_AT = r"(?:@|%40|&[#]0*64;|&[#]x0*40;|&commat;|\uff20|\ufe6b)"
#: No white space, no bracket of an address, and no "@".
_SIGN = r"[^\s<>@\uff20\ufe6b]"
#: What is looked for, in one pass, so that nothing that was put in is read again. Bounds keep the
#: time linear: 64 and 255 are the longest parts of an address (RFC 5321, 4.5.3.1), and some.
_HIDDEN = re.compile(
    rf"""
    (?P<field>\b(?:proxy-)?authorization\b|\b(?:set-)?cookie\b)["']?\s{{0,8}}[:=][^\r\n]{{0,4096}}
    | (?P<scheme>\b(?:bearer|(?-i:Basic)))\s{{1,8}}[\w.~+/=-]{{6,4096}}
    | (?P<name>\b\w{{0,32}}(?:password|passwd|secret|token|api_?key)\w{{0,8}})=[^\s&"']{{1,4096}}
    | (?P<url>\b[a-z][a-z0-9+.-]{{1,30}}://[^\s"'<>]{{1,8192}})
    | (?P<page>/(?:confirm|unsubscribe|preferences)/)[^\s/?#"'<>]{{1,4096}}
    | (?P<mail>
        (?:"[^"\r\n]{{1,128}}"|{_SIGN}{{1,320}}?){_AT}+{_SIGN}{{1,320}}(?:{_AT}{_SIGN}{{1,320}})*
      )
    """,
    re.IGNORECASE | re.VERBOSE,
)
_PAGE = re.compile(r"(/(?:confirm|unsubscribe|preferences)/)[^/?#]+", re.IGNORECASE)
_MAIL = re.compile(rf"[^/]{{0,320}}?{_AT}[^/]{{0,320}}", re.IGNORECASE)


def redacted(text: str) -> str:
    """Return a text as one line safe for a log: without addresses, tokens or secrets.

    Mail addresses, the tokens of our links, the values of Authorization and of cookies, what
    follows "password=" or "token=", and user name, query and fragment of web addresses go;
    unprintable characters become codes.
    """
    return escaped(_HIDDEN.sub(_instead, text[:_LONGEST])) + (GONE if len(text) > _LONGEST else "")


def redacted_lines(text: str) -> tuple[str, ...]:
    """Return the lines of a long text, such as a traceback, each as :func:`redacted` leaves it."""
    return tuple(redacted(line) for line in text.split("\n"))


def escaped(text: str) -> str:
    """Return a text as one line, unprintable characters as codes."""
    if text.isprintable():
        return text
    return "".join(sign if sign.isprintable() else _code(sign) for sign in text)


def _code(sign: str) -> str:
    return sign.encode("unicode_escape").decode("ascii")


def _instead(match: re.Match[str]) -> str:
    """Return the replacement of one match."""
    kind, text = str(match.lastgroup), match[str(match.lastgroup)]
    if kind == "url":
        return _plain_url(text)
    return {
        "field": f"{text}: {GONE}",
        "scheme": f"{text} {GONE}",
        "name": f"{text}={GONE}",
        "page": f"{text}{GONE}",
        "mail": GONE,
    }[kind]


def _plain_url(url: str) -> str:
    """Return an address without user name, query, fragment, and what its path hides."""
    scheme, _, rest = url.partition("://")
    whole = re.split(r"[?#]", rest, maxsplit=1)
    host, slash, path = whole[0].partition("/")
    host = re.split(_AT, host, flags=re.IGNORECASE)[-1]
    path = _MAIL.sub(GONE, _PAGE.sub(rf"\1{GONE}", slash + path))
    return f"{scheme}://{host}{path}" + (f"?{GONE}" if len(whole) > 1 else "")
