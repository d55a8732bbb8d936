"""The command that looks at everything a briefing stands on: doctor."""

from __future__ import annotations

from dataclasses import asdict
from functools import partial
from typing import TYPE_CHECKING

import typer

from briefing.cli.app import (
    FAILED,
    AsJson,
    Config,
    app,
    folder_of,
    print_json,
    settings_of,
)

if TYPE_CHECKING:
    from briefing.doctor import Finding


@app.command("doctor")
def doctor_command(*, config: Config = None, as_json: AsJson = False) -> None:
    """Look at everything that is needed, and say what to do; changes nothing."""
    from briefing import wiring
    from briefing.doctor import Mark

    looking = wiring.look_at_all(partial(settings_of, config), folder=folder_of(config))
    found = []
    for one in looking:
        found.append(one)
        if not as_json:
            typer.echo(_line(one))
    if as_json:
        print_json([asdict(one) for one in found])
    if any(one.mark is Mark.BROKEN for one in found):
        raise typer.Exit(FAILED)


def _line(one: Finding) -> str:
    advice = f"; {one.advice}" if one.advice else ""
    return f"{one.mark.value:<7} {one.name}: {one.words}{advice}"
