"""The command that does the daily round once."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, Annotated, Any

import typer

from briefing.cli.app import DONE, FAILED, IN_PART, AsJson, app, print_json
from briefing.cli.serve import Configs, briefings_of, logged
from briefing.errors import BriefingError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from briefing.model import Run
    from briefing.settings import Settings


@app.command("run")
def run_command(
    *,
    due: Annotated[
        bool,
        typer.Option(
            "--due", help="Publish only when its time has come, for timers that run often."
        ),
    ] = False,
    config: Configs = None,
    as_json: AsJson = False,
) -> None:
    """Collect, publish today's edition, send what is due, read what came back: once."""
    briefings = briefings_of(config)
    codes: list[int] = []
    told: list[Run] = []
    alone = len(briefings) == 1
    with logged(briefings):
        for settings, folder in briefings:
            done = _run(settings, folder, only_due=due, alone=alone, quiet=as_json)
            codes.append(_code(done) if done is not None else FAILED)
            told += done or []
    if as_json:
        print_json([_facts(one) for one in told])
    if any(codes):
        raise typer.Exit(codes[0] if len(set(codes)) == 1 else IN_PART)


def _run(
    settings: Settings, folder: Path, *, only_due: bool, alone: bool, quiet: bool
) -> Sequence[Run] | None:
    """Do the round of one briefing; None: it could not be begun, and others are to be done."""
    from briefing import wiring

    done: list[Run] = []
    try:
        with closing(wiring.open_the_store(settings, folder=folder)) as store:
            for one in wiring.run_briefing(
                store, settings=settings, folder=folder, only_due=only_due
            ):
                done.append(one)
                if not quiet:
                    _say(one, settings.name)
    except BriefingError as error:
        if alone:
            raise
        typer.echo(f"briefing: {settings.name}: {error}", err=True)
        return None
    return done


def _say(run: Run, name: str) -> None:
    figures = ", ".join(f"{number:,} {what}" for what, number in run.figures.items())
    told = "; ".join(part for part in (str(run.ending), figures, run.words) if part)
    typer.echo(f"{name}: {run.step}: {told}")


def _facts(run: Run) -> dict[str, Any]:
    return {
        "briefing": run.briefing,
        "step": run.step,
        "began": run.began.isoformat(),
        "ended": run.ended and run.ended.isoformat(),
        "day": run.day and run.day.isoformat(),
        "ending": run.ending,
        "late": run.late,
        "words": run.words,
        "figures": dict(run.figures),
    }


def _code(runs: Sequence[Run]) -> int:
    """Return the exit code: failed when no edition or no mail could be made of what there is."""
    from briefing.model import Ending, Step

    well = {run.step for run in runs if run.ending is Ending.DONE}
    failed = {run.step for run in runs if run.ending is Ending.FAILED}
    if failed & {Step.PUBLISH, Step.DELIVER}:
        return FAILED
    return DONE if len(well) == len(runs) else IN_PART
