"""What a person reads: whole words within the width of a terminal; what a program reads: lines."""

from __future__ import annotations

import io
import os
import pty
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import typer
from rich.cells import cell_len
from typer.main import get_command

from briefing.cli import app, run
from briefing.cli.terminal import progress_bar, red, row, say
from briefing.core.model import Source
from briefing.store import sources
from tests.daytime import COMMAND
from tests.store.ready import ready_store

LONG = "https://courier.example/" + "very-long-" * 9
WORDS = (
    f"Straits Gazette of the Eastern Archipelago has not answered since Tuesday: see {LONG} first"
)


class Screen(io.StringIO):
    """A terminal of 80 columns."""

    def isatty(self) -> bool:
        return True


@pytest.fixture
def screen(monkeypatch: pytest.MonkeyPatch) -> Callable[[], Screen]:
    """Return what puts a terminal in place of the standard streams; pytest does so before tests."""

    def put() -> Screen:
        screen = Screen()
        monkeypatch.setattr(sys, "stdout", screen)
        monkeypatch.setattr(sys, "stderr", screen)
        return screen

    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)
    return put


def wide(line: str) -> int:
    return cell_len(line)


def test_on_a_terminal_no_word_is_cut_and_further_lines_are_indented(
    screen: Callable[[], Screen],
) -> None:
    shown = screen()
    say(WORDS)
    say("short enough")
    lines = shown.getvalue().splitlines()
    assert " ".join(lines).split() == [*WORDS.split(), "short", "enough"]
    assert all(wide(line) <= 80 for line in lines if LONG not in line)
    assert [line[:2] == "  " for line in lines] == [False, *[True] * (len(lines) - 2), False]


def test_words_stand_beside_their_columns(screen: Callable[[], Screen]) -> None:
    shown = screen()
    say(WORDS, before="broken  ")
    first, *others = shown.getvalue().splitlines()
    assert first.startswith("broken  Straits")
    assert all(line.startswith(" " * 8) and line[8] != " " for line in others)


def test_each_line_keeps_its_own_indent(screen: Callable[[], Screen]) -> None:
    shown = screen()
    say("one\n    " + "two " * 30)
    one, two, further, *_ = shown.getvalue().splitlines()
    assert (one, two[:7], further[:9]) == ("one", "    two", "      two")


def test_wide_characters_count_twice(screen: Callable[[], Screen]) -> None:
    shown = screen()
    say("黒潮新聞 " * 12 + "国際ニュース東京本社" * 9)
    lines = shown.getvalue().splitlines()
    assert [wide(line) for line in lines] == [78, 80, 80, 56]


def test_a_narrow_terminal_still_shows_words(
    screen: Callable[[], Screen], monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = screen()
    monkeypatch.setenv("COLUMNS", "9")
    say("a word or two that do not fit", before="x" * 20)
    assert "".join(shown.getvalue().split()) == "x" * 20 + "awordortwothatdonotfit"


def test_what_steers_a_terminal_is_left_out(screen: Callable[[], Screen]) -> None:
    shown = screen()
    say("a\x1b[2Jb\x07 c\x9b1md")
    assert shown.getvalue() == "a[2Jb c1md\n"


def test_a_program_reads_one_line_a_row(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    say(WORDS, before="broken  ")
    row("well  ", "Ostra Courier", WORDS, "", LONG)
    assert capsys.readouterr().out.splitlines() == [
        f"broken  {WORDS}",
        f"well  Ostra Courier  {WORDS}  {LONG}",
    ]


def test_on_a_terminal_what_is_below_a_row_has_its_own_lines(
    screen: Callable[[], Screen],
) -> None:
    shown = screen()
    row("well      17  ", "Ostra Courier", "", LONG, indent=10)
    assert shown.getvalue().splitlines() == [
        "well      17  Ostra Courier",
        " " * 10 + LONG,
    ]


@pytest.mark.parametrize(("name", "value"), [("NO_COLOR", "1"), ("TERM", "dumb")])
def test_red_is_for_terminals_that_want_it(
    screen: Callable[[], Screen], monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    shown = screen()
    assert red("+") == "\x1b[31m+\x1b[0m"
    say("words", before="  + 1.0 ", alarm=True)
    assert shown.getvalue() == "  \x1b[31m+\x1b[0m 1.0 words\n"
    monkeypatch.setenv(name, value)
    assert red("+") == "+"


def test_a_program_gets_no_red(capsys: pytest.CaptureFixture[str]) -> None:
    assert red("+") == "+"
    assert capsys.readouterr().out == ""


def test_the_bar_is_red(screen: Callable[[], Screen], monkeypatch: pytest.MonkeyPatch) -> None:
    shown = screen()
    with progress_bar() as bar:
        bar.add_task("read", total=2, completed=1)
    assert re.search("\x1b\\[31m[━╸]", shown.getvalue())
    assert "\x1b[33m" not in shown.getvalue(), "and red alone"


def commands(group: typer.Typer = app) -> Iterator[tuple[str, ...]]:
    """Return the words of every command and group."""
    whole = get_command(group)
    yield ()
    for name, one in whole.commands.items():  # type: ignore[attr-defined]
        yield (name,)
        for inner in getattr(one, "commands", {}):
            yield (name, inner)


def test_help_is_80_columns_wide_and_ends_no_sentence_early(screen: Callable[[], Screen]) -> None:
    shown = screen()
    for words in commands():
        assert run([*words, "--help"]) == 0
    lines = [line for line in shown.getvalue().splitlines() if not line.startswith("Usage")]
    assert len(lines) > 300
    assert [line for line in lines if len(line) > 80 or line.endswith("...")] == []


def test_a_real_terminal_shows_whole_words(tmp_path: Path) -> None:
    name = "Straits Maritime Gazette and Commercial Intelligencer of the Eastern Archipelago"
    (tmp_path / "briefing.toml").touch()
    store = ready_store("briefing.db", folder=tmp_path)
    with store.write() as tx:
        source = Source(f"{tmp_path}/news", kind="folder", name=name)
        sources.add(tx, source, at=datetime(2026, 3, 12, 6, tzinfo=UTC))
    store.close()
    lines = seen(tmp_path, "sources", "list").splitlines()
    assert set(name.split()) <= set(" ".join(lines).split())
    assert all(wide(line) <= 80 for line in lines if str(tmp_path) not in line)
    assert re.fullmatch(r"new +not yet +0  Straits Maritime .*", lines[1])


def seen(folder: Path, *words: str) -> str:
    """Run a command on a terminal of 80 columns."""
    ours, theirs = pty.openpty()
    command = [*COMMAND, *words]
    settings = {**os.environ, "COLUMNS": "80", "NO_COLOR": "1"}
    with os.fdopen(theirs, "wb") as terminal:
        done = subprocess.Popen(command, cwd=folder, stdout=terminal, env=settings)  # noqa: S603
    read = b""
    try:
        while more := os.read(ours, 65_536):
            read += more
    except OSError:  # the other end is closed
        pass
    os.close(ours)
    assert done.wait() == 0, read
    return read.decode().replace("\r\n", "\n")
