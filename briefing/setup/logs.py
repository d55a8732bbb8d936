"""The log of all packages: its format, redaction, and line breaks for a terminal."""

import json
import logging
import re
import shutil
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from textwrap import wrap
from types import MappingProxyType
from typing import Literal, TextIO

Format = Literal["console", "json"]

#: Most lines of a traceback that are kept, the last ones.
_LINES = 200
#: INFO and above are logged for this logger, only warnings and above for others.
_OURS = "briefing"
_FORMATTER = logging.Formatter()
_ABOUT: ContextVar[Mapping[str, int | str]] = ContextVar("about", default=MappingProxyType({}))


def set_up_logs(form: Format, *, stream: TextIO) -> None:
    """Write the log of all packages to a stream from now on, instead of to that of an earlier call.

    Each line has time (UTC), level, logger and event, and the values of :func:`about`.
    """
    root = logging.getLogger()
    for handler in [handler for handler in root.handlers if isinstance(handler, _Handler)]:
        root.removeHandler(handler)
    root.addHandler(_Handler(stream, form))
    logging.getLogger(_OURS).setLevel(logging.INFO)
    logging.captureWarnings(capture=True)


@contextmanager
def about(*, run: int | None = None, step: str = "", briefing: str = "") -> Iterator[None]:
    """Add run, step and briefing to every line of this thread while the context is open.

    Tasks and threads started by :mod:`anyio` inherit the values; others do not.
    """
    given = {"briefing": briefing, "step": str(step), "run": run}
    before = _ABOUT.set({**_ABOUT.get(), **{name: value for name, value in given.items() if value}})
    try:
        yield
    finally:
        _ABOUT.reset(before)


class _Handler(logging.StreamHandler[TextIO]):
    def __init__(self, stream: TextIO, form: Format) -> None:
        super().__init__(stream)
        self._form = form

    def format(self, record: logging.LogRecord) -> str:
        """Return a line with every value redacted; in text form, a traceback is marked below it.

        Lines for a terminal are broken between words. Lines of a traceback are redacted one by one,
        so that it stays readable.
        """
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        values = {
            "time": at.replace("+00:00", "Z"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": record.getMessage(),
            **_ABOUT.get(),
        }
        line = {n: redacted(text) if isinstance(text, str) else text for n, text in values.items()}
        traceback = record.exc_info and _FORMATTER.formatException(record.exc_info)
        long = {"exception": traceback, "stack": record.stack_info}
        below = {
            name: "\n".join(map(redacted, text.split("\n")[-_LINES:]))
            for name, text in long.items()
            if text
        }
        if self._form == "json":
            return json.dumps(line | below, ensure_ascii=False)
        time, level, logger, event, *_ = line.values()
        more = "".join(f"  {name}={value}" for name, value in list(line.items())[4:])
        marked = "".join(f"\n  | {each}" for text in below.values() for each in text.split("\n"))
        text = f"{time} {level:<8} {logger}: {event}{more}{marked}"
        if not self.stream.isatty():
            return text
        width = shutil.get_terminal_size().columns
        return "\n".join(part for each in text.split("\n") for part in broken(each, width=width))

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802  the name is logging's
        """Report that a line was lost; the default would print its values unredacted."""
        error = sys.exc_info()[0]
        message = f"a line of {redacted(record.name)} could not be logged"
        self.stream.write(f"{message}: {error.__name__ if error else 'unknown'}\n")


#: Replaces redacted text.
GONE = "…"
#: Longer texts are truncated to this many characters before redaction, so that time is bounded.
_LONGEST = 16_384
#: Forms of "@": itself, percent-encoded, as HTML character reference, full-width and small.
_AT = r"(?:@|%40|&[#]0*64;|&[#]x0*40;|&commat;|\uff20|\ufe6b)"
#: Pages whose last path segment is a token.
_LINKS = r"confirm|unsubscribe|preferences|admin/password|admin/requests/\d{1,18}"
#: Any character except white space, angle brackets, and "@".
_SIGN = r"[^\s<>@\uff20\ufe6b]"
#: Everything to redact, in a single pass, so that replacements are not matched again. Bounds keep
#: the time linear; the parts of an address have up to 64 and 255 characters (RFC 5321, 4.5.3.1).
_HIDDEN = re.compile(
    rf"""
    (?P<field>\b(?:proxy-)?authorization\b|\b(?:set-)?cookie\b)["']?\s{{0,8}}[:=][^\r\n]{{0,4096}}
    | (?P<scheme>\b(?:bearer|(?-i:Basic)))\s{{1,8}}[\w.~+/=-]{{6,4096}}
    | (?P<name>
        \b\w{{0,32}}(?:password|passwd|secret|token|api_?key|(?<=[?&])key)\w{{0,8}}
      )=[^\s&"']{{1,4096}}
    | (?P<url>\b[a-z][a-z0-9+.-]{{1,30}}://[^\s"'<>]{{1,8192}})
    | (?P<page>/(?:{_LINKS})/)[^\s/?#"'<>]{{1,4096}}
    | (?P<mail>
        (?:"[^"\r\n]{{1,128}}"|{_SIGN}{{1,320}}?){_AT}+{_SIGN}{{1,320}}(?:{_AT}{_SIGN}{{1,320}})*
      )
    """,
    re.IGNORECASE | re.VERBOSE,
)
_PAGE = re.compile(rf"(/(?:{_LINKS})/)[^/?#]+", re.IGNORECASE)
_MAIL = re.compile(rf"[^/]{{0,320}}?{_AT}[^/]{{0,320}}", re.IGNORECASE)


def redacted(text: str) -> str:
    """Return a text as one line that is safe to log: without addresses, tokens or secrets.

    Removes mail addresses, tokens of our links, values of Authorization and cookies, what follows
    "password=" or "token=", and user name, query and fragment of web addresses; unprintable
    characters become codes.
    """
    return escaped(_HIDDEN.sub(_instead, text[:_LONGEST])) + (GONE if len(text) > _LONGEST else "")


def escaped(text: str) -> str:
    """Return a text as one line, with unprintable characters as codes."""
    if text.isprintable():
        return text
    return "".join(
        sign if sign.isprintable() else sign.encode("unicode_escape").decode("ascii")
        for sign in text
    )


def _instead(match: re.Match[str]) -> str:
    kind, text = str(match.lastgroup), match[str(match.lastgroup)]
    if kind == "url":
        # Without user name, query, fragment, and whatever the path hides.
        scheme, _, rest = text.partition("://")
        whole = re.split(r"[?#]", rest, maxsplit=1)
        host, slash, path = whole[0].partition("/")
        host = re.split(_AT, host, flags=re.IGNORECASE)[-1]
        path = _MAIL.sub(GONE, _PAGE.sub(rf"\1{GONE}", slash + path))
        return f"{scheme}://{host}{path}" + (f"?{GONE}" if len(whole) > 1 else "")
    return {
        "field": f"{text}: {GONE}",
        "scheme": f"{text} {GONE}",
        "name": f"{text}={GONE}",
        "page": f"{text}{GONE}",
        "mail": GONE,
    }[kind]


#: Minimum width of text, however narrow the terminal is.
_NARROWEST = 20


def broken(line: str, *, width: int, before: str = "") -> list[str]:
    """Break a line at spaces; ``before`` stands in front of it and is not part of the result."""
    own = before or line[: len(line) - len(line.lstrip())]
    indent = " " * (len(before) or len(own) + 2)
    first, *others = wrap(
        line.strip(),
        max(width, len(indent) + _NARROWEST),
        initial_indent=own,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    ) or [own]
    return [first[len(before) :], *others]
