"""The log of all rooms: its form, and what is never written to it."""

import logging
import re
import shutil
import sys
from collections.abc import Iterator, Mapping, MutableMapping
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, Literal, TextIO

import structlog
from structlog.contextvars import bound_contextvars, merge_contextvars
from structlog.stdlib import ProcessorFormatter, add_log_level, add_logger_name
from structlog.typing import EventDict, Processor, WrappedLogger

from briefing.setup.terminal import broken

Format = Literal["console", "json"]

#: What comes first in every line, in this order.
_FIRST = ("time", "level", "logger", "event", "briefing", "step", "run")
#: Values of these names are always replaced.
_SECRET = frozenset({"authorization", "cookie", "password", "secret", "token"})
#: How deep a value is looked into; deeper values are logged as text.
_DEPTH = 4
#: Lines of a traceback that are kept, the last ones.
_LINES = 200
#: Of these no line is lost; of all others only warnings are kept.
_OURS = "briefing"


def set_up_logs(form: Format, *, stream: TextIO) -> None:
    """Write the log of all rooms to a stream from now on, and to no stream of an earlier call.

    Each line has time (UTC), level, logger and event and, within :func:`about`, what it is about.
    """
    root = logging.getLogger()
    for handler in [handler for handler in root.handlers if isinstance(handler, _Handler)]:
        root.removeHandler(handler)
    handler = _Handler(stream, wraps=form == "console" and stream.isatty())
    handler.setFormatter(_formatter(form))
    root.addHandler(handler)
    logging.getLogger(_OURS).setLevel(logging.INFO)
    logging.captureWarnings(capture=True)
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            structlog.stdlib.PositionalArgumentsFormatter(),
            ProcessorFormatter.wrap_for_formatter,
        ],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )


@contextmanager
def about(*, run: int | None = None, step: str = "", briefing: str = "") -> Iterator[None]:
    """Name in every line that this thread writes meanwhile what it is about, as far as given.

    Tasks and threads that :mod:`anyio` begins take it over; others do not.
    """
    context = {"run": run, "step": str(step), "briefing": briefing}
    with bound_contextvars(
        **{name: value for name, value in context.items() if value not in {None, ""}}
    ):
        yield


class _Handler(logging.StreamHandler[TextIO]):
    def __init__(self, stream: TextIO, *, wraps: bool) -> None:
        super().__init__(stream)
        self._wraps = wraps

    def format(self, record: logging.LogRecord) -> str:
        """Return a line; on a terminal in lines of its width, broken between words."""
        text = super().format(record)
        if not self._wraps:
            return text
        width = shutil.get_terminal_size().columns
        lines = (part for line in text.split("\n") for part in broken(line, width=width))
        return "\n".join(lines)

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802  the name is logging's
        """Say that a line was lost; the standard way would print its values as they are."""
        error = sys.exc_info()[0]
        message = f"a line of {redacted(record.name)} could not be logged"
        self.stream.write(f"{message}: {error.__name__ if error else 'unknown'}\n")


def _formatter(form: Format) -> ProcessorFormatter:
    renderer: Processor = structlog.processors.JSONRenderer(ensure_ascii=False)
    if form == "console":
        renderer = _console_line
    return ProcessorFormatter(
        processors=[
            merge_contextvars,
            add_logger_name,
            add_log_level,
            _add_time,
            ProcessorFormatter.remove_processors_meta,
            structlog.processors.StackInfoRenderer(),
            structlog.processors.format_exc_info,
            _first_things_first,
            _redact,
            renderer,
        ],
        foreign_pre_chain=[],
    )


def _add_time(_logger: WrappedLogger, _name: str, event: EventDict) -> EventDict:
    """Add when the line was written, not when it is formatted."""
    at = datetime.fromtimestamp(event["_record"].created, UTC)
    event["time"] = at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return event


def _first_things_first(_logger: WrappedLogger, _name: str, event: EventDict) -> EventDict:
    first = {name: event[name] for name in _FIRST if name in event}
    return {**first, **{name: value for name, value in event.items() if name not in first}}


def _redact(_logger: WrappedLogger, _name: str, event: EventDict) -> EventDict:
    """Redact every value; of tracebacks line by line, so that they stay readable."""
    redacted_event = {redacted(name): _plain(value, name=name) for name, value in event.items()}
    for name in ("exception", "stack"):
        if name in event:
            redacted_event[name] = "\n".join(redacted_lines(str(event[name]))[-_LINES:])
    return redacted_event


def _plain(value: object, *, name: str = "", depth: int = _DEPTH) -> Any:  # noqa: ANN401  of JSON
    """Return a value of the kinds that JSON has, every text in it redacted."""
    if name.casefold() in _SECRET:
        return GONE
    if value is None or isinstance(value, bool | int | float):
        return value
    if depth and isinstance(value, Mapping):
        return {
            redacted(str(key)): _plain(item, name=str(key), depth=depth - 1)
            for key, item in value.items()
        }
    if depth and isinstance(value, list | tuple | set | frozenset):
        return [_plain(item, depth=depth - 1) for item in value]
    return redacted(str(value))


def _console_line(_logger: WrappedLogger, _name: str, event: MutableMapping[str, Any]) -> str:
    """Return a line for people; a traceback below it, each line marked as a part of it."""
    long = [event.pop(name) for name in ("exception", "stack") if name in event]
    time, level, logger, message = (event.pop(name) for name in _FIRST[:4])
    more = "".join(f"  {name}={value}" for name, value in event.items())
    below = "".join(f"\n  | {line}" for text in long for line in text.split("\n"))
    return f"{time} {level:<8} {logger}: {message}{more}{below}"


#: Replaces what was taken out.
GONE = "…"
#: Characters of a text that are read; a longer one is cut first, so that time stays bounded.
_LONGEST = 16_384
#: Forms of "@": itself, its percent code, its HTML codes, and its wide and small forms.
_AT = r"(?:@|%40|&[#]0*64;|&[#]x0*40;|&commat;|\uff20|\ufe6b)"
#: Pages of which the last part of the path is a token.
_LINKS = r"confirm|unsubscribe|preferences|admin/password|admin/requests/\d{1,18}"
#: No white space, no bracket of an address, and no "@".
_SIGN = r"[^\s<>@\uff20\ufe6b]"
#: What is looked for, in one pass, so that nothing that was put in is read again. Bounds keep the
#: time linear: 64 and 255 are the longest parts of an address (RFC 5321, 4.5.3.1), and some.
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
    return "".join(
        sign if sign.isprintable() else sign.encode("unicode_escape").decode("ascii")
        for sign in text
    )


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
