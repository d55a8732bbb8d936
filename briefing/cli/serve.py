"""The command that serves the web pages."""

from __future__ import annotations

from contextlib import suppress
from typing import Annotated

import typer

from briefing.cli.app import Config, app, folder_of, opened_store, settings_of


@app.command("serve")
def serve_command(
    *,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on.", min=0, max=65535)] = 8000,
    config: Config = None,
) -> None:
    """Serve the pages of subscribers, and the printed pages, until it is stopped."""
    import logging

    from briefing.web import make_app, serving

    settings = settings_of(config)
    logging.basicConfig(format="%(asctime)s %(levelname)s %(message)s")
    logging.getLogger("briefing").setLevel(logging.INFO)
    with opened_store(settings, config) as store, serving.listen(host, port) as listening:
        here = serving.address_of(listening)
        desk = serving.desk_of(settings, store, folder=folder_of(config), web=here)
        typer.echo(f"{settings.name}: served at {here}; links lead to {desk.web}")
        if desk.office is None:
            typer.echo("briefing: mail.sender is empty: nobody can subscribe", err=True)
        # Ctrl-C is how it ends.
        with suppress(KeyboardInterrupt):
            serving.server_of(make_app(desk)).run(sockets=[listening])
