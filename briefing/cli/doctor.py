"""The command that looks at everything a briefing stands on: doctor."""

from __future__ import annotations

from functools import partial

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
from briefing.cli.terminal import say

#: What JSON has of each check.
_SHOWN = ("name", "mark", "words", "advice")


@app.command("doctor")
def doctor_command(*, config: Config = None, as_json: AsJson = False) -> None:
    """Check everything a briefing needs. Says what to fix; changes nothing."""
    from briefing.app.doctor import Level, line
    from briefing.setup.health import look_at_all

    looking = look_at_all(partial(settings_of, config), folder=folder_of(config))
    found = []
    for one in looking:
        found.append(one)
        if not as_json:
            say(line(one), before=f"{one.mark.value:<7} ", alarm=one.mark is Level.BROKEN)
    if as_json:
        print_json([{name: getattr(one, name) for name in _SHOWN} for one in found])
    if any(one.mark is Level.BROKEN for one in found):
        raise typer.Exit(FAILED)
