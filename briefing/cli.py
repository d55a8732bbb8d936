"""The commands; each checks its words, calls one verb and says what came of it."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from contextlib import nullcontext
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

from briefing import __version__
from briefing.errors import BriefingError, UsageError

if TYPE_CHECKING:
    from rich.progress import Progress

    from briefing.make import Printed
    from briefing.settings import Settings

app = typer.Typer(
    name="briefing",
    help="The day's news on one page: every sentence verbatim, every source shown.",
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
train_app = typer.Typer(help="Train a model.")
app.add_typer(train_app, name="train")

#: Exit codes: all done; failed; wrong use; done in part.
DONE, FAILED, WRONG_USE, IN_PART = 0, 1, 2, 3
#: What typer returns of a command that was stopped by Ctrl-C (128 + SIGINT).
_INTERRUPTED = 130

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of words.")]
Config = Annotated[
    Path | None, typer.Option("--config", help="Settings; else briefing.toml here, if any.")
]


@app.callback(epilog="With --verbose an error prints its traceback as well.")
def _about() -> None:
    """The day's news on one page: every sentence verbatim, every source shown."""


@app.command()
def init(
    folder: Annotated[Path, typer.Argument(help="Where to; made if it is not there.")] = Path(),
) -> None:
    """Write a commented briefing.toml, ready to run."""
    from briefing.make import save
    from briefing.settings import FILE_NAME, TEMPLATE

    path = folder / FILE_NAME
    if path.exists():
        raise UsageError(f"{path} is there already; move it away first")
    save({path: TEMPLATE.encode()})
    typer.echo(f"{path}: written; now: briefing make ARTICLES -o briefing.pdf")


@app.command()
def make(  # noqa: PLR0913  one parameter an option
    *,
    inputs: Annotated[
        list[str],
        typer.Argument(
            metavar="INPUT...",
            help="Text, HTML or .jsonl(.gz) files, folders, or - for standard input.",
        ),
    ],
    output: Annotated[Path, typer.Option("-o", "--output", help="The PDF to write.")],
    html: Annotated[Path | None, typer.Option(help="Write it as HTML for the screen too.")] = None,
    text: Annotated[Path | None, typer.Option(help="Write it as plain text too.")] = None,
    json_: Annotated[Path | None, typer.Option("--json", help="Write it as JSON too.")] = None,
    save_sources: Annotated[
        Path | None, typer.Option(help="Write the cited source texts, for `verify`.")
    ] = None,
    previous: Annotated[
        Path | None, typer.Option(help="JSON of the edition before: says what is new.")
    ] = None,
    day: Annotated[
        str | None, typer.Option("--date", help="Day of the edition; else that of the news.")
    ] = None,
    config: Config = None,
    ranker: Annotated[str | None, typer.Option(help="Which ranker chooses sentences.")] = None,
    theme: Annotated[str | None, typer.Option(help="How the page looks.")] = None,
    paper: Annotated[str | None, typer.Option(help="A4 or Letter.")] = None,
) -> None:
    """Make a one-page briefing from articles."""
    from briefing import wiring
    from briefing.make import save

    asked = {"pdf": output, "html": html, "text": text, "json": json_, "sources": save_sources}
    _check_outputs([path for path in asked.values() if path is not None], inputs)
    settings = _settings(config, ranker=ranker, theme=theme, paper=paper)
    on = _date(day)
    before = wiring.read_edition(previous).edition if previous else None
    with _progress() as bar:
        done = wiring.make_page(
            inputs, settings=settings, day=on, previous=before, watch=_watch(bar)
        )
    save(
        {
            path: wiring.contents(done, kind=kind, settings=settings)
            for kind, path in asked.items()
            if path is not None
        }
    )
    _close(done.printed, output)
    for where, reason in done.reading.failed:
        typer.echo(f"briefing: {where}: {reason}", err=True)
    if done.reading.failed:
        raise typer.Exit(IN_PART)


def _check_outputs(outputs: Sequence[Path], inputs: Sequence[str]) -> None:
    """Raise UsageError when a file would overwrite another of this call."""
    taken = {Path(path).absolute() for path in inputs}
    for path in outputs:
        if path.absolute() in taken:
            raise UsageError(f"{path} is given twice in this call; give each file its own name")
        taken.add(path.absolute())


def _settings(config: Path | None, **given: str | None) -> Settings:
    from briefing.settings import find

    settings = find(config, Path())
    page = {name: given[name] for name in ("theme", "paper") if given.get(name)}
    changes: dict[str, Any] = {"page": settings.page.model_copy(update=page)}
    if given.get("ranker"):
        changes["ranker"] = given["ranker"]
    return settings.model_copy(update=changes)


def _date(given: str | None) -> date | None:
    try:
        return date.fromisoformat(given) if given else None
    except ValueError:
        raise UsageError(f"--date {given!r} is no date; write it as 2026-01-04") from None


def _progress() -> Any:  # noqa: ANN401  a context manager of a bar, or of nothing
    """Return a progress bar on a terminal, and nothing elsewhere."""
    if not sys.stderr.isatty():
        return nullcontext()
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    return Progress(
        TextColumn("{task.description:<9}"),
        BarColumn(),
        TimeElapsedColumn(),
        console=Console(stderr=True),
        transient=True,
    )


def _watch(bar: Progress | None) -> Any:  # noqa: ANN401
    """Return what tells a bar of each step that begins."""
    if bar is None:
        return lambda _: None
    from briefing.edition import STEPS

    task = bar.add_task("read", total=len(STEPS) + 2)
    return lambda step: bar.update(task, description=step, advance=1)


def _close(printed: Printed, output: Path) -> None:
    ledger = printed.edition.ledger
    dropped = sum(ledger.dropped_documents.values())
    typer.echo(
        f"{output}: {ledger.documents} documents, {ledger.stories} stories, "
        f"{ledger.printed} printed with {ledger.sentences_printed} sentences; "
        f"{dropped} documents dropped; page {printed.fit.fill:.0%} full "
        f"({printed.edition.setting.scale.value}, {printed.layouts} layouts)"
    )


@app.command()
def verify(
    edition: Annotated[Path, typer.Argument(help="JSON of an edition.")],
    *,
    sources: Annotated[
        Path, typer.Option(help="The source texts, as `make --save-sources` wrote them.")
    ],
    as_json: AsJson = False,
) -> None:
    """Prove that every printed sentence stands, byte for byte, in its source."""
    from briefing import wiring

    name, proof = wiring.verify(edition, sources)
    failures = [
        {"text": one.text, "document": one.document, "reason": one.reason} for one in proof.failures
    ]
    if as_json:
        _print_json({"edition": name, "checked": proof.checked, "failures": failures})
    else:
        for one in proof.failures:
            typer.echo(f"briefing: {one.document}: {one.reason}: {one.text!r}", err=True)
        typer.echo(f"{name}: {proof.checked} passages checked, {len(failures)} not proved")
    if failures:
        raise typer.Exit(FAILED)


@app.command()
def why(
    edition: Annotated[Path, typer.Argument(help="JSON of an edition.")],
    story: Annotated[str, typer.Argument(help="Id of a printed story, such as s1.")],
    *,
    as_json: AsJson = False,
) -> None:
    """Say why a story is on the page, and why with these sentences."""
    from briefing import wiring
    from briefing.press.why import why_facts, why_words

    told = wiring.read_edition(edition).edition
    if as_json:
        _print_json(why_facts(told, story))
    else:
        typer.echo(why_words(told, story))


@app.command()
def evaluate(  # noqa: PLR0913  one parameter an option
    task: Annotated[str, typer.Argument(help="summaries, sections, stories, extraction or pages.")],
    paths: Annotated[list[Path], typer.Argument(help="Labelled files or folders.")],
    *,
    ranker: Annotated[
        list[str] | None, typer.Option(help="Summaries: a ranker, again for more, or all.")
    ] = None,
    sentences: Annotated[int, typer.Option(min=1, help="Summaries: sentences a summary.")] = 3,
    protocol: Annotated[
        str, typer.Option(help="Sections: model (as shipped), five-fold or held-out.")
    ] = "model",
    noisy: Annotated[
        list[Path] | None, typer.Option(help="Sections: further files to train on.")
    ] = None,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Measure a part of the system on labelled data."""
    from briefing import wiring
    from briefing.evaluate.report import in_words

    asked = wiring.Measuring(tuple(ranker or ()), sentences, protocol, tuple(noisy or ()))
    settings = _settings(config)
    with _progress() as bar:
        report = wiring.evaluate(task, paths, settings=settings, asked=asked, watch=_count(bar))
    if as_json:
        _print_json(report)
    else:
        typer.echo(in_words(report))


def _count(bar: Progress | None) -> Any:  # noqa: ANN401
    """Return what tells a bar how much of how much is done."""
    if bar is None:
        return lambda _done, _of: None
    task = bar.add_task("measure")
    return lambda done, of: bar.update(task, completed=done, total=of)


@train_app.command("sections")
def train_sections(
    files: Annotated[list[Path], typer.Argument(help="Labelled lines, .jsonl or .jsonl.gz.")],
    *,
    output: Annotated[Path, typer.Option("-o", "--output", help="The model to write.")],
) -> None:
    """Train a section classifier from labelled lines."""
    from briefing import assess
    from briefing.make import save

    model, lines = assess.train_sections(files)
    save({output: model})
    typer.echo(f"{output}: trained on {lines} texts, {len(model) / 1e6:.2f} MB")


@app.command()
def plugins(*, as_json: AsJson = False) -> None:
    """List rankers, classifiers, sources and themes, and who brought them."""
    from briefing import registry

    known = {kind: registry.providers(kind) for kind in registry.KINDS}
    if as_json:
        _print_json(known)
        return
    for kind, found in known.items():
        for name, package in found.items():
            typer.echo(f"{kind:<11} {name:<11} {package}")


@app.command()
def version() -> None:
    """Print the version."""
    typer.echo(__version__)


def _print_json(value: object) -> None:
    typer.echo(json.dumps(value, ensure_ascii=False, indent=1))


def run(words: Sequence[str]) -> int:
    """Run one command and return its exit code; every error is one line on standard error."""
    verbose = "--verbose" in words
    try:
        outcome = app([word for word in words if word != "--verbose"], standalone_mode=False)
    except BriefingError as error:
        return _fail(str(error), error.exit_code, error if verbose else None)
    except typer.TyperException as error:
        return _fail(f"{_usage(error)}; see `briefing --help`", WRONG_USE, None)
    except (KeyboardInterrupt, typer.Abort):
        outcome = _INTERRUPTED
    except OSError as error:
        said = f"the system refused ({error}); check disk space and permissions"
        return _fail(said, FAILED, error if verbose else None)
    except Exception as error:
        said = f"a fault in briefing ({type(error).__name__}: {error}); --verbose shows where"
        return _fail(said, FAILED, error if verbose else None)
    if outcome == _INTERRUPTED:
        return _fail("stopped; no file is half written", FAILED, None)
    return outcome if isinstance(outcome, int) else DONE


def _usage(error: typer.TyperException) -> str:
    words = getattr(error, "format_message", None)
    return str(words() if words else error).rstrip(".")


def _fail(said: str, code: int, error: BaseException | None) -> int:
    if error is not None:
        import traceback

        traceback.print_exception(error)
    typer.echo(f"briefing: {' '.join(said.split())}", err=True)
    return code


def main() -> NoReturn:
    """Run the command line."""
    sys.exit(run(sys.argv[1:]))
