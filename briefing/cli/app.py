"""The command line itself: what commands share, what they print, and how each of them ends."""

from __future__ import annotations

import gc
import getpass
import inspect
import json
import os
import re
import shutil
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import fields
from datetime import UTC, date, datetime
from functools import cached_property, partial, wraps
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Concatenate, NoReturn, ParamSpec, TypeVar

import typer
from typer.core import TyperGroup

from briefing import __version__
from briefing.core.errors import BriefingError, PreflightError, UsageError, remedy_of
from briefing.core.model import FIRST, WEEK, series_of
from briefing.press.formats import FORMATS
from briefing.setup.clock import now

if TYPE_CHECKING:
    from rich.progress import Progress

    from briefing.settings import Settings
    from briefing.store import Store, Transaction
    from briefing.store.audit import Actor

T = TypeVar("T")
P = ParamSpec("P")
#: What a command prints as JSON, by name.
Facts = dict[str, Any]

#: The commands in the order of `briefing --help`, by what people do.
PANELS = {
    "Make a page": "init make preview verify why choose plugins languages",
    "Collect": "sources collect watch",
    "Publish and deliver": "run publish editions saga sign deliver bounces",
    "Readers": "subscribers",
    "Administration": "serve worker operators tokens backup restore doctor version",
    "Measure and train": "evaluate train",
}


class Commands(TyperGroup):
    """The commands in panels, whose help says what a value is: a path, no list[Path]."""

    def format_commands(self, ctx: Any, formatter: Any) -> None:  # noqa: ANN401
        """Write one panel after the other."""
        for panel, names in PANELS.items():
            with formatter.section(panel):
                formatter.write_dl(
                    (name.ljust(11), self.get_command(ctx, name).get_short_help_str(65))
                    for name in names.split()
                )

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ANN401
        """Return a command, or a group with its commands."""
        command = super().get_command(ctx, cmd_name)
        for each in (command, *getattr(command, "commands", {}).values()) if command else ():
            for param in each.params:
                param.display_type_rich = partial(_type_of, param)
        return command


def _type_of(param: Any, ctx: Any) -> str:  # noqa: ANN401
    if param.metavar:
        return "" if param.param_type_name == "argument" else param.metavar
    return re.sub(r"list\[(.+)\]", r"\1", param.display_type(ctx)).lower()


_group = partial(
    typer.Typer,
    name="briefing",
    cls=Commands,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
app = _group(help="The day's news on one page: every sentence verbatim, every source shown.")

#: Exit codes: all done; failed; wrong use; done in part; stopped by Ctrl-C (128 + SIGINT).
DONE, FAILED, WRONG_USE, IN_PART, INTERRUPTED = 0, 1, 2, 3, 130

#: Words of the parser of options, and what they mean.
_PLAIN = (
    (r"Input should be greater than or equal to (\S+)", r"give \1 or more"),
    (r"Input should be less than or equal to (\S+)", r"give \1 or less"),
    (r"Input should be a valid integer.*", "give a whole number"),
    (r"\b(?:file|dir) ('.*') is a directory", r"\1 is a folder; give a file"),
    (r"\bdir ('.*') is a file", r"\1 is a file; give a folder"),
)
#: As a file to write: standard output.
STANDARD_OUTPUT = Path("-")

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")]
Config = Annotated[
    Path | None, typer.Option("--config", help="Settings file; default: briefing.toml here.")
]


def option(words: str, *names: str, default: object = None, **more: Any) -> Any:  # noqa: ANN401
    """Return an option with its help, in the place of its default; ``...``: it must be given."""
    return typer.Option(default, *names, help=words, **more)


def flag(name: str, words: str) -> Any:  # noqa: ANN401  as typer reads it
    """Return an option that is given or not."""
    return option(words, name, default=False)


def argument(words: str, *, default: object = ..., **more: Any) -> Any:  # noqa: ANN401
    """Return an argument with its help, as :func:`option` does; it must be given by default."""
    return typer.Argument(default, help=words, **more)


Week = Annotated[bool, typer.Option("--week", help="The review of the week that ends on the date.")]
Day = Annotated[str | None, typer.Option("--date", help="Date of the edition, such as 2026-01-04.")]
EditionName = Annotated[
    str,
    typer.Option("--edition", help="Which edition of the day, such as evening.", metavar="NAME"),
]


def _print_version(*, asked: bool) -> None:
    if asked:
        say(__version__)
        raise typer.Exit


@app.callback(epilog="--verbose prints the traceback of an error as well.")
def _about(
    *,
    _version: Annotated[
        bool,
        typer.Option(
            "--version", help="Print the version.", callback=_print_version, is_eager=True
        ),
    ] = False,
) -> None:
    """The day's news on one page: every sentence verbatim, every source shown."""


def settings_of(config: Path | None) -> Settings:
    """Return the settings of a briefing; UsageError: no file is named, and there is none here."""
    from briefing.settings import FILE_NAME, find

    if config is None and not has_settings():
        raise UsageError(
            f"no {FILE_NAME} here: write one with `briefing init`, begin in a browser with "
            "`briefing serve`, or name a settings file with --config"
        )
    return find(config, Path())


def has_settings() -> bool:
    """Tell whether there is a briefing.toml here, readable or not."""
    from briefing.settings import FILE_NAME

    return os.path.lexists(FILE_NAME)


def write_settings(folder: Path) -> Path:
    """Write a commented briefing.toml with the defaults into a folder."""
    from briefing.app.make import save
    from briefing.settings import FILE_NAME
    from briefing.settings.reference import template

    save({folder / FILE_NAME: template().encode()})
    return folder / FILE_NAME


def page_settings_of(config: Path | None, **given: str | None) -> Settings:
    """Return the settings of a page, which needs no file, changed by what the command was given."""
    from briefing.settings import find

    settings = find(config, Path())
    page = {name: given[name] for name in ("theme", "paper") if given.get(name)}
    changes: Facts = {"page": settings.page.model_copy(update=page)}
    if given.get("ranker"):
        changes["ranker"] = given["ranker"]
    return settings.model_copy(update=changes)


class Invocation:
    """What commands share: the settings that they work with, and how they answer."""

    def __init__(self, config: Path | None, *, as_json: bool = False) -> None:
        self.config, self.as_json = config, as_json

    @cached_property
    def settings(self) -> Settings:
        """As :func:`settings_of` returns them."""
        return settings_of(self.config)

    def series(self, edition: str = "", *, week: bool = False) -> str:
        """Return the name under which the store has the editions of a name, or the reviews."""
        return series_of(self.settings.briefing, self.edition(edition, week=week))

    def edition(self, name: str, *, week: bool) -> str:
        """Return which edition options mean; empty: the first.

        UsageError: there is none of this name, or they mean two.
        """
        if week and name not in {"", WEEK}:
            raise UsageError("--week and --edition mean two editions; give one of them")
        if week or name == WEEK:
            return WEEK
        return self.settings.timetable.of("" if name == FIRST else name).edition

    def store(self) -> Store:
        """Open the store of the settings."""
        from briefing.setup.backups import open_the_store

        return open_the_store(self.settings)

    @contextmanager
    def read(self) -> Iterator[Transaction]:
        """Open the store for one look."""
        with self.store() as store, store.read() as tx:
            yield tx

    @contextmanager
    def write(self) -> Iterator[Transaction]:
        """Open the store for one change."""
        with self.store() as store, store.write() as tx:
            yield tx

    def change(self, use_case: Callable[..., T], *given: object, **named: object) -> T:
        """Run a use case in a transaction of its own, by whoever runs the command."""
        with self.write() as tx:
            return use_case(tx, *given, **named, actor=actor())

    def acted(self, kind: str, name: str, action: str, *, more: str = "") -> None:
        """Print what was done about something, of which ``kind`` is what JSON calls its name."""
        self.answer(f"{name}: {action}{more}", {kind: name, "action": action})

    def list(self, lines: Sequence[str], facts: object) -> None:
        """Print a list, which may be empty."""
        if lines or self.as_json:
            self.answer("\n".join(lines), facts)

    def answer(self, words: str, facts: object) -> None:
        """Print the outcome, as JSON or in words."""
        if self.as_json:
            print_json(facts)
        else:
            say(words)


class _Command:
    """A command as typer takes it: with ``--config`` and ``--json`` behind its own options."""

    def __init__(self, work: Callable[..., None], *, config: bool) -> None:
        self._work, self._has_config = work, config
        self.__name__, self.__doc__ = work.__name__, work.__doc__
        # Those of the signature are whole.
        self.__annotations__: dict[str, object] = {}

    def __call__(self, *, as_json: bool, config: Path | None = None, **given: object) -> None:
        self._work(Invocation(config, as_json=as_json), **given)

    @property
    def __signature__(self) -> inspect.Signature:
        # Made when it is asked for, which is once in a call and for one group.
        _, *own = inspect.signature(self._work, eval_str=True).parameters.values()
        if own and own[-1].kind is inspect.Parameter.VAR_KEYWORD:
            # What stands in its place is one parameter a field of what it changes.
            own += own.pop().annotation.__metadata__[0]
        shared = (("config", Config, None), ("as_json", AsJson, False))[not self._has_config :]
        kind = inspect.Parameter.KEYWORD_ONLY
        more = (inspect.Parameter(n, kind, annotation=a, default=d) for n, a, d in shared)
        return inspect.Signature([*own, *more])


def command(
    group: typer.Typer, name: str, *, config: bool = True
) -> Callable[
    [Callable[Concatenate[Invocation, P], None]], Callable[Concatenate[Invocation, P], None]
]:
    """Declare a command of a group: it is given its call, and its own options by name."""

    def declare(
        work: Callable[Concatenate[Invocation, P], None],
    ) -> Callable[Concatenate[Invocation, P], None]:
        group.command(name)(_Command(work, config=config))
        return work

    return declare


def options_of(core: type, *, add: bool, default: object = ...) -> list[Any]:
    """Return an option for each field, as it is declared; ``...``: with its own default."""
    options = []
    for field in (each for each in fields(core) if each.metadata.get("help")):
        key = field.metadata.get("key", field.name)
        behind = field.metadata.get("new" if add else "unset", "")
        if behind is not None:
            kind: Any = float if isinstance(field.default, float) else str
            usual = kind(field.default) if default is ... else default
            option = typer.Option(usual, help=f"{field.metadata['help']}{behind}.")
            word, kind = inspect.Parameter.KEYWORD_ONLY, kind if add else kind | None
            options.append(inspect.Parameter(key, word, default=option, annotation=kind))
    return options


def actor() -> Actor:
    """Return who runs the command; without a name where nobody is logged in."""
    from briefing.store.audit import COMMAND, Actor

    try:
        return Actor(COMMAND, now(), login=getpass.getuser())
    except (KeyError, OSError, ImportError):
        return Actor(COMMAND, now())


def date_of(given: str | None, *, option: str = "--date") -> date | None:
    """Return the date that an option names, if any."""
    return day_of(given, option=f"{option} ") if given else None


def day_of(given: str, *, option: str = "") -> date:
    """Return the date of an argument, or of an option."""
    try:
        return date.fromisoformat(given)
    except ValueError:
        raise UsageError(f"{option}{given!r} is not a date; write it as 2026-01-04") from None


def file_options(work: Callable[..., None]) -> Callable[..., None]:
    """Give a command an option for each format but PDF in place of its ``files``, by format.

    JSON may be ``is_printed`` instead of written.
    """
    formats = [each for each in FORMATS.values() if each.name != "pdf"]

    @wraps(work)
    def run(**given: Any) -> None:  # noqa: ANN401  as typer gives it
        files = {each.name: path for each in formats if (path := given.pop(each.name))}
        is_printed = files.get("json") == STANDARD_OUTPUT
        if is_printed:
            del files["json"]
        work(files=files, is_printed=is_printed, **given)

    options: list[inspect.Parameter] = []
    for own in inspect.signature(work, eval_str=True).parameters.values():
        for each in formats if own.name == "files" else ():
            what = f"Also write the edition as {each.what}."
            option = typer.Option(f"--{each.name}", help=what, dir_okay=False)
            kind = Annotated[Path | None, option]
            options.append(own.replace(name=each.name, annotation=kind, default=None))
        options += () if own.name in {"files", "is_printed"} else (own,)
    run.__signature__ = inspect.Signature(options)  # type: ignore[attr-defined]
    return run


def moment_of(given: str, *, option: str) -> datetime:
    """Return the moment that an option names; in UTC unless it says otherwise."""
    try:
        moment = datetime.fromisoformat(given)
    except ValueError:
        raise UsageError(
            f"{option} {given!r} is not a time; write it as 2026-01-04T06:00"
        ) from None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def progress() -> Any:  # noqa: ANN401  a context manager of a bar, or of nothing
    """Return a progress bar on a terminal, and nothing elsewhere."""
    return progress_bar() if sys.stderr.isatty() else nullcontext()


def tell_step(bar: Progress | None) -> Any:  # noqa: ANN401
    """Return a callback that shows each step that begins in a bar."""
    if bar is None:
        return lambda _: None
    from briefing.core.edition import STEPS

    task = bar.add_task("read", total=len(STEPS) + 2)
    return lambda step: bar.update(task, description=step, advance=1)


def tell_count(bar: Progress | None) -> Any:  # noqa: ANN401
    """Return a callback that shows progress in a bar."""
    if bar is None:
        return lambda _done, _of: None
    task = bar.add_task("measure")
    return lambda done, of: bar.update(task, completed=done, total=of)


def print_json(value: object, *, in_one_line: bool = False) -> None:
    """Print a value as JSON; dates and times in ISO format."""
    indent = None if in_one_line else 1
    typer.echo(
        json.dumps(value, ensure_ascii=False, indent=indent, default=lambda at: at.isoformat())
    )


def fields_of(row: object, names: str) -> Facts:
    """Return attributes by their names, for JSON."""
    return {name: getattr(row, name) for name in names.split()}


def run(words: Sequence[str]) -> int:
    """Run one command and return its exit code; every error is one line on standard error."""
    verbose = "--verbose" in words
    try:
        given = [word for word in words if word != "--verbose"]
        chosen = _only(given[:1])
        if not given or (chosen is not app and len(given) == 1):
            given.append("--help")
        outcome = chosen(given, standalone_mode=False)
    except BriefingError as error:
        return _fail(lines_of(error), error.exit_code, error if verbose else None)
    except typer.TyperException as error:
        return _fail(f"{_usage(error)}; see `briefing --help`", WRONG_USE, None)
    except (KeyboardInterrupt, typer.Abort):
        outcome = INTERRUPTED
    except OSError as error:
        message = f"system error ({error}); {remedy_of(error)}"
        return _fail(message, FAILED, error if verbose else None)
    except Exception as error:
        message = f"internal error ({type(error).__name__}: {error}); see --verbose"
        return _fail(message, FAILED, error if verbose else None)
    if outcome == INTERRUPTED:  # which is also what typer returns then
        return _fail("interrupted; no file is half-written", INTERRUPTED, None)
    return outcome if isinstance(outcome, int) else DONE


def _only(first: Sequence[str]) -> typer.Typer:
    """Return the app with one group alone, where the first word names one.

    To make the options of all commands takes a tenth of a short one.
    """
    groups = [group for group in app.registered_groups if group.name in first]
    if not groups:
        return app
    chosen = _group()
    chosen.registered_groups, chosen.registered_callback = groups, app.registered_callback
    return chosen


def _usage(error: typer.TyperException) -> str:
    format_message = getattr(error, "format_message", None)
    words = str(format_message() if format_message else error).rstrip(".")
    for pattern, plain in _PLAIN:
        words = re.sub(pattern, plain, words)
    return words


def lines_of(error: BriefingError) -> tuple[str, ...]:
    """Return what an error says: one line, of failed checks one each."""
    return error.lines if isinstance(error, PreflightError) else (str(error),)


def _fail(message: str | Sequence[str], code: int, error: BaseException | None) -> int:
    if error is not None:
        import traceback

        traceback.print_exception(error)
    for line in (message,) if isinstance(message, str) else message:
        warn(" ".join(line.split()))
    return code


def main() -> NoReturn:
    """Run the command line."""
    # Imports and layouts make hundreds of thousands of objects that stay; looking through them less
    # often takes 6 % off the CPU of `make`, and no memory.
    gc.set_threshold(20_000, 10, 10)
    # Libraries take it for a number, or fail on import; no page depends on it.
    if not os.environ.get("SOURCE_DATE_EPOCH", "0").isdecimal():
        del os.environ["SOURCE_DATE_EPOCH"]
    # Without a standard stream, as below some timers, nobody reads it.
    sys.stdout = sys.stdout or open(os.devnull, "w")  # noqa: SIM115, PTH123  until the end
    sys.stderr = sys.stderr or open(os.devnull, "w")  # noqa: SIM115, PTH123
    sys.exit(run(sys.argv[1:]))


#: Characters that would steer a terminal; what is printed may come from anybody.
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
#: That of the terminal: the house red is dim on black, its tint for the night pale on white.
_RED = "red"


def say(words: str, *, before: str = "", err: bool = False, alarm: bool = False) -> None:
    """Print words: on a terminal in lines of its width, broken between words; else as they are.

    Further lines are indented: to where the first begins if there is something before it, else two
    more than their own line. A word that is too long for any line stays whole. With an alarm the
    first word of what is before them is red.
    """
    words = _CONTROLS.sub("", words)
    if not (sys.stderr if err else sys.stdout).isatty():
        typer.echo(f"{before}{words}", err=err)
        return
    from briefing.setup.logs import broken

    width = shutil.get_terminal_size().columns
    for line in words.split("\n"):
        first, *others = broken(line, width=width, before=before)
        marked = re.sub(r"\S+", lambda word: red(word[0], err=err), before, count=1)
        typer.echo(f"{marked if alarm else before}{first}", err=err)
        for other in others:
            typer.echo(other, err=err)
        before = " " * len(before)


def warn(words: str) -> None:
    """Print words to standard error, in the name of the program."""
    say(f"briefing: {words}", err=True)


def row(columns: str, words: str, *below: str, indent: int = 0, alarm: bool = False) -> None:
    """Print a row of a list: one line; on a terminal, what is below it on lines of its own.

    Of what is below, empty words are left out.
    """
    more = [part for part in below if part]
    if not sys.stdout.isatty():
        say("  ".join((words, *more)), before=columns)
        return
    say(words, before=columns, alarm=alarm)
    for part in more:
        say(part, before=" " * indent)


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
