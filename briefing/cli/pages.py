"""Commands that make a page and prove it: init, make, verify, why."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from briefing.cli.app import (
    FAILED,
    IN_PART,
    STANDARD_OUTPUT,
    AsJson,
    Config,
    answer,
    app,
    date_of,
    opened_store,
    print_json,
    progress,
    settings_of,
    tell_step,
)
from briefing.core.counting import counted
from briefing.core.errors import UsageError

if TYPE_CHECKING:
    from briefing.app.make import PrintedEdition
    from briefing.core.model import Correction
    from briefing.core.proof import Proof


@app.command()
def init(
    folder: Annotated[
        Path, typer.Argument(help="Where to; made if it is not there.", file_okay=False)
    ] = Path(),
    *,
    as_json: AsJson = False,
) -> None:
    """Write a commented briefing.toml, ready to run."""
    from briefing.app.make import save
    from briefing.setup.settings import FILE_NAME, TEMPLATE

    path = folder / FILE_NAME
    if path.exists():
        raise UsageError(f"{path} is there already; move it away first")
    save({path: TEMPLATE.encode()})
    words = f"{path}: written; now: briefing make ARTICLES -o briefing.pdf"
    answer(words, {"file": str(path)}, as_json=as_json)


@app.command()
def make(  # noqa: PLR0913  one parameter an option
    *,
    inputs: Annotated[
        list[str],
        typer.Argument(
            metavar="INPUT...",
            help="Articles: files, folders, web addresses, feeds, or - for standard input.",
        ),
    ],
    output: Annotated[
        Path, typer.Option("-o", "--output", help="The PDF to write.", dir_okay=False)
    ],
    html: Annotated[
        Path | None, typer.Option(help="Write it as HTML for the screen too.", dir_okay=False)
    ] = None,
    text: Annotated[
        Path | None, typer.Option(help="Write it as plain text too.", dir_okay=False)
    ] = None,
    json_: Annotated[
        Path | None,
        typer.Option("--json", help="Write it as JSON too; - prints it.", dir_okay=False),
    ] = None,
    save_sources: Annotated[
        Path | None,
        typer.Option(help="Write the cited source texts, for `verify`.", dir_okay=False),
    ] = None,
    previous: Annotated[
        Path | None,
        typer.Option(help="JSON of the edition before: says what is new.", dir_okay=False),
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
    from briefing.app.make import save
    from briefing.setup.pages import contents, make_page, read_edition

    asked = {"pdf": output, "html": html, "text": text, "json": json_, "sources": save_sources}
    is_printed = json_ == STANDARD_OUTPUT
    if is_printed:
        asked["json"] = None
    _check_outputs([path for path in asked.values() if path is not None], inputs)
    settings = settings_of(config, ranker=ranker, theme=theme, paper=paper)
    on = date_of(day)
    before = read_edition(previous).edition if previous else None
    with progress() as bar:
        done = make_page(inputs, settings=settings, day=on, previous=before, watch=tell_step(bar))
    save(
        {
            path: contents(done, kind=kind, settings=settings)
            for kind, path in asked.items()
            if path is not None
        }
    )
    if is_printed:
        content = contents(done, kind="json", settings=settings)
        typer.echo(content.decode(), nl=False)
    _close(done.printed, output, err=is_printed)
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


def _close(printed: PrintedEdition, output: Path, *, err: bool) -> None:
    ledger = printed.edition.ledger
    dropped = sum(ledger.dropped_documents.values())
    typer.echo(
        f"{output}: {counted(ledger.documents, 'document')}, {counted(ledger.stories, 'story')}, "
        f"{ledger.printed} printed with {counted(ledger.sentences_printed, 'sentence')}; "
        f"{counted(dropped, 'document')} dropped; page {printed.fit.fill:.0%} full "
        f"({printed.edition.setting.scale.value}, {counted(printed.layouts, 'layout')})",
        err=err,
    )


@app.command()
def verify(
    edition: Annotated[
        str, typer.Argument(metavar="EDITION", help="JSON of an edition, or a day in the store.")
    ],
    *,
    sources: Annotated[
        Path | None,
        typer.Option(
            help="For JSON: the source texts, as `make --save-sources` wrote them.", dir_okay=False
        ),
    ] = None,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Prove that every printed sentence stands, byte for byte, in its source."""
    from briefing.setup.pages import verify

    day = _stored_day(edition)
    if day is not None:
        _verify_stored(day, config=config, as_json=as_json)
        return
    if sources is None:
        raise UsageError(
            f"{edition}: --sources is missing: the texts that `make --save-sources` wrote; "
            "an edition of the store is named by its day, such as 2026-01-04"
        )
    name, proof = verify(Path(edition), sources)
    _say_proof(name, proof, as_json=as_json)


def _stored_day(edition: str) -> date | None:
    """Return the day that is meant, unless a file is."""
    try:
        return None if Path(edition).exists() else date.fromisoformat(edition)
    except ValueError:
        return None


def _verify_stored(day: date, *, config: Path | None, as_json: bool) -> None:
    from briefing.app.prove import prove_stored
    from briefing.core.edition import slug

    settings = settings_of(config)
    with opened_store(settings, config) as store:
        told = prove_stored(store, briefing=slug(settings.name), day=day)
    gone = told.withdrawal.words if told.withdrawal else ""
    _say_proof(
        told.edition, told.proof, corrections=told.corrections, withdrawn=gone, as_json=as_json
    )


def _say_proof(
    name: str,
    proof: Proof,
    *,
    as_json: bool,
    corrections: Sequence[Correction] = (),
    withdrawn: str = "",
) -> None:
    failures = [
        {"text": one.text, "document": one.document, "reason": one.reason} for one in proof.failures
    ]
    if as_json:
        print_json(
            {
                "edition": name,
                "checked": proof.checked,
                "failures": failures,
                "corrections": [_correction(one) for one in corrections],
                "withdrawn": withdrawn,
            }
        )
    else:
        for one in proof.failures:
            typer.echo(f"briefing: {one.document}: {one.reason}: {one.text!r}", err=True)
        for change in corrections:
            typer.echo(f"briefing: {_since(change)}", err=True)
        gone = f"; {withdrawn}" if withdrawn else ""
        typer.echo(
            f"{name}: {counted(proof.checked, 'passage')} checked, {len(failures)} not proved{gone}"
        )
    if failures:
        raise typer.Exit(FAILED)


def _correction(one: Correction) -> dict[str, object]:
    from dataclasses import asdict

    return {**asdict(one), "noticed": one.noticed.isoformat()}


def _since(one: Correction) -> str:
    where = " ".join(part for part in (one.publisher, f"{one.title!r}") if part)
    stand = "stands" if one.lost == 1 else "stand"
    lost = f"; {one.lost} of its printed sentences {stand} there no longer" if one.lost else ""
    return f"{where}: {one.what} since, noticed {one.noticed:%Y-%m-%d %H:%M} UTC{lost}"


@app.command()
def why(
    edition: Annotated[
        str, typer.Argument(metavar="EDITION", help="JSON of an edition, or a day in the store.")
    ],
    story: Annotated[str, typer.Argument(help="Id of a printed story, such as s1.")],
    *,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Say why a story is on the page, and why with these sentences."""
    from briefing.app.editions import record_of
    from briefing.core.edition import slug
    from briefing.press.reasons import why_facts, why_words
    from briefing.setup.pages import read_edition

    day = _stored_day(edition)
    if day is None:
        told = read_edition(Path(edition)).edition
    else:
        settings = settings_of(config)
        with opened_store(settings, config) as store, store.read() as tx:
            told = record_of(tx, slug(settings.name), day).edition
    if as_json:
        print_json(why_facts(told, story))
    else:
        typer.echo(why_words(told, story))
