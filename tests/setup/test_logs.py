import io
import json
import logging
import re
import threading
import warnings
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from briefing.setup.logs import Format, about, redacted, set_up_logs
from tests.examples import examples
from tests.growth import is_linear

LOG = logging.getLogger("briefing.rounds")
TOKEN = "AQIDBAUGBwgJCgsMDQ4PEA"  # noqa: S105  invented
#: A time as lines have it.
TIME = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"


@pytest.fixture(autouse=True)
def logging_as_it_was() -> Iterator[None]:
    root, ours = logging.getLogger(), logging.getLogger("briefing")
    handlers, level = list(root.handlers), ours.level
    yield
    root.handlers[:] = handlers
    ours.setLevel(level)
    logging.captureWarnings(capture=False)


def log(form: Format = "json") -> io.StringIO:
    stream = io.StringIO()
    # Those of pytest fail where logging itself would not.
    logging.getLogger().handlers[:] = []
    set_up_logs(form, stream=stream)
    return stream


def lines(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def failing(words: str) -> None:
    """Log an error with its traceback."""

    def fail() -> None:
        raise ValueError(words)

    try:
        fail()
    except ValueError:
        LOG.exception("failed")


class TestALine:
    def test_says_when_in_utc_how_grave_where_and_what_for_programs_and_people(self) -> None:
        stream = log()
        LOG.info("%s of %d", "read", 5)
        (line,) = lines(stream)
        assert list(line) == ["time", "level", "logger", "event"]
        assert re.fullmatch(TIME, line.pop("time"))
        assert line == {"level": "info", "logger": "briefing.rounds", "event": "read of 5"}
        stream = log("console")
        with about(step="collect", run=7):
            LOG.warning("slow")
        told = stream.getvalue()
        assert re.fullmatch(rf"{TIME} warning  briefing\.rounds: slow  step=collect  run=7\n", told)
        stream = log()
        record = LOG.makeRecord(LOG.name, logging.INFO, "f", 1, "then", (), None)
        record.created = 0.25
        LOG.handle(record)
        assert lines(stream)[0]["time"] == "1970-01-01T00:00:00.250Z"

    def test_is_written_once_of_ours_from_info_and_of_others_from_warning(self) -> None:
        first, second = io.StringIO(), io.StringIO()
        set_up_logs("json", stream=first)
        set_up_logs("console", stream=second)
        LOG.info("once")
        assert first.getvalue() == ""
        assert len(second.getvalue().splitlines()) == 1
        stream = log()
        for name in ("briefing.web", "else.where"):
            logging.getLogger(name).debug("a")
            logging.getLogger(name).info("b")
            logging.getLogger(name).warning("c")
        assert [(one["logger"], one["event"]) for one in lines(stream)] == [
            ("briefing.web", "b"),
            ("briefing.web", "c"),
            ("else.where", "c"),
        ]

    def test_may_be_a_warning(self) -> None:
        stream = log()
        with warnings.catch_warnings():
            warnings.simplefilter("always")
            warnings.warn("of a@b.example", stacklevel=1)
        (line,) = lines(stream)
        assert (line["logger"], line["level"]) == ("py.warnings", "warning")
        assert "of …" in line["event"]
        assert "b.example" not in line["event"]


class TestWhatItIsAbout:
    def test_stands_in_each_line_of_its_thread_until_it_ends_or_fails(self) -> None:
        stream = log()
        with about(run=12, step="publish", briefing="ostra-desk"):
            LOG.info("in")
            with about(step="deliver"):
                LOG.info("within")
        LOG.info("out")
        told = [(one.get("run"), one.get("step"), one.get("briefing")) for one in lines(stream)]
        assert told == [
            (12, "publish", "ostra-desk"),
            (12, "deliver", "ostra-desk"),
            (None, None, None),
        ]
        stream = log()
        with pytest.raises(ValueError, match="no"), about(run=1):
            raise ValueError("no")
        LOG.info("out")
        assert "run" not in lines(stream)[0]
        stream = log()
        with about(run=1):
            thread = threading.Thread(target=LOG.info, args=("beside",))
            thread.start()
            thread.join()
        assert "run" not in lines(stream)[0]


class TestATraceback:
    def fail(self) -> None:
        failing(f"of a@b.example\n2026-03-12 forged /confirm/{TOKEN} \x1b[2J")

    def test_is_one_value_marked_and_cut_without_what_is_hidden(self) -> None:
        stream = log()
        self.fail()
        (line,) = lines(stream)
        assert line["exception"].startswith("Traceback (most recent call last):\n")
        assert "ValueError: of …\n2026-03-12 forged /confirm/… \\x1b[2J" in line["exception"]
        stream = log("console")
        self.fail()
        first, *below = stream.getvalue().splitlines()
        assert first.endswith(" error    briefing.rounds: failed")
        assert len(below) > 3
        assert all(line.startswith("  | ") for line in below)
        stream = log()
        failing("\n".join(map(str, range(5_000))))
        assert lines(stream)[0]["exception"].split("\n") == list(map(str, range(4_800, 5_000)))
        stream = log("console")
        LOG.warning("here", stack_info=True)
        assert "\n  | Stack (most recent call last):\n" in stream.getvalue()


def test_a_line_that_cannot_be_made_says_no_more_than_that() -> None:
    stream = log()
    LOG.info("%d", "a@b.example")
    assert stream.getvalue() == "a line of briefing.rounds could not be logged: TypeError\n"


@pytest.mark.parametrize("form", ["console", "json"])
def test_no_text_makes_a_line_of_its_own_or_moves_the_cursor(form: Format) -> None:
    stream = log(form)
    LOG.info("a%sb", "\r\n2026-03-12T08:00:00Z error forged\x1b[1A\u2028\x85\u202e")
    with about(step="v\nalue"):
        LOG.info("x")
    told = stream.getvalue()
    assert len(told.splitlines()) == 2
    assert told.replace("\n", "").isprintable()


@examples("text, told")
def test_a_text_loses_what_no_log_may_keep(text: str, told: str) -> None:
    assert redacted(text) == told


@given(st.emails(), st.text(max_size=20), st.text(max_size=20))
def test_no_address_gets_through(address: str, before: str, after: str) -> None:
    for text in (
        f"{before} {address} {after}",
        f"<{address}>",
        f"{before}{address}{after}",
        f"https://a.example/{address}/b",
        f"https://a.example/?mail={address}",
    ):
        assert address not in redacted(text)
    assert address.rpartition("@")[2] not in redacted(f"RCPT TO:<{address}>: refused")


@given(
    st.from_regex(r"[\w.-]{1,12}@[\w.-]{1,12}", fullmatch=True),
    st.sampled_from(["console", "json"]),
)
def test_no_address_gets_into_the_log(address: str, form: Format) -> None:
    stream = log(form)
    failing(address)
    with about(briefing=address):
        LOG.info("of %s", [{address: address}])
    assert address not in stream.getvalue()


@given(st.text())
def test_what_is_left_is_one_line_that_can_be_printed(text: str) -> None:
    assert redacted(text).isprintable()
    assert all(line.isprintable() for line in map(redacted, text.split("\n")))


@pytest.mark.parametrize("sign", ["a", "a@", '"a', "://", "a:", "token=", " ", "%40", "\n"])
def test_a_long_text_takes_no_long_time(sign: str) -> None:
    assert is_linear(redacted, sign * 500_000)
    told = redacted(sign * 500_000)
    assert len(told) < 40_000
    assert told.endswith("…")


@pytest.mark.parametrize("form", ["console", "json"])
def test_on_a_terminal_lines_are_broken(form: Format, monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.setenv("COLUMNS", "80")
    stream = Terminal()
    logging.getLogger().handlers[:] = []
    set_up_logs(form, stream=stream)
    words = "deliver ended, failed: paused: the relay of the house refused the connection twice"
    with about(run=7, step="deliver", briefing="ostra-desk"):
        LOG.warning(words)
    written = stream.getvalue().splitlines()
    assert words in " ".join(line.strip() for line in written)
    if form == "json":
        assert len(written) == 1
        return
    assert len(written) > 1
    assert all(len(line) <= 80 for line in written)
    assert all(line.startswith("  ") for line in written[1:])
