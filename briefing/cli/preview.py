"""The command that shows a theme while it is edited."""

from __future__ import annotations

from contextlib import closing, suppress
from pathlib import Path
from typing import Annotated

import typer

from briefing.cli.app import AsJson, Config, answer, app, date_of, page_settings_of


@app.command()
def preview(  # noqa: PLR0913  one parameter an option
    *,
    inputs: Annotated[
        list[str],
        typer.Argument(
            metavar="INPUT...", help="Articles as for `make`, or the JSON of one edition."
        ),
    ],
    theme: Annotated[
        str | None, typer.Option(help="Name of a theme, or the folder of one.")
    ] = None,
    paper: Annotated[str | None, typer.Option(help="Paper size, such as A4 or Letter.")] = None,
    previous: Annotated[
        list[Path] | None, typer.Option(help="JSON of an earlier edition.", dir_okay=False)
    ] = None,
    day: Annotated[str | None, typer.Option("--date", help="Date of the edition.")] = None,
    port: Annotated[int, typer.Option(help="Port to listen on.", min=0, max=65535)] = 8001,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Show a page that is made again whenever its theme changes."""
    from briefing.setup.preview import ThemePreview
    from briefing.web import serving
    from briefing.web.preview import preview_app

    settings = page_settings_of(config, theme=theme, paper=paper)
    shown = ThemePreview(inputs, settings=settings, day=date_of(day), previous=previous or ())
    with closing(serving.listen("127.0.0.1", port)) as listening, suppress(KeyboardInterrupt):
        serving.end_on_term()
        address = serving.address_of(listening)
        words = f"{address}: open it in a browser; Ctrl-C ends it"
        answer(words, {"address": address}, as_json=as_json)
        serving.server_of(preview_app(shown)).run(sockets=[listening])
