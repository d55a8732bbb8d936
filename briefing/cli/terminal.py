"""What a person reads on a terminal: whole words within its width, and one red."""

from __future__ import annotations

import os
import re
import shutil
import sys
from typing import TYPE_CHECKING

import typer

from briefing.setup.wrapping import broken

if TYPE_CHECKING:
    from rich.progress import Progress

#: Characters that would steer a terminal; what is printed may come from anybody.
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
#: That of the terminal: the house red is dim on black, its tint for the night pale on white.
_RED = "red"


def say(words: str, *, before: str = "", err: bool = False, alarm: bool = False) -> None:
    """Print words: on a terminal in lines of its width, broken between words; else as they are.

    Further lines are indented: to where the first begins if there is something before it, else two
    more than their own line. A word that is too long for any line stays whole.

    Args:
        words: of one or several lines.
        before: columns before the first line.
        err: print to standard error.
        alarm: print the first word of what is before them in red.
    """
    words = _CONTROLS.sub("", words)
    if not (sys.stderr if err else sys.stdout).isatty():
        typer.echo(f"{before}{words}", err=err)
        return
    width = shutil.get_terminal_size().columns
    for line in words.split("\n"):
        first, *others = broken(line, width=width, before=before)
        typer.echo(f"{_first_in_red(before, err=err) if alarm else before}{first}", err=err)
        for other in others:
            typer.echo(other, err=err)
        before = " " * len(before)


def row(columns: str, words: str, *below: str, indent: int = 0, alarm: bool = False) -> None:
    """Print a row of a list: one line; on a terminal, what is below it on lines of its own.

    Args:
        columns: before the words.
        words: may be wrapped.
        below: further words; those that are empty are left out.
        indent: of what is below.
        alarm: print the first column in red.
    """
    more = [one for one in below if one]
    if not sys.stdout.isatty():
        say("  ".join((words, *more)), before=columns)
        return
    say(words, before=columns, alarm=alarm)
    for one in more:
        say(one, before=" " * indent)


def heading(columns: str) -> None:
    """Print the names of columns above a list, on a terminal only."""
    if sys.stdout.isatty():
        say(columns)


def red(words: str, *, err: bool = False) -> str:
    """Return words in red, if they go to a terminal that shows colors."""
    is_plain = "NO_COLOR" in os.environ or os.environ.get("TERM") == "dumb"
    if is_plain or not (sys.stderr if err else sys.stdout).isatty():
        return words
    return typer.style(words, fg=_RED)


def progress_bar() -> Progress:
    """Return a bar on standard error; it goes when it is done."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
    from rich.theme import Theme

    return Progress(
        TextColumn("{task.description:<9}"),
        BarColumn(complete_style=_RED, finished_style=_RED, pulse_style=_RED),
        TimeElapsedColumn(),
        console=Console(stderr=True, theme=Theme({"progress.elapsed": "none"})),
        transient=True,
    )


def _first_in_red(columns: str, *, err: bool) -> str:
    return re.sub(r"\S+", lambda word: red(word[0], err=err), columns, count=1)
